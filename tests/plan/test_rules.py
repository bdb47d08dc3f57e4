"""Rules become walls and zones exactly when they bind."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from driving_scenes import (
    CAR,
    junction_with_lights,
    lane,
    lane_with_crosswalk,
    lane_with_light,
    lane_with_stop_sign,
)
from planning_parts import box, briefing, crossing, ego_at, seen

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.plan.arrays import Tables, stack_scalars
from evpilot.plan.columns import GRID, HORIZON, Corridor, Entry, Span
from evpilot.plan.crossing import stop_with_ease
from evpilot.plan.entries import Entries, on_our_level
from evpilot.plan.evaluate import PROGRESS_WEIGHT
from evpilot.plan.priority import ALONG, MARGIN_AFTER, MARGIN_BEFORE, PAST, SEEN_TO_GO, find_users, let_out
from evpilot.plan.road import Road
from evpilot.plan.rules import HALT_TIME, RED_BRAKE, Rules
from evpilot.plan.spans import spans_on
from evpilot.plan.walls import Wall
from evpilot.plan.way import Way
from evpilot.types import (
    Arrow,
    EgoState,
    LaneGraph,
    LightState,
    ObjectKind,
    Predictions,
    Priority,
    Signal,
    Tracks,
    Turn,
    no_tracks,
)

FRONT = CAR.rear_to_center + 0.5 * CAR.length
RED, AMBER, GREEN = LightState.RED, LightState.AMBER, LightState.GREEN


def walls_at(
    graph: LaneGraph, ego: EgoState, states: list[LightState] | None = None, tracks: Tracks | None = None,
    rules: Rules | None = None,
) -> list[Wall]:  # fmt: skip
    brief = briefing(graph)
    ways = Road(brief, LaneIndex(graph)).ways(ego)
    observation = seen(ego, states, tracks)
    return (rules or Rules(brief)).walls(ways, observation, tracks or no_tracks(ego.t_ns))


def people(*rows: tuple[float, float, float, float], kind: ObjectKind = ObjectKind.PEDESTRIAN) -> Tracks:
    """Tracks at x, y with velocity vx, vy."""
    count = len(rows)
    data = np.array(rows)
    state = np.zeros((count, 7))
    state[:, :2], state[:, 3] = data[:, :2], np.arctan2(data[:, 3], data[:, 2])
    state[:, 4] = np.hypot(data[:, 2], data[:, 3])
    return Tracks(
        t_ns=0, id=np.arange(1, count + 1), kind=np.full(count, kind, np.uint8), state=state,
        velocity=np.ascontiguousarray(data[:, 2:]), cov=np.zeros((count, 6, 6)),
        size=np.full((count, 2), 0.6) if kind == ObjectKind.PEDESTRIAN else np.tile([4.5, 1.8], (count, 1)),
        age=np.ones(count), signals=np.zeros(count, np.uint8), valid=np.ones(count, np.bool_),
    )  # fmt: skip


@pytest.mark.parametrize("state", list(LightState))
def test_which_lights_stop_us(state: LightState) -> None:
    walls = walls_at(lane_with_light(120.0), ego_at(60.0, speed=8.0), [state])
    binding = state in (RED, AMBER, LightState.RED_AMBER, LightState.FLASHING_RED)
    assert len(walls) == binding
    if binding:
        assert walls[0].s == pytest.approx(120.0, abs=0.5)
        assert state.name.lower().replace("_", "-") in walls[0].reason
        assert (walls[0].x, walls[0].y) == (pytest.approx(120.0, abs=0.5), pytest.approx(0.0, abs=0.01))


@pytest.mark.parametrize("state", [AMBER, RED])
def test_the_dilemma_zone_is_where_the_light_asks_too_hard_a_brake(state: LightState) -> None:
    speed = 13.0
    need = stop_with_ease(ego_at(0.0, speed=speed)) if state == AMBER else speed**2 / (2.0 * RED_BRAKE)
    graph = lane_with_light(120.0)
    can = walls_at(graph, ego_at(120.0 - FRONT - need - 1.5, speed=speed), [state])
    cannot = walls_at(graph, ego_at(120.0 - FRONT - need + 1.5, speed=speed), [state])
    assert len(can) == 1 and len(cannot) == 0
    # at 50 km/h who cannot is over the line within the usual 3 s of amber
    assert state == RED or stop_with_ease(ego_at(0.0, speed=50.0 / 3.6)) < 3.0 * 50.0 / 3.6


def test_who_has_begun_to_stop_for_amber_stops_though_it_has_begun_gently() -> None:
    graph, speed = lane_with_light(120.0), 12.0
    near = ego_at(120.0 - FRONT - stop_with_ease(ego_at(0.0, speed=speed)) + 1.0, speed=speed)
    assert not walls_at(graph, near, [AMBER])
    rules = Rules(briefing(graph))
    assert walls_at(graph, ego_at(80.0 - FRONT, speed=13.0), [AMBER], rules=rules)
    assert walls_at(graph, near, [AMBER], rules=rules)
    assert not walls_at(graph, near, [GREEN], rules=rules)
    assert not walls_at(graph, near, [AMBER], rules=rules)  # another amber


AHEAD, LEFT = Arrow.STRAIGHT, Arrow.LEFT


@pytest.mark.parametrize(
    ("arrows", "states", "turn", "stops"),
    [
        ((LEFT, AHEAD), (RED, GREEN), Turn.STRAIGHT, False),
        ((LEFT, AHEAD), (GREEN, RED), Turn.STRAIGHT, True),
        ((LEFT, AHEAD), (GREEN, RED), Turn.LEFT, False),
        ((LEFT, Arrow.ALL), (RED, GREEN), Turn.RIGHT, False),  # the full light rules where there is no arrow
        ((LEFT, Arrow.ALL), (GREEN, RED), Turn.RIGHT, True),
        ((Arrow.ALL, Arrow.ALL), (LightState.UNSEEN, RED), Turn.STRAIGHT, True),  # one of the two is hidden
        ((Arrow.ALL, Arrow.ALL), (GREEN, LightState.UNSEEN), Turn.STRAIGHT, False),
        ((LEFT,), (GREEN,), Turn.STRAIGHT, True),  # nothing but an arrow that is not ours
    ],
)
def test_the_lights_of_our_movement_rule_it(arrows, states, turn, stops) -> None:
    walls = walls_at(junction_with_lights(arrows, turn), ego_at(60.0, speed=8.0), list(states))
    assert len(walls) == stops


@pytest.mark.parametrize(("state", "hold"), [(LightState.FLASHING_RED, HALT_TIME), (LightState.UNSEEN, 3.0)])
def test_flashing_red_is_a_stop_sign_and_a_hidden_light_is_passed_in_the_end(state: LightState, hold: float) -> None:
    graph = junction_with_lights()
    rules = Rules(briefing(graph))
    at_line = 100.0 - FRONT - 1.0
    assert len(walls_at(graph, ego_at(60.0, speed=8.0), [state], rules=rules)) == 1
    assert len(walls_at(graph, ego_at(at_line, speed=0.0, t=2.0), [state], rules=rules)) == 1
    assert len(walls_at(graph, ego_at(at_line, speed=0.0, t=1.9 + hold), [state], rules=rules)) == 1
    assert not walls_at(graph, ego_at(at_line, speed=0.0, t=2.1 + hold), [state], rules=rules)
    assert len(walls_at(graph, ego_at(at_line, speed=0.0, t=9.0), [RED], rules=rules)) == 1


@pytest.mark.parametrize(("state", "waits"), [(GREEN, False), (LightState.DARK, True), (LightState.FLASHING_RED, True)])
def test_behind_a_light_that_is_out_of_order_everybody_is_let_pass(state: LightState, waits: bool) -> None:
    other = box(110.0, -40.0, 0.0, 10.0)
    zones, _ = zones_for(ego_at(60.0, speed=10.0), other, (0.0, 10.0), junction_with_lights(), [state])
    assert (len(zones) > 0) == waits


def test_a_light_behind_or_far_ahead_does_not_bind() -> None:
    graph = lane_with_light(150.0)
    assert not walls_at(graph, ego_at(151.0, speed=5.0), [RED])
    assert not walls_at(graph, ego_at(20.0, speed=5.0), [RED])
    assert not walls_at(graph, ego_at(130.0, speed=5.0), [])


def test_a_stop_sign_binds_until_the_car_has_stood_at_its_line() -> None:
    graph = lane_with_stop_sign(80.0)
    rules = Rules(briefing(graph))
    at_line = 80.0 - FRONT - 1.0
    assert len(walls_at(graph, ego_at(40.0, speed=8.0), rules=rules)) == 1
    assert len(walls_at(graph, ego_at(40.0, speed=0.0, t=1.0), rules=rules)) == 1  # stood, but not there
    assert len(walls_at(graph, ego_at(at_line, speed=0.0, t=2.0), rules=rules)) == 1
    assert len(walls_at(graph, ego_at(at_line, speed=0.0, t=2.0 + 0.5 * HALT_TIME), rules=rules)) == 1
    assert not walls_at(graph, ego_at(at_line, speed=0.0, t=2.1 + HALT_TIME), rules=rules)
    assert not walls_at(graph, ego_at(at_line + 0.5, speed=1.0, t=3.5), rules=rules)


@pytest.mark.parametrize(("room", "near"), [(2.5, True), (20.0, False)])
def test_who_is_near_a_stop_sign_stands_there_and_does_not_creep_up_to_it(room: float, near: bool) -> None:
    (wall,) = walls_at(lane_with_stop_sign(80.0), ego_at(80.0 - FRONT - room, speed=0.6))
    assert wall.s == (pytest.approx(80.0 - room + 0.3, abs=0.2) if near else pytest.approx(80.0, abs=0.1))


def test_a_stop_sign_binds_again_when_the_car_comes_back_to_it() -> None:
    graph = lane_with_stop_sign(80.0)
    rules = Rules(briefing(graph))
    at_line = 80.0 - FRONT - 1.0
    for t in (2.0, 2.1 + HALT_TIME):
        walls = walls_at(graph, ego_at(at_line, speed=0.0, t=t), rules=rules)
    assert not walls
    assert not walls_at(graph, ego_at(140.0, speed=10.0, t=12.0), rules=rules)
    assert len(walls_at(graph, ego_at(40.0, speed=8.0, t=60.0), rules=rules)) == 1


def test_rolling_over_the_line_slowly_is_no_halt() -> None:
    graph = lane_with_stop_sign(80.0)
    rules = Rules(briefing(graph))
    for k in range(10):
        assert len(walls_at(graph, ego_at(76.0 - FRONT + 0.1 * k, speed=1.0, t=0.1 * k), rules=rules)) == 1


@pytest.mark.parametrize(
    ("walker", "yields"),
    [
        ((92.0, -3.5, 0.0, 1.2), True),  # steps towards our way
        ((92.0, -3.5, 0.0, -1.2), False),  # walks away
        ((92.0, -4.0, 0.0, 0.0), False),  # waits at the kerb
        ((92.0, 0.5, 0.0, 1.0), True),  # is on our way
        ((92.0, 3.5, 0.0, 1.2), False),  # is over
        ((92.0, 3.5, 0.0, -1.2), True),  # comes from the left
        ((120.0, -3.5, 0.0, 1.2), False),  # is elsewhere
        ((92.0, -12.0, 0.0, 1.2), False),  # is far from the crossing
    ],
)
def test_a_crossing_binds_for_who_uses_it(walker: tuple[float, float, float, float], yields: bool) -> None:
    walls = walls_at(lane_with_crosswalk(90.0), ego_at(50.0, speed=8.0), tracks=people(walker))
    assert len(walls) == yields
    if yields:
        assert walls[0].cause_id == 1
        assert 88.0 <= walls[0].s <= 90.0


@pytest.mark.parametrize("ahead", [0.99, 0.5, 0.2])
def test_who_stands_a_little_too_near_to_a_crossing_still_waits(ahead: float) -> None:
    standing = ego_at(90.0 - ahead - FRONT, speed=0.0)
    walls = walls_at(lane_with_crosswalk(90.0), standing, tracks=people((92.0, -3.5, 0.0, 1.2)))
    assert len(walls) == 1 and 90.0 - ahead < walls[0].s < 90.0


def test_a_crossing_behind_us_does_not_bind() -> None:
    tracks = people((92.0, 0.0, 0.0, 1.0))
    assert not walls_at(lane_with_crosswalk(90.0), ego_at(95.0, speed=5.0), tracks=tracks)


def test_a_car_on_a_crossing_is_no_walker() -> None:
    tracks = people((92.0, -3.5, 0.0, 1.2), kind=ObjectKind.CAR)
    assert not walls_at(lane_with_crosswalk(90.0), ego_at(50.0, speed=8.0), tracks=tracks)


def zones_for(
    ego: EgoState,
    other: np.ndarray,
    velocity: tuple[float, float],
    graph: LaneGraph | None = None,
    states: list[LightState] | None = None,
    kind: ObjectKind = ObjectKind.CAR,
    rules: Rules | None = None,
    signals: int = 0,
) -> tuple[np.ndarray, Way]:
    brief = briefing(graph or crossing())
    ways = Road(brief, LaneIndex(brief.graph)).ways(ego)
    tracks = people((float(other[0, 0]), float(other[0, 1]), *velocity), kind=kind)
    tracks.signals[:] = signals
    knots = np.arange(0.0, 8.1, 0.8)[:11]
    pose = np.zeros((1, 1, len(knots), 4))
    for column in (0, 1):
        pose[0, 0, :, column] = np.interp(knots, GRID, other[:, column])
    pose[0, 0, :, 3] = math.atan2(velocity[1], velocity[0])
    expected = Predictions(
        t_ns=0, track_id=tracks.id, time=knots, pose=pose, pos_cov=np.zeros((1, 1, len(knots), 2, 2)),
        prob=np.ones((1, 1)),
    )  # fmt: skip
    entries = Entries(tracks, expected, ego, on_our_level(tracks.state, ego, ways))
    table, (corridors, _) = Tables().stack(ways), stack_scalars(ways, [])
    spans = np.empty((len(ways), len(entries), len(GRID), 5))
    near = np.empty((len(ways), len(entries) + 1), np.int64)
    spans_on(entries.box, entries.half, entries.level, corridors, table, spans, near)
    return (rules or Rules(brief)).zones(ways, entries, spans, seen(ego, states), tracks), ways[0]


def test_the_crossing_belongs_to_who_has_priority_while_they_are_on_it() -> None:
    zones, way = zones_for(ego_at(60.0, speed=10.0), box(100.0, -40.0, 0.0, 10.0), (0.0, 10.0))
    assert len(zones) >= 1
    corridor, low, high, begin, end, weight, entry, _ = zones[0]
    assert entry == 0
    assert corridor == 0 and weight > 0.0
    assert way.scalars[Corridor.S] < low < 100.0 < high
    # its front reaches our strip 36 m on, its rear leaves it after 44 m
    assert begin == pytest.approx(3.6 - MARGIN_BEFORE, abs=0.4)
    assert end == pytest.approx(4.4 + MARGIN_AFTER, abs=0.4)


@pytest.mark.parametrize(
    ("y", "kind", "waits"),
    [
        (-9.0, ObjectKind.PEDESTRIAN, False),  # 6 s away, where nobody crosses: along the kerb, maybe
        (-3.4, ObjectKind.PEDESTRIAN, True),  # about to step into our way
        (-9.0, ObjectKind.BICYCLE, True),
    ],
)
def test_who_walks_beside_a_junction_is_waited_for_when_he_steps_in(y: float, kind: ObjectKind, waits: bool) -> None:
    zones, _ = zones_for(ego_at(60.0, speed=10.0), box(100.0, y, 0.0, 1.2), (0.0, 1.2), kind=kind)
    assert (len(zones) > 0) == waits


@pytest.mark.parametrize(("speed", "early"), [(0.0, True), (6.0, False)])
def test_only_who_stands_may_set_off_before_somebody_is_gone(speed: float, early: bool) -> None:
    # the lanes cross from 96 m on, and who crosses is in our way from somewhat further on
    zones, _ = zones_for(ego_at(90.0 - FRONT, speed=speed), box(100.0, -20.0, 0.0, 10.0), (0.0, 10.0))
    assert (zones[0][7] > zones[0][1] + 0.2) == early


@pytest.mark.parametrize(("stood", "waits"), [(True, True), (False, False)])
def test_where_all_stop_who_stood_first_goes_first(stood: bool, waits: bool) -> None:
    graph = crossing(Priority.ALL_WAY_STOP, Priority.ALL_WAY_STOP)
    rules = Rules(briefing(graph))
    ego = ego_at(91.0 - FRONT, speed=0.0)
    (way, *_) = Road(briefing(graph), LaneIndex(graph)).ways(ego)
    there = people((100.0, -11.0, 0.0, 0.0 if stood else 8.0), kind=ObjectKind.CAR)
    rules.walls([way], seen(ego), there)
    zones, _ = zones_for(ego, box(100.0, -28.0, 0.0, 4.0), (0.0, 4.0), graph, rules=rules)
    assert bool(len(zones)) == waits
    # but who is in the middle of it is let out
    assert len(zones_for(ego, box(100.0, -7.0, 0.0, 4.0), (0.0, 4.0), graph, rules=rules)[0])


@pytest.mark.parametrize(("y", "speed", "goes_first"), [(-5.0, 3.0, True), (-30.0, 8.0, False)])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_where_all_stop_who_had_set_off_as_we_came_goes_first_from_either_side(
    y: float, speed: float, goes_first: bool, side: float
) -> None:
    graph = crossing(Priority.ALL_WAY_STOP, Priority.ALL_WAY_STOP, southwards=side < 0.0)
    rules = Rules(briefing(graph))
    ego = ego_at(91.0 - FRONT, speed=0.0)
    (way, *_) = Road(briefing(graph), LaneIndex(graph)).ways(ego)
    rules.walls([way], seen(ego), people((100.0, side * y, 0.0, side * speed), kind=ObjectKind.CAR))
    assert rules.goes_before(np.array([1])).tolist() == [goes_first]
    later = box(100.0, side * -28.0, 0.0, side * 4.0, yaw=side * 0.5 * math.pi)
    zones, _ = zones_for(ego, later, (0.0, side * 4.0), graph, rules=rules)
    assert bool(len(zones)) == goes_first


@pytest.mark.parametrize(
    ("back", "speed", "comes", "lets_out"),
    [
        (3.0, 4.5, 1.5, True),  # we can wait only by braking hard, and who just sets off need not come
        (12.0, 4.5, 1.5, False),  # we can still wait
        (3.0, 4.5, 10.0, False),  # who comes fast cannot stop in comfort
        (3.0, 0.5, 1.5, False),
    ],
)
def test_who_can_wait_no_more_goes_on_before_those_who_can(
    back: float, speed: float, comes: float, lets_out: bool
) -> None:
    other = box(100.0, -10.0 if comes < 5.0 else -20.0, 0.0, comes)
    (zone,), _ = zones_for(ego_at(60.0, speed=1.0), other, (0.0, comes))
    (there,), _ = zones_for(ego_at(zone[1] - FRONT - back, speed=speed), other, (0.0, comes))
    assert there[5] == pytest.approx(zone[5] * (SEEN_TO_GO if lets_out else 1.0))


def test_who_sees_us_go_lets_us_out_further_on_too_whatever_way_he_takes() -> None:
    """Or the car would stop in his way, for fear of the other way that he might have taken."""
    standing = np.zeros((3, len(GRID), 5))
    standing[:, :, 0] = -40.0
    entries = SimpleNamespace(track=np.array([0, 0, 1]), box=standing)
    at_once, near, far = 3.0, (30.0, 40.0), (43.0, 50.0)
    zones = np.array([[0.0, low, high, at_once, 7.0, 90.0, e, low] for e, (low, high) in enumerate((near, far, far))])
    weights = let_out(zones.copy(), 31.0, 4.0, entries)[:, 5] / 90.0
    assert weights == pytest.approx([SEEN_TO_GO, SEEN_TO_GO, 1.0])
    assert let_out(zones.copy(), 20.0, 4.0, entries)[:, 5] == pytest.approx(zones[:, 5])


def test_whose_nose_is_in_a_crossing_still_lets_those_pass_who_cross_further_on() -> None:
    far = box(102.5, -40.0, 0.0, 10.0)
    _, low, *_ = zones_for(ego_at(60.0, speed=3.0), far, (0.0, 10.0))[0][0]
    zones, way = zones_for(ego_at(low - FRONT + 0.5, speed=3.0), far, (0.0, 10.0))
    assert len(zones) == 1
    assert way.scalars[Corridor.S] + FRONT < zones[0][1] == pytest.approx(102.5 - 0.9 - PAST, abs=0.1)


def test_whose_nose_is_in_a_junction_still_lets_those_pass_who_join_its_way_further_on() -> None:
    builder = GraphBuilder()
    before = lane(builder, 0.0, 0.0, 90.0, priority=Priority.YIELD)
    inside = lane(builder, 0.0, 90.0, 115.0, priority=Priority.YIELD, junction=0)
    beyond = lane(builder, 0.0, 115.0, 300.0)
    side, path = np.array([-0.65, 1.62]), np.array([(15.0, -40.0), (90.0, -10.0), (115.0, 0.0)])
    joining = [
        builder.lane(path[k : k + 2] + side, path[k : k + 2] - side, junction=k - 1, priority=Priority.PRIORITY)
        for k in (0, 1)
    ]
    for one, after in ((before, inside), (inside, beyond), joining, (joining[1], beyond)):
        builder.connect(one, after)
    graph, joins = builder.build(), box(65.0, -20.0, 10.0, 4.0)
    _, low, *_ = zones_for(ego_at(60.0, speed=3.0), joins, (10.0, 4.0), graph)[0][0]
    zones, _ = zones_for(ego_at(low - FRONT + 0.2, speed=3.0), joins, (10.0, 4.0), graph)
    assert len(zones) == 1
    assert zones[0][1] > low + 0.2


def test_who_uses_a_part_is_found_as_a_plain_search_finds_it() -> None:
    rng = np.random.default_rng(5)
    spans, box = np.empty((40, len(GRID), 5)), np.zeros((40, len(GRID), 5))
    spans[..., Span.S_LOW] = rng.uniform(-50.0, 50.0, (40, 1)) + np.multiply.outer(rng.uniform(-8.0, 8.0, 40), GRID)
    spans[..., Span.D_LOW] = rng.uniform(-8.0, 8.0, (40, 1)) + np.multiply.outer(rng.uniform(-2.0, 2.0, 40), GRID)
    spans[..., Span.S_HIGH], spans[..., Span.D_HIGH] = spans[..., Span.S_LOW] + 4.0, spans[..., Span.D_LOW] + 2.0
    box[..., Entry.SPEED] = 10.0
    spans[..., Span.SPEED] = rng.uniform(0.0, 10.0, (40, 1))
    others = np.flatnonzero(rng.random(40) < 0.8)
    steps, extents = np.empty((len(others), 3), np.int64), np.empty((len(others), 2))
    count = find_users(spans, box, others, 0.0, 15.0, 1.4, steps, extents)
    expected = []
    for e in others:
        on = (spans[e, :, Span.D_LOW] < 1.4) & (spans[e, :, Span.D_HIGH] > -1.4)
        there = np.flatnonzero(on & (spans[e, :, Span.S_LOW] < 15.0) & (spans[e, :, Span.S_HIGH] > 0.0))
        if len(there) and not (on[0] and spans[e, 0, Span.SPEED] > ALONG * 10.0):
            part = spans[e, there]
            expected.append((e, there[0], there[-1], part[:, Span.S_LOW].min(), part[:, Span.S_HIGH].max()))
    assert 5 < count == len(expected)
    np.testing.assert_array_equal(np.column_stack([steps[:count], extents[:count]]), np.array(expected))


def test_no_way_that_is_gained_in_town_outweighs_who_comes_with_one_chance_in_four() -> None:
    zones, _ = zones_for(ego_at(60.0, speed=10.0), box(100.0, -40.0, 0.0, 10.0), (0.0, 10.0))
    assert 0.25 * zones[0][5] > PROGRESS_WEIGHT * HORIZON * 14.0


def left_turn_with_lights() -> LaneGraph:
    """Our road turns left over the road of the oncoming and one from the right; lights: from the right, oncoming,
    ours."""
    builder = GraphBuilder()
    before = lane(builder, 0.0, 0.0, 100.0)
    turn = np.linspace(-0.5 * math.pi, 0.0, 20)
    left, right = (np.column_stack([100.0 + r * np.cos(turn), 20.0 + r * np.sin(turn)]) for r in (18.25, 21.75))
    inside = builder.lane(left, right, junction=0, turn=Turn.LEFT)
    builder.connect(before, inside)
    north = [
        builder.lane([(109.25, a), (109.25, b)], [(112.75, a), (112.75, b)], junction=number)
        for a, b, number in ((-60.0, -5.0, -1), (-5.0, 25.0, 0), (25.0, 60.0, -1))
    ]
    west = [
        builder.lane([(a, 7.0), (b, 7.0)], [(a, 10.5), (b, 10.5)], junction=number)
        for a, b, number in ((180.0, 125.0, -1), (125.0, 98.0, 0), (98.0, 20.0, -1))
    ]
    for road in (north, west):
        builder.connect(road[0], road[1])
        builder.connect(road[1], road[2])
        builder.light([road[0]], (130.0, 0.0, 5.0, 0.0))
    builder.light([before], (122.0, 0.0, 5.0, math.pi))
    return builder.build()


ONCOMING = box(160.0, 8.75, -10.0, 0.0), (-10.0, 0.0)


@pytest.mark.parametrize(("state", "low"), [(GREEN, 114.7), (LightState.DARK, 107.0)])
def test_with_green_the_road_across_is_not_waited_for_and_the_oncoming_is(state: LightState, low: float) -> None:
    zones, _ = zones_for(ego_at(60.0), *ONCOMING, left_turn_with_lights(), [RED, state, state])
    assert len(zones) == 1
    assert zones[0][1] == pytest.approx(low, abs=2.1)


@pytest.mark.parametrize(("state", "low"), [(GREEN, 114.7), (AMBER, 114.7), (LightState.DARK, 107.0)])
def test_over_the_line_what_the_light_showed_before_still_holds(state: LightState, low: float) -> None:
    graph = left_turn_with_lights()
    rules = Rules(briefing(graph))
    zones_for(ego_at(95.0, speed=3.0), *ONCOMING, graph, [RED, state, state], rules=rules)
    lost = [RED, state, LightState.UNSEEN]
    zones, _ = zones_for(ego_at(99.0, speed=3.0), *ONCOMING, graph, lost, rules=rules)
    assert len(zones) == 1
    assert zones[0][1] == pytest.approx(low, abs=2.1)


def test_a_light_that_was_hidden_at_its_line_says_nothing_beyond_it() -> None:
    graph = left_turn_with_lights()
    rules = Rules(briefing(graph))
    hidden = [RED, GREEN, LightState.UNSEEN]
    zones_for(ego_at(60.0, speed=8.0), *ONCOMING, graph, [RED, GREEN, GREEN], rules=rules)
    zones_for(ego_at(95.0), *ONCOMING, graph, hidden, rules=rules)
    zones, _ = zones_for(ego_at(99.0, speed=3.0), *ONCOMING, graph, hidden, rules=rules)
    assert zones[0][1] == pytest.approx(107.0, abs=2.1)


def test_what_the_light_showed_holds_until_somebody_drives_on_from_across() -> None:
    graph = left_turn_with_lights()
    rules = Rules(briefing(graph))
    lost = [RED, GREEN, LightState.UNSEEN]

    def lows(y: float) -> list[float]:
        across = box(111.0, y, 0.0, 6.0, 0.5 * math.pi)
        zones, _ = zones_for(ego_at(99.0, speed=0.0), across, (0.0, 6.0), graph, lost, rules=rules)
        return zones[:, 1].tolist()

    zones_for(ego_at(95.0), *ONCOMING, graph, [RED, GREEN, GREEN], rules=rules)
    assert not lows(-20.0)  # somebody comes to his line, and it is red for him
    assert lows(-3.0) == pytest.approx([107.0], abs=2.1)  # he is over it,
    assert lows(-20.0) == pytest.approx([107.0], abs=2.1)  # and so may be who follows him


def test_who_comes_with_blue_light_from_across_is_waited_for_though_his_light_is_red() -> None:
    graph, across = left_turn_with_lights(), box(111.0, -20.0, 0.0, 6.0, 0.5 * math.pi)
    told = [RED, GREEN, GREEN]
    assert not len(zones_for(ego_at(95.0), across, (0.0, 6.0), graph, told)[0])
    assert len(zones_for(ego_at(95.0), across, (0.0, 6.0), graph, told, signals=int(Signal.BLUE))[0])


@pytest.mark.parametrize(("y", "waits"), [(-2.9, True), (0.3, False)])
def test_who_turns_right_lets_a_cyclist_beside_it_ride_on_and_follows_one_ahead(y: float, waits: bool) -> None:
    builder = GraphBuilder()
    before = lane(builder, 0.0, 0.0, 100.0)
    turn = np.linspace(0.5 * math.pi, 0.0, 20)
    left, right = (np.column_stack([100.0 + r * np.cos(turn), -12.0 + r * np.sin(turn)]) for r in (13.75, 10.25))
    inside = builder.lane(left, right, junction=0, turn=Turn.RIGHT)
    away = builder.lane([(113.75, -12.0), (113.75, -90.0)], [(110.25, -12.0), (110.25, -90.0)])
    builder.connect(before, inside)
    builder.connect(inside, away)
    rider = box(80.0, y, 6.0, 0.0)
    zones, way = zones_for(ego_at(85.0, speed=6.0), rider, (6.0, 0.0), builder.build(), kind=ObjectKind.BICYCLE)
    assert (len(zones) > 0) == waits
    if waits:
        _, low, high, begin, end, *_ = zones[0]
        assert way.scalars[Corridor.S] + 15.0 < low < high < way.scalars[Corridor.S] + 35.0
        assert begin < (107.0 - 80.0) / 6.0 < end


def test_who_stands_or_turns_off_before_takes_no_zone() -> None:
    standing, _ = zones_for(ego_at(60.0), box(100.0, -40.0), (0.0, 0.1))
    away, _ = zones_for(ego_at(60.0), box(100.0, 40.0, 0.0, 10.0), (0.0, 10.0))
    assert len(standing) == 0 and len(away) == 0


def test_a_crossing_that_lies_behind_us_is_no_zone() -> None:
    zones, _ = zones_for(ego_at(120.0), box(100.0, -40.0, 0.0, 10.0), (0.0, 10.0))
    assert len(zones) == 0
