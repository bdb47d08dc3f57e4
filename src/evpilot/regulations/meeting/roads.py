"""The tracks: a straight road, a crossroads, and a left turn whose path the front axle follows."""

import functools
import math
from dataclasses import dataclass

import numpy as np

from evpilot.scenarios.library.roads.junctions import Arm, junction
from evpilot.scenarios.library.roads.lines import Line, line_of, straight
from evpilot.scenarios.library.roads.network import Network, Section
from evpilot.types import LaneGraph, Turn
from evpilot.types.state import Array

WIDTH = 3.5  # [m] of a lane
REACH = 400.0  # [m] of straight road before and after the meeting
RADIUS = 8.0  # [m] of the crossroads' corners, Euro NCAP
ARM = RADIUS + WIDTH  # [m] from the middle of the crossroads to where its arms begin
FINE = 0.02  # [m] step along a turn's path
SETTLING = 12.0  # [m] after a turn until the rear axle has come in behind the front axle


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """A road with the way that the car drives on it: poses (P, 4) of the rear axle by arc length (P,) [m], the first on
    lane `lane`; goal: the lane to arrive at. The way's straight beginning is the line y = 0 in direction +x."""

    graph: LaneGraph
    lane: int
    goal: int
    way: Array
    arc: Array

    def pose(self, s: float) -> Array:
        """x, y, z, yaw (4,) of the rear axle at s [m], kept within the way."""
        return np.array([np.interp(s, self.arc, self.way[:, k]) for k in range(4)])


def _section(limit: float) -> Section:
    return Section(width=WIDTH, limit=limit)


def _track(net: Network, lanes: tuple[int, ...]) -> Track:
    parts = [net.lanes[lane].line.poses for lane in lanes]
    line = line_of(np.vstack([parts[0], *(part[1:] for part in parts[1:])]))
    return Track(graph=net.build(), lane=lanes[0], goal=lanes[-1], way=line.poses, arc=line.arc)


@functools.lru_cache(maxsize=64)
def straight_road(limit: float, lanes: int = 1) -> Track:
    """A straight road with a speed limit [m/s] and a lane in each direction, ours the line y = 0; with more than one
    lane, further ones of our direction lie to the left of it."""
    net = Network()
    middle = (lanes - 0.5) * WIDTH
    section = Section(forward=lanes, width=WIDTH, limit=limit)
    road = net.road(straight((-REACH, middle), (REACH, middle)), section)
    return _track(net, (road.forward[-1],))


def _crossroads(net: Network, limit: float, x: float, arm: float) -> tuple[int, int, int]:
    """Four arms that begin `arm` [m] from the middle (x, WIDTH / 2); the lanes from the west, out to the east and out
    to the north."""
    y = 0.5 * WIDTH
    section = _section(limit)
    ends = ((-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
    roads = [
        net.road(straight((x + REACH * dx, y + REACH * dy), (x + arm * dx, y + arm * dy)), section) for dx, dy in ends
    ]
    junction(net, [Arm(road=road, at_end=True) for road in roads])
    return roads[0].forward[0], roads[1].backward[0], roads[3].backward[0]


def _between(net: Network, one: int, other: int) -> int:
    """The lane that leads from a lane into another."""
    after = {b for a, b in net.links if a == one}
    return next(a for a, b in net.links if b == other and a in after)


@functools.lru_cache(maxsize=64)
def crossroads(limit: float, x: float) -> Track:
    """Straight over a crossroads whose cross street's middle is at x [m], with a speed limit [m/s] and no signs."""
    net = Network()
    lane, out, _ = _crossroads(net, limit, x, ARM)
    return _track(net, (lane, _between(net, lane, out), out))


@dataclass(frozen=True, slots=True)
class Bend:
    """A left turn by Euro NCAP: a clothoid over an angle alpha [deg] from a large radius R1 to R2 [m], an arc over beta
    [deg], and the clothoid back. The centre of the front axle follows it."""

    r1: float
    r2: float
    alpha: float
    beta: float

    def path(self) -> Array:
        """x, y [m], heading [rad] (P, 3) every FINE from the turn's beginning at the origin along +x."""
        first, last = 1.0 / self.r1, 1.0 / self.r2
        clothoid = 2.0 * math.radians(self.alpha) / (first + last)
        arc = self.r2 * math.radians(self.beta)
        s = np.arange(0.0, 2.0 * clothoid + arc, FINE) + 0.5 * FINE
        bend = np.interp(s, [0.0, clothoid, clothoid + arc, 2.0 * clothoid + arc], [first, last, last, first])
        yaw = np.cumsum(bend) * FINE
        middle = yaw - 0.5 * bend * FINE
        ends = np.column_stack([np.cumsum(np.cos(middle)), np.cumsum(np.sin(middle))]) * FINE
        turned = np.column_stack([ends, yaw])
        # the pieces turn through 90 degrees to within some hundredths
        turned[:, 2] *= 0.5 * math.pi / turned[-1, 2]
        return np.vstack([np.zeros((1, 3)), turned])


@functools.lru_cache(maxsize=16)
def left_turn(limit: float, bend: Bend, wheelbase: float) -> tuple[Track, Array]:
    """A crossroads at which the car turns left, and the front axle's path (P, 3) on it; the way is the rear axle's,
    which trails behind by the wheelbase [m]. The middle of the crossroads is at (0, WIDTH / 2)."""
    curve = bend.path()
    far = float(curve[-1, 0])
    begins = 0.5 * WIDTH - far  # where the turn begins on y = 0, so that it ends on the lane to the north
    arm = max(ARM, far - 0.5 * WIDTH + wheelbase + 1.0, float(curve[-1, 1]) + SETTLING)
    lead_in = begins + arm + 2.0 * wheelbase
    before = np.arange(-lead_in, 0.0, FINE)
    after = np.arange(FINE, SETTLING + 4.0 * wheelbase, FINE)
    path = np.vstack(
        [
            np.column_stack([before, np.zeros(len(before)), np.zeros(len(before))]),
            curve,
            np.column_stack([np.full(len(after), far), curve[-1, 1] + after, np.full(len(after), 0.5 * math.pi)]),
        ]
    )
    path[:, 0] += begins
    net = Network()
    lane, _, out = _crossroads(net, limit, 0.0, arm)
    turn = _between(net, lane, out)
    assert net.lanes[turn].turn == Turn.LEFT
    line = _trailing(path, wheelbase)
    inside = (line.poses[:, 0] >= -arm) & (line.poses[:, 1] <= 0.5 * WIDTH + arm)
    middle = line_of(line.poses[inside][:: round(0.2 / FINE)])
    net.lanes[turn].line = middle
    net.lanes[turn].left, net.lanes[turn].right = middle.offset(0.5 * WIDTH), middle.offset(-0.5 * WIDTH)
    return _track(net, (lane, turn, out)), path


def _trailing(path: Array, wheelbase: float) -> Line:
    """The rear axle's line when the front axle follows a path (P, 3): it always moves towards the front axle."""
    yaw = np.empty(len(path))
    yaw[0] = path[0, 2]
    for k in range(len(path) - 1):
        moved = math.hypot(path[k + 1, 0] - path[k, 0], path[k + 1, 1] - path[k, 1])
        heading = 0.5 * (path[k, 2] + path[k + 1, 2])
        middle = yaw[k] + 0.5 * moved * math.sin(heading - yaw[k]) / wheelbase
        yaw[k + 1] = yaw[k] + moved * math.sin(heading - middle) / wheelbase
    rear = path[:, :2] - wheelbase * np.column_stack([np.cos(yaw), np.sin(yaw)])
    return line_of(np.column_stack([rear, np.zeros(len(rear)), yaw]))
