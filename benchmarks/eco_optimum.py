"""The least energy on the way that was driven, in the same time: what a driver saves who knows lights and traffic.

A dynamic programme (Bellman 1957) over time, place and speed, exact on its lattice. In a step of about a second the
speed changes by whole steps of half a metre a second, so that every place is a whole number of cells too. Given are the
line and its heights, a cap on speed (limit, bends, stop signs, and what was driven where that is more), when each
light shows red, and the room that those on the line left at each time: who was ahead stays ahead, and who crossed
behind the car still crosses behind it. The energy is `power_table`'s, as it is for the drive that it is held against.
"""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.maps.index import LaneIndex
from evpilot.runlog import Ego, RunLog
from evpilot.types import Arrow, LaneGraph, Lights, LightState, Platform, StopKind, Tracks, Turn
from evpilot.types.state import Array, Bools, Ints
from evpilot.vehicle.powertrain.road import turning_mass
from evpilot.vehicle.powertrain.table import power_at, power_table

STEP, SPEED_STEP = 1.0, 0.5  # [s], [m/s] of the lattice, about
BRAKE, SPEED_UP = 3.0, 3.0  # [m/s2] at most
STANDING_GAP, TIME_GAP = 1.5, 0.8  # [m], [s] to who is ahead
MARGIN = 0.2  # [m] to who stands or goes beside the car's strip
BEND_ACCEL = 2.0  # [m/s2] across, in bends
PIECE = 0.5  # [m] of the line
NEAR = (-30.0, 150.0)  # [m] from the car: who is looked for on the line
ACROSS = 0.7  # [rad] who goes like this to the line crosses it
HALT = 0.3  # [m/s] at a stop sign
CLOSED = (LightState.RED, LightState.RED_AMBER)
TURNS = {Turn.LEFT: Arrow.LEFT, Turn.U_TURN: Arrow.LEFT, Turn.RIGHT: Arrow.RIGHT}
DRIVE = 0.9  # of what the battery gives, that reaches the motion
GRAVITY = 9.81  # [m/s2]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """What a motion along a line must keep to, the car's rear axle being what moves.

    length [m], seconds, first and last speed [m/s]; caps and heights (N,) [m/s], [m] every PIECE; at K + 1 times from 0
    to seconds: lows and highs (K + 1,) [m], the place being at least the one, and at most the other less TIME_GAP of
    way; gates (G,) [m] that are not passed while closed (G, K + 1).
    """

    length: float
    seconds: float
    first: float
    last: float
    caps: Array
    heights: Array
    lows: Array
    highs: Array
    gates: Array
    closed: Bools


@kernel(
    "f8(i8, i8, i8, i8, f8, f8, f8[::1], f8[::1], f8[::1], f8[::1], i8[::1], b1[:, ::1], f8[:, ::1], f8, i8, i8,"
    "f8[:, ::1], i1[:, :, ::1])"
)
def search(
    steps: int,
    goal: int,
    first: int,
    last: int,
    dt: float,
    dv: float,
    caps: Array,
    heights: Array,
    lows: Array,
    highs: Array,
    gates: Ints,
    closed: Bools,
    powers: Array,
    turning: float,
    down: int,
    up: int,
    spent: Array,
    came: Array,
) -> float:
    """The least energy [J] from cell 0 at speed `first` to cell `goal` at speed `last`, in steps of dt [s] and dv
    [m/s], at most `down` and `up` of dv a step; inf where there is no way. caps and heights (goal + 1,) by cell; came
    (steps + 1, goal + 1, V) the change of speed that led to each state; spent (goal + 1, V) is for scratch."""
    count = spent.shape[1]
    now, after = spent, np.full_like(spent, np.inf)
    now[:] = np.inf
    now[0, first] = 0.0
    for k in range(steps):
        after[:] = np.inf
        for s in range(goal + 1):
            for v in range(count):
                base = now[s, v]
                if base == np.inf:
                    continue
                for change in range(-min(down, v), min(up, count - 1 - v) + 1):
                    w = v + change
                    to = s + v + w
                    if to > goal or w * dv > caps[to]:
                        continue
                    place = to * 0.5 * dv * dt
                    if place + TIME_GAP * w * dv > highs[k + 1] or place < lows[k + 1]:
                        continue
                    shut = False
                    for g in range(gates.shape[0]):
                        if s < gates[g] <= to and (closed[g, k] or closed[g, k + 1]):
                            shut = True
                    if shut:
                        continue
                    slope = GRAVITY * (heights[to] - heights[s]) / ((to - s) * 0.5 * dv * dt) if to > s else 0.0
                    push = change * dv / dt * (1.0 + turning) + slope
                    cost = base + dt * power_at(0.5 * (v + w) * dv, push, powers)
                    if cost < after[to, w]:
                        after[to, w] = cost
                        came[k + 1, to, w] = change
        now, after = after, now
    return now[goal, last]


def times(seconds: float) -> Array:
    """The lattice's times (K + 1,) [s] for a drive."""
    return np.linspace(0.0, seconds, max(round(seconds / STEP), 1) + 1)


def least_energy(course: Course, powers: Array, turning: float) -> tuple[float, Array]:
    """The least energy [J] and its speeds (K + 1,) [m/s]; inf and none where the lattice has no way. powers as
    `power_table` gives them, turning the turning parts' share of the mass."""
    steps = len(course.highs) - 1
    dt, dv = course.seconds / steps, SPEED_STEP
    cell = 0.5 * dv * dt
    first, last = round(course.first / dv), round(course.last / dv)
    # cells come in pairs: each speed in between counts for the step before and after it
    goal = first + last + 2 * round(0.5 * (course.length / cell - first - last))
    at = np.arange(goal + 1) * cell / PIECE
    caps, heights = (np.interp(at, np.arange(len(row)), row) for row in (course.caps, course.heights))
    count = int(max(float(course.caps.max()) / dv, first, last)) + 1
    spent, came = np.empty((goal + 1, count)), np.zeros((steps + 1, goal + 1, count), np.int8)
    gates = np.ceil(course.gates / cell).astype(np.int64)
    down, up = math.ceil(BRAKE * dt / dv - 0.01), math.ceil(SPEED_UP * dt / dv - 0.01)
    energy = search(
        steps, goal, first, last, dt, dv, _within_reach(caps, cell) + 0.5 * dv, heights, course.lows, course.highs,
        gates, course.closed, powers, turning, down, up, spent, came,
    )  # fmt: skip
    if not math.isfinite(energy):
        return math.inf, np.zeros(0)
    speeds, s, v = [last], goal, last
    for k in range(steps, 0, -1):
        before = v - int(came[k, s, v])
        s, v = s - v - before, before
        speeds.append(v)
    return energy, np.array(speeds[::-1]) * dv


def _within_reach(caps: Array, cell: float) -> Array:
    """Caps (N,) [m/s] lowered to what is braked for and left again, so that none is jumped over in a step."""
    out = caps.copy()
    for k in range(1, len(out)):
        out[k] = min(out[k], math.sqrt(out[k - 1] ** 2 + 2.0 * SPEED_UP * cell))
    for k in range(len(out) - 2, -1, -1):
        out[k] = min(out[k], math.sqrt(out[k + 1] ** 2 + 2.0 * BRAKE * cell))
    return out


def mapped(seconds: Array, speeds: Array, places: Array, course: Course, powers: Array, turning: float) -> float:
    """Energy [J] by the same map of a motion as driven: speeds [m/s] and places [m] at times [s]."""
    dt, middle = np.diff(seconds), 0.5 * (speeds[1:] + speeds[:-1])
    climbed = np.diff(np.interp(places / PIECE, np.arange(len(course.heights)), course.heights))
    slopes = GRAVITY * climbed / np.maximum(np.diff(places), 1e-9) * (np.diff(places) > 1e-9)
    pushes = np.diff(speeds) / dt * (1.0 + turning) + slopes
    return sum(
        step * power_at(v, push, powers)
        for step, v, push in zip(dt.tolist(), middle.tolist(), pushes.tolist(), strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """The line driven by the rear axle: points (N, 4) x, y, z, yaw every PIECE [m]; and where the car was at each frame
    (F,) [m] and time (F,) [s]."""

    points: Array
    place: Array
    seconds: Array

    def project(self, xy: Array, low: float, high: float) -> tuple[Array, Array]:
        """Place [m] and distance [m] to the line of points (M, 2), between two places on it."""
        i, j = max(int(low / PIECE), 0), max(int(high / PIECE), 0) + 1
        part = self.points[i : max(j, i + 1), :2]
        away = np.hypot(*(xy[:, None] - part[None]).transpose(2, 0, 1))
        return (i + np.argmin(away, axis=1)) * PIECE, away.min(axis=1)


def line_of(run: RunLog) -> Line:
    """The line of a run, which goes on straight for a while at its end."""
    x, y, z = run.ego[:, Ego.X], run.ego[:, Ego.Y], run.ego[:, Ego.Z]
    yaw = np.unwrap(run.ego[:, Ego.YAW])
    way = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    at = np.arange(0.0, way[-1] + NEAR[1], PIECE)
    points = np.stack([np.interp(at, way, row) for row in (x, y, z, yaw)], axis=1)
    beyond = np.maximum(at - way[-1], 0.0)
    points[:, 0] += beyond * math.cos(yaw[-1])
    points[:, 1] += beyond * math.sin(yaw[-1])
    since = (run.t_ns - run.t_ns[0]) * 1e-9
    frames = np.array([(frame.t_ns - run.t_ns[0]) * 1e-9 for frame in run.frames])
    return Line(points=points, place=np.interp(frames, since, way), seconds=frames)


def course_of(run: RunLog, car: Platform) -> Course:
    """What a run's line, lights and traffic allowed."""
    line = line_of(run)
    graph = run.briefing.graph
    seconds = float(line.seconds[-1])
    at = times(seconds)
    frames = np.searchsorted(line.seconds, at - 1e-6).clip(0, len(line.seconds) - 1)
    front = car.rear_to_center + 0.5 * car.length
    speeds = np.array([frame.truth.ego.speed for frame in run.frames])
    lows, highs = _room(run, line, car, frames)
    highs = np.maximum(highs, line.place[frames] + TIME_GAP * speeds[frames] + PIECE)
    lows = np.minimum(lows, line.place[frames] - PIECE)
    index = LaneIndex(graph)
    lanes = np.array([index.nearest(*(float(value) for value in row))[0] for row in _wrapped(line.points)])
    gates, closed = _gates(run, line, lanes, front, frames)
    return Course(
        length=float(line.place[-1]),
        seconds=seconds,
        first=float(speeds[0]),
        last=float(speeds[-1]),
        caps=_caps(graph, line, lanes, speeds, front),
        heights=line.points[:, 2],
        lows=lows,
        highs=highs,
        gates=gates,
        closed=closed,
    )


def _wrapped(points: Array) -> Array:
    out = points.copy()
    out[:, 3] = np.pi - np.mod(np.pi - out[:, 3], 2.0 * np.pi)
    return out


def _caps(graph: LaneGraph, line: Line, lanes: Ints, speeds: Array, front: float) -> Array:
    """The highest speed [m/s] on each piece: what the limit and the bend allow, a halt at a stop sign, or what was
    driven where that is more."""
    at = np.arange(len(line.points)) * PIECE
    bend = np.abs(np.gradient(line.points[:, 3], PIECE))
    bend = np.convolve(bend, np.ones(9) / 9.0, "same")
    limit = np.where(lanes >= 0, graph.speed_limit[lanes], math.inf)
    caps = np.minimum(limit, np.sqrt(BEND_ACCEL / np.maximum(bend, 1e-5)))
    for k in np.flatnonzero((graph.stop_kind == StopKind.STOP_SIGN) & np.isin(graph.stop_lane, lanes)):
        place = _stop_place(graph, line, lanes, int(graph.stop_lane[k]), float(graph.stop_s[k])) - front
        caps[np.abs(at - place) <= PIECE] = HALT
    moving = np.concatenate([[True], np.diff(line.place) > 1e-6])
    return np.maximum(caps, np.interp(at, line.place[moving], speeds[moving]))


def _stop_place(graph: LaneGraph, line: Line, lanes: Ints, lane: int, s: float) -> float:
    """Where on the line [m] a place on a lane is that it leads along."""
    rows, on = graph.points(lane), np.flatnonzero(lanes == lane) * PIECE
    point = np.array([[np.interp(s, graph.arc[rows], graph.center[rows, axis]) for axis in (0, 1)]])
    return float(line.project(point, on[0] - 20.0, on[-1] + 20.0)[0][0])


def _gates(run: RunLog, line: Line, lanes: Ints, front: float, frames: Ints) -> tuple[Array, Bools]:
    """Where lights hold up the rear axle (G,) [m], and when each is closed (G, K + 1)."""
    graph = run.briefing.graph
    passed = [int(lane) for k, lane in enumerate(lanes) if lane >= 0 and (k == 0 or lanes[k - 1] != lane)]
    gates: list[float] = []
    closed: list[list[bool]] = []
    for number, lane in enumerate(passed):
        lights = graph.lights_of(lane)
        if not len(lights):
            continue
        turn = next((TURNS[Turn(t)] for t in graph.turn[passed[number : number + 3]] if Turn(t) in TURNS), None)
        stops = graph.stop_s[graph.stop_lane == lane]
        end = float(stops.min()) if len(stops) else float(graph.length[lane])
        place = _stop_place(graph, line, lanes, lane, end) - front
        if 0.0 < place < line.place[-1]:
            gates.append(place)
            wanted = turn or Arrow.STRAIGHT
            closed.append([_closed(graph, lights, wanted, run.frames[frame].truth.lights) for frame in frames])
    return np.array(gates), np.array(closed, np.bool_).reshape(len(gates), len(frames))


def _closed(graph: LaneGraph, lights: Ints, wanted: Arrow, seen: Lights) -> bool:
    """Whether a lane's lights show red to a movement: those with an arrow for it, else the full ones."""
    rows = np.flatnonzero(np.isin(seen.index, lights))
    arrows = np.where(seen.arrow[rows] == Arrow.ALL, graph.light_arrow[seen.index[rows]], seen.arrow[rows])
    own, full = (arrows != Arrow.ALL) & (arrows & wanted > 0), arrows == Arrow.ALL
    return bool(np.isin(seen.state[rows[own if own.any() else full]], CLOSED).any())


def _room(run: RunLog, line: Line, car: Platform, frames: Ints) -> tuple[Array, Array]:
    """Between which places [m] the others left room for the rear axle at some frames (K + 1,)."""
    lows, highs = np.full(len(frames), -math.inf), np.full(len(frames), math.inf)
    front, rear = car.rear_to_center + 0.5 * car.length, 0.5 * car.length - car.rear_to_center
    for k, frame in enumerate(frames):
        here, others = float(line.place[frame]), run.frames[frame].truth.objects
        outlines = _outlines(others)
        near = np.hypot(*(others.state[:, :2] - line.points[int(here / PIECE), :2]).T) < NEAR[1]
        near &= np.abs(others.state[:, 2] - line.points[int(here / PIECE), 2]) < 5.0
        for row in np.flatnonzero(near):
            places, away = line.project(outlines[row], here + NEAR[0], here + NEAR[1])
            on = places[away < 0.5 * car.width + MARGIN]
            if not len(on):
                continue
            if on.mean() > here + car.rear_to_center:
                highs[k] = min(highs[k], on.min() - front - STANDING_GAP)
            else:
                yaw = line.points[int(on.mean() / PIECE), 3]
                if abs(math.sin(float(others.state[row, 3]) - yaw)) > math.sin(ACROSS):
                    lows[k] = max(lows[k], on.max() + rear)
    return lows, highs


def _outlines(others: Tracks) -> Array:
    """Points (N, 16, 2) round each box."""
    edge = np.array([(x, y) for x in (-1, -0.5, 0, 0.5, 1) for y in (-1, 0, 1) if abs(x) == 1 or abs(y) == 1])
    local = 0.5 * others.size[:, None] * edge[None]
    c, s = np.cos(others.state[:, 3])[:, None], np.sin(others.state[:, 3])[:, None]
    x = others.state[:, :1] + c * local[..., 0] - s * local[..., 1]
    y = others.state[:, 1:2] + s * local[..., 0] + c * local[..., 1]
    return np.stack([x, y], axis=2)


def saved(run: RunLog, car: Platform) -> tuple[float, float]:
    """Energy [J] of a run by the map, and the least for its way in its time, both less the motion gained."""
    powers, turning = power_table(car), turning_mass(car) / car.mass
    course = course_of(run, car)
    since = (run.t_ns - run.t_ns[0])[::10] * 1e-9
    speeds = run.ego[::10, Ego.SPEED]
    way = np.concatenate([[0.0], np.cumsum(np.diff(since) * 0.5 * (speeds[1:] + speeds[:-1]))])
    used = mapped(since, speeds, way, course, powers, turning)
    least, found = least_energy(course, powers, turning)
    mass = 0.5 * car.mass / DRIVE
    height = GRAVITY * 2.0 * float(run.ego[-1, Ego.Z] - run.ego[0, Ego.Z])
    if len(found):
        least -= mass * (float(found[-1] ** 2 - found[0] ** 2) + height)
    return used - mass * (float(speeds[-1] ** 2 - speeds[0] ** 2) + height), least
