"""What was driven: the hashes of this program, of a pilot and of a car."""

import hashlib
import importlib.util
import json
import sys
from functools import cache
from pathlib import Path

from evpilot.geometry.jit import PACKAGE
from evpilot.sweep.pilots import SHORT


@cache
def sources_sha256() -> str:
    """Of all Python sources of this package, in the order of their paths: what a version number only promises."""
    return _files_sha256(sorted(PACKAGE.rglob("*.py")), PACKAGE)


def pilot_sha256(name: str) -> str:
    """Of a pilot's sources: this package's for one of ours; the file's, or its top package's, for any other."""
    module = SHORT.get(name, name).rpartition(":")[0]
    if module.split(".")[0] == "evpilot":
        return sources_sha256()
    if module.endswith(".py"):
        return file_sha256(Path(module))
    found = importlib.util.find_spec(module.split(".")[0]) if module.split(".")[0] not in sys.modules else None
    origin = (found.origin if found else getattr(sys.modules.get(module.split(".")[0]), "__file__", None)) or ""
    path = Path(origin)
    if path.name == "__init__.py":
        return _files_sha256(sorted(path.parent.rglob("*.py")), path.parent)
    return file_sha256(path)


def file_sha256(path: Path) -> str:
    """Of a file; empty when there is none of that name."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def document_sha256(document: object) -> str:
    """Of plain JSON values, such as a platform's document."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _files_sha256(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
