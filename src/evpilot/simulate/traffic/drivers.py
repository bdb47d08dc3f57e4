"""Who drives: characters from hesitant to assertive, and two families of car-following."""

import math

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types.state import Array
from evpilot.vehicle.driver import GAP_MIN, idm_accel

# Columns of a table of drivers (D, COLUMNS). HEADWAY is what is kept now, HABIT what is kept at length (0: not yet
# seen), BOLD a factor on the speed in curves, LATE [s] how late a need to brake is answered, RUDE whether right of way
# is ignored, HOME where beside the middle of its lane one belongs [m, left].
COLUMNS = 16
WANTED, FACTOR, HEADWAY, ACCEL, BRAKE, S0, POLITE, MARGIN = range(8)
FAMILY, HALF_LENGTH, HALF_WIDTH, HABIT, BOLD, LATE, RUDE, HOME = range(8, COLUMNS)

GIPPS_SHARE = 0.3  # of drivers follow Gipps (1981), a family that no stage of the pilot knows
GIPPS_REACTION = 0.6  # of the headway
HEADWAY_MIN = 0.4  # [s] that anyone is seen to keep
HABIT_TIME = 20.0  # [s] in which a short headway at the start grows to the habit
BRAKE_LIMIT = 9.0  # [m/s2] the hardest that a car brakes
ALARM = 3.0  # [1/s] how much harder than comfortable one brakes for each m/s by which a gap shrinks, at most
HALT_SHARE = 1.25  # how much harder than needed one brakes at most for a line,
HALT_BEFORE = 0.1  # [m] so far before it
NOTICED = -0.7  # [m/s2] who must brake harder has to have seen why
MOOD = 0.25  # how far a driver's character strays from what its scenario says


def character(seed: int, actor: int, given: float) -> tuple[float, bool]:
    """A driver's character in 0..1 about the given one, and whether it is of Gipps's family, by seed and actor."""
    word = np.random.SeedSequence([seed & (2**63 - 1), actor & (2**64 - 1), 1]).generate_state(2, np.uint64)
    draw = np.random.Generator(np.random.Philox(key=word)).random(2)
    return float(np.clip(given + MOOD * (2.0 * draw[0] - 1.0), 0.0, 1.0)), bool(draw[1] < GIPPS_SHARE)


def driver(
    mood: float,
    gipps: bool,
    wanted: float,
    factor: float,
    length: float,
    width: float,
    *,
    reaction: float = 0.0,
    rude: bool = False,
) -> Array:
    """A row of the table of drivers: from hesitant (mood 0) to assertive (1) they keep shorter headways, accelerate
    and brake harder, are less polite, and take shorter gaps (ranges about highway-env's and EPSILON's values,
    reference/planning.md). wanted speed [m/s], factor on the speed limit; reaction [s] late, rude: yields to nobody."""
    row = np.zeros(COLUMNS)
    row[WANTED], row[FACTOR] = wanted, factor
    row[HEADWAY] = 1.9 - 1.0 * mood
    row[ACCEL] = 1.1 + 1.0 * mood
    row[BRAKE] = 1.6 + 1.2 * mood
    row[S0] = 2.5 - 1.2 * mood
    row[POLITE] = 0.6 - 0.5 * mood
    row[MARGIN] = 2.5 - 1.8 * mood
    row[FAMILY] = float(gipps)
    row[BOLD] = 1.0
    row[LATE], row[RUDE] = reaction, float(rude)
    row[HALF_LENGTH], row[HALF_WIDTH] = 0.5 * length, 0.5 * width
    return row


@kernel()
def gipps_accel(
    speed: float, wanted: float, gap: float, closing: float, s0: float, headway: float, accel: float, brake: float
) -> float:
    """Acceleration [m/s2] towards the speed that Gipps (1981) takes one reaction time later; arguments as for IDM.

    The leader is expected to brake as hard as the follower would. It is free of collisions by construction when the
    reaction time is kept.
    """
    top = max(wanted, 0.1)
    tau = GIPPS_REACTION * headway
    ratio = speed / top
    free = speed + 2.5 * accel * tau * (1.0 - ratio) * math.sqrt(0.025 + max(ratio, 0.0))
    free = max(free, speed - brake * tau)
    target = free
    if gap < 1e6:
        lead = max(speed - closing, 0.0)
        room = 2.0 * max(gap - s0, 0.0) - speed * tau + lead * lead / brake
        target = min(free, -brake * tau + math.sqrt(max(brake * brake * tau * tau + brake * room, 0.0)))
    return max((max(target, 0.0) - speed) / tau, -BRAKE_LIMIT)


@kernel()
def follow(row: Array, speed: float, wanted: float, gap: float, closing: float) -> float:
    """Acceleration [m/s2] of a driver (a row of the table) behind something at a gap [m] (inf: free road).

    Where the gap is too short but does not shrink, both models brake as in an emergency; drivers do not: they let it
    grow (Kesting et al. 2010 name this as the flaw of the Intelligent Driver Model when somebody cuts in)."""
    if row[FAMILY] > 0.5:
        accel = gipps_accel(speed, wanted, gap, closing, row[S0], row[HEADWAY], row[ACCEL], row[BRAKE])
    else:
        accel = idm_accel(speed, wanted, max(gap, GAP_MIN), closing, row[S0], row[HEADWAY], row[ACCEL], row[BRAKE])
    return max(accel, -min(row[BRAKE] + ALARM * max(closing, 0.0), BRAKE_LIMIT))


@kernel()
def halt(row: Array, speed: float, wanted: float, gap: float) -> float:
    """Acceleration [m/s2] that stops a driver's front at a place `gap` [m] ahead: nothing stands there, so it may come
    right up to it, and brakes little harder than that takes, however late it is told."""
    needed = speed * speed / (2.0 * max(gap - HALT_BEFORE, 0.02))
    if gap < 0.3:
        return -min(max(needed, 2.0 * speed), BRAKE_LIMIT)
    accel = min(follow(row, speed, wanted, gap + row[S0], speed), -needed if needed > row[BRAKE] else np.inf)
    return max(accel, -max(row[BRAKE], HALT_SHARE * needed))


@kernel()
def answered(row: Array, needed: float, shown: float, unseen: float, dt: float) -> tuple[float, float]:
    """What a driver does [m/s2] of what is needed, and how long [s] the need has gone unseen: a distracted one goes on
    as it did (shown, [m/s2]) until the need to brake has lasted its reaction time, and then brakes as hard as it
    must."""
    if row[LATE] <= 0.0 or needed > NOTICED:
        return needed, 0.0
    if unseen < row[LATE] and needed < shown:
        return max(needed, min(shown, 0.0)), unseen + dt
    return needed, unseen


@kernel()
def settle_headway(row: Array, speed: float, gap: float, dt: float) -> None:
    """Let a driver begin with the headway that it is seen with, if that is shorter than its habit, and return slowly:
    real traffic is denser than models like it, and would brake all at once."""
    if row[HABIT] == 0.0:
        row[HABIT] = row[HEADWAY]
        if gap < 1e6 and speed > 1.0:
            row[HEADWAY] = min(row[HABIT], max(HEADWAY_MIN, (gap - row[S0]) / speed))
    row[HEADWAY] += (row[HABIT] - row[HEADWAY]) * dt / HABIT_TIME
