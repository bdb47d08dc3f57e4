"""Following: the vehicle ahead brakes to a standstill; from a reference driver's own gap."""

import numpy as np

from evpilot.evaluate.reference.grids import HALF, LENGTH, WIDTH, following_outcomes, followings
from evpilot.evaluate.reference.models import Model
from evpilot.regulations.grid import axes_of, listed
from evpilot.regulations.r157 import motions
from evpilot.regulations.r157.clauses import CALM, COMPARED, LANE_KEPT
from evpilot.regulations.r157.ending import Stopped
from evpilot.regulations.r157.facts import facts
from evpilot.regulations.r157.feasible import feasible
from evpilot.regulations.r157.road import APPROACH_NS, APPROACH_ROWS, KMH, scripted
from evpilot.regulations.r157.sensing import LATENCY
from evpilot.regulations.r157.staging import staged
from evpilot.regulations.r157.starts import STARTS
from evpilot.regulations.r157.subject import size_of, subject
from evpilot.regulations.r157.verdicts import compared
from evpilot.regulations.suite import Case, CaseResult, Group, Stage
from evpilot.runlog import RunLog
from evpilot.types import ROAD, Platform

NAMES = ("speed_kmh", "brake_g")
MEANINGS = ("common speed", "braking of the vehicle ahead")


def group(start: str) -> Group:
    """The group that starts from a reference driver's gap."""
    return Group(
        key=f"following-{start}",
        title=f"Following, from the start gap of {STARTS[start].name.lower()}",
        clauses=(COMPARED.place, LANE_KEPT.place, CALM.place),
        axes=axes_of(NAMES, MEANINGS, followings()),
        map_axes=NAMES,
        references=(STARTS[start].name.lower(),),
    )


def cases(start: str) -> list[Case]:
    """All cases of the grid."""
    return listed("r157", f"following-{start}", NAMES, followings())


def stage(case: Case, platform: Platform) -> Stage:
    """How a following is driven."""
    car = subject(platform)
    speed, brake = (case[name] for name in NAMES)
    places, velocity = motions.following(_model(case), speed, brake, 0.5 * car.length)
    leader = scripted(1, places[:, 0], places[:, 1], velocity, (LENGTH, WIDTH))
    start = -(APPROACH_ROWS - 1) * speed / KMH / 10.0
    return staged(case, car, speed, len(places) - 1, (leader,), start_x=start, decided=ending())


def ending() -> Stopped:
    """When a following's outcome is certain."""
    return Stopped(APPROACH_NS, leader=True)


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a driven following."""
    car, model = subject(platform), _model(case)
    speed, brake = (case[name] for name in NAMES)
    found = facts(case, run, platform, ending())
    out = following_outcomes(model, np.array([[speed, brake]]), size_of(platform))
    name = model.name.lower()

    def possible() -> bool:
        places, _ = motions.following(model, speed, brake, 0.5 * car.length)
        return feasible([(places[APPROACH_ROWS:], HALF)], speed / KMH, speed / KMH / 10.0, car, ROAD, LATENCY)

    return compared(found, {name: out.impact_speed(0)}, (name,), possible)


def _model(case: Case) -> Model:
    return STARTS[case.group.removeprefix("following-")]
