"""How far an IDM driver gets along a route: it keeps the speed limits, slows down for bends, stops at red lights and
stop signs, and, where it is asked to, stays behind who is ahead."""

import numpy as np

from evpilot.evaluate.criteria.criticality import THW_MIN
from evpilot.evaluate.criteria.lines import red
from evpilot.evaluate.facts.drive import Drive
from evpilot.evaluate.facts.road import lane_limits
from evpilot.evaluate.reference.ahead import Ahead, Piece
from evpilot.geometry.jit import kernel
from evpilot.types import Arrow, LaneGraph, LaneKind, StopKind, Turn
from evpilot.types.state import Array, Bools, Ints
from evpilot.vehicle.driver import idm_accel

# reference/planning.md, ego IDM
STANDSTILL = 2.0  # [m]
HEADWAY = 1.5  # [s]
ACCEL = 1.5  # [m/s2]
BRAKE = 3.0  # [m/s2]
BEND_ACCEL = 2.0  # [m/s2] lateral, `evpilot.types.ROAD`
SLOWING = 1.5  # [m/s2] how it comes down to a lower limit, a bend's speed or a headway
BEND_REACH = 4  # [m] headings this far to either side tell a bend from a kink in the map
UNKNOWN_LIMIT = {  # [m/s] where a map gives no limit: usual ones of the lane's kind
    LaneKind.COUNTRY: 27.8,
    LaneKind.MOTORWAY: 36.1,
    LaneKind.ON_RAMP: 22.2,
    LaneKind.OFF_RAMP: 22.2,
}
UNKNOWN_ELSE = 13.9  # [m/s] built-up area


def distance_on(drive: Drive, route: list[Piece], steps: int, ahead: Ahead) -> float:
    """Distance [m] that the reference covers along a route in some of the drive's steps, behind those ahead."""
    if not route:
        return 0.0
    line, sign, shut = _walls(drive, route)
    return drive_idm(
        _wanted_speed(drive.graph, route),
        sum(end - begin for _, begin, end in route),
        max(float(drive.speed[0]), 0.0),
        0.5 * drive.platform.length,
        line,
        sign,
        shut,
        ahead.start,
        ahead.motion,
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


@kernel("f8(f8[::1], f8, f8, f8, f8[::1], b1[::1], b1[:, ::1], i8[::1], f8[:, ::1], i8, f8)")
def drive_idm(
    wanted: Array,
    length: float,
    speed: float,
    front: float,
    line: Array,
    sign: Bools,
    shut: Bools,
    start: Ints,
    ahead: Array,
    steps: int,
    dt: float,
) -> float:
    """Distance [m] covered in some steps of dt [s] by an IDM driver; at most the route's length [m].

    wanted (N,) [m/s] at every metre; speed [m/s] at the start; front [m] from the centre to the bumper; line (J,) [m]
    stop lines, sign (J,) whether it halts there once; shut (J, F) whether a light is red in each of the drive's ticks;
    start (F + 1,), ahead (R, 2): others by tick, as `Ahead`. After the last tick all stay as they are. A light that
    turns red too late to stop for is passed. Behind others it keeps the least headway that the judge asks for: no
    lawful driver gets further. Who is nearer falls back no harder than it slows down for a limit.
    """
    s = 0.0
    done = np.zeros(line.shape[0], np.bool_)
    for t in range(steps):
        tick = min(t, start.shape[0] - 2)
        gap = np.inf
        for j in range(line.shape[0]):
            room = line[j] - s - front
            if room < 0.0 or done[j]:
                continue
            if sign[j]:
                if speed < 0.3 and room < 2.0 * STANDSTILL:
                    done[j] = True
                    continue
            elif not shut[j, tick]:
                continue
            elif speed * speed > 2.0 * BRAKE * room:
                done[j] = True
                continue
            gap = min(gap, room)
        here = wanted[min(int(s), wanted.shape[0] - 1)]
        accel = idm_accel(speed, here, gap, speed, STANDSTILL, HEADWAY, ACCEL, BRAKE)
        for r in range(start[tick], start[tick + 1]):
            if ahead[r, 0] > s:
                room, closing = ahead[r, 0] - s - front, speed - ahead[r, 1]
                keeps = idm_accel(speed, here, room, closing, STANDSTILL, THW_MIN, ACCEL, BRAKE)
                brakes = idm_accel(speed, here, room, closing, STANDSTILL, 0.0, ACCEL, BRAKE)
                accel = min(accel, max(keeps, -SLOWING), brakes)
        after = max(speed + accel * dt, 0.0)
        s += 0.5 * (speed + after) * dt
        speed = after
        if s >= length:
            return length
    return s
