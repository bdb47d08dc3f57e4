"""Where a still picture looks, and how it writes lines."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.report import thinking
from evpilot.runlog import Frame, RunLog
from evpilot.types.state import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The picture: width and height [px], scale [px/m], centre (2,) [m] of what it shows, turn [rad] of the world."""

    width: int
    height: int
    scale: float
    centre: Array
    turn: float
    dark: bool

    def screen(self, place: Array) -> Array:
        """Places (N, 2) [m], map frame, as pixels."""
        c, s = math.cos(self.turn) * self.scale, math.sin(self.turn) * self.scale
        x, y = (np.atleast_2d(place) - self.centre).T
        return np.stack([self.width / 2 + c * x - s * y, self.height / 2 - s * x - c * y], axis=1)

    def path(self, place: Array, closed: bool = False) -> str:
        """A polyline (N, 2) [m] as an SVG path in pixels."""
        points = "L".join(f"{x:.1f} {y:.1f}" for x, y in self.screen(place))
        return f"M{points}{'Z' if closed else ''}"


def line(path: str, colour: str, width: float, more: str = "") -> str:
    """An SVG stroke along a path."""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.2f}" stroke-linejoin="round"{more}/>'


def centre(run: RunLog, frame: Frame) -> Array:
    """The car's box centre (2,) [m]."""
    x, y, _, yaw = frame.truth.ego.pose
    back = run.briefing.platform.rear_to_center
    return np.array([x + back * np.cos(yaw), y + back * np.sin(yaw)])


def phrase(frame: Frame) -> str:
    """The plan's reason, "" where there is none."""
    return "" if frame.decision is None or frame.decision.trace is None else frame.decision.trace.reason


def held(frame: Frame) -> bool:
    """Whether the plan holds the car back, so that its cause is a warning."""
    return thinking.reason(frame)[2] != ""


def cause(frame: Frame) -> int:
    """The true object that the plan is about, or -1."""
    trace = None if frame.decision is None else frame.decision.trace
    return -1 if trace is None else thinking.true_id(frame, trace.cause_id)
