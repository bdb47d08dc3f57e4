"""Where the recorded scenarios are, for the tests that use them; how examples are drawn."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# a loaded machine is no failure, and a failure is one every time
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    folder = Path(os.environ.get("EVPILOT_DATA", ROOT / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"needs the recorded scenarios: {folder} is not there; set EVPILOT_DATA to their folder")
    return folder
