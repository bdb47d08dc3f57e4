"""A line at which one only has to have stood: what is behind it is not put off."""

import numpy as np
import pytest

from evpilot.plan.columns import GRID, Cost, Prop, Roll
from evpilot.plan.cost.halting import LATE, halting_cost
from evpilot.plan.walls import HALT_PLACE, Wall, halting_places
from evpilot.types.state import Array

FRONT = 3.7


def wall(s: float, line: float = np.inf, corridor: int = 0) -> Wall:
    return Wall(corridor=corridor, s=s, x=s, y=0.0, yaw=0.0, reason="", line=line)


def plain(way: Array, place: float) -> float:
    """The time of a way (T,) until its front is at a place, as one would write it down."""
    if way[0] + FRONT >= place or not np.isfinite(place):
        return 0.0
    there = [t for t, s in zip(GRID, way, strict=True) if s + FRONT >= place]
    return LATE * (there[0] if there else GRID[-1])


def test_what_comes_to_a_line_later_costs_more() -> None:
    rng = np.random.default_rng(5)
    props, rolls = np.zeros((200, len(Prop))), np.zeros((200, len(GRID), len(Roll)))
    props[:, Prop.CORRIDOR] = rng.integers(0, 3, 200)
    rolls[:, :, Roll.S] = 40.0 + rng.uniform(0.0, 6.0, (200, 1)) * GRID
    places = np.array([55.0, np.inf, 43.0])
    costs = np.zeros((200, len(Cost)))
    halting_cost(props, rolls, places, FRONT, costs)
    wanted = [plain(roll[:, Roll.S], places[int(prop[Prop.CORRIDOR])]) for prop, roll in zip(props, rolls, strict=True)]
    np.testing.assert_allclose(costs[:, Cost.PROGRESS], wanted)
    assert len(set(wanted)) > 20 and not costs[:, : Cost.PROGRESS].any()


@pytest.mark.parametrize(
    ("walls", "place"),
    [
        ([], np.inf),
        ([wall(80.0)], np.inf),  # a red light: there is nothing to be gained there
        ([wall(80.0, line=80.0)], 80.0 - HALT_PLACE),
        ([wall(78.5, line=80.0)], 80.0 - HALT_PLACE),  # who is near enough stands where he is
        ([wall(80.0, line=80.0), wall(60.0)], np.inf),  # somebody crosses before it
        ([wall(80.0, line=80.0), wall(95.0)], 80.0 - HALT_PLACE),
        ([wall(80.0, line=80.0), wall(60.0, corridor=1)], 80.0 - HALT_PLACE),
    ],
)
def test_the_line_that_comes_first_counts(walls: list[Wall], place: float) -> None:
    assert halting_places(walls, 2)[0] == place
