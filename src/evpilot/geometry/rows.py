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


@kernel("i8[::1](f8[::1], i8)")
def least(values: Row, count: int) -> Row:
    """The rows of the least so many of values (N,), ascending; equal ones keep their order, NaN counts as infinite.
    What a stable sort begins with, for a tenth of its time."""
    kept = min(count, values.shape[0])
    rows, low = np.empty(kept, np.int64), np.full(kept, np.inf)
    for row in range(values.shape[0]):
        value = values[row] if values[row] == values[row] else np.inf
        k = min(row, kept - 1)
        if row >= kept and (kept == 0 or value >= low[k]):
            continue
        while k > 0 and low[k - 1] > value:
            rows[k], low[k] = rows[k - 1], low[k - 1]
            k -= 1
        rows[k], low[k] = row, value
    return rows


@kernel("f8[::1](f8[:, ::1])")
def row_sums(values: Row) -> Row:
    """The sum (N,) of each row of values (N, M), M from 8 to 128, to the bit as `values.sum(axis=1)` has it; that takes
    six times as long for short rows: eight sums side by side, then what is left."""
    width, sums = values.shape[1], np.empty(values.shape[0])
    part = np.empty(8)
    for row in range(values.shape[0]):
        for k in range(8):
            part[k] = values[row, k]
        last = width - width % 8
        for first in range(8, last, 8):
            for k in range(8):
                part[k] += values[row, first + k]
        total = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]))
        for k in range(last, width):
            total += values[row, k]
        sums[row] = total
    return sums
