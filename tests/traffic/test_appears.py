"""Who appears with the ego is not there before, and its time counts from then."""

from dataclasses import replace

import numpy as np

from evpilot.maps.builder import GraphBuilder
from evpilot.scenarios import Actor, Behaviour, Scenario, Trigger
from evpilot.simulate.traffic import make
from evpilot.types import EgoState, LaneGraph, Lights, ObjectKind

TICK = 100_000_000
HERE = Trigger(x=100.0, y=0.0, seconds=0.0, metres=50.0)
DARK = Lights(t_ns=0, index=np.zeros(0, np.int64), state=np.zeros(0, np.uint8), arrow=np.zeros(0, np.uint8))


def road() -> LaneGraph:
    builder = GraphBuilder()
    x = np.linspace(0.0, 400.0, 81)
    builder.lane(np.stack([x, 0 * x + 1.75], 1), np.stack([x, 0 * x - 1.75], 1), speed_limit=15.0)
    return builder.build()


def actor(number: int, motion: np.ndarray, behaviour: Behaviour, **more) -> Actor:
    return Actor(
        id=number, kind=ObjectKind.CAR, length=4.5, width=1.8, height=1.5, first_step=more.pop("first_step", 0),
        motion=motion, signals=np.zeros(len(motion), np.uint8), behaviour=behaviour, **more,
    )  # fmt: skip


def scenario() -> Scenario:
    """1 drives by a model, 2 passes beside the road as written, 3 waits beside it for us to come to 20 m; all appear
    when we are 50 m from x = 100, car 1 one second later."""
    drives = np.array([[200.0, 0.0, 0.0, 0.0, 10.0, 0.0]])
    passes = np.zeros((40, 6))
    passes[:, 0], passes[:, 1], passes[:, 4] = 200.0 + 0.5 * np.arange(40), 30.0, 5.0
    waits = passes.copy()
    waits[:, 1] = -30.0
    near = Trigger(x=100.0, y=0.0, seconds=0.0, metres=20.0)
    actors = (
        actor(1, drives, Behaviour.REACTIVE, route=np.array([0]), first_step=10, appears=HERE),
        actor(2, passes, Behaviour.SCRIPTED, appears=HERE),
        actor(3, waits, Behaviour.SCRIPTED, trigger=near, appears=HERE),
    )
    return Scenario(
        name="made", source="test", sha256="0" * 64, dt_ns=TICK, last_step=300, graph=road(),
        start=np.array([1.4, 0.0, 0.0, 0.0]), start_speed=10.0, actors=actors,
    )  # fmt: skip


def seen(places: list[float], one: Scenario) -> list[dict[int, float]]:
    """Who is where (x) in each tick, the ego's centre being at places [m] on the road."""
    traffic = make("reactive", one, 0, 4.7, 1.9)
    found = []
    for k, x in enumerate(places):
        ego = EgoState(
            t_ns=k * TICK, pose=np.array([x - 1.4, 0.0, 0.0, 0.0]), velocity=np.zeros(2), accel=np.zeros(2),
            yaw_rate=0.0, steering=0.0, cov=np.zeros((6, 6)),
        )  # fmt: skip
        now = traffic.step(k * TICK, ego, (4.7, 1.9), DARK)
        found.append(dict(zip(now.id.tolist(), now.state[:, 0].tolist(), strict=True)))
    return found


def test_they_appear_when_the_ego_comes_and_not_before():
    far, near, there = [10.0] * 20, [60.0] * 30, [90.0] * 15
    found = seen([*far, *near, *there], scenario())
    assert all(not now for now in found[:20])
    assert 2 in found[20] and 3 in found[20] and 1 not in found[20]
    assert found[20][2] == 200.0 and found[25][2] == 202.5, "its first row is that of the moment it appears"
    assert 1 not in found[29] and 1 in found[30], "one second later"
    assert found[30][1] == 200.0
    assert found[49][3] == 200.0 and found[64][3] > 205.0, "it still waits for what sets it off"
    assert 2 in found[59] and 2 not in found[62], "and is gone after its last row"


def test_without_it_they_are_there_from_the_start():
    one = scenario()
    now = seen([10.0] * 12, replace(one, actors=tuple(replace(actor, appears=None) for actor in one.actors)))
    assert set(now[0]) == {2, 3} and set(now[11]) == {1, 2, 3}
