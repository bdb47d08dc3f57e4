"""The object sensor: what is in view, what is hidden, and noise that is what it says."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evpilot.files import EvpilotError
from evpilot.sense.config import NOISY, OCCLUDED, PERFECT, SensorConfig, named
from evpilot.sense.objects import ObjectSensor, to_ego
from evpilot.sense.view import free_range, seen_share
from evpilot.types import EgoState, Lights, LightState, ObjectKind, Tracks, Truth

SIZE = (4.5, 1.8)
TICK = 100_000_000


def ego_at(x=0.0, y=0.0, yaw=0.0, t_ns=0) -> EgoState:
    return EgoState(
        t_ns=t_ns,
        pose=np.array([x, y, 0.0, yaw]),
        velocity=np.zeros(2),
        accel=np.zeros(2),
        yaw_rate=0.0,
        steering=0.0,
        cov=np.zeros((6, 6)),
    )


def objects(*rows, t_ns=0) -> Tracks:
    """Rows: x, y, yaw, speed, length, width, kind."""
    table = np.array(rows, float).reshape(-1, 7)
    n = len(table)
    state = np.zeros((n, 7))
    state[:, [0, 1, 3, 4]] = table[:, :4]
    velocity = np.stack([table[:, 3] * np.cos(table[:, 2]), table[:, 3] * np.sin(table[:, 2])], axis=1)
    return Tracks(
        t_ns=t_ns,
        id=np.arange(10, 10 + n),
        kind=table[:, 6].astype(np.uint8),
        state=state,
        velocity=velocity,
        cov=np.zeros((n, 6, 6)),
        size=table[:, 4:6].copy(),
        age=np.zeros(n),
        signals=np.zeros(n, np.uint8),
        valid=np.ones(n, np.bool_),
    )


def lights(*states, t_ns=0) -> Lights:
    n = len(states)
    return Lights(t_ns=t_ns, index=np.arange(n), state=np.array(states, np.uint8), arrow=np.zeros(n, np.uint8))


def truth(things: Tracks, ego=None, shown=None, sight=1e4, t_ns=0) -> Truth:
    return Truth(
        t_ns=t_ns, ego=ego or ego_at(t_ns=t_ns), objects=things, lights=shown or lights(), friction=0.9, sight=sight
    )


CAR = (4.5, 1.8, ObjectKind.CAR)
TRUCK = (12.0, 2.5, ObjectKind.TRUCK)
WALKER = (0.5, 0.5, ObjectKind.PEDESTRIAN)


def test_perfect_tells_the_truth_and_all_of_it():
    things = objects((50, 3, 0, 5, *CAR), (-900, 3, 0, 5, *CAR))
    seen = ObjectSensor(PERFECT, 0).observe(truth(things), SIZE)
    seen.validate()
    assert seen.tracks is things and seen.detections is None
    assert np.all(seen.visible_range == 1e4)


def test_fog_bounds_what_is_seen():
    seen = ObjectSensor(PERFECT, 0).observe(
        truth(objects((50, 0, 0, 5, *CAR), (200, 0, 0, 5, *CAR)), sight=100.0), SIZE
    )
    assert seen.tracks.id.tolist() == [10]
    assert np.all(seen.visible_range == 100.0)


def test_a_walker_behind_a_truck_is_hidden_until_it_steps_out():
    sensor = ObjectSensor(OCCLUDED, 0)
    behind = objects((20, 3, 0, 0, *TRUCK), (40, 6, 0, 1, *WALKER))
    assert sensor.observe(truth(behind), SIZE).tracks.id.tolist() == [10]
    out = objects((20, 3, 0, 0, *TRUCK), (40, 0, 0, 1, *WALKER))
    assert sensor.observe(truth(out), SIZE).tracks.id.tolist() == [10, 11]


def test_a_walker_hides_no_car_and_a_bridge_hides_nothing_below():
    sensor = ObjectSensor(OCCLUDED, 0)
    assert len(sensor.observe(truth(objects((10, 0, 0, 1, *WALKER), (30, 0, 0, 1, *CAR))), SIZE).tracks) == 2
    bridge = objects((20, 0, 1.57, 0, *TRUCK), (40, 0, 0, 1, *CAR))
    bridge.state[0, 2] = 6.0
    assert len(sensor.observe(truth(bridge), SIZE).tracks) == 2


def test_the_view_ends_at_the_nearest_box_on_its_bearing():
    seen = ObjectSensor(OCCLUDED, 0).observe(truth(objects((21.35, 0, 0, 0, *CAR))), SIZE)
    assert seen.visible_range[0] == pytest.approx(21.35 - 2.25 - 0.3 * 4.5)
    assert seen.visible_range[18] == 150.0


def test_the_field_of_view_is_about_straight_ahead():
    config = replace(PERFECT, field_of_view=math.radians(100))
    seen = ObjectSensor(config, 0).observe(
        truth(objects((0, 30, 0, 0, *CAR), (5, 30, 0, 0, *CAR), (0, -30, 0, 0, *CAR)), ego_at(yaw=math.pi / 2)), SIZE
    )
    assert seen.tracks.id.tolist() == [10, 11]


def test_detections_are_in_the_ego_frame():
    config = SensorConfig(name="exact", identity=False)
    ego = ego_at(10.0, 5.0, math.pi / 2)
    seen = ObjectSensor(config, 0).observe(truth(objects((10, 25, math.pi / 2, 8, *CAR)), ego), SIZE)
    seen.validate()
    assert seen.tracks is None
    assert seen.detections.box[0].tolist() == pytest.approx([20, 0, 0, 0, 4.5, 1.8])
    assert seen.detections.velocity[0].tolist() == pytest.approx([8, 0])


def test_noise_is_as_large_as_configured():
    config = SensorConfig(name="n", identity=False, position=0.5, yaw=0.1, velocity=1.0, miss=0.2, flip=0.1)
    sensor = ObjectSensor(config, 3)
    things = objects(*[(30, 4 * k, 0, 5, *CAR) for k in range(20)])
    frames = [sensor.observe(truth(things, t_ns=k * TICK), SIZE).detections for k in range(100)]
    box = np.concatenate([frame.box for frame in frames])
    assert len(box) / 2000 == pytest.approx(0.8, abs=0.03)
    assert np.std(box[:, 0]) == pytest.approx(0.5, rel=0.05)
    turned = np.abs(box[:, 3]) > 2.0
    assert turned.mean() == pytest.approx(0.1, abs=0.02)
    assert np.std(box[~turned, 3]) == pytest.approx(0.1, rel=0.05)


def test_noise_of_one_does_not_depend_on_the_others():
    alone = ObjectSensor(NOISY, 5).observe(truth(objects((30, 0, 0, 5, *CAR))), SIZE).detections
    both = ObjectSensor(NOISY, 5).observe(truth(objects((30, 0, 0, 5, *CAR), (30, 9, 0, 5, *CAR))), SIZE).detections
    assert both.box[0].tobytes() == alone.box[0].tobytes()


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    def drive(seed):
        sensor = ObjectSensor(NOISY, seed)
        things = objects((30, 0, 0, 5, *CAR), (30, 9, 0, 5, *CAR))
        return b"".join(sensor.observe(truth(things, t_ns=k * TICK), SIZE).detections.box.tobytes() for k in range(20))

    assert drive(1) == drive(1) != drive(2)


def test_false_alarms_come_as_often_as_configured():
    sensor = ObjectSensor(SensorConfig(name="g", identity=False, false_alarms=2.0), 0)
    frames = [sensor.observe(truth(objects(), t_ns=k * TICK), SIZE).detections for k in range(300)]
    for frame in frames:
        frame.validate()
    assert np.mean([len(frame.box) for frame in frames]) == pytest.approx(2.0, abs=0.3)


def test_latency_is_whole_ticks_and_the_frame_says_its_time():
    sensor = ObjectSensor(SensorConfig(name="late", identity=False, latency=0.2), 0)
    times = []
    for k in range(6):
        seen = sensor.observe(truth(objects((30 + k, 0, 0, 10, *CAR), t_ns=k * TICK), t_ns=k * TICK), SIZE)
        times.append((seen.detections.t_ns // TICK, round(seen.detections.box[0, 0])))
    assert times == [(0, 30), (0, 30), (0, 30), (1, 31), (2, 32), (3, 33)]


def test_lights_show_only_from_in_front_and_a_truck_hides_them():
    pose = np.array([[40, 2, 5, math.pi], [40, -2, 5, 0.0], [500, 0, 5, math.pi]])
    shown = lights(LightState.RED, LightState.GREEN, LightState.RED)
    seen = ObjectSensor(PERFECT, 0, pose).observe(truth(objects(), shown=shown), SIZE).lights
    assert seen.index.tolist() == [0] and seen.state.tolist() == [LightState.RED]
    blocked = ObjectSensor(OCCLUDED, 0, pose).observe(truth(objects((20, 1, 0, 0, *TRUCK)), shown=shown), SIZE).lights
    assert blocked.state.tolist() == [LightState.UNSEEN]
    car = ObjectSensor(OCCLUDED, 0, pose).observe(truth(objects((20, 1, 0, 0, *CAR)), shown=shown), SIZE).lights
    assert car.state.tolist() == [LightState.RED]


@pytest.mark.parametrize("field, value", [("miss", 1.5), ("range", 0.0), ("latency", -1.0), ("yaw", math.nan)])
def test_a_bad_configuration_is_refused(field, value):
    with pytest.raises(EvpilotError, match=field):
        ObjectSensor(replace(NOISY, **{field: value}), 0)


def test_unknown_name_lists_the_names():
    with pytest.raises(EvpilotError, match="perfect, occluded, noisy"):
        named("xray")


def inside(points, boxes):
    """Which points (n, 2) are in any of the boxes (x, y, cos, sin, half length, half width)."""
    dx, dy = np.moveaxis(points[:, None] - boxes[:, :2], -1, 0)
    along, across = dx * boxes[:, 2] + dy * boxes[:, 3], dy * boxes[:, 2] - dx * boxes[:, 3]
    return np.any((np.abs(along) <= boxes[:, 4]) & (np.abs(across) <= boxes[:, 5]), axis=1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_free_range_agrees_with_marching_along_the_ray(seed):
    rng = np.random.default_rng(seed)
    n = 6
    yaw = rng.uniform(-3, 3, n)
    far, way = rng.uniform(8, 45, n), rng.uniform(-3, 3, n)
    boxes = np.column_stack(
        [far * np.cos(way), far * np.sin(way), np.cos(yaw), np.sin(yaw), np.full(n, 2.3), np.full(n, 1.0)]
    )
    free = free_range(0.0, 0.0, 0.0, 0.0, 50.0, 12, boxes, np.zeros(n), np.ones(n, np.bool_))
    steps = np.arange(0.0, 50.0, 0.02)
    for k in range(12):
        angle = 2 * math.pi * k / 12
        ray = np.array([math.cos(angle), math.sin(angle)])
        hit = steps[inside(steps[:, None] * ray, boxes)]
        expected = hit[0] if len(hit) else 50.0
        assert free[k] <= expected + 1e-9
        if free[k] < 49.9:  # a clipped corner may be thinner than the march
            end = free[k] + 1e-6
            assert (len(hit) and abs(free[k] - expected) < 0.5) or inside(end * ray[None], boxes)[0]


def test_half_hidden_is_half_seen():
    yaw = math.pi / 2
    boxes = np.array([[20, 0, math.cos(yaw), math.sin(yaw), 2.0, 1.0], [10, 1.0, 1.0, 0.0, 1.0, 1.0]])
    share = seen_share(0.0, 0.0, boxes, np.zeros(2), np.ones(2, np.bool_))
    assert share[0] == pytest.approx(0.5, abs=0.1) and share[1] == 1.0


def test_to_ego_turns_position_and_velocity():
    box, velocity = to_ego(objects((0, 10, 0, 3, *CAR)), ego_at(0, 0, math.pi / 2))
    assert box[0, :4].tolist() == pytest.approx([10, 0, 0, -math.pi / 2])
    assert velocity[0].tolist() == pytest.approx([0, -3])


def test_perfect_costs_nothing_and_occlusion_little(slowness):
    rng = np.random.default_rng(0)
    things = objects(*[(rng.uniform(-80, 80), rng.uniform(-80, 80), rng.uniform(-3, 3), 5, *CAR) for _ in range(100)])
    for config, bound in ((PERFECT, 0.2e-3), (OCCLUDED, 3e-3)):
        sensor = ObjectSensor(config, 0)
        world = truth(things)
        sensor.observe(world, SIZE)
        spent = []
        for _ in range(15):
            begin = time.thread_time()
            sensor.observe(world, SIZE)
            spent.append(time.thread_time() - begin)
        assert min(spent) < bound * slowness()
