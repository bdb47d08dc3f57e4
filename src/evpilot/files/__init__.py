"""Opening what comes from outside, and writing so that nothing is lost."""

from evpilot.files.errors import EvpilotError

__all__ = ["EvpilotError"]
