"""A sample of the cases that a careful driver only just avoids by braking: where a pilot's misses would be."""

import numpy as np
import pytest

from evpilot.evaluate.reference import annex3, grids
from evpilot.evaluate.reference.models import Model
from evpilot.regulations import Case, suite
from evpilot.regulations.driving import drive_case
from evpilot.sweep.pilots import pilot_maker
from evpilot.vehicle import platforms

SUITE = suite("r157")
SEDAN = platforms.load("sedan")


def next_to_contact(hit):
    """Cases (..., gap, lateral speed) without contact beside one with it."""
    near = np.zeros_like(hit)
    near[..., 1:, :] |= hit[..., :-1, :]
    near[..., :-1, :] |= hit[..., 1:, :]
    return ~hit & near


def cut_ins(speed, model):
    cases = grids.cut_ins(speed)
    hit = annex3.run_annex3(cases)[0] > 0 if model is None else grids.cut_in_outcomes(model, cases).fine
    edge = next_to_contact(hit.reshape(-1, 59 if speed == "low" else 60, 18)).reshape(-1)
    # those that must be braked for: who keeps its speed is not past the other before that is in its way
    closing, lateral = (cases[:, 0] - cases[:, 1]) / 3.6, np.maximum(cases[:, 3], 0.05)
    return cases[edge & ((cases[:, 2] + 8.6) / closing > 1.5 * 1.6 / lateral)]


def cut_outs(model):
    cases = grids.cut_outs()
    hit = grids.cut_out_outcomes(model, cases).fine.reshape(13, 30, 15)
    return cases[next_to_contact(hit).reshape(-1)]


POOLS = {
    "cut-in-low": lambda: np.concatenate([cut_ins("low", model) for model in (Model.FSM, Model.CC_JRC, None)]),
    "cut-in-high": lambda: np.concatenate([cut_ins("high", model) for model in (Model.FSM, Model.CC_JRC, None)]),
    "cut-out-cc": lambda: cut_outs(Model.CC_JRC),
    "cut-out-fsm": lambda: cut_outs(Model.FSM),
    "following-cc": lambda: grids.followings()[grids.followings()[:, 1] > 0.7],
    "following-fsm": lambda: grids.followings()[grids.followings()[:, 1] > 0.7],
}


@pytest.mark.parametrize(("group", "count"), [(group, 10 if "cut-in" in group else 4) for group in POOLS])
def test_the_pilot_misses_nothing_that_a_careful_driver_only_just_avoids(group, count):
    rows = POOLS[group]()
    names = [axis.name for axis in SUITE.group(group).axes]
    picked = rows[np.random.default_rng(11).choice(len(rows), count, replace=False)]
    cases = [Case(suite="r157", group=group, parameters=tuple(zip(names, row, strict=True))) for row in picked.tolist()]
    results = {
        case.id: SUITE.judge(case, drive_case(SUITE, case, pilot_maker("evpilot"), SEDAN), SEDAN) for case in cases
    }
    assert not {name: (found.verdict, found.reason) for name, found in results.items() if found.preventable}


def judged(name: str, pilot: str = "evpilot"):
    """The verdict on one case that a pilot drives."""
    case = SUITE.case(name)
    return SUITE.judge(case, drive_case(SUITE, case, pilot_maker(pilot), SEDAN), SEDAN)


PASSING = [  # nearly past the other, where braking ends beside it
    "cut-in-low/ego_kmh=50,other_kmh=20,gap_m=3,lateral_mps=1.1",
    "cut-in-low/ego_kmh=60,other_kmh=20,gap_m=9,lateral_mps=1",
    "cut-in-low/ego_kmh=60,other_kmh=10,gap_m=20,lateral_mps=0.7",
    "cut-in-high/ego_kmh=70,other_kmh=40,gap_m=1,lateral_mps=1.3",
]


@pytest.mark.parametrize("name", PASSING)
def test_who_is_nearly_past_somebody_that_comes_over_goes_on(name):
    found = judged(name)
    assert not found.contact, found


def test_who_brakes_there_by_rss_misses_what_the_regulations_drivers_avoid():
    found = judged(PASSING[0], "rss")
    assert found.verdict == "fail" and "fsm" in found.preventable


SWERVING = [  # nobody avoids contact by braking there, and who swerves has to stay in the lane
    "cut-in-low/ego_kmh=40,other_kmh=20,gap_m=1,lateral_mps=1.2",
    "cut-in-low/ego_kmh=40,other_kmh=10,gap_m=3,lateral_mps=1.4",
    "cut-in-low/ego_kmh=40,other_kmh=10,gap_m=4,lateral_mps=1.4",
    "cut-in-low/ego_kmh=60,other_kmh=10,gap_m=10,lateral_mps=1.6",
]


@pytest.mark.parametrize("name", SWERVING)
def test_whatever_happens_the_lane_is_kept(name):
    found = judged(name)
    assert found.verdict == "pass" and found.values["over_edge_m"] <= 0.0, found


FORESEEN = [  # to be seen coming before he is further off his lane's middle than drivers wander, and braked for at once
    "cut-in-high/ego_kmh=130,other_kmh=10,gap_m=63,lateral_mps=1.5",
    "cut-in-high/ego_kmh=130,other_kmh=10,gap_m=67,lateral_mps=1.1",
    "cut-in-high/ego_kmh=130,other_kmh=10,gap_m=75,lateral_mps=0.8",
    "cut-in-low/ego_kmh=20,other_kmh=10,gap_m=3,lateral_mps=0.4",
    "cut-in-low/ego_kmh=20,other_kmh=10,gap_m=3,lateral_mps=0.6",
    "cut-in-low/ego_kmh=20,other_kmh=10,gap_m=14,lateral_mps=0.2",
    "cut-in-low/ego_kmh=40,other_kmh=30,gap_m=4,lateral_mps=0.4",
    "cut-in-low/ego_kmh=40,other_kmh=10,gap_m=13,lateral_mps=0.7",
    "cut-in-low/ego_kmh=40,other_kmh=20,gap_m=1,lateral_mps=0.9",
]


@pytest.mark.parametrize("name", FORESEEN)
def test_who_cuts_in_is_seen_coming(name):
    found = judged(name)
    assert found.verdict == "pass", found
