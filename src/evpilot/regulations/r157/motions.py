"""How the others move in the regulation's cases, row by row of 0.1 s, an approach at constant speed before row 0."""

import math

import numpy as np

from evpilot.evaluate.reference.grids import (
    HALF,
    LANE,
    LAST,
    LENGTH,
    RAMP_STEP,
    STANDING_HALF,
    WIDTH,
    ramp_rows,
    start_gap,
)
from evpilot.evaluate.reference.models import Model
from evpilot.regulations.r157.road import APPROACH_ROWS, KMH
from evpilot.types.state import Array

ASIDE_MAX = 4.0  # [m] that a cut-out's leader moves over
REVEALED = -0.375  # [m] offset of the leader beyond which what stands before it is seen


def cut_in(other_kmh: float, gap: float, lateral: float, half: float) -> tuple[Array, Array]:
    """Places (T, 2) [m] of a cut-in's centre and its velocity (T, 2) [m/s]; half [m] is the ego's half length."""
    speed, ramp = other_kmh / KMH, int(ramp_rows(np.array([lateral]))[0])
    moving = math.floor(LANE * 10.0 / lateral) + 1 if lateral > 0.0 else 0
    rows = np.arange(-APPROACH_ROWS, ramp + LAST + 2, dtype=np.float64)
    after = rows - ramp
    aside = np.where(after < 0, RAMP_STEP * np.maximum(rows, 0), np.where(after <= moving, lateral, 0.0))
    climb = RAMP_STEP * np.arange(ramp, dtype=np.float64) / 10.0
    shift = np.concatenate([np.cumsum(climb[::-1])[::-1], [0.0]])
    y = LANE + shift[np.clip(rows, 0, ramp).astype(np.int64)]
    y[after > 0] = LANE + np.cumsum(-aside[after > 0]) / 10.0
    x = gap + (half + HALF) + after * speed / 10.0
    x[after > 0] = gap + (half + HALF) + np.cumsum(np.full(int(np.sum(after > 0)), speed)) / 10.0
    return np.column_stack([x, y]), np.column_stack([np.full(len(rows), speed), -aside])


def cut_out(model: Model, speed_kmh: float, distance: float, lateral: float, half: float) -> tuple[Array, Array, int]:
    """Places (T, 2) of a cut-out's leader and its velocity (T, 2), and the row (from the drive's start) from which the
    standing car may be seen. After a contact with that the leader stops for good."""
    speed = speed_kmh / KMH
    rows = np.arange(-APPROACH_ROWS, LAST + 2, dtype=np.float64)
    first = start_gap(int(model), speed) + (half + HALF)
    x = first + (rows + 1) * speed / 10.0
    y = -np.minimum(np.maximum(rows + 1, 0) * lateral / 10.0, ASIDE_MAX)
    velocity = np.column_stack([np.full(len(rows), speed), np.where((rows >= 0) & (y > -ASIDE_MAX), -lateral, 0.0)])
    struck = (np.abs(x - (first + LENGTH + distance)) < HALF + STANDING_HALF) & (np.abs(y) < WIDTH)
    revealed = struck | (y < REVEALED)
    if np.any(struck):
        k = int(np.argmax(struck))
        x[k:], y[k:], velocity[k:] = x[k], y[k], 0.0
    return np.column_stack([x, y]), velocity, int(np.argmax(revealed))


def standing_place(model: Model, speed_kmh: float, distance: float, half: float) -> float:
    """Where the centre of the car is [m] that stands before a cut-out's leader."""
    return start_gap(int(model), speed_kmh / KMH) + (half + HALF) + LENGTH + distance


def following(model: Model, speed_kmh: float, brake_g: float, half: float) -> tuple[Array, Array]:
    """Places (T, 2) of a braking leader and its velocity (T, 2)."""
    speed, brake = speed_kmh / KMH, brake_g * 9.81
    rows = np.arange(-APPROACH_ROWS, LAST + 2, dtype=np.float64)
    first = start_gap(int(model), speed) + (half + HALF)
    pace = np.maximum(speed - np.maximum(rows, 0) * brake / 10.0, 0.0)
    x = first + (rows + 1) * speed / 10.0
    x[rows >= 0] = np.cumsum(pace[rows >= 0]) / 10.0 + first
    return np.column_stack([x, np.zeros(len(rows))]), np.column_stack([pace, np.zeros(len(rows))])


def wandering(other_kmh: float, gap: float, period: float, half: float, rows: int) -> tuple[Array, Array]:
    """Places (T, 2) of a neighbour that wanders +-0.375 m about its lane's middle and never cuts in, and its velocity
    (T, 2); period [s] of its wandering."""
    speed = other_kmh / KMH
    t = 0.1 * np.arange(-APPROACH_ROWS, rows - APPROACH_ROWS + 1, dtype=np.float64)
    turn = 2.0 * math.pi / period
    y = LANE - REVEALED * np.sin(turn * t)
    x = gap + (half + HALF) + speed * t
    return np.column_stack([x, y]), np.column_stack([np.full(len(t), speed), -REVEALED * turn * np.cos(turn * t)])
