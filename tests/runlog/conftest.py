"""The made-up drive of the report's tests."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def made():
    path = Path(__file__).resolve().parents[1] / "report" / "made_drive.py"
    spec = importlib.util.spec_from_file_location("made_drive", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def drive(made):
    return made.made_drive(seconds=3.0, cars=24)
