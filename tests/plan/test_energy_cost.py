"""What saving energy counts: by the car's own powertrain, bounded, and nothing at all where it is not wished."""

import math

import numpy as np
import pytest

from evpilot.plan.columns import GRID, HORIZON, Corridor, Cost, Prop, Ref, Roll, Span
from evpilot.plan.cost.energy import COASTING, MOST, UPHILL, Thrift, energy_cost, rolling_on, thrift
from evpilot.plan.scene import slower_on
from evpilot.types.state import Array
from evpilot.vehicle import platforms
from evpilot.vehicle.cycles.follow import bench
from evpilot.vehicle.cycles.traces import Trace
from evpilot.vehicle.powertrain.conditions import MILD
from evpilot.vehicle.powertrain.table import PUSH_LOW, PUSH_STEP, power_table

CAR = platforms.load("su7")
NOBODY = (math.inf, math.inf)
METRE = 0.525  # cost of a metre that is still to go


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
    lead: tuple[float, float] = NOBODY,
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
    rolling_on(corridor, table, np.array([[halt, *lead]]), saving.kept, freely)
    energy_cost(
        np.zeros((count, len(Prop))), np.array(rolls), corridor, table, firsts, freely, saving.metre,
        saving.powers, saving.worths, saving.weight, saving.mass, saving.turning, out,
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
    paces = np.arange(max(roll[0, Roll.SPEED], 1.0), 30.0, 0.01)
    price = (
        min(power(float(pace), 0.0) / float(pace) for pace in paces) * way + UPHILL * saving.mass * 9.81 * slope * way
    )
    nodes = np.arange(len(saving.powers))
    taken, back = (
        np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]))])
        for push in (1.5, -1.5)
        for rate in [np.array([power(v, push) - power(v, 0.0) for v in nodes - (nodes == nodes[-1])])]
    )
    values = []
    for row in (roll[0], roll[-1]):
        square = row[Roll.SPEED] ** 2
        by_itself = min(square, 2.0 * COASTING * (halt - row[Roll.S])) if halt > row[Roll.S] else 0.0
        gain, rest, less = (
            np.interp(x, nodes**2.0, y) for x, y in ((by_itself, taken), (square, -back), (by_itself, -back))
        )
        values.append((gain + rest - less) * (1.0 + saving.turning) / 1.5)
    return MOST * math.tanh(saving.weight * (spent - price - (values[1] - values[0])) / MOST)


@pytest.mark.parametrize("halt", [math.inf, 90.0])
@pytest.mark.parametrize("slope", [0.0, 0.04, -0.03])
def test_the_cost_is_that_of_plain_evaluation(halt: float, slope: float) -> None:
    rng = np.random.default_rng(5)
    saving = thrift(CAR, 0.6, METRE)
    rows = np.stack([rng.uniform(0, 30, 20), rng.uniform(-3, 1.5, 20), rng.uniform(1, 8, 20)], axis=1)
    rolls = [motion(*map(float, row)) for row in rows]
    wanted = [plain(roll, saving, halt, slope) for roll in rolls]
    np.testing.assert_allclose(costs(rolls, saving, halt, slope), wanted, rtol=1e-4)


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


def test_motion_is_worth_what_the_test_bench_takes_and_brings_back() -> None:
    worths, price = thrift(CAR, 1.0, METRE).worths, 300.0  # [J] about what a metre takes in town
    for column, (first, last) in enumerate([(5.0, 14.0), (14.0, 5.0)]):
        time = np.linspace(0.0, 6.0, 61)
        speed = np.linspace(first, last, 61)
        trace = Trace(name="change", title="change", time=time, speed=speed, grade=np.zeros(61), seconds=6.0)
        run = bench(CAR, trace, MILD, mass=CAR.mass)
        measured = float(run.spent[0]) + float(run.spent[9]) - price * float(np.trapezoid(speed, time))
        assert np.sign(last - first) * (worths[14, column] - worths[5, column]) == pytest.approx(measured, rel=0.05)


def test_speeding_up_behind_who_is_slower_is_priced() -> None:
    saving = thrift(CAR, 1.0, METRE)
    rolls = [motion(8.0, 0.5), motion(8.0, 0.0)]
    close, far, free = (np.diff(costs(rolls, saving, lead=lead))[0] for lead in ((90.0, 8.0), (250.0, 8.0), NOBODY))
    assert close < free - 2.0
    assert far == pytest.approx(free)


@pytest.mark.parametrize(("speed", "slower"), [(36.0, True), (22.0, False)])
def test_a_strong_wish_is_for_a_pace_that_is_worth_its_time(speed: float, slower: bool) -> None:
    rolls = [motion(speed, 0.0), motion(speed, -0.3)]
    hold, lift = costs(rolls, thrift(CAR, 1.0, METRE)) - METRE * np.array([roll[-1, Roll.S] for roll in rolls])
    assert (lift < hold) == slower


def test_speeding_up_towards_a_red_light_is_priced_and_lifting_is_not() -> None:
    saving = thrift(CAR, 1.0, METRE)
    faster, holding, lifting = costs([motion(10.0, 0.8), motion(10.0, 0.0), motion(10.0, -0.12)], saving, halt=110.0)
    assert faster > holding + 2.0
    assert lifting < holding


def test_speeding_up_towards_a_turn_is_priced_as_much_of_it_as_the_turn_takes_away() -> None:
    saving = thrift(CAR, 1.0, METRE)
    rolls = [motion(10.0, 0.4), motion(10.0, 0.0)]
    free, turn, slight = (np.diff(costs(rolls, saving, cap=cap, since=140.0))[0] for cap in (50.0, 4.0, 16.0))
    assert turn < free - 2.0
    assert slight == pytest.approx(free)


@pytest.mark.parametrize("kept", [0.0, 0.9])
def test_what_is_worth_its_price_is_known_from_all_that_is_slower_ahead(kept: float) -> None:
    """A wall and who goes ahead are rolled to; a turn, too, or come to as fast as the time is worth it."""
    table, corridor = np.zeros((600, len(Ref))), np.zeros((2, len(Corridor)))
    table[:, Ref.CAP] = 20.0
    table[400:, Ref.CAP] = 5.0
    corridor[:, Corridor.COUNT], corridor[1, Corridor.START] = 300, 300
    freely = np.empty((600, 1))
    rolling_on(corridor, table, np.array([[100.0, math.inf, math.inf], [math.inf, 80.0, 4.0]]), kept, freely)
    way, falls = 0.5 * np.arange(300), 2.0 * COASTING
    np.testing.assert_allclose(freely[:300, 0], np.minimum(falls * np.maximum(100.0 - way, 0.0), 400.0))
    lead = (4.0 + np.sqrt(falls * np.maximum(80.0 - way, 0.0))) ** 2
    turn = np.minimum(25.0 + max(falls, kept) * np.maximum(50.0 - way, 0.0), 400.0)
    np.testing.assert_allclose(freely[300:, 0], np.minimum(turn, lead))


def test_a_speed_is_kept_to_a_turn_as_long_as_its_time_is_worth_what_is_lost_of_it() -> None:
    """Per metre of way and metre a second: what braking does not bring back against the time that is gained."""
    saving, way = thrift(CAR, 1.0, METRE), 100.0
    speed = math.sqrt(saving.kept * way)
    assert 8.0 < speed < 12.0

    def lost(v: float) -> float:
        taken, back = (np.interp(v * v, np.arange(61.0) ** 2, saving.worths[:, column]) for column in (0, 1))
        return float(taken - back)

    value = saving.metre / saving.weight * speed  # [J] of a second
    gained = value * (way / (speed - 0.5) - way / (speed + 0.5))
    assert lost(speed + 0.5) - lost(speed - 0.5) == pytest.approx(gained, rel=0.2)
    assert saving.less(0.5).kept == pytest.approx(2.0 * saving.kept)


def test_where_the_way_is_free_setting_off_costs_little() -> None:
    saving = thrift(CAR, 1.0, METRE)
    off, standing = costs([motion(0.0, 1.4), motion(0.0, 0.0)], saving)
    assert off < standing + 8.0, "less than the way that is gained (0.35 for a metre)"


def test_the_preference_is_bounded_and_grows_with_the_wish() -> None:
    rolls = [motion(2.0, 4.0), motion(30.0, -5.0)]
    strong, weak = costs(rolls, thrift(CAR, 1.0, METRE)), costs(rolls, thrift(CAR, 0.2, METRE))
    assert np.all(np.abs(strong) <= MOST)
    assert np.all(np.abs(weak) < np.abs(strong) + 1e-9)


def spans_of(rows: list[tuple[float, float, float]]) -> Array:
    """Spans (1, E, 51, 5) of boxes 4 m long and 2 m wide: rear end now [m], to the left [m], speed along [m/s]."""
    spans = np.zeros((1, len(rows), len(GRID), len(Span)))
    for e, (rear, aside, speed) in enumerate(rows):
        spans[0, e, :, Span.S_LOW] = rear + speed * GRID
        spans[0, e, :, Span.S_HIGH] = rear + 4.0 + speed * GRID
        spans[0, e, :, Span.D_LOW], spans[0, e, :, Span.D_HIGH] = aside - 1.0, aside + 1.0
        spans[0, e, :, Span.SPEED] = speed
    return spans


def test_a_corridor_is_slower_for_a_wall_for_who_stands_and_for_who_goes_ahead_all_the_time() -> None:
    corridor = np.zeros((1, len(Corridor)))
    corridor[0, Corridor.WALL] = 90.0
    leads = spans_of([(40.0, 0.0, 5.0), (30.0, 3.5, 2.5), (-20.0, 0.0, 9.0)])
    crossing = spans_of([(20.0, 0.0, 3.0)])
    crossing[0, 0, 25:, Span.D_LOW] = 6.0
    crossing[0, 0, 25:, Span.D_HIGH] = 8.0
    spans = np.concatenate([leads, crossing], axis=1)
    stop, place, speed = slower_on(corridor, spans, np.array([[4, 0, 1, 2, 3]]), 3.8, 0.9)[0]
    assert (stop, speed) == (90.0, 5.0)
    assert 40.0 + 5.0 * HORIZON - 10.0 < place < 40.0 + 5.0 * HORIZON
    spans[0, 3] = spans_of([(60.0, 0.5, 0.0)])[0, 0]
    stop = slower_on(corridor, spans, np.array([[4, 0, 1, 2, 3]]), 3.8, 0.9)[0, 0]
    assert 57.0 < stop < 60.0
