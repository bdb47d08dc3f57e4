"""Behind somebody slow: what a lane loses beyond the horizon."""

import numpy as np
import pytest
from driving_scenes import CAR, WIDTH, actor, centre, drive, lane, place, scene, touches

from evpilot.maps.builder import GraphBuilder
from evpilot.plan.columns import GRID, Corridor, Span
from evpilot.plan.entries import Entries
from evpilot.plan.held import BEYOND, CAUGHT, ENOUGH, LEAST, losses, way_lost
from evpilot.types.state import Array

WANTED, FRONT, HALF = 30.0, 3.7, 0.95


def held(*leads: tuple[int, float, float], left: float = 2.0 * ENOUGH, prob: float = 1.0, slows: float = 0.0) -> Array:
    """On two corridors; leads: which one he is on, how far ahead of our bumper [m], how fast [m/s]."""
    corridors = np.zeros((2, len(Corridor)))
    count = len(leads)
    spans, near = np.zeros((2, count, len(GRID), len(Span))), np.zeros((2, count + 1), np.int64)
    for e, (corridor, gap, speed) in enumerate(leads):
        for c in range(2):
            spans[c, e, :, Span.S_LOW] = FRONT + gap + speed * GRID
            spans[c, e, :, Span.SPEED] = np.linspace(speed, speed - slows, len(GRID))
            aside = 0.0 if c == corridor else WIDTH
            spans[c, e, :, Span.D_LOW], spans[c, e, :, Span.D_HIGH] = aside - 0.9, aside + 0.9
            near[c, 0], near[c, 1 + e] = count, e
    found = object.__new__(Entries)
    found.prob = np.full(count, prob)
    return way_lost(losses(corridors, found, spans, near, WANTED, FRONT, HALF), np.array([left, left]))


def test_what_is_lost_is_how_much_slower_he_is() -> None:
    assert held((0, 20.0, 15.0)).tolist() == [BEYOND * 15.0, 0.0]
    assert held((0, 20.0, 15.0), (1, 20.0, 20.0)).tolist() == [BEYOND * 5.0, 0.0]
    assert not held((0, 20.0, 35.0)).any()
    assert not held((0, 20.0, 0.0)).any() and not held((0, 90.0, -20.0)).any()  # these are in the way
    assert not held((0, 20.0, 15.0), slows=8.0).any()  # and so is what he brakes for
    assert not held((0, -20.0, 15.0)).any()
    assert not held((0, 20.0, 15.0), prob=0.2).any()


def test_only_who_would_be_caught_up_with_holds_up_and_only_the_next_does() -> None:
    near, far = 0.9 * CAUGHT * 15.0, 1.1 * CAUGHT * 15.0
    assert held((0, near, 15.0))[0] > 0.0 == held((0, far, 15.0))[0]
    assert held((0, 60.0, 15.0), (0, 10.0, 28.0)).tolist() == [BEYOND * 2.0, 0.0]


@pytest.mark.parametrize(("left", "share"), [(LEAST, 0.0), (0.5 * (LEAST + ENOUGH), 0.5), (ENOUGH, 1.0)])
def test_with_little_of_the_other_lane_left_nobody_is_overtaken(left: float, share: float) -> None:
    assert held((0, 20.0, 15.0), left=left)[0] == pytest.approx(share * BEYOND * 15.0)


def test_where_both_lanes_are_as_slow_neither_is_left() -> None:
    assert not held((0, 20.0, 15.0), (1, 25.0, 15.0)).any()


def test_once_as_slow_as_a_truck_the_car_overtakes_it_on_the_empty_lane_and_comes_back() -> None:
    builder = GraphBuilder()
    right, left = (lane(builder, y, 0.0, 1500.0, speed_limit=30.0) for y in (0.0, WIDTH))
    builder.neighbours(left, right)
    truck = actor(1, (40.0, 0.0), (14.0, 0.0), seconds=45.0)
    goal = place(1300.0, 1320.0, -1.5, 1.5)
    run = drive(scene(builder.build(), truck, speed=14.0, goals=(goal,), seconds=60.0), platform=CAR)
    assert run.outcome == "goal" and not touches(run)
    assert centre(run)[:, 1].max() > 0.8 * WIDTH
    assert run.t_ns[-1] < 65.0e9
