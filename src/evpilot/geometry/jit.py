"""The one way a kernel is compiled: explicit signature, cached, never with fast-math.

numba's cache looks only at the file that holds a function and misses an edit in a callee of another file. So every
module's cache folder is keyed by the sources of the module and of all evpilot modules that it imports.
"""

import functools
import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numba.core.config as numba_config

PACKAGE = Path(__file__).resolve().parents[1]

IMPORT = re.compile(
    r"^[ \t]*(?:import[ \t]+(.*\bevpilot\b.*)|from[ \t]+(evpilot[\w.]*)[ \t]+import[ \t]*(?:\(([^)]*)\)|(.*)))",
    re.MULTILINE,
)
COMMENT = re.compile(r"#.*")

FILLED = {name + like for name in ("empty", "full", "ones", "zeros") for like in ("", "_like")}
MAKERS = {"arange", "array", "copy", "flatnonzero", *FILLED}  # of arrays, in kernels

F = TypeVar("F", bound=Callable[..., Any])


def cache_root() -> Path:
    """The folder of all compiled kernels: EVPILOT_CACHE, else the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "evpilot"
    return Path(os.environ.get("EVPILOT_CACHE", default)) / "kernels"


@functools.cache
def _source(module: str) -> str:
    base = PACKAGE.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return ""


def _names(source: str) -> Iterator[str]:
    """Every dotted name that a source imports from evpilot; what is imported from a module may be a module, too. Found
    by a pattern, for parsing all sources takes longer than loading all kernels: a line of a docstring that reads like
    an import counts, and makes the key no worse."""
    for plain, module, bracketed, rest in IMPORT.findall(COMMENT.sub("", source)):
        yield from re.findall(r"evpilot[\w.]*", plain)
        if module:
            yield module
            yield from (f"{module}.{name.split()[0]}" for name in (bracketed or rest).split(",") if name.strip())


@functools.cache
def _imported(module: str) -> frozenset[str]:
    names = (name.removeprefix("evpilot.") for name in _names(_source(module)) if name.startswith("evpilot."))
    return frozenset(name for name in names if _source(name))


def imported_modules(module: str) -> tuple[str, ...]:
    """An evpilot module (dotted, without the package) and all that it imports, directly or not, sorted."""
    seen: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(_imported(name))
    return tuple(sorted(seen))


@functools.cache
def source_key(module: str) -> str:
    """A hash over the sources of a module and all that it imports, numba's version and Python's, and whether indices
    are checked (NUMBA_BOUNDSCHECK)."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version} {numba_config.BOUNDSCHECK}".encode())  # pyright: ignore[reportAttributeAccessIssue]
    for name in imported_modules(module):
        digest.update(f"\0{name}\0{_source(name)}".encode())
    return digest.hexdigest()[:16]


def hands_out(function: Any) -> bool:
    """Whether a function, compiled or not, is annotated to return an array, alone or in a tuple."""
    function = getattr(function, "py_func", function)
    return "ndarray" in str(getattr(function, "__annotations__", {}).get("return"))


def makes_none(function: Any) -> bool:
    """Whether a kernel makes no array, and none is made for it: one that does must count references, to free it. numba
    refuses to compile one that is taken for none here and makes one all the same."""
    code, known = function.__code__, function.__globals__
    called = (known.get(name) for name in code.co_names)
    return MAKERS.isdisjoint(code.co_names) and not any(map(hands_out, (function, *called)))


def kernel(*signature: Any) -> Callable[[F], F]:
    """Decorate a kernel that Python calls, with its signature: `@kernel("f8(f8[:, ::1], i8)")`.

    It is compiled, or loaded from the cache, when its module is imported, and never again: a call with other types
    raises TypeError. Without a signature the kernel is for other kernels only, and is compiled as part of them.
    Dividing by zero gives inf or nan, as in numpy: a check before every division would keep loops from becoming vector
    code. A kernel counts no references to the arrays that it is given, where it `makes_none`: its caller holds them,
    and to count them takes longer than what many a kernel does with them. One that makes arrays hands what is long to
    one that makes none.
    """

    def compiled(function: F) -> F:
        module = function.__module__.removeprefix("evpilot.")
        numba_config.CACHE_DIR = str(cache_root() / source_key(module))  # pyright: ignore[reportAttributeAccessIssue]
        # nobody takes a kernel's address, so it needs no wrapper for C: a twentieth of the time that compiling takes
        options = {"cache": True, "error_model": "numpy", "no_cfunc_wrapper": True}
        options["_nrt"] = not makes_none(function)
        return cast(F, numba.njit(*signature, **options)(function))

    return compiled
