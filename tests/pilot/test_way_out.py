"""What evpilot has ready for the next fault: a stopping tail with every plan that the guard accepted."""

import dataclasses

import numpy as np
import pytest
from driving_scenes import CAR, actor, drive, one_lane, scene

from evpilot.guard.validator import TAIL_WINDOW, Validator
from evpilot.pilot import EvPilot
from evpilot.plan.planner import Plan, Planner
from evpilot.simulate.loop import simulate
from evpilot.types import ROAD, Source
from evpilot.vehicle import platforms


def without_tail(monkeypatch: pytest.MonkeyPatch, spoiled_after: int = 10**6, others: bool = False) -> None:
    """The planner finds no tail, and from a cycle on its best plans start 10 m from the car; without others it knows no
    second best."""
    plan, count = Planner.plan, 0

    def planned(self: Planner, *seen: object) -> Plan:
        nonlocal count
        count += 1
        made = dataclasses.replace(plan(self, *seen), tail=None)  # type: ignore[arg-type]
        if count <= spoiled_after:
            return made
        pose = made.trajectory.pose + np.array([0.0, 10.0, 0.0, 0.0])
        return dataclasses.replace(made, trajectory=dataclasses.replace(made.trajectory, pose=pose))

    monkeypatch.setattr(Planner, "plan", planned)
    if not others:
        monkeypatch.setattr(Planner, "another", lambda *_: None)


def test_a_plan_without_a_tail_is_driven_with_the_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    without_tail(monkeypatch)
    run = drive(scene(one_lane(), seconds=2.0))
    validator = Validator(CAR, ROAD, 0.1, run.briefing.graph)
    for frame in run.frames[:-1]:
        assert frame.decision is not None and frame.decision.tail is not None
        tail = frame.decision.tail
        assert not validator.check_trajectory(tail, frame.observation, "tail", TAIL_WINDOW, hard=True)
        assert abs(tail.speed[-1]) < 0.1


def test_when_the_next_plan_is_refused_the_car_stops_on_the_guards_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    without_tail(monkeypatch, spoiled_after=10)
    run = drive(scene(one_lane(), seconds=5.0))
    later = [frame.decision for frame in run.frames[10:-1]]
    assert all(d is not None and d.source == Source.TAIL and "starts away" in d.trace.reason for d in later)
    assert run.ego[-1, 4] == 0.0
    assert np.abs(run.ego[:, 1]).max() < 0.1


def test_where_the_best_plan_is_refused_the_next_best_is_driven(monkeypatch: pytest.MonkeyPatch) -> None:
    without_tail(monkeypatch, spoiled_after=10, others=True)
    run = drive(scene(one_lane(), speed=12.0, seconds=4.0))
    validator = Validator(CAR, ROAD, 0.1, run.briefing.graph)
    for frame in run.frames[10:-1]:
        assert frame.decision is not None and frame.decision.source == Source.NOMINAL
        assert not validator.check(frame.decision, frame.observation)
    assert run.ego[:, 4].min() > 11.0, "nobody brakes where there is another way to drive on"


def test_when_no_plan_and_no_tail_is_fit_the_car_stops_and_never_drives_a_refused_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_tail(monkeypatch, spoiled_after=0)
    run = drive(scene(one_lane(), speed=12.0, seconds=6.0))
    for frame in run.frames[:-1]:
        decision = frame.decision
        assert decision is not None and decision.source == Source.MINIMAL_RISK
        assert decision.trace is not None and "minimal risk stop: plan starts away" in decision.trace.reason
    assert run.ego[-1, 4] == 0.0
    assert run.ego[:, 5].min() > -4.1, "a minimal risk manoeuvre brakes with 4 m/s2 at most"
    assert np.abs(run.ego[:, 1]).max() < 0.1


def test_a_follower_is_expected_to_stop_behind_a_car_as_long_as_it_is() -> None:
    """The pilot of a long car expects others to keep clear of all of it."""
    sedan = platforms.load("sedan")
    lorry = dataclasses.replace(sedan, length=12.0, rear_to_center=4.6)
    follower = actor(1, (0.0, 0.0), (2.0, 0.0))
    ends: list[float] = []
    for car in (sedan, lorry):
        run = simulate(scene(one_lane(), follower, speed=0.0, seconds=1.5), EvPilot, platform=car)
        decision = run.frames[12].decision
        assert decision is not None and decision.predictions is not None
        ends.append(float(decision.predictions.pose[0, 0, -1, 0]))
    assert ends[1] < ends[0] - 2.0
