"""Oriented boxes in the plane: (x, y, yaw, half_length, half_width), origin at the centre."""

import math

import numpy as np
import numpy.typing as npt

from evpilot.geometry.jit import kernel


@kernel()
def overlap(
    ax: float,
    ay: float,
    ac: float,
    as_: float,
    al: float,
    aw: float,
    bx: float,
    by: float,
    bc: float,
    bs: float,
    bl: float,
    bw: float,
) -> bool:
    """Whether two boxes touch; each is x, y [m], cos and sin of its yaw, half length and half width [m].

    Separating axes (Gottschalk 1996): boxes are apart exactly when one of their four edge normals separates them.
    """
    dx = bx - ax
    dy = by - ay
    reach = al + aw + bl + bw
    if dx * dx + dy * dy > reach * reach:
        return False
    c = abs(ac * bc + as_ * bs)
    s = abs(ac * bs - as_ * bc)
    if abs(dx * ac + dy * as_) > al + bl * c + bw * s:
        return False
    if abs(dy * ac - dx * as_) > aw + bl * s + bw * c:
        return False
    if abs(dx * bc + dy * bs) > bl + al * c + aw * s:
        return False
    return abs(dy * bc - dx * bs) <= bw + al * s + aw * c


@kernel()
def gap(
    ax: float,
    ay: float,
    ac: float,
    as_: float,
    al: float,
    aw: float,
    bx: float,
    by: float,
    bc: float,
    bs: float,
    bl: float,
    bw: float,
) -> float:
    """The largest separation [m] over the four edge normals: at most the distance, negative when they touch."""
    dx = bx - ax
    dy = by - ay
    c = abs(ac * bc + as_ * bs)
    s = abs(ac * bs - as_ * bc)
    one = abs(dx * ac + dy * as_) - (al + bl * c + bw * s)
    two = abs(dy * ac - dx * as_) - (aw + bl * s + bw * c)
    three = abs(dx * bc + dy * bs) - (bl + al * c + aw * s)
    four = abs(dy * bc - dx * bs) - (bw + al * s + aw * c)
    return max(max(one, two), max(three, four))


@kernel()
def _within(p: float, q: float, reach: float, enter: float, leave: float) -> tuple[float, float]:
    """Narrow the span enter..leave to the times t at which |p + q t| <= reach."""
    if abs(q) < 1e-9:
        if abs(p) > reach:
            return np.inf, -np.inf
        return enter, leave
    one, two = (-reach - p) / q, (reach - p) / q
    return max(enter, min(one, two)), min(leave, max(one, two))


@kernel()
def touch_span(
    dx: float,
    dy: float,
    wx: float,
    wy: float,
    ac: float,
    as_: float,
    al: float,
    aw: float,
    bc: float,
    bs: float,
    bl: float,
    bw: float,
) -> tuple[float, float]:
    """From when to when [s] two boxes touch that keep velocity and heading, exactly; inf, -inf when never. The span may
    begin in the past.

    dx, dy [m] from the first box to the second, wx, wy [m/s] the second's velocity less the first's; the rest as in
    `overlap`. Convex shapes in straight relative motion overlap while their projections on all edge normals do, and on
    each axis that is one span of time.
    """
    c = abs(ac * bc + as_ * bs)
    s = abs(ac * bs - as_ * bc)
    t0, t1 = -np.inf, np.inf
    t0, t1 = _within(dx * ac + dy * as_, wx * ac + wy * as_, al + bl * c + bw * s, t0, t1)
    t0, t1 = _within(dy * ac - dx * as_, wy * ac - wx * as_, aw + bl * s + bw * c, t0, t1)
    t0, t1 = _within(dx * bc + dy * bs, wx * bc + wy * bs, bl + al * c + aw * s, t0, t1)
    t0, t1 = _within(dy * bc - dx * bs, wy * bc - wx * bs, bw + al * s + aw * c, t0, t1)
    if t0 > t1:
        return np.inf, -np.inf
    return t0, t1


@kernel("b1(f8[::1], f8[::1])")
def boxes_overlap(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> bool:
    """Whether two boxes touch; each (5,) x, y [m], yaw [rad], length, width [m], origin at the centre."""
    return overlap(
        a[0],
        a[1],
        math.cos(a[2]),
        math.sin(a[2]),
        0.5 * a[3],
        0.5 * a[4],
        b[0],
        b[1],
        math.cos(b[2]),
        math.sin(b[2]),
        0.5 * b[3],
        0.5 * b[4],
    )


def corners(x: float, y: float, yaw: float, length: float, width: float) -> npt.NDArray[np.float64]:
    """The four corners (4, 2) [m], counter-clockwise from the front left."""
    half = 0.5 * np.array([[length, width], [-length, width], [-length, -width], [length, -width]])
    c, s = math.cos(yaw), math.sin(yaw)
    return np.stack([x + c * half[:, 0] - s * half[:, 1], y + s * half[:, 0] + c * half[:, 1]], axis=1)
