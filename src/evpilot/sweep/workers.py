"""Worker processes: each makes its work once, drives case after case, and may die or hang without harm to others."""

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection
from typing import Any, NoReturn, Protocol

from evpilot.files import EvpilotError
from evpilot.sweep.table import Row, checked

CHUNK = 50  # cases handed to a worker at a time, fewer towards the end
BUDGET = 600.0  # [s] for one case
TRIES = 2  # a case whose process dies is tried once more: the death may have been another's doing
START_TRIES = 3  # of a worker that dies before its first case
HEARTBEAT = 0.5  # [s]
ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Job(Protocol):
    """A case as a sweep hands it to a worker: plain values that can be sent."""

    @property
    def key(self) -> str:
        """What makes it the same case in a resumed sweep; no two of a sweep have the same."""
        ...

    def row(self) -> Row:
        """What the row of this case holds whatever becomes of it."""
        ...


Work = Callable[[Any], Row]
"""Drives one job; returns what its row holds besides the job's own."""

Make = Callable[[], Work]
"""Makes the work in a worker: loads kernels, pilot and platform once. It is sent to the workers by pickle."""


def run_local(jobs: Sequence[Job], make: Make, workers: int = 1, budget: float = BUDGET) -> Generator[Row | None]:
    """Do all jobs in spawned processes of one thread each; yields each row when it is finished, in any order, and None
    as a heartbeat.

    A job that raises, takes longer than the budget [s], or twice ends its process gives a row whose `error` says so.
    Raises EvpilotError when a worker cannot start.
    """
    todo, deaths, starts = deque(jobs), Counter[str](), 0
    crew = [Worker(make) for _ in range(min(workers, len(todo)))]
    try:
        while todo or any(worker.jobs for worker in crew):
            for worker in crew:
                if worker.ready and not worker.jobs:
                    worker.give([todo.popleft() for _ in range(_chunk(len(todo), workers))])
            connection.wait([worker.pipe for worker in crew], timeout=HEARTBEAT)
            for place, worker in enumerate(crew):
                yield from worker.received()
                if not worker.dead and not worker.late(budget):
                    continue
                crew[place] = Worker(make)
                starts += not worker.ready
                if starts >= START_TRIES:
                    raise EvpilotError(f"a worker process {worker.ended()} before its first case")
                lost, rest = worker.jobs[:1], worker.jobs[1:]
                for job in lost:
                    deaths[job.key] += 1
                    if not worker.dead:
                        yield job.row() | {"error": f"took longer than {budget:g} s"}
                    elif deaths[job.key] >= TRIES:
                        yield job.row() | {"error": f"ChildProcessError: the process that drove it {worker.ended()}"}
                    else:
                        rest = [job, *rest]
                todo.extendleft(reversed(rest))
                worker.stop()
            yield None
    finally:
        for worker in crew:
            worker.stop()


class Worker:
    """One process and what it has to do; `dead` once it has ended by itself."""

    def __init__(self, make: Make) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, make), daemon=True)
        with one_thread():
            self.process.start()
        theirs.close()
        self.jobs: list[Job] = []
        self.ready = self.dead = False
        self.since = time.monotonic()

    def give(self, jobs: list[Job]) -> None:
        """Hand over jobs; the first one's time begins now."""
        self.jobs, self.since = jobs, time.monotonic()
        if jobs:
            try:
                self.pipe.send(jobs)
            except OSError:
                self.dead = True

    def received(self) -> Iterator[Row]:
        """The rows that have come meanwhile. Raises EvpilotError when the work could not be made."""
        try:
            while self.pipe.poll():
                kind, value = self.pipe.recv()
                self.since = time.monotonic()
                if kind == "failed":
                    raise EvpilotError(value)
                if kind == "row":
                    self.jobs.pop(0)
                    yield value
                self.ready = True
        except (EOFError, OSError):
            self.dead = True

    def late(self, budget: float) -> bool:
        """Whether its present job takes longer than the budget [s]."""
        return bool(self.jobs) and time.monotonic() - self.since > budget

    def ended(self) -> str:
        """How the process ended, in words."""
        self.process.join(5.0)
        code = self.process.exitcode
        return f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"

    def stop(self) -> None:
        """End the process, at once."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def perform(job: Job, work: Work) -> Row:
    """A job's row; whatever it raises becomes the row's `error`."""
    try:
        return checked(job.row() | {"error": ""} | work(job))
    except (Exception, SystemExit) as error:  # noqa: BLE001  a user's pilot or criterion may fail in any way
        text = str(error) if isinstance(error, EvpilotError) else f"{type(error).__name__}: {error}"
        return job.row() | {"error": " ".join(text.split())[:1000]}


def _serve(pipe: connection.Connection, make: Make) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work = make()
    except EvpilotError as error:
        pipe.send(("failed", str(error)))
        return
    # a sweep that was killed takes no more answers: that is no fault of the worker's
    with suppress(EOFError, ConnectionError):
        answer_jobs(pipe, work)


def answer_jobs(pipe: connection.Connection, work: Work) -> NoReturn:
    """Do the jobs that come through a pipe and send their rows back; EOFError or ConnectionError ends it."""
    pipe.send(("ready", None))
    while True:
        jobs: list[Job] = pipe.recv()
        for job in jobs:
            pipe.send(("row", perform(job, work)))


def _end_with_parent() -> None:
    """A worker whose sweep was killed has nobody to work for."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _chunk(left: int, workers: int) -> int:
    return min(left, max(1, min(CHUNK, left // (4 * workers))))


@contextmanager
def one_thread() -> Generator[None]:
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
