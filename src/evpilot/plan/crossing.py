"""Crosswalks: who is about to cross, where to stop for him, and how to come up to one beside which somebody may step
out (StVO section 26 (1))."""

import math
from dataclasses import dataclass

import numpy as np

from evpilot.maps.reference import SPACING
from evpilot.plan.advance import CAP_AHEAD
from evpilot.plan.columns import Corridor, Ref
from evpilot.plan.priority import TURNS
from evpilot.plan.way import Way, row_at
from evpilot.types import EgoState, LaneGraph, ObjectKind, Tracks
from evpilot.types.state import Array, Bools, Bytes, Ints

WALK_SPEED_MIN = 0.3  # [m/s] a slower walker at the kerb waits
KERB = 1.6  # [m] beside the crossing counts as about to cross when walking towards it
SOON = 5.0  # [s] who comes into our way later is not waited for yet
ON_OUR_WAY, NEAR_OUR_WAY = 2.2, 2.0  # [m] from the middle of it
COMES_UP, PAVEMENT = 2.5, 3.5  # [m] who comes up to a crossing, or waits there, is within this of its ends, who passes
BESIDE = 2.0  # [m] and of its sides
BEFORE = 1.0  # [m] to keep before a crossing
EASE = 3.0  # [m/s2] more is no comfort, and what a careful driver does without an emergency
BITES = 3.5  # [m/s3] with which braking comes that is no emergency
READY, READY_ROOM = 3.0, 3.0  # [m/s] at which we come to a crossing beside which somebody waits, and [m] to stop then
MODERATE, PASSES = 5.5, 4.0  # [m/s] and where somebody walks past its end, or will in so long [s], who may turn to it
SLOWING = 2.0  # [m/s2] ... to which we slow down like this, however late somebody comes up
LAGS = 1.06  # who slows down so is faster by such a share meanwhile
# [m] before it, [m/s2], from [m/s] on: so close one speeds up gently, for who still speeds up needs longer to stop
CLOSE, GENTLY, ROLLS = 6.0, 0.8, 1.0
BRISK = 1.2  # [m/s] who has just set off will walk like this, at least
KEPT_FREE, KEPT = 0.7, 1.8  # [m] beside our body and [s] until he is there, where we go on before who crosses
LIT = 40.0  # [m] before and after a light a crossing belongs to its junction
TURNED = 6.0  # [s] after which a light that was green may be red, and theirs green


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walkers:
    """Those on foot or on a bicycle (N,) as seen from our way where it meets a crosswalk: row in the tracks, across [m]
    how far to the left of the middle of our way, pace [m/s] how fast to the left, speed [m/s] how fast at all, coming
    [m/s] how fast along our way towards the crosswalk, and how far [m] beyond its sides and its ends."""

    row: Ints
    across: Array
    pace: Array
    speed: Array
    coming: Array
    beside: Array
    beyond: Array

    def towards(self) -> Bools:
        """Who walks towards our way."""
        return (self.across * self.pace < 0.0) & (np.abs(self.pace) > WALK_SPEED_MIN)

    def crossing(self) -> Bools:
        """Who is on the crosswalk and not yet past our way, or steps towards it."""
        near = (self.beside <= 0.5) & (self.beyond <= KERB)
        coming = self.towards() & (np.abs(self.across) - NEAR_OUR_WAY < SOON * np.abs(self.pace))
        return near & ((np.abs(self.across) < ON_OUR_WAY) | coming)

    def ready(self, kind: Bytes) -> float:
        """How fast [m/s] to come to the crosswalk, for who may step out: who waits at the kerb or comes up to it, or
        walks past its end; inf where nobody does. kind (M,) of all tracks."""
        kerb = (np.abs(self.across) >= ON_OUR_WAY) & (self.beyond <= PAVEMENT)
        kerb &= kind[self.row] == ObjectKind.PEDESTRIAN
        beside = kerb & (self.beyond <= COMES_UP) & (self.beside <= BESIDE)
        stands = self.speed < WALK_SPEED_MIN
        if np.any(beside & (self.towards() | (stands & (self.beside <= 0.5)))):
            return READY
        leaves = self.across * self.pace > WALK_SPEED_MIN * np.abs(self.across)
        passes = self.beside <= np.maximum(PASSES * self.coming, 0.0)
        return MODERATE if np.any(kerb & passes & ~stands & ~leaves) else math.inf

    def late(self, seconds: float, half: float) -> Bools:
        """Who is still far from a body of half a width [m] when that comes onto the crosswalk in a time [s]: it passes
        before him."""
        pace = np.maximum(np.abs(self.pace), BRISK)
        return np.abs(self.across) - half - KEPT_FREE > pace * (seconds + KEPT)


def walkers_at(graph: LaneGraph, w: int, way: Way, s: float, tracks: Tracks, rows: Ints) -> Walkers:
    """Those of the tracks (rows) as seen from a corridor at s [m], where it meets the crosswalk w."""
    polygon = graph.crosswalk[graph.crosswalk_start[w] : graph.crosswalk_start[w + 1], :2]
    x, y, yaw = row_at(way, s)[: Ref.YAW + 1]
    c, si = math.cos(yaw), math.sin(yaw)
    corner_s, corner_d = _turned(polygon[:, 0] - x, polygon[:, 1] - y, c, si)
    along, across = _turned(tracks.state[rows, 0] - x, tracks.state[rows, 1] - y, c, si)
    on, pace = _turned(tracks.velocity[rows, 0], tracks.velocity[rows, 1], c, si)
    return Walkers(
        row=rows,
        across=across,
        pace=pace,
        speed=np.hypot(*tracks.velocity[rows].T),
        coming=np.where(along < 0.5 * (corner_s.min() + corner_s.max()), on, -on),
        beside=np.maximum(corner_s.min() - along, along - corner_s.max()),
        beyond=np.maximum(corner_d.min() - across, across - corner_d.max()),
    )


def _turned(x: Array, y: Array, c: float, s: float) -> tuple[Array, Array]:
    return c * x + s * y, c * y - s * x


def stop_with_ease(ego: EgoState) -> float:
    """How far [m] the car comes when it stops with ease."""
    # while it is built up, braking takes less speed than its full measure would: as if it had set in later
    late = max(float(ego.accel[0]) + EASE, 0.0) ** 2 / (2.0 * BITES * EASE)
    return ego.speed * late + ego.speed**2 / (2.0 * EASE)


def unlit(graph: LaneGraph, way: Way, s: float, since: float = 0.0) -> bool:
    """Whether those who wait at a crosswalk at s [m] on a corridor may go while we come: not before our own light, nor
    behind one that we have passed straight on, unless that is so long since [s] that they may have green by now."""
    place = way.path.lane_at(s)
    lane, gone = int(way.path.lanes[place]), s - float(way.path.lane_s[place])
    if len(graph.lights_of(lane)) and float(graph.length[lane]) - gone < LIT:
        return False
    while gone < LIT:
        if graph.junction[lane] >= 0 and graph.turn[lane] in TURNS:
            return True
        place -= 1
        before = [int(way.path.lanes[place])] if place >= 0 else graph.predecessors(lane).tolist()
        if not before:
            return True
        lane = int(before[0])
        if len(graph.lights_of(lane)):
            return since > TURNED
        gone += float(graph.length[lane])
    return True


def heed(table: Array, ways: list[Way], places: list[tuple[int, float, float]], speed: float) -> Array:
    """A stacked table in which our rear axle reaches some places (corridor, s [m]) no faster than so ready to stop
    [m/s]: its caps and, but for a lag, its limits fall to that, and at most as who now drives at a speed [m/s] slows
    down with ease; close to such a place they rise gently."""
    if not places:
        return table
    slower, start = table.copy(), np.cumsum([0, *(len(way.table) for way in ways)])
    for c, place, ready in places:
        own, here = slower[start[c] : start[c + 1]], float(ways[c].scalars[Corridor.S])
        s = SPACING * np.arange(len(own))
        there = ready**2 + 2.0 * SLOWING * np.maximum(place - READY_ROOM - s, 0.0)
        braked = speed**2 - 2.0 * SLOWING * np.maximum(s - here, 0.0)
        square = np.maximum(there, braked)
        if place - here < CLOSE:
            square = np.minimum(square, max(speed, ROLLS) ** 2 + 2.0 * GENTLY * np.maximum(s - here, 0.0))
        # a cap is looked at ahead of the car, so that it would be let go before the place
        most = np.where(s <= place + CAP_AHEAD * ready, np.sqrt(square), np.inf)
        own[:, Ref.CAP] = np.minimum(own[:, Ref.CAP], most)
        own[:, Ref.LIMIT] = np.minimum(own[:, Ref.LIMIT], LAGS * most)
    return slower
