"""What a sound CommonRoad file becomes."""

import math

import numpy as np
import pytest
import small_file as small

from evpilot.geometry.boxes import corners
from evpilot.scenarios import Behaviour, Motion, load
from evpilot.scenarios.commonroad import read
from evpilot.types import Arrow, LaneKind, LightState, Marking, ObjectKind, Priority, Signal, StopKind, Turn, User


@pytest.fixture
def scenario(write):
    return read(write(small.small_2020a()))


def lane_of(scenario, identity):
    return scenario.graph.lane_id.tolist().index(identity)


def actors_of(scenario, identity):
    return [actor for actor in scenario.actors if actor.id == identity]


def test_header_names_the_benchmark(scenario):
    assert scenario.benchmark_id == "ZAM_Small-1_1_T-1" and scenario.format_version == "2020a"
    assert scenario.dt_ns == 100_000_000 and scenario.problem_id == 70
    assert scenario.tags == ("urban", "two_lane")
    assert len(scenario.sha256) == 64


def test_start_is_the_box_centre(scenario):
    assert scenario.start.tolist() == [5.0, -1.75, 0.0, 0.0]
    assert scenario.start_speed == 8.0 and scenario.start_accel == 0.0


@pytest.mark.parametrize(("yaw", "wrapped"), [(4.0, 4.0 - 2 * math.pi), (-3.5, -3.5 + 2 * math.pi), (math.pi, math.pi)])
def test_start_heading_is_wrapped_and_the_files_kept(write, yaw, wrapped):
    start = small.START.replace(small.exact("orientation", 0.0), small.exact("orientation", yaw))
    scenario = read(write(small.small_2020a().replace(small.START, start)))
    assert scenario.start[3] == pytest.approx(wrapped)
    assert scenario.start_yaw_in_file == yaw


def test_initial_acceleration_is_read(write):
    start = small.START.replace("</initialState>", small.exact("acceleration", -1.5) + "</initialState>")
    assert read(write(small.small_2020a().replace(small.START, start))).start_accel == -1.5


def test_lanes_have_bounds_kind_users_markings(scenario):
    graph = scenario.graph
    one, three, six = (lane_of(scenario, k) for k in (1, 3, 6))
    assert graph.left[graph.points(one), :2].tolist() == [[0.0, 0.0], [20.0, 0.0], [40.0, 0.0]]
    assert graph.kind[one] == LaneKind.URBAN and graph.kind[six] == LaneKind.CROSSWALK
    assert graph.kind[lane_of(scenario, 4)] == LaneKind.UNKNOWN
    assert graph.users[one] == User.VEHICLE
    assert graph.users[three] == graph.users_against[three] == User.CAR
    assert graph.users[six] == User.PEDESTRIAN | User.BICYCLE
    assert (graph.left_marking[one], graph.right_marking[one]) == (Marking.DASHED, Marking.SOLID)
    assert graph.left_marking[six] == Marking.UNKNOWN


def test_lanes_connect_from_either_side(scenario):
    graph = scenario.graph
    one, two, three, four = (lane_of(scenario, k) for k in (1, 2, 3, 4))
    assert graph.successors(one).tolist() == [four] and graph.predecessors(four).tolist() == [one]
    assert graph.left_neighbour[one] == two and graph.left_same[one]
    assert graph.left_neighbour[two] == three and not graph.left_same[two]
    assert graph.left_neighbour[three] == two and not graph.left_same[three]


def links(scenario) -> set[tuple[int, int]]:
    graph = scenario.graph
    return {
        (int(graph.lane_id[lane]), int(graph.lane_id[after]))
        for lane in range(len(graph))
        for after in graph.successors(lane)
    }


def test_a_link_the_wrong_way_round_is_turned(write):
    sound = small.small_2020a()
    wrong = read(
        write(sound.replace('<predecessor ref="4"/>', '<successor ref="4"/>').replace('<successor ref="5"/>', ""))
    )
    assert links(wrong) == links(read(write(sound)))
    assert any("4 is said to follow 5 but leads to it" in remark for remark in wrong.remarks)
    assert not read(write(sound)).remarks


def test_a_link_that_leaps_over_the_map_is_left_out(write):
    wrong = read(write(small.small_2020a().replace('<successor ref="5"/>', '<successor ref="5"/><successor ref="2"/>')))
    assert (4, 2) not in links(wrong) and (4, 5) in links(wrong)
    assert any("2 is said to follow 4 but begins 60.1 m from its end" in remark for remark in wrong.remarks)


def test_lanes_that_meet_are_linked_where_the_file_says_nothing(write):
    silent = small.small_2020a().replace('<successor ref="5"/>', "").replace('<predecessor ref="4"/>', "")
    assert (4, 5) in links(read(write(silent)))
    assert any(
        "no lanelet is said to follow 4, and 5 begins where it ends" in one for one in read(write(silent)).remarks
    )
    # a file that says where a lane goes on is believed
    assert (2, 4) not in links(read(write(small.small_2020a())))


def test_speed_limit_by_sign_in_2020a(scenario):
    assert scenario.graph.speed_limit[lane_of(scenario, 1)] == 13.89
    assert math.isinf(scenario.graph.speed_limit[lane_of(scenario, 2)])
    assert scenario.graph.sign_code[:2] == ("274", "205") and scenario.graph.sign_value[0] == "13.89"


def test_yield_sign_becomes_priority_and_intersection_turn(scenario):
    graph, four = scenario.graph, lane_of(scenario, 4)
    assert graph.priority[four] == Priority.YIELD
    assert graph.junction[four] == 0 and graph.turn[four] == Turn.STRAIGHT


def test_stop_line_without_points_is_at_the_end(scenario):
    graph = scenario.graph
    k = graph.stop_lane.tolist().index(lane_of(scenario, 1))
    assert graph.stop_s[k] == 40.0 and graph.stop_kind[k] == StopKind.LIGHT
    assert graph.stop_line[k, :, :2].tolist() == [[40.0, 0.0], [40.0, -3.5]]


def test_stop_line_with_points_is_where_they_are(write):
    line = f"<stopLine>{small.point(35.0, 0.0)}{small.point(35.0, -3.5)}"
    graph = read(write(small.small_2020a().replace("<stopLine>", line))).graph
    assert graph.stop_s[0] == 35.0


def test_crosswalk_lies_across_the_lanes(scenario):
    graph = scenario.graph
    crossed = {int(graph.lane_id[lane]) for lane in graph.crosswalk_lane}
    assert crossed == {4, 6}
    span = graph.crosswalk_span[graph.crosswalk_lane.tolist().index(lane_of(scenario, 4))]
    assert span == pytest.approx([10.0, 13.0], abs=0.3)


def test_light_has_its_place_arrow_lanes_and_cycle(scenario):
    graph = scenario.graph
    assert graph.light_id.tolist() == [30] and graph.light_lane.tolist() == [lane_of(scenario, 1)]
    assert graph.light_arrow[0] == Arrow.LEFT | Arrow.STRAIGHT
    assert graph.light_pose[0].tolist() == pytest.approx([40.0, -4.0, 0.0, math.pi])
    (program,) = scenario.lights
    # the first phase begins at step 10, so that red and amber end there
    expected = {0.0: LightState.RED, 0.6: LightState.RED_AMBER, 1.05: LightState.GREEN, 3.95: LightState.GREEN}
    expected |= {4.05: LightState.AMBER, 5.05: LightState.RED, 8.95: LightState.RED, 9.05: LightState.RED_AMBER}
    assert {t: program.at(t) for t in expected} == expected


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("<active>true</active>", "<active>false</active>", LightState.DARK),
        (">red<", ">inactive<", LightState.DARK),
        ("<timeOffset>10</timeOffset>", "", LightState.GREEN),
        ("<timeOffset>10</timeOffset>", "<timeOffset>-32</timeOffset>", LightState.AMBER),
    ],
)
def test_light_at_the_start(write, old, new, state):
    scenario = read(write(small.small_2020a().replace(old, new)))
    assert scenario.lights[0].at(0.0) == state


def test_light_without_a_place_stands_at_its_lanes_end(write):
    bare = small.LIGHT.replace(f"<position>{small.point(40.0, -4.0)}</position><direction>leftStraight</direction>", "")
    graph = read(write(small.small_2020a().replace(small.LIGHT, bare))).graph
    assert graph.light_pose[0, :2].tolist() == [40.0, -3.5] and graph.light_arrow[0] == Arrow.ALL


def test_parked_car_stands(scenario):
    (actor,) = actors_of(scenario, 50)
    assert (actor.kind, actor.behaviour) == (ObjectKind.PARKED, Behaviour.STATIC)
    assert (actor.length, actor.width) == (4.5, 2.0)
    assert actor.motion[:, :4].tolist() == [[80.0, -3.0, 0.0, pytest.approx(0.1)]]


def test_moving_car_is_replayed_with_its_signals(scenario):
    (actor,) = actors_of(scenario, 51)
    assert (actor.kind, actor.behaviour, actor.first_step) == (ObjectKind.CAR, Behaviour.REPLAY, 0)
    assert actor.motion[:, Motion.X] == pytest.approx(25.0 + 0.5 * np.arange(9))
    assert actor.motion[:, Motion.ACCEL].tolist() == [0.1] + [0.0] * 8
    assert actor.signals.tolist() == [Signal.BRAKE] * 2 + [Signal.LEFT] * 7


def test_walker_without_speeds_and_with_a_gap_is_filled_in(scenario):
    (actor,) = actors_of(scenario, 52)
    assert actor.kind == ObjectKind.PEDESTRIAN and (actor.length, actor.width) == pytest.approx((0.8, 0.8))
    assert actor.motion[:, Motion.Y] == pytest.approx(-8.0 + 0.14 * np.arange(6))
    assert actor.motion[:, Motion.SPEED] == pytest.approx(1.4, abs=1e-3)


def test_interval_states_become_their_middle_in_a_box_that_covers_them(scenario):
    (actor,) = actors_of(scenario, 53)
    assert actor.motion[0, [Motion.X, Motion.Y, Motion.YAW, Motion.SPEED]] == pytest.approx([100.0, -1.75, 0.01, 10.0])
    assert actor.length == pytest.approx(8.6, abs=0.02) and actor.width == pytest.approx(2.9, abs=0.02)


def test_set_based_prediction_covers_its_polygons_in_their_windows(scenario):
    boxes = [a for a in scenario.actors if a.kind == ObjectKind.BICYCLE]
    for step, back in ((0, None), (1, 8.0), (2, 7.0), (3, 6.0), (4, 5.0)):
        (now,) = [a for a in boxes if a.first_step <= step < a.first_step + len(a.motion)]
        if back is None:
            assert now.id == 54 and now.length == 2.0
            continue
        assert now.length == pytest.approx(11.0 - back) and now.width == pytest.approx(1.5)
        assert abs(now.motion[0, Motion.YAW]) == pytest.approx(math.pi)
    assert len({actor.id for actor in scenario.actors}) == len(scenario.actors)


def test_goals_are_alternatives_in_seconds(scenario):
    region, lanes = scenario.goals
    assert region.time == pytest.approx((5.0, 12.0)) and lanes.time == pytest.approx((1.0, 8.0))
    assert region.speed == (2.0, 14.0) and region.yaw == (-0.2, 0.2)
    assert np.allclose(np.sort(region.regions[0], axis=0), np.sort(corners(150.0, -1.75, 0.0, 6.0, 3.0), axis=0))
    assert lanes.lanes == (lane_of(scenario, 4), lane_of(scenario, 5)) and not lanes.regions
    assert scenario.last_step == 120


def test_other_problem_can_be_chosen(write):
    scenario = read(write(small.small_2020a()), problem_id=71)
    assert scenario.problem_id == 71 and scenario.goals[0].survival
    assert scenario.goals[0].time == pytest.approx((3.3, 3.3)) and scenario.last_step == 33


def test_circle_and_polygon_goals(write):
    shapes = "<circle><radius>2.0</radius><center><x>9.0</x><y>1.0</y></center></circle>"
    shapes += small.polygon((0, 0), (4, 0), (4, 4), (0, 4), (0, 0))
    content = small.small_2020a().replace(small.rectangle(6.0, 3.0, 150.0, -1.75), shapes)
    circle, square = read(write(content)).goals[0].regions
    assert np.hypot(*(circle - (9.0, 1.0)).T) == pytest.approx(2.0)
    assert square.tolist() == [[0, 0], [4, 0], [4, 4], [0, 4]]


def test_later_start_shifts_everything_to_step_zero(write):
    start = small.START.replace(small.exact("time", 0), small.exact("time", 4))
    scenario = read(write(small.small_2020a().replace(small.START, start)))
    assert scenario.first_time_step == 4 and scenario.last_step == 116
    assert scenario.goals[0].time == pytest.approx((4.6, 11.6))
    (actor,) = actors_of(scenario, 51)
    assert actor.first_step == 0 and actor.motion[0, Motion.X] == 27.0 and len(actor.signals) == 5
    assert not actors_of(scenario, 53)  # gone after its only step
    assert scenario.lights[0].at(0.65) == LightState.GREEN


def test_map_with_heights_lifts_obstacles_and_start(write):
    content = small.small_2020a()
    at = content.index('<lanelet id="5">')
    end = content.index("</lanelet>", at) + len("</lanelet>\n")
    raised = small.lanelet(5, (60.0, 160.0), 0.0, -3.5, '<predecessor ref="4"/>', z=3.0)
    scenario = read(write(content[:at] + raised + content[end:]))
    assert actors_of(scenario, 50)[0].motion[0, Motion.Z] == 3.0
    assert actors_of(scenario, 51)[0].motion[0, Motion.Z] == 0.0 and scenario.start[2] == 0.0


def test_2018b_obstacles_roles_limits_and_tags(write):
    scenario = read(write(small.small_2018b()))
    assert scenario.format_version == "2018b" and scenario.tags == ("highway", "multi_lane")
    assert scenario.graph.speed_limit.tolist() == [27.78, math.inf, math.inf]
    standing, bus = scenario.actors
    assert standing.behaviour == Behaviour.STATIC and bus.behaviour == Behaviour.REPLAY
    assert bus.kind == ObjectKind.BUS and bus.first_step == 2
    # a polygon's box covers it: 11 m from tail to nose, its middle half a metre ahead of the reference point
    assert bus.length == pytest.approx(11.0) and bus.motion[0, Motion.X] == pytest.approx(20.5)


def test_white_space_around_numbers_is_no_part_of_them(write):
    content = small.small_2020a().replace("<x>20.0</x>", "<x>\n  20.0\t</x>", 1)
    assert len(read(write(content)).graph) == 6


def test_latin_1_file_is_read(write):
    content = small.small_2020a().replace("UTF-8", "ISO-8859-1").replace("A. Tester", "Ä. Tester")
    assert "Ä. Tester" in read(write(content.encode("latin-1"))).description


def test_same_file_gives_the_same_scenario(write):
    path = write(small.small_2020a())
    one, other = read(path), read(path)
    assert one.sha256 == other.sha256
    assert np.array_equal(one.graph.conflict_span, other.graph.conflict_span)
    assert all(np.array_equal(a.motion, b.motion) for a, b in zip(one.actors, other.actors, strict=True))


def test_load_takes_files_and_names_the_nearest_scenario_otherwise(write):
    assert load(write(small.small_2020a())).benchmark_id == "ZAM_Small-1_1_T-1"
    with pytest.raises(Exception, match="neither a file nor a library scenario"):
        load("no-such-scenario")
