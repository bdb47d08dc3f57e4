"""The frozen records that travel between rooms, and the Pilot protocol."""

from evpilot.types.decision import Briefing, Decision, Goal, MetricResult, Pilot, PlanTrace, no_trace
from evpilot.types.kinds import (
    FIXED,
    VEHICLES,
    VULNERABLE,
    Arrow,
    Box,
    Gear,
    LaneKind,
    LightState,
    Marking,
    ObjectKind,
    Pose,
    Priority,
    Rejection,
    Signal,
    Source,
    State,
    StopKind,
    Turn,
    User,
)  # fmt: skip
from evpilot.types.lane_graph import LaneGraph
from evpilot.types.motion import Command, Predictions, Trajectory
from evpilot.types.platform import ROAD, VERDICT, Limits, Platform
from evpilot.types.state import Detections, EgoState, Lights, Observation, Tracks, Truth, no_tracks

__all__ = [
    "FIXED", "ROAD", "VEHICLES", "VERDICT", "VULNERABLE", "Arrow", "Box", "Briefing", "Command", "Decision", "Detections",
    "EgoState", "Gear", "Goal", "LaneGraph", "LaneKind", "LightState", "Lights", "Limits", "Marking", "MetricResult",
    "ObjectKind", "Observation", "Pilot", "PlanTrace", "Platform", "Pose", "Predictions", "Priority", "Rejection", "Signal",
    "Source", "State", "StopKind", "Tracks", "Trajectory", "Truth", "Turn", "User", "no_trace", "no_tracks",
]  # fmt: skip
