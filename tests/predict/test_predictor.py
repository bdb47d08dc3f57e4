"""What the predictor expects of others in plain situations, and that it is steady, causal and sound."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.predict.predictor import Predictor
from evpilot.types import (
    EgoState,
    LaneGraph,
    Lights,
    LightState,
    ObjectKind,
    Predictions,
    Signal,
    StopKind,
    Tracks,
    Turn,
    User,
    no_tracks,
)

LIMIT = 14.0
WIDTH = 3.5
FAR = (1e6, 1e6, 0.0, 0.0)


def strip(builder: GraphBuilder, center: np.ndarray, **more) -> int:
    """A lane of WIDTH along a centre line (P, 2)."""
    chord = np.gradient(center, axis=0)
    left = np.stack([-chord[:, 1], chord[:, 0]], 1) / np.hypot(*chord.T)[:, None]
    users = more.pop("users", User.VEHICLE | User.BICYCLE)
    return builder.lane(
        center + 0.5 * WIDTH * left, center - 0.5 * WIDTH * left, speed_limit=LIMIT, users=users, **more
    )


def line(x0: float, x1: float, y: float = 0.0) -> np.ndarray:
    xs = np.linspace(x0, x1, max(2, int(abs(x1 - x0) / 5.0)))
    return np.stack([xs, np.full(len(xs), y)], 1)


def arc(x: float, y: float, radius: float, turn: float) -> np.ndarray:
    """From (x, y) heading along +x, a bend to the left by `turn` [rad]."""
    angles = np.linspace(0.0, turn, 30)
    return np.stack([x + radius * np.sin(angles), y + radius * (1.0 - np.cos(angles))], 1)


def straight(lanes: int = 1, light: bool = False) -> LaneGraph:
    builder = GraphBuilder()
    made = [strip(builder, line(0.0, 600.0, WIDTH * k)) for k in range(lanes)]
    for right, left in itertools.pairwise(made):
        builder.neighbours(left, right)
    if light:
        builder.stop_line(made[0], 200.0)
        builder.light([made[0]], (210.0, 0.0, 0.0, math.pi))
    return builder.build()


def fork() -> LaneGraph:
    """Straight on to x = 100, then either on or left round a bend of 12 m radius."""
    builder = GraphBuilder()
    come, on = strip(builder, line(0.0, 100.0)), strip(builder, line(100.0, 300.0))
    bend = strip(builder, arc(100.0, 0.0, 12.0, math.pi / 2))
    away = strip(builder, np.stack([np.full(20, 112.0), np.linspace(12.0, 200.0, 20)], 1))
    builder.connect(come, on)
    builder.connect(come, bend)
    builder.connect(bend, away)
    return builder.build()


def tracks(*rows, kinds=None, signals=None, t_ns=0, size=(4.5, 1.8)) -> Tracks:
    """Rows of id, x, y, yaw, speed, and optionally acceleration, yaw rate and lateral velocity."""
    full = [(*row, 0.0, 0.0, 0.0)[:8] for row in rows]
    n = len(rows)
    state = np.array([(x, y, 0.0, yaw, v, a, w) for _, x, y, yaw, v, a, w, *_ in full]).reshape(n, 7)
    aside = np.array([row[7] for row in full])
    c, s = np.cos(state[:, 3]), np.sin(state[:, 3])
    velocity = np.stack([state[:, 4] * c - aside * s, state[:, 4] * s + aside * c], 1).reshape(n, 2)
    return replace(
        no_tracks(t_ns), id=np.array([row[0] for row in rows], np.int64), state=state, velocity=velocity,
        kind=np.array([ObjectKind.CAR] * n if kinds is None else kinds, np.uint8), cov=np.zeros((n, 6, 6)),
        size=np.tile(size, (n, 1)).astype(float), age=np.ones(n), valid=np.ones(n, np.bool_),
        signals=np.array([0] * n if signals is None else signals, np.uint8),
    )  # fmt: skip


def ego(pose=FAR, speed: float = 0.0) -> EgoState:
    return EgoState(
        t_ns=0, pose=np.array(pose), velocity=np.array([speed, 0.0]), accel=np.zeros(2), yaw_rate=0.0, steering=0.0,
        cov=np.zeros((6, 6)),
    )  # fmt: skip


def lights(*states: LightState) -> Lights:
    n = len(states)
    return Lights(t_ns=0, index=np.arange(n), state=np.array(states, np.uint8), arrow=np.zeros(n, np.uint8))


def predict(graph: LaneGraph, now: Tracks, cycles: int = 1, light: Lights | None = None, me=None) -> Predictions:
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    for _ in range(cycles):
        result = predictor.predict(now, light or lights(), me or ego())
    result.validate()
    return result


def end(result: Predictions, row: int = 0, mode: int = 0) -> np.ndarray:
    return result.pose[row, mode, -1]


def test_shape_times_and_start():
    now = tracks((5, 50.0, 0.3, 0.02, 10.0), (9, 90.0, 0.0, 0.0, 10.0))
    result = predict(straight(), now)
    assert result.pose.shape == (2, 3, 12, 4)
    assert result.time[0] == 0.0 and result.time[-1] == 8.0
    assert np.allclose(result.pose[:, 0, 0, :], now.state[:, :4], atol=1e-6)
    assert np.allclose(result.prob.sum(axis=1), 1.0)
    unused = result.prob == 0.0
    assert np.all(result.pose[unused] == np.repeat(result.pose[:, :1], 3, axis=1)[unused])


def test_no_tracks_no_predictions():
    assert len(predict(straight(), no_tracks(0)).track_id) == 0


def test_a_car_follows_its_bend_where_constant_velocity_leaves_the_road():
    builder = GraphBuilder()
    strip(builder, arc(0.0, 0.0, 60.0, math.pi))
    angle = 0.3
    at = (1, 60.0 * math.sin(angle), 60.0 * (1 - math.cos(angle)), angle, 10.0)
    poses = predict(builder.build(), tracks(at)).pose[0, 0]
    radius = np.hypot(poses[:, 0], poses[:, 1] - 60.0)
    assert np.abs(radius - 60.0).max() < 0.3
    assert poses[-1, 3] > 1.2


def test_who_drives_the_wrong_way_stays_on_the_road_in_a_bend():
    """Over two lanes, at its place beside their middle."""
    builder = GraphBuilder()
    whole = arc(0.0, 0.0, 60.0, math.pi)
    first, second = strip(builder, whole[:16]), strip(builder, whole[15:])
    builder.connect(first, second)
    angle, radius = 2.4, 60.5
    at = (1, radius * math.sin(angle), 60.0 - radius * math.cos(angle), angle - math.pi, 10.0)
    poses = predict(builder.build(), tracks(at)).pose[0, 0]
    assert np.abs(np.hypot(poses[:, 0], poses[:, 1] - 60.0) - radius).max() < 0.4
    assert math.atan2(poses[-1, 0], 60.0 - poses[-1, 1]) < angle - 1.0


def test_a_follower_keeps_clear_of_its_slow_lead():
    result = predict(straight(), tracks((1, 50.0, 0.0, 0.0, 14.0), (2, 80.0, 0.0, 0.0, 6.0)))
    gap = result.pose[1, 0, :, 0] - result.pose[0, 0, :, 0] - 4.5
    assert gap.min() > 0.5
    assert np.all(np.diff(result.pose[0, 0, :, 0]) >= 0.0)


def test_who_is_ahead_in_the_next_lane_is_no_lead():
    alone = predict(straight(2), tracks((1, 50.0, 0.0, 0.0, 13.0)))
    beside = predict(straight(2), tracks((1, 50.0, 0.0, 0.0, 13.0), (2, 75.0, WIDTH, 0.0, 3.0)))
    assert np.allclose(alone.pose[0, 0], beside.pose[0, 0])


@pytest.mark.parametrize("state", [LightState.RED, LightState.AMBER, LightState.RED_AMBER])
def test_traffic_stops_at_a_closed_light(state):
    result = predict(straight(light=True), tracks((1, 120.0, 0.0, 0.0, 13.0)), light=lights(state))
    assert end(result)[0] + 2.25 < 200.5
    assert (
        end(predict(straight(light=True), tracks((1, 120.0, 0.0, 0.0, 13.0)), light=lights(LightState.GREEN)))[0] > 210
    )


def test_who_cannot_stop_any_more_runs_the_light():
    result = predict(straight(light=True), tracks((1, 185.0, 0.0, 0.0, 14.0)), light=lights(LightState.AMBER))
    assert end(result)[0] > 230.0


def test_a_car_at_a_fork_has_both_ways_and_its_lamp_decides():
    near = (1, 80.0, 0.0, 0.0, 6.0)
    result = predict(fork(), tracks(near))
    ends = [end(result, 0, m) for m in range(3) if result.prob[0, m] > 0.1]
    assert len(ends) == 2
    assert abs(ends[0][1] - ends[1][1]) > 5.0
    left = predict(fork(), tracks(near, signals=[Signal.LEFT]), cycles=10)
    assert end(left)[1] > 5.0
    assert left.prob[0, 0] > 0.7


def test_a_lamp_before_a_turn_shows_no_change_of_lanes():
    """Of two lanes that both turn left, the right one's traffic stays in it."""
    builder = GraphBuilder()
    before = [strip(builder, line(0.0, 100.0, WIDTH * k)) for k in range(2)]
    turns = [strip(builder, arc(100.0, WIDTH * k, 20.0 - WIDTH * k, math.pi / 2), turn=Turn.LEFT) for k in range(2)]
    for one, other in zip(before, turns, strict=True):
        builder.connect(one, other)
    builder.neighbours(before[1], before[0])
    for x, changes in ((80.0, False), (20.0, True)):
        result = predict(builder.build(), tracks((1, x, 0.0, 0.0, 6.0), signals=[Signal.LEFT]), cycles=3)
        beside = [np.interp(x + 12.0, result.pose[0, m, :, 0], result.pose[0, m, :, 1]) for m in range(3)]
        changed = sum(result.prob[0, m] for m in range(3) if beside[m] > 0.4 * WIDTH)
        assert (changed > 0.1) == changes


@pytest.mark.parametrize("hazard", [False, True])
def test_who_shows_a_change_of_lanes_is_expected_to_make_it_before_he_has_moved(hazard: bool):
    near, lamp = (1, 50.0, 0.0, 0.0, 13.0), Signal.LEFT | (Signal.HAZARD if hazard else Signal.NONE)
    result = predict(straight(2), tracks(near, signals=[lamp]), cycles=3)
    changed = sum(result.prob[0, m] for m in range(3) if end(result, 0, m)[1] > 0.5 * WIDTH)
    assert changed < 0.05 if hazard else 0.2 < changed < 0.9


def test_whose_lamps_are_seen_and_who_shows_no_turn_close_before_it_mostly_goes_straight_on():
    def turns(x, *before):
        """How probable the turn is to who is at x [m], 0.3 s after it showed these lamps."""
        predictor = Predictor(fork(), LaneIndex(fork()), 0.1)
        for k, lamp in enumerate((*before, Signal.NONE, Signal.NONE, Signal.NONE)):
            now = tracks((1, x + 0.6 * k, 0.0, 0.0, 6.0), signals=[lamp], t_ns=k * 100_000_000)
            result = predictor.predict(now, lights(), ego())
        return sum(result.prob[0, m] for m in range(3) if abs(end(result, 0, m)[1]) > 5.0)

    assert turns(78.0, Signal.BRAKE) < 0.5 * turns(78.0, Signal.NONE)
    assert turns(40.0, Signal.BRAKE) == pytest.approx(turns(40.0, Signal.NONE))


def test_nobody_turns_at_full_speed():
    result = predict(fork(), tracks((1, 85.0, 0.0, 0.0, 14.0)))
    assert abs(end(result)[1]) < 1.0
    assert result.prob[0, 0] > 0.75


def test_who_comes_to_a_stop_sign_slows_down_to_its_line_and_goes_on():
    builder = GraphBuilder()
    lane = strip(builder, line(0.0, 400.0))
    builder.stop_line(lane, 100.0, StopKind.STOP_SIGN)
    poses = predict(builder.build(), tracks((1, 60.0, 0.0, 0.0, 9.0))).pose[0, 0]
    time = predict(builder.build(), tracks((1, 60.0, 0.0, 0.0, 9.0))).time
    assert np.interp(4.2, time, poses[:, 0]) < 99.0
    assert poses[-1, 0] > 99.0
    passed = predict(builder.build(), tracks((1, 104.0, 0.0, 0.0, 9.0)))
    assert end(passed)[0] > 104.0 + 8.0 * 9.0


def test_who_is_on_a_lane_that_ends_is_expected_to_change():
    builder = GraphBuilder()
    ramp, main = strip(builder, line(0.0, 150.0)), strip(builder, line(0.0, 150.0, WIDTH))
    builder.connect(main, strip(builder, line(150.0, 500.0, WIDTH)))
    builder.neighbours(main, ramp)
    graph = builder.build()
    late = predict(graph, tracks((1, 120.0, 0.0, 0.0, 12.0)), cycles=5)
    assert end(late)[1] == pytest.approx(WIDTH, abs=0.8)
    staying = [m for m in range(3) if late.prob[0, m] > 0.02 and abs(end(late, 0, m)[1]) < 1.0]
    assert all(end(late, 0, m)[0] < 151.0 for m in staying)
    early = predict(graph, tracks((1, 20.0, 0.0, 0.0, 8.0)), cycles=5)
    assert abs(end(early)[1]) < 1.0


def test_who_comes_up_to_what_stands_in_its_lane_may_pull_out():
    def pulls_out(kind: ObjectKind, speed: float = 14.0, signal: int = 0, lanes: int = 2, third=(0.0, 14.0)) -> float:
        rows = (1, 50.0, 0.0, 0.0, speed), (2, 95.0, 0.0, 0.0, 0.0), (3, third[0], WIDTH, 0.0, third[1])
        now = tracks(
            *rows[: 2 + bool(third[0])],
            kinds=[ObjectKind.TRUCK, kind, ObjectKind.CAR][: 2 + bool(third[0])],
            signals=[0, signal, 0][: 2 + bool(third[0])],
        )
        result = predict(straight(lanes), now, cycles=10)
        return sum(float(result.prob[0, m]) for m in range(3) if end(result, 0, m)[1] > 0.7 * WIDTH)

    assert pulls_out(ObjectKind.BARRIER) > 0.3
    assert pulls_out(ObjectKind.UNKNOWN) > 0.3
    assert pulls_out(ObjectKind.CAR, signal=Signal.HAZARD) > 0.3
    # a queue is no reason; who stands or crawls up to it looks first; and where there is no lane nobody changes to it
    assert pulls_out(ObjectKind.CAR) < 0.05
    assert pulls_out(ObjectKind.BARRIER, speed=0.3) < 0.15
    assert pulls_out(ObjectKind.BARRIER, lanes=1) < 0.05
    # nor into who is beside, or comes too fast from behind
    assert pulls_out(ObjectKind.BARRIER, third=(48.0, 14.0)) < 0.05
    assert pulls_out(ObjectKind.BARRIER, third=(30.0, 26.0)) < 0.05
    assert pulls_out(ObjectKind.BARRIER, third=(12.0, 28.0)) < 0.05, "3 m/s2 of him, but only if he saw it at once"
    assert pulls_out(ObjectKind.BARRIER, third=(20.0, 14.0)) > 0.3


@pytest.mark.parametrize("drift", [1.2, 2.0])
def test_who_leaves_a_blocked_lane_is_expected_neither_on_its_edge_nor_back_in_it(drift: float):
    graph = straight(3)
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    kinds = [ObjectKind.CAR, ObjectKind.PARKED]
    stayed = 0
    for k in range(25):
        # out of the middle lane, in which something stands, to the left
        off, turned = drift * max(0.1 * k - 0.5, 0.0), drift / 13.0 if k > 5 else 0.0
        car = (1, 85.0 + 1.3 * k, WIDTH + min(off, WIDTH), turned if off < WIDTH else 0.0, 13.0)
        now = tracks(car, (2, 150.0, WIDTH, 0.0, 0.0), kinds=kinds, t_ns=k * 10**8)
        result = predictor.predict(now, lights(), ego())
        modes = [m for m in range(3) if result.prob[0, m] > 0.02]
        stays = [m for m in modes if abs(result.pose[0, m, -1, 1] - WIDTH) < 0.6 * WIDTH]
        if 0.4 < off < 1.0:  # it may yet stop in its lane, but not as far out as it would be by then
            stayed += len(stays)
            assert all(result.pose[0, m, 6, 1] < WIDTH + 1.2 for m in stays)
        if off > 1.6:
            assert not stays
            assert end(result)[1] == pytest.approx(2.0 * WIDTH, abs=1.0)
    assert stayed > 0


def test_sideways_motion_means_a_lane_change():
    result = predict(straight(2), tracks((1, 50.0, 0.9, 0.04, 12.0, 0.0, 0.0, 0.8)), cycles=3)
    assert end(result)[1] == pytest.approx(WIDTH, abs=0.8)
    steady = predict(straight(2), tracks((1, 50.0, 0.3, 0.0, 12.0)), cycles=3)
    assert abs(end(steady)[1]) < 0.5
    assert steady.prob[0, 0] > 0.9


def test_who_steadily_leaves_the_middle_of_a_lane_may_change_and_who_returns_does_not():
    """Further off than drivers wander, and still going: 0.65 m towards the next lane at 0.6 m/s."""
    leaving = predict(straight(2), tracks((1, 50.0, 0.65, 0.0, 28.0, 0.0, 0.0, 0.6)), cycles=6)
    changes = [m for m in range(3) if end(leaving, 0, m)[1] == pytest.approx(WIDTH, abs=0.8)]
    assert leaving.prob[0, changes].sum() > 0.08
    for d, drift in ((0.65, -0.6), (0.65, 0.0), (0.3, 0.35)):
        wandering = predict(straight(2), tracks((1, 50.0, d, 0.0, 28.0, 0.0, 0.0, drift)), cycles=6)
        assert wandering.prob[0, 0] > 0.95 and abs(end(wandering)[1]) < 1.0


@pytest.mark.parametrize(("d", "drift"), [(0.6, 0.4), (0.9, 0.2)])
def test_however_slowly_one_goes_on_from_where_nobody_wanders_he_may_change(d, drift):
    leaving = predict(straight(2), tracks((1, 50.0, d, 0.0, 8.0, 0.0, 0.0, drift)), cycles=6)
    changes = [m for m in range(3) if end(leaving, 0, m)[1] == pytest.approx(WIDTH, abs=0.8)]
    assert leaving.prob[0, changes].sum() > 0.25
    for back in (-drift, 0.0):
        stays = predict(straight(2), tracks((1, 50.0, d, 0.0, 8.0, 0.0, 0.0, back)), cycles=6)
        assert stays.prob[0, 0] > 0.95 and abs(end(stays)[1]) < d


def cutting_in(lateral: float, seconds: float, gain: float = 1.5) -> Predictions:
    """Who has driven along the middle of the left lane for 3 s, and so long ago began to move over to the right lane:
    its lateral speed [m/s] grows by `gain` [m/s2] up to `lateral`. Its velocity is known without noise."""
    graph = straight(2)
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    x, y, drift, result = 50.0, WIDTH, 0.0, None
    for tick in range(31 + round(10 * seconds)):
        if tick > 30:
            drift = min(drift + 0.1 * gain, lateral)
            y -= 0.1 * drift
        x += 1.2
        now = tracks((1, x, y, 0.0, 12.0, 0.0, 0.0, -drift), t_ns=tick * 100_000_000)
        result = predictor.predict(now, lights(), ego())
    assert result is not None
    return result


@pytest.mark.parametrize(("lateral", "seconds"), [(1.7, 0.8), (0.9, 0.8), (0.6, 1.2)])
def test_who_cuts_in_is_expected_in_the_lane_that_he_makes_for_long_before_he_is_there(lateral, seconds):
    """He is still whole in his own lane, not even 0.7 m off its middle."""
    result = cutting_in(lateral, seconds)
    assert result.pose[0, 0, 0, 1] > WIDTH - 0.7
    over = [m for m in range(3) if abs(end(result, 0, m)[1]) < 0.5]
    assert result.prob[0, over].sum() > 0.4


def test_who_stands_for_no_visible_reason_is_expected_to_stand_on_as_long():
    graph = straight()
    still = tracks((1, 50.0, 0.0, 0.0, 0.0))
    first, later = predict(graph, still), predict(graph, still, cycles=40)
    assert end(later)[0] < end(first)[0] - 5.0
    soon = int(np.searchsorted(later.time, 3.5)) - 1
    assert later.pose[0, 0, soon, 0] == pytest.approx(50.0, abs=0.05)


def test_who_sets_off_after_standing_is_expected_to_gather_speed():
    graph = straight()
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    for _ in range(40):
        predictor.predict(tracks((1, 50.0, 0.0, 0.0, 0.0)), lights(), ego())
    x, speed = 50.0, 0.0
    for _ in range(7):
        x, speed = x + 0.1 * speed, speed + 0.15
        sets_off = predictor.predict(tracks((1, x, 0.0, 0.0, speed, 1.5)), lights(), ego())
    at = int(np.searchsorted(sets_off.time, 3.4))
    # not at the walking pace that it has just now: 3.5 m
    assert sets_off.pose[0, 0, at, 0] - x > 0.6 * (speed * 3.4 + 0.5 * 1.5 * 3.4**2)


def test_who_stood_at_a_red_light_goes_at_green():
    graph = straight(light=True)
    waiting = tracks((1, 195.0, 0.0, 0.0, 0.0))
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    for k in range(41):
        now = replace(waiting, t_ns=k * 100_000_000)
        light = lights(LightState.RED if k < 40 else LightState.GREEN)
        result = predictor.predict(now, light, ego())
    assert end(result)[0] > 220.0


def test_a_walker_goes_on_and_grows_uncertain():
    result = predict(
        straight(), tracks((1, 50.0, -5.0, math.pi / 2, 1.4), kinds=[ObjectKind.PEDESTRIAN], size=(0.5, 0.5))
    )
    assert np.allclose(result.pose[0, 0, :, 1], -5.0 + 1.4 * result.time, atol=1e-6)
    spread = result.pos_cov[0, 0, :, 0, 0]
    assert np.all(np.diff(spread) > 0.0)


def test_parked_cars_and_cones_stay():
    result = predict(straight(), tracks((1, 50.0, 1.0, 0.1, 0.0), (2, 70.0, 0.0, 0.0, 0.0), kinds=[9, 10]))
    assert np.allclose(result.pose[:, 0], result.pose[:, 0, :1])


def test_a_cyclist_rides_along_the_lane_at_its_pace():
    result = predict(straight(), tracks((1, 50.0, -1.2, 0.0, 4.5), kinds=[ObjectKind.BICYCLE], size=(1.8, 0.6)))
    assert 50.0 + 8.0 * 4.0 < end(result)[0] < 50.0 + 8.0 * 6.5
    assert end(result)[1] == pytest.approx(-1.0, abs=0.5)


def test_off_the_lanes_a_car_turns_on_for_a_while():
    result = predict(straight(), tracks((1, 100.0, 60.0, 1.0, 5.0, 0.0, 0.3)))
    yaw = result.pose[0, 0, :, 3]
    assert np.all(np.diff(yaw) > 0.0)
    assert yaw[-1] < 1.0 + 0.3 * 1.05


def test_others_brake_for_us_but_are_not_trusted_to_brake_hard():
    behind = tracks((1, 60.0, 0.0, 0.0, 14.0))
    slow = predict(straight(), behind, me=ego((85.0, 0.0, 0.0, 0.0), 8.0)).pose[0, 0, :, 0]
    free = predict(straight(), behind).pose[0, 0, :, 0]
    assert slow[-1] < free[-1] - 10.0
    standing = predict(straight(), behind, me=ego((72.0, 0.0, 0.0, 0.0), 0.0))
    speed = np.diff(standing.pose[0, 0, :, 0]) / np.diff(standing.time)
    assert np.min(np.diff(speed) / np.diff(standing.time[1:])) > -2.3


def test_where_traffic_is_known_not_to_heed_us_it_is_expected_to_drive_on():
    graph, behind = straight(), tracks((1, 60.0, 0.0, 0.0, 14.0))
    free = predict(graph, behind).pose[0, 0, :, 0]
    for fitted in (True, False):
        predictor = Predictor(graph, LaneIndex(graph), 0.1, fitted=fitted, heeded=False)
        for _ in range(2):
            met = predictor.predict(behind, lights(), ego((85.0, 0.0, 0.0, 0.0), 8.0)).pose[0, 0, :, 0]
        assert met[-1] > free[-1] - 6.0


def approach(heeds: bool) -> tuple[Predictions, float]:
    """What is expected of a car that came up behind us (8 m/s), braking or not, and where we then are."""
    graph = straight()
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    x, v, mine = 20.0, 14.0, 60.0
    for _ in range(20):
        accel = -1.8 if heeds else 0.0
        behind = tracks((1, x, 0.0, 0.0, v, accel))
        result = predictor.predict(behind, lights(), ego((mine, 0.0, 0.0, 0.0), 8.0))
        x, v, mine = x + 0.1 * v, v + 0.1 * accel, mine + 0.8
    return result, mine


def test_who_shows_that_it_ignores_us_is_expected_to_go_on_so():
    ignoring, mine = approach(heeds=False)
    assert end(ignoring)[0] > mine + 8.0 * 8.0
    heeding, mine = approach(heeds=True)
    assert end(heeding)[0] < mine + 8.0 * 8.0


def test_lanes_that_lie_upon_each_other_are_one_way():
    builder = GraphBuilder()
    for _ in range(3):
        strip(builder, line(0.0, 300.0))
    result = predict(builder.build(), tracks((1, 50.0, 0.2, 0.0, 10.0)), cycles=3)
    assert result.prob[0, 0] > 0.99


def test_a_driver_seen_to_be_slow_is_expected_to_stay_slow():
    graph = straight()
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    x, y = 20.0, 20.0
    for _ in range(80):
        x, y = x + 0.1 * 8.0, y + 0.1 * 13.5
        slow = predictor.predict(tracks((1, x, 0.0, 0.0, 8.0)), lights(), ego())
    fresh = predict(graph, tracks((1, x, 0.0, 0.0, 8.0)))
    travelled = end(slow)[0] - x
    assert travelled < 8.0 * 11.0
    assert travelled < end(fresh)[0] - x


def test_predictions_are_steady_from_cycle_to_cycle():
    graph = fork()
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    rng = np.random.Generator(np.random.Philox(3))
    last, flips, jumps = None, 0, []
    for k in range(60):
        noise = rng.normal(0.0, [0.05, 0.05, 0.01, 0.1])
        row = (1, 40.0 + 0.6 * k + noise[0], noise[1], noise[2], 6.0 + noise[3], rng.normal(0.0, 0.3))
        now = predictor.predict(tracks(row), lights(), ego())
        if last is not None:
            flips += abs(end(now)[1] - end(last)[1]) > 5.0
            at_five = [np.array([np.interp(t, one.time, one.pose[0, 0, :, j]) for j in (0, 1)])
                       for one, t in ((last, 5.0), (now, 4.9))]  # fmt: skip
            jumps.append(np.hypot(*(at_five[0] - at_five[1])))
        last = now
    assert flips <= 1
    # the noise of the speed alone moves a place 5 s ahead by 0.1 * sqrt(2) * 5 = 0.7 m
    assert np.median(jumps) < 1.1


def test_order_and_presence_of_others_change_nothing_for_one():
    rows = [(7, 50.0, 0.0, 0.0, 10.0), (3, 90.0, 0.0, 0.0, 8.0), (5, 200.0, WIDTH, 0.0, 12.0)]
    graph = straight(2)
    one = predict(graph, tracks(*rows), cycles=4)
    two = predict(graph, tracks(*rows[::-1]), cycles=4)
    assert np.array_equal(one.pose, two.pose[::-1])
    assert np.array_equal(one.prob, two.prob[::-1])
    assert np.array_equal(two.track_id, [5, 3, 7])


def test_who_disappears_is_forgotten_and_memory_follows_the_id():
    graph = straight(2)
    predictor = Predictor(graph, LaneIndex(graph), 0.1)
    for k in range(30):
        predictor.predict(tracks((4, 20.0 + 0.5 * k, 0.0, 0.0, 5.0), (9, 60.0, WIDTH, 0.0, 0.0)), lights(), ego())
    alone = predictor.predict(tracks((9, 60.0, WIDTH, 0.0, 0.0)), lights(), ego())
    assert alone.track_id.tolist() == [9]
    back = predictor.predict(tracks((4, 36.0, 0.0, 0.0, 5.0), (9, 60.0, WIDTH, 0.0, 0.0)), lights(), ego())
    fresh = predict(graph, tracks((4, 36.0, 0.0, 0.0, 5.0), (9, 60.0, WIDTH, 0.0, 0.0)))
    assert np.array_equal(back.pose[0], fresh.pose[0])


def test_many_objects_grow_the_working_arrays():
    rows = [(k, 5.0 + 5.0 * k, 0.0, 0.0, 3.0) for k in range(100)]
    assert predict(straight(), tracks(*rows)).pose.shape[0] == 100


def test_odd_values_give_finite_predictions():
    rows = [
        (1, 50.0, 0.0, 0.0, -3.0),
        (2, 50.0, 0.0, 3.1, 20.0, -9.0, 2.0),
        (3, 600.0, 0.0, 0.0, 110.0, 40.0),
        (4, 50.1, 0.0, 0.0, 0.0),
        (5, -1e6, 1e6, 0.0, 3.0),
    ]
    predict(straight(), tracks(*rows), cycles=3)


def test_a_walker_may_hurry_or_hesitate_and_who_stands_does_neither():
    walker = tracks((1, 50.0, -5.0, math.pi / 2, 1.4), kinds=[ObjectKind.PEDESTRIAN], size=(0.5, 0.5))
    result = predict(straight(), walker)
    way = result.pose[0, :, -1, 1] + 5.0
    assert way[1] == pytest.approx(2.4 * 8.0, rel=0.1)
    assert way[2] == pytest.approx(0.4 * 1.4 * 8.0, rel=0.2)
    assert result.prob[0, 0] > 0.5
    assert np.all(result.prob[0] > 0.1)
    still = predict(straight(), tracks((1, 50.0, -5.0, 0.0, 0.0), kinds=[ObjectKind.PEDESTRIAN], size=(0.5, 0.5)))
    assert still.prob[0].tolist() == [1.0, 0.0, 0.0]
    assert np.allclose(still.pose[0, 0], still.pose[0, 0, :1])


def test_an_animal_on_the_move_may_stop_where_it_is():
    deer = tracks((1, 50.0, -5.0, math.pi / 2, 5.0), kinds=[ObjectKind.ANIMAL], size=(1.4, 0.5))
    result = predict(straight(), deer)
    assert result.prob[0, 2] == pytest.approx(0.3)
    assert result.pose[0, 2, -1, 1] < -5.0 + 3.0
    assert result.pose[0, 0, -1, 1] > 30.0


@pytest.mark.parametrize("kind", [ObjectKind.PEDESTRIAN, ObjectKind.ANIMAL])
def test_who_slows_down_on_foot_is_likely_to_stop(kind: ObjectKind):
    predictor = Predictor(graph := straight(), LaneIndex(graph), 0.1)
    for k, speed in enumerate((2.4, 2.4, 2.4, 1.9, 1.4)):
        now = tracks((1, 50.0, -5.0 + 0.2 * k, math.pi / 2, speed), kinds=[kind], size=(0.5, 0.5))
        result = predictor.predict(now, lights(), ego())
    stops = np.ptp(result.pose[0, :, :, 1], axis=1) < 1.5
    assert result.prob[0, stops].sum() > 0.6


def test_who_has_stopped_on_the_road_on_foot_may_go_on_and_after_a_while_waits_for_us():
    predictor = Predictor(graph := straight(), LaneIndex(graph), 0.1)
    person = tracks((1, 50.0, -1.5, math.pi / 2, 0.0), kinds=[ObjectKind.PEDESTRIAN], size=(0.5, 0.5))
    results = [predictor.predict(person, lights(), ego()) for _ in range(40)]
    goes = [np.ptp(one.pose[0, :, :, 1], axis=1) > 5.0 for one in results]
    assert results[5].prob[0, goes[5]].sum() == pytest.approx(0.25)
    assert results[-1].prob[0, goes[-1]].sum() == 0.0


def test_a_cyclist_who_crosses_the_road_may_hurry_or_hesitate_and_who_rides_along_it_does_neither():
    crossing = tracks((1, 50.0, -9.0, math.pi / 2, 4.5), kinds=[ObjectKind.BICYCLE], size=(1.8, 0.6))
    result = predict(straight(), crossing)
    way = result.pose[0, :, -1, 1] + 9.0
    assert way[0] == pytest.approx(4.5 * 8.0, rel=0.05)
    assert way[1] == pytest.approx(5.5 * 8.0, rel=0.1)
    assert way[2] == pytest.approx(0.4 * 4.5 * 8.0, rel=0.2)
    assert np.all(result.prob[0] > 0.1)
    along = predict(straight(), tracks((1, 50.0, 0.0, 0.0, 4.5), kinds=[ObjectKind.BICYCLE], size=(1.8, 0.6)))
    assert along.prob[0, 0] > 0.95


def test_a_cyclist_who_brakes_before_the_road_is_expected_to_brake_on():
    predictor = Predictor(graph := straight(), LaneIndex(graph), 0.1)
    speed, y = 4.5, -9.0
    for _ in range(6):
        now = tracks((1, 50.0, y, math.pi / 2, speed, -3.0), kinds=[ObjectKind.BICYCLE], size=(1.8, 0.6))
        braking = predictor.predict(now, lights(), ego())
        y, speed = y + 0.1 * speed - 0.015, speed - 0.3
    steady = predict(straight(), replace(now, state=now.state * [1, 1, 1, 1, 1, 0, 1]))
    assert braking.pose[0, 0, -1, 1] < steady.pose[0, 0, -1, 1] - 5.0
