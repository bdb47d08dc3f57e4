"""Cases and axes of groups: full grids, and such as a table lists."""

import itertools
from collections.abc import Sequence

import numpy as np

from evpilot.regulations.suite import Axis, Case, Group
from evpilot.types.state import Array


def every(suite: str, groups: Sequence[Group], seeds: Sequence[int] = (0,)) -> tuple[Case, ...]:
    """A case for every combination of the values of each group's axes, under each seed, in the axes' order."""
    return tuple(
        Case(
            suite=suite,
            group=group.key,
            parameters=tuple(zip((axis.name for axis in group.axes), values, strict=True)),
            seed=seed,
        )
        for group in groups
        for values in itertools.product(*(axis.values for axis in group.axes))
        for seed in seeds
    )


def listed(suite: str, group: str, names: Sequence[str], table: Array) -> list[Case]:
    """A case for every row of a table (N, P) of the parameters named, in its order."""
    rows = table.tolist()
    return [Case(suite=suite, group=group, parameters=tuple(zip(names, row, strict=True))) for row in rows]


def axes_of(names: Sequence[str], meanings: Sequence[str], table: Array) -> tuple[Axis, ...]:
    """The axes that a table (N, P) of parameters spans."""
    return tuple(
        Axis(name=name, meaning=meaning, values=tuple(np.unique(table[:, k]).tolist()))
        for k, (name, meaning) in enumerate(zip(names, meanings, strict=True))
    )
