"""FMVSS 127: automatic emergency braking before cars and people, without any contact.

Two subjects are driven through it: the emergency brake alone over a driver who does nothing (`--pilot guard_only`), and
a whole pilot. In the manual rows the driver of the first brakes after the warning; a whole pilot has none and drives
them like the others.
"""

from collections.abc import Sequence
from dataclasses import replace

from evpilot.regulations.grid import every
from evpilot.regulations.meeting.scene import Scene, staged
from evpilot.regulations.meeting.scenes import (
    LEFT,
    RIGHT,
    Crosser,
    between_cars,
    braking_ahead,
    in_lane,
    on_foot,
    on_foot_standing,
)
from evpilot.regulations.meeting.targets import ADULT, CHILD, KMH
from evpilot.regulations.meeting.verdicts import limited, undisturbed
from evpilot.regulations.suite import Axis, Case, CaseResult, Clause, Group, Stage, Suite, Verdict
from evpilot.runlog import RunLog
from evpilot.types import Platform

GRAVITY = 9.81  # [m/s2]
FRICTION = 0.9  # of the track's surface
TTC_LEAD = 5.0  # [s] at the beginning of a test before a car ...
TTC_WALK = 4.0  # [s] ... and before people
FALSE_MOST = 0.25 * GRAVITY  # [m/s2] of additional deceleration is allowed where nothing is to be avoided
SLOW_LEAD = 20.0  # [km/h]

CLAUSES = (
    Clause(place="FMVSS 127 S5.1", requirement="No contact with a lead vehicle that stands, is slower or brakes."),
    Clause(place="FMVSS 127 S5.2", requirement="No contact with a pedestrian who crosses, stands or walks along."),
    Clause(
        place="FMVSS 127 S5.3",
        requirement="Less than 0.25 g of additional deceleration over a steel plate and between parked cars.",
    ),
)
LEAD, WALKER, FALSE = (clause.place for clause in CLAUSES)


def _speeds(first: int, last: int, meaning: str = "speed of the car") -> Axis:
    return Axis(name="ego_kmh", meaning=meaning, values=tuple(float(v) for v in range(first, last + 1, 5)))


OVERLAP = Axis(name="overlap_pct", meaning="where on the car's front the pedestrian is met", values=(25.0, 50.0))
GROUPS = (
    Group(key="stopped", title="A stopped lead vehicle", clauses=(LEAD,), axes=(_speeds(10, 80),)),
    Group(key="stopped-manual", title="The same, the driver brakes", clauses=(LEAD,), axes=(_speeds(70, 100),)),
    Group(key="slower", title="A lead vehicle at 20 km/h", clauses=(LEAD,), axes=(_speeds(40, 80),)),
    Group(key="slower-manual", title="The same, the driver brakes", clauses=(LEAD,), axes=(_speeds(70, 100),)),
    Group(
        key="braking",
        title="A lead vehicle that brakes",
        clauses=(LEAD,),
        axes=(
            Axis(name="ego_kmh", meaning="speed of both", values=(50.0, 80.0)),
            Axis(name="gap_m", meaning="gap at the beginning", values=(12.0, 20.0, 30.0, 40.0)),
            Axis(name="brake_g", meaning="deceleration of the lead", values=(0.3, 0.4, 0.5)),
        ),
        map_axes=("gap_m", "brake_g"),
    ),
    Group(
        key="from-right",
        title="A pedestrian who crosses from the right",
        clauses=(WALKER,),
        axes=(_speeds(10, 60), OVERLAP),
        map_axes=("ego_kmh", "overlap_pct"),
    ),
    Group(key="from-left", title="A pedestrian who runs from the left", clauses=(WALKER,), axes=(_speeds(10, 60),)),
    Group(key="hidden", title="A child from behind parked cars", clauses=(WALKER,), axes=(_speeds(10, 50),)),
    Group(key="standing", title="A pedestrian who stands", clauses=(WALKER,), axes=(_speeds(10, 55),)),
    Group(key="along", title="A pedestrian who walks ahead", clauses=(WALKER,), axes=(_speeds(10, 65),)),
    Group(
        key="between-cars",
        title="Between parked cars",
        clauses=(FALSE,),
        axes=(Axis(name="ego_kmh", meaning="speed of the car", values=(25.0, 50.0, 80.0)),),
        margin="braking that is left before it counts as a reaction [m/s2]",
    ),
    Group(
        key="steel-plate",
        title="Over a steel plate",
        clauses=(FALSE,),
        axes=(Axis(name="ego_kmh", meaning="speed of the car", values=(80.0,)),),
        margin="braking that is left before it counts as a reaction [m/s2]",
    ),
)
DRIVER = {"guard_only": "guard_driver"}
"""Who takes the emergency brake's seat in the manual rows: a driver who brakes after its warning."""


def cases(platform: Platform) -> Sequence[Case]:
    """Every test of the grid."""
    return every("fmvss127", GROUPS)


def scene(case: Case, platform: Platform) -> Scene:
    """What a case puts on the track."""
    return replace(_scene(case, platform), friction=FRICTION)


def _scene(case: Case, platform: Platform) -> Scene:
    speed = case["ego_kmh"] * KMH
    match case.group.removesuffix("-manual"):
        case "stopped":
            return in_lane(platform, speed, 0.0, TTC_LEAD)
        case "slower":
            return in_lane(platform, speed, SLOW_LEAD * KMH, TTC_LEAD)
        case "braking":
            return braking_ahead(platform, speed, case["gap_m"], case["brake_g"] * GRAVITY, settled=0.0)
        case "from-right":
            who = Crosser(shape=ADULT, speed=5.0 * KMH, side=RIGHT, location=0.01 * case["overlap_pct"], way=4.0)
            return on_foot(platform, speed, TTC_WALK, who)
        case "from-left":
            who = Crosser(shape=ADULT, speed=8.0 * KMH, side=LEFT, way=6.0, run_up=1.5)
            return on_foot(platform, speed, TTC_WALK, who)
        case "hidden":
            who = Crosser(shape=CHILD, speed=5.0 * KMH, side=RIGHT, way=4.0)
            return on_foot(platform, speed, TTC_WALK, who, hidden=True)
        case "standing":
            return on_foot_standing(platform, speed, TTC_WALK, ADULT, 0.25)
        case "along":
            return in_lane(platform, speed, 5.0 * KMH, TTC_WALK, shape=ADULT, location=0.25)
        case _:
            return between_cars(platform, speed, TTC_LEAD)


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven."""
    made = staged(f"fmvss127/{case.id}", scene(case, platform), platform)
    return replace(made, instead=DRIVER) if case.group.endswith("-manual") else made


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a case's drive."""
    if case.group == "steel-plate":
        return CaseResult(
            verdict=Verdict.NOT_APPLICABLE,
            clause=FALSE,
            reason="a plate that lies on the road is no object of an object list: it is for the sensor's own test",
        )
    there = scene(case, platform)
    if case.group == "between-cars":
        return undisturbed(there, run, platform, FALSE, FALSE_MOST)
    reference = {"from-right": ADULT, "from-left": ADULT, "hidden": CHILD, "standing": ADULT}.get(case.group)
    clause = LEAD if case.group.split("-")[0] in ("stopped", "slower", "braking") else WALKER
    return limited(there, run, platform, clause, reference=reference.reference if reference else 0.0)


SUITE = Suite(
    key="fmvss127",
    title="FMVSS 127: automatic emergency braking for light vehicles",
    edition="49 CFR 571.127 of May 2024",
    clauses=CLAUSES,
    groups=GROUPS,
    cases=cases,
    stage=stage,
    judge=judge,
)
