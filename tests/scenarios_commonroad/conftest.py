"""Lets this room's tests import `small_file`, and write files from it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def to_file(content: str | bytes) -> Path:
        path = tmp_path / "scenario.xml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return to_file
