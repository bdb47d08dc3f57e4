"""What compiles, when, and that an edit anywhere below a kernel is seen."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from evpilot.geometry import jit
from evpilot.geometry.boxes import boxes_overlap
from evpilot.geometry.jit import PACKAGE, imported_modules, kernel, source_key

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.parent != PACKAGE
)
KERNELS = [m for m in MODULES if "import kernel" in jit._source(m)]
CALLER = """
from evpilot.geometry.jit import kernel
from evpilot.inner.shapes import area


@kernel("f8(f8)")
def twice(side: float) -> float:
    return 2.0 * area(side)
"""
CALLEE = """
from evpilot.geometry.jit import kernel


@kernel()
def area(side: float) -> float:
    return side * side
"""

PICKS = """
from evpilot.geometry.jit import kernel


@kernel("f8(f8[::1], i8)")
def pick(values, at):
    return values[at]
"""


class Sources(dict[str, str]):
    """Sources that stand in for a module's own; every change clears what was concluded from them."""

    def __setitem__(self, module: str, text: str) -> None:
        super().__setitem__(module, text)
        forget()


def forget() -> None:
    jit._imported.cache_clear()
    jit.source_key.cache_clear()


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sources]:
    changed, plain = Sources(), jit._source
    monkeypatch.setattr(jit, "_source", lambda module: changed.get(module) or plain(module))
    forget()
    yield changed
    forget()


def test_an_edit_in_a_callee_of_another_module_changes_the_key(sources: Sources) -> None:
    caller, callee, other = source_key("plan.score"), "geometry.boxes", source_key("vehicle.dynamics")
    sources[callee] = jit._source(callee) + "\nNEW = 1\n"
    assert source_key("plan.score") != caller
    assert source_key("vehicle.dynamics") == other


def test_an_edit_two_imports_below_changes_the_key(sources: Sources) -> None:
    sources["outer"] = "import numpy as np\nfrom evpilot.middle import thing\nfrom evpilot.types import Array\n"
    sources["middle"] = (
        "from evpilot.geometry import jit\nfrom evpilot import inner\nfrom evpilot.inner import (\n    x,\n)\n"
    )
    sources["inner"] = "x = 1\n"
    before = source_key("outer")
    assert {"inner", "middle", "types", "geometry.jit"} <= set(imported_modules("outer"))
    sources["inner"] = "x = 2\n"
    assert source_key("outer") != before


def imports(source: str) -> set[str]:
    """What Python's own parser finds of evpilot in a source's imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.split(".")[0] == "evpilot"}


EVERY_KIND = """
import numpy as np, evpilot.maps as maps  # import evpilot.nothing
from evpilot import inner, types as kinds
def late():
    from evpilot.far.away import (  # a (remark), and another
        one,  # of them
        two as second,
    )
    import evpilot.report
"""


def test_every_import_of_every_module_is_found() -> None:
    assert len(KERNELS) > 10
    assert len(imports(EVERY_KIND)) == 8
    for source in (EVERY_KIND, *map(jit._source, MODULES)):
        assert imports(source) <= set(jit._names(source)), source
    for module in KERNELS:
        below = set(imported_modules(module))
        for name in imports(jit._source(module)):
            assert name.removeprefix("evpilot.") in below or not jit._source(name.removeprefix("evpilot.")), name


def test_no_import_is_relative_so_that_all_are_found() -> None:
    for module in MODULES:
        for node in ast.walk(ast.parse(jit._source(module))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), module


def test_the_key_is_the_same_in_every_process() -> None:
    code = "from evpilot.geometry.jit import source_key; print(source_key('plan.score'))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == source_key("plan.score")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An evpilot of two modules, `inner.uses` and the one that it calls, `inner.shapes`, to be written."""
    package = tmp_path / "evpilot"
    for part in ("geometry/jit.py", "geometry/__init__.py"):
        (package / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGE / part, package / part)
    (package / "inner").mkdir()
    for empty in ("__init__.py", "inner/__init__.py"):
        (package / empty).write_text("")
    return package


def run(package: Path, code: str, **env: str) -> str:
    """What a process of its own prints; all of them share a cache of kernels."""
    own = {"PYTHONPATH": str(package.parent), "EVPILOT_CACHE": str(package.parent / "cache"), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=own | env
    ).stdout.strip()


def test_an_edited_callee_is_used_without_clearing_any_cache(package: Path) -> None:
    (package / "inner" / "uses.py").write_text(CALLER)

    def twice(callee: str) -> str:
        (package / "inner" / "shapes.py").write_text(callee)
        code = "from evpilot.inner.uses import twice\nprint(twice(3.0), sum(twice.stats.cache_misses.values()))"
        return run(package, code)

    assert twice(CALLEE) == "18.0 1"
    assert twice(CALLEE) == "18.0 0"
    assert twice(CALLEE.replace("side * side", "side * side + 1.0")) == "20.0 1"


def test_indices_are_checked_where_that_is_asked_though_a_kernel_that_checks_none_is_cached(package: Path) -> None:
    (package / "inner" / "uses.py").write_text(PICKS)
    code = """
import numpy as np
from evpilot.inner.uses import pick
try:
    pick(np.zeros(4)[:2], 2)
    print("read")
except IndexError:
    print("refused")
"""
    assert run(package, code) == "read"
    assert run(package, code, NUMBA_BOUNDSCHECK="1") == "refused"
    assert run(package, code) == "read"


def test_a_kernel_with_a_signature_never_compiles_again() -> None:
    known = list(boxes_overlap.signatures)  # type: ignore[attr-defined]
    read_only = np.array([0.0, 0.0, 0.0, 4.0, 2.0])
    read_only.flags.writeable = False
    for wrong in (np.zeros(5, np.float32), np.zeros(10)[::2], np.zeros((1, 5)), read_only):
        with pytest.raises(TypeError):
            boxes_overlap(wrong, np.zeros(5))
    assert list(boxes_overlap.signatures) == known  # type: ignore[attr-defined]


def test_kernels_use_no_fast_math_and_no_threads() -> None:
    @kernel("f8(f8)")
    def half(x: float) -> float:
        return 0.5 * x

    options = half.targetoptions  # type: ignore[attr-defined]
    assert options["nopython"] and not options.get("fastmath") and not options.get("parallel")


def test_kernels_are_made_in_one_place_only() -> None:
    for module in MODULES:
        if module != "geometry.jit":
            assert not {"njit", "prange", "fastmath"} & set(re.findall(r"\w+", jit._source(module))), module
