"""The minimum following gap: who is closer than it, after a cut-in perhaps, restores it without braking hard."""

import numpy as np

from evpilot.evaluate.reference.grids import HALF
from evpilot.regulations.r157.clauses import GAP, LANE_KEPT
from evpilot.regulations.r157.facts import EMERGENCY, facts
from evpilot.regulations.r157.road import APPROACH_NS, APPROACH_ROWS, KMH
from evpilot.regulations.r157.staging import leader, staged
from evpilot.regulations.r157.subject import subject
from evpilot.regulations.suite import Axis, Case, CaseResult, Group, Stage, Verdict
from evpilot.runlog import RunLog
from evpilot.types import EgoState, Platform, Truth
from evpilot.types.state import Array

SPEEDS_KMH = (7.2, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
TIMES = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6)  # [s] at these speeds
LEAST = 2.0  # [m] below 2 m/s
RECOVERED = 30.0  # [s] after the hand-over within which it is restored; our own figure
ROWS = APPROACH_ROWS + 400
AXES = (
    Axis(name="speed_kmh", meaning="common speed", values=(10.0, 20.0, 30.0, 40.0, 50.0, 60.0)),
    Axis(name="share", meaning="of the minimum gap that is left at the hand-over", values=(0.4, 0.6, 0.8, 1.0)),
)
GROUP = Group(
    key="gap-recovery",
    title="The minimum following gap restored",
    clauses=(GAP.place, LANE_KEPT.place),
    axes=AXES,
    map_axes=("speed_kmh", "share"),
    margin="least gap after the recovery over the minimum [m]",
)


def minimum_gap(speed: Array) -> Array:
    """The minimum following gap (N,) [m] at speeds (N,) [m/s], linear between the table's, by its last time above."""
    seconds = np.interp(speed * KMH, SPEEDS_KMH, TIMES)
    return np.maximum(seconds * speed, LEAST)


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven: behind a vehicle at constant speed, too close."""
    car, speed = subject(platform), case["speed_kmh"] / KMH
    gap = case["share"] * float(minimum_gap(np.array([speed]))[0])
    return staged(case, car, case["speed_kmh"], ROWS, (leader(car, speed, gap, ROWS),))


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a driven case."""
    car = subject(platform)
    found = facts(case, run, platform, _never)
    frames = [frame.truth for frame in run.frames]
    ahead = np.array([truth.objects.state[0, 0] - truth.ego.pose[0] for truth in frames]) - car.rear_to_center
    spare = ahead - 0.5 * car.length - HALF - minimum_gap(np.array([truth.ego.speed for truth in frames]))
    late = np.array([truth.t_ns for truth in frames]) >= APPROACH_NS + round(RECOVERED * 1e9)
    margin = float(spare[late].min()) if np.any(late) else -float("inf")
    verdict, reason = Verdict.PASS, "restored without braking hard"
    if found.touch.happened:
        verdict, reason = Verdict.FAIL, f"contact at {found.touch.impact:.1f} m/s"
    elif margin < 0.0:
        verdict, reason = Verdict.FAIL, f"{-margin:.1f} m short of the minimum gap after {RECOVERED:g} s"
    elif found.brake > EMERGENCY:
        verdict, reason = Verdict.FAIL, f"braked {found.brake:.1f} m/s2, allowed {EMERGENCY:g}"
    return CaseResult(
        verdict=verdict,
        clause=GAP.place,
        reason=reason,
        margin=margin,
        contact=found.touch.happened,
        impact_speed=found.touch.impact_speed,
        values={"brake": found.brake, "slowest_mps": found.slowest},
    )


def _never(ego: EgoState, truth: Truth) -> bool:
    return False
