"""Scenarios generated in code: `names()`, `describe(name)` and `characters(name)` in words, `build(name, seed,
difficulty)`, `parse(text)`."""

from evpilot.scenarios.library.catalogue import build, characters, describe, names, parse
from evpilot.scenarios.library.stage import DIFFICULTY

__all__ = ["DIFFICULTY", "build", "characters", "describe", "names", "parse"]
