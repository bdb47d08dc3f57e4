"""Where the recorded scenarios are, for the tests that use them; how examples are drawn; the command line; how slow the
machine is."""

import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import settings

# a loaded machine is no failure, and a failure is one every time
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

NOMINAL = 3.7e-3  # [s] of `_small_steps` on an idle core of the machine for which the bounds were set
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    folder = Path(os.environ.get("EVPILOT_DATA", ROOT / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"needs the recorded scenarios: {folder} is not there; set EVPILOT_DATA to their folder")
    return folder


class Said(NamedTuple):
    """What a command has said, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def evpilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command line, whole, but in this process: in one of its own every command would load all kernels anew. Each
    runs in the test's own folder."""
    from evpilot.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["evpilot", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, said.out, said.err)

    return run


@pytest.fixture
def slowness() -> Callable[[], float]:
    """How many times slower the machine is at this moment than the one that the bounds of time are meant for, at
    least 1: a neighbour on the same core, or an older core, is no failure."""
    return lambda: max(1.0, sorted(_small_steps() for _ in range(7))[3] / NOMINAL)


def _small_steps() -> float:
    """CPU time [s] of a fixed mixture of small array operations, which our own bounded steps are made of."""
    values, total = np.random.default_rng(0).uniform(-1.0, 1.0, (60, 60)), 0.0
    begin = time.thread_time()
    for k in range(400):
        values[k % 60] = np.where(values[(k + 1) % 60] > 0.0, 0.5 * values[k % 60], values[(k + 7) % 60])
        total += math.hypot(float(values[3, 4]), k) + float(np.sort(values[5])[3])
    return time.thread_time() - begin
