"""A clause -> its cases and its pass criterion."""

from importlib import import_module

from evpilot.files import EvpilotError
from evpilot.regulations.suite import (
    Approach,
    Axis,
    Case,
    CaseResult,
    Clause,
    Group,
    Stage,
    Suite,
    Verdict,
)

SUITES: tuple[str, ...] = ("r157", "r152", "fmvss127", "euroncap", "eu2022_1426", "r79", "faults")
"""The keys of all suites; each is a module of this room (or a package) that holds `SUITE`."""


def suite(key: str) -> Suite:
    """The suite of a key, imported only now; raises EvpilotError when there is none."""
    if key not in SUITES:
        raise EvpilotError(f"suite {key!r}, allowed {', '.join(SUITES)}")
    found: Suite = import_module(f"evpilot.regulations.{key}").SUITE
    return found


__all__ = [
    "SUITES",
    "Approach",
    "Axis",
    "Case",
    "CaseResult",
    "Clause",
    "Group",
    "Stage",
    "Suite",
    "Verdict",
    "suite",
]
