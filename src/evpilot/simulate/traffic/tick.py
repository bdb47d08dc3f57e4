"""One tick of all drivers, compiled: look, yield, follow, change lanes, move."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.literals import ZERO
from evpilot.maps.index import ARRAYS, IndexArrays
from evpilot.maps.turns import side_of
from evpilot.simulate.traffic.booking import BOOKED_MAX, book_driver, book_foreign, sorted_by_lane
from evpilot.simulate.traffic.changes import change_gain
from evpilot.simulate.traffic.drivers import (
    BOLD,
    FACTOR,
    HALF_LENGTH,
    HALF_WIDTH,
    HOME,
    WANTED,
    answered,
    halt,
    settle_headway,
)
from evpilot.simulate.traffic.motion import (
    AIM,
    CHANGING,
    LAMPS,
    NEED,
    PASSED,
    PATH,
    SINCE,
    STOOD,
    UNSEEN,
    WAITED,
    A,
    D,
    S,
    V,
    move,
    place,
)
from evpilot.simulate.traffic.scene import (
    CLAIM_X,
    CLAIM_Y,
    COS,
    SIN,
    SOFT,
    SPEED,
    aside,
    behind_all,
    gaps_ahead,
    held,
    hemmed,
    look,
)
from evpilot.simulate.traffic.yielding import STOPPED, STUCK_TIME, UNDER_WAY, by_right_of_way, by_rules, kept_clear
from evpilot.types.state import Array, Bools, Bytes, Ints

Ways = tuple[Array, Array, Ints, Array, Array, Array, Ints]
Roads = tuple[Array, Ints, Ints, Ints, Array, Array, Ints, Bytes]

SEEN_MAX = 256  # things that a driver minds
FOREIGN_TOP = 10.0  # [m/s] to which one expects others to accelerate
TURN_SEEN = 35.0  # [m] before a turn at which lamps show it
FOREIGN_MIN = 0.2  # [m/s] what is slower is parked
VIEW, VIEW_TIME = 30.0, 5.0  # [m], [s] that drivers look ahead
BACK_VIEW = 60.0  # [m] back, before a change of lanes,
BACK_GLANCE = 10.0  # [m] and otherwise
JERK_UP = 5.0  # [m/s3] how fast drivers press the pedal; braking has no such limit
CHANGE_EVERY = 10  # ticks between two thoughts of changing lanes
COOL_DOWN = 4.0  # [s] after a change
CHANGE_SPEED = 2.0  # [m/s] slower, nobody changes lanes without need, or past what stays
JUNCTION_FREE = 40.0  # [m] before a junction without wished changes
WALL_BEFORE = 2.0  # [m] before the end of a lane that one must leave


@kernel()
def _speed_cap(row: Array, m: Array, point: Array, arc: Array) -> float:
    """The speed [m/s] that a driver wants where it soon will be."""
    k = min(int(np.searchsorted(arc, m[S] + 0.5 * m[V])), arc.shape[0] - 1)
    return min(row[WANTED], row[BOLD] * point[k, 3], row[FACTOR] * point[k, 4])


@kernel()
def _wish(
    i: int,
    motion: Array,
    link: Ints,
    lane: int,
    offsets: Array,
    sides: Ints,
    dead: Array,
    seen: Array,
    count: int,
    who: Array,
    wanted: Array,
    default: Array,
) -> int:
    """The side that a driver changes to now (1 left, -1 right, 0 none)."""
    m = motion[i]
    best, side = -np.inf, 0
    slow = m[V] < CHANGE_SPEED and not held(who[i], m[D], seen, count)
    for k in range(2):
        way = 1 if k == 0 else -1
        to = sides[lane, k]
        needed = link[i, NEED] == way
        if to < 0 or (link[i, NEED] == -way) or (not needed and (slow or dead[to] < 400.0)):
            continue
        gain = change_gain(i, m[V], m[D], offsets[lane, k], needed, seen, count, who, wanted, default)
        if gain > best:
            best, side = gain, way
    return side


@kernel()
def _current(s: float, path: int, lane: Ints, lane_s: Array, first: Ints) -> tuple[int, float]:
    """The lane at s on a path, and what is left of it [m]."""
    found, rest = -1, np.inf
    for k in range(first[path, 1], first[path + 1, 1]):
        if lane_s[k] > s:
            rest = lane_s[k] - s
            break
        found = lane[k]
    return found, rest


@kernel()
def _junction_next(here_lane: int, path: int, lane: Ints, first: Ints, junction: Ints) -> bool:
    """Whether the lane after this one on a path crosses a junction."""
    for k in range(first[path, 1], first[path + 1, 1] - 1):
        if lane[k] == here_lane:
            return bool(junction[lane[k + 1]] >= 0)
    return False


@kernel()
def turning(front: float, path: int, lane: Ints, lane_s: Array, first: Ints, roads: Roads) -> int:
    """What lamps show of the turn that a driver is in, or comes to: 1 left, -1 right, 0 none. Where another turn to
    that side comes before, as in a roundabout, they do not show it yet: it would be taken for that one (StVO section
    8 (1a))."""
    begin, successor, turn = roads[1], roads[2], roads[7]
    taken_for_left, taken_for_right = False, False
    for k in range(first[path, 1], first[path + 1, 1]):
        last = k + 1 == first[path + 1, 1]
        if not last and lane_s[k + 1] < front:
            continue
        if lane_s[k] > front + TURN_SEEN:
            break
        side = side_of(int(turn[lane[k]]))
        if side != 0:
            return 0 if (taken_for_left if side > 0 else taken_for_right) else side
        for row in range(begin[lane[k]], begin[lane[k] + 1]):
            if last or successor[row] != lane[k + 1]:
                other = side_of(int(turn[successor[row]]))
                taken_for_left, taken_for_right = taken_for_left or other > 0, taken_for_right or other < 0
    return 0


@kernel()
def _book_all(
    motion: Array,
    link: Ints,
    who: Array,
    things: Array,
    here: Bools,
    halts: Array,
    lights: Ints,
    now: float,
    ways: Ways,
    roads: Roads,
    index: IndexArrays,
) -> tuple[Array, Ints, Array]:
    """How fast (O,) [m/s] everything would like to go, and all bookings: start (L + 1,), rows (B, 3)."""
    point, arc, lane, lane_s, event, _, first = ways
    length, successor_start, successor = roads[0], roads[1], roads[2]
    total, drivers = things.shape[0], motion.shape[0]
    lanes = np.empty(total * BOOKED_MAX, np.int64)
    rows = np.empty((total * BOOKED_MAX, 3))
    tops = np.empty(total)
    count = ZERO
    for j in range(total):
        tops[j] = max(things[j, SPEED], FOREIGN_TOP)
        if not here[j] or things[j, SOFT] > 0.5:
            continue
        if j < drivers:
            path = link[j, PATH]
            low, high = first[path, 0], first[path + 1, 0]
            tops[j] = _speed_cap(who[j], motion[j], point[low:high], arc[low:high])
            front = motion[j, S] + who[j, HALF_LENGTH]
            count = book_driver(
                j, front, motion[j, V], path, lane, lane_s, event, first, lights, halts[j], now, link[j, PASSED],
                lanes, rows, count,
            )  # fmt: skip
        elif things[j, SPEED] > FOREIGN_MIN or j == drivers:
            count = book_foreign(j, things, index, length, successor_start, successor, lights, lanes, rows, count)
    start, book = sorted_by_lane(lanes, rows, count, length.shape[0])
    return tops, start, book


@kernel()
def _ruled(
    m: Array,
    link: Ints,
    row: Array,
    wanted: float,
    ways: Ways,
    lights: Ints,
    busy: Bools,
    halts: Array,
    now: float,
    dt: float,
) -> float:
    """The least acceleration [m/s2] that the end of a driver's lane, lights, signs, crosswalks and halts allow."""
    _, arc, _, _, event, _, first = ways
    path = link[PATH]
    front = m[S] + row[HALF_LENGTH]
    accel, passed, stood = by_rules(
        row,
        front,
        m[V],
        wanted,
        event,
        first[path, 2],
        first[path + 1, 2],
        lights,
        busy,
        halts,
        now,
        dt,
        link[PASSED],
        m[STOOD],
    )
    link[PASSED], m[STOOD] = passed, stood
    if first[path + 1, 4] > 0:
        accel = min(accel, halt(row, m[V], wanted, arc[first[path + 1, 0] - 1] - WALL_BEFORE - front))
    return accel


@kernel()
def _yielding(
    i: int,
    m: Array,
    row: Array,
    path: int,
    tops: Array,
    ways: Ways,
    book_start: Ints,
    book: Array,
    things: Array,
    standing: float,
    drivers: int,
    dt: float,
) -> float:
    """The least acceleration [m/s2] that right of way, and who stands ahead (a gap [m]), allow driver i; counts how
    long it waits, which is forgotten only once it drives: what made it go after a wait holds until then."""
    clash, first = ways[5], ways[6]
    front = m[S] + row[HALF_LENGTH]
    clear, holds = kept_clear(row, front, m[V], tops[i], standing, clash, first[path, 3], first[path + 1, 3])
    accel, waits, dares = by_right_of_way(
        i,
        row,
        front,
        m[V],
        tops[i],
        m[WAITED],
        clash,
        first[path, 3],
        first[path + 1, 3],
        book_start,
        book,
        things,
        tops,
        drivers,
    )
    if holds and m[WAITED] > STUCK_TIME:
        clear, dares = np.inf, True
    elif holds:
        waits = True
    if waits and m[V] < STOPPED:
        m[WAITED] += dt
    elif not waits and not dares and m[V] > UNDER_WAY:
        m[WAITED] = 0.0
    return min(accel, clear)


@kernel()
def _think(
    i: int,
    motion: Array,
    link: Ints,
    who: Array,
    things: Array,
    ways: Ways,
    roads: Roads,
    seen: Array,
    found: int,
    tops: Array,
    default: Array,
) -> int:
    """The side to which driver i begins to change lanes; it claims the place there at once."""
    _, _, lane, lane_s, _, _, first = ways
    sides, offsets, dead, junction = roads[3], roads[4], roads[5], roads[6]
    m, path = motion[i], link[i, PATH]
    own, rest = _current(m[S], path, lane, lane_s, first)
    crossing = rest < JUNCTION_FREE and _junction_next(own, path, lane, first, junction)
    if own < 0 or (crossing and link[i, NEED] == 0):
        return 0
    side = _wish(i, motion, link, own, offsets, sides, dead, seen, found, who, tops, default)
    if side != 0:
        shift = offsets[own, 0 if side > 0 else 1] - m[D]
        things[i, CLAIM_X], things[i, CLAIM_Y] = -shift * things[i, SIN], shift * things[i, COS]
    return side


@kernel(
    "i8[::1](f8[:, ::1], i8[:, ::1], f8[:, ::1], f8[:, ::1], b1[::1], f8[:, :, ::1], i8[:, ::1], b1[::1], f8, f8, i8,"
    "Tuple((f8[:, ::1], f8[::1], i8[::1], f8[::1], f8[:, ::1], f8[:, ::1], i8[:, ::1])),"
    "Tuple((f8[::1], i8[::1], i8[::1], i8[:, ::1], f8[:, ::1], f8[::1], i8[::1], u1[::1])),"
    f"{ARRAYS}, f8[::1], f8)"
)
def tick(
    motion: Array,
    link: Ints,
    who: Array,
    things: Array,
    here: Bools,
    halts: Array,
    lights: Ints,
    busy: Bools,
    now: float,
    dt: float,
    number: int,
    ways: Ways,
    roads: Roads,
    index: IndexArrays,
    default: Array,
    hardest: float,
) -> Ints:
    """Move all drivers that are here from now [s] to now + dt [s], in place; return the side (D,) to which each begins
    to change lanes (1 left, -1 right).

    motion (D, 12), link (D, 5), who (D, 16), halts (D, H, 2) are the drivers'; things (O, 14) and here (O,) hold the
    drivers first, then all others as they are now. lights (L, 5) is `red_table`, busy (W,) the crosswalks with people.
    ways is `Ways.arrays`; roads: length (L,), successor_start, successor, sides (L, 2) left and right lane to change
    to, their offsets (L, 2) [m], dead (L,), junction (L,), turn (L,). number counts ticks; default is a driver's row
    for all others, hardest [m/s2] what the tyres give when they brake.
    """
    point, arc, _, _, _, _, first = ways
    drivers = motion.shape[0]
    changes = np.zeros(drivers, np.int64)
    stays, swings = np.zeros(drivers, np.bool_), np.zeros(drivers, np.bool_)
    tops, book_start, book = _book_all(motion, link, who, things, here, halts, lights, now, ways, roads, index)
    seen = np.empty((SEEN_MAX, 10))
    for i in range(drivers):
        if not here[i]:
            continue
        m, row, path = motion[i], who[i], link[i, PATH]
        low, high = first[path, 0], first[path + 1, 0]
        thinks = (number + i) % CHANGE_EVERY == 0 and m[SINCE] > COOL_DOWN and link[i, CHANGING] == 0
        back = BACK_VIEW if thinks else BACK_GLANCE
        found = look(i, m[S], back, VIEW + VIEW_TIME * m[V], point[low:high], arc[low:high], things, here, seen)
        gap, standing = gaps_ahead(row, m[D], seen, found)
        settle_headway(row, m[V], gap, dt)
        here_row = min(low + int(np.searchsorted(arc[low:high], m[S])), high - 1)
        room = max(point[here_row, 5] - row[HALF_WIDTH], 0.0)
        changing = link[i, CHANGING] != 0
        m[AIM] = row[HOME] if changing else aside(row, m[D], m[V], room, seen, found)
        swings[i] = changing or m[AIM] != row[HOME]
        stays[i] = hemmed(row, m[D], m[AIM], seen, found)
        accel = behind_all(row, m[V], tops[i], m[D], m[AIM], swings[i], seen, found)
        accel = min(accel, _ruled(m, link[i], row, tops[i], ways, lights, busy, halts[i], now, dt))
        accel = min(accel, _yielding(i, m, row, path, tops, ways, book_start, book, things, standing, drivers, dt))
        link[i, LAMPS] = turning(m[S] + row[HALF_LENGTH], path, ways[2], ways[3], first, roads)
        if thinks:
            changes[i] = _think(i, motion, link, who, things, ways, roads, seen, found, tops, default)
        accel, m[UNSEEN] = answered(row, accel, m[A], m[UNSEEN], dt)
        m[A] = max(min(accel, max(m[A], 0.0) + JERK_UP * dt), -hardest)
    for i in range(drivers):
        if here[i]:
            move(motion[i], link[i], stays[i], swings[i], dt)
            low, high = first[link[i, PATH], 0], first[link[i, PATH] + 1, 0]
            place(i, motion, who, link, point[low:high], arc[low:high], things, dt)
    return changes
