"""Replayed traffic: what was recorded, when it was recorded, and nothing of its future."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evpilot.files import EvpilotError
from evpilot.scenarios import Actor, Behaviour, Scenario
from evpilot.simulate.traffic import make
from evpilot.simulate.traffic.replay import present
from evpilot.types import EgoState, Lights, ObjectKind, Tracks

STEP = 100_000_000
EGO = EgoState(
    t_ns=0, pose=np.zeros(4), velocity=np.zeros(2), accel=np.zeros(2), yaw_rate=0.0, steering=0.0, cov=np.zeros((6, 6))
)
DARK = Lights(t_ns=0, index=np.zeros(0, np.int64), state=np.zeros(0, np.uint8), arrow=np.zeros(0, np.uint8))


def recorded(motion, first_step=0, behaviour=Behaviour.REPLAY, number=1) -> Actor:
    return Actor(
        id=number,
        kind=ObjectKind.CAR,
        length=4.5,
        width=1.8,
        height=1.5,
        first_step=first_step,
        motion=np.array(motion, float),
        signals=np.zeros(len(motion), np.uint8),
        behaviour=behaviour,
    )


def scenario(*actors: Actor, dt_ns: int = STEP) -> Scenario:
    return Scenario(
        name="t",
        source="t",
        sha256="",
        dt_ns=dt_ns,
        last_step=50,
        graph=None,  # type: ignore[arg-type]  # a replay needs no map
        start=np.zeros(4),
        start_speed=0.0,
        actors=actors,
    )


def at(traffic, t_ns: int) -> Tracks:
    found = traffic.step(t_ns, EGO, (4.5, 1.8), DARK)
    found.validate()
    return found


def straight(rows=11, speed=10.0, yaw=0.0):
    return [
        [speed * 0.1 * k * np.cos(yaw), speed * 0.1 * k * np.sin(yaw), 0.0, yaw, abs(speed), 0.0] for k in range(rows)
    ]


def test_present_from_first_to_last_row_only():
    traffic = make("replay", scenario(recorded(straight(), first_step=3)), 0, 4.5, 1.8)
    assert [len(at(traffic, k * STEP)) for k in (0, 2, 3, 13, 14)] == [0, 0, 1, 1, 0]


def test_a_static_object_stays_for_ever_and_stands():
    traffic = make("replay", scenario(recorded([[5, 6, 0, 1, 3, 0]], behaviour=Behaviour.STATIC)), 0, 4.5, 1.8)
    found = at(traffic, 10_000 * STEP)
    assert found.state[0, :4].tolist() == [5, 6, 0, 1]
    assert not found.velocity.any() and not found.state[0, 4:].any()


def test_between_steps_is_interpolated_the_short_way_round():
    motion = [[0, 0, 0, 3.1, 5, 0], [-0.5, 0, 0, -3.1, 5, 0]]
    found = at(make("replay", scenario(recorded(motion)), 0, 4.5, 1.8), STEP // 2)
    assert found.state[0, 0] == pytest.approx(-0.25)
    assert abs(found.state[0, 3]) == pytest.approx(np.pi, abs=1e-9)


def test_a_car_that_rolls_backwards_has_negative_speed():
    found = at(make("replay", scenario(recorded(straight(speed=-3.0))), 0, 4.5, 1.8), 5 * STEP)
    assert found.state[0, 4] == pytest.approx(-3.0)
    assert found.velocity[0].tolist() == pytest.approx([-3.0, 0.0])


def test_velocity_shows_a_lane_change_that_the_yaw_hides():
    motion = [[2.0 * k, 0.1 * k, 0, 0.0, 20, 0] for k in range(11)]
    found = at(make("replay", scenario(recorded(motion)), 0, 4.5, 1.8), 8 * STEP)
    assert found.velocity[0].tolist() == pytest.approx([20.0, 1.0])


def test_a_walker_recorded_with_the_wrong_yaw_moves_where_it_goes():
    motion = [[0.0, 0.15 * k, 0, 0.0, 1.5, 0] for k in range(11)]
    found = at(make("replay", scenario(recorded(motion)), 0, 4.5, 1.8), 8 * STEP)
    assert found.velocity[0].tolist() == pytest.approx([0.0, 1.5])


def test_a_jump_in_the_recording_is_no_velocity():
    motion = straight()
    motion[6][0] += 300.0
    found = at(make("replay", scenario(recorded(motion)), 0, 4.5, 1.8), 6 * STEP)
    assert found.velocity[0].tolist() == pytest.approx([10.0, 0.0])


def test_nothing_of_the_future_shows():
    wild = straight(21)
    for row in wild[11:]:
        row[:2] = [row[0] + 7.0, 3.0]
        row[3:] = [0.7, 2.0, -4.0]
    calm = make("replay", scenario(recorded(straight(21))), 0, 4.5, 1.8)
    other = make("replay", scenario(recorded(wild)), 0, 4.5, 1.8)
    for k in range(11):
        a, b = at(calm, k * STEP), at(other, k * STEP)
        assert a.state.tobytes() == b.state.tobytes() and a.velocity.tobytes() == b.velocity.tobytes()


def test_ids_are_sorted_and_ages_count_from_appearance():
    actors = [recorded(straight(), first_step=2, number=9), recorded(straight(), number=4)]
    found = at(make("replay", scenario(*actors), 0, 4.5, 1.8), 5 * STEP)
    assert found.id.tolist() == [4, 9]
    assert found.age.tolist() == pytest.approx([0.5, 0.3])


def test_a_scenario_with_nobody():
    assert len(at(make("replay", scenario(), 0, 4.5, 1.8), 0)) == 0


def test_an_unknown_kind_is_refused():
    with pytest.raises(EvpilotError, match="replay, reactive, mixed"):
        make("angry", replace(scenario()), 0, 4.5, 1.8)


@given(st.lists(st.tuples(st.integers(-3, 40), st.integers(-2, 3), st.integers(1, 4), st.booleans()), max_size=5))
def test_who_is_present_is_as_numpy_says(actors):
    columns = np.array(actors, np.int64).reshape(-1, 4).T
    clock, first, count, fixed = (np.ascontiguousarray(column) for column in columns)
    fixed, row = fixed.astype(bool), np.cumsum(count) - count
    who, index, share = present(clock, 10, first, count, row, fixed)
    step, rest = np.divmod(clock, 10)
    assert np.array_equal(who, np.flatnonzero(fixed | ((first <= step) & (step + (rest > 0) < first + count))))
    assert np.array_equal(index, (row + np.where(fixed, 0, step - first))[who])
    assert np.array_equal(share, np.where(fixed, 0.0, rest / 10)[who])
