"""Numbers for a web page: columns of integers, delta-coded, deflated, in base64.

A column of floats becomes round(value / unit) as 32-bit integers, each the difference to the one before, zigzag-coded
(0, -1, 1, -2 become 0, 1, 2, 3) and cut into four planes of bytes, of which the upper ones are mostly zero. What is
missing (not finite) stays missing: it is never 0.
"""

import base64
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MISSING = -(2**31)
LARGEST = 2**31 - 1

Numbers = npt.NDArray[np.generic] | Sequence[float] | Sequence[int]
Column = dict[str, list[float]]


class Columns:
    """Collects columns; each is named in the page's JSON by {"c": [first byte, count, unit]}."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, values: Numbers, unit: float = 1.0) -> Column:
        """Store a column in steps of unit, and return how the page finds it."""
        number = np.asarray(values, np.float64).ravel()
        whole = np.full(len(number), MISSING, np.int64)
        there = np.isfinite(number)
        whole[there] = np.clip(np.round(number[there] / unit), -LARGEST, LARGEST).astype(np.int64)
        step = np.diff(whole, prepend=0).astype(np.int32)  # the page adds modulo 2**32, as this wraps
        zigzag = ((step << 1) ^ (step >> 31)).astype("<u4")
        data = zigzag.view(np.uint8).reshape(-1, 4).T.tobytes()
        place: Column = {"c": [self._size, len(number), unit]}
        self._parts.append(data)
        self._size += len(data)
        return place

    def text(self) -> str:
        """All columns, deflated (zlib), in base64."""
        return base64.b64encode(zlib.compress(b"".join(self._parts), 6)).decode("ascii")
