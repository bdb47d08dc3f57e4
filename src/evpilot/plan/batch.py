"""Proposals of a cycle with what came of them, in memory that is kept from cycle to cycle."""

from dataclasses import dataclass

import numpy as np

from evpilot.geometry.rows import row_sums
from evpilot.plan.columns import CHUNKS, GRID, Cost, Prop, Roll
from evpilot.types.state import Array, Ints

ROOM = 640  # proposals that there is room for from the beginning


@dataclass(slots=True, kw_only=True, eq=False)
class Batch:
    """All proposals of a cycle, rolled out and scored; boxes (R, CHUNKS, 4) are where they stay, see `roll_out`; marks
    (R, 3) tell motions apart, see `variety.unite`."""

    props: Array
    rolls: Array
    boxes: Array
    costs: Array
    firsts: Array
    marks: Ints

    def __len__(self) -> int:
        return len(self.props)

    def total(self) -> Array:
        """One cost for each proposal (R,)."""
        return row_sums(self.costs)

    def part(self, first: int, last: int) -> "Batch":
        """A view of rows first..last-1."""
        rows = slice(first, last)
        return Batch(
            props=self.props[rows],
            rolls=self.rolls[rows],
            boxes=self.boxes[rows],
            costs=self.costs[rows],
            firsts=self.firsts[rows],
            marks=self.marks[rows],
        )

    def take(self, other: "Batch") -> None:
        """Copy another batch of the same size."""
        self.props[:], self.rolls[:], self.boxes[:] = other.props, other.rolls, other.boxes
        self.costs[:], self.firsts[:], self.marks[:] = other.costs, other.firsts, other.marks


def blank(count: int) -> Batch:
    """Room for so many proposals, filled with zeros."""
    return Batch(
        props=np.zeros((count, len(Prop))),
        rolls=np.zeros((count, len(GRID), len(Roll))),
        boxes=np.zeros((count, CHUNKS, 4)),
        costs=np.zeros((count, len(Cost))),
        firsts=np.zeros((count, 4)),
        marks=np.zeros((count, 3), np.int64),
    )


class Room:
    """Memory for a cycle's proposals, kept between cycles: fresh memory costs more than what is computed into it."""

    def __init__(self) -> None:
        self._all = blank(ROOM)

    def rows(self, first: int, count: int) -> Batch:
        """Rows first..first+count-1, good until overwritten; what stands before them stays."""
        if len(self._all.props) < first + count:
            grown = blank(2 * (first + count))
            grown.part(0, len(self._all.props)).take(self._all)
            self._all = grown
        return self._all.part(first, first + count)
