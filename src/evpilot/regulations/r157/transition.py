"""A transition demand: the driver takes over, or the car stops by itself, no earlier than allowed and gently."""

from evpilot.regulations.r157.clauses import LANE_KEPT, TRANSITION
from evpilot.regulations.r157.ending import Stopped
from evpilot.regulations.r157.facts import CALM_BRAKE, Facts, facts
from evpilot.regulations.r157.road import APPROACH_NS, APPROACH_ROWS, KMH, ROW_NS
from evpilot.regulations.r157.staging import leader, staged
from evpilot.regulations.r157.subject import subject
from evpilot.regulations.suite import Axis, Case, CaseResult, Group, Stage, Verdict
from evpilot.regulations.telling import Demanding
from evpilot.runlog import Ego, RunLog
from evpilot.types import Platform, Source

DEMAND_NS = 5_000_000_000  # since the drive's start
EARLIEST = 10.0  # [s] after the demand a minimal risk manoeuvre may begin ...
LATEST = 15.0  # [s] ... and begins at the latest; our own figure
BRAKE_MOST = 4.0  # [m/s2] of a minimal risk manoeuvre
STANDING = 0.1  # [m/s]
AXES = (
    Axis(name="speed_kmh", meaning="our speed", values=(30.0, 60.0, 90.0, 130.0)),
    Axis(name="ahead_s", meaning="time gap to who drives ahead at our speed, 0 for nobody", values=(0.0, 3.0)),
    Axis(name="answer_s", meaning="after which the driver takes over, 0 for never", values=(0.0, 6.0)),
)
GROUP = Group(
    key="transition",
    title="Transition demand and minimal risk manoeuvre",
    clauses=(TRANSITION.place, LANE_KEPT.place),
    axes=AXES,
    map_axes=("speed_kmh", "ahead_s"),
    margin="braking that was left to the most allowed [m/s2]",
)
ROWS = APPROACH_ROWS + 370


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven: a demand after 5 s, at constant speed."""
    car, speed = subject(platform), case["speed_kmh"] / KMH
    actors = (leader(car, speed, case["ahead_s"] * speed, ROWS),) if case["ahead_s"] > 0.0 else ()
    answer = DEMAND_NS + round(case["answer_s"] * 1e9) if case["answer_s"] > 0.0 else None
    told = Demanding(DEMAND_NS, answer)
    return staged(case, car, case["speed_kmh"], _rows(case), actors, told=told, decided=ending())


def _rows(case: Case) -> int:
    """A drive whose driver has answered needs no more than the time in which nothing may be done."""
    return ROWS if case["answer_s"] == 0.0 else (DEMAND_NS + round((EARLIEST + 3.0) * 1e9)) // ROW_NS


def ending() -> Stopped:
    """When a case's outcome is certain."""
    return Stopped(DEMAND_NS, leader=False)


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a driven case."""
    found = facts(case, run, platform, ending())
    answered = case["answer_s"] > 0.0
    begun = _begins(run)
    reason, clause = _wrong(run, found, begun, answered), TRANSITION.place
    if not reason and found.left > 0.0:
        reason, clause = f"left its lane by {found.left:.2f} m", LANE_KEPT.place
    right = "the driver had the car, nothing was done" if answered else "stopped in its lane, in time and gently"
    return CaseResult(
        verdict=Verdict.FAIL if reason else Verdict.PASS,
        clause=clause,
        reason=reason or right,
        margin=BRAKE_MOST - found.brake,
        contact=found.touch.happened,
        impact_speed=found.touch.impact_speed,
        values={"begins_s": begun, "brake": found.brake, "over_edge_m": found.left},
    )


def _begins(run: RunLog) -> float | None:
    """When [s] after the demand a minimal risk manoeuvre began: it says so, or brakes more than for comfort."""
    for frame in run.frames:
        said = frame.decision is not None and frame.decision.source == Source.MINIMAL_RISK
        if frame.t_ns >= APPROACH_NS and (said or frame.truth.ego.accel[0] < -CALM_BRAKE):
            return (frame.t_ns - DEMAND_NS) * 1e-9
    return None


def _wrong(run: RunLog, found: Facts, begun: float | None, answered: bool) -> str:
    """What is wrong with the manoeuvre, or nothing."""
    if found.touch.happened:
        return f"contact at {found.touch.impact:.1f} m/s"
    if begun is not None and (answered or begun < EARLIEST):
        return f"braked {begun:.1f} s after the demand, allowed {'no braking' if answered else f'from {EARLIEST:g} s'}"
    if answered:
        return ""
    if begun is None:
        return "ignored the transition demand"
    if begun > LATEST:
        return f"began {begun:.1f} s after the demand, allowed {LATEST:g} s"
    if found.brake > BRAKE_MOST:
        return f"braked {found.brake:.2f} m/s2, allowed {BRAKE_MOST:g}"
    if run.ego[-1, Ego.SPEED] > STANDING:
        return f"still at {run.ego[-1, Ego.SPEED]:.1f} m/s at the end"
    flashing = [
        frame.decision is not None and frame.decision.source == Source.MINIMAL_RISK
        for frame in run.frames[:-1]
        if frame.t_ns >= DEMAND_NS + round((begun + 0.2) * 1e9)
    ]
    return "" if all(flashing) else "did not say that it was a minimal risk manoeuvre: no hazard lights"
