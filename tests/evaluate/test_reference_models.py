"""The regulation's reference drivers: against published outcomes, closed forms, and each other."""

import csv
import time

import numpy as np
import pytest

from evpilot.evaluate.reference import annex3, grids, models, table
from evpilot.evaluate.reference.models import Model
from evpilot.files import EvpilotError

MODELS = tuple(Model)


@pytest.fixture(scope="module")
def published(data_dir):
    with (data_dir / "r157_reference" / "cut_in_low.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_grids_have_the_sizes_that_the_regulation_s_evaluation_uses():
    sizes = [len(grids.cut_ins("low")), len(grids.cut_ins("high")), len(grids.cut_outs()), len(grids.followings())]
    assert sizes == [15_930, 14_040, 5_850, 1_121]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_published_cut_in_has_its_outcome(published, model):
    cases = grids.cut_ins("low")
    names = ("ego_kmh", "cut_in_kmh", "gap_m", "lateral_speed_mps")
    assert np.array_equal(cases, [[float(row[name]) for name in names] for row in published])
    outcome, _ = grids.run_cut_ins(model, cases)
    assert outcome.tolist() == [int(row[model.name.lower()]) for row in published]


@pytest.mark.parametrize(
    ("model", "contacts"), [(Model.FSM, 901), (Model.CC_JRC, 3728), (Model.RSS, 880), (Model.REG157, 2252)]
)
def test_contacts_of_the_low_grid_are_as_many_as_published(model, contacts):
    outcome, impact = grids.run_cut_ins(model, grids.cut_ins("low"))
    assert np.count_nonzero(outcome) == contacts
    assert np.all(impact[outcome == grids.NO_CONTACT] == 0.0) and np.any(impact[outcome == grids.BEHIND] > 5.0)


def test_both_grids_under_all_models_take_seconds():
    begin = time.process_time()
    for cases in (grids.cut_ins("low"), grids.cut_ins("high")):
        for model in MODELS:
            grids.run_cut_ins(model, cases)
        annex3.run_annex3(cases)
    assert time.process_time() - begin < 10.0


def test_who_never_cuts_in_is_never_hit():
    straight = grids.cut_ins("low")
    straight = straight[straight[:, 3] == 0.0]
    for model in MODELS:
        assert not grids.run_cut_ins(model, straight)[0].any()
    assert not annex3.run_annex3(straight)[0].any()


def test_annex_3_runs_into_those_who_cut_in_close_and_fast_only():
    cases = grids.cut_ins("low")
    behind = annex3.run_annex3(cases)[0] == grids.BEHIND
    closing = (cases[:, 0] - cases[:, 1]) / 3.6
    assert np.any(behind)
    swift = cases[:, 3] >= 1.5
    # perceived within half a second: who leaves it more than 2 s then is ordinary traffic
    assert np.any(behind & swift) and np.all(cases[behind & swift, 2] < 2.5 * closing[behind & swift] + 1.0)


def test_annex_3_brakes_after_its_delays_and_with_its_ramps():
    assert annex3.annex3_brake(-0.01, -1.0) == 0.0
    assert annex3.annex3_brake(0.3, -1.0) == pytest.approx(12.65 * 0.3)
    assert annex3.annex3_brake(0.61, -1.0) == pytest.approx(0.774 * 9.81)
    assert annex3.annex3_brake(5.0, 0.6) == pytest.approx(0.85 * 9.81)


def test_followings_from_the_models_own_gaps_end_without_contact_for_fsm_and_cc():
    for model in (Model.FSM, Model.CC_JRC):
        assert not grids.run_followings(model, grids.followings())[0].any()


def test_a_cut_out_without_leader_contact_is_judged_by_the_standing_car():
    cases = grids.cut_outs()
    for model in (Model.FSM, Model.CC_JRC, Model.RSS):
        outcome, impact, leader = grids.run_cut_outs(model, cases)
        far = cases[:, 1] >= 100.0
        assert not outcome[far & (cases[:, 0] <= 60.0) & ~leader].any()
        assert np.all(leader[(cases[:, 1] <= 2.0) & (cases[:, 2] < 0.3)])
        assert np.all(impact[outcome > 0] >= 0.0)


def plain_row(model, u, u_c, c, apart, gap, lat, accel):
    """`models.demand` written down a second time, from the published formulas."""
    if model == Model.REG157:
        ttc = np.inf if u == u_c else abs(gap / (u - u_c))
        return lat <= 0.5 and ttc <= (u - u_c) / 12.0 + 0.45
    if model == Model.RSS:
        near = gap < 0.75 * u + 3.0 * 0.75**2 / 2.0 + (u + 2.25) ** 2 / 12.0 - u_c**2 / 12.0
        return near and lat < 0.3 + (2 * abs(c) + 0.75) * 0.75 / 2.0 + (abs(c) + 0.75) ** 2 / 2.0
    if model == Model.CC_JRC:
        return lat <= 0.0
    room = apart - gap
    if lat > 0.0 and not (c > 0.0 and (u == u_c or lat / c <= (apart + room) / (u - u_c) + 0.1)):
        return False
    s, n = (0.75 * u + u**2 / (2 * b) - u_c**2 / 14.0 + extra for b, extra in ((4.0, 2.0), (6.0, 0.0)))
    pfs = np.clip((gap - 2.0 - s) / (n - s), 0.0, 1.0)
    cfs = 0.0
    if u > u_c:
        a = max(accel, -4.0)
        if u + 0.75 * a < u_c:
            cfs = float(gap < (u - u_c) ** 2 / (2 * abs(accel)))
        else:
            d = (u + a * 0.75 / 2 - u_c) * 0.75
            s, n = (d + (u + 0.75 * a - u_c) ** 2 / (2 * b) for b in (4.0, 6.0))
            cfs = float(gap < n) if s == n else np.clip((gap - s) / (n - s), 0.0, 1.0)
    return pfs + cfs > 0.0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_is_unsafe_is_what_the_formulas_say(model):
    rng = np.random.default_rng(int(model))
    unsafe = 0
    for _ in range(3000):
        u, u_c, c = rng.uniform(0.0, 40.0), rng.uniform(0.0, 40.0), rng.uniform(-0.5, 2.0)
        gap, lat, accel = rng.uniform(-4.0, 90.0), rng.uniform(-1.9, 3.0), rng.uniform(-6.0, 0.0)
        apart = gap + 4.3
        found = models.demand(int(model), u, u_c, c, apart, gap, lat, accel) > 0.0
        assert found == plain_row(model, u, u_c, c, apart, gap, lat, accel)
        unsafe += found
    assert 100 < unsafe < 2900


def test_the_table_of_the_low_cut_ins_is_the_published_file_byte_for_byte(data_dir):
    written = (data_dir / "r157_reference" / "cut_in_low.csv").read_text()
    assert table.outcome_table("cut-in-low").csv().split() == written.split()


@pytest.mark.parametrize("grid", table.GRIDS)
def test_a_table_holds_every_case_of_its_grid_once(grid):
    found = table.outcome_table(grid)
    assert len(np.unique(found.cases, axis=0)) == len(found.cases) == len(found.outcome)
    assert len(found.csv().splitlines()) == len(found.cases) + 1
    assert found.csv().splitlines()[1].count(",") == len(found.columns) - 1


def test_a_grid_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(EvpilotError, match="allowed cut-in-low, cut-in-high"):
        table.outcome_table("cut-in")
