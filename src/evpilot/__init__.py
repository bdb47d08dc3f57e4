"""evpilot: an autonomous-driving system for electric cars, with the evidence of its safety.

`evpilot.drive(scenario)` drives one scenario in closed loop and returns its log; `evpilot.score(folder)` drives every
scenario below a folder.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evpilot.sweep import drive, score

__version__ = "0.1.0"
__all__ = ["__version__", "drive", "score"]


def __getattr__(name: str) -> object:
    if name in ("drive", "score"):
        from evpilot import sweep

        return getattr(sweep, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
