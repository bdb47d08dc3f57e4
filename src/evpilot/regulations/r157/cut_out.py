"""Cut-outs: the vehicle ahead moves over, and one that stands comes into view; from a reference driver's own gap."""

import numpy as np

from evpilot.evaluate.reference.grids import HALF, LENGTH, STANDING_HALF, WIDTH, cut_out_outcomes, cut_outs
from evpilot.evaluate.reference.models import Model
from evpilot.regulations.grid import axes_of, listed
from evpilot.regulations.r157 import motions
from evpilot.regulations.r157.clauses import CALM, COMPARED, LANE_KEPT
from evpilot.regulations.r157.ending import Stopped, row_time
from evpilot.regulations.r157.facts import facts
from evpilot.regulations.r157.feasible import feasible
from evpilot.regulations.r157.road import APPROACH_ROWS, KMH, scripted
from evpilot.regulations.r157.sensing import LATENCY
from evpilot.regulations.r157.staging import staged
from evpilot.regulations.r157.starts import STARTS
from evpilot.regulations.r157.subject import size_of, subject
from evpilot.regulations.r157.verdicts import compared
from evpilot.regulations.suite import Case, CaseResult, Group, Stage
from evpilot.runlog import RunLog
from evpilot.types import ROAD, ObjectKind, Platform

NAMES = ("speed_kmh", "distance_m", "lateral_mps")
MEANINGS = ("common speed", "from the vehicle ahead to the one that stands", "lateral speed of the vehicle ahead")
STANDING = 2  # its id


def group(start: str) -> Group:
    """The group that starts from a reference driver's gap."""
    return Group(
        key=f"cut-out-{start}",
        title=f"Cut-out, from the start gap of {STARTS[start].name.lower()}",
        clauses=(COMPARED.place, LANE_KEPT.place, CALM.place),
        axes=axes_of(NAMES, MEANINGS, cut_outs()),
        map_axes=("distance_m", "lateral_mps"),
        references=(STARTS[start].name.lower(),),
    )


def cases(start: str) -> list[Case]:
    """All cases of the grid."""
    return listed("r157", f"cut-out-{start}", NAMES, cut_outs())


def stage(case: Case, platform: Platform) -> Stage:
    """How a cut-out is driven."""
    car, model = subject(platform), _model(case)
    speed, distance, lateral = (case[name] for name in NAMES)
    places, velocity, revealed = motions.cut_out(model, speed, distance, lateral, 0.5 * car.length)
    leader = scripted(1, places[:, 0], places[:, 1], velocity, (LENGTH, WIDTH))
    x = np.full(len(places), motions.standing_place(model, speed, distance, 0.5 * car.length))
    still = np.zeros((len(x), 2))
    standing = scripted(STANDING, x, np.zeros_like(x), still, (2.0 * STANDING_HALF, WIDTH), ObjectKind.CAR)
    start = -(APPROACH_ROWS - 1) * speed / KMH / 10.0
    unseen = ((STANDING, row_time(revealed)),)
    return staged(
        case, car, speed, len(places) - 1, (leader, standing), start_x=start, unseen=unseen, decided=ending(revealed)
    )


def ending(revealed: int) -> Stopped:
    """When a cut-out's outcome is certain."""
    return Stopped(row_time(revealed), leader=False)


def judge(case: Case, run: RunLog, platform: Platform) -> CaseResult:
    """The verdict on a driven cut-out."""
    car, model = subject(platform), _model(case)
    speed, distance, lateral = (case[name] for name in NAMES)
    leader, _, revealed = motions.cut_out(model, speed, distance, lateral, 0.5 * car.length)
    found = facts(case, run, platform, ending(revealed))
    out = cut_out_outcomes(model, np.array([[speed, distance, lateral]]), size_of(platform))
    name = model.name.lower()

    def possible() -> bool:
        place = motions.standing_place(model, speed, distance, 0.5 * car.length)
        still = np.tile((place, 0.0), (len(leader), 1))
        others = [(leader[APPROACH_ROWS:], HALF), (still[APPROACH_ROWS:], STANDING_HALF)]
        # the brake may be touched once there is something to brake for
        since = 0.1 * (revealed - APPROACH_ROWS) + LATENCY
        return feasible(others, speed / KMH, speed / KMH / 10.0, car, ROAD, since)

    return compared(found, {name: out.impact_speed(0)}, (name,), possible)


def _model(case: Case) -> Model:
    return STARTS[case.group.removeprefix("cut-out-")]
