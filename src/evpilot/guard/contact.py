"""The guard's own look at contacts: which others the car would certainly meet on a motion.

"Certainly" means under each of a few simple expectations: the other keeps its velocity, it keeps its turn rate, it
keeps braking or gaining speed; and who comes towards us may still move over to either side. A contact that depends on
one of them is the planner's business, not a reason to stop the car. Who brakes hard is expected to go on with that:
nobody does so for nothing.
"""

import math

import numpy as np

from evpilot.geometry.angles import wrap
from evpilot.geometry.jit import kernel
from evpilot.geometry.level import LEVEL
from evpilot.geometry.literals import ZERO
from evpilot.guard.others import OBRAKE, OHALF_LENGTH, OHALF_WIDTH, OTURN, OVX, OVY, OX, OY, OYAW, OZ
from evpilot.types import EgoState
from evpilot.types.state import Array

# Columns of a packed trajectory (T, 7)
TIME, TX, TY, TYAW, TSPEED, TACCEL, TCURVATURE = range(7)

STEP = 0.1  # [s] between looks
STANDING = 0.5  # [m/s] a car that hardly moves is hit by those who move more ...
STILL = 0.05  # [m/s] ... and one that stands by anybody
MOVE_OVER = 1.5  # [m/s2] how oncoming traffic gives way sideways ...
MOVE_OVER_MAX = 1.75  # [m] ... half a lane at most
ONCOMING = 1.0  # [m/s] towards us
GAINING = 1.5  # [s] so long a driver keeps gaining speed ...
GAIN_MAX = 3.0  # [m/s2] ... at most like this
BRAKING = 0.5  # [m/s2] less is not told from noise
HARD = 2.5  # [m/s2] more than comfort: braking that has a reason and will last
OPPOSITE = 0.97  # cosine of the angle between two ways that pass each other; who cuts across is not passed


@kernel()
def apart(
    dx: float, dy: float, ca: float, sa: float, la: float, wa: float, cb: float, sb: float, lb: float, wb: float
) -> bool:
    """Whether two boxes do not touch: b's centre is (dx, dy) from a's; cos and sin of the yaws, half lengths and half
    widths [m]. A line along one of the four edges separates boxes that are apart."""
    turn_c, turn_s = abs(ca * cb + sa * sb), abs(ca * sb - sa * cb)
    return (
        abs(dx * ca + dy * sa) > la + lb * turn_c + wb * turn_s
        or abs(dy * ca - dx * sa) > wa + lb * turn_s + wb * turn_c
        or abs(dx * cb + dy * sb) > lb + la * turn_c + wa * turn_s
        or abs(dy * cb - dx * sb) > wb + la * turn_s + wa * turn_c
    )


@kernel()
def travelled(other: Array, kind: int, t: float) -> float:
    """How long [s] an other takes at its present speed for as far as it goes in t [s]: with its pull (kind 2), or
    without; hard braking goes on in any case."""
    if not ((kind == 2 and abs(other[OBRAKE]) > BRAKING) or other[OBRAKE] > HARD):
        return t
    speed = math.hypot(other[OVX], other[OVY])
    if other[OBRAKE] > 0.0:
        until = min(t, speed / other[OBRAKE])
        return until - 0.5 * other[OBRAKE] * until * until / max(speed, 1e-6)
    if speed > BRAKING:
        until = min(t, GAINING)
        return t + min(-other[OBRAKE], GAIN_MAX) * until * (t - 0.5 * until) / speed
    return t


@kernel()
def expected(other: Array, kind: int, t: float) -> tuple[float, float, float]:
    """Where an other's centre and yaw are after t [s]: kind 0 keeps its velocity, 1 its turn rate, 2 its pull; hard
    braking goes on in all of them."""
    x, y, yaw = other[OX], other[OY], other[OYAW]
    far = travelled(other, kind, t)
    if kind == 1 and abs(other[OTURN]) > 1e-3:
        turn = min(max(other[OTURN], -1.0), 1.0)
        s, c = math.sin(turn * far) / turn, (1.0 - math.cos(turn * far)) / turn
        return x + other[OVX] * s - other[OVY] * c, y + other[OVY] * s + other[OVX] * c, yaw + turn * far
    return x + other[OVX] * far, y + other[OVY] * far, yaw


@kernel()
def row_at(motion: Array, t: float, row: Array, k: int) -> int:
    """Fill row (7,) with a packed trajectory's state at t [s], looking on from knot k; returns the knot before t."""
    last = motion.shape[0] - 1
    while k < last - 1 and motion[k + 1, TIME] <= t:
        k += 1
    share = min(max((t - motion[k, TIME]) / (motion[k + 1, TIME] - motion[k, TIME]), 0.0), 1.0)
    for column in range(7):
        row[column] = motion[k, column] + share * (motion[k + 1, column] - motion[k, column])
    row[TYAW] = motion[k, TYAW] + share * wrap(motion[k + 1, TYAW] - motion[k, TYAW])
    return k


@kernel()
def meets(row: Array, car: Array, other: Array, t: float) -> bool:
    """Whether the car at a state (7,) touches an other after t [s] under every expectation. car (6,): rear axle to
    centre, half length, half width, its height above sea z, margins along and across [m]."""
    c, s = math.cos(row[TYAW]), math.sin(row[TYAW])
    x, y = row[TX] + car[0] * c, row[TY] + car[0] * s
    towards = -other[OVX] * c - other[OVY] * s
    passes = towards > ONCOMING and towards > OPPOSITE * math.hypot(other[OVX], other[OVY])
    aside = min(0.5 * MOVE_OVER * t * t, MOVE_OVER_MAX)
    for kind in range(5 if passes else 3):
        ox, oy, yaw = expected(other, min(kind, 2), t)
        if kind > 2:
            ox, oy = ox - (2 * kind - 7) * aside * s, oy + (2 * kind - 7) * aside * c
        if apart(ox - x, oy - y, c, s, car[1] + car[4], car[2] + car[5], math.cos(yaw), math.sin(yaw),
                 other[OHALF_LENGTH], other[OHALF_WIDTH]):  # fmt: skip
            return False
    return True


@kernel()
def chord(motion: Array, k: int) -> float:
    """Distance [m] between knots k and k + 1."""
    return math.hypot(motion[k + 1, TX] - motion[k, TX], motion[k + 1, TY] - motion[k, TY])


@kernel()
def keeps_beside(motion: Array, row: Array, car: Array, other: Array, t: float) -> bool:
    """Whether an other that comes towards us along our way, and goes on beside it as it does now, passes the car at a
    state (7,) after t [s]. The way is the packed trajectory: roads bend, and an oncoming driver's velocity before a
    bend points at us. On a straight way this is the expectation that he keeps his velocity."""
    best, near = math.inf, ZERO
    for k in range(motion.shape[0]):
        square = (other[OX] - motion[k, TX]) ** 2 + (other[OY] - motion[k, TY]) ** 2
        if square < best:
            best, near = square, k
    pace, heading = math.hypot(other[OVX], other[OVY]), motion[near, TYAW]
    c, s = math.cos(heading), math.sin(heading)
    if near == 0 or near == motion.shape[0] - 1 or other[OVX] * c + other[OVY] * s > -OPPOSITE * max(pace, ONCOMING):
        return False
    dx, dy = other[OX] - motion[near, TX], other[OY] - motion[near, TY]
    offset = dy * c - dx * s + t * (other[OVY] * c - other[OVX] * s)
    lean = wrap(other[OYAW] - heading)
    # back along the way, by as much as he comes nearer until then
    left = pace * t - (dx * c + dy * s)
    k = near
    while k > 0 and left > chord(motion, k - 1):
        left -= chord(motion, k - 1)
        k -= 1
    yaw = motion[k, TYAW]
    x, y = motion[k, TX] - left * math.cos(yaw), motion[k, TY] - left * math.sin(yaw)
    c, s = math.cos(row[TYAW]), math.sin(row[TYAW])
    cx, cy = row[TX] + car[0] * c, row[TY] + car[0] * s
    aside = min(0.5 * MOVE_OVER * t * t, MOVE_OVER_MAX)
    for side in (-1.0, 0.0, 1.0):
        d = offset + side * aside
        if apart(x - d * math.sin(yaw) - cx, y + d * math.cos(yaw) - cy, c, s, car[1] + car[4], car[2] + car[5],
                 math.cos(yaw + lean), math.sin(yaw + lean), other[OHALF_LENGTH], other[OHALF_WIDTH]):  # fmt: skip
            return True
    return False


@kernel()
def runs_into_us(row: Array, car: Array, other: Array, t: float) -> bool:
    """Whether an other that touches the car comes from behind: its centre behind ours, and faster along our heading."""
    c, s = math.cos(row[TYAW]), math.sin(row[TYAW])
    ox, oy, _ = expected(other, 0, t)
    along = (ox - row[TX]) * c + (oy - row[TY]) * s - car[0]
    pace = other[OVX] * c + other[OVY] * s
    return along < -0.25 * car[1] and pace > row[TSPEED]


@kernel()
def draws_away(row: Array, bare: Array, other: Array, t: float) -> bool:
    """Whether an other that comes within the car's margins after t [s] does not touch the car itself, bare (6,), and is
    by then faster along our heading than we are: the gap opens, and to brake would change nothing."""
    pace = other[OVX] * math.cos(row[TYAW]) + other[OVY] * math.sin(row[TYAW]) - max(other[OBRAKE], 0.0) * t
    return pace > row[TSPEED] and not meets(row, bare, other, t)


@kernel()
def first_contact(
    motion: Array, until: float, others: Array, car: Array, standing: bool, step: float
) -> tuple[float, int]:
    """When [s] a packed trajectory first certainly meets an other, and whom (row); (inf, -1) when not until then,
    looking every `step` [s].

    Who touches us already, who runs into us from behind, and, unless `standing`, who does so while we stand, is not met
    by us, then or later; nor, as long as that lasts, who `draws_away`.
    """
    row = np.empty(7)
    bare = car.copy()
    bare[4:] = 0.0
    begun, paces, reach = np.zeros(others.shape[0], np.bool_), np.empty(others.shape[0]), np.empty(others.shape[0])
    for i in range(others.shape[0]):
        paces[i] = math.hypot(others[i, OVX], others[i, OVY])
        reach[i] = car[0] + car[1] + car[2] + others[i, OHALF_LENGTH] + others[i, OHALF_WIDTH] + 1.0
    looks = math.floor(min(until, motion[motion.shape[0] - 1, TIME]) / step + 1e-9)
    k = ZERO
    for look in range(looks + 1):
        t = look * step
        k = row_at(motion, t, row, k)
        for i in range(others.shape[0]):
            if begun[i] or abs(others[i, OZ] - car[3]) > LEVEL:
                continue
            # most are further away than both bodies and what it drives until then, and a metre
            dx, dy, far = others[i, OX] - row[TX], others[i, OY] - row[TY], reach[i] + paces[i] * t
            if dx * dx + dy * dy > far * far:
                continue
            if look == 0:
                begun[i] = meets(row, bare, others[i], t)
            elif (
                meets(row, car, others[i], t)
                and not draws_away(row, bare, others[i], t)
                and not keeps_beside(motion, row, car, others[i], t)
            ):
                slow = abs(row[TSPEED]) <= (STANDING if paces[i] > abs(row[TSPEED]) else STILL)
                if (standing or not slow) and not runs_into_us(row, car, others[i], t):
                    return t, i
                begun[i] = True
    return math.inf, -1


@kernel("Tuple((f8, i8))(f8[:, ::1], f8, f8[:, ::1], f8[::1], b1)")
def meeting(motion: Array, until: float, others: Array, car: Array, standing: bool) -> tuple[float, int]:
    """`first_contact`, for Python."""
    return first_contact(motion, until, others, car, standing, STEP)


@kernel()
def impact(motion: Array, t: float, other: Array) -> float:
    """How fast [m/s] the car on a packed trajectory and an other that keeps its velocity move against each other after
    t [s]."""
    row = np.empty(7)
    row_at(motion, t, row, ZERO)
    c, s = math.cos(row[TYAW]), math.sin(row[TYAW])
    return math.hypot(row[TSPEED] * c - other[OVX], row[TSPEED] * s - other[OVY])


@kernel()
def brake_along(motion: Array, speed: float, wait: float, decel: float, out: Array) -> None:
    """The motion that stays on a packed trajectory for `wait` [s], then brakes [m/s2] along its path to a standstill.

    out (K, 7): knots every STEP. The speed now is the car's, whatever the trajectory says.
    """
    row = np.empty(7)
    run, pace, at, s, k = 0.0, abs(speed), 0.0, 0.0, ZERO
    last = motion.shape[0] - 1
    knot = ZERO
    sign = 1.0 if speed >= 0.0 else -1.0
    for n in range(out.shape[0]):
        t = n * STEP
        while knot < last - 1 and at + chord(motion, knot) < run:
            at += chord(motion, knot)
            knot += 1
        long = chord(motion, knot)
        share = (run - at) / long if long > 1e-6 else 0.0
        inside = min(max(share, 0.0), 1.0)
        for column in range(7):
            out[n, column] = motion[knot, column] + inside * (motion[knot + 1, column] - motion[knot, column])
        beyond = run - at - long
        if beyond > 0.0:
            # the path is shorter than the way to stop: straight on
            out[n, TX] = motion[knot + 1, TX] + sign * beyond * math.cos(motion[knot + 1, TYAW])
            out[n, TY] = motion[knot + 1, TY] + sign * beyond * math.sin(motion[knot + 1, TYAW])
            inside = 1.0
        out[n, TYAW] = wrap(motion[knot, TYAW] + inside * wrap(motion[knot + 1, TYAW] - motion[knot, TYAW]))
        k = row_at(motion, t, row, k)
        held = min(max((wait - t) / STEP, 0.0), 1.0)
        pull = held * sign * row[TACCEL] - (1.0 - held) * decel
        after = max(pace + pull * STEP, 0.0)
        out[n, TIME], out[n, TSPEED], out[n, TACCEL] = t, sign * pace, sign * (after - pace) / STEP
        s = 0.5 * (pace + after) * STEP
        run += s
        pace = after


@kernel("void(f8[:, ::1], f8, f8, f8, f8[:, ::1])")
def braking(motion: Array, speed: float, wait: float, decel: float, out: Array) -> None:
    """`brake_along`, for Python."""
    brake_along(motion, speed, wait, decel, out)


def arc_ahead(ego: EgoState, seconds: float, wheelbase: float) -> Array:
    """Where the car goes when steering and speed stay as they are: a packed trajectory (T, 7)."""
    time = STEP * np.arange(round(seconds / STEP) + 1)
    x, y, _, yaw = ego.pose
    bend = math.tan(ego.steering) / wheelbase
    if abs(ego.speed) > 1.0:
        bend = ego.yaw_rate / ego.speed
    out = np.zeros((len(time), 7))
    out[:, TIME], out[:, TSPEED], out[:, TCURVATURE] = time, ego.speed, bend
    run = ego.speed * time
    out[:, TYAW] = yaw + bend * run
    chord_yaw = yaw + 0.5 * bend * run
    long = run * np.sinc(0.5 * bend * run / math.pi)
    out[:, TX], out[:, TY] = x + long * np.cos(chord_yaw), y + long * np.sin(chord_yaw)
    return out
