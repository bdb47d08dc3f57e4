"""Angles in radians, counter-clockwise, kept in (-pi, pi]."""

import math

import numpy as np

from evpilot.geometry.jit import kernel


@kernel()
def wrap(angle: float) -> float:
    """The same direction in (-pi, pi]."""
    turned = angle + math.pi
    if not abs(turned) < 2.0 * math.pi:  # most are, and the remainder takes long
        turned = np.fmod(turned, 2.0 * math.pi)
    if turned <= 0.0:
        turned += 2.0 * math.pi
    return turned - math.pi


@kernel()
def blend(start: float, end: float, share: float) -> float:
    """From start to end the short way round; share 0 is start, 1 is end."""
    return wrap(start + share * wrap(end - start))
