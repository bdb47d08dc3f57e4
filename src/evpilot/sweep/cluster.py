"""A sweep on Ray: one machine or a cluster (`pip install "evpilot[ray]"`). https://docs.ray.io/en/latest/ray-core/"""

import importlib
import time
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from evpilot.files import EvpilotError
from evpilot.sweep.table import Row
from evpilot.sweep.workers import ONE_THREAD, START_TRIES, TRIES, Job, Make, Work, perform

CHUNK = 50  # cases in one call: fewer cost more in messages than they gain in evenness
HEARTBEAT = 1.0  # [s]


class Actor:
    """A worker: makes its work once, then does chunks of jobs."""

    def __init__(self, make: Make) -> None:
        self._work: Work = make()

    def perform(self, jobs: list[Job]) -> list[Row]:
        """The rows of some jobs."""
        return [perform(job, self._work) for job in jobs]


def run_on_ray(jobs: Sequence[Job], make: Make, address: str, *, workers: int, budget: float) -> Generator[Row | None]:
    """As `workers.run_local`, with one actor of one thread for each worker, on the cluster at an address ("auto" for
    the one that this machine belongs to) or, when it is "local", on a cluster that is started here.

    A chunk whose actor dies or is over its time is done again case by case, so that only the case that is to blame is
    lost. Raises EvpilotError when Ray is not installed, there is no such cluster, or the work cannot be made.
    """
    ray = _ray(address)
    options = {"num_cpus": 1, "runtime_env": {"env_vars": dict.fromkeys(ONE_THREAD, "1")}}
    remote = ray.remote(**options)(Actor)
    todo = deque([(list(jobs[start : start + CHUNK]), 0) for start in range(0, len(jobs), CHUNK)])
    idle = [remote.remote(make) for _ in range(min(workers, len(todo)))]
    running: dict[Any, tuple[Any, list[Job], int, float]] = {}
    starts = 0
    try:
        while todo or running:
            while todo and idle:
                actor, (chunk, tries) = idle.pop(), todo.popleft()
                running[actor.perform.remote(chunk)] = actor, chunk, tries, time.monotonic()
            finished, _ = ray.wait(list(running), timeout=HEARTBEAT)
            late = [call for call, (_, chunk, _, since) in running.items() if _late(chunk, since, budget)]
            for call in {*finished, *late}:
                actor, chunk, tries, _ = running.pop(call)
                try:
                    yield from ray.get(call, timeout=0.0)
                    idle.append(actor)
                    continue
                except ray.exceptions.ActorDiedError as error:
                    starts += "__init__" in str(error)
                    _refuse(error, starts)
                    reason = "ChildProcessError: the process that drove it died"
                except ray.exceptions.GetTimeoutError:
                    ray.kill(actor)
                    reason = f"took longer than {budget:g} s"
                idle.append(remote.remote(make))
                if len(chunk) > 1:
                    todo.extend(([job], 0) for job in chunk)
                elif tries + 1 < TRIES and call not in late:
                    todo.append((chunk, tries + 1))
                else:
                    yield chunk[0].row() | {"error": reason}
            yield None
    finally:
        for actor in [*idle, *(actor for actor, *_ in running.values())]:
            ray.kill(actor)


def _late(chunk: list[Job], since: float, budget: float) -> bool:
    return time.monotonic() - since > budget * len(chunk)


def _refuse(error: Exception, starts: int) -> None:
    """Raise EvpilotError when actors die as they are made."""
    if starts >= START_TRIES:
        raise EvpilotError(f"a Ray worker could not start: {str(error).splitlines()[-1]}") from None


def _ray(address: str) -> Any:
    """The ray module, connected; raises EvpilotError when it is not installed or does not connect."""
    try:
        ray = importlib.import_module("ray")
    except ModuleNotFoundError:
        raise EvpilotError('Ray is not installed; pip install "evpilot[ray]"') from None
    if not ray.is_initialized():
        try:
            ray.init(address=None if address == "local" else address, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EvpilotError(f"no Ray cluster at {address!r}: {str(error).splitlines()[0]}") from None
    return ray
