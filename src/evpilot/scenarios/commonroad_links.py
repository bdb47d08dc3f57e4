"""Which lanelet goes on in which: what a CommonRoad file says, as far as its lanelets meet, and what it leaves out.

A wrong link is worse than none: on a route that leaps over the map a car's place is anywhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from evpilot.types.state import Array

APART = 3.0  # [m] of 19,000 links in public files 7 leave a wider gap, all of them by mistake
MEET = 0.3  # [m] lanelets that come nearer to each other meet, though the file may not say so


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs (lane, its successor), and a remark on each that is not what the file says."""

    pairs: tuple[tuple[int, int], ...]
    remarks: tuple[str, ...]


def links_of(said: Iterable[tuple[int, int]], bounds: Sequence[tuple[Array, Array]], ids: Sequence[int]) -> Links:
    """The links between lanes by index, of those a file says; bounds (left, right) (P, 3) [m] and id of each lane."""
    starts = np.array([np.concatenate([left[0, :2], right[0, :2]]) for left, right in bounds])
    ends = np.array([np.concatenate([left[-1, :2], right[-1, :2]]) for left, right in bounds])
    pairs: dict[tuple[int, int], None] = {}
    remarks: dict[str, None] = {}
    for lane, after in said:
        gap = float(_gaps(ends[lane], starts[after]))
        if gap <= APART:
            pairs[lane, after] = None
        elif _gaps(ends[after], starts[lane]) <= APART:
            pairs[after, lane] = None
            remarks[
                f"lanelet {ids[after]} is said to follow {ids[lane]} but leads to it: taken the other way round"
            ] = None
        else:
            remarks[
                f"lanelet {ids[after]} is said to follow {ids[lane]} but begins {gap:.1f} m from its end: left out"
            ] = None
    for lane, after in _left_out(pairs, starts, ends):
        pairs[lane, after] = None
        remarks[f"no lanelet is said to follow {ids[lane]}, and {ids[after]} begins where it ends: taken to follow"] = (
            None
        )
    return Links(tuple(pairs), tuple(remarks))


def _left_out(pairs: Iterable[tuple[int, int]], starts: Array, ends: Array) -> list[tuple[int, int]]:
    """Lanes that meet where one has no successor and the other no predecessor."""
    known = list(pairs)
    last = sorted(set(range(len(starts))) - {lane for lane, _ in known})
    first = sorted(set(range(len(starts))) - {after for _, after in known})
    if not last or not first:
        return []
    meet = _gaps(ends[last][:, None], starts[first][None]) <= MEET
    return [(last[i], first[k]) for i, k in np.argwhere(meet).tolist() if last[i] != first[k]]


def _gaps(ends: Array, starts: Array) -> Array:
    """How far lanes' ends are from others' starts (..., 4): the wider gap [m] of left and right bound."""
    off = ends - starts
    return np.maximum(np.hypot(off[..., 0], off[..., 1]), np.hypot(off[..., 2], off[..., 3]))
