"""Checks that every record shares: the message names the field, what was found and what is legal."""

import math

import numpy as np
import numpy.typing as npt

from evpilot.files import EvpilotError


def shaped(record: str, field: str, value: npt.NDArray[np.generic], shape: tuple[int | None, ...]) -> None:
    """Refuse an array of another shape; None stands for any length."""
    fits = value.ndim == len(shape) and all(want in (None, have) for have, want in zip(value.shape, shape, strict=True))
    if not fits:
        raise EvpilotError(f"shape {value.shape}, allowed {shape}", place=f"{record}.{field}")


def finite(record: str, field: str, value: npt.NDArray[np.float64] | float) -> None:
    """Refuse NaN and infinity."""
    sound = math.isfinite(value) if isinstance(value, float) else bool(np.isfinite(value).all())
    if not sound:
        raise EvpilotError("not finite; every value must be a finite number", place=f"{record}.{field}")


def within(record: str, field: str, value: npt.NDArray[np.generic] | float, low: float, high: float, unit: str) -> None:
    """Refuse values outside low..high, and NaN."""
    if isinstance(value, float) and low <= value <= high:
        return  # most are numbers and in order, and every message of every tick is looked at
    array = np.asarray(value)
    good = (array >= low) & (array <= high)
    if not good.all():
        raise EvpilotError(
            f"{array[~good].flat[0]:g} {unit}, allowed {low:g} to {high:g} {unit}", place=f"{record}.{field}"
        )


def increasing(record: str, field: str, value: npt.NDArray[np.generic]) -> None:
    """Refuse an array that does not strictly increase."""
    if not (np.diff(value) > 0).all():
        raise EvpilotError("does not strictly increase", place=f"{record}.{field}")


def unique(record: str, field: str, value: npt.NDArray[np.generic]) -> None:
    """Refuse an array that holds a value twice."""
    ordered = np.sort(value)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if again.size:
        raise EvpilotError(f"{again[0]} appears more than once", place=f"{record}.{field}")
