"""Everything seen as the guard's kernels take it: plain NumPy says the same, whoever holds the arrays."""

from dataclasses import replace

import numpy as np
import pytest

from evpilot.guard.others import MOVING, SAME_WAY, beside, others_of
from evpilot.guard.packed import apart_at, checked, pack
from evpilot.types import EgoState, Lights, Observation, Tracks, Trajectory
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")
AT = 5_000_000_000


def crowd(seed: int) -> Observation:
    """Thirty cars near our own, some of them not valid, told 0.3 s ago in arrays that may not be written to."""
    rng = np.random.default_rng(seed)
    state = rng.normal(0.0, 4.0, (30, 7))
    state[::5, 4] = 0.0
    velocity, size, valid = rng.normal(0.0, 3.0, (30, 2)), rng.uniform(0.5, 5.0, (30, 2)), rng.random(30) < 0.8
    for array in (state, velocity, size, valid):
        array.flags.writeable = False
    tracks = Tracks(
        t_ns=AT - 300_000_000, id=np.arange(30), kind=np.ones(30, np.uint8), state=state, velocity=velocity,
        cov=np.zeros((30, 6, 6)), size=size, age=np.ones(30), signals=np.zeros(30, np.uint8), valid=valid,
    )  # fmt: skip
    ego = EgoState(
        t_ns=AT, pose=np.array([0.5, -0.3, 0.0, 0.4]), velocity=np.array([8.0, 0.0]), accel=np.zeros(2), yaw_rate=0.0,
        steering=0.0, cov=np.zeros((6, 6)),
    )  # fmt: skip
    none = np.zeros(0, np.uint8)
    return Observation(
        t_ns=AT, ego=ego, tracks=tracks, detections=None, visible_range=np.full(8, 200.0), friction=1.0, sight=1e4,
        lights=Lights(t_ns=AT, index=np.zeros(0, np.int64), state=none, arrow=none),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_all_valid_tracks_are_where_they_should_be_by_now(seed: int) -> None:
    seen = crowd(seed)
    assert seen.tracks is not None
    tracks, keep = seen.tracks, seen.tracks.valid
    state, velocity = tracks.state[keep], tracks.velocity[keep]
    now = state[:, :2] + velocity * 0.3
    braking = -state[:, 5] * np.sign(state[:, 4])
    wanted = np.column_stack([now, state[:, 2:4], velocity, state[:, 6], braking, 0.5 * tracks.size[keep]])
    np.testing.assert_allclose(others_of(seen), wanted, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_beside_is_who_drives_level_with_the_car_the_same_way(seed: int) -> None:
    seen = crowd(seed)
    others, ego = others_of(seen), seen.ego
    c, s = np.cos(ego.pose[3]), np.sin(ego.pose[3])
    dx, dy = others[:, 0] - ego.pose[0], others[:, 1] - ego.pose[1]
    along, across = dx * c + dy * s - SEDAN.rear_to_center, dy * c - dx * s
    wanted = (np.cos(others[:, 3] - ego.pose[3]) > SAME_WAY) & (np.hypot(others[:, 4], others[:, 5]) > MOVING)
    wanted &= (np.abs(along) < others[:, 8] + 0.5 * SEDAN.length) & (np.abs(across) > others[:, 9] + 0.5 * SEDAN.width)
    assert wanted.any()
    np.testing.assert_array_equal(beside(others, ego, SEDAN), wanted)


def motion(time: list[float], way: list[float]) -> Trajectory:
    """Along the x axis, at places [m] at times [s]."""
    pose, rest = np.zeros((len(time), 4)), np.zeros(len(time))
    pose[:, 0] = way
    return Trajectory(t_ns=0, time=np.array(time), pose=pose, speed=rest, accel=rest, curvature=rest)


def test_a_motion_is_packed_column_by_column_whoever_holds_its_arrays() -> None:
    table = np.random.default_rng(0).normal(size=(5, 8))
    table.flags.writeable = False
    seen = Trajectory(
        t_ns=0, time=table[:, 0], pose=table[:, 1:5], speed=table[:, 5], accel=table[:, 6], curvature=table[:, 7]
    )
    np.testing.assert_array_equal(pack(seen), table[:, [0, 1, 2, 4, 5, 6, 7]])


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_pose_that_is_not_finite_makes_no_trajectory(column: int, wrong: float) -> None:
    broken = motion([0.0, 1.0, 2.0], [0.0, 1.0, 2.0])
    broken.pose[2, column] = wrong
    assert "finite" in checked(broken)[1]


def test_two_motions_are_compared_at_a_time_between_their_knots() -> None:
    one, other = pack(motion([0.0, 1.0, 2.0], [0.0, 10.0, 12.0])), pack(motion([0.0, 2.0], [1.0, 5.0]))
    for t in (0.0, 0.25, 1.0, 1.75, 3.0):
        wanted = abs(np.interp(t, [0.0, 1.0, 2.0], [0.0, 10.0, 12.0]) - np.interp(t, [0.0, 2.0], [1.0, 5.0]))
        assert apart_at(t, one, other) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("time", [[0.1, 1.0, 2.0], [0.0, 1.0, 1.0], [0.0, 2.0, 1.0]])
def test_times_that_do_not_increase_from_0_make_no_trajectory(time: list[float]) -> None:
    assert not checked(motion([0.0, 1.0, 2.0], [0.0, 1.0, 2.0]))[1]
    assert "times" in checked(replace(motion([0.0, 1.0, 2.0], [0.0, 1.0, 2.0]), time=np.array(time)))[1]
