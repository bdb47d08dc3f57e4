"""Copying and sorting rows within kernels.

An assignment of whole arrays (`a[i] = b`) compiles numba's broadcasting and its messages into the kernel, and
`np.argsort` all that it can do: seconds of work each. These loops take a hundredth of that and give the same.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from evpilot.geometry.jit import kernel

Row = npt.NDArray[Any]


@kernel()
def copy_row(source: Row, target: Row) -> None:
    """Copy a row (N,) onto another of the same length."""
    for i in range(target.shape[0]):
        target[i] = source[i]


@kernel()
def copy_rows(source: Row, target: Row) -> None:
    """Copy a table (N, M) onto another of the same shape."""
    for i in range(target.shape[0]):
        for j in range(target.shape[1]):
            target[i, j] = source[i, j]


@kernel()
def ascending(values: Row) -> Row:
    """The order (N,) that sorts values (N,), none of them NaN; equal ones keep theirs (merge sort, bottom up)."""
    count = values.shape[0]
    order, merged = np.arange(count), np.empty(count, np.int64)
    width = 1
    while width < count:
        for low in range(0, count, 2 * width):
            middle, high = min(low + width, count), min(low + 2 * width, count)
            left, right = low, middle
            for k in range(low, high):
                if left < middle and (right == high or values[order[left]] <= values[order[right]]):
                    merged[k] = order[left]
                    left += 1
                else:
                    merged[k] = order[right]
                    right += 1
        order, merged = merged, order
        width *= 2
    return order
