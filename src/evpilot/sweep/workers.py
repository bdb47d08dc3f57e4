"""A pool of worker processes that survives the death of any of them."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from evpilot.sweep.case import Case, error_row, run_case
from evpilot.sweep.journal import Row
from evpilot.sweep.settings import Settings
from evpilot.sweep.warm import warm_up

ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


Work = Callable[[Case, Settings], Row]


def run_all(cases: Iterable[Case], settings: Settings, workers: int, work: Work = run_case) -> Iterator[Row]:
    """Drive all cases in a pool of one-threaded processes; yields each row as it is finished. work drives one case.

    A case that raises gives an error row. When a process dies, the cases that were under way are driven again, each
    alone in a process of its own, so that only the one that kills it is lost.
    """
    todo = deque(cases)
    while todo:
        under_way: dict[Future[Row], Case] = {}
        try:
            yield from _pooled(todo, under_way, settings, workers, work)
        except BrokenProcessPool:
            for case in under_way.values():
                yield from _alone(case, settings, work)


def _pooled(
    todo: deque[Case], under_way: dict[Future[Row], Case], settings: Settings, workers: int, work: Work
) -> Iterator[Row]:
    """Take from todo and yield rows; raises BrokenProcessPool with the unfinished ones left in under_way."""
    with _one_thread(), _pool(workers) as pool:
        while todo or under_way:
            while todo and len(under_way) < 2 * workers:
                under_way[pool.submit(work, todo[0], settings)] = todo[0]
                todo.popleft()
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    raise error
                case = under_way.pop(future)
                yield future.result() if error is None else error_row(case, error)


def _alone(case: Case, settings: Settings, work: Work) -> Iterator[Row]:
    with _one_thread(), _pool(1) as pool:
        future = pool.submit(work, case, settings)
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            yield error_row(case, ChildProcessError("the process that drove it died"))
        else:
            yield future.result() if error is None else error_row(case, error)


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start)


def _start() -> None:
    """What a new worker does first: see to its own end, and compile or load all kernels."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm_up(processes=1)


def _end_with_parent() -> None:
    """A worker whose sweep was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _one_thread() -> Generator[None]:
    """Let the processes started meanwhile compute in one thread each."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
