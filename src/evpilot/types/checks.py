"""Checks that every record shares: the message names the field, what was found and what is legal."""

import math

import numpy as np
import numpy.typing as npt
from numba import types

from evpilot.files import EvpilotError
from evpilot.geometry.jit import kernel

LARGEST = float(np.finfo(np.float64).max)
# arrays that may not be written to are looked at, too
READ = [types.Array(kind, 1, "A", readonly=True) for kind in (types.float64, types.uint8)]
DTYPES = (np.dtype(np.float64), np.dtype(np.uint8))
ORDERED = (np.dtype(np.float64), np.dtype(np.int64))


@kernel([types.boolean(values, types.float64, types.float64) for values in READ])
def all_within(values: npt.NDArray[np.generic], low: float, high: float) -> bool:
    """Whether every value (N,) is in low..high; NaN is not."""
    sound = True
    for value in values:
        sound &= low <= value <= high
    return sound


@kernel([types.boolean(types.Array(kind, 1, "A", readonly=True)) for kind in (types.float64, types.int64)])
def ascends(values: npt.NDArray[np.generic]) -> bool:
    """Whether every value (N,) is greater than the one before; none is that is NaN, or comes after it."""
    rising = True
    for k in range(1, values.shape[0]):
        rising &= values[k] > values[k - 1]
    return rising


def _rising(value: npt.NDArray[np.generic]) -> bool:
    return ascends(value) if value.dtype in ORDERED else bool(np.greater(value[1:], value[:-1]).all())


def _sound(value: npt.NDArray[np.generic] | float, low: float, high: float) -> bool:
    array = np.asarray(value)
    if array.dtype in DTYPES:
        return all_within(array if array.ndim == 1 else array.ravel(), low, high)
    return bool(np.all((array >= low) & (array <= high)))


def shaped(record: str, field: str, value: npt.NDArray[np.generic], shape: tuple[int | None, ...]) -> None:
    """Refuse an array of another shape; None stands for any length."""
    if value.shape == shape:
        return
    fits = value.ndim == len(shape) and all(want in (None, have) for have, want in zip(value.shape, shape, strict=True))
    if not fits:
        raise EvpilotError(f"shape {value.shape}, allowed {shape}", place=f"{record}.{field}")


def finite(record: str, field: str, value: npt.NDArray[np.float64] | float) -> None:
    """Refuse NaN and infinity."""
    sound = math.isfinite(value) if isinstance(value, float) else _sound(value, -LARGEST, LARGEST)
    if not sound:
        raise EvpilotError("not finite; every value must be a finite number", place=f"{record}.{field}")


def within(record: str, field: str, value: npt.NDArray[np.generic] | float, low: float, high: float, unit: str) -> None:
    """Refuse values outside low..high, and NaN."""
    if isinstance(value, float) and low <= value <= high:
        return  # most are numbers and in order, and every message of every tick is looked at
    if not _sound(value, low, high):
        array = np.asarray(value)
        wrong = array[~((array >= low) & (array <= high))].flat[0]
        if math.isfinite(high):
            finite(record, field, float(wrong))
        raise EvpilotError(f"{wrong:g} {unit}, allowed {low:g} to {high:g} {unit}", place=f"{record}.{field}")


def increasing(record: str, field: str, value: npt.NDArray[np.generic]) -> None:
    """Refuse an array that does not strictly increase."""
    if not _rising(value):
        raise EvpilotError("does not strictly increase", place=f"{record}.{field}")


def unique(record: str, field: str, value: npt.NDArray[np.generic]) -> None:
    """Refuse an array that holds a value twice."""
    if _rising(value):
        return  # as they mostly are, in order
    ordered = np.sort(value)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if again.size:
        raise EvpilotError(f"{again[0]} appears more than once", place=f"{record}.{field}")
