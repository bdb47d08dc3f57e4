"""The reference for progress: how far an IDM driver alone on the road gets along the route in the drive's time.

It keeps the speed limits, slows down for bends, stops at red lights and stop signs, and stops counting at the goal.
Alone on the road it is an upper bound in dense traffic.
"""

from dataclasses import dataclass

import numpy as np

from evpilot.evaluate.criteria.lines import red
from evpilot.evaluate.criteria.rules import along_lanes
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.road import Place, lane_limits
from evpilot.geometry.jit import kernel
from evpilot.maps.route import cost_to_go, goal_spans, lane_sequence, neighbours
from evpilot.types import Arrow, Goal, LaneGraph, LaneKind, StopKind, Turn
from evpilot.types.state import Array, Bools
from evpilot.vehicle.driver import idm_accel

# reference/planning.md, ego IDM
STANDSTILL = 2.0  # [m]
HEADWAY = 1.5  # [s]
ACCEL = 1.5  # [m/s2]
BRAKE = 3.0  # [m/s2]
BEND_ACCEL = 2.0  # [m/s2] lateral, `evpilot.types.ROAD`
SLOWING = 1.5  # [m/s2] how it comes down to a lower limit or a bend's speed
BEND_REACH = 4  # [m] headings this far to either side tell a bend from a kink in the map
SPARE = 100.0  # [m] of route beyond what the fastest driver covers
WAY_SLACK = 0.5  # [m] of the way that the car made
LANE_CHANGE = 1.0  # [m] enough to prefer the route with fewer changes, too little to make a detour
UNKNOWN_LIMIT = {  # [m/s] where a map gives no limit: usual ones of the lane's kind
    LaneKind.COUNTRY: 27.8,
    LaneKind.MOTORWAY: 36.1,
    LaneKind.ON_RAMP: 22.2,
    LaneKind.OFF_RAMP: 22.2,
}
UNKNOWN_ELSE = 13.9  # [m/s] built-up area

Piece = tuple[int, float, float]
"""A lane, from where to where [m] on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the car got along its route, how far the reference would have got, and how far the goal was [m, inf when
    there is no place to reach]; expert is None where the start is on no lane."""

    car: float
    expert: float | None
    goal: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Remaining:
    """Driving left to the nearest goal on each lane: metres (L,) from its start, follow (L,) the lane to go on with or
    -1; first, last: per lane where on it the goal begins and ends [m]."""

    graph: LaneGraph
    metres: Array
    follow: tuple[int, ...]
    first: dict[int, float]
    last: dict[int, float]

    def at(self, lane: int, s: float) -> float:
        """Metres left to the goal from s [m] on a lane; inf where no way leads to it."""
        if lane in self.first and s > self.last[lane]:
            ways = self.metres[self.graph.successors(lane)]
            return float(self.graph.length[lane] - s + ways.min()) if len(ways) else float("inf")
        return max(float(self.metres[lane]) - s, 0.0)

    def route(self, lane: int, s: float) -> list[Piece]:
        """The pieces of lanes from a place to the goal; a lane change takes no distance."""
        pieces: list[Piece] = []
        for _ in range(2 * len(self.graph)):
            if lane in self.first and s <= self.last[lane]:
                return [*pieces, (lane, s, max(s, self.first[lane]))]
            after = self._after(lane)
            if after < 0:
                return pieces
            if after in self.graph.successors(lane):
                pieces.append((lane, s, float(self.graph.length[lane])))
                s = 0.0
            else:
                s *= float(self.graph.length[after] / self.graph.length[lane])
            lane = after
        return pieces

    def _after(self, lane: int) -> int:
        if lane not in self.first:
            return self.follow[lane]
        ways = self.graph.successors(lane)
        return int(ways[np.argmin(self.metres[ways])]) if len(ways) else -1


def remaining(graph: LaneGraph, goals: tuple[Goal, ...]) -> Remaining:
    """Work out the metres to the goals along the cheapest ways."""
    cost = cost_to_go(graph, goals, LANE_CHANGE)
    lanes, begin, end, _ = goal_spans(graph, goals)
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for lane, s0, s1 in zip(lanes.tolist(), begin.tolist(), end.tolist(), strict=True):
        first[lane] = min(s0, first.get(lane, s0))
        last[lane] = max(s1, last.get(lane, s1))
    metres = np.full(len(graph), np.inf)
    follow = np.full(len(graph), -1, np.int64)
    for lane in np.argsort(cost, kind="stable").tolist():
        if lane in first:
            metres[lane] = first[lane]
        elif np.isfinite(cost[lane]):
            ways = [
                (float(cost[k] + graph.length[lane]), int(k), float(graph.length[lane])) for k in graph.successors(lane)
            ]
            ways += [(float(cost[k] + LANE_CHANGE), k, 0.0) for k in neighbours(graph, lane)]
            _, after, extra = min(ways)
            metres[lane], follow[lane] = metres[after] + extra, after
    return Remaining(graph=graph, metres=metres, follow=tuple(follow.tolist()), first=first, last=last)


def progress(drive: Drive, place: Place, reached: bool) -> Progress:
    """The car's and the reference's distance along the route.

    To a goal that lies at a place: how much nearer the car has come to it at best, all the way if it has reached it.
    Else, or where no way leads to the goal: the distance along the lanes that it drove on, backwards counting against
    it; the reference then follows the car's own lanes.
    """
    goals = drive.run.briefing.goals
    starts = place.held[0]
    steps = max(round(drive.duration / drive.step), 0)
    if goals and not any(goal.survival for goal in goals) and starts:
        left = remaining(drive.graph, goals)
        distance, start = min((left.at(*at), at) for at in starts)
        if np.isfinite(distance):
            best = 0.0 if reached else min(left.at(*at) for held in place.held for at in held)
            expert = min(_reference(drive, left.route(*start), steps), distance)
            return Progress(car=max(distance - best, 0.0), expert=expert, goal=distance)
    car = float(np.sum(along_lanes(drive, place)))
    if place.lane[0] < 0:
        return Progress(car=car, expert=None, goal=np.inf)
    return Progress(car=car, expert=_reference(drive, _own_route(drive, place), steps), goal=np.inf)


def time_alone(drive: Drive, place: Place, made: Progress, reached: bool) -> float:
    """Time [s] that the reference needs for the way that the car made; the drive's own where it needs longer."""
    route = _route(drive, place)
    total = max(round(drive.duration / drive.step), 1)
    if not route:
        return drive.duration
    way = made.goal if reached and np.isfinite(made.goal) else made.car
    low, high = 0, total
    while low < high:  # its distance grows with its time: bisection
        middle = (low + high) // 2
        if _reference(drive, route, middle) >= way - WAY_SLACK:
            high = middle
        else:
            low = middle + 1
    return min(low * drive.step, drive.duration)


def _route(drive: Drive, place: Place) -> list[Piece]:
    """The way to the goal from the start, or where there is none, the car's own lanes."""
    goals = drive.run.briefing.goals
    if goals and not any(goal.survival for goal in goals) and place.held[0]:
        left = remaining(drive.graph, goals)
        distance, start = min((left.at(*at), at) for at in place.held[0])
        if np.isfinite(distance):
            return left.route(*start)
    return _own_route(drive, place) if place.lane[0] >= 0 else []


def _own_route(drive: Drive, place: Place) -> list[Piece]:
    """The lanes that the car drove on from its first, then the straightest, for as far as anyone gets."""
    graph = drive.graph
    strange = np.ones(len(graph))
    strange[place.lane[place.lane >= 0]] = 0.0
    lane, s = int(place.lane[0]), float(place.s[0])
    length = s + SPARE + drive.duration * max(drive.speed.max(), max(UNKNOWN_LIMIT.values()))
    sequence = lane_sequence(graph, lane, length, strange)
    return [(int(k), s if k == lane else 0.0, float(graph.length[k])) for k in sequence]


def _reference(drive: Drive, route: list[Piece], steps: int) -> float:
    """Distance [m] that the reference covers along a route in some of the drive's steps."""
    if not route:
        return 0.0
    line, sign, shut = _walls(drive, route)
    rows = np.minimum(np.arange(steps), len(drive) - 1)
    return drive_alone(
        _wanted_speed(drive.graph, route),
        sum(end - begin for _, begin, end in route),
        max(float(drive.speed[0]), 0.0),
        0.5 * drive.platform.length,
        line,
        sign,
        np.ascontiguousarray(shut[:, rows]),
        steps,
        drive.step,
    )


def _wanted_speed(graph: LaneGraph, route: list[Piece]) -> Array:
    """The speed [m/s] that the reference wants at every metre of the route: limits and bends, foreseen."""
    limits = lane_limits(graph)
    reached = np.concatenate([[0.0], np.cumsum([end - begin for _, begin, end in route])])
    stations = np.arange(0.0, reached[-1] + 1.0)
    owner = np.minimum(np.searchsorted(reached, stations, side="right") - 1, len(route) - 1)
    wanted = np.empty(len(stations))
    heading = np.empty(len(stations))
    for number in np.unique(owner):
        lane, begin, _ = route[number]
        rows = graph.points(lane)
        s = begin + stations[owner == number] - reached[number]
        chord = np.diff(graph.center[rows, :2], axis=0)
        piece = np.clip(np.searchsorted(graph.arc[rows], s, side="right") - 1, 0, len(chord) - 1)
        heading[owner == number] = np.arctan2(chord[piece, 1], chord[piece, 0])
        usual = UNKNOWN_LIMIT.get(LaneKind(int(graph.kind[lane])), UNKNOWN_ELSE)
        wanted[owner == number] = limits[lane] if np.isfinite(limits[lane]) else usual
    padded = np.pad(np.unwrap(heading), BEND_REACH, mode="edge")
    bend = np.abs(padded[2 * BEND_REACH :] - padded[: -2 * BEND_REACH]) / (2.0 * BEND_REACH)
    wanted = np.minimum(wanted, np.sqrt(BEND_ACCEL / np.maximum(bend, 1e-6)))
    for k in range(len(wanted) - 2, -1, -1):
        wanted[k] = min(wanted[k], np.sqrt(wanted[k + 1] ** 2 + 2.0 * SLOWING))
    return wanted


def _walls(drive: Drive, route: list[Piece]) -> tuple[Array, Bools, Bools]:
    """The lines on the route (J,) [m] where it may have to stop, whether each is a stop sign's, and whether a light
    holds it shut in each planning tick (J, F)."""
    graph = drive.graph
    line: list[float] = []
    sign: list[bool] = []
    shut: list[Bools] = []
    reached = 0.0
    for number, (lane, begin, end) in enumerate(route):
        for k in np.flatnonzero(graph.stop_lane == lane):
            s = float(graph.stop_s[k])
            lit = bool(len(graph.lights_of(lane)))
            if begin < s <= end + 1e-6 and (lit or graph.stop_kind[k] == StopKind.STOP_SIGN):
                line.append(reached + s - begin)
                sign.append(not lit)
                shut.append(red(drive, lane, _movement(graph, route[number + 1 :])))
        reached += end - begin
    return np.array(line), np.array(sign, np.bool_), np.array(shut, np.bool_).reshape(len(line), len(drive))


def _movement(graph: LaneGraph, rest: list[Piece]) -> Arrow:
    """Where the rest of a route leads at the next turn, within its first two lanes."""
    for lane, _, _ in rest[:2]:
        turn = Turn(int(graph.turn[lane]))
        if turn in (Turn.LEFT, Turn.U_TURN):
            return Arrow.LEFT
        if turn == Turn.RIGHT:
            return Arrow.RIGHT
    return Arrow.STRAIGHT


@kernel("f8(f8[::1], f8, f8, f8, f8[::1], b1[::1], b1[:, ::1], i8, f8)")
def drive_alone(
    wanted: Array,
    length: float,
    speed: float,
    front: float,
    line: Array,
    sign: Bools,
    shut: Bools,
    steps: int,
    dt: float,
) -> float:
    """Distance [m] covered in some steps of dt [s] by an IDM driver with nobody ahead; at most the route's length [m].

    wanted (N,) [m/s] at every metre; speed [m/s] at the start; front [m] from the centre to the bumper; line (J,) [m]
    stop lines, sign (J,) whether it halts there once; shut (J, steps) whether a light is red. A light that turns red
    too late to stop for is passed.
    """
    s = 0.0
    done = np.zeros(line.shape[0], np.bool_)
    for t in range(steps):
        gap = np.inf
        for j in range(line.shape[0]):
            room = line[j] - s - front
            if room < 0.0 or done[j]:
                continue
            if sign[j]:
                if speed < 0.3 and room < 2.0 * STANDSTILL:
                    done[j] = True
                    continue
            elif not shut[j, t]:
                continue
            elif speed * speed > 2.0 * BRAKE * room:
                done[j] = True
                continue
            gap = min(gap, room)
        here = wanted[min(int(s), wanted.shape[0] - 1)]
        accel = idm_accel(speed, here, gap, speed, STANDSTILL, HEADWAY, ACCEL, BRAKE)
        after = max(speed + accel * dt, 0.0)
        s += 0.5 * (speed + after) * dt
        speed = after
        if s >= length:
            return length
    return s
