"""Uphill: the pilot plans what the powertrain can give on the slope, as empty and as cold as the battery is."""

import functools

import numpy as np
import pytest
from driving_scenes import place, scene

from evpilot.maps.builder import GraphBuilder
from evpilot.pilot import EvPilot
from evpilot.runlog import Ego, RunLog
from evpilot.simulate.loop import simulate
from evpilot.types import LaneGraph, LaneKind
from evpilot.vehicle import platforms
from evpilot.vehicle.powertrain.conditions import KELVIN, MILD, Conditions

LEAF = platforms.load("leaf40")
SPENT = Conditions(charge=0.03, temperature=KELVIN - 20.0)
AHEAD = 3.0  # [s] into a plan


@functools.cache
def ramp(grade: float) -> LaneGraph:
    """A level road for 60 m, then a slope of 400 m and the motorway beyond it."""
    x = np.arange(0.0, 1_001.0, 5.0)
    z = grade * np.clip(x - 60.0, 0.0, 400.0)
    builder = GraphBuilder()
    for low, high, kind in ((0, 92, LaneKind.ON_RAMP), (92, 200, LaneKind.MOTORWAY)):
        rows = slice(low, high + 1)
        sides = [np.column_stack([x, np.full_like(x, y), z])[rows] for y in (1.75, -1.75)]
        builder.lane(*sides, kind=kind, speed_limit=33.3)
    builder.connect(0, 1)
    return builder.build()


def climbed(grade: float, conditions: Conditions) -> RunLog:
    world = scene(ramp(grade), speed=13.0, seconds=25.0, goals=(place(980.0, 999.0),))
    return simulate(world, EvPilot, platform=LEAF, conditions=conditions)


def too_fast(run: RunLog) -> float:
    """By how much [m/s] a plan is faster at most than the car was then."""
    off: list[float] = []
    for frame in run.frames:
        if frame.decision is None or frame.decision.trajectory is None:
            continue
        plan, then = frame.decision.trajectory, frame.t_ns + round(AHEAD * 1e9)
        if then <= run.t_ns[-1]:
            was = float(np.interp(then, run.t_ns, run.ego[:, Ego.SPEED]))
            off.append(float(np.interp(AHEAD, plan.time, plan.speed)) - was)
    return max(off)


@pytest.mark.parametrize(("grade", "conditions"), [(0.1, SPENT), (0.1, MILD), (0.0, SPENT)])
def test_what_is_planned_uphill_or_with_a_battery_at_its_end_is_driven(grade: float, conditions: Conditions) -> None:
    run = climbed(grade, conditions)
    assert run.ego[-1, Ego.X] > 150.0, "it gets on"
    assert too_fast(run) < 0.7


def test_the_slope_and_the_battery_are_what_holds_the_car_back() -> None:
    fresh, spent = (climbed(0.1, conditions).ego[:, Ego.SPEED].max() for conditions in (MILD, SPENT))
    assert fresh > 25.0 > 15.0 > spent
