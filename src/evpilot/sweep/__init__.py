"""One drive, or many: what brings scenario, car, pilot and traffic together.

The names are loaded when they are first used: importing this package compiles nothing, so that `sweep.warm` can compile
everything with a progress line.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evpilot.sweep.driving import drive
    from evpilot.sweep.scoring import score

__all__ = ["drive", "score"]


def __getattr__(name: str) -> object:
    if name == "drive":
        from evpilot.sweep.driving import drive

        return drive
    if name == "score":
        from evpilot.sweep.scoring import score

        return score
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
