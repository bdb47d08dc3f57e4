"""What kernels do with memory: none is lost, and none is kept account of where none is made."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from numba.core.runtime import _nrt_python, rtsys  # type: ignore[attr-defined]

from evpilot.geometry.jit import kernel
from evpilot.guard.contact import first_contact
from evpilot.guard.evade import move_aside
from evpilot.plan.cost.contact import contact_cost
from evpilot.plan.cost.reach import reach_of

Array = npt.NDArray[np.float64]


@kernel()
def made(count: int) -> Array:
    return np.full(count, 2.0)


@kernel()
def handed(count: int) -> float:
    row = made(count)
    return row[0] + row[count - 1]


@kernel()
def least(table: Array) -> float:
    best = np.inf
    for k in range(table.shape[0]):
        row = table[k]
        best = min(best, row[0])
    return best


@kernel()
def work_in(count: int) -> float:
    return np.zeros(count)[0]


@kernel()
def work_alike(table: Array) -> float:
    return np.zeros_like(table)[0, 0]


@kernel("f8(f8[:, ::1], i8)")
def all_kinds(table: Array, count: int) -> float:
    return least(table) + handed(count) + work_in(count) + work_alike(table) + made(count)[0]


@pytest.fixture
def counted() -> Iterator[None]:
    _nrt_python.memsys_enable_stats()
    yield
    _nrt_python.memsys_disable_stats()


@pytest.mark.usefixtures("counted")
def test_what_kernels_make_is_given_back() -> None:
    table = np.ones((4, 3))
    all_kinds(table, 5)
    before = rtsys.get_allocation_stats()
    assert [all_kinds(table, 5) for _ in range(10)] == [7.0] * 10
    after = rtsys.get_allocation_stats()
    assert after.alloc - before.alloc >= 40
    assert after.alloc - before.alloc == after.free - before.free


def test_a_kernel_that_makes_no_array_counts_no_references() -> None:
    for kernel_without in (least, contact_cost, move_aside):
        assert kernel_without.targetoptions["_nrt"] is False  # type: ignore[attr-defined]
    for maker in (made, handed, work_in, work_alike, all_kinds, first_contact, reach_of):
        assert maker.targetoptions["_nrt"] is True  # type: ignore[attr-defined]
