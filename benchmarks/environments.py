"""The peers' own environments below .bench/, set up when they are first needed: their pins conflict with each other."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "fastsim": ("fastsim==3.1.0",),
    "fiss": ("fiss-planner[commonroad]==1.0.0",),
    "reactive": ("commonroad-reactive-planner==2025.1", "commonroad-drivability-checker==2025.4.0", "triangle"),
    # the checker of this version needs a commonroad-io from before shapes moved
    "verdict": ("commonroad-drivability-checker==2025.4.0", "commonroad-io==2024.3", "triangle"),
}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def environment(name: str) -> Path:
    """The Python of an environment, which is made when it is not there."""
    folder = ROOT / ".bench" / name
    python = folder / "bin" / "python"
    stamp = folder / "packages.txt"
    wanted = "\n".join(PACKAGES[name])
    if not stamp.is_file() or stamp.read_text() != wanted:
        print(f"setting up .bench/{name}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *PACKAGES[name]]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
        stamp.write_text(wanted)
    return python


def one_thread() -> dict[str, str]:
    """The environment variables under which every contestant runs."""
    return os.environ | ONE_THREAD
