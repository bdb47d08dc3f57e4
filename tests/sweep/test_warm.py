"""After the warm-up nothing compiles, and what must be compiled is known without a hand-kept list."""

import subprocess
import sys

from evpilot.sweep.warm import kernel_modules

SCRIPT = """
import dataclasses
import sys
from numba.core import event
from evpilot.sweep.pilots import kernels_for
from evpilot.sweep.warm import kernel_modules, warm_up
warm_up(of=kernels_for("evpilot"))
assert "regulations.meeting.contact" in kernel_modules()
assert "evpilot.regulations.meeting.contact" not in sys.modules
with event.install_recorder("numba:compile") as recorder:
    from evpilot import runlog
    from evpilot.evaluate import judge
    from evpilot.report import replay
    from evpilot.scenarios import load
    from evpilot.sweep.driving import drive
    for name, sensor, traffic in (
        ("roundabout", "perfect", "reactive"), ("motorway", "noisy", "mixed"), ("city", "occluded", "replay"),
    ):
        world = dataclasses.replace(load(name, 1), last_step=30)
        run = drive(world, sensor=sensor, traffic=traffic, seed=1)
        replay.page(run, judge(run))
        runlog.sha256(run)
print(len(recorder.buffer))
for _, one in recorder.buffer[:3]:
    print(one.data)
"""


def test_no_drive_compiles_anything_after_the_warm_up() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[0] == "0", done.stdout


READING = """
import sys
from evpilot.sweep.warm import kernel_modules, warm_up
warm_up(of=("scenarios.commonroad",))
print(sorted(module for module in kernel_modules() if f"evpilot.{module}" in sys.modules))
"""


def test_reading_a_scenario_needs_a_small_part_of_the_kernels() -> None:
    done = subprocess.run([sys.executable, "-c", READING], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "maps.index" in done.stdout
    assert not any(room in done.stdout for room in ("plan.", "predict.", "guard.", "evaluate.", "simulate."))


def test_the_kernel_modules_are_found_by_their_sources() -> None:
    found = kernel_modules()
    assert "maps.reference" in found
    assert "sweep.warm" not in found
    assert list(found) == sorted(found)
