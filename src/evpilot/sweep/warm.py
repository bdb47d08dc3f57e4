"""Compiling every kernel before the drive starts: `python -m evpilot.sweep.warm`; with `drive`, only those that
`evpilot drive` needs.

Kernels carry explicit signatures and are compiled, or loaded from the cache, when their module is imported
(`geometry.jit`). So importing all modules that hold kernels leaves nothing to compile later. What is missing from the
cache is compiled first, by two processes, each module after those that it imports.
"""

import importlib
import multiprocessing
import os
import re
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path

from evpilot.geometry.jit import PACKAGE, cache_root, imported_modules, source_key

SIGNED = re.compile(r"^@kernel\(\s*[^)\s]", re.MULTILINE)
A_DRIVE = ("pilot", "report.terminal.single", "scenarios.commonroad", "scenarios.library")  # what it comes in by
OnModule = Callable[[str, int, int], None]  # module, how many are done, how many there are


def kernel_modules() -> tuple[str, ...]:
    """All modules that hold kernels with a signature, dotted and without the package's name, sorted. The others are
    compiled as parts of these."""
    return tuple(sorted(_dotted(path) for path in PACKAGE.rglob("*.py") if SIGNED.search(path.read_text("utf-8"))))


def warm_up(on_module: OnModule | None = None, processes: int | None = None, of: Sequence[str] = ()) -> int:
    """Import every kernel module, or only those that some modules (dotted, without the package's name) need, and
    compile what the cache lacks; returns how many modules were compiled."""
    modules = kernel_modules()
    if of:
        needed = {name for module in of for name in imported_modules(module)}
        modules = tuple(module for module in modules if module in needed)
    missing = [module for module in modules if not _cached(module)]
    count = min(processes or os.cpu_count() or 1, 2)
    if len(missing) > 1 and count > 1:
        _compile(modules, missing, count, on_module)
    for module in modules:
        importlib.import_module(f"evpilot.{module}")
    return len(missing)


def _compile(modules: tuple[str, ...], missing: list[str], processes: int, on_module: OnModule | None) -> None:
    """Compile the missing modules in child processes, each after its imports."""
    order = TopologicalSorter({module: _needs(module, modules) for module in modules})
    order.prepare()
    running: dict[Future[None], str] = {}
    done = 0
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        while order.is_active():
            for module in order.get_ready():
                if module in missing:
                    running[pool.submit(_import, module)] = module
                else:
                    order.done(module)
            if not running:
                continue
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                module = running.pop(future)
                order.done(module)
                done += 1
                if on_module is not None:
                    on_module(module, done, len(missing))


def _import(module: str) -> None:
    importlib.import_module(f"evpilot.{module}")


def _needs(module: str, among: tuple[str, ...]) -> set[str]:
    """The kernel modules that a module's import brings in."""
    return {name for name in imported_modules(module) if name in among and name != module}


def _cached(module: str) -> bool:
    """Whether the cache's folder for the module's present sources holds anything."""
    folder = cache_root() / source_key(module)
    return folder.is_dir() and any(folder.rglob("*.nbi"))


def _dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _say(module: str, done: int, count: int) -> None:
    sys.stdout.write(f"compiled {done}/{count}: {module}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    warm_up(_say, of=A_DRIVE if "drive" in sys.argv[1:] else ())
