"""On fast roads nobody is passed on the side on which one is overtaken."""

import numpy as np
import pytest
from driving_scenes import CAR, actor, drive, lane, place, scene

from evpilot.maps.builder import GraphBuilder
from evpilot.plan.columns import GRID, Cost, Prop, Roll, Span
from evpilot.plan.cost.undertaking import FASTER, LEAST, PASS_COST, overtaken_on, undertaking_cost
from evpilot.types import LaneGraph, LaneKind

BODY = np.array([1.4, 2.3, 0.95])
LANE = 3.5


def road(oncoming: float = 0.0, shoulder: float = 0.0) -> LaneGraph:
    """A lane along y = 0 and one to its left, with one of the oncoming or a shoulder beside them at some y [m]."""
    builder = GraphBuilder()
    ours = [lane(builder, y, x1=1500.0, speed_limit=33.0, kind=LaneKind.MOTORWAY) for y in (0.0, LANE)]
    builder.neighbours(ours[1], ours[0])
    if shoulder:
        edge = lane(builder, shoulder, x1=1500.0, kind=LaneKind.SHOULDER)
        builder.neighbours(*((ours[0], edge) if shoulder < 0.0 else (edge, ours[1])))
    if oncoming:
        x, half = np.linspace(1500.0, 0.0, 300), np.full(300, 0.5 * LANE)
        theirs = builder.lane(np.column_stack([x, oncoming - half]), np.column_stack([x, oncoming + half]))
        if oncoming > 0.0:
            builder.beside(ours[1], left=theirs, same=False)
        else:
            builder.beside(ours[0], right=theirs, same=False)
    return builder.build()


def priced(
    ours: float, theirs: float, *, aside: float = LANE, ahead: float = 20.0, side: float = 1.0, bound: bool = True
):
    """What a steady motion at `ours` [m/s] costs that passes somebody at `theirs`, so far aside and ahead [m]."""
    rolls = np.zeros((1, len(GRID), len(Roll)))
    rolls[0, :, Roll.S], rolls[0, :, Roll.SPEED] = ours * GRID, ours
    spans = np.zeros((1, 1, len(GRID), len(Span)))
    middle = BODY[0] + ahead + theirs * GRID
    spans[0, 0, :, Span.S_LOW], spans[0, 0, :, Span.S_HIGH] = middle - 2.3, middle + 2.3
    spans[0, 0, :, Span.D_LOW], spans[0, 0, :, Span.D_HIGH] = aside - 0.9, aside + 0.9
    spans[0, 0, :, Span.SPEED] = theirs
    costs = np.zeros((1, len(Cost)))
    undertaking_cost(
        np.zeros((1, len(Prop))), rolls, spans, np.array([[1, 0]]), np.ones(1), np.array([bound]), BODY, side, costs
    )
    return costs[0, Cost.RULE]


@pytest.mark.parametrize(
    ("motion", "share"),
    [
        ({"ours": 30.0, "theirs": 24.0}, 1.0),
        ({"ours": 27.0, "theirs": 24.0}, LEAST + (1.0 - LEAST) * (3.0 - FASTER) / FASTER),
        ({"ours": 26.0, "theirs": 24.0}, 0.0),  # lanes that flow side by side
        ({"ours": 22.0, "theirs": 17.0}, 0.0),  # no faster than 80 km/h
        ({"ours": 25.0, "theirs": 15.0}, 0.0),  # a queue
        ({"ours": 30.0, "theirs": 24.0, "ahead": 60.0}, 0.0),  # not passed within the horizon
        ({"ours": 30.0, "theirs": 24.0, "ahead": -0.5}, 0.0),  # level with him already
        ({"ours": 30.0, "theirs": 24.0, "aside": -LANE}, 0.0),  # overtaken as one should
        ({"ours": 30.0, "theirs": 24.0, "aside": 2.0 * LANE}, 0.0),  # a free lane between us
        ({"ours": 30.0, "theirs": 24.0, "aside": -LANE, "side": -1.0}, 1.0),  # where traffic keeps left
        ({"ours": 30.0, "theirs": 24.0, "side": -1.0}, 0.0),
        ({"ours": 30.0, "theirs": 24.0, "bound": False}, 0.0),
    ],
)  # fmt: skip
def test_what_passing_on_the_wrong_side_costs(motion: dict[str, float], share: float) -> None:
    assert priced(**motion) == pytest.approx(share * PASS_COST)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("graph", "side"),
    [
        (road(), 1.0),
        (road(oncoming=2.0 * LANE), 1.0),
        (road(oncoming=-LANE), -1.0),
        (road(shoulder=-LANE), 1.0),
        (road(shoulder=2.0 * LANE), -1.0),
    ],
)
def test_the_map_tells_on_which_side_traffic_keeps(graph: LaneGraph, side: float) -> None:
    assert overtaken_on(graph) == side


def test_a_slower_car_on_the_left_is_not_passed_on_a_motorway() -> None:
    other = actor(5, (70.0, LANE), (24.0, 0.0))
    run = drive(scene(road(shoulder=-LANE), other, speed=30.0, seconds=22.0, goals=(place(1200.0, 1400.0),)))
    where = np.array([frame.truth.objects.state[0, 0] for frame in run.frames])
    speed = np.array([frame.truth.ego.speed for frame in run.frames])
    ours = np.array([frame.truth.ego.pose[:2] for frame in run.frames])
    front = ours[:, 0] + CAR.rear_to_center + 0.5 * CAR.length
    passing = (where - 2.25 < front) & (front < where) & (ours[:, 1] < 0.5 * LANE)
    assert np.max(speed[passing] - 24.0, initial=0.0) < FASTER + 0.5
    assert speed.min() > 20.0  # and nobody brakes hard for that
