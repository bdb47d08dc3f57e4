"""Rows are copied and sorted as numpy does it; kernels only, so a kernel calls them here."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evpilot.geometry.jit import kernel
from evpilot.geometry.rows import ascending, copy_row, copy_rows, least, row_sums
from evpilot.types.state import Array, Ints


@kernel("void(f8[:, ::1], f8[:, ::1], i8)")
def _copied(source: Array, target: Array, row: int) -> None:
    copy_rows(source[1:], target[1:])
    copy_row(source[row], target[row])


@kernel("i8[::1](f8[::1])")
def _order(values: Array) -> Ints:
    return ascending(values)


def test_rows_are_copied_and_the_others_left() -> None:
    source, target = np.arange(12.0).reshape(4, 3), np.full((4, 3), -1.0)
    _copied(source, target, 2)
    assert np.array_equal(target[1:], source[1:])
    assert np.all(target[0] == -1.0)


@given(arrays(np.float64, st.integers(0, 40), elements=st.sampled_from([-np.inf, -1.5, 0.0, 0.25, 3.0, np.inf])))
def test_the_order_is_ascending_and_equal_values_keep_theirs(values: Array) -> None:
    assert np.array_equal(_order(values), np.argsort(values, kind="stable"))


@given(
    arrays(np.float64, st.integers(0, 40), elements=st.sampled_from([-np.inf, -1.5, 0.0, 0.25, 3.0, np.inf, np.nan])),
    st.integers(0, 50),
)
def test_the_least_are_those_with_which_a_stable_sort_begins(values: Array, count: int) -> None:
    plain = np.argsort(np.where(np.isnan(values), np.inf, values), kind="stable")[:count]
    assert np.array_equal(least(values, count), plain)


@given(values=arrays(np.float64, st.tuples(st.integers(0, 40), st.integers(8, 128)), elements=st.floats(-1e12, 1e12)))
def test_sums_of_rows_are_numpy_s_to_the_bit(values: Array) -> None:
    assert np.array_equal(row_sums(values), values.sum(axis=1))
