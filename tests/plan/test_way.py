"""The nearest row of a path is found without a look at all of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evpilot.maps.reference import SPACING
from evpilot.plan.columns import Ref
from evpilot.plan.way import nearest_row


def winding(seed: int, rows: int) -> np.ndarray:
    """A table (rows, 14) of a path that bends and climbs at random."""
    rng = np.random.default_rng(seed)
    yaw = np.cumsum(rng.normal(0.0, 0.03, rows))
    table = np.zeros((rows, len(Ref)))
    table[:, Ref.X], table[:, Ref.Y] = np.cumsum(SPACING * np.cos(yaw)), np.cumsum(SPACING * np.sin(yaw))
    table[:, Ref.Z] = np.cumsum(rng.uniform(-0.2, 0.2, rows) * SPACING)
    return table


@pytest.mark.parametrize(("every", "flat"), [(1, False), (2, True)])
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(2, 900),
    at=st.floats(0.0, 1.0),
    off=st.tuples(*[st.floats(-80.0, 80.0) for _ in range(3)]),
)
def test_it_is_the_one_that_a_look_at_all_finds(
    every: int, flat: bool, seed: int, rows: int, at: float, off: tuple[float, float, float]
) -> None:
    table = winding(seed, rows)
    x, y, z = table[round(at * (rows - 1))][[Ref.X, Ref.Y, Ref.Z]] + np.array(off)
    apart = np.array([table[::every, Ref.X] - x, table[::every, Ref.Y] - y, table[::every, Ref.Z] - z])
    away = np.sqrt(sum(np.square(part) for part in apart[: 2 if flat else 3]))
    found = nearest_row(table, x, y, math.nan if flat else z, every)
    assert found % every == 0
    assert away[found // every] == pytest.approx(away.min(), abs=1e-9)
