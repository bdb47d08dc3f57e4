"""A planner that is given more motions to weigh than it proposes: what one costs is to be compared at equal counts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from evpilot.plan import planner as planning
from evpilot.plan.columns import Prop

ASIDE = 0.4  # [m] the most that an added motion ends to the side of the one that it is made from
LENGTHS = (0.8, 1.4)  # and in what share of its length
# multiples of these spread evenly over the unit square (Roberts 2018, the sequence R2)
EVENLY = np.array([0.7548776662466927, 0.5698402909980532])


def with_candidates(propose: Callable[..., Any], count: int) -> Callable[..., Any]:
    """`propose`, its proposals thinned to a count, or filled up to it with others: each ends elsewhere and takes
    another length than any that is proposed, so that all are rolled out and weighed as the rest are."""

    def proposed(*arguments: Any) -> Any:
        rows = propose(*arguments)
        if count <= len(rows):
            return np.ascontiguousarray(rows[np.arange(count) * len(rows) // count])
        more = rows[np.arange(len(rows), count) % len(rows)].copy()
        share = np.arange(1, len(more) + 1)[:, None] * EVENLY % 1.0
        more[:, Prop.OFFSET] += ASIDE * (2.0 * share[:, 0] - 1.0)
        more[:, Prop.LENGTH] *= LENGTHS[0] + (LENGTHS[1] - LENGTHS[0]) * share[:, 1]
        return np.concatenate([rows, more])

    return proposed


def weigh(count: int) -> None:
    """Let every planner of this process weigh about so many."""
    planning.propose = with_candidates(planning.propose, count)
