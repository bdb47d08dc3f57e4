"""Scenarios generated in code: `names()`, `describe(name)`, `build(name, seed, difficulty)`, `parse(text)`."""

from evpilot.scenarios.library.catalogue import build, describe, names, parse
from evpilot.scenarios.library.stage import DIFFICULTY

__all__ = ["DIFFICULTY", "build", "describe", "names", "parse"]
