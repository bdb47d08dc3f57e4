"""Scenarios generated in code: `names()`, `describe(name)`, `build(name, seed)`."""

from evpilot.scenarios.library.catalogue import build, describe, names

__all__ = ["build", "describe", "names"]
