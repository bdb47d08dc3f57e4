"""Reacting traffic where ways cross: nobody is braked for, or waited for, without need."""

from itertools import pairwise

import numpy as np
import pytest
from reactive_drive import (
    band,
    car,
    collisions,
    crossroads,
    drive,
    ego_at,
    history,
    lights,
    scenario,
    straight,
    upright,
)

from evpilot.maps.builder import GraphBuilder
from evpilot.types import LaneGraph, LightState, Priority, StopKind, Turn


def arc(x, y, radius, begin, end):
    """Points of a bend about (x, y) [m] from one angle to another [rad]."""
    angle = np.linspace(begin, end, 13)
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)]).tolist()


def turning(side: Turn) -> LaneGraph:
    """A road along y from which the way, at x = 0, turns off to a side; others come straight beside it, at x = -3.5."""
    builder = GraphBuilder()
    bend, exit_ = {
        Turn.RIGHT: (arc(10.0, 0.0, 10.0, np.pi, 0.5 * np.pi), straight(10.0, 150.0, 10.0)),
        Turn.LEFT: (arc(-14.0, 0.0, 14.0, 0.0, 0.5 * np.pi), [[x, 14.0] for x in np.linspace(-14.0, -150.0, 30)]),
    }[side]
    ways = [
        [(upright(-150.0, 0.0), Turn.NONE), (bend, side), (exit_, Turn.NONE)],
        [
            (upright(150.0, 20.0, -3.5), Turn.NONE),
            (upright(20.0, 0.0, -3.5), Turn.STRAIGHT),
            (upright(0.0, -150.0, -3.5), Turn.NONE),
        ],
    ]
    for way in ways:
        lanes = [
            builder.lane(*band(points), speed_limit=13.9, turn=turn, junction=-1 if turn == Turn.NONE else 0)
            for points, turn in way
        ]
        builder.connect(lanes[0], lanes[1])
        builder.connect(lanes[1], lanes[2])
    return builder.build()


@pytest.mark.parametrize(("side", "starts"), [(Turn.RIGHT, (40.0, 55.0, 70.0, 85.0)), (Turn.LEFT, (40.0, 50.0, 60.0))])
def test_nobody_who_turns_off_brakes_for_who_comes_past_in_the_other_lane(side: Turn, starts: tuple[float, ...]):
    """Seen along a bend, who keeps a straight lane seems to drift across it."""
    graph = turning(side)
    alone = history(drive(scenario(graph, car(1, 0.0, -60.0, np.pi / 2, 12.0)), 8), 1, 5).min()
    for start in starts:
        comes = car(2, -3.5, start, -np.pi / 2, 13.0)
        frames = drive(scenario(graph, car(1, 0.0, -60.0, np.pi / 2, 12.0), comes), 8)
        assert history(frames, 1, 5).min() > alone - 0.5, start


def test_who_drives_a_bend_turns_evenly():
    """Whoever carries on the velocity and the turn rate that it shows expects it where it will be."""
    frames = drive(scenario(turning(Turn.LEFT), car(1, 0.0, -30.0, np.pi / 2, 6.0)), 7)
    bend = [frame for frame in frames if 2.0 < frame.state[0, 1] < 13.0]
    assert len(bend) > 15
    for frame in bend:
        _, _, _, yaw, speed, _, rate = frame.state[0]
        assert np.arctan2(*frame.velocity[0, ::-1]) == pytest.approx(yaw, abs=0.01)
        assert rate == pytest.approx(speed / 14.0, rel=0.15)


@pytest.mark.parametrize(("nose", "brakes"), [(-2.4, False), (-1.2, True), (0.6, True)])
def test_who_has_to_let_others_pass_and_peeps_into_their_lane_is_not_braked_for(nose: float, brakes: bool):
    """By the map, whose lanes are cut into pieces, they cross from y = -2.7 on."""
    graph = crossroads(x=Priority.PRIORITY, y=Priority.YIELD)
    frames = drive(
        scenario(graph, car(1, -45.0, speed=13.0)), 6,
        ego=lambda k: ego_at(0.0, nose - 2.25 + 0.003 * k, np.pi / 2, 0.03, z=0.0),
    )  # fmt: skip
    assert history(frames, 1, 5).min() < -2.5 if brakes else history(frames, 1, 5).min() > -1.0


def inner_crossing() -> LaneGraph:
    """A road along x whose way through a junction is two lanes, of which a road along y with priority crosses the
    second, well beyond its beginning: one waits for it inside the junction, as on a ring of two lanes."""
    builder = GraphBuilder()
    for place, cuts, mark in (
        (straight, (-100.0, -40.0, -12.0, 8.0, 150.0), Priority.YIELD),
        (upright, (-150.0, -8.0, 8.0, 150.0), Priority.PRIORITY),
    ):
        lanes = [
            builder.lane(
                *band(place(a, b)), speed_limit=14.0, priority=mark,
                **({"junction": 0, "turn": Turn.STRAIGHT} if 0 < k < len(cuts) - 2 else {}),
            )
            for k, (a, b) in enumerate(pairwise(cuts))
        ]  # fmt: skip
        for a, b in pairwise(lanes):
            builder.connect(a, b)
    return builder.build()


def test_who_waits_inside_a_junction_is_not_taken_for_one_who_has_entered_the_crossing():
    """Each would wait for the other, with all behind them."""
    rows = [car(2 + k, 0.0, -40.0 - 22.0 * k, np.pi / 2, 10.0) for k in range(4)]
    frames = drive(scenario(inner_crossing(), car(1, -28.0, speed=7.0), *rows), 20)
    assert all(history(frames, 2 + k, 4).min() > 8.0 for k in range(4))
    assert history(frames, 1, 4).min() < 1.0 and history(frames, 1, 0)[-1] > 10.0
    assert not collisions(frames)


@pytest.mark.parametrize("seed", [0, 3])
def test_who_is_told_late_to_stop_at_a_line_brakes_little_harder_than_that_takes(seed: int):
    builder = GraphBuilder()
    first = builder.lane(*band(straight(0, 100)), speed_limit=14.0)
    builder.connect(first, builder.lane(*band(straight(100, 300)), speed_limit=14.0))
    builder.light([first], (100.0, 3.0, 4.0, 0.0))
    builder.stop_line(first, 100.0, StopKind.LIGHT)
    graph = builder.build()
    case = scenario(graph, car(1, 60.0, speed=13.0))
    # its front is some 37 m before the line when the light turns
    frames = drive(case, 10, seed=seed, shown=lambda k: lights(graph, LightState.AMBER if k < 10 else LightState.RED))
    assert -4.0 < history(frames, 1, 5).min() < -2.0
    assert 95.0 < history(frames, 1, 0)[-1] + 2.25 < 100.0


def left_turn_at_lights() -> LaneGraph:
    """A road along x that turns left over one across, at x = 110, and that of the oncoming, at y = 7; a light rules
    each, with its line 5 m before the junction, which begins at x = 100, y = -10 and x = 130."""
    builder = GraphBuilder()
    oncoming = [[[x, 7.0] for x in np.linspace(a, b, 20)] for a, b in ((400.0, 130.0), (130.0, 95.0), (95.0, -50.0))]
    ours = [straight(0.0, 100.0), arc(100.0, 20.0, 20.0, -0.5 * np.pi, 0.0), upright(20.0, 150.0, 120.0)]
    across = [upright(a, b, 110.0) for a, b in ((-150.0, -10.0), (-10.0, 30.0), (30.0, 150.0))]
    for way, turn, line in ((ours, Turn.LEFT, 95.0), (oncoming, Turn.STRAIGHT, 265.0), (across, Turn.STRAIGHT, 135.0)):
        lanes = [
            builder.lane(*band(points), speed_limit=13.9, **({"junction": 0, "turn": turn} if k == 1 else {}))
            for k, points in enumerate(way)
        ]
        for one, after in pairwise(lanes):
            builder.connect(one, after)
        builder.light([lanes[0]], (way[0][-1][0], way[0][-1][1], 5.0, 0.0))
        builder.stop_line(lanes[0], line, StopKind.LIGHT)
    return builder.build()


def test_who_turns_left_at_a_green_light_waits_in_the_junction_and_clears_it_when_the_light_turns():
    graph = left_turn_at_lights()
    stream = [car(2 + k, 140.0 + 25.0 * k, 7.0, np.pi, 11.0) for k in range(10)]
    amber, red = 120, 150

    def shown(k: int):
        ours = LightState.GREEN if k < amber else LightState.AMBER if k < red else LightState.RED
        return lights(graph, ours, ours, LightState.RED)

    frames = drive(scenario(graph, car(1, 60.0, speed=9.0), car(20, 0.0, speed=9.0), *stream), 21, shown=shown)
    front, speed = history(frames[:amber], 1, 0) + 2.25, history(frames[:amber], 1, 4)
    assert speed[-1] < 0.5 and 102.0 < front[-1] < 108.0  # inside, and not yet in anybody's way
    assert history(frames, 1, 1)[-1] > 20.0  # gone, soon after the oncoming have red
    assert history(frames, 20, 0)[-1] + 2.25 < 95.1  # who comes behind has no room there, and waits at the line
    assert not collisions(frames)
