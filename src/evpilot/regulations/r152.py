"""UN R152: automatic emergency braking of passenger cars, before cars, people on foot and bicycles.

Every test is driven twice, with other seeds of the sensor's noise. A case's verdict is that of the impact speed; how
many failures are tolerated is a demand on all cases of a kind together.
"""

from collections.abc import Sequence

import numpy as np

from evpilot.regulations.grid import every
from evpilot.regulations.meeting.scene import Scene, staged
from evpilot.regulations.meeting.scenes import (
    RIGHT,
    Crosser,
    between_cars,
    in_lane,
    on_foot,
    oncoming_beside,
    standing_beside,
)
from evpilot.regulations.meeting.targets import ADULT, CYCLIST, KMH
from evpilot.regulations.meeting.verdicts import limited, undisturbed
from evpilot.regulations.suite import Axis, Case, CaseResult, Clause, Group, Stage, Suite, Verdict
from evpilot.runlog import RunLog
from evpilot.sense.config import SensorConfig
from evpilot.types import Platform

TTC = 4.0  # [s] before the meeting the functional part of a test begins
SEEDS = (1, 2)
SENSOR = SensorConfig(
    name="line of sight, noisy",
    range=150.0,
    occlusion=True,
    identity=False,
    position=0.1,
    position_share=0.002,
    yaw=0.02,
    velocity=0.2,
    size=0.1,
    miss=0.02,
)
"""An object sensor of today: no identity, some noise, one report in fifty missing."""

CAR_SPEEDS = (10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 42.0, 45.0, 50.0, 55.0, 60.0)  # [km/h]
CROSSING_SPEEDS = (20.0, 25.0, 30.0, 35.0, 40.0, 42.0, 45.0, 50.0, 55.0, 60.0)  # [km/h]
LIMITS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "car": ((40.0, 42.0, 45.0, 50.0, 55.0, 60.0), (0.0, 10.0, 15.0, 25.0, 30.0, 35.0)),
    "pedestrian": ((40.0, 42.0, 45.0, 50.0, 55.0, 60.0), (0.0, 10.0, 15.0, 25.0, 30.0, 35.0)),
    "bicycle": ((40.0, 45.0, 50.0, 55.0, 60.0), (10.0, 25.0, 30.0, 35.0, 40.0)),
}
"""Speeds [km/h] and the largest impact speeds [km/h] at them, linear between; below the first 0."""

TOLERATED = {"stationary": 0.1, "moving": 0.1, "pedestrian": 0.1, "bicycle": 0.2}
STILL = 2.5  # [m/s2] of braking that is a reaction
TARGET_PACE = 20.0  # [km/h] of the moving car
WALK, RIDE = 5.0, 15.0  # [km/h]

CLAUSES = (
    Clause(place="UN R152 5.2.1.4", requirement="Before a car the impact speed is at most that of the table."),
    Clause(place="UN R152 5.2.2.4", requirement="Before a pedestrian the impact speed is at most that of the table."),
    Clause(
        place="UN R152 5.2.3.4",
        requirement="Before a bicycle the impact speed is at most that of the table.",
        confirmed=False,
    ),
    Clause(
        place="UN R152 6.10",
        requirement="Each test is done twice; at most 10 % of the tests before cars, 10 % before pedestrians and 20 % "
        "before bicycles fail.",
        confirmed=False,
    ),
    Clause(
        place="UN R152 6.8",
        requirement="No braking where nothing is in the way: between standing cars, past people beside the road, past "
        "oncoming traffic.",
        confirmed=False,
    ),
)
PLACE = {
    "stationary": CLAUSES[0].place,
    "moving": CLAUSES[0].place,
    "pedestrian": CLAUSES[1].place,
    "bicycle": CLAUSES[2].place,
    "false": CLAUSES[4].place,
}


def allowed(kind: str, speed: float) -> float:
    """The largest impact speed [km/h] before a car, pedestrian or bicycle at a (relative) speed [km/h]."""
    speeds, impacts = LIMITS[kind]
    return float(np.interp(speed, speeds, impacts)) if speed >= speeds[0] else 0.0


def _speeds(values: tuple[float, ...]) -> Axis:
    return Axis(name="ego_kmh", meaning="speed of the car", values=values)


GROUPS = (
    Group(
        key="stationary",
        title="A standing car",
        clauses=(CLAUSES[0].place, CLAUSES[3].place),
        axes=(_speeds(CAR_SPEEDS),),
    ),
    Group(
        key="moving",
        title="A car at 20 km/h",
        clauses=(CLAUSES[0].place, CLAUSES[3].place),
        axes=(_speeds(tuple(TARGET_PACE + v for v in CAR_SPEEDS if v <= 40.0)),),
    ),
    Group(
        key="pedestrian",
        title="A pedestrian who crosses at 5 km/h",
        clauses=(CLAUSES[1].place, CLAUSES[3].place),
        axes=(_speeds(CROSSING_SPEEDS),),
    ),
    Group(
        key="bicycle",
        title="A cyclist who crosses at 15 km/h",
        clauses=(CLAUSES[2].place, CLAUSES[3].place),
        axes=(_speeds(CROSSING_SPEEDS),),
    ),
    Group(
        key="false",
        title="Nothing in the way",
        clauses=(CLAUSES[4].place,),
        axes=(
            Axis(
                name="situation",
                meaning="1 between cars, 2 past a pedestrian, 3 past an oncoming car",
                values=(1.0, 2.0, 3.0),
            ),
            _speeds((20.0, 40.0, 60.0)),
        ),
        margin="braking that is left before it counts as a reaction [m/s2]",
    ),
)


def cases(platform: Platform) -> Sequence[Case]:
    """Every test of the grid under each seed."""
    return every("r152", GROUPS, SEEDS)


def scene(case: Case, platform: Platform) -> Scene:
    """What a case puts on the track."""
    speed = case["ego_kmh"] * KMH
    if case.group == "stationary":
        return in_lane(platform, speed, 0.0, TTC)
    if case.group == "moving":
        return in_lane(platform, speed, TARGET_PACE * KMH, TTC)
    if case.group == "pedestrian":
        return on_foot(platform, speed, TTC, Crosser(shape=ADULT, speed=WALK * KMH, side=RIGHT, way=4.0))
    if case.group == "bicycle":
        return on_foot(platform, speed, TTC, Crosser(shape=CYCLIST, speed=RIDE * KMH, side=RIGHT))
    made = {1: between_cars, 2: standing_beside, 3: oncoming_beside}[round(case["situation"])]
    return made(platform, speed, TTC)


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven."""
    return staged(f"r152/{case.id}", scene(case, platform), platform, SENSOR)


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a case's drive."""
    there = scene(case, platform)
    if case.group == "false":
        return undisturbed(there, run, platform, PLACE["false"], STILL)
    kind = case.group if case.group in LIMITS else "car"
    relative = case["ego_kmh"] - (TARGET_PACE if case.group == "moving" else 0.0)
    reference = {"pedestrian": ADULT.reference, "bicycle": CYCLIST.reference}.get(case.group, 0.0)
    limit = allowed(kind, relative) * KMH
    return limited(there, run, platform, PLACE[case.group], limit=limit, reference=reference)


def demands(results: Sequence[tuple[Case, CaseResult]]) -> tuple[str, ...]:
    """A line for each kind of test of which more fail than are tolerated."""
    lines: list[str] = []
    for group, share in TOLERATED.items():
        own = [result for case, result in results if case.group == group]
        failed = sum(result.verdict is not Verdict.PASS for result in own)
        if own and failed > share * len(own):
            lines.append(f"{group}: {failed} of {len(own)} tests failed, tolerated {share * 100:.0f} %")
    return tuple(lines)


SUITE = Suite(
    key="r152",
    title="UN R152: automatic emergency braking (M1)",
    edition="02 series of amendments",
    clauses=CLAUSES,
    groups=GROUPS,
    cases=cases,
    stage=stage,
    judge=judge,
    demands=demands,
)
