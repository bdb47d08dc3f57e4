"""The least energy of a way against closed forms, and what lights and traffic forbid."""

import math

import numpy as np
import pytest
from eco_optimum import PIECE, TIME_GAP, Course, least_energy, mapped, times

from evpilot.types.state import Array
from evpilot.vehicle.powertrain.table import PUSH_LOW, PUSH_STEP, PUSHES, SPEEDS

PUSHED = (PUSH_LOW + PUSH_STEP * np.arange(PUSHES))[None].repeat(SPEEDS, axis=0)
SQUARED = PUSHED**2  # [W] as the square of the acceleration
DRAG = (np.arange(SPEEDS) ** 2.0)[:, None].repeat(PUSHES, axis=1)  # as the square of the speed


def course(
    length: float,
    seconds: float,
    speed: float,
    *,
    cap: float = 25.0,
    climb: float = 0.0,
    highs: Array | None = None,
    gate: float = 0.0,
    red: float = 0.0,
) -> Course:
    pieces = int(length / PIECE) + 100
    at = times(seconds)
    return Course(
        length=length,
        seconds=seconds,
        first=speed,
        last=speed,
        caps=np.full(pieces, cap),
        heights=climb * PIECE * np.arange(pieces),
        lows=np.full(len(at), -math.inf),
        highs=np.full(len(at), math.inf) if highs is None else highs,
        gates=np.array([gate] if gate else []),
        closed=(at < red)[None][: int(gate > 0.0)],
    )


def places(speeds: Array, seconds: float) -> Array:
    dt = seconds / (len(speeds) - 1)
    return np.concatenate([[0.0], np.cumsum(0.5 * dt * (speeds[1:] + speeds[:-1]))])


@pytest.mark.parametrize("length", [360.0, 430.0])
def test_least_squared_acceleration_is_the_cubic_motion(length: float) -> None:
    """From 10 to 10 m/s over S in T the integral of a^2 is at least 12 (S - v T)^2 / T^3."""
    energy, _ = least_energy(course(length, 30.0, 10.0), SQUARED, 0.0)
    exact = 12.0 * (length - 300.0) ** 2 / 30.0**3
    # the lattice's steps of half a metre a second cost 0.5 * |a| - a^2 at most, each second
    assert exact <= energy < exact + 0.35 * 30.0 * 0.25


def test_least_drag_is_the_even_speed() -> None:
    energy, speeds = least_energy(course(300.0, 30.0, 10.0), DRAG, 0.0)
    assert energy == pytest.approx(30.0 * 100.0)
    assert np.all(speeds == 10.0)


@pytest.mark.parametrize("length", [260.0, 260.25])
def test_what_was_found_costs_by_the_map_what_is_told(length: float) -> None:
    given = course(length, 30.0, 12.0, climb=0.03)
    energy, speeds = least_energy(given, SQUARED + DRAG, 0.04)
    at = times(30.0)
    assert places(speeds, 30.0)[-1] == pytest.approx(length, abs=0.26)
    assert mapped(at, speeds, places(speeds, 30.0), given, SQUARED + DRAG, 0.04) == pytest.approx(energy)


def test_a_red_light_is_not_passed_and_costs() -> None:
    at = times(40.0)
    free, _ = least_energy(course(300.0, 40.0, 10.0), SQUARED + DRAG, 0.0)
    held, speeds = least_energy(course(300.0, 40.0, 10.0, gate=150.0, red=28.0), SQUARED + DRAG, 0.0)
    way = places(speeds, 40.0)
    assert np.all(way[at < 28.0] < 150.0)
    assert held > free
    assert speeds.min() > 2.0  # who knows when it turns green rolls


def test_the_room_that_traffic_leaves_is_kept_to() -> None:
    at = times(40.0)
    ahead = np.where(at < 20.0, 20.0 + 5.0 * at, 120.0 + 12.0 * (at - 20.0))
    free, _ = least_energy(course(300.0, 40.0, 10.0), SQUARED + DRAG, 0.0)
    held, speeds = least_energy(course(300.0, 40.0, 10.0, highs=ahead), SQUARED + DRAG, 0.0)
    assert np.all(places(speeds, 40.0) + TIME_GAP * speeds <= ahead + 1e-9)
    assert held > free


def test_the_cap_is_kept_to_also_where_it_is_short() -> None:
    given = course(300.0, 40.0, 10.0)
    given.caps[299:302] = 3.0
    _, speeds = least_energy(given, SQUARED + DRAG, 0.0)
    slow = speeds[np.argmin(np.abs(places(speeds, 40.0) - 150.0))]
    assert slow <= 4.5


def test_no_way_in_so_short_a_time() -> None:
    energy, speeds = least_energy(course(300.0, 10.0, 10.0), DRAG, 0.0)
    assert energy == math.inf
    assert not len(speeds)
