"""After the warm-up nothing compiles, and what must be compiled is known without a hand-kept list."""

import subprocess
import sys

from evpilot.sweep.warm import kernel_modules

SCRIPT = """
import dataclasses
from numba.core import event
from evpilot.sweep.warm import warm_up
warm_up()
with event.install_recorder("numba:compile") as recorder:
    from evpilot import runlog
    from evpilot.evaluate import judge
    from evpilot.scenarios import load
    from evpilot.sweep.driving import drive
    for name, sensor, traffic in (
        ("roundabout", "perfect", "reactive"), ("motorway", "noisy", "mixed"), ("city", "occluded", "replay"),
    ):
        world = dataclasses.replace(load(name, 1), last_step=30)
        run = drive(world, sensor=sensor, traffic=traffic, seed=1)
        judge(run)
        runlog.sha256(run)
print(len(recorder.buffer))
for _, one in recorder.buffer[:3]:
    print(one.data)
"""


def test_no_drive_compiles_anything_after_the_warm_up() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[0] == "0", done.stdout


def test_the_kernel_modules_are_found_by_their_sources() -> None:
    found = kernel_modules()
    assert "maps.reference" in found
    assert "sweep.warm" not in found
    assert list(found) == sorted(found)
