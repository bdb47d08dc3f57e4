"""The privileged pilot knows what comes, nobody else does; the frozen one goes nowhere; a pilot without a part lacks
that part and nothing else."""

import dataclasses

import numpy as np
import pytest

from evpilot.evaluate import judge
from evpilot.maps.builder import GraphBuilder
from evpilot.maps.index import LaneIndex
from evpilot.pilot import EvPilot
from evpilot.pilot.baselines.frozen import FrozenPilot
from evpilot.pilot.baselines.privileged import KNOTS, STAYS, Future, PrivilegedPilot
from evpilot.pilot.evpilot import Parts
from evpilot.plan.road import Road
from evpilot.predict.predictor import Predictor
from evpilot.scenarios import Actor, Behaviour, Scenario, Trigger
from evpilot.simulate.world import Secrets, World
from evpilot.sweep.driving import drive
from evpilot.types import (
    ROAD,
    Briefing,
    EgoState,
    Goal,
    LaneGraph,
    Lights,
    ObjectKind,
    Observation,
    Tracks,
    Trajectory,
)
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")
GOAL = Goal(regions=(np.array([[150.0, -2.0], [160.0, -2.0], [160.0, 2.0], [150.0, 2.0]]),))
DARK = Lights(t_ns=0, index=np.zeros(0, np.int64), state=np.zeros(0, np.uint8), arrow=np.zeros(0, np.uint8))


def road(lanes: int = 1) -> LaneGraph:
    builder = GraphBuilder()
    x = np.linspace(0.0, 400.0, 81)
    made = [
        builder.lane(np.stack([x, 0 * x + y + 1.75], 1), np.stack([x, 0 * x + y - 1.75], 1), speed_limit=15.0)
        for y in (3.5 * k for k in range(lanes))
    ]
    if lanes > 1:
        builder.neighbours(made[1], made[0])
    return builder.build()


def actor(number: int, motion: np.ndarray, behaviour: Behaviour, **more) -> Actor:
    return Actor(
        id=number, kind=ObjectKind.CAR, length=4.5, width=1.8, height=1.5, first_step=0, motion=motion,
        signals=np.zeros(len(motion), np.uint8), behaviour=behaviour, **more,
    )  # fmt: skip


def scenario() -> Scenario:
    """A car that follows us by a model, and one that crosses our road 90 m ahead once we are 60 m before it."""
    across = np.zeros((80, 6))
    across[:, 0], across[:, 1] = 100.0, 12.0 - 0.5 * np.arange(80)
    across[:, 3], across[1:, 4] = -np.pi / 2.0, 5.0
    behind = np.array([[10.0, 0.0, 0.0, 0.0, 10.0, 0.0]])
    crossing = actor(2, across, Behaviour.SCRIPTED, trigger=Trigger(x=100.0, y=0.0, seconds=0.0, metres=60.0))
    return Scenario(
        name="crossed", source="test", sha256="0" * 64, dt_ns=100_000_000, last_step=300, graph=road(),
        start=np.array([30.0, 0.0, 0.0, 0.0]), start_speed=10.0, goals=(GOAL,),
        actors=(actor(1, behind, Behaviour.REACTIVE, route=np.array([0])), crossing),
    )  # fmt: skip


def briefing(one: Scenario) -> Briefing:
    return Briefing(
        graph=one.graph, goals=one.goals, platform=SEDAN, limits=ROAD, period_ns=100_000_000, start_ns=0,
        end_ns=30_000_000_000, seed=0,
    )  # fmt: skip


def ego_at(t_ns: int, x: float, speed: float) -> EgoState:
    return EgoState(
        t_ns=t_ns, pose=np.array([x, 0.0, 0.0, 0.0]), velocity=np.array([speed, 0.0]), accel=np.zeros(2),
        yaw_rate=0.0, steering=0.0, cov=np.zeros((6, 6)),
    )  # fmt: skip


def observed(ego: EgoState) -> Observation:
    return Observation(
        t_ns=ego.t_ns, ego=ego, tracks=None, detections=None, lights=DARK, visible_range=np.full(16, 200.0),
        friction=1.0, sight=1e4,
    )  # fmt: skip


def steps(world: World, first: int, count: int, speed: float = 10.0) -> list[Tracks]:
    return [
        world.truth(k * 100_000_000, ego_at(k * 100_000_000, 30.0 + 0.1 * speed * k, speed)).objects
        for k in range(first, first + count)
    ]


def test_a_forked_world_goes_its_own_way_and_leaves_the_first_as_it_was():
    alone, forked = (World(scenario(), "reactive", 3, SEDAN) for _ in range(2))
    steps(alone, 0, 5)
    steps(forked, 0, 5)
    twin = forked.fork()
    steps(twin, 5, 40, speed=2.0)
    again = [one.state for one in steps(forked, 5, 40)]
    for one, other in zip(again, (one.state for one in steps(alone, 5, 40)), strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(again[-1], steps(twin, 45, 1, speed=2.0)[0].state)


def test_the_future_is_what_then_happens():
    one = scenario()
    future = Future(briefing(one), Secrets(scenario=one, traffic="reactive", seed=3, platform=SEDAN))
    world = World(one, "reactive", 3, SEDAN)
    t = np.linspace(0.0, 9.0, 91)
    pose = np.zeros((91, 4))
    pose[:, 0] = 30.0 + 10.0 * t
    future.plan = Trajectory(
        t_ns=0, time=t, pose=pose, speed=np.full(91, 10.0), accel=np.zeros(91), curvature=np.zeros(91)
    )
    now = steps(world, 0, 1)[0]
    future._world.truth(0, ego_at(0, 30.0, 10.0))
    told = future.predict(now, DARK, ego_at(0, 30.0, 10.0))
    then = steps(world, 1, 80)
    for knot, seconds in enumerate(KNOTS[1:], 1):
        truth = then[round(seconds * 10.0) - 1]
        assert np.allclose(told.pose[:, 0, knot], truth.state[:, :4], atol=1e-6)
    crossed = told.pose[1, 0, :, 1]
    assert crossed[0] == pytest.approx(12.0)
    assert crossed[-1] < 0.0, "it knows what our coming will set off"
    assert told.prob[0].tolist() == [1.0, 0.0]  # drives
    assert told.prob[1].tolist() == pytest.approx([1.0 - STAYS, STAYS])  # stands, and the guard expects it to
    assert np.allclose(told.pose[1, 1], now.state[1, :4])


def test_who_would_have_to_brake_hard_for_us_is_expected_to_come_as_if_we_stopped():
    """We plan to move over before a car that is faster; it could only brake."""
    fast = np.array([[8.0, 3.5, 0.0, 0.0, 14.0, 0.0]])
    beside = actor(1, fast, Behaviour.REACTIVE, route=np.array([1]))
    one = dataclasses.replace(scenario(), graph=road(2), actors=(beside,))
    t = np.linspace(0.0, 9.0, 91)
    over = np.column_stack([30.0 + 5.0 * t, np.clip(2.5 * t, 0.0, 3.5), 0.0 * t, 0.0 * t])
    halt = np.maximum(5.0 - 5.0 * t, 0.0)
    stay = np.column_stack([30.0 + np.concatenate([[0.0], np.cumsum(0.1 * halt[1:])]), 0.0 * t, 0.0 * t, 0.0 * t])
    moved, stopped = (
        Trajectory(t_ns=0, time=t, pose=pose, speed=speed, accel=np.zeros(91), curvature=np.zeros(91))
        for pose, speed in ((over, np.full(91, 5.0)), (stay, halt))
    )
    seen: list[float] = []
    for stop in (None, stopped):
        future = Future(briefing(one), Secrets(scenario=one, traffic="reactive", seed=3, platform=SEDAN))
        future.plan, future.stop = moved, stop
        ego = ego_at(0, 30.0, 5.0)
        told = future.predict(future.now(observed(ego)), DARK, ego)
        seen.append(float(told.pose[0, 0, KNOTS.tolist().index(4.2), 0]))
    assert seen[0] < 8.0 + 14.0 * 4.2 - 8.0
    assert seen[1] == pytest.approx(8.0 + 14.0 * 4.2, abs=3.0)


def test_only_a_class_that_says_so_is_told_the_secrets():
    made: list[dict[str, object]] = []

    class Plain(FrozenPilot):
        def __init__(self, briefing: Briefing, **more: object) -> None:
            made.append(more)
            super().__init__(briefing)

    class Told(Plain):
        privileged = True

    drive(scenario(), pilot=Plain)
    drive(scenario(), pilot=Told)
    assert made[0] == {}
    assert isinstance(made[1]["secrets"], Secrets)


def test_the_privileged_pilot_lets_the_hidden_one_pass_and_gets_there():
    verdict = judge(drive(scenario(), pilot=PrivilegedPilot))
    assert verdict.success, verdict.shortfalls


def test_the_frozen_pilot_stops_where_it_is_and_fails():
    run = drive(scenario(), pilot=FrozenPilot)
    verdict = judge(run)
    assert run.ego[-1, 0] < 50.0
    assert verdict.shortfalls[0] == "goal"
    assert "idle" in verdict.shortfalls


def test_without_lane_changes_no_lane_beside_is_offered():
    two = briefing(scenario())
    two = Briefing(**{name: getattr(two, name) for name in Briefing.__slots__} | {"graph": road(2)})
    index = LaneIndex(two.graph)
    ego = ego_at(0, 30.0, 10.0)
    assert [way.path.lanes[0] for way in Road(two, index).ways(ego)] == [0, 1]
    assert [way.path.lanes[0] for way in Road(two, index, lane_changes=False).ways(ego)] == [0]


def test_without_fitted_drivers_a_slow_one_is_expected_to_speed_up():
    """On a free road with a limit of 15 m/s someone has driven 6 m/s for ten seconds."""
    one = scenario()
    ends: list[float] = []
    for fitted in (True, False):
        predictor = Predictor(one.graph, LaneIndex(one.graph), 0.1, SEDAN, fitted=fitted)
        for k in range(100):
            slow = slow_car(k, 50.0 + 0.6 * k)
            told = predictor.predict(slow, DARK, ego_at(k * 100_000_000, 1.0, 0.0))
        ends.append(float(told.pose[0, 0, -1, 0]) - 109.4)
    assert ends[0] < 60.0
    assert ends[1] > ends[0] + 8.0


def slow_car(k: int, x: float) -> Tracks:
    return Tracks(
        t_ns=k * 100_000_000, id=np.array([1]), kind=np.array([ObjectKind.CAR], np.uint8),
        state=np.array([[x, 0.0, 0.0, 0.0, 6.0, 0.0, 0.0]]), velocity=np.array([[6.0, 0.0]]),
        cov=np.zeros((1, 6, 6)), size=np.array([[4.5, 1.8]]), age=np.array([0.1 * k]),
        signals=np.zeros(1, np.uint8), valid=np.ones(1, np.bool_),
    )  # fmt: skip


def test_without_reactive_scoring_the_planner_never_asks_how_others_answer(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    from evpilot.plan import planner as planning

    real = planning.rescore
    monkeypatch.setattr(planning, "rescore", lambda *a: (asked.append(1), real(*a))[1])

    def short(parts: Parts) -> int:
        asked.clear()
        one = EvPilot(briefing(scenario()), parts=parts)
        run = drive(scenario(), pilot=type("One", (), {"__init__": lambda self, b: None, "step": one.step}))
        assert run.frames
        return len(asked)

    assert short(Parts(reactive=False)) == 0
    assert short(Parts()) > 0
