"""A pedestrian who crosses in plain view: nobody is hit, up to the highest speed."""

import numpy as np

from evpilot.regulations.r157.clauses import LANE_KEPT, PEDESTRIAN
from evpilot.regulations.r157.facts import facts
from evpilot.regulations.r157.road import APPROACH_ROWS, KMH, LANE, scripted
from evpilot.regulations.r157.staging import staged
from evpilot.regulations.r157.subject import subject
from evpilot.regulations.suite import Axis, Case, CaseResult, Group, Stage, Verdict
from evpilot.runlog import RunLog
from evpilot.types import EgoState, ObjectKind, Platform, Truth

AXES = (
    Axis(name="ego_kmh", meaning="our set speed", values=tuple(10.0 * k for k in range(1, 14))),
    Axis(name="pedestrian_kmh", meaning="the pedestrian's speed", values=(3.0, 5.0)),
    Axis(name="offset_m", meaning="where it would be hit, left of our middle", values=(-0.2, 0.0, 0.2)),
    Axis(name="side", meaning="from the right -1, from the left 1", values=(-1.0, 1.0)),
)
GROUP = Group(
    key="pedestrian",
    title="Crossing pedestrian",
    clauses=(PEDESTRIAN.place, LANE_KEPT.place),
    axes=AXES,
    map_axes=("ego_kmh", "offset_m"),
)
SIZE = (0.5, 0.6)  # [m]
SECONDS = 4.0  # [s] from the hand-over to where we would meet, as in FMVSS 127
ROWS = APPROACH_ROWS + 250


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven: the pedestrian walks towards our lane from the hand-over on, and at our speed we would meet
    SECONDS later, with it `offset_m` from our middle."""
    car = subject(platform)
    ego, walking, offset, side = (case[axis.name] for axis in AXES)
    u, w = ego / KMH, walking / KMH
    t = 0.1 * np.arange(-APPROACH_ROWS, ROWS - APPROACH_ROWS + 1, dtype=np.float64)
    walks = t >= 0.0
    y = offset + side * w * (SECONDS - np.maximum(t, 0.0))
    x = np.full(len(t), u * SECONDS + 0.5 * car.length)
    velocity = np.column_stack([np.zeros(len(t)), np.where(walks, -side * w, 0.0)])
    person = scripted(1, x, y, velocity, SIZE, ObjectKind.PEDESTRIAN)
    return staged(case, car, ego, ROWS, (person,), barriers=False, decided=ending(car))


class Gone:
    """Decided once the pedestrian is across and off our lane, or we are past it."""

    def __init__(self, shift: float, reach: float) -> None:
        self._shift, self._reach = shift, reach

    def __call__(self, ego: EgoState, truth: Truth) -> bool:
        """Whether it is, to be asked in every tick, in order."""
        x, y = truth.objects.state[0, :2]
        across = truth.objects.velocity[0, 1]
        past = x - ego.pose[0] - self._shift < -self._reach
        off = y * across > 0.0 and abs(y) > 0.5 * LANE + SIZE[1]
        return bool(past or off)


def ending(car: Platform) -> Gone:
    """When a case's outcome is certain."""
    return Gone(car.rear_to_center, 0.5 * (car.length + SIZE[0]))


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a driven case."""
    found = facts(case, run, platform, ending(subject(platform)))
    hit = found.touch
    verdict, clause, reason = Verdict.PASS, PEDESTRIAN.place, "not hit"
    if hit.happened:
        verdict, reason = Verdict.FAIL, f"hit at {hit.impact:.1f} m/s"
    elif found.left > 0.0:
        verdict, clause, reason = Verdict.FAIL, LANE_KEPT.place, f"left its lane by {found.left:.2f} m"
    return CaseResult(
        verdict=verdict,
        clause=clause,
        reason=reason,
        margin=hit.margin,
        contact=hit.happened,
        impact_speed=hit.impact_speed,
        values={"brake": found.brake, "slowest_mps": found.slowest, "shadow_brake": found.shadow},
    )
