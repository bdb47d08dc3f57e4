"""What a traffic light asks of a corridor: which lights rule its movement, and what they show taken together."""

import numpy as np

from evpilot.plan.way import Way
from evpilot.types import Arrow, LaneGraph, Lights, LightState, Turn

# Several lights of one movement show the same; where they do not (one fails, one is hidden), the first of these holds.
MEANING = (
    LightState.GREEN,
    LightState.AMBER,
    LightState.RED,
    LightState.RED_AMBER,
    LightState.FLASHING_RED,
    LightState.FLASHING_AMBER,
    LightState.DARK,
    LightState.UNSEEN,
)
ARROWS = {Turn.LEFT: Arrow.LEFT, Turn.U_TURN: Arrow.LEFT, Turn.RIGHT: Arrow.RIGHT}
AHEAD = 2  # lanes behind the line within which the turn tells the movement


def movement(graph: LaneGraph, way: Way, number: int) -> Arrow:
    """Where a corridor leads behind the line of its lane of this number."""
    for lane in way.path.lanes[number : number + 1 + AHEAD]:
        turn = Turn(int(graph.turn[lane]))
        if turn in ARROWS:
            return ARROWS[turn]
    return Arrow.STRAIGHT


def shown(graph: LaneGraph, way: Way, number: int, lights: Lights) -> LightState | None:
    """What the lights that rule a corridor's lane of this number show to its movement; None where there is no light.

    Lights with an arrow for the movement rule it, else the full ones; one that is out of view is UNSEEN.
    """
    rulers = graph.lights_of(int(way.path.lanes[number]))
    if not len(rulers):
        return None
    arrows, states = _seen(graph, rulers.tolist(), lights)
    wanted = movement(graph, way, number)
    own = [state for arrow, state in zip(arrows, states, strict=True) if arrow & wanted]
    full = [state for arrow, state in zip(arrows, states, strict=True) if arrow == Arrow.ALL]
    ruling = own or full
    return min(ruling, key=MEANING.index) if ruling else LightState.RED


def _seen(graph: LaneGraph, rulers: list[int], lights: Lights) -> tuple[list[Arrow], list[LightState]]:
    """Arrow and state of each light, as observed; the arrow is the map's unless the light shows another."""
    arrows, states = [], []
    for light in rulers:
        rows = np.flatnonzero(lights.index == light)
        arrow = Arrow(int(graph.light_arrow[light]))
        if len(rows) and lights.arrow[rows[0]] != Arrow.ALL:
            arrow = Arrow(int(lights.arrow[rows[0]]))
        arrows.append(arrow)
        states.append(LightState(int(lights.state[rows[0]])) if len(rows) else LightState.UNSEEN)
    return arrows, states


def at_junction(graph: LaneGraph, way: Way, number: int) -> bool:
    """Whether a corridor's lane of this number leads into a junction."""
    return any(graph.junction[lane] >= 0 for lane in way.path.lanes[number : number + 2])
