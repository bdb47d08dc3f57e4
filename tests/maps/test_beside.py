"""Neighbours by geometry."""

import numpy as np
import pytest
from made_maps import arc, straight

from evpilot.maps.beside import _runs_along
from evpilot.maps.builder import GraphBuilder


def test_lanes_side_by_side_become_neighbours():
    builder = GraphBuilder()
    right, left = (straight(builder, 0.0, 50.0, y) for y in (0.0, 3.5))
    oncoming = straight(builder, -50.0, 0.0, -7.0, np.pi)
    graph = builder.build(find_neighbours=True)
    assert graph.left_neighbour[right] == left and graph.left_same[right]
    assert graph.right_neighbour[left] == right and graph.right_same[left]
    assert graph.left_neighbour[left] == oncoming and not graph.left_same[left]
    assert graph.left_neighbour[oncoming] == left and not graph.left_same[oncoming]
    assert graph.right_neighbour[right] == -1


def test_bends_side_by_side_become_neighbours():
    builder = GraphBuilder()
    inner, outer = arc(builder, (0, 0), 20.0, 0.0, 1.5), arc(builder, (0, 0), 23.5, 0.0, 1.5)
    graph = builder.build(find_neighbours=True)
    assert graph.left_neighbour[outer] == inner and graph.right_neighbour[inner] == outer


@pytest.mark.parametrize(
    "second",
    [
        lambda builder: straight(builder, 0.0, 50.0, 5.0),  # a verge between
        lambda builder: straight(builder, 45.0, 95.0, 3.5),  # beside for a tenth only
        lambda builder: straight(builder, -25.0, 25.0, 0.0, 1.57),  # across
        lambda builder: builder.lane([(0, 5.25, 6), (50, 5.25, 6)], [(0, 1.75, 6), (50, 1.75, 6)]),  # on a bridge
    ],
)
def test_what_is_not_beside(second):
    builder = GraphBuilder()
    straight(builder, 0.0, 50.0, 0.0)
    second(builder)
    graph = builder.build(find_neighbours=True)
    assert graph.left_neighbour.tolist() == graph.right_neighbour.tolist() == [-1, -1]


def test_what_the_map_says_stays_and_nothing_is_sought_unasked():
    builder = GraphBuilder()
    right, left, far = (straight(builder, 0.0, 50.0, y) for y in (0.0, 3.5, 10.0))
    assert builder.build().left_neighbour.tolist() == [-1, -1, -1]
    builder.beside(right, left=far)
    graph = builder.build(find_neighbours=True)
    assert graph.left_neighbour[right] == far and graph.left_neighbour[left] == -1


def test_runs_along_in_python_as_compiled():
    bound = np.array([(0.0, 0.0), (10.0, 0.0), (20.0, 5.0)])
    assert _runs_along.py_func(5.0, 0.3, 0.0, bound, 0, 2, 1.0)
    assert _runs_along.py_func(5.0, 0.3, np.pi, bound, 0, 2, -1.0)
    assert not _runs_along.py_func(5.0, 0.7, 0.0, bound, 0, 2, 1.0)
    assert not _runs_along.py_func(15.0, 2.5, 0.0, bound, 0, 2, 1.0)
