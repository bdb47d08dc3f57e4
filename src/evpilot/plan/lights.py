"""What a traffic light asks of a corridor: which lights rule its movement, and what they show taken together."""

from dataclasses import dataclass, field

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


def line_on(graph: LaneGraph, lane: int) -> float:
    """Where traffic stops on a lane [m]: its stop line, else its end."""
    own = graph.stop_s[graph.stop_lane == lane]
    return float(own.min()) if len(own) else float(graph.length[lane])


@dataclass(slots=True)
class Passed:
    """Remembers what the lights of each movement (lane, next lane) showed as our front came to their line: from there
    on they are out of view, and whoever waits in a junction for the oncoming does not see his light turn. One that was
    hidden then stays so: what it had shown before says nothing of how the junction was entered."""

    _last: dict[tuple[int, int], LightState] = field(default_factory=dict[tuple[int, int], LightState])

    def shown(self, graph: LaneGraph, way: Way, number: int, lights: Lights, front: float) -> LightState | None:
        """`shown` before the line; beyond it, and while the light is out of view, what it showed there. front [m]: our
        bumper's place on the corridor."""
        state = shown(graph, way, number, lights)
        if state is None:
            return None
        lane, after = (int(k) for k in (*way.path.lanes[number : number + 2], -1)[:2])
        if front > float(way.path.lane_s[number]) + line_on(graph, lane):
            return self._last.get((lane, after), state) if state == LightState.UNSEEN else state
        self._last[lane, after] = state
        return state

    def forget(self, lane: int, after: int) -> None:
        """Whoever waits across has been given green meanwhile: what we saw holds no more."""
        self._last.pop((lane, after), None)


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
