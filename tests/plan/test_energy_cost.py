"""What saving energy counts: by the car's own powertrain, bounded, and nothing at all where it is not wished."""

import math

import numpy as np
import pytest

from evpilot.plan.columns import GRID, HORIZON, Corridor, Cost, Prop, Ref, Roll
from evpilot.plan.cost.energy import BROUGHT_BACK, GAINED, MOST, UPHILL, Thrift, energy_cost, rolling_on, thrift
from evpilot.types.state import Array
from evpilot.vehicle import platforms
from evpilot.vehicle.cycles.follow import bench
from evpilot.vehicle.cycles.traces import Trace
from evpilot.vehicle.powertrain.conditions import MILD
from evpilot.vehicle.powertrain.table import PUSH_LOW, PUSH_STEP, power_table

CAR = platforms.load("su7")
WANTED = 14.0


def motion(speed: float, accel: float, seconds: float = HORIZON) -> Array:
    """A rollout (51, 11) straight on that accelerates for a time [s], then holds its speed."""
    roll = np.zeros((len(GRID), len(Roll)))
    late = np.minimum(GRID, seconds)
    roll[:, Roll.SPEED] = np.maximum(speed + accel * late, 0.0)
    steps = np.diff(GRID) * 0.5 * (roll[1:, Roll.SPEED] + roll[:-1, Roll.SPEED])
    roll[1:, Roll.S] = np.cumsum(steps)
    return roll


def costs(
    rolls: list[Array],
    saving: Thrift,
    halt: float = math.inf,
    slope: float = 0.0,
    cap: float = 50.0,
    since: float = 0.0,
) -> Array:
    """The energy column (R,) of motions on one straight corridor."""
    count = len(rolls)
    table = np.zeros((800, len(Ref)))
    table[:, Ref.Z] = 0.5 * slope * np.arange(800)
    table[:, Ref.CAP] = 50.0
    table[int(2.0 * since) :, Ref.CAP] = cap
    corridor = np.zeros((1, len(Corridor)))
    corridor[0, Corridor.COUNT] = len(table)
    firsts = np.full((count, 4), np.inf)
    out = np.zeros((count, len(Cost)))
    freely = np.empty((len(table), 1))
    rolling_on(corridor, table, np.array([halt]), freely)
    energy_cost(
        np.zeros((count, len(Prop))), np.array(rolls), corridor, table, firsts, freely, WANTED,
        saving.powers, saving.weight, saving.mass, saving.turning, out,
    )  # fmt: skip
    return out[:, Cost.ENERGY]


def plain(roll: Array, saving: Thrift, halt: float, slope: float) -> float:
    """The same, step by step from the table by numpy."""
    pushes = PUSH_LOW + PUSH_STEP * np.arange(saving.powers.shape[1])

    def power(speed: float, push: float) -> float:
        rows = [np.interp(push, pushes, saving.powers[k]) for k in (int(speed), int(speed) + 1)]
        return float(rows[0] + (speed - int(speed)) * (rows[1] - rows[0]))

    spent = 0.0
    for k in range(len(GRID) - 1):
        dt = GRID[k + 1] - GRID[k]
        before, after = roll[k, Roll.SPEED], roll[k + 1, Roll.SPEED]
        way = roll[k + 1, Roll.S] - roll[k, Roll.S]
        pull = 9.81 * slope if way > 0.1 else 0.0
        spent += dt * power(0.5 * (before + after), (after - before) / dt * (1.0 + saving.turning) + pull)
    way = roll[-1, Roll.S]
    price = power(WANTED, 0.0) / WANTED * way + UPHILL * saving.mass * 9.81 * slope * way
    values = []
    for row in (roll[0], roll[-1]):
        square = row[Roll.SPEED] ** 2
        by_itself = min(square, 0.4 * (halt - row[Roll.S])) if halt > row[Roll.S] else 0.0
        values.append(GAINED * by_itself + BROUGHT_BACK * (square - by_itself))
    kinetic = 0.5 * saving.mass * (1.0 + saving.turning) * (values[1] - values[0])
    return MOST * math.tanh(saving.weight * (spent - price - kinetic) / MOST)


@pytest.mark.parametrize("halt", [math.inf, 90.0])
@pytest.mark.parametrize("slope", [0.0, 0.04, -0.03])
def test_the_cost_is_that_of_plain_evaluation(halt: float, slope: float) -> None:
    rng = np.random.default_rng(5)
    saving = thrift(CAR, 0.6)
    rows = np.stack([rng.uniform(0, 30, 20), rng.uniform(-3, 1.5, 20), rng.uniform(1, 8, 20)], axis=1)
    rolls = [motion(*map(float, row)) for row in rows]
    wanted = [plain(roll, saving, halt, slope) for roll in rolls]
    np.testing.assert_allclose(costs(rolls, saving, halt, slope), wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kmh", [50.0, 120.0])
def test_the_table_says_what_the_test_bench_measures(kmh: float) -> None:
    speed = kmh / 3.6
    time = np.array([0.0, 600.0])
    trace = Trace(name="steady", title="steady", time=time, speed=np.full(2, speed), grade=np.zeros(2), seconds=600.0)
    run = bench(CAR, trace, MILD, mass=CAR.mass)
    measured = (float(run.spent[0]) + float(run.spent[9])) / 600.0
    table = power_table(CAR)
    at = np.interp(speed, np.arange(len(table)), table[:, round(-PUSH_LOW / PUSH_STEP)])
    assert at == pytest.approx(measured, rel=0.03)


def test_speeding_up_towards_a_red_light_is_priced_and_lifting_is_not() -> None:
    saving = thrift(CAR, 1.0)
    faster, holding, lifting = costs([motion(10.0, 0.8), motion(10.0, 0.0), motion(10.0, -0.5)], saving, halt=110.0)
    assert faster > holding + 2.0
    assert lifting < holding


def test_speeding_up_towards_a_turn_is_priced_as_much_of_it_as_the_turn_takes_away() -> None:
    saving = thrift(CAR, 1.0)
    rolls = [motion(10.0, 0.4), motion(10.0, 0.0)]
    free, turn, slight = (np.diff(costs(rolls, saving, cap=cap, since=140.0))[0] for cap in (50.0, 4.0, 16.0))
    assert turn < free - 2.0
    assert slight == pytest.approx(free)


def test_what_rolls_by_itself_is_known_from_all_that_is_slower_ahead() -> None:
    table, corridor = np.zeros((600, len(Ref))), np.zeros((2, len(Corridor)))
    table[:, Ref.CAP] = 20.0
    table[400:, Ref.CAP] = 5.0
    corridor[:, Corridor.COUNT], corridor[1, Corridor.START] = 300, 300
    freely = np.empty((600, 1))
    rolling_on(corridor, table, np.array([100.0, math.inf]), freely)
    way = 0.5 * np.arange(300)
    np.testing.assert_allclose(freely[:300, 0], np.minimum(0.4 * np.maximum(100.0 - way, 0.0), 400.0))
    np.testing.assert_allclose(freely[300:, 0], np.minimum(25.0 + 0.4 * np.maximum(50.0 - way, 0.0), 400.0))


def test_where_the_way_is_free_setting_off_costs_little() -> None:
    saving = thrift(CAR, 1.0)
    off, standing = costs([motion(0.0, 1.4), motion(0.0, 0.0)], saving)
    assert off < standing + 8.0, "less than the way that is gained (0.35 for a metre)"


def test_the_preference_is_bounded_and_grows_with_the_wish() -> None:
    rolls = [motion(2.0, 4.0), motion(30.0, -5.0)]
    strong, weak = costs(rolls, thrift(CAR, 1.0)), costs(rolls, thrift(CAR, 0.2))
    assert np.all(np.abs(strong) <= MOST)
    assert np.all(np.abs(weak) < np.abs(strong) + 1e-9)
    assert np.all(costs(rolls, thrift(CAR, 0.0)) == 0.0)
