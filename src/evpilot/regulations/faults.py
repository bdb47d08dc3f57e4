"""Faults: inputs that are lost, late, frozen, spoilt or false, and a car that does not do what it is told.

One scene, a leader that brakes to a standstill while the fault lasts, and one fault in each case. Whatever the fault,
the car meets nobody and stays in its lane; where nothing it is told can be believed any more it comes to a stop; and
what is not there for longer than a moment is no reason for an emergency.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evpilot.evaluate.reference.grids import HALF, LANE, LENGTH, WIDTH
from evpilot.regulations import telling
from evpilot.regulations.grid import every
from evpilot.regulations.r157.facts import EMERGENCY
from evpilot.regulations.r157.road import APPROACH_NS, APPROACH_ROWS, KMH, scenario, scripted
from evpilot.regulations.r157.touch import centre_rows, contact, off_lane
from evpilot.regulations.suite import Axis, Case, CaseResult, Clause, Group, Stage, Suite, Verdict
from evpilot.regulations.telling import Change, Spoilt
from evpilot.runlog import Ego, RunLog
from evpilot.scenarios import Actor
from evpilot.simulate.staging import Approach
from evpilot.types import UN_R157, ObjectKind, Platform
from evpilot.types.kinds import State

SINCE_NS = 5_000_000_000  # the fault begins
BRAKES_ROW = APPROACH_ROWS + 25  # the leader begins to brake, half a second later
LEADER_BRAKE = 3.0  # [m/s2]
GAP = 2.0  # [s] to the leader
ROWS = APPROACH_ROWS + 220
FOREVER = 1e9  # [s]
GHOST_AHEAD = 25.0  # [m] from our rear axle
MOMENT = 0.3  # [s] what is there no longer than this is no reason for an emergency
STANDING = 0.1  # [m/s]

CLAUSES = (
    Clause(place="Faults 1", requirement="Nobody is met, whatever the fault", confirmed=False),
    Clause(place="Faults 2", requirement="The car stays in its lane, whatever the fault", confirmed=False),
    Clause(place="Faults 3", requirement="The car stops where nothing it is told can be believed", confirmed=False),
    Clause(
        place="Faults 4",
        requirement="No emergency manoeuvre for what is there for 0.3 s at most and is nothing",
        confirmed=False,
    ),
)
SAFE, LANE_KEPT, STOPS, CALM = (clause.place for clause in CLAUSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of fault: the axis that is varied besides the speed, what changes the observation for a value of it, for
    how long [s], what becomes of the car; whether what is told is worthless, and whether a leader is there."""

    key: str
    title: str
    axis: Axis
    change: Callable[[float], Change] | None = None
    lasts: Callable[[float], float] = lambda value: value
    car: Callable[[Platform, float], Platform] = lambda platform, value: platform
    worthless: bool = False
    leader: bool = True


LASTS = Axis(name="lasts_s", meaning="how long it lasts", values=(0.3, 1.0, 3.0))


def _always(value: float) -> float:
    return FOREVER


def _axis(name: str, meaning: str, *values: float) -> Axis:
    return Axis(name=name, meaning=meaning, values=values)


def _of(column: State, number: float) -> Callable[[float], Change]:
    return lambda value: telling.ObjectField(column, 0.0, number)


FAULTS = (
    Fault(key="objects-lost", title="No object is reported", axis=LASTS, change=lambda value: telling.objects_lost),
    Fault(
        key="reports-dropped",
        title="Reports are dropped at random",
        axis=_axis("share", "of the reports", 0.3, 0.7),
        change=lambda value: telling.Dropping(value, np.random.default_rng(1)),
        lasts=_always,
    ),
    Fault(
        key="frozen", title="The sensor is frozen, with fresh stamps", axis=LASTS,
        change=lambda value: telling.Frozen(fresh=True),
    ),
    Fault(
        key="stale", title="The sensor's reports are old, for good", axis=_axis("lasts_s", "how long", 20.0),
        change=lambda value: telling.Frozen(fresh=False), worthless=True,
    ),
    Fault(
        key="late", title="The sensor is late", axis=_axis("latency_s", "of the reports", 0.3, 0.5, 1.0),
        change=lambda value: telling.Late(round(10.0 * value)), lasts=_always,
    ),
    Fault(
        key="ghost", title="Somebody in our way who is not there", axis=_axis("lasts_s", "how long", 0.1, 0.3, 1.0),
        change=lambda value: telling.Ghost(GHOST_AHEAD), leader=False,
    ),
    Fault(
        key="not-a-number", title="An object's speed is no number", axis=_axis("lasts_s", "how long", 0.3, 20.0),
        change=_of(State.SPEED, math.nan), worthless=True,
    ),
    Fault(
        key="infinite", title="An object's place is infinite", axis=_axis("lasts_s", "how long", 0.3, 20.0),
        change=_of(State.X, math.inf), worthless=True,
    ),
    Fault(
        key="one-id-twice", title="Two objects bear one id", axis=_axis("lasts_s", "how long", 0.3, 20.0),
        change=lambda value: telling.doubled, worthless=True,
    ),
    Fault(
        key="other-unit", title="An object's speed in another unit", axis=_axis("factor", "on the speed", 0.28, 3.6),
        change=lambda value: telling.ObjectField(State.SPEED, value, 0.0), lasts=lambda value: 2.0,
    ),
    Fault(
        key="turned", title="An object's heading is turned", axis=_axis("lasts_s", "how long", 0.3, 1.0),
        change=lambda value: telling.ObjectField(State.YAW, 0.0, math.pi),
    ),
    Fault(
        key="place-jumps", title="Our own place jumps sideways", axis=_axis("jump_m", "to the left", 0.5, 3.0, 50.0),
        change=lambda value: telling.EgoField(y=value), lasts=lambda value: 0.3,
    ),
    Fault(
        key="place-lost", title="Our own place is another for good", axis=_axis("jump_m", "to the left", 50.0),
        change=lambda value: telling.EgoField(y=value), lasts=_always, worthless=True,
    ),
    Fault(
        key="time-jumps", title="The clock jumps, for good", axis=_axis("jump_s", "by how much", -1.0, 3600.0),
        change=lambda value: telling.Restamped(shift=round(value * 1e9)), lasts=_always, worthless=True,
    ),
    Fault(
        key="time-stands", title="The clock stands", axis=_axis("lasts_s", "how long", 0.3, 20.0),
        change=lambda value: telling.Restamped(hold=True), worthless=True,
    ),
    Fault(
        key="weak-brakes", title="The brakes are weak", axis=_axis("share", "of what they should do", 0.5, 0.7),
        car=lambda car, value: replace(car, brake_max=value * car.brake_max),
    ),
    Fault(
        key="late-brakes", title="Drive and brakes are late", axis=_axis("lag_s", "more than usual", 0.2, 0.5),
        car=lambda car, value: replace(car, accel_lag=car.accel_lag + value),
    ),
    Fault(
        key="late-steering", title="The steering is late", axis=_axis("lag_s", "more than usual", 0.2, 0.5),
        car=lambda car, value: replace(car, steering_lag=car.steering_lag + value),
    ),
)  # fmt: skip
KINDS = {fault.key: fault for fault in FAULTS}
SPEED = Axis(name="speed_kmh", meaning="our speed", values=(50.0, 100.0))
GROUPS = tuple(
    Group(
        key=fault.key,
        title=fault.title,
        clauses=(SAFE, LANE_KEPT, STOPS, CALM),
        axes=(SPEED, fault.axis),
        map_axes=(SPEED.name, fault.axis.name),
    )
    for fault in FAULTS
)


def cases(platform: Platform) -> Sequence[Case]:
    """Every case."""
    return every("faults", GROUPS)


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven: at constant speed behind a leader that brakes soon after the fault has begun."""
    fault, speed = KINDS[case.group], case["speed_kmh"] / KMH
    value = case[fault.axis.name]
    told = None
    if fault.change is not None:
        told = Spoilt(SINCE_NS, round(min(fault.lasts(value), FOREVER) * 1e9), fault.change(value))
    return Stage(
        scenario=scenario(
            case.id,
            case["speed_kmh"],
            -APPROACH_ROWS * speed / 10.0,
            ROWS,
            (_leader(speed, platform, brakes=not fault.worthless),) if fault.leader else (),
        ),
        limits=UN_R157,
        platform=fault.car(platform, value),
        believed=platform,
        approach=Approach(until_ns=APPROACH_NS, speed=speed),
        told=told,
    )


def _leader(speed: float, platform: Platform, *, brakes: bool) -> Actor:
    """Who drives ahead, and brakes; where nothing can be believed it drives on: whoever stops then does so for that."""
    brake = LEADER_BRAKE if brakes else 0.0
    rows = np.arange(ROWS + 1, dtype=np.float64)
    pace = np.maximum(speed - brake * 0.1 * np.maximum(rows - BRAKES_ROW, 0.0), 0.0)
    way = np.concatenate([[0.0], np.cumsum(0.5 * (pace[1:] + pace[:-1])) * 0.1])
    x = way - APPROACH_ROWS * 0.1 * speed + GAP * speed + 0.5 * platform.length + HALF
    velocity = np.column_stack([pace, np.zeros(len(pace))])
    return scripted(1, x, np.zeros(len(x)), velocity, (LENGTH, WIDTH), ObjectKind.CAR)


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a driven case."""
    fault = KINDS[case.group]
    centre = centre_rows(run, platform)
    touch = contact(run, platform, centre)
    after = run.t_ns >= SINCE_NS
    left = off_lane(centre[after], platform, 0.5 * LANE) if np.any(after) else 0.0
    brake = float(np.max(-run.ego[after, Ego.ACCEL], initial=0.0))
    ends = float(run.ego[-1, Ego.SPEED])
    lasts = fault.lasts(case[fault.axis.name])
    verdict, clause, reason = Verdict.PASS, SAFE, "stopped" if ends < STANDING else "went on safely"
    if touch.happened:
        verdict, reason = Verdict.FAIL, f"contact at {touch.impact:.1f} m/s"
    elif left > 0.0:
        verdict, clause, reason = Verdict.FAIL, LANE_KEPT, f"left its lane by {left:.2f} m"
    elif fault.worthless and lasts > 1.0 and ends > STANDING:
        verdict, clause, reason = Verdict.FAIL, STOPS, f"still at {ends:.1f} m/s with nothing to be believed"
    elif not fault.leader and lasts <= MOMENT and brake > EMERGENCY:
        verdict, clause, reason = Verdict.FAIL, CALM, f"braked {brake:.1f} m/s2 for what was not there"
    return CaseResult(
        verdict=verdict,
        clause=clause,
        reason=reason,
        margin=touch.margin if math.isfinite(touch.margin) else None,
        contact=touch.happened,
        impact_speed=touch.impact_speed,
        values={
            "brake": brake,
            "over_edge_m": left,
            "ends_mps": ends,
            "rejected": sum(bool(frame.fault) for frame in run.frames),
        },
    )


SUITE = Suite(
    key="faults",
    title="Faults: spoilt inputs and a car that does not obey",
    edition="our own protocol, after reference lists of bad inputs",
    clauses=CLAUSES,
    groups=GROUPS,
    cases=cases,
    stage=stage,
    judge=judge,
)
