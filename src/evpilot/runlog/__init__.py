"""The record of a drive: MCAP writing and reading, its hash."""

from evpilot.runlog.hash import sha256
from evpilot.runlog.mcap import read, write
from evpilot.runlog.record import Cmd, Ego, Frame, Header, RunLog
from evpilot.runlog.reduction import canonical, reduced

__all__ = ["Cmd", "Ego", "Frame", "Header", "RunLog", "canonical", "read", "reduced", "sha256", "write"]
