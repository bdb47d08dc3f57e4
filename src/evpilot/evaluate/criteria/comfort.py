"""How the ride felt: accelerations, jerks and turning, smoothed as in nuplan-devkit (state_extractors)."""

import numpy as np
from numpy.polynomial.polynomial import polyder

from evpilot.evaluate.facts.drive import Drive
from evpilot.runlog.record import Ego
from evpilot.types import MetricResult
from evpilot.types.state import Array

# Savitzky-Golay windows [s], nuplan-devkit's samples of 0.1 s: 8 for acceleration, 15 for jerk, 5 for turning
ACCEL_WINDOW = 0.7
JERK_WINDOW = 1.4
TURN_WINDOW = 0.4

LIMITS = {  # nuplan-devkit ego_is_comfortable
    "lon_accel": (2.40, "m/s2"),
    "lon_brake": (4.05, "m/s2"),
    "lat_accel": (4.89, "m/s2"),
    "jerk": (8.37, "m/s3"),
    "lon_jerk": (4.13, "m/s3"),
    "yaw_rate": (0.95, "rad/s"),
    "yaw_accel": (1.93, "rad/s2"),
}

WINDOW = {  # [s] over which each is smoothed
    "lon_accel": ACCEL_WINDOW,
    "lon_brake": ACCEL_WINDOW,
    "lat_accel": ACCEL_WINDOW,
    "jerk": JERK_WINDOW,
    "lon_jerk": JERK_WINDOW,
    "yaw_rate": TURN_WINDOW,
    "yaw_accel": TURN_WINDOW,
}


def comfort(drive: Drive) -> tuple[MetricResult, ...]:
    """The seven quantities of nuPlan's comfort at the box centre, on the fast clock; each passed when no value is
    beyond its limit, None when the drive is too short to differentiate."""
    series = _series(drive)
    return tuple(_limited(drive, name, series[name]) for name in LIMITS)


def savgol(value: Array, window: float, step: float, order: int, derivative: int = 0) -> Array:
    """A Savitzky-Golay filter (1964) over a window [s] of samples at a step [s]: the smoothed value, or a derivative
    of it; at both ends that of the first and last whole window's polynomial. Of too few samples for the order: NaN.

    scipy.signal has the same filter, but takes longer to import than a short drive takes to judge.
    """
    count = min(2 * max(round(0.5 * window / step), (order + 1) // 2) + 1, len(value))
    if count <= order:
        return np.full(len(value), np.nan)
    weights = _weights(count, order, derivative) / step**derivative
    if len(value) == count:
        return weights @ value
    half = count // 2
    inside = np.correlate(value, weights[half]).astype(np.float64)
    return np.concatenate([weights[:half] @ value[:count], inside, weights[-half:] @ value[-count:]])


def _weights(count: int, order: int, derivative: int) -> Array:
    """Row i: the weights of a window's samples in the value, or derivative, of their polynomial at the i-th of them."""
    place = np.arange(count) - 0.5 * (count - 1)
    coefficients = np.linalg.pinv(np.vander(place, order + 1, increasing=True))
    told = np.vander(place, order + 1 - derivative, increasing=True) @ polyder(np.eye(order + 1), derivative)
    return np.asarray(told @ coefficients, np.float64)


def smoothed(accel: Array, window: float, step: float, derivative: int = 0) -> Array:
    """`savgol` of order 2 on an acceleration [m/s2] from the start of a drive on: before it the car is taken to have
    driven with the acceleration that it starts with. nuplan-devkit lets the filter extrapolate from what comes after
    instead, and sees in a jerk of 3 m/s3 at the start one of 5 and more, the same in mid-drive being 2 to 3."""
    before = round(0.5 * window / step)
    padded = np.concatenate([np.full(before, accel[0]), accel])
    return savgol(padded, window, step, 2, derivative)[before:]


def _series(drive: Drive) -> dict[str, Array]:
    fast = drive.fast
    if len(fast) < 4:
        return {name: np.full(len(fast), np.nan) for name in LIMITS}
    step = float(np.median(np.diff(drive.fast_t_ns))) * 1e-9
    rate = fast[:, Ego.YAW_RATE]
    arm = drive.platform.rear_to_center
    along = smoothed(fast[:, Ego.ACCEL] - arm * rate**2, ACCEL_WINDOW, step)
    across = smoothed(fast[:, Ego.LATERAL_ACCEL] + arm * np.gradient(rate, step), ACCEL_WINDOW, step)
    whole = smoothed(np.hypot(fast[:, Ego.ACCEL], fast[:, Ego.LATERAL_ACCEL]), ACCEL_WINDOW, step)
    yaw = np.unwrap(fast[:, Ego.YAW])
    return {
        "lon_accel": np.maximum(along, 0.0),
        "lon_brake": np.maximum(-along, 0.0),
        "lat_accel": across,
        "jerk": smoothed(whole, JERK_WINDOW, step, 1),
        "lon_jerk": smoothed(along, JERK_WINDOW, step, 1),
        "yaw_rate": savgol(yaw, TURN_WINDOW, step, 2, 1),
        "yaw_accel": savgol(yaw, TURN_WINDOW, step, 3, 2),
    }


def _limited(drive: Drive, name: str, value: Array) -> MetricResult:
    limit, unit = LIMITS[name]
    valid = np.isfinite(value)
    return MetricResult(
        name=name,
        clause="nuplan-devkit ego_is_comfortable; before its start the drive is steady",
        unit=unit,
        t_ns=drive.fast_t_ns,
        value=value,
        valid=valid,
        limit=limit,
        passed=bool(np.all(np.abs(value[valid]) < limit)) if np.any(valid) else None,
    )


def travelled(drive: Drive) -> float:
    """Distance covered [m], forwards or backwards."""
    return over_time(drive, np.abs(drive.fast[:, Ego.SPEED]))


def over_time(drive: Drive, value: Array) -> float:
    """Integral over the fast clock [s], by trapezia."""
    return float(np.sum(0.5 * (value[1:] + value[:-1]) * np.diff(drive.fast_t_ns))) * 1e-9
