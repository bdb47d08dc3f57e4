"""What a drive's log says of a case, whatever its group: contact, lane, braking, in shadow and after the hand-over."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.reference.grids import LANE
from evpilot.regulations.r157.ending import whole
from evpilot.regulations.r157.road import APPROACH_NS, BARRIER
from evpilot.regulations.r157.subject import subject
from evpilot.regulations.r157.touch import Touch, centre_rows, contact, off_lane
from evpilot.regulations.suite import Case
from evpilot.runlog import Ego, RunLog
from evpilot.types import Decision, EgoState, Platform, Truth

SHADOW_BRAKE = 1.0  # [m/s2] against timidity: more is never asked for in shadow
CALM_BRAKE = 1.5  # [m/s2] against timidity: more is never braked for who stays in its lane
CALM_SPEED = 0.95  # of the set speed that is kept then
EMERGENCY = 5.0  # [m/s2] UN R157 2.1.7 and 5.3: a demand beyond it is an emergency manoeuvre


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """touch: the first contact; left [m]: how far a corner was out of the lane at most; shadow [m/s2]: the hardest
    braking asked for in shadow; brake [m/s2] and slowest [m/s]: the hardest braking and least speed after the
    hand-over; steered: contact was avoided by steering alone; early: whether the case's outcome is what it was where
    its drive could have ended, None where it did end there."""

    touch: Touch
    left: float
    shadow: float
    brake: float
    slowest: float
    steered: bool
    early: bool | None


def facts(case: Case, run: RunLog, platform: Platform, decided: Callable[[EgoState, Truth], bool]) -> Facts:
    """The facts of a driven case; decided: when its drive may end."""
    car = subject(platform)
    centre = centre_rows(run, car)
    touch = contact(run, car, centre)
    after = run.t_ns > APPROACH_NS
    if touch.happened:
        after = after & (np.arange(len(run.t_ns)) <= touch.row)
    mine = run.ego[after] if np.any(after) else run.ego[-1:]
    straight = centre.copy()
    straight[:, 1:] = 0.0
    return Facts(
        touch=touch,
        left=off_lane(centre[after], car, 0.5 * LANE) if np.any(after) else -BARRIER,
        shadow=max((asked(frame.decision) for frame in run.frames if frame.t_ns < APPROACH_NS), default=0.0),
        brake=float(np.max(-mine[:, Ego.ACCEL], initial=0.0)),
        slowest=float(np.min(mine[:, Ego.SPEED])),
        steered=not touch.happened and contact(run, car, straight).happened,
        early=_agrees(run, touch, decided) if whole(case) else None,
    )


def asked(decision: Decision | None) -> float:
    """How hard a decision brakes [m/s2] within its first tenth of a second, 0 when it does not."""
    if decision is None:
        return 0.0
    if decision.command is not None:
        return max(0.0, -decision.command.accel)
    plan = decision.trajectory
    if plan is None:
        return 0.0
    return max(0.0, -float(np.min(plan.accel[plan.time <= 0.1 + 1e-9])))


def _agrees(run: RunLog, touch: Touch, decided: Callable[[EgoState, Truth], bool]) -> bool:
    """Whether no contact comes after the moment at which the drive could have ended."""
    if not touch.happened:
        return True
    at = int(run.t_ns[touch.row])
    return not any(decided(frame.truth.ego, frame.truth) for frame in run.frames if frame.t_ns < at)
