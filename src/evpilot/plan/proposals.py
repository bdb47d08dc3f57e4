"""What could be done: every lateral motion crossed with every speed law, as rows of `Prop`."""

import functools
import math
from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import copy_row
from evpilot.plan.columns import Corridor, Law, Prop
from evpilot.plan.road import TIMED
from evpilot.plan.way import STEEPEST, Way
from evpilot.types import Briefing, Goal
from evpilot.types.state import Array

Number = TypeVar("Number", float, Array)

OFFSETS = (0.0, -0.4, 0.4, -0.9, 0.9)  # [m] in the own lane
OFFSETS_BESIDE = (0.0, -0.5, 0.5)
OFFSETS_FAR = (0.0,)  # two lanes over
FAR_ASIDE = 5.0  # [m]
DURATIONS = (2.5, 4.5)  # [s] for a lateral motion
DURATIONS_FAR = (4.5, 6.5)
GENTLE, LONGER = 0.7, 1.3  # of a bound on the lateral acceleration; and a way over that takes its time
EDGE = 0.5  # [m] of the lane: the middle beyond this is out of it
BACK = (1.8, 2.5)  # [s] the same for who is out on a lane that is not ours
LENGTH_MIN = 7.0  # [m]
CREEPS = 1.5  # [m/s] where it is tight
OUT_PACES = (4.0, 5.5)  # [m/s] out onto the oncoming lane from a stand
CREEP_OFFSETS, CREEP_OVER = (0.0, -0.4, 0.4), (4.0, 7.0, 10.0)  # [m] beside the way, and over what length
SETTING_OFF, BRISK = 6.0, 0.2  # [m/s], and how much faster than comfortable a bend is driven then, as a share
CRUISE_SHARES = (1.0, 0.8, 0.6, 0.4, 0.2)  # of the wanted speed
THRIFTY_SHARES = (0.97, 0.94, 0.91, 0.88, 0.85, 0.7)  # of the wanted speed, where saving energy is wished
GENTLY = -0.7  # [m/s2] less than comfortable, to speed up then
GLIDES = ((-0.15, 8.0), (-0.35, 8.0))  # [m/s2], [s]
EARLY_STOPS = (0.8, 1.3)  # [m/s2] braking towards a stop that begins early
RAMPS = ((1.5, 8.0), (0.7, 8.0), (0.0, 8.0), (-0.7, 8.0), (-1.5, 8.0), (-2.5, 8.0))  # [m/s2], [s]
FIRM = 4.0  # [m/s2] firm braking, as far as the gate lets it pass
HARDER = (3.95, 4.7, 6.0)  # [m/s2] between that and an emergency stop: as hard as needed, and no harder for who follows
GOAL_PLACES = (0.5, 0.2, 0.8)  # shares of a goal's extent along the path
WELL_IN = 2.0  # [m] from its ends, or that share of it
GOAL_SPEEDS = (0.5, 0.2, 0.8)  # shares of a goal's speed window
ARRIVALS_MAX = 36  # speed laws towards goals on one corridor
HOLD = 3.0  # [m] before the lane beside is needed there is a place to wait
STOP_LOOK = 150.0  # [m] a place to stop that is further away says nothing about now
PACE_LOW = 4.0  # [m/s] from standstill a goal is not further away than at this
VARIATIONS = np.array(
    [  # of the best: to the side [m], stretched, share of a step of the speed law
        (0.2, 1.0, 0.0),
        (-0.2, 1.0, 0.0),
        (0.0, 0.7, 0.0),
        (0.0, 1.4, 0.0),
        (0.0, 1.0, 0.35),
        (0.0, 1.0, -0.35),
        (0.2, 1.0, 0.35),
        (-0.2, 1.0, 0.35),
        (0.2, 1.0, -0.35),
        (-0.2, 1.0, -0.35),
    ]
)
OFFSET, LENGTH, LAW, P0 = int(Prop.OFFSET), int(Prop.LENGTH), int(Prop.LAW), int(Prop.P0)
# plain numbers: numpy takes a microsecond to find out what a member of an enumeration is
CRUISE, RAMP, ARRIVE, STOP = int(Law.CRUISE), int(Law.RAMP), int(Law.ARRIVE), int(Law.STOP)
COLUMNS = len(Prop)
TIME_MAX = 40.0  # [s] a law that arrives later says nothing about now


def propose(
    ways: list[Way],
    briefing: Briefing,
    speed: float,
    accel: float,
    wish: float,
    seconds: float,
    walls: Array,
    halts: Array | None = None,
    room: Array | None = None,
) -> Array:
    """All proposals (R, 11) by `Prop`; seconds is the time since the start, wish the speed [m/s] that we would like;
    walls (C,) [m]: what the front must not pass on each corridor, inf where nothing; halts (C,) [m]: where to stop on
    each, inf where nowhere: then also what saves energy; room (C,) [m]: within which the way over to each has to be
    done."""
    blocks: list[Array] = []
    for c, way in enumerate(ways):
        usual = headway(1.2, briefing, speed)
        thrifty = [] if halts is None else _thrifty_laws(way, wish, float(halts[c]), usual)
        laws = np.array(_common_laws(way, briefing, speed, wish, float(walls[c])) + thrifty)
        times = BACK if c == 0 and out_of_lane(way, briefing) else DURATIONS
        within = math.inf if room is None else float(room[c])
        if within < STEEPEST * abs(way.scalars[Corridor.D]) and speed < CREEPS:
            laws = np.concatenate([laws, [(CRUISE, CREEPS, usual, 1.5, 0.0, 0.0)]])
        paths = paths_on(way, speed, c == 0, times if c == 0 else gentle(times, way, briefing), within)
        mine = [cross(c, paths, laws), *_arrivals(c, way, briefing, speed, accel, seconds)]
        wait = way.opens - float(way.scalars[Corridor.S])
        blocks.extend(_delayed(mine, wait, ways[0], way) if wait > 0.0 else mine)
    return np.ascontiguousarray(np.concatenate(blocks))


def creep_out(ways: list[Way], speed: float, patience: float) -> Array:
    """Proposals (K, 11) for a car that stands, or hardly moves, close behind what a way round leads past, and has stood
    there for nothing else: who creeps nearer while others come may not get past at all. patience as in `Patience`."""
    asked = speed < CREEPS and patience < 1.0
    rows = [at_pace(c, CREEP_OVER) for c, way in enumerate(ways) if asked and len(way.borrowed)]
    return np.concatenate([np.zeros((0, COLUMNS)), *rows])


def at_pace(corridor: int, lengths: tuple[float, ...], pace: float = CREEPS) -> Array:
    """Proposals (K, 11) at a pace [m/s] beside the middle of a way, reached over each of some lengths [m]."""
    paths = np.array([(offset, length) for offset in CREEP_OFFSETS for length in lengths])
    return cross(corridor, paths, np.array([(CRUISE, pace, 1.0, 1.5, 0.0, 0.0)]))


def keep_going(way: Way, briefing: Briefing, speed: float, wish: float, halts: Array | None = None) -> Array:
    """A few proposals (R, 11) along a lane's middle: as fast as we would like behind whoever is ahead, a little slower,
    gently braking; with halts (C,) also what saves energy."""
    laws = np.array(
        [(CRUISE, share * wish, headway(1.2, briefing, speed), 1.5, 0.0, 0.0) for share in CRUISE_SHARES[:3]]
        + [(RAMP, a, t, 0.0, 0.0, 0.0) for a, t in RAMPS[2:5]]
        + ([] if halts is None else _thrifty_laws(way, wish, float(halts[0]), headway(1.2, briefing, speed)))
    )
    return cross(0, paths_on(way, speed, True, DURATIONS)[[0, 1, -1]], laws)


def _delayed(blocks: list[Array], wait: float, own: Way, way: Way) -> list[Array]:
    """The same in our own lane for `wait` [m] first."""
    rows = np.concatenate(blocks)
    rows[:, Prop.DELAY] = wait
    rows[:, Prop.HOLD] = way.scalars[Corridor.D] - own.scalars[Corridor.D]
    rows[:, Prop.LENGTH] = np.maximum(
        LENGTH_MIN, rows[:, Prop.LENGTH] - np.where(rows[:, Prop.LAW] == ARRIVE, wait, 0.0)
    )
    return [rows]


def out_of_lane(way: Way, briefing: Briefing) -> bool:
    """Whether the car's middle is beyond the edge of its lane on a side where no lane goes the same way."""
    graph = briefing.graph
    lane, d = int(way.path.lanes[way.path.lane_at(float(way.scalars[Corridor.S]))]), float(way.scalars[Corridor.D])
    if graph.left_same[lane] if d > 0.0 else graph.right_same[lane]:
        return False
    rows = graph.points(lane)
    edge = 0.5 * float(np.hypot(*(graph.left[rows, :2] - graph.right[rows, :2]).T).mean())
    return abs(d) > edge - EDGE


def gentle(durations: tuple[float, ...], way: Way, briefing: Briefing) -> tuple[float, ...]:
    """How long [s] the ways over to a lane take, where a bound on what they ask of who is aboard makes them longer."""
    most = briefing.limits.change_lateral
    if not most:
        return durations
    # a quintic over d metres in T seconds asks for 5.77 d / T^2
    least = math.sqrt(5.77 * abs(float(way.scalars[Corridor.D])) / (GENTLE * most))
    return tuple(max(least, t) * (1.0 if t == min(durations) else LONGER) for t in durations)


def paths_on(way: Way, speed: float, own: bool, durations: tuple[float, ...], room: float = math.inf) -> Array:
    """Lateral targets and lengths (K, 2), one of them within the room [m]."""
    d = float(way.scalars[Corridor.D])
    far = abs(d) > FAR_ASIDE
    offsets = OFFSETS if own else OFFSETS_FAR if far else OFFSETS_BESIDE
    times = tuple(max(pair) for pair in zip(durations, DURATIONS_FAR, strict=True)) if far else durations
    rows: list[tuple[float, float]] = []
    for offset in offsets:
        aside = abs(offset - d)
        lengths = [max(LENGTH_MIN, speed * t, STEEPEST * aside) for t in times]
        if 0.0 < room < lengths[0]:
            lengths = [max(room, LENGTH_MIN), *lengths[:-1]]
        # a longer way to the side comes of the refinement of a shorter one
        rows += [(offset, length) for length in (lengths if offset == 0.0 else lengths[:1])]
    if own:
        rows.append((d, LENGTH_MIN + speed))
    return np.array(rows)


def _common_laws(way: Way, briefing: Briefing, speed: float, wish: float, wall: float) -> list[tuple[float, ...]]:
    limits = briefing.limits
    usual, tight = headway(1.2, briefing, speed), headway(0.7, briefing, speed)
    laws: list[tuple[float, ...]] = [(CRUISE, share * wish, usual, 1.5, 0.0, 0.0) for share in CRUISE_SHARES]
    # out on the oncoming lane time is worth more than ease
    borrows = len(way.borrowed) > 0 and not limits.exact
    hurry = limits.gate_accel - limits.accel if borrows else 0.0
    laws.append((CRUISE, wish, tight, 2.0, hurry, 0.0))
    if borrows or (speed < SETTING_OFF and not limits.exact):
        # across a gap in the traffic one sets off briskly, and out on the oncoming lane one does not slow down again
        laws.append((CRUISE, wish, tight, 2.0, limits.gate_accel - limits.accel, BRISK))
    if borrows and speed < SETTING_OFF:
        # from a stand close behind what is passed, the way out is too sharp for more
        laws.extend((CRUISE, pace, tight, 2.0, 0.0, 0.0) for pace in OUT_PACES)
    laws.extend((RAMP, a, t, 0.0, 0.0, 0.0) for a, t in RAMPS)
    laws.append((RAMP, -min(limits.gate_brake, FIRM), 8.0, 0.0, 0.0, 0.0))
    laws.append((RAMP, -limits.emergency, 8.0, 0.0, 0.0, 0.0))
    laws.extend((RAMP, -brake, 8.0, 0.0, 0.0, 0.0) for brake in HARDER)
    if limits.exact:
        laws.append((RAMP, 3.0, 4.0, 0.0, 0.0, 0.0))
    holds = [float(low) - HOLD for low in way.borrowed[:, 0]]
    places = (wall, float(way.scalars[Corridor.END]), *holds)
    near = (place for place in places if 0.0 < place - way.scalars[Corridor.S] < STOP_LOOK)
    laws.extend((STOP, place, 2.0, 0.0, 0.0, 0.0) for place in near)
    return laws


def _thrifty_laws(way: Way, wish: float, halt: float, gap: float) -> list[tuple[float, ...]]:
    """Speed laws that save energy: a little slower, gently faster, gliding, braking early for a stop."""
    laws: list[tuple[float, ...]] = [(CRUISE, share * wish, gap, 1.5, 0.0, 0.0) for share in THRIFTY_SHARES]
    laws.append((CRUISE, wish, gap, 1.5, GENTLY, 0.0))
    laws.extend((RAMP, a, t, 0.0, 0.0, 0.0) for a, t in GLIDES)
    if 0.0 < halt - way.scalars[Corridor.S] < STOP_LOOK:
        laws.extend((STOP, halt, brake, 0.0, 0.0, 0.0) for brake in EARLY_STOPS)
    return laws


def headway(usual: float, briefing: Briefing, speed: float) -> float:
    """The time gap [s] behind who is ahead: what is usual, or what is asked for."""
    return max(usual, briefing.limits.headway_at(speed))


def cross(corridor: int, paths: Array, laws: Array) -> Array:
    """Every path (K, 2) with every law (L, 6) on a corridor, as rows of `Prop` (K * L, 11)."""
    rows = np.zeros((len(paths), len(laws), COLUMNS))
    rows[:, :, Prop.CORRIDOR] = corridor
    rows[:, :, Prop.OFFSET : Prop.LENGTH + 1] = paths[:, None]
    rows[:, :, Prop.LAW :] = laws
    return rows.reshape(-1, COLUMNS)


def _arrivals(c: int, way: Way, briefing: Briefing, speed: float, accel: float, seconds: float) -> list[Array]:
    """Motions that meet each goal on this corridor in its window."""
    blocks: list[Array] = []
    for g, low, high, d, _ in way.goals:
        goal = briefing.goals[int(g)]
        shift = briefing.platform.rear_to_center
        near, far = low - shift - way.scalars[Corridor.S], high - shift - way.scalars[Corridor.S]
        if far <= 0.0 or not _pressing(goal):
            continue
        laws = list(islice(_arrival_laws(goal, float(near), float(far), speed, accel, seconds), ARRIVALS_MAX))
        if not laws:
            continue
        middle = max(0.5 * float(near + far), 3.0)
        lengths = {max(LENGTH_MIN, 0.9 * middle), max(LENGTH_MIN, 3.0 * speed)}
        paths = np.array([(float(d), length) for length in sorted(lengths)])
        blocks.append(cross(c, paths, np.array(laws)))
    return blocks


def _pressing(goal: Goal) -> bool:
    """Whether a goal asks for more than a place: a time, or a speed."""
    return goal.speed is not None or (goal.time is not None and goal.time[1] < TIMED)


def _arrival_laws(
    goal: Goal, near: float, far: float, speed: float, accel: float, seconds: float
) -> Iterator[tuple[float, ...]]:
    for distance in _goal_places(goal, near, far, speed, seconds):
        if distance <= 0.1:
            continue
        for t in _arrival_times(goal, distance, speed, seconds):
            for pace in _arrival_speeds(goal, distance, speed, t):
                yield arrive(distance, t, pace, speed, accel)


def _goal_places(goal: Goal, near: float, far: float, speed: float, seconds: float) -> list[float]:
    """Distances [m] to arrive at: where there is a time, first as near as the goal lies to where the present speed
    takes us by then."""
    places = [near + share * (far - near) for share in GOAL_PLACES]
    if goal.time is None:
        return places
    inset = min(WELL_IN, min(GOAL_PLACES) * (far - near))
    left = 0.5 * (max(goal.time[0] - seconds, 0.0) + goal.time[1] - seconds)
    return [min(max(speed * left, near + inset), far - inset), *places]


def _arrival_times(goal: Goal, distance: float, speed: float, seconds: float) -> list[float]:
    low, high = goal.time if goal.time is not None else (seconds, seconds + TIME_MAX)
    low, high = low - seconds, high - seconds
    if high < 0.15:
        return []
    natural = distance / max(speed, PACE_LOW)
    times = {min(max(natural, low, 0.3), high), min(max(1.3 * natural, low, 0.3), high)}
    if high - low < 3.0 or low > natural:
        times |= {max(low, 0.2), max(0.5 * (low + high), 0.2), max(high, 0.2)}
    return sorted({round(t, 3) for t in times if t <= TIME_MAX})


def _arrival_speeds(goal: Goal, distance: float, speed: float, t: float) -> list[float]:
    mean = distance / t
    free = sorted({round(max(0.0, v), 3) for v in (mean, 2.0 * mean - speed, 0.5 * (mean + speed))})
    if goal.speed is None:
        return free
    low, high = max(goal.speed[0], 0.0), max(goal.speed[1], 0.0)
    inside = [v for v in free if low <= v <= high]
    window = [low + share * (high - low) for share in GOAL_SPEEDS]
    return sorted({round(v, 3) for v in (*inside[:1], *window)})


def arrive(distance: float, t: float, pace: float, speed: float, accel: float) -> tuple[float, ...]:
    """The quintic law that is `distance` [m] ahead after t [s], there at speed `pace` [m/s] without acceleration."""
    return (float(ARRIVE), t, *_quintic(distance, t, pace, speed, accel), accel)


def _quintic(distance: Number, t: Number, pace: Number, speed: float, accel: Number) -> tuple[Number, Number, Number]:
    """Coefficients of t^3, t^4, t^5 of such a motion."""
    h = distance - speed * t - 0.5 * accel * t * t
    v = pace - speed - accel * t
    a = -accel
    c3 = (10.0 * h - 4.0 * v * t + 0.5 * a * t * t) / t**3
    c4 = (-15.0 * h + 7.0 * v * t - a * t * t) / t**4
    c5 = (6.0 * h - 3.0 * v * t + 0.5 * a * t * t) / t**5
    return c3, c4, c5


def refine(best: Array, speed: float) -> Array:
    """Neighbours of the best proposals (B, 11): offsets, lengths and speed laws in between (K, 11)."""
    rows, share = np.empty((len(best) * len(VARIATIONS), COLUMNS)), _shares(len(best))
    vary(best, VARIATIONS, rows)
    law, varied = rows[:, Prop.LAW], share != 0.0
    arrivals = np.flatnonzero(varied & (law == ARRIVE))
    if len(arrivals):
        rows[arrivals] = _vary_arrivals(rows[arrivals], share[arrivals], speed)
    variable = (law == RAMP) | (law == CRUISE) | (law == ARRIVE)
    return rows[(variable | ~varied) & np.isfinite(rows[:, Prop.P1])]


@functools.lru_cache
def _shares(count: int) -> Array:
    """What share of a step of the speed law each variation of so many proposals takes; not to be written to."""
    return np.tile(VARIATIONS[:, 2], count)


@kernel("void(f8[:, ::1], f8[:, ::1], f8[:, ::1])")
def vary(best: Array, variations: Array, rows: Array) -> None:
    """Fill rows (B * V, 11) with every variation (V, 3) of every proposal (B, 11); ARRIVE laws stay as they are."""
    count = variations.shape[0]
    for k in range(rows.shape[0]):
        row, variation = rows[k], variations[k % count]
        copy_row(best[k // count], row)
        row[OFFSET] += variation[0]
        row[LENGTH] = max(5.0, row[LENGTH] * variation[1])
        if row[LAW] == RAMP:
            row[P0] += variation[2]
        elif row[LAW] == CRUISE:
            row[P0] *= 1.0 + 0.25 * variation[2]


def _vary_arrivals(rows: Array, share: Array, speed: float) -> Array:
    """ARRIVE laws (K, 11) for the same place and time at another speed; NaN where that means nothing."""
    t, c3, c4, c5, a = (rows[:, k] for k in (Prop.P0, Prop.P1, Prop.P2, Prop.P3, Prop.P4))
    distance = t * (speed + t * (0.5 * a + t * (c3 + t * (c4 + t * c5))))
    pace = speed + t * (a + t * (3.0 * c3 + t * (4.0 * c4 + t * 5.0 * c5)))
    distance[distance <= 0.0] = np.nan
    out = rows.copy()
    coefficients = _quintic(distance, t, np.maximum(0.0, pace + 2.5 * share), speed, a)
    out[:, Prop.P1], out[:, Prop.P2], out[:, Prop.P3] = coefficients
    return out
