"""What the builder works out by itself."""

import numpy as np
import pytest
from made_maps import arc, bridge, crossing, motorway, straight

from evpilot.files import EvpilotError
from evpilot.maps.builder import GraphBuilder
from evpilot.types import Arrow, LaneKind, Priority, StopKind, Turn, User


def conflict(graph, a, b):
    """Span on a, span on b, and whether a yields to b; None when they do not conflict."""
    rows = range(int(graph.conflict_start[a]), int(graph.conflict_start[a + 1]))
    found = [k for k in rows if graph.conflict[k] == b]
    if not found:
        return None
    (k,) = found
    return graph.conflict_span[k, :2], graph.conflict_span[k, 2:], bool(graph.conflict_yields[k])


def yields(graph, a, b):
    found = conflict(graph, a, b)
    assert found is not None
    return found[2]


def test_center_arc_and_length_follow_the_bounds():
    builder = GraphBuilder()
    lane = arc(builder, (0.0, 0.0), 20.0, 0.0, np.pi)
    graph = builder.build()
    rows = graph.points(lane)
    assert np.allclose(np.hypot(*graph.center[rows, :2].T), 20.0)
    assert graph.length[lane] == pytest.approx(20.0 * np.pi, rel=2e-3)
    assert graph.arc[rows][0] == 0.0 and graph.arc[rows][-1] == graph.length[lane]


def test_predecessors_mirror_successors():
    graph, lanes = motorway()
    assert sorted(graph.predecessors(lanes["right2"])) == sorted([lanes["right"], lanes["ramp"]])
    assert list(graph.successors(lanes["ramp"])) == [lanes["right2"]]


def test_turns_and_junction_are_inferred_from_geometry():
    graph, arms = crossing()
    for arm in arms:
        assert graph.turn[arm["left"]] == Turn.LEFT
        assert graph.turn[arm["right"]] == Turn.RIGHT
        assert graph.turn[arm["straight"]] == Turn.STRAIGHT
        assert graph.junction[arm["straight"]] == graph.junction[arms[0]["left"]] >= 0
        assert graph.junction[arm["in"]] == graph.junction[arm["out"]] == -1


def test_crossing_lanes_conflict_where_their_areas_meet():
    graph, arms = crossing()
    mine, theirs, _ = conflict(graph, arms[0]["straight"], arms[1]["straight"])
    # from the west at y = -1.75 and from the south at x = 1.75, each 3.5 m wide
    assert mine == pytest.approx([10.0, 13.5], abs=1.0)
    assert theirs == pytest.approx([6.5, 10.0], abs=1.0)
    assert conflict(graph, arms[0]["straight"], arms[2]["straight"]) is None


def test_conflicts_are_listed_from_both_sides():
    graph, _ = crossing()
    owner = np.repeat(np.arange(len(graph)), np.diff(graph.conflict_start))
    pairs = {(int(a), int(b)): span for a, b, span in zip(owner, graph.conflict, graph.conflict_span, strict=True)}
    for (a, b), span in pairs.items():
        assert np.array_equal(pairs[b, a], span[[2, 3, 0, 1]])


def test_lanes_that_part_or_join_share_their_spans():
    graph, arms = crossing()
    mine, theirs, gives_way = conflict(graph, arms[0]["straight"], arms[0]["left"])
    assert mine[0] == theirs[0] == 0.0
    assert not gives_way and not yields(graph, arms[0]["left"], arms[0]["straight"])
    mine, theirs, _ = conflict(graph, arms[0]["straight"], arms[3]["left"])
    assert mine[1] == pytest.approx(graph.length[arms[0]["straight"]])
    assert theirs[1] == pytest.approx(graph.length[arms[3]["left"]])


def test_neighbours_and_successors_never_conflict():
    graph, lanes = motorway()
    assert conflict(graph, lanes["left"], lanes["right"]) is None
    assert conflict(graph, lanes["ramp"], lanes["right2"]) is None
    assert conflict(graph, lanes["left"], lanes["right2"]) is None


def test_roads_above_each_other_do_not_conflict():
    graph, _, _ = bridge()
    assert len(graph.conflict) == 0


def test_right_before_left_where_nothing_is_marked():
    graph, arms = crossing()
    # arm 1 comes from the south, on the right of who comes from the west
    assert yields(graph, arms[0]["straight"], arms[1]["straight"])
    assert not yields(graph, arms[1]["straight"], arms[0]["straight"])


def test_left_turn_waits_for_oncoming_traffic():
    graph, arms = crossing()
    assert yields(graph, arms[0]["left"], arms[2]["straight"])
    assert yields(graph, arms[0]["left"], arms[2]["right"])
    assert not yields(graph, arms[2]["straight"], arms[0]["left"])


@pytest.mark.parametrize("minor", [Priority.YIELD, Priority.STOP])
def test_signs_beat_right_before_left(minor):
    graph, arms = crossing((Priority.PRIORITY, minor, Priority.PRIORITY, minor))
    assert not yields(graph, arms[0]["straight"], arms[1]["straight"])
    assert yields(graph, arms[1]["straight"], arms[0]["straight"])
    assert yields(graph, arms[1]["right"], arms[0]["straight"])
    assert graph.priority[arms[1]["left"]] == minor
    # between the two minor arms the left turn waits
    assert yields(graph, arms[1]["left"], arms[3]["straight"])


def test_signs_and_lights_get_a_stop_line_at_the_end():
    graph, arms = crossing((Priority.STOP, Priority.YIELD, Priority.PRIORITY, Priority.UNMARKED))
    kinds = dict(zip(graph.stop_lane.tolist(), graph.stop_kind.tolist(), strict=True))
    assert kinds == {arms[0]["in"]: StopKind.STOP_SIGN, arms[1]["in"]: StopKind.YIELD_SIGN}
    assert graph.stop_s == pytest.approx(50.0)
    assert graph.stop_line[0, :, :2] == pytest.approx(np.array([[-10.0, 0.0], [-10.0, -3.5]]))


def test_lights_leave_only_the_left_turn_waiting():
    graph, arms = crossing(lights=True)
    assert not yields(graph, arms[0]["straight"], arms[1]["straight"])
    assert yields(graph, arms[0]["left"], arms[2]["straight"])
    assert set(graph.stop_kind.tolist()) == {StopKind.LIGHT}
    assert list(graph.lights_of(arms[2]["in"])) == [2]


def test_slip_road_waits_for_the_motorway():
    graph, lanes = motorway()
    assert yields(graph, lanes["ramp"], lanes["right"])
    assert not yields(graph, lanes["right"], lanes["ramp"])


def test_explicit_stop_line_keeps_its_place_and_takes_the_lights_kind():
    builder = GraphBuilder()
    lane = straight(builder, 0.0, 50.0, 0.0)
    builder.stop_line(lane, 42.0, points=[(42.0, 1.75), (42.0, -1.75)])
    builder.light([lane], (45.0, -3.0, 5.0, np.pi), Arrow.LEFT, light_id=77)
    graph = builder.build()
    assert graph.stop_s.tolist() == [42.0] and graph.stop_kind.tolist() == [StopKind.LIGHT]
    assert graph.light_id.tolist() == [77] and graph.light_arrow.tolist() == [Arrow.LEFT]


def test_crosswalk_finds_its_lanes_and_spans():
    builder = GraphBuilder()
    one = straight(builder, 0.0, 50.0, 0.0)
    other = straight(builder, -50.0, 0.0, -3.5, np.pi, kind=LaneKind.COUNTRY)
    builder.crosswalk([(20.0, -5.0), (24.0, -5.0), (24.0, 10.0), (20.0, 10.0)])
    builder.crosswalk([(20.0, -5.0), (24.0, -5.0), (24.0, 10.0), (20.0, 10.0)], lanes=[one])
    graph = builder.build()
    assert graph.crosswalk_lane.tolist() == [one, other, one]
    assert graph.crosswalk_lane_start.tolist() == [0, 2, 3]
    assert graph.crosswalk_span[0] == pytest.approx([20.0, 24.0], abs=0.3)
    assert graph.crosswalk_span[1] == pytest.approx([26.0, 30.0], abs=0.3)


def test_mirrored_neighbours_fill_what_the_other_lane_leaves_out():
    builder = GraphBuilder()
    left, right, oncoming = (straight(builder, 0.0, 50.0, y) for y in (3.5, 0.0, 7.0))
    builder.beside(right, left=left)
    builder.beside(left, left=oncoming, same=False)
    builder.mirror_neighbours()
    graph = builder.build()
    assert graph.right_neighbour[left] == right and graph.right_same[left]
    assert graph.left_neighbour[oncoming] == left and not graph.left_same[oncoming]


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ([(0, 0), (1, 0)], [(0, -1)], "same number"),
        ([(0, 0)], [(0, -1)], "fewer than two"),
        ([(0, 0), (0, 0)], [(0, -1), (0, -1)], "length 0 m"),
        ([(0, 0), (np.nan, 0)], [(0, -1), (1, -1)], "not finite"),
        ([(0, 0, 0, 0), (1, 0, 0, 0)], [(0, -1), (1, -1)], "shape"),
    ],
)
def test_bad_bounds_are_refused(left, right, message):
    with pytest.raises(EvpilotError, match=message):
        GraphBuilder().lane(left, right, lane_id=5)


def test_a_map_without_lanes_is_refused():
    with pytest.raises(EvpilotError, match="no lanes"):
        GraphBuilder().build()


def test_bad_speed_limit_is_refused():
    with pytest.raises(EvpilotError, match="speed limit"):
        straight(GraphBuilder(), 0.0, 1.0, 0.0, speed_limit=0.0)


def test_crosswalk_lane_is_no_junction_and_goes_first():
    builder = GraphBuilder()
    road = straight(builder, 0.0, 50.0, 0.0)
    walk = builder.lane(
        [(20.0, -5.0), (20.0, 5.0)], [(23.0, -5.0), (23.0, 5.0)], kind=LaneKind.CROSSWALK, users=User.PEDESTRIAN
    )
    graph = builder.build()
    assert graph.junction.tolist() == [-1, -1]
    assert yields(graph, road, walk) and not yields(graph, walk, road)


def test_lanes_across_a_named_junction_belong_to_it_and_others_get_new_numbers():
    builder = GraphBuilder()
    named = straight(builder, -10.0, 10.0, 0.0, junction=0)
    across = straight(builder, -10.0, 10.0, 0.0, 0.5 * np.pi)
    far = [straight(builder, 100.0, 120.0, 0.0)]
    far.append(builder.lane([(108.0, -10.0), (108.0, 10.0)], [(111.0, -10.0), (111.0, 10.0)]))
    graph = builder.build()
    assert graph.junction[[named, across]].tolist() == [0, 0]
    assert graph.junction[far].tolist() == [1, 1]
