"""Who goes first: lights, stop lines, crosswalks, and gaps where ways cross or join."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.simulate.traffic.drivers import ACCEL, HALF_LENGTH, MARGIN, RUDE, follow, halt
from evpilot.simulate.traffic.paths import LIGHT, STOP_SIGN
from evpilot.simulate.traffic.scene import HALF_L, SPEED
from evpilot.types import LightState
from evpilot.types.state import Array, Bools, Ints

RED = int(LightState.RED)
RED_AMBER = int(LightState.RED_AMBER)
AMBER = int(LightState.AMBER)
FLASHING_RED = int(LightState.FLASHING_RED)

AMBER_BRAKE = 3.0  # [m/s2] who would have to brake harder drives on (ISO 15622 comfort)
COMMIT_BRAKE = 4.5  # [m/s2] who would have to brake harder to wait is past the point of no return
MEANT_BRAKE = 3.0  # [m/s2] who would have to brake harder for us does not mean to wait
RUDE_SPEED = 1.0  # [m/s] who stands, or nearly so, takes nobody's right of way any more
SEE = 60.0  # [m] how far before them rules begin to matter, and so much more by speed
STOPPED = 0.3  # [m/s]
STOP_TIME = 0.8  # [s] at a stop sign
OTHERS_ACCEL = 1.0  # [m/s2] that one expects of others
BEHIND_TIME = 0.5  # [s] after the other has left
# [s] of waiting, and the driver's margin, after which those that stand too, and not on the crossing, are no longer
# waited for
GO_TIME = 2.0
AT_LINE = 4.0  # [m] before the waiting place one is first in line, and its waiting counts
JOIN_TIME = 1.5  # [s] after which one who joins a stream is part of it
STUCK_TIME = 15.0  # [s] after which a jam in the crossing is entered where there is room
ENTERED = 0.5  # [m] beyond its waiting place one has entered, and clears the crossing
CREEPS, NOSE = 1.5, 0.6  # [m/s], [m] who is no faster and no further in a crossing is not in the way of others yet
CLEAR = 1.0  # [m] behind who stands beyond it
UNDER_WAY = 1.5  # [m/s] who is faster has set off, and forgets how long it has waited
ROLLS_UP = 2.0  # [m/s] at least, of who has yet to come to a stop line
# Columns of the bookings (B, 3): who comes along a lane, [m] from its front to the lane's start, and to a stop sign
# before that at which it has yet to stop, -inf where there is none.
COMER, AWAY, PAUSE = range(3)
GOES, WAITS, DARES = range(3)  # what a driver does for who comes


@kernel()
def eta(distance: float, speed: float, top: float, accel: float) -> float:
    """The time [s] to cover a distance [m], accelerating up to a top speed."""
    if distance <= 0.0:
        return 0.0
    top = max(top, speed, 0.1)
    gained = (top * top - speed * speed) / (2.0 * accel)
    if distance < gained:
        return (math.sqrt(speed * speed + 2.0 * accel * distance) - speed) / accel
    return (top - speed) / accel + (distance - gained) / top


@kernel()
def eta_of(distance: float, speed: float, top: float, accel: float, pause: float) -> float:
    """`eta` of who stops on the way at a stop sign `pause` [m] ahead, or at none (-inf)."""
    if pause == -np.inf or distance <= pause:
        return eta(distance, speed, top, accel)
    return 2.0 * max(pause, 0.0) / max(speed, ROLLS_UP) + STOP_TIME + eta(distance - max(pause, 0.0), 0.0, top, accel)


@kernel()
def stops_at(shown: int, speed: float, gap: float) -> bool:
    """Whether a light that shows this stops a car `gap` [m] before it."""
    needed = speed * speed / (2.0 * max(gap, 0.1))
    if shown in (RED, RED_AMBER, FLASHING_RED):
        return needed < 2.0 * COMMIT_BRAKE
    return shown == AMBER and needed < AMBER_BRAKE


@kernel()
def by_rules(
    row: Array,
    front: float,
    speed: float,
    wanted: float,
    event: Array,
    first: int,
    last: int,
    lights: Ints,
    busy: Bools,
    halts: Array,
    now: float,
    dt: float,
    passed: int,
    stood: float,
) -> tuple[float, int, float]:
    """The least acceleration [m/s2] that lights, stop signs, crosswalks and recorded halts allow; the stop sign
    that was honoured last (a row of event, or -1), and how long [s] the car has stood at the next.

    lights (L, TURNS) as `red_table`, busy (W,) crosswalks with people, halts (H, 2): where [m] the car stood in its
    recording, and until when [s].
    """
    accel = np.inf
    for k in range(first, last):
        gap = event[k, 0] - front
        if gap < -1.0:
            continue
        if gap > SEE + 2.5 * speed:
            break
        place = int(event[k, 2])
        if event[k, 1] == LIGHT:
            if stops_at(lights[place, int(event[k, 3])], speed, gap):
                accel = min(accel, halt(row, speed, wanted, gap - 0.5))
        elif event[k, 1] == STOP_SIGN:
            if k <= passed:
                continue
            if gap < 3.0 and speed < STOPPED:
                stood += dt
                if stood >= STOP_TIME:
                    passed, stood = k, 0.0
            if k > passed:
                accel = min(accel, halt(row, speed, wanted, gap - 0.5))
        elif row[RUDE] < 0.5 and busy[place] and gap > 0.0 and 2.0 * COMMIT_BRAKE * max(gap - 1.0, 0.1) > speed * speed:
            accel = min(accel, halt(row, speed, wanted, gap - 1.0))
    for k in range(halts.shape[0]):
        gap = halts[k, 0] - front
        if now < halts[k, 1] and gap > -1.0 and speed * speed / (2.0 * max(gap, 0.5)) < COMMIT_BRAKE:
            accel = min(accel, halt(row, speed, wanted, gap))
    return accel, passed, stood


@kernel()
def must_wait(
    yields: float,
    margin: float,
    enter: float,
    leave: float,
    their_enter: float,
    their_leave: float,
    apart: float,
    committed: bool,
    first_by_name: bool,
) -> bool:
    """Whether we wait before a crossing, from when [s] we and they would enter and leave it.

    yields: 1 we give way, 0 they do, 2 both or nobody (then who comes first goes first, apart [s] is how much later we
    come, as both see it). committed: they cannot stop any more. first_by_name settles a tie.
    """
    if leave + margin < their_enter or their_leave + BEHIND_TIME < enter:
        return False
    if committed or yields == 1.0:
        return True
    return yields == 2.0 and (apart > 0.2 or (apart > -0.2 and not first_by_name))


@kernel()
def who_yields(yields: float, entered: bool, they_entered: bool) -> float:
    """Who gives way at a crossing (1 we, 0 they, 2 both or nobody): who has entered it leaves it first, if only one
    has."""
    if entered == they_entered:
        return yields
    return 1.0 if they_entered else 0.0


@kernel()
def kept_clear(
    row: Array, front: float, speed: float, wanted: float, standing: float, clash: Array, first: int, last: int
) -> tuple[float, bool]:
    """The least acceleration [m/s2] of who enters no crossing that it could not leave, and whether it waits for that;
    standing [m]: the gap to who stands ahead. Who never yields does not wait."""
    if row[RUDE] > 0.5:
        return np.inf, False
    for k in range(first, last):
        gap = clash[k, 6] - front
        # who stands in a queue before the waiting place does not stand beyond it
        if clash[k, 7] > 0.5 or gap < 0.0 or clash[k, 6] > front + standing:
            continue
        no_room = clash[k, 1] - front + 2.0 * row[HALF_LENGTH] + CLEAR > standing
        if no_room and speed * speed < 2.0 * MEANT_BRAKE * max(gap, 0.1):
            return halt(row, speed, wanted, gap), gap < AT_LINE
    return np.inf, False


@kernel()
def whether_to_wait(
    row: Array, clash: Array, coming: Array, entered: bool, enter: float, leave: float, even: float, waited: float,
    rude: bool, their_speed: float, their_length: float, top: float, driver: bool, first_by_name: bool,
) -> int:  # fmt: skip
    """What a driver does at a crossing, clash (9,), that it enters and leaves in a time [s], for who comes there,
    coming (3,) of the bookings: GOES, WAITS, or DARES to go only because the other stands, too. even [s]: when we
    would enter it if we drove on as we expect others to: who is first has to be the same for both. entered: whether we
    are on the crossing; waited [s]; top [m/s] how fast the other would go, driver: whether it is one as we are."""
    their_near, their_far, pause = coming[AWAY] + clash[3], coming[AWAY] + clash[4], coming[PAUSE]
    they_entered = -coming[AWAY] > clash[8] + ENTERED
    their_leave = eta_of(their_far + their_length, their_speed, top, OTHERS_ACCEL, pause)
    inside = their_near <= 0.0
    if inside and their_leave + 0.3 < enter:
        return GOES
    patience = STUCK_TIME if inside or they_entered else GO_TIME + row[MARGIN]
    if waited > patience and their_speed < STOPPED:
        return DARES
    if inside:
        # whoever has to let us pass, and creeps with no more than its nose in, is not in our way yet
        peeps = clash[5] == 0.0 and their_speed < CREEPS and their_near > -NOSE
        return GOES if peeps else WAITS
    their_enter = eta_of(their_near, their_speed, top, OTHERS_ACCEL, pause)
    committed = pause == -np.inf and their_speed * their_speed > 2.0 * MEANT_BRAKE * their_near
    margin = 0.0 if rude else row[MARGIN] * max(0.0, 1.0 - waited / 20.0)
    yields = 0.0 if rude else clash[5]
    # a car of unknown aims that has entered may stand there for us: the right of way says who goes
    if not rude and (driver or not they_entered):
        yields = who_yields(yields, entered, they_entered)
    stop = must_wait(
        yields, margin, enter, leave, their_enter, their_leave, even - their_enter, committed, first_by_name
    )
    return WAITS if stop else GOES


@kernel()
def by_right_of_way(
    me: int,
    row: Array,
    front: float,
    speed: float,
    wanted: float,
    waited: float,
    clash: Array,
    first: int,
    last: int,
    book_start: Ints,
    book: Array,
    things: Array,
    tops: Array,
    drivers: int,
) -> tuple[float, bool, bool]:
    """The least acceleration [m/s2] that others at crossings and joins allow, whether we wait for them, and whether
    we go before them only because they stand too.

    book_start (L + 1,), book (B, 3): who comes along each lane; tops (O,) [m/s] how fast each thing would go, the
    first `drivers` of them drivers as we are.
    """
    accel = np.inf
    waits, dares = False, False
    rude = row[RUDE] > 0.5 and speed > RUDE_SPEED
    length = 2.0 * row[HALF_LENGTH]
    for k in range(first, last):
        near = clash[k, 0] - front
        if near <= 0.0:
            continue
        if near > SEE + 2.0 * speed:
            break
        lane = int(clash[k, 2])
        far = clash[k, 1] - front
        enter = eta(near, speed, wanted, row[ACCEL])
        leave = eta(far + length, speed, wanted, row[ACCEL])
        even = eta(near, speed, wanted, OTHERS_ACCEL)
        if clash[k, 7] > 0.5:
            leave = min(leave, enter + JOIN_TIME)
        gap = clash[k, 6] - front
        entered = gap < -ENTERED
        if gap < 0.0:
            gap = near - 0.5
        can_stop = speed * speed / (2.0 * max(gap, 0.1)) < COMMIT_BRAKE
        for b in range(book_start[lane], book_start[lane + 1]):
            other = int(book[b, COMER])
            their_far, their_length = book[b, AWAY] + clash[k, 4], 2.0 * things[other, HALF_L]
            if other == me or their_far + their_length <= 0.0:
                continue
            their_speed, inside = max(things[other, SPEED], 0.0), book[b, AWAY] + clash[k, 3] <= 0.0
            answer = whether_to_wait(
                row, clash[k], book[b], entered, enter, leave, even, waited, rude, their_speed, their_length,
                tops[other], other < drivers, me < other,
            )  # fmt: skip
            dares = dares or answer == DARES
            if answer != WAITS:
                continue
            if clash[k, 7] > 0.5 and their_far < far:
                # it joins before us: follow it already now
                room = far - their_far - their_length
                if room > 0.0:
                    accel = min(accel, max(follow(row, speed, wanted, room, speed - their_speed), -4.0))
                    if inside or room > 1.0:
                        continue
            if can_stop or (inside and near > 1.0):
                waits = waits or gap < AT_LINE
                accel = min(accel, halt(row, speed, wanted, gap))
    return accel, waits, dares
