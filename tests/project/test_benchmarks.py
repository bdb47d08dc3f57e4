"""The benchmarks and examples name nothing that the program no longer has."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "examples").glob("*.py")])


def _asked(script: Path) -> list[tuple[str, str]]:
    """What a script imports from evpilot: module and name."""
    nodes = ast.walk(ast.parse(script.read_text(encoding="utf-8")))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("evpilot")]
    return [(node.module or "", alias.name) for node in froms for alias in node.names]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_all_that_a_script_imports_is_there(script: Path) -> None:
    for module, name in _asked(script):
        found = importlib.import_module(module)
        assert hasattr(found, name) or importlib.import_module(f"{module}.{name}"), f"{module}.{name}"
