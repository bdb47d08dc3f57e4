"""The grand tour: one connected way of twenty minutes past places of every kind, alive where the ego is."""

import time

import numpy as np
import pytest

from evpilot.files import EvpilotError
from evpilot.maps.index import LaneIndex
from evpilot.maps.route import cost_to_go
from evpilot.scenarios import Behaviour, Scenario, library, load
from evpilot.scenarios.check import examine
from evpilot.sweep.scoring import library_cases
from evpilot.types import LaneKind, Priority, Turn


@pytest.fixture(scope="module")
def tour() -> Scenario:
    return library.build("grand_tour", 3, 0.5)


def test_it_is_a_connected_way_of_twenty_minutes(tour: Scenario):
    x, y, z, yaw = (float(value) for value in tour.start)
    way = float(cost_to_go(tour.graph, tour.goals)[LaneIndex(tour.graph).nearest(x, y, z, yaw)[0]])
    assert 11_000.0 < way < 14_000.0
    assert tour.last_step * tour.dt_ns * 1e-9 == pytest.approx(1620.0)


def test_places_of_every_kind_are_on_it(tour: Scenario):
    graph = tour.graph
    kinds = {int(kind) for kind in graph.kind}
    assert {LaneKind.MOTORWAY, LaneKind.ON_RAMP, LaneKind.OFF_RAMP, LaneKind.COUNTRY, LaneKind.PARKING} <= kinds
    ranks = {int(rank) for rank in graph.priority}
    assert {Priority.YIELD, Priority.PRIORITY, Priority.RIGHT_BEFORE_LEFT, Priority.ALL_WAY_STOP} <= ranks
    assert {int(turn) for turn in graph.turn} >= {Turn.LEFT, Turn.RIGHT, Turn.STRAIGHT}
    assert len(tour.lights) > 10
    assert len(graph.crosswalk_start) > 40


def test_everybody_who_moves_comes_with_the_ego_and_has_a_way(tour: Scenario):
    moving = [actor for actor in tour.actors if actor.behaviour != Behaviour.STATIC]
    assert len(moving) > 400
    assert all(actor.appears is not None for actor in moving)
    for actor in moving:
        if actor.behaviour != Behaviour.REACTIVE:
            continue
        for a, b in zip(actor.route, actor.route[1:], strict=False):
            beside = b in (tour.graph.left_neighbour[a], tour.graph.right_neighbour[a])
            assert b in tour.graph.successors(int(a)) or beside


def test_the_same_seed_gives_the_same_tour_and_another_another_soon_enough(tour: Scenario):
    begin = time.process_time()
    again, other = (library.build("grand_tour", seed) for seed in (3, 2))
    assert (time.process_time() - begin) / 2.0 < 12.0
    assert tour.sha256 == again.sha256 != other.sha256


def test_nothing_is_doubtful_about_it(tour: Scenario):
    report = examine(tour)
    assert report.sound, report.findings


def test_it_is_driven_only_when_it_is_named():
    assert "grand_tour" not in library.names()
    assert "grand_tour" in library.names(long=True)
    with pytest.raises(EvpilotError, match="nearest in name: grand_tour"):
        load("grand_tuor")
    assert all(case.family != "grand_tour" for case in library_cases((), [0]))
    assert [case.family for case in library_cases(("grand_tour",), [0])] == ["grand_tour"]


def test_difficulty_brings_more_traffic():
    count = [len(library.build("grand_tour", 0, difficulty).actors) for difficulty in (0.0, 1.0)]
    assert np.diff(count)[0] > 100
