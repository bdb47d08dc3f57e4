"""The made-up drive, and a browser for the page's tests."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _load(name):
    spec = importlib.util.spec_from_file_location(f"report_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made():
    return _load("made_drive")


@pytest.fixture(scope="session")
def drive(made):
    return made.made_drive(seconds=20.0, cars=50)


@pytest.fixture(scope="session")
def browser():
    headless = _load("headless")
    path = headless.find()
    if path is None:
        pytest.skip("needs Chromium or Chrome on the PATH (or EVPILOT_CHROMIUM), e.g. apt-get install chromium")
    with headless.Browser(path) as running:
        yield running
