"""The recorded scenarios: a quarter of them read, and what is known of them is found."""

import math
import time

import numpy as np
import pytest

from evpilot.maps.index import LaneIndex
from evpilot.maps.route import cost_to_go
from evpilot.scenarios import Behaviour
from evpilot.scenarios.check import examine
from evpilot.scenarios.commonroad import read

pytestmark = pytest.mark.data

# ../shared/reference/commonroad.md, "Unsolved"
START_IN_COLLISION = {
    "OSC_Overtake-1_1_T-1",
    "ZAM_Augmentation-1_1_S-3",
    "ZAM_Sandra-5838_1_T-1001",
    "ZAM_Sandra-5838_1_T-1001-set-no-rule",
    "ZAM_Sandra-5838_1_T-1001-set-with-rule",
    "ZAM_Urban-7_1_S-2",
    "ZAM_TestTurnLeft-2_1_S-2",
}
START_OFF_ROAD = {"DEU_Offline-1_1_T-1", "DEU_IV21-2_1_T-1"}


@pytest.fixture(scope="module")
def scenarios(data_dir):
    every = sorted((data_dir / "commonroad").rglob("*.xml"))
    assert len(every) == 228
    known = START_IN_COLLISION | START_OFF_ROAD
    files = [file for number, file in enumerate(every) if number % 4 == 0 or file.stem in known]
    begin = time.process_time()
    found = [read(file) for file in files]
    return found, (time.process_time() - begin) / len(files)


def test_files_read_quickly(scenarios):
    _, seconds = scenarios
    assert seconds < 0.5  # some 0.05 s on a quiet machine


def test_every_scenario_is_consistent(scenarios):
    for scenario in scenarios[0]:
        assert len({actor.id for actor in scenario.actors}) == len(scenario.actors)
        assert -math.pi < scenario.start[3] <= math.pi
        assert scenario.last_step > 0 and scenario.goals and scenario.benchmark_id
        for actor in scenario.actors:
            assert np.all(np.isfinite(actor.motion)) and len(actor.signals) == len(actor.motion)
            assert actor.behaviour == Behaviour.REPLAY or len(actor.motion) == 1
        graph = scenario.graph
        assert np.all(np.diff(graph.conflict_start) >= 0) and graph.conflict_start[-1] == len(graph.conflict)
        assert np.all(graph.conflict_span[:, 0] < graph.conflict_span[:, 1])
        owner = np.repeat(np.arange(len(graph)), np.diff(graph.conflict_start))
        yields = {
            (int(a), int(b)): bool(y) for a, b, y in zip(owner, graph.conflict, graph.conflict_yields, strict=True)
        }
        assert not any(both and yields[b, a] for (a, b), both in yields.items())


def test_known_bad_starts_are_found(scenarios):
    texts = {
        scenario.name: [one.text for one in examine(scenario).findings if one.serious] for scenario in scenarios[0]
    }
    in_collision = {name for name, found in texts.items() if any("starts in collision" in text for text in found)}
    off_road = {name for name, found in texts.items() if any("off the road" in text for text in found)}
    assert in_collision == START_IN_COLLISION
    assert off_road == START_OFF_ROAD


def test_every_goal_with_a_place_has_a_route_from_the_start(scenarios):
    for scenario in scenarios[0]:
        if any(goal.survival for goal in scenario.goals):
            continue
        cost = cost_to_go(scenario.graph, scenario.goals)
        here = LaneIndex(scenario.graph).lanes_at(*scenario.start[:3].tolist())
        assert len(here) and np.min(cost[here]) < np.inf, scenario.name


def test_moving_cars_move_as_fast_as_recorded(scenarios):
    """Speed and place of a recording agree: a check of time step, heading and units at once."""
    off: list[float] = []
    for scenario in scenarios[0][::2]:
        for actor in scenario.actors:
            if len(actor.motion) > 10:
                way = float(np.sum(np.hypot(*np.diff(actor.motion[:, :2], axis=0).T)))
                told = float(np.sum(np.abs(actor.motion[:-1, 4]))) * scenario.dt_ns * 1e-9
                off.append(abs(way - told) / max(way, 5.0))
    assert np.median(off) < 0.05
