"""A foreign pilot in a process of its own, with a time budget: whatever it does, the drive goes on.

Run as a module this file is that process. Messages are pickles with their length before them, over its standard input
and output (what the pilot prints goes to the standard error); the parent reads back nothing but evpilot's records.
"""

import contextlib
import difflib
import importlib
import io
import math
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

from evpilot.files import EvpilotError
from evpilot.simulate.custody import PilotLost, PilotRaised, tell
from evpilot.types import Briefing, Decision, Observation

BUDGET = 5.0  # [s] for one step
WARM_UP = 60.0  # [s] for finding and making the pilot, and again for its first step: it may compile
GRACE = 1.0  # [s] to end by itself at the end of a drive
MESSAGE_MAX = 64 * 1024 * 1024  # bytes
READABLE = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
}


def check(dotted: str, budget_s: float = WARM_UP) -> None:
    """Raise EvpilotError, in one line, unless a child process finds the pilot `MODULE:CLASS`. It is not made."""
    child = Child(dotted)
    try:
        kind, text = child.exchange(("find", child.path, dotted), budget_s)
    except (PilotLost, PilotRaised) as error:
        kind, text = "missing", f"importing it: {error}"
    finally:
        child.close()
    if kind != "found":
        raise EvpilotError(f"pilot '{dotted}': {text}")


class Child:
    """A child process that serves a pilot, and the pipes to it."""

    def __init__(self, dotted: str) -> None:
        module, colon, name = dotted.partition(":")
        if not (module and colon and name):
            raise EvpilotError(f"pilot '{dotted}': write MODULE:CLASS, such as mypackage.mypilot:MyPilot")
        self.path = [*sys.path, str(Path.cwd())]
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def exchange(self, message: tuple[Any, ...], budget: float) -> tuple[str, Any]:
        """Send a message and wait for the answer, for `budget` [s] at most."""
        # sent from a thread: a stopped child does not empty the pipe, and a full pipe would block the drive for ever
        threading.Thread(target=self._send, args=(pickle.dumps(message),), daemon=True).start()
        try:
            answer = self._answers.get(timeout=budget)
        except queue.Empty:
            self._process.kill()
            self._process.wait()
            raise PilotLost(f"timed out: no answer within {budget:g} s") from None
        if answer is None:
            raise PilotLost(f"its process ended with code {self._process.wait()}")
        try:
            return unpacked(answer)
        except Exception as error:  # noqa: BLE001  an unpickler may fail in any way on what a pilot sent
            raise PilotRaised(f"an answer that is no record: {error}") from None

    @property
    def _stdin(self) -> BinaryIO:
        assert self._process.stdin is not None
        return self._process.stdin  # pyright: ignore[reportReturnType]  a pipe of bytes

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while (message := receive(stream)) is not None:  # pyright: ignore[reportArgumentType]
            self._answers.put(message)
        self._answers.put(None)

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            send(self._stdin, data)


class ChildPilot:
    """The pilot `MODULE:CLASS`, made in a child process from a briefing; `cpu_ms` is what its last step took there.

    A step over its budget [s] of wall time ends the process for good. Raises EvpilotError when the class cannot be
    found, PilotRaised when the pilot raises, PilotLost when its process ended or was ended.
    """

    def __init__(self, dotted: str, briefing: Briefing, budget_s: float = BUDGET, warm_up_s: float = WARM_UP) -> None:
        self.cpu_ms = 0.0
        self._charge: float | None = None
        self._power = math.inf
        self._budget, self._next_budget = budget_s, warm_up_s
        self._child = Child(dotted)
        kind, text = self._child.exchange(("make", self._child.path, dotted, briefing), warm_up_s)
        if kind != "ready":
            self.close()
            raise EvpilotError(f"pilot '{dotted}': {text}") if kind == "missing" else PilotRaised(str(text))

    def charged(self, charge: float) -> None:
        """Be told the battery's usable charge, 0..1, which the pilot is told before its next step."""
        self._charge = charge

    def powered(self, power: float) -> None:
        """Be told the most power at the wheels [W], which the pilot is told before its next step."""
        self._power = power

    def step(self, observation: Observation) -> Decision:
        """The pilot's decision; see the class for what is raised."""
        budget, self._next_budget = self._next_budget, self._budget
        gauges = None if self._charge is None else (self._charge, self._power)
        kind, answer = self._child.exchange(("step", observation, gauges), budget)
        if kind != "decision":
            raise PilotRaised(str(answer))
        decision, self.cpu_ms = answer
        return decision

    def close(self) -> None:
        """End the process."""
        self._child.close()


class _Writer(pickle.Pickler):
    """Writes members of enumerations by their value: some releases of Python 3.11 write a call of getattr instead."""

    def reducer_override(self, obj: Any, /) -> Any:
        return (type(obj), (obj.value,)) if isinstance(obj, Enum) else NotImplemented


def packed(answer: tuple[str, Any]) -> bytes:
    """What the child answers, as bytes that `unpacked` reads."""
    data = io.BytesIO()
    _Writer(data).dump(answer)
    return data.getvalue()


class _Records(pickle.Unpickler):
    """Reads evpilot's records and arrays, and nothing else."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if module_name.startswith("evpilot.types.") or (module_name, global_name) in READABLE:
            return super().find_class(module_name, global_name)
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is not part of a Decision")


def unpacked(data: bytes) -> tuple[str, Any]:
    """The child's answer; raises UnpicklingError for what is no record."""
    return _Records(io.BytesIO(data)).load()


def send(stream: BinaryIO, data: bytes) -> None:
    """Write one message: its length in 8 bytes, then itself."""
    stream.write(len(data).to_bytes(8, "little") + data)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read one message; None at the end of the stream, or when it is cut off or longer than MESSAGE_MAX."""
    try:
        head = stream.read(8)
        size = int.from_bytes(head, "little")
        if len(head) < 8 or size > MESSAGE_MAX:
            return None
        data = stream.read(size)
    except (OSError, ValueError):
        return None
    return data if len(data) == size else None


def find(dotted: str) -> Any:
    """The pilot class `MODULE:CLASS`; raises EvpilotError, naming what is missing."""
    module_name, _, name = dotted.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise EvpilotError(f"no module '{error.name}'; it must be installed, or lie in the current folder") from None
    except Exception as error:  # noqa: BLE001  a user's module may fail in any way; the line says how
        raise EvpilotError(f"importing '{module_name}' raised {type(error).__name__}: {error}") from None
    if not hasattr(module, name):
        classes = [key for key, value in vars(module).items() if isinstance(value, type) and hasattr(value, "step")]
        near = difflib.get_close_matches(name, classes, n=1) or classes[:1]
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise EvpilotError(f"module '{module_name}' has no '{name}'{hint}")
    found = getattr(module, name)
    if not callable(found) or not hasattr(found, "step"):
        raise EvpilotError(f"'{name}' is no pilot: a class with step(observation) -> Decision is needed")
    return found


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer the parent until it hangs up."""
    pilot: Any = None
    while (message := receive(source)) is not None:
        try:
            request = pickle.loads(message)
            if request[0] == "step":
                began = time.process_time_ns()
                tell(pilot, request[2])
                decision = pilot.step(request[1])
                answer = ("decision", (_checked(decision), (time.process_time_ns() - began) * 1e-6))
            else:
                pilot, answer = _found(*request)
            data = packed(answer)
        except (Exception, SystemExit) as error:  # noqa: BLE001  a pilot may fail in any way; the parent is told
            data = packed(("raised", f"{type(error).__name__}: {error}"[:500]))
        send(sink, data)


def _found(wish: str, path: list[str], dotted: str, briefing: Briefing | None = None) -> tuple[Any, tuple[str, str]]:
    """The pilot, made where that is the wish, and the word for the parent."""
    sys.path[:] = path
    try:
        maker = find(dotted)
    except EvpilotError as error:
        return None, ("missing", str(error))
    return (maker(briefing), ("ready", "")) if wish == "make" else (None, ("found", ""))


def _checked(decision: object) -> Decision:
    if not isinstance(decision, Decision):
        raise TypeError(f"step answered {type(decision).__name__}, must be a Decision")
    return decision


def main() -> None:
    """The child's life: keep the pipe for messages, send all that is printed to the standard error."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
