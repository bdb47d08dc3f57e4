"""The reference drivers of UN R157 as the Joint Research Centre runs them: one row of 0.1 s after another.

Mattas et al. 2020 and 2022 (fuzzy safety model, JRC-FSM); UN R157 Annex 3; Shalev-Shwartz et al. 2017 (RSS). All judge
one ego car that never steers against one other vehicle. Lengths [m], speeds [m/s]; the other's lateral speed is
positive towards the ego.
"""

from enum import IntEnum

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types.state import Array


class Model(IntEnum):
    """Which driver."""

    FSM = 0  # fuzzy safety model
    CC_JRC = 1  # the regulation's careful and competent driver, as the JRC runs it
    RSS = 2  # responsibility-sensitive safety
    REG157 = 3  # the regulation's own time to collision


FSM, CC_JRC, RSS, REG157 = (int(model) for model in Model)

ROW = 0.1  # [s]
TAU = 0.75  # [s] reaction time of fsm and rss
COMFORT, HARDEST, LEADER = 4.0, 6.0, 7.0  # [m/s2] fsm: b_comf, b_max, b_lead
KEPT = 2.0  # [m] fsm: d1
WAIT_ROWS, WAIT_ROWS_REG157 = 8, 4
RAMP = 1.265  # [m/s2] that a row adds to the braking
FULL = 0.774 * 9.81  # [m/s2]
LIFT_OFF = 0.4  # [m/s2] cc_jrc while it waits
REG157_BRAKE = 6.0  # [m/s2]
CC_TTC = 2.0  # [s]


class Memory(IntEnum):
    """What a model carries from row to row, never reset."""

    WAITED = 0  # unsafe rows waited
    BRAKE = 1  # [m/s2] level reached
    BEFORE = 2  # [m/s] the speed of the row before, negative when there was none


WAITED, BRAKE, BEFORE = (int(column) for column in Memory)


@kernel()
def fresh(model: int, memory: Array) -> None:
    """Fill memory (3,) for a new case."""
    memory[WAITED] = 0.0
    memory[BRAKE] = LIFT_OFF if model == CC_JRC else 0.0
    memory[BEFORE] = -1.0


@kernel()
def _fuzzy(value: float, safe: float, unsafe: float) -> float:
    """0 above safe, 1 below unsafe, linear between."""
    if value > safe:
        return 0.0
    if value < unsafe:
        return 1.0
    return (value - safe) / (unsafe - safe)


@kernel()
def proactive(speed: float, other: float, gap: float) -> float:
    """Proactive fuzzy safety 0..1: would the gap do if the other braked hard now."""
    far = speed * TAU + speed * speed / (2.0 * COMFORT) - other * other / (2.0 * LEADER) + KEPT
    near = speed * TAU + speed * speed / (2.0 * HARDEST) - other * other / (2.0 * LEADER)
    return _fuzzy(gap - KEPT, far, near)


@kernel()
def critical(speed: float, other: float, gap: float, accel: float) -> float:
    """Critical fuzzy safety 0..1: would the gap do if the other went on as it does."""
    if speed <= other:
        return 0.0
    limited = max(accel, -COMFORT)
    later = speed + limited * TAU
    if later < other:
        return 1.0 if gap < (speed - other) ** 2 / (2.0 * abs(accel)) else 0.0
    way = (speed + limited * TAU / 2.0 - other) * TAU
    far = way + (later - other) ** 2 / (2.0 * COMFORT)
    near = way + (later - other) ** 2 / (2.0 * HARDEST)
    return _fuzzy(gap, far, near)


@kernel()
def _looks(speed: float, other: float, aside: float, lateral: float, reach: float) -> bool:
    """Whether fsm minds the other: on its strip, or there before it has passed. reach [m] is D + L."""
    if lateral <= 0.0:
        return True
    if aside <= 0.0:
        return False
    if speed == other:
        return True
    return lateral / aside <= reach / (speed - other) + 0.1


@kernel()
def _ttc(gap: float, speed: float, other: float) -> float:
    return np.inf if speed == other else abs(gap / (speed - other))


@kernel()
def rss_gap(speed: float, other: float) -> float:
    """The gap [m] below which RSS warns: 0.75 s at 3 m/s2 forwards, then braking at 6 as the other does."""
    return TAU * speed + 3.0 * TAU**2 / 2.0 + (speed + 2.25) ** 2 / 12.0 - other**2 / 12.0


@kernel()
def _rss_aside(aside: float) -> float:
    return 0.3 + (2.0 * abs(aside) + TAU) * TAU / 2.0 + (abs(aside) + TAU) ** 2 / 2.0


@kernel("f8(i8, f8, f8, f8, f8, f8, f8, f8)")
def demand(
    model: int, speed: float, other: float, aside: float, apart: float, gap: float, lateral: float, accel: float
) -> float:
    """The braking [m/s2] that a model finds needed in a row, 0 when it finds it safe.

    other [m/s] the other's speed and aside [m/s] its lateral speed, apart [m] between the centres, gap and lateral [m]
    between the boxes, negative in overlap; accel [m/s2] the ego's since the row before.
    """
    if model == FSM:
        if not _looks(speed, other, aside, lateral, 2.0 * apart - gap):
            return 0.0
        late, early = critical(speed, other, gap, accel), proactive(speed, other, gap)
        return COMFORT + late * (HARDEST - COMFORT) if late > 0.0 else early * COMFORT
    if model == REG157:
        return FULL if lateral <= 0.5 and _ttc(gap, speed, other) <= (speed - other) / 12.0 + 0.45 else 0.0
    if model == RSS:
        return FULL if gap < rss_gap(speed, other) and lateral < _rss_aside(aside) else 0.0
    return FULL if lateral <= 0.0 else 0.0


@kernel()
def react(model: int, speed: float, needed: float, memory: Array) -> float:
    """The speed of the next row after one in which a model found some braking needed [m/s2]."""
    memory[BEFORE] = speed
    if needed <= 0.0:
        return speed
    if memory[WAITED] < (WAIT_ROWS_REG157 if model == REG157 else WAIT_ROWS):
        memory[WAITED] += 1.0
        return speed - LIFT_OFF * ROW if model == CC_JRC else speed
    if model == REG157:
        return max(speed - REG157_BRAKE * ROW, 0.0)
    level = min(memory[BRAKE] + RAMP, FULL)
    if model == FSM:
        level = min(level, needed)
    memory[BRAKE] = level
    return max(speed - level / 10.0, 0.0)


@kernel()
def row_of(
    model: int, speed: float, other: float, aside: float, apart: float, gap: float, lateral: float, memory: Array
) -> float:
    """Judge one row and give the speed of the next."""
    accel = (speed - memory[BEFORE]) / ROW if memory[BEFORE] >= 0.0 else 0.0
    return react(model, speed, demand(model, speed, other, aside, apart, gap, lateral, accel), memory)
