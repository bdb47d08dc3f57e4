"""Past riders who hold us up, through the lane of those who come: out, past, and back again as one motion.

A motion that only moves over stays among those who come for as far as is planned, and looks worse than it is.
"""

import math

import numpy as np

from evpilot.plan.columns import Corridor, Law, Prop, Ref, Span
from evpilot.plan.cost.passing import room_beside
from evpilot.plan.detour import governed
from evpilot.plan.proposals import LENGTH_MIN, OFFSETS, headway
from evpilot.plan.way import Way
from evpilot.types import Briefing
from evpilot.types.state import Array, Ints

SLOWER = 2.0  # [m/s] than we would like to drive: who holds us up
NEAR = 45.0  # [m] ahead of our front: whom to pass now
RIDERS = 2  # that are passed at once, at most
CLEAR = 1.0  # [m] ahead of a rider our rear is before we return
EASE = 0.4  # [s] that an acceleration takes to build up
LATER = (1.0, 1.25)  # of the way past, to return
FURTHER = (0.0, 0.2)  # [m] more aside than the law asks
BACK = 3.0  # [s] for the way back
SECONDS = 8.0  # [s] and longer no way past is planned


def slow_riders(way: Way, spans: Array, riders: Ints, prob: Array, front: float, rear: float, wish: float) -> Ints:
    """The entries (K,) of riders who hold us up on a corridor, nearest first; spans (E, 51, 5) by `Span`; front, rear
    [m] from the rear axle to the bumpers; wish [m/s] the speed that we would like."""
    s, now = float(way.scalars[Corridor.S]), spans[riders, 0]
    ahead = (now[:, Span.S_HIGH] + CLEAR > s - rear) & (now[:, Span.S_LOW] < s + front + NEAR) & (prob[riders] > 0.3)
    slow = (now[:, Span.SPEED] > 0.0) & (now[:, Span.SPEED] < wish - SLOWER)
    found = riders[ahead & slow]
    return found[np.argsort(spans[found, 0, Span.S_LOW], kind="stable")][:RIDERS]


def overtakes(way: Way, spans: Array, slow: Ints, briefing: Briefing, speed: float, wish: float, limit: float) -> Array:
    """Proposals (R, 11) by `Prop` past the nearest of slow riders, entries (K,), and past all of them; limit [m/s] is
    what may be driven here."""
    rows: list[tuple[float, ...]] = []
    limits, car = briefing.limits, briefing.platform
    here = float(way.scalars[Corridor.S])
    theirs = float(way.table[min(int(2.0 * here), len(way.table) - 1), Ref.ONCOMING])
    if not math.isfinite(theirs):
        return np.zeros((0, len(Prop)))
    half, rear = 0.5 * car.width, 0.5 * car.length - car.rear_to_center
    tight, side = headway(0.7, briefing, speed), math.copysign(1.0, theirs)
    for many in range(1, len(slow) + 1):
        passed = spans[slow[:many]]
        edge = float(np.max(side * passed[:, :, Span.D_HIGH if side > 0.0 else Span.D_LOW]))
        aside = edge + room_beside(limit) + half
        if aside <= max(OFFSETS):
            continue
        for share, extra in ((1.0, limits.gate_accel - limits.accel), (1.0, 0.0), (0.8, 0.0)):
            last = passed[-1, 0]
            behind = float(last[Span.S_HIGH]) + CLEAR + rear - here
            run, pace = _way_past(behind, float(last[Span.SPEED]), speed, share * wish, limits.accel + extra)
            if not math.isfinite(run) or _meets_a_junction(way, briefing, here + run):
                continue
            law = (float(Law.CRUISE), share * wish, tight, 2.0, extra, 0.0)
            rows.extend(
                (0.0, 0.0, max(LENGTH_MIN, BACK * pace), side * (aside + more), max(run * later, LENGTH_MIN), *law)
                for later in LATER
                for more in FURTHER
            )
    return np.array(rows).reshape(-1, len(Prop))


def _way_past(behind: float, pace: float, speed: float, wish: float, accel: float) -> tuple[float, float]:
    """How far [m] we drive until somebody at a pace [m/s] whom we are so far behind [m] is passed, and how fast we are
    then [m/s]; inf where that takes longer than is planned."""
    run, v = speed * EASE, speed
    for k in range(round(SECONDS / 0.1)):
        if run - pace * (EASE + 0.1 * k) >= behind:
            return run, v
        v += 0.1 * min(max(1.2 * (wish - v), -accel), accel)
        run += 0.1 * v
    return math.inf, v


def _meets_a_junction(way: Way, briefing: Briefing, until: float) -> bool:
    """Whether traffic may have to wait, or crosses, on a corridor before a place [m]."""
    path = way.path
    lanes = range(path.lane_at(float(way.scalars[Corridor.S])), path.lane_at(until) + 1)
    return any(governed(briefing.graph, int(path.lanes[lane])) for lane in lanes)
