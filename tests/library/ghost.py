"""An ego without a pilot that runs along its route, blind or braking for what is in its way."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.geometry.boxes import boxes_overlap
from evpilot.geometry.polyline import arc_length
from evpilot.maps.index import LaneIndex
from evpilot.maps.route import cost_to_go, lane_sequence
from evpilot.scenarios import Scenario
from evpilot.simulate.traffic import make
from evpilot.types import EgoState, Lights, Tracks

SIZE = (4.7, 1.9)
REACTION, BRAKE = 0.75, 7.59  # [s], [m/s2] the careful driver of R157, annex 3
DT = 0.1


@dataclass
class Seen:
    """A run: the ego's places (T, 3) x, y, yaw and speeds (T,), everybody at each step, whom it hit."""

    place: np.ndarray
    speed: np.ndarray
    tracks: list[Tracks]
    hit: int


def way_of(scenario: Scenario) -> np.ndarray:
    """Points (P, 3) of the route from the start on, along lanes without a change."""
    graph = scenario.graph
    x, y, z, yaw = (float(v) for v in scenario.start)
    lane = LaneIndex(graph).nearest(x, y, z, yaw)[0]
    cost = cost_to_go(graph, scenario.goals)
    lanes = lane_sequence(graph, lane, 4000.0, cost)
    points = np.vstack([graph.center[graph.points(int(k))][:-1] for k in lanes])
    first = int(np.argmin(np.hypot(*(points[:, :2] - scenario.start[:2]).T)))
    return points[first:]


def run(scenario: Scenario, seconds: float, *, brakes: bool, speed: float | None = None, friction: float = 1.0) -> Seen:
    """Drive the start's way at a speed [m/s] (the start's by default). One that brakes does so fully REACTION after
    something on its way lies closer than it needs to stop and 3 m, as long as it does."""
    traffic = make("reactive", scenario, 0, *SIZE)
    way = way_of(scenario)
    arc = arc_length(way[:, :2])
    wanted = scenario.start_speed if speed is None else speed
    s, v, seen, clear = 0.0, wanted, 0.0, 9.0
    brake = min(BRAKE, 9.81 * friction)
    places, speeds, tracks = [], [], []
    for k in range(round(seconds / DT)):
        here = [float(np.interp(s, arc, way[:, c])) for c in range(3)]
        ahead = [float(np.interp(s + 0.5, arc, way[:, c])) for c in range(2)]
        yaw = math.atan2(ahead[1] - here[1], ahead[0] - here[0])
        ego = EgoState(
            t_ns=k * 100_000_000,
            pose=np.array([here[0] - 1.4 * math.cos(yaw), here[1] - 1.4 * math.sin(yaw), here[2], yaw]),
            velocity=np.array([v, 0.0]),
            accel=np.zeros(2),
            yaw_rate=0.0,
            steering=0.0,
            cov=np.zeros((6, 6)),
        )
        lights = Lights(
            t_ns=ego.t_ns, index=np.zeros(0, np.int64), state=np.zeros(0, np.uint8), arrow=np.zeros(0, np.uint8)
        )
        now = traffic.step(ego.t_ns, ego, SIZE, lights)
        places.append([here[0], here[1], yaw])
        speeds.append(v)
        tracks.append(now)
        box = np.array([here[0], here[1], yaw, *SIZE])
        for j in range(len(now)):
            row = now.state[j]
            near = math.hypot(row[0] - here[0], row[1] - here[1]) < 12.0 and abs(row[2] - here[2]) < 2.5
            if near and boxes_overlap(box, np.array([row[0], row[1], row[3], *now.size[j]])):
                return Seen(np.array(places), np.array(speeds), tracks, int(now.id[j]))
        if brakes and _blocked(way, arc, s, v, now, brake):
            seen, clear = seen + DT, 0.0
        else:
            clear += DT
            seen = seen if clear < 1.0 else 0.0
        if seen >= REACTION:
            v = max(v - brake * DT, 0.0) if clear == 0.0 else v
        else:
            v = min(v + 0.15, wanted)
        s += v * DT
        if s > arc[-1] - 5.0:
            break
    return Seen(np.array(places), np.array(speeds), tracks, 0)


def _blocked(way: np.ndarray, arc: np.ndarray, s: float, v: float, now: Tracks, brake: float) -> bool:
    """Whether somebody is, or soon will be, on the strip of the way that is needed to react and stop: vehicles within
    a second, people who walk or run within two."""
    rows = (arc > s) & (arc < s + v * REACTION + v * v / (2.0 * brake) + 15.0 + 0.5 * v)
    if rows.sum() < 2:
        return False
    line, at = way[rows], arc[rows]
    near = np.hypot(now.state[:, 0] - line[0, 0], now.state[:, 1] - line[0, 1]) < at[-1] - s + 20.0
    for j in np.flatnonzero(near).tolist():
        for ahead in (0.0, 0.5, 1.0, 1.5, 2.0) if now.size[j, 0] < 1.0 else (0.0, 0.5, 1.0):
            x, y = now.state[j, :2] + ahead * now.velocity[j]
            away = np.hypot(line[:, 0] - x, line[:, 1] - y)
            k = min(int(np.argmin(away)), len(line) - 2)
            yaw = math.atan2(line[k + 1, 1] - line[k, 1], line[k + 1, 0] - line[k, 0])
            turn = abs(math.sin(now.state[j, 3] - yaw))
            half = 0.5 * (now.size[j, 1] * (1.0 - turn) + now.size[j, 0] * turn)
            long = 0.5 * (now.size[j, 0] * (1.0 - turn) + now.size[j, 1] * turn)
            other = max(float(now.velocity[j] @ [math.cos(yaw), math.sin(yaw)]), 0.0)
            gap = at[k] - other * ahead - long - 0.5 * SIZE[0] - s
            need = v * REACTION + max(v * v / (2.0 * brake) - other * other / 18.0, 0.0) + 3.0
            if away[k] < 0.5 * SIZE[1] + half + 0.3 and gap + long + SIZE[0] > 0.0 and gap < need:
                return True
    return False
