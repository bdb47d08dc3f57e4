"""EU 2022/1426, annex III: cut-ins that a fully automated vehicle must avoid.

A car on the lane to the left changes into ours. When it is 0.30 m over the line the time to collision is a little
above, or well above, what the regulation's formula gives; with standing passengers the formula counts on less
braking.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evpilot.regulations.grid import every
from evpilot.regulations.meeting.roads import WIDTH, straight_road
from evpilot.regulations.meeting.scene import AFTER, SHADOW, Scene, ahead, staged
from evpilot.regulations.meeting.targets import CAR, KMH, STEP, Pace, shifted, steady
from evpilot.regulations.meeting.verdicts import limited
from evpilot.regulations.suite import Axis, Case, CaseResult, Clause, Group, Stage, Suite
from evpilot.runlog import RunLog
from evpilot.types import Platform

DELAYS = 0.1 + 0.15  # [s] reaction and half of the brake's rise
BRAKE = {0: 6.0, 1: 2.4}  # [m/s2] that the formula counts on, without and with standing passengers
INTRUSION = 0.30  # [m] over the lane's edge
CALM = 0.5  # [s] from the hand-over until the other begins to move sideways

CLAUSES = (
    Clause(
        place="EU 2022/1426 annex III 1.2.1",
        requirement="A cut-in is avoided when the time to collision at the intrusion is above v/(2 a) + 0.1 s + "
        "0.15 s, a being 6 m/s2, or 2.4 m/s2 with standing passengers.",
        confirmed=False,
    ),
)


def ttc_table(relative: float, *, standing: bool) -> float:
    """The time to collision [s] at the intrusion above which a cut-in must be avoided, by relative speed [m/s]."""
    return relative / (2.0 * BRAKE[int(standing)]) + DELAYS


GROUPS = (
    Group(
        key="cut-in",
        title="Cut-in from the left",
        clauses=(CLAUSES[0].place,),
        axes=(
            Axis(name="ego_kmh", meaning="our speed", values=(70.0, 120.0)),
            Axis(
                name="relative_kmh", meaning="how much slower the other is", values=(10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
            ),
            Axis(name="lateral_mps", meaning="its speed sideways", values=(0.5, 1.0, 1.5)),
            Axis(name="ttc_share", meaning="time to collision at the intrusion over the formula's", values=(1.02, 1.5)),
            Axis(name="standing", meaning="1 with standing passengers", values=(0.0, 1.0)),
        ),
        map_axes=("relative_kmh", "lateral_mps"),
    ),
)


@dataclass(frozen=True, slots=True)
class Times:
    """When the other begins to move sideways, when it is over the line by INTRUSION, and when it would be met [s]."""

    begins: float
    intrudes: float
    meets: float


def times(case: Case) -> Times:
    """The case's times since the start of the drive."""
    begins = SHADOW + CALM
    over = WIDTH - (0.5 * WIDTH - INTRUSION + 0.5 * CAR.width)
    intrudes = begins + over / case["lateral_mps"]
    ttc = case["ttc_share"] * ttc_table(case["relative_kmh"] * KMH, standing=case["standing"] > 0.5)
    return Times(begins, intrudes, intrudes + ttc)


def cases(platform: Platform) -> Sequence[Case]:
    """Every cut-in of the grid."""
    return every("eu2022_1426", GROUPS)


def scene(case: Case, platform: Platform) -> Scene:
    """What a case puts on the track."""
    speed = case["ego_kmh"] * KMH
    when, across = times(case), case["lateral_mps"]
    track = straight_road(speed, lanes=2)
    aside = Pace(
        (
            (when.begins, 0.0),
            (when.begins, across),
            (when.begins + WIDTH / across, across),
            (when.begins + WIDTH / across, 0.0),
        )
    )
    pace = steady(speed - case["relative_kmh"] * KMH)
    place = 0.5 * CAR.length, WIDTH
    end = STEP * math.ceil((when.meets + AFTER + 1.0) / STEP)
    target = shifted(1, CAR, place, pace, aside, when.meets, end)
    return Scene(
        track=track,
        speed=speed,
        bumper=ahead(track, platform),
        meeting=when.meets,
        handover=SHADOW,
        actors=(target,),
        reveals=when.begins,
    )


def stage(case: Case, platform: Platform) -> Stage:
    """How a case is driven."""
    return staged(f"eu2022_1426/{case.id}", scene(case, platform), platform)


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a case's drive."""
    return limited(scene(case, platform), run, platform, CLAUSES[0].place)


SUITE = Suite(
    key="eu2022_1426",
    title="EU 2022/1426: cut-ins before a fully automated vehicle",
    edition="Implementing Regulation (EU) 2022/1426",
    clauses=CLAUSES,
    groups=GROUPS,
    cases=cases,
    stage=stage,
    judge=judge,
)
