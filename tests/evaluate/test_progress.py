"""The reference of progress: what it waits for, where it slows down, where it stops counting."""

import numpy as np
import pytest

from evpilot.evaluate import judge
from evpilot.evaluate.expert import progress, remaining
from evpilot.evaluate.facts.drive import unroll
from evpilot.evaluate.facts.road import locate
from evpilot.evaluate.score import progress_ratio
from evpilot.maps.builder import GraphBuilder
from evpilot.types import Arrow, Goal, LightState, Turn


def made_progress(run):
    drive = unroll(run)
    return progress(drive, locate(drive), reached=False)


def square(x, y=0.0, half=1.7):
    return np.array([[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]])


def test_alone_at_the_limit_the_car_keeps_up_with_the_reference(made):
    run = made.drive(made.cruise(13.9), made.straight_road(limit=13.9), seconds=20.0)
    both = made_progress(run)
    assert both.car == pytest.approx(278.0, abs=0.1)
    assert both.expert == pytest.approx(278.0, rel=0.01)
    assert progress_ratio(both) > 0.99


def test_the_reference_stops_counting_at_the_goal(made):
    goal = Goal(regions=(square(60.0),), time=(0.0, 20.0))
    both = made_progress(made.drive(made.cruise(6.0), goals=(goal,), seconds=20.0))
    assert both.goal == pytest.approx(58.3, abs=0.3)
    assert both.expert == pytest.approx(both.goal)
    assert both.car == pytest.approx(both.goal), "driving on past the goal takes nothing away"


def test_an_unreachable_goal_is_judged_by_distance_alone(made):
    behind = Goal(regions=(square(-30.0),))
    both = made_progress(made.drive(made.cruise(8.0), goals=(behind,), seconds=10.0))
    assert np.isinf(both.goal) and both.car == pytest.approx(80.0, abs=0.1)


def test_a_lane_change_to_the_goal_costs_no_distance(made):
    goal = Goal(regions=(square(100.0, made.WIDTH),))
    run = made.drive(made.through([0.0, 2.0, 5.0, 12.0], [0.0, 20.0, 50.0, 120.0], [0.0, 0.0, 3.5, 3.5]), goals=(goal,))
    both = made_progress(run)
    assert both.goal == pytest.approx(98.3, abs=1.5)
    assert both.car == pytest.approx(80.0, abs=1.5)


def test_backwards_is_no_progress(made):
    run = made.drive(made.cruise(-3.0, x=50.0), seconds=5.0)
    both = made_progress(run)
    assert both.car == pytest.approx(-15.0, abs=0.1) and progress_ratio(both) == 0.0


def test_no_lane_at_the_start_means_nothing_to_compare_with(made):
    both = made_progress(made.drive(made.cruise(5.0, y=30.0)))
    assert both.expert is None and progress_ratio(both) == 1.0


def test_the_reference_waits_at_red_as_the_car_does(made):
    road = made.crossing(light=True)
    waits = made.cruise(10.0, x=-40.0, accel=-1.6)
    red = made_progress(made.drive(waits, road, light=lambda t: LightState.RED, seconds=15.0))
    green = made_progress(made.drive(waits, road, light=lambda t: LightState.GREEN, seconds=15.0))
    assert red.expert < 38.0 and progress_ratio(red) > 0.85
    assert green.expert > 150.0 and progress_ratio(green) < 0.3


def test_the_reference_halts_at_a_stop_sign(made):
    free = made_progress(made.drive(made.cruise(10.0, x=-60.0), made.crossing(), seconds=15.0))
    halts = made_progress(made.drive(made.cruise(10.0, x=-60.0), made.crossing(stop=True), seconds=15.0))
    assert 60.0 < halts.expert < free.expert - 40.0


def test_the_reference_slows_down_for_a_bend(made):
    turn = np.linspace(0.0, 0.5 * np.pi, 40)

    def arc(radius):
        return np.column_stack([radius * np.sin(turn), 15.0 - radius * np.cos(turn)])

    builder = GraphBuilder()
    lanes = [
        builder.lane([[-80.0, 1.75], [0.0, 1.75]], [[-80.0, -1.75], [0.0, -1.75]]),
        builder.lane(arc(13.25), arc(16.75)),
        builder.lane([[13.25, 15.0], [13.25, 150.0]], [[16.75, 15.0], [16.75, 150.0]]),
    ]
    builder.connect(lanes[0], lanes[1])
    builder.connect(lanes[1], lanes[2])
    bent = made_progress(made.drive(made.cruise(12.0, x=-45.0), builder.build(), seconds=10.0))
    straight = made_progress(made.drive(made.cruise(12.0, x=-45.0), made.straight_road(), seconds=10.0))
    assert bent.expert < straight.expert - 25.0
    # it takes the bend of 15 m radius at no more than 2 m/s2
    assert bent.expert < 60.0 + 10.0 * np.sqrt(2.0 * 15.0)


def test_remaining_follows_the_road_and_ends_beyond_the_goal(made):
    graph = made.crossing()
    left = remaining(graph, (Goal(regions=(square(60.0),)),))
    assert left.at(0, 0.0) == pytest.approx(100.0 + 58.3, abs=0.4)
    assert left.at(1, 5.0) == pytest.approx(53.3, abs=0.4)
    assert left.at(2, 40.0) == 0.0 and np.isinf(left.at(2, 100.0)) and np.isinf(left.at(3, 0.0))
    pieces = left.route(0, 90.0)
    assert [lane for lane, _, _ in pieces] == [0, 1, 2]
    assert sum(end - begin for _, begin, end in pieces) == pytest.approx(left.at(0, 90.0))


@pytest.mark.parametrize(
    ("turn", "arrow_state", "ran"),
    [
        (Turn.LEFT, LightState.RED, True),
        (Turn.LEFT, LightState.GREEN, False),
        (Turn.STRAIGHT, LightState.GREEN, True),
    ],
)
def test_an_arrow_rules_its_own_movement(made, turn, arrow_state, ran):
    builder = GraphBuilder()
    lanes = [
        builder.lane([[a, 1.75], [b, 1.75]], [[a, -1.75], [b, -1.75]], junction=junction, turn=one)
        for a, b, junction, one in ((-100.0, 0.0, -1, Turn.NONE), (0.0, 20.0, 0, turn), (20.0, 100.0, -1, Turn.NONE))
    ]
    builder.connect(lanes[0], lanes[1])
    builder.connect(lanes[1], lanes[2])
    builder.light([lanes[0]], [20.0, 0.0, 5.0, np.pi])
    builder.light([lanes[0]], [20.0, 1.0, 5.0, np.pi], arrow=Arrow.LEFT)
    run = made.drive(made.cruise(10.0, x=-30.0), builder.build(), light=lambda t: LightState.RED)
    for frame in run.frames:
        frame.truth.lights.state[1] = arrow_state
    assert judge(run).metric("red_light").passed is not ran
