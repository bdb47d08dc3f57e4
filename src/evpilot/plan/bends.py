"""Braking before a bend that is tighter than the speed allows, harder than is comfortable: else the car runs wide."""

import numpy as np

from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Corridor, Law, Ref
from evpilot.plan.way import Way
from evpilot.types import Briefing

LOOK = 80.0  # [m] ahead: from further away the usual braking is enough
LATE = 0.3  # [s] until the brakes bite
SHARE = 0.9  # of the lateral acceleration that the gate lets pass
STRAIGHT = 1e-3  # [1/m]


def brake_for_bend(way: Way, briefing: Briefing, speed: float) -> list[tuple[float, ...]]:
    """Speed laws that brake, as hard as it takes, down to what the bends ahead allow and go on at that; none where the
    braking that the gate lets pass is enough."""
    limits = briefing.limits
    first = max(int(way.scalars[Corridor.S] / SPACING), 0)
    bend = np.abs(way.table[first : first + int(LOOK / SPACING), Ref.CURVATURE])
    fits = np.sqrt(SHARE * limits.gate_lateral / np.maximum(bend, STRAIGHT))
    room = np.maximum(SPACING * np.arange(len(bend)) - LATE * speed, SPACING)
    needed = (speed**2 - fits**2) / (2.0 * room)
    tight = needed > limits.gate_brake
    if not np.any(tight):
        return []
    slow, hard = float(fits[tight].min()), min(float(needed.max()), limits.emergency)
    brakes = (hard, 0.5 * (hard + limits.gate_brake))
    return [(Law.RAMP, -brake, (speed - slow) / brake, 0.0, 0.0, 0.0) for brake in brakes]
