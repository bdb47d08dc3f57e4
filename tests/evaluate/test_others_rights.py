"""What others have a right to: each rule passes a driver who keeps it and fails one who does not."""

import math

import pytest

from evpilot.evaluate.criteria.priority import DEMAND_MAX, braking
from evpilot.evaluate.facts.drive import unroll
from evpilot.evaluate.facts.movements import movements
from evpilot.evaluate.facts.road import locate
from evpilot.maps.builder import GraphBuilder
from evpilot.types import LightState, ObjectKind, Signal

NORTH = math.pi / 2.0


def from_the_right(made, late: float, speed=12.0, **more):
    """A car that drives north over the crossing's middle (x = 10) `late` [s] after the start and does not slow down."""
    return made.Other(made.cruise(speed, x=10.0, y=-speed * late, yaw=NORTH), **more)


# --- right of way (at the made crossing who comes from the right goes first)


def test_who_makes_someone_with_priority_brake_hard_fails(made):
    # the car is over the crossing's middle after 2 s, the other one would be there 0.7 s later
    barger = made.verdict(made.cruise(10.0, x=-10.0), made.crossing(), others=(from_the_right(made, 2.7),))
    assert barger.metric("right_of_way").passed is False
    assert "right_of_way" in barger.shortfalls


def test_who_waits_or_goes_long_before_passes(made):
    waits = made.through([0.0, 1.0, 4.5, 10.0], [-12.0, -6.0, -6.0, 60.0])
    for ego, late in ((waits, 2.7), (made.cruise(10.0, x=-10.0), 6.5)):
        verdict = made.verdict(ego, made.crossing(), others=(from_the_right(made, late),), seconds=10.0)
        assert verdict.metric("right_of_way").passed is not False, late
        assert "right_of_way" not in verdict.shortfalls


def test_who_follows_us_has_no_right_of_way_wherever_he_turns(made):
    behind = made.Other(made.through([0.0, 5.0, 5.3, 8.0], [-42.0, 8.0, 10.0, 10.0], [0.0, 0.0, 2.0, 30.0]))
    ahead = made.verdict(made.cruise(10.0, x=-30.0), made.crossing(), others=(behind,))
    assert ahead.metric("right_of_way").passed is not False and "right_of_way" not in ahead.shortfalls


def test_who_has_red_has_no_right_of_way(made):
    """The same barger; the light of the others' lane shows red to them."""
    graph = lit_crossing()
    other = from_the_right(made, 2.7)
    free = made.verdict(made.cruise(10.0, x=-10.0), graph, others=(other,), light=lambda t: LightState.GREEN)
    held = made.verdict(made.cruise(10.0, x=-10.0), graph, others=(other,), light=lambda t: LightState.RED)
    assert free.metric("right_of_way").passed is False
    assert held.metric("right_of_way").passed is None


# --- room behind, where lanes are changed


def moves_over(made, speed=20.0, seconds=3.0):
    """From the right lane to the left one, from the second second on."""
    times = [0.0, 1.0, 1.0 + seconds, 10.0]
    return made.through(times, [speed * t for t in times], [0.0, 0.0, 3.5, 3.5])


@pytest.mark.parametrize(
    ("back", "speed", "passed"),
    [
        (6.0, 22.0, False),  # a car's length behind, a little faster
        (30.0, 32.0, False),
        (30.0, 23.0, True),
        (80.0, 30.0, True),
        (8.0, 20.0, True),  # near, but no faster
        (-6.0, 22.0, None),  # it goes first
    ],
)
def test_who_moves_over_leaves_room_to_who_comes_from_behind(made, back, speed, passed):
    road = made.straight_road(lanes=2)
    other = made.Other(made.cruise(speed, x=-back, y=3.5))
    verdict = made.verdict(moves_over(made), road, others=(other,), seconds=10.0)
    assert verdict.metric("cut_in").passed is passed
    assert ("cut_in" in verdict.shortfalls) == (passed is False)


def test_in_a_queue_one_lets_another_in(made):
    road = made.straight_road(lanes=2)
    other = made.Other(made.cruise(6.0, x=-5.5, y=3.5))
    assert made.verdict(moves_over(made, 4.0), road, others=(other,), seconds=10.0).metric("cut_in").passed is None


def test_who_keeps_the_lane_or_comes_on_the_one_that_is_left_says_nothing_of_it(made):
    road = made.straight_road(lanes=2)
    beside, behind = (made.Other(made.cruise(23.0, x=-7.0, y=y)) for y in (3.5, 0.0))
    keeps = made.verdict(made.cruise(20.0), road, others=(beside,), seconds=6.0)
    leaves = made.verdict(moves_over(made), road, others=(behind,), seconds=6.0)
    assert keeps.metric("cut_in").passed is None and leaves.metric("cut_in").passed is None


def lit_crossing():
    """The made crossing, with a light for those who come from the right."""
    builder = GraphBuilder()
    east = [
        builder.lane([[a, 1.75], [b, 1.75]], [[a, -1.75], [b, -1.75]], junction=junction)
        for a, b, junction in ((-100.0, 0.0, -1), (0.0, 20.0, 0), (20.0, 200.0, -1))
    ]
    north = [
        builder.lane([[8.25, a], [8.25, b]], [[11.75, a], [11.75, b]], junction=junction)
        for a, b, junction in ((-100.0, -10.0, -1), (-10.0, 10.0, 0), (10.0, 100.0, -1))
    ]
    for lanes in (east, north):
        builder.connect(lanes[0], lanes[1])
        builder.connect(lanes[1], lanes[2])
    builder.light([north[0]], [10.0, 15.0, 5.0, -NORTH])
    return builder.build()


def test_the_braking_that_is_asked_for():
    assert braking(10.0, 50.0, 4.0) == 0.0
    # 10 m short after 4.75 s, of which 4 s are for braking: 2 * 10 / 16
    assert braking(10.0, 37.5, 4.75) == pytest.approx(1.25)
    # it has to stand before: 100 / (2 * (17.5 - 7.5))
    assert braking(10.0, 17.5, 10.75) == pytest.approx(5.0)
    assert braking(10.0, 7.0, 3.0) == DEMAND_MAX


def test_a_way_through_a_junction_is_told_by_where_it_begins_and_ends(made):
    run = unroll(made.drive(made.cruise(10.0, x=-20.0), made.crossing(), seconds=6.0))
    (way,) = movements(run, locate(run))
    assert way.lanes == (1,)
    assert run.box[way.first, 0] == pytest.approx(0.5, abs=1.0)
    # the lanes before and behind are drawn with two points each; the line reaches as far along them all the same
    assert way.begin[0] == pytest.approx(60.0) and way.arc[-1] == pytest.approx(60.0 + 20.0 + 40.0)
    assert [round(low) for _, _, low, _ in way.conflicts(run.graph)] == [68]


# --- crosswalks


def zebra_road():
    builder = GraphBuilder()
    lane = builder.lane([[-50.0, 1.75], [300.0, 1.75]], [[-50.0, -1.75], [300.0, -1.75]])
    builder.crosswalk([[40.0, -3.0, 0.0], [44.0, -3.0, 0.0], [44.0, 3.0, 0.0], [40.0, 3.0, 0.0]])
    assert lane == 0
    return builder.build()


def walker(made, times, ys, **more):
    return made.Other(
        made.through(times, [42.0] * len(times), ys), ObjectKind.PEDESTRIAN, length=0.5, width=0.5, **more
    )


def test_driving_on_before_somebody_on_the_crosswalk_fails(made):
    crosses = walker(made, [0.0, 2.5, 7.0], [-3.5, -3.4, 4.0])
    rude = made.verdict(made.cruise(10.0), zebra_road(), others=(crosses,), seconds=7.0)
    assert rude.metric("crosswalk").passed is False and "crosswalk" in rude.shortfalls
    waits = made.through([0.0, 3.0, 8.0, 12.0], [0.0, 35.0, 35.0, 80.0])
    kind = made.verdict(waits, zebra_road(), others=(crosses,), seconds=12.0)
    assert kind.metric("crosswalk").passed is not False


def test_who_has_crossed_or_steps_out_at_the_last_moment_is_not_held_against_us(made):
    gone = walker(made, [0.0, 4.0], [-2.5, 2.9])
    assert made.verdict(made.cruise(9.0), zebra_road(), others=(gone,)).metric("crosswalk").passed
    late = walker(made, [0.0, 3.5, 4.5], [-4.5, -4.5, -0.5])
    assert made.verdict(made.cruise(10.0), zebra_road(), others=(late,)).metric("crosswalk").passed is not False


def test_a_crosswalk_with_nobody_on_it_says_nothing(made):
    assert made.verdict(made.cruise(10.0), zebra_road()).metric("crosswalk").passed is None


# --- keeping a junction clear


def test_standing_behind_a_queue_in_the_junction_fails_and_before_it_passes(made):
    queue = made.Other(made.cruise(0.0, x=18.0))
    inside = made.through([0.0, 4.0, 12.0], [-25.0, 11.0, 11.0])
    before = made.through([0.0, 4.0, 12.0], [-25.0, -4.0, -4.0])
    blocks = made.verdict(inside, made.crossing(), others=(queue,), seconds=12.0)
    assert blocks.metric("keep_clear").value[0] > 6.0 and "keep_clear" in blocks.shortfalls
    assert "keep_clear" not in made.verdict(before, made.crossing(), others=(queue,), seconds=12.0).shortfalls


def test_waiting_in_the_junction_for_crossing_traffic_blocks_nobody(made):
    inside = made.through([0.0, 4.0, 12.0], [-25.0, 11.0, 11.0])
    across = made.Other(made.cruise(0.0, x=17.0, y=6.0, yaw=NORTH))
    assert "keep_clear" not in made.verdict(inside, made.crossing(), others=(across,), seconds=12.0).shortfalls


# --- blue light


@pytest.mark.parametrize(("clears", "passed"), [(5.0, True), (99.0, False)])
def test_a_blue_light_behind_us_gets_a_free_way(made, clears, passed):
    """The ambulance follows 12 m behind at our pace; we move over to the other lane after `clears` [s], or never."""
    blue = made.Other(made.cruise(12.0, x=-17.0), ObjectKind.EMERGENCY, length=6.0, width=2.1, signals=Signal.BLUE)
    times = [0.0, clears, clears + 3.0, clears + 30.0]
    ego = made.through(times, [12.0 * t for t in times], [0.0, 0.0, made.WIDTH, made.WIDTH])
    verdict = made.verdict(ego, others=(blue,), seconds=20.0)
    assert verdict.metric("make_way").passed is passed
    assert ("make_way" in verdict.shortfalls) is not passed


def test_an_ambulance_without_blue_light_is_a_van(made):
    van = made.Other(made.cruise(12.0, x=-17.0), ObjectKind.EMERGENCY, length=6.0, width=2.1)
    assert made.verdict(made.cruise(12.0), others=(van,), seconds=20.0).metric("make_way").passed is None


# --- buses


def bus(made, **more):
    """It stands beside the lane at x = 60 and pulls out into it from 2 s on."""
    times, ys = [0.0, 2.0, 4.0, 8.0, 12.0], [-3.4, -3.4, -3.2, -0.5, 0.0]
    return made.Other(
        made.through(times, [60.0, 60.0, 62.0, 76.0, 100.0], ys), ObjectKind.BUS, length=12.0, width=2.5, **more
    )


def test_a_bus_that_signals_is_let_go_first(made):
    rude = made.cruise(11.0)
    kind = made.through([0.0, 2.0, 6.0, 12.0], [0.0, 20.0, 44.0, 75.0])
    verdict = made.verdict(rude, made.straight_road(lanes=1), others=(bus(made, signals=Signal.LEFT),), seconds=10.0)
    assert "bus" in verdict.shortfalls
    lets = made.verdict(kind, made.straight_road(lanes=1), others=(bus(made, signals=Signal.LEFT),), seconds=10.0)
    assert lets.metric("bus").passed is True
    dumb = made.verdict(rude, made.straight_road(lanes=1), others=(bus(made),), seconds=10.0)
    assert dumb.metric("bus").passed is None


# --- cyclists


@pytest.mark.parametrize(("aside", "passed"), [(2.0, False), (2.9, True)])
def test_cyclists_are_passed_with_room(made, aside, passed):
    """Between the bodies are aside - 0.95 - 0.33 m: 0.72 m, and 1.62 m."""
    rider = made.Other(made.cruise(4.0, x=30.0, y=-0.8), ObjectKind.BICYCLE, length=1.8, width=0.66)
    verdict = made.verdict(made.cruise(12.0, y=aside - 0.8), made.straight_road(lanes=2), others=(rider,), seconds=8.0)
    assert verdict.metric("cyclist_room").passed is passed
    assert ("cyclist_room" in verdict.shortfalls) is not passed


def test_a_cyclist_who_is_followed_or_off_the_road_needs_no_room(made):
    follows = made.Other(made.cruise(4.0, x=12.0, y=-0.8), ObjectKind.BICYCLE, length=1.8, width=0.66)
    off = made.Other(made.cruise(4.0, x=30.0, y=-2.4), ObjectKind.BICYCLE, length=1.8, width=0.66)
    for rider, speed in ((follows, 4.0), (off, 12.0)):
        verdict = made.verdict(made.cruise(speed), made.straight_road(lanes=1), others=(rider,), seconds=8.0)
        assert verdict.metric("cyclist_room").passed is None
