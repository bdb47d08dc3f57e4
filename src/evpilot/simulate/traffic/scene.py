"""What a driver has around it, seen along its own path."""

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.simulate.traffic.drivers import HALF_LENGTH, HALF_WIDTH, HOME, S0, follow
from evpilot.simulate.traffic.line import AXLES, nearest_on, on_path
from evpilot.types.state import Array, Bools

# Columns of a table of things (O, 14): box, velocity, how far sideways it means to go (map frame), soft: may step
# anywhere (people), speed, stays: will never move.
X, Y, Z, COS, SIN, HALF_L, HALF_W, VX, VY, CLAIM_X, CLAIM_Y, SOFT, SPEED, STAYS = range(14)
# Columns of what a driver sees of them (N, 10): which thing; centre ahead of ours [m], half of its extent along the
# path, lateral interval that it takes or will take, speed along the path and across it, lateral place of its centre,
# half of its extent across the path, whether it stays.
WHO, AHEAD, HALF, LOW, HIGH, ALONG, ACROSS, PLACE, WIDE, STAYING = range(10)

NEAR = 3.0  # [m] from the path, besides its own size and aims, within which a driver minds a thing
BESIDE_VIEW = 20.0  # [m] who looks further back than this thinks of changing lanes,
BESIDE_LANES = 2.5  # [m] and minds so much more to the sides
BESIDE_ROOM = 0.4  # [m] nearer to something beside it, nobody moves towards it
SIDE = 0.15  # [m] room that a driver wants beside its box
CLOSE, CREEPING = 0.0, 2.5  # [m] the same beside what will never move, for who creeps [m/s] past it
SOFT_TIME = 1.5  # [s] ahead, in which people may step into the way
DRIFT_TIME = 0.8  # [s] ahead, in which a car that drifts sideways gets there
DRIFT_MIN = 0.3  # [m/s] slower is noise
PATIENT = 0.5  # [s] after a crossing thing has left the corridor
DODGE_TIME, DODGE_REACH = 3.0, 10.0  # [s], [m] ahead, within which a driver makes room in its lane
DODGE_MORE = 0.3  # [m]
DODGE_RATE = 0.5  # [m/s] sideways that it can count on
CROSSING = 1.0  # [m/s] who goes faster across the way is not dodged
STANDOFF = 10.0  # [m] behind what stays, from which one gets out to the side
STANDS = 0.5  # [m/s]
HELD = 25.0  # [m] behind it
STANDOFF_BRAKE = 2.0  # [m/s2] for that at most
SQUEEZE_BRAKE = 5.0  # [m/s2] when something is right beside, in the way
NEAR_AXLE, FAR_AXLE = 1.0 - 2.0 * AXLES, 1.0 + 2.0 * AXLES  # of half a length, from either end of a car


@kernel()
def _near(row: Array) -> float:
    """How near [m] to a path the centre of a thing must come to matter on it."""
    aims = abs(row[CLAIM_X]) + abs(row[CLAIM_Y])
    return NEAR + row[HALF_L] + aims + (SOFT_TIME * (abs(row[VX]) + abs(row[VY])) if row[SOFT] > 0.5 else 0.0)


@kernel()
def _end_out(half: float, s: float, point: Array, arc: Array) -> float:
    """How far [m, left] the end of a car comes out at s of the path that its axles keep to: its tail with half a
    length [m], its front with minus that."""
    x, y, _, tx, ty = on_path(s, point, arc)
    ax, ay, _, _, _ = on_path(s + NEAR_AXLE * half, point, arc)
    bx, by, _, _, _ = on_path(s + FAR_AXLE * half, point, arc)
    near, far = (ay - y) * tx - (ax - x) * ty, (by - y) * tx - (bx - x) * ty
    return near - (far - near) * NEAR_AXLE / (FAR_AXLE - NEAR_AXLE)


@kernel()
def _room_beside(
    low: float, high: float, at: float, half: float, own: Array, point: Array, arc: Array
) -> tuple[float, float]:
    """The lateral interval low..high [m] of something at..half [m] along a path, nearer by what the ends of one's own
    car (a row of things) come out towards it."""
    if low * high <= 0.0 or min(abs(low), abs(high)) > own[HALF_W] + NEAR_AXLE * own[HALF_L]:
        return low, high
    left = right = 0.0
    for k in range(3):
        s = at + (k - 1.0) * half
        tail, front = _end_out(own[HALF_L], s, point, arc), _end_out(-own[HALF_L], s, point, arc)
        left, right = max(left, tail, front), min(right, tail, front)
    return low - left, high - right


@kernel()
def look(
    me: int, s: float, back: float, ahead: float, point: Array, arc: Array, things: Array, here: Bools, seen: Array
) -> int:
    """Write what is between `back` behind and `ahead` [m] of s on a path into seen (N, 10); return how many."""
    first = max(int(np.searchsorted(arc, s - back)) - 1, 0)
    last = min(int(np.searchsorted(arc, s + ahead)) + 1, arc.shape[0] - 1)
    low_x, high_x, low_y, high_y = np.inf, -np.inf, np.inf, -np.inf
    for k in range(first, last + 1):
        low_x, high_x = min(low_x, point[k, 0]), max(high_x, point[k, 0])
        low_y, high_y = min(low_y, point[k, 1]), max(high_y, point[k, 1])
    count = 0
    for j in range(things.shape[0]):
        x, y, near = things[j, X], things[j, Y], _near(things[j]) + (BESIDE_LANES if back > BESIDE_VIEW else 0.0)
        if x < low_x - near or x > high_x + near or y < low_y - near or y > high_y + near:
            continue
        if j == me or not here[j] or abs(things[j, Z] - things[me, Z]) > LEVEL or count >= seen.shape[0]:
            continue
        at, d, tx, ty = nearest_on(x, y, point, arc, first, last)
        if at < s - back or at > s + ahead:
            continue
        row = things[j]
        c, si = row[COS] * tx + row[SIN] * ty, row[SIN] * tx - row[COS] * ty
        along, across = row[VX] * tx + row[VY] * ty, row[VY] * tx - row[VX] * ty
        wide = row[HALF_L] * abs(si) + row[HALF_W] * abs(c)
        half = row[HALF_L] * abs(c) + row[HALF_W] * abs(si)
        low, high = _room_beside(d - wide, d + wide, at, half, things[me], point, arc)
        shift = row[CLAIM_Y] * tx - row[CLAIM_X] * ty
        if row[SOFT] > 0.5:
            shift = across * SOFT_TIME
        elif shift == 0.0 and abs(c) > 0.8 and abs(across) > DRIFT_MIN:
            # by where it will be: beside a bend of ours, one that keeps its straight lane seems to drift
            to_x, to_y = x + row[VX] * DRIFT_TIME, y + row[VY] * DRIFT_TIME
            shift = nearest_on(to_x, to_y, point, arc, first, last)[1] - d
        seen[count, WHO], seen[count, AHEAD] = j, at - s
        seen[count, HALF] = half
        seen[count, LOW], seen[count, HIGH] = low + min(shift, 0.0), high + max(shift, 0.0)
        seen[count, ALONG], seen[count, ACROSS], seen[count, PLACE] = along, across, d
        seen[count, WIDE], seen[count, STAYING] = wide, row[STAYS]
        count += 1
    return count


@kernel()
def clears(row: Array, low: float, high: float, gap: float, speed: float) -> bool:
    """Whether something that crosses (a row of `seen`), or comes towards us, has left the corridor low..high before we
    can be where it is."""
    across, along = row[ACROSS], row[ALONG]
    if abs(across) < 1.0 or abs(across) < along:
        return False
    room = high - row[LOW] if across > 0.0 else row[HIGH] - low
    return room / abs(across) + PATIENT < gap / max(speed - min(along, 0.0), 0.5)


@kernel()
def aside(row: Array, d: float, speed: float, room: float, seen: Array, count: int) -> float:
    """The place beside its path [m, left] at which a driver passes what is at the edge of its lane, a cyclist mostly:
    as near to where it belongs as leaves it free, and what comes on the other side; there, where nothing is or the lane
    has no room. room [m] to each side, and a little more where it is over the edge already."""
    home = row[HOME]
    most = min(max(room, d + DODGE_MORE), room + 2.0 * DODGE_MORE)
    least = max(min(-room, d - DODGE_MORE), -room - 2.0 * DODGE_MORE)
    low, high = least, most
    for k in range(count):
        one = seen[k]
        gap = one[AHEAD] - one[HALF] - row[HALF_LENGTH]
        reach = DODGE_REACH + DODGE_TIME * (speed - min(one[ALONG], 0.0))
        if one[AHEAD] < -(one[HALF] + row[HALF_LENGTH] + BESIDE_ROOM) or gap > reach or abs(one[ACROSS]) > CROSSING:
            continue
        free = row[HALF_WIDTH] + SIDE + 0.01
        left, right = one[HIGH] + free, one[LOW] - free
        if right > max(d, home):
            high = min(high, right)
        elif left < min(d, home):
            low = max(low, left)
        elif abs(left - d) < abs(right - d):
            low = max(low, left) if left <= most else low
        else:
            high = min(high, right) if right >= least else high
    return min(max(home, low), high) if low <= high else home


@kernel()
def room_behind(one: Array, gap: float, speed: float) -> float:
    """The gap [m] that a driver goes by behind something (a row of `seen`): what will never move is stopped for early
    enough to get out past it, where comfort allows."""
    room = gap - STANDOFF
    return room if one[STAYING] > 0.5 and room > 0.0 and speed * speed < 2.0 * STANDOFF_BRAKE * room else gap


@kernel()
def held(row: Array, d: float, seen: Array, count: int) -> bool:
    """Whether what will never move stands in a driver's lane not far ahead."""
    for k in range(count):
        one = seen[k]
        gap = one[AHEAD] - one[HALF] - row[HALF_LENGTH]
        across = one[LOW] < d + row[HALF_WIDTH] and one[HIGH] > d - row[HALF_WIDTH]
        if one[STAYING] > 0.5 and across and 0.0 < gap < HELD:
            return True
    return False


@kernel()
def behind_all(
    row: Array, speed: float, wanted: float, d: float, aim: float, moves: bool, seen: Array, count: int
) -> float:
    """The acceleration [m/s2] of a driver that keeps behind everything in the corridor that it sweeps, from its place d
    [m] beside its path to where it means to be, aim [m]; moves: whether it is on its way there."""
    accel = follow(row, speed, wanted, np.inf, 0.0)
    for k in range(count):
        one = seen[k]
        gap = one[AHEAD] - one[HALF] - row[HALF_LENGTH]
        then = d
        if moves:
            moved = DODGE_RATE * max(gap, 0.0) / max(speed - one[ALONG], 0.1)
            then += min(max(aim - d, -moved), moved)
        side = CLOSE if one[STAYING] > 0.5 and speed < CREEPING else SIDE
        low = min(then, aim) - row[HALF_WIDTH] - side
        high = max(then, aim) + row[HALF_WIDTH] + side
        if one[AHEAD] <= 0.0 or one[LOW] >= high or one[HIGH] <= low:
            continue
        if gap <= 0.0:
            # side by side: who is behind gives way, unless the other only passes close by
            if abs(one[PLACE] - d) < row[HALF_WIDTH] + one[WIDE] - 0.3 or abs(d - aim) > 0.5:
                accel = min(accel, -SQUEEZE_BRAKE if speed > 0.3 else -speed)
            continue
        if clears(one, low, high, gap, speed):
            continue
        accel = min(accel, follow(row, speed, wanted, room_behind(one, gap, speed), speed - max(one[ALONG], -5.0)))
        needed = speed * speed - max(one[ALONG], 0.0) ** 2
        if needed > 0.0 and gap < 0.5 * row[S0] + 3.0:
            accel = min(accel, -needed / (2.0 * max(gap - 0.3, 0.2)) if needed / (2.0 * max(gap, 0.2)) > 3.0 else accel)
    return accel


@kernel()
def gaps_ahead(row: Array, d: float, seen: Array, count: int) -> tuple[float, float]:
    """The gap [m] to the next thing ahead in a driver's way, and to the next that stands there and will go on some
    time; inf with none."""
    gap = standing = np.inf
    for k in range(count):
        one = seen[k]
        if one[AHEAD] > 0.0 and one[LOW] < d + row[HALF_WIDTH] and one[HIGH] > d - row[HALF_WIDTH]:
            room = max(one[AHEAD] - one[HALF] - row[HALF_LENGTH], 0.0)
            gap = min(gap, room)
            if abs(one[ALONG]) < STANDS and abs(one[ACROSS]) < STANDS and one[STAYING] < 0.5:
                standing = min(standing, room)
    return gap, standing


@kernel()
def hemmed(row: Array, d: float, aim: float, seen: Array, count: int) -> bool:
    """Whether a driver cannot move sideways from d towards its aim, because something is right beside it there."""
    if abs(d - aim) < 0.05:
        return False
    for k in range(count):
        one = seen[k]
        if abs(one[AHEAD]) > one[HALF] + row[HALF_LENGTH] + BESIDE_ROOM:
            continue
        room = abs(one[PLACE] - d) - one[WIDE] - row[HALF_WIDTH]
        if (one[PLACE] - d) * (aim - d) > 0.0 and room < BESIDE_ROOM:
            return True
    return False
