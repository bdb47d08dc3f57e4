"""The cases of groups whose grids are full."""

import itertools
from collections.abc import Sequence

from evpilot.regulations.suite import Case, Group


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
