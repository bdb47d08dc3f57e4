"""The tracker: the same thing keeps its id, ghosts never get one, and what it says is near the truth."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.files import EvpilotError
from evpilot.track.filters import predict, update
from evpilot.track.tracker import Tracker
from evpilot.types import Detections, EgoState, ObjectKind

TICK = 100_000_000


def ego_at(t_ns, x=0.0, y=0.0, yaw=0.0, speed=0.0) -> EgoState:
    return EgoState(
        t_ns=t_ns,
        pose=np.array([x, y, 0.0, yaw]),
        velocity=np.array([speed, 0.0]),
        accel=np.zeros(2),
        yaw_rate=0.0,
        steering=0.0,
        cov=np.zeros((6, 6)),
    )


def frame(t_ns, rows, measured=True, kind=ObjectKind.CAR, score=0.9) -> Detections:
    """Rows: x, y, yaw, vx, vy in the ego frame."""
    table = np.array(rows, float).reshape(-1, 5)
    n = len(table)
    size = (0.6, 0.6) if kind == ObjectKind.PEDESTRIAN else (4.5, 1.8)
    return Detections(
        t_ns=t_ns,
        box=np.column_stack([table[:, :2], np.zeros(n), table[:, 2], np.full((n, 2), size)]),
        velocity=table[:, 3:].copy(),
        has_velocity=np.full(n, measured),
        kind=np.full(n, kind, np.uint8),
        score=np.full(n, score),
    )


def drive(truth, frames, measured=True, sigma=0.1, seed=0, kind=ObjectKind.CAR, drop=()):
    """Track truth(k) -> rows; drop: pairs (frame, row) that are missed. Returns the tracks of all frames."""
    rng = np.random.default_rng(seed)
    tracker, told = Tracker(0.1), []
    for k in range(frames):
        rows = np.array(truth(k), float).reshape(-1, 5)
        rows[:, :2] += rng.normal(0, sigma, (len(rows), 2))
        rows[:, 2] += rng.normal(0, 0.02, len(rows))
        rows[:, 3:] += rng.normal(0, 0.2, (len(rows), 2))
        rows = [row for i, row in enumerate(rows) if (k, i) not in drop]
        told.append(tracker.update(frame(k * TICK, rows, measured, kind), ego_at(k * TICK)))
        told[-1].validate()
    return told


def ahead(k, speed=10.0):
    return [[20 + 0.1 * speed * k, 3, 0, speed, 0]]


def test_everything_in_the_first_frame_is_told_at_once():
    told = Tracker(0.1).update(frame(0, [[20, 3, 0, 10, 0], [40, -3, 0, 10, 0]]), ego_at(0))
    assert told.id.tolist() == [1, 2] and told.t_ns == 0
    assert told.velocity[0].tolist() == [10, 0]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_ghost_of_few_frames_is_never_told(length):
    tracker = Tracker(0.1)
    tracker.update(frame(0, [[20, 3, 0, 10, 0]]), ego_at(0))
    for k in range(1, 15):
        rows = ahead(k) + ([[50, -8, 1, 0, 0]] if 3 <= k < 3 + length else [])
        assert len(tracker.update(frame(k * TICK, rows), ego_at(k * TICK))) == 1


def test_a_new_thing_is_told_in_its_fourth_frame():
    tracker = Tracker(0.1)
    tracker.update(frame(0, []), ego_at(0))
    counts = [len(tracker.update(frame(k * TICK, ahead(k)), ego_at(k * TICK))) for k in range(1, 6)]
    assert counts == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("measured", [True, False])
def test_an_id_outlives_half_a_second_of_misses(measured):
    told = drive(ahead, 40, measured, drop={(k, 0) for k in range(20, 25)})
    assert {int(i) for t in told for i in t.id} == {1}
    assert all(len(t) == 1 for t in told)
    assert told[24].state[0, 0] == pytest.approx(44, abs=1.0)


def test_a_thing_that_is_gone_is_forgotten():
    told = drive(lambda k: ahead(k) if k < 10 else [], 30)
    assert len(told[15]) == 1 and len(told[25]) == 0


def test_crossing_paths_do_not_swap_ids():
    def cross(k):
        s = 0.8 * k - 16
        return [[30 + s, 0.2, 0, 8, 0], [30, 1.0 + s, math.pi / 2, 0, 8]]

    for seed in range(5):
        told = drive(cross, 41, measured=True, seed=seed)
        assert told[-1].id.tolist() == [1, 2]
        assert told[-1].state[0, 0] == pytest.approx(46, abs=0.5) and told[-1].state[1, 1] == pytest.approx(17, abs=0.5)


def test_walkers_who_meet_keep_their_ids_without_measured_speed():
    def meet(k):
        s = 0.13 * k
        return [[20 - 3 + s, 0.0, 0, 1.3, 0], [20 + 3 - s, 0.8, math.pi, -1.3, 0]]

    told = drive(meet, 50, measured=False, sigma=0.05, kind=ObjectKind.PEDESTRIAN)
    assert told[-1].id.tolist() == [1, 2]
    assert told[-1].state[0, 0] > told[-1].state[1, 0]
    assert told[-1].kind.tolist() == [ObjectKind.PEDESTRIAN] * 2


@pytest.mark.parametrize("measured", [True, False])
def test_velocity_comes_from_measurement_or_motion(measured):
    told = drive(ahead, 40, measured, sigma=0.1)[-1]
    assert told.velocity[0].tolist() == pytest.approx([10, 0], abs=0.6)
    assert told.state[0, 4] == pytest.approx(10, abs=0.6)


def test_braking_shows_as_acceleration():
    def brake(k):
        t = 0.1 * k
        return [[20 + 15 * t - 1.5 * t * t, 0, 0, 15 - 3 * t, 0]]

    assert drive(brake, 40)[-1].state[0, 5] == pytest.approx(-3, abs=0.7)


def test_a_turning_car_shows_its_yaw_rate():
    def turn(k):
        a = 0.03 * k
        return [[30 + 20 * math.sin(a), 20 - 20 * math.cos(a), a, 6 * math.cos(a), 6 * math.sin(a)]]

    told = drive(turn, 40)[-1]
    assert told.state[0, 6] == pytest.approx(0.3, abs=0.1)
    assert told.state[0, 3] == pytest.approx(0.03 * 39, abs=0.08)


def test_a_box_turned_half_round_now_and_then_is_put_right():
    rng = np.random.default_rng(1)
    tracker = Tracker(0.1)
    for k in range(60):
        flip = math.pi if rng.random() < 0.3 else 0.0
        told = tracker.update(frame(k * TICK, [[20 + k, 3, flip, 10, 0]]), ego_at(k * TICK))
    assert abs(told.state[0, 3]) < 0.1 and told.state[0, 4] > 9


def test_a_track_that_began_the_wrong_way_round_turns():
    tracker = Tracker(0.1)
    for k in range(12):
        flip = math.pi if k == 0 else 0.0
        told = tracker.update(frame(k * TICK, [[20, 3, flip, 0, 0]]), ego_at(k * TICK))
    assert abs(told.state[0, 3]) < 0.1


def test_the_car_may_move_and_turn_while_the_world_stands():
    tracker = Tracker(0.1)
    for k in range(30):
        yaw, x = 0.02 * k, 1.0 * k
        dx, dy = 60 - x, 5.0
        cos, sin = math.cos(yaw), math.sin(yaw)
        row = [cos * dx + sin * dy, cos * dy - sin * dx, -yaw, 0, 0]
        told = tracker.update(frame(k * TICK, [row], measured=False), ego_at(k * TICK, x, 0, yaw, 10.0))
    assert told.state[0, :4].tolist() == pytest.approx([60, 5, 0, 0], abs=0.05)
    assert np.hypot(*told.velocity[0]) < 0.1


def test_late_frames_are_put_where_the_car_was_and_carried_on_to_now():
    tracker = Tracker(0.1)
    for k in range(30):
        late = max(k - 3, 0)
        row = [50 + 0.5 * late - 1.0 * late, 3, 0, 5, 0]
        told = tracker.update(frame(late * TICK, [row]), ego_at(k * TICK, 1.0 * k, 0, 0, 10.0))
    assert told.t_ns == 29 * TICK
    assert told.state[0, 0] == pytest.approx(50 + 0.5 * 29, abs=0.1)


def test_a_frozen_sensor_lets_its_tracks_run_on_and_then_go():
    tracker = Tracker(0.1)
    same = frame(0, [[20, 3, 0, 10, 0]])
    told = [tracker.update(same, ego_at(k * TICK)) for k in range(15)]
    assert told[5].state[0, 0] == pytest.approx(25, abs=0.2)
    assert len(told[9]) == 1 and len(told[14]) == 0


def test_sizes_and_kinds_settle():
    rng = np.random.default_rng(2)
    tracker = Tracker(0.1)
    for k in range(40):
        seen = frame(k * TICK, ahead(k), kind=ObjectKind.TRUCK if rng.random() < 0.8 else ObjectKind.CAR)
        seen.box[:, 4:] += rng.normal(0, 0.3, (1, 2))
        told = tracker.update(seen, ego_at(k * TICK))
    assert told.kind[0] == ObjectKind.TRUCK
    assert told.size[0].tolist() == pytest.approx([4.5, 1.8], abs=0.2)


def test_two_boxes_on_one_thing_are_one_track():
    tracker = Tracker(0.1)
    for k in range(10):
        rows = [ahead(k)[0], [ahead(k)[0][0] + 0.4, 3.2, 0, 10, 0]]
        told = tracker.update(frame(k * TICK, rows if k else rows[:1]), ego_at(k * TICK))
    assert len(told) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda f: f.box.__setitem__((0, 0), np.nan),
        lambda f: f.box.__setitem__((0, 4), 0.0),
        lambda f: f.velocity.__setitem__((0, 0), 500.0),
        lambda f: f.score.__setitem__(0, 2.0),
    ],
)
def test_a_bad_frame_is_refused_and_changes_nothing(spoil):
    tracker = Tracker(0.1)
    tracker.update(frame(0, ahead(0)), ego_at(0))
    bad = frame(TICK, ahead(1))
    spoil(bad)
    with pytest.raises(EvpilotError, match="Detections"):
        tracker.update(bad, ego_at(TICK))
    assert len(tracker.update(frame(TICK, ahead(1)), ego_at(TICK))) == 1


def test_a_frame_from_the_future_and_a_clock_that_runs_back_are_refused():
    tracker = Tracker(0.1)
    with pytest.raises(EvpilotError, match="later than now"):
        tracker.update(frame(TICK, ahead(0)), ego_at(0))
    tracker.update(frame(TICK, ahead(0)), ego_at(TICK))
    with pytest.raises(EvpilotError, match="before the last"):
        tracker.update(frame(0, ahead(0)), ego_at(0))


def test_uncertainty_grows_unseen_and_stays_a_covariance():
    told = drive(ahead, 30, drop={(k, 0) for k in range(20, 29)})
    assert np.trace(told[28].cov[0]) > 2 * np.trace(told[19].cov[0])
    for one in told:
        assert np.all(np.linalg.eigvalsh(one.cov[0]) > 0)


def twin_update(x, p, h, z, r):
    s = h @ p @ h.T + r
    gain = p @ h.T @ np.linalg.inv(s)
    return x + gain @ (z - h @ x), p - gain @ h @ p


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_filter_is_the_textbook_one(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 5, (1, 6))
    a = rng.normal(0, 1, (6, 6))
    p = (a @ a.T + np.eye(6))[None].copy()
    y, q = np.array([[0.3, 0.1]]), np.eye(2)[None].copy()
    box = np.array([[*rng.normal(0, 5, 2), 0.0, 0.5, 4.0, 2.0]])
    velocity = rng.normal(0, 5, (1, 2))
    h = np.eye(6)[:4]
    r = np.diag([0.3**2, 0.3**2, 0.5**2, 0.5**2])
    want_x, want_p = twin_update(x[0], p[0], h, np.concatenate([box[0, :2], velocity[0]]), r)
    one = np.zeros(1, np.int64)
    update(x, p, y, q, one, one, box, velocity, np.ones(1, np.bool_), np.array([0.3]), 0.5, 0.1)
    np.testing.assert_allclose(x[0], want_x, atol=1e-9)
    np.testing.assert_allclose(p[0], want_p, atol=1e-9)


def test_a_curve_is_carried_on_as_a_curve():
    x = np.array([[0.0, 0.0, 10.0, 0.0, 0.0, 0.0]])
    p, y, q = np.eye(6)[None].copy(), np.array([[0.0, 0.5]]), np.eye(2)[None].copy()
    predict(x, p, y, q, np.zeros(1, np.bool_), 0.1)
    assert x[0, 2:4].tolist() == pytest.approx([10 * math.cos(0.05), 10 * math.sin(0.05)])
    assert y[0, 0] == pytest.approx(0.05)


def test_the_same_frames_give_the_same_bits():
    def bits():
        return b"".join(t.state.tobytes() + t.cov.tobytes() for t in drive(ahead, 20))

    assert bits() == bits()


def test_a_hundred_things_take_less_than_two_milliseconds(slowness):
    rng = np.random.default_rng(0)
    place = rng.uniform(-100, 100, (100, 2))
    tracker, spent = Tracker(0.1), []
    for k in range(30):
        rows = np.column_stack([place + 0.5 * k, np.zeros(100), np.full((100, 2), 5.0)])
        seen = replace(frame(k * TICK, rows), t_ns=k * TICK)
        begin = time.thread_time()
        told = tracker.update(seen, ego_at(k * TICK))
        spent.append(time.thread_time() - begin)
    assert len(told) > 90
    assert sorted(spent)[5] < 2e-3 * slowness()
