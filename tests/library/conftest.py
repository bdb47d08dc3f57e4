"""Every built-in scenario with two seeds, built once for all tests of this room."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evpilot.scenarios import Scenario, library

sys.path.insert(0, str(Path(__file__).parent))

CASES = [(name, seed) for name in library.names() for seed in range(2)]


@functools.cache
def built(name: str, seed: int) -> Scenario:
    return library.build(name, seed)


@pytest.fixture
def built_once() -> Callable[[str, int], Scenario]:
    """Those of seed 0 and 1."""
    return built


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return built(*request.param)
