"""A request for the charge at the goal is kept while driving: the pilot is told its charge, and its pace follows."""

import numpy as np
import pytest
from driving_scenes import CAR, one_lane, scene

from evpilot.pilot import EvPilot
from evpilot.pilot.gauge import PARTS, Gauge
from evpilot.runlog import RunLog
from evpilot.simulate.loop import simulate
from evpilot.types import EgoState, Store
from evpilot.vehicle.journey.request import Request, Watch
from evpilot.vehicle.journey.route import Leg, Route
from evpilot.vehicle.journey.stops import Tank
from evpilot.vehicle.powertrain.conditions import MILD

FAST = 36.0  # [m/s]
ROUTE = Route(name="made", legs=(Leg(length=20_000.0, limit=FAST),) * 5)


def at(x: float) -> EgoState:
    return EgoState(
        t_ns=0,
        pose=np.array([x, 0.0, 0.0, 0.0]),
        velocity=np.array([20.0, 0.0]),
        accel=np.zeros(2),
        yaw_rate=0.0,
        steering=0.0,
        cov=np.zeros((6, 6)),
    )


def gauge(spare: float) -> Gauge:
    """A request that at full pace is met with `spare` [J] more than what is as good as sure."""
    whole = Request(CAR, ROUTE, MILD)
    mean, sd = whole.prediction(1.0).between(0.0, float(ROUTE.ends[-1]))
    least = whole.tank.after(MILD.charge, mean + 3.1 * sd + spare)
    return Gauge(Watch(Request(CAR, ROUTE, MILD, least=least)), 0.2)


def read(one: Gauge, more: float, until: float = 60_000.0) -> None:
    """Drive on, `more` times what is expected being used."""
    tank, use, charge = Tank(CAR, MILD), Request(CAR, ROUTE, MILD), MILD.charge
    for x in np.arange(0.0, until + 1.0, 100.0).tolist():
        expected, _ = use.prediction(one.pace).between(x, x + 100.0)
        one.read(at(x), charge)
        charge = tank.after(charge, more * expected)


def test_a_car_that_takes_more_than_expected_is_driven_slower() -> None:
    usual, thirsty = gauge(1e6), gauge(1e6)
    assert (usual.pace, usual.eco) == (1.0, 0.2)
    read(usual, 0.95)
    read(thirsty, 1.3)
    assert usual.pace == 1.0
    assert thirsty.pace < 1.0


def test_what_can_no_longer_be_kept_is_driven_as_slowly_as_helps_and_says_why() -> None:
    one = gauge(1e6)
    read(one, 3.0)
    assert one.eco == 1.0
    assert one.pace < 0.75
    assert "that leaves" in one.refusal


def test_the_watch_is_asked_now_and_then_only() -> None:
    one = gauge(1e6)
    part = float(ROUTE.ends[-1]) / PARTS
    assert [one.read(at(x), MILD.charge) for x in (0.0, 0.5 * part, part + 1.0, part + 2.0)] == [
        False,
        False,
        True,
        False,
    ]


class Keeper:
    """Wants less of a pace from the third second on; keeps what it is told."""

    def __init__(self) -> None:
        self.eco, self.pace, self.told = 0.0, 1.0, []

    def read(self, ego: EgoState, charge: float) -> bool:
        self.told.append(charge)
        self.pace = 1.0 if ego.t_ns < 3_000_000_000 else 0.8
        return True


@pytest.fixture(scope="module")
def kept() -> tuple[RunLog, Keeper]:
    keeper = Keeper()
    place = scene(one_lane(FAST), speed=30.0, seconds=9.0)
    return simulate(place, lambda briefing: EvPilot(briefing, keeper=keeper), platform=CAR), keeper


def test_the_pilot_is_told_the_charge_of_the_battery_in_every_tick(kept: tuple[RunLog, Keeper]) -> None:
    run, keeper = kept
    assert keeper.told == run.store[: len(keeper.told), Store.CHARGE].tolist()
    assert len(keeper.told) >= 80


def test_the_pilot_drives_at_the_pace_that_the_request_asks_for(kept: tuple[RunLog, Keeper]) -> None:
    run, _ = kept
    speeds = [frame.truth.ego.speed for frame in run.frames]
    assert speeds[30] >= 30.0
    assert speeds[-1] <= 0.8 * FAST + 0.7
    assert np.diff(speeds).min() > -0.25
