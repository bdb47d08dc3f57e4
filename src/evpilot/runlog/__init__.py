"""The record of a drive: MCAP writing and reading, its hash."""

from evpilot.runlog.record import Cmd, Ego, Frame, Header, RunLog

__all__ = ["Cmd", "Ego", "Frame", "Header", "RunLog"]
