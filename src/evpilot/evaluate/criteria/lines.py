"""Lines across the road: when the car's front crossed each, and what ruled it then."""

from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.criteria.single import events
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.road import Place
from evpilot.geometry.level import LEVEL
from evpilot.runlog.record import Ego
from evpilot.types import Arrow, LightState, MetricResult, StopKind, Turn
from evpilot.types.state import Array, Bools, Ints

RED = (LightState.RED, LightState.RED_AMBER)
LIGHT_RANGE = 30.0  # [m] before a light's line from which on the light concerns the car
STOPPED = 0.2  # [m/s] slower is standing at a stop sign
STOP_RANGE = 5.0  # [m] before the line within which the front must have stood
BEYOND = 0.3  # [m] past the line that still counts as standing at it
LOOK_AHEAD = 40.0  # [m] beyond a line within which the junction's lane tells the movement
ARROWS = {Turn.LEFT: Arrow.LEFT, Turn.U_TURN: Arrow.LEFT, Turn.RIGHT: Arrow.RIGHT}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Approach:
    """The car's front against one line, for K rows of the fast clock.

    number of the stop line in the graph; before (K,) distance [m] still to go to the line along its lane, negative
    beyond it; facing (K,) whether the front is in front of or behind the line's width, on its level; crossed: rows
    after which the front passes over it in driving direction.
    """

    number: int
    before: Array
    facing: Bools
    crossed: tuple[int, ...]


def approaches(drive: Drive, kinds: tuple[StopKind, ...]) -> list[Approach]:
    """The stop lines of some kinds that the car's front comes near."""
    graph = drive.graph
    yaw = drive.fast[:, Ego.YAW]
    half = 0.5 * drive.platform.length
    front = drive.fast[:, :2] + half * np.stack([np.cos(yaw), np.sin(yaw)], axis=1)
    low, high = front.min(axis=0) - LIGHT_RANGE, front.max(axis=0) + LIGHT_RANGE
    found: list[Approach] = []
    for number in np.flatnonzero(np.isin(graph.stop_kind, kinds)):
        line = graph.stop_line[number]
        if np.all(line[:, :2].max(axis=0) >= low) and np.all(line[:, :2].min(axis=0) <= high):
            found.append(_approach(drive, int(number), front))
    return found


def _approach(drive: Drive, number: int, front: Array) -> Approach:
    graph = drive.graph
    line = graph.stop_line[number]
    rows = graph.points(int(graph.stop_lane[number]))
    s = float(graph.stop_s[number])
    piece = int(np.clip(np.searchsorted(graph.arc[rows], s) - 1, 0, rows.stop - rows.start - 2)) + rows.start
    ahead = graph.center[piece + 1, :2] - graph.center[piece, :2]
    across = line[1, :2] - line[0, :2]
    width = max(float(np.hypot(*across)), 1e-6)
    normal = np.array([-across[1], across[0]]) / width
    normal = normal if normal @ ahead > 0.0 else -normal
    relative = front - line[0, :2]
    before = -(relative @ normal)
    share = (relative @ across) / width**2
    level = np.abs(drive.fast[:, Ego.Z] - line[:, 2].mean()) <= LEVEL
    passing = (before[:-1] >= 0.0) & (before[1:] < 0.0)
    where = before[:-1] / np.maximum(before[:-1] - before[1:], 1e-12)
    at_line = share[:-1] + where * (share[1:] - share[:-1])
    crossed = np.flatnonzero(passing & (at_line >= 0.0) & (at_line <= 1.0) & level[:-1])
    return Approach(
        number=number,
        before=before,
        facing=level & (share >= 0.0) & (share <= 1.0),
        crossed=tuple(int(row) for row in crossed),
    )


def red_lights(drive: Drive, place: Place) -> MetricResult:
    """One value for each crossing of a line that a light rules: 1 on red, 0 else. Also applicable to a car that waited
    before a red light within `LIGHT_RANGE`."""
    graph = drive.graph
    times: list[int] = []
    values: list[float] = []
    waited = False
    for one in approaches(drive, tuple(StopKind)):
        lane = int(graph.stop_lane[one.number])
        if not len(graph.lights_of(lane)):
            continue
        for row in one.crossed:
            times.append(int(drive.fast_t_ns[row + 1]))
            tick = int(_ticks(drive)[row])
            way = _movement(drive, place, tick)
            stood = _slowest(one, np.abs(drive.fast[:, Ego.SPEED]), row) < STOPPED
            values.append(float(red(drive, lane, way)[tick] or (blinks(drive, lane, way)[tick] and not stood)))
        near = one.facing & (one.before >= 0.0) & (one.before < LIGHT_RANGE)
        ticks = np.unique(_ticks(drive)[near])
        state = drive.light_state[ticks[place.lane[ticks] == lane]][:, graph.lights_of(lane)]
        waited = waited or bool(np.isin(state, (*RED, LightState.FLASHING_RED)).any())
    passed = not any(values) if values or waited else None
    return events("red_light", "Vienna Convention on Road Signs 1968, art. 23", "1", times, values, 0.0, passed)


def held_by_red(drive: Drive, place: Place) -> Bools:
    """In which planning ticks (F,) a red light ahead, within `LIGHT_RANGE`, forbids the car to go on."""
    held = np.zeros(len(drive), np.bool_)
    ticks = _ticks(drive)
    for one in approaches(drive, tuple(StopKind)):
        lane = int(drive.graph.stop_lane[one.number])
        if not len(drive.graph.lights_of(lane)):
            continue
        near = np.unique(ticks[one.facing & (one.before >= 0.0) & (one.before < LIGHT_RANGE)])
        movements = [_movement(drive, place, int(tick)) for tick in near]
        shut = {movement: red(drive, lane, movement) for movement in set(movements)}
        held[near] |= np.array([shut[movement][tick] for movement, tick in zip(movements, near, strict=True)], np.bool_)
    return held


def red(drive: Drive, lane: int, movement: Arrow) -> Bools:
    """Whether the lights of a lane forbid a movement in each planning tick (F,): the lights of its own arrow rule where
    there are some, else the full ones. Before a junction flashing red is a stop sign, elsewhere it forbids."""
    return _all_show(drive, lane, movement, RED if _to_junction(drive, lane) else (*RED, LightState.FLASHING_RED))


def blinks(drive: Drive, lane: int, movement: Arrow) -> Bools:
    """Whether the lights of a lane ask a movement to stop once and then to go, in each planning tick (F,)."""
    return _all_show(drive, lane, movement, (*RED, LightState.FLASHING_RED))


def _all_show(drive: Drive, lane: int, movement: Arrow, states: tuple[LightState, ...]) -> Bools:
    rulers = drive.graph.lights_of(lane)
    state, arrow = drive.light_state[:, rulers], drive.light_arrow[:, rulers]
    own = (arrow & movement) != 0
    ruling = np.where(own.any(axis=1, keepdims=True), own, arrow == Arrow.ALL)
    return ruling.any(axis=1) & (np.isin(state, states) | ~ruling).all(axis=1)


def _to_junction(drive: Drive, lane: int) -> bool:
    graph = drive.graph
    return bool(graph.junction[lane] >= 0 or np.any(graph.junction[graph.successors(lane)] >= 0))


def _slowest(one: Approach, speed: Array, row: int) -> float:
    """The lowest speed [m/s] with the front at most `STOP_RANGE` before a line that is crossed after a row."""
    at_line = one.facing & (one.before <= STOP_RANGE) & (one.before >= -BEYOND)
    at_line[row + 1 :] &= np.cumsum(one.before[row + 1 :] < -BEYOND) == 0
    return float(speed[at_line].min()) if np.any(at_line) else float(speed[row])


def stop_signs(drive: Drive) -> MetricResult:
    """One value for each stop sign's line that was crossed: the lowest speed [m/s] with the front at most `STOP_RANGE`
    before the line."""
    times: list[int] = []
    values: list[float] = []
    speed = np.abs(drive.fast[:, Ego.SPEED])
    for one in approaches(drive, (StopKind.STOP_SIGN,)):
        for row in one.crossed:
            times.append(int(drive.fast_t_ns[row + 1]))
            values.append(_slowest(one, speed, row))
    passed = max(values) < STOPPED if values else None
    return events("stop_sign", "Vienna Convention on Road Signs 1968, sign B,2", "m/s", times, values, STOPPED, passed)


def _ticks(drive: Drive) -> Ints:
    """The planning tick (K,) whose lights hold at each row of the fast clock."""
    return np.maximum(np.searchsorted(drive.t_ns, drive.fast_t_ns, side="right") - 1, 0)


def _movement(drive: Drive, place: Place, tick: int) -> Arrow:
    """Where the car went after a tick: by the first turning lane that it drove on soon after."""
    lane = place.lane[tick:]
    turn = np.where(lane >= 0, drive.graph.turn[lane], Turn.NONE)
    turning = np.flatnonzero(turn != Turn.NONE)
    if not len(turning):
        return Arrow.STRAIGHT
    driven = drive.box[tick : tick + int(turning[0]) + 1, :2] - drive.box[tick, :2]
    soon = bool(np.all(np.hypot(driven[:, 0], driven[:, 1]) <= LOOK_AHEAD))
    return ARROWS.get(Turn(int(turn[turning[0]])), Arrow.STRAIGHT) if soon else Arrow.STRAIGHT
