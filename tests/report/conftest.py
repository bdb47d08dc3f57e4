"""The made-up drive, and a browser for the page's tests."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from evpilot.evaluate.verdict import Collision, Contact, Part, Verdict
from evpilot.types import MetricResult, ObjectKind


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


@pytest.fixture(scope="session")
def verdict(drive):
    """What a judge would say of the made-up drive."""
    ticks = np.array([frame.t_ns for frame in drive.frames])
    seconds = ticks * 1e-9
    ttc = np.where((seconds > 5) & (seconds < 7), 3.0 - (seconds - 5), np.inf)
    kept = {"survival": False, "offroad": False, "offroad_at_start": False, "plan_ms_p50": 5.0, "plan_ms_p99": 6.0}
    return Verdict(
        scenario="made/cut_in", problem_id=0, seed=1, pilot="p", traffic="replay", outcome="goal", duration=20.0,
        distance=440.0, goal_reached=True, faults=1, **kept,
        gates={"no_at_fault_collisions": 1.0, "drivable_area_compliance": 1.0, "making_progress": 1.0},
        parts=(Part(name="progress", value=0.93, weight=5.0), Part(name="time_to_collision", value=0.0, weight=5.0)),
        metrics=(
            MetricResult(name="ttc", clause="x", unit="s", t_ns=ticks, value=ttc, valid=np.isfinite(ttc), limit=0.95,
                         passed=True),
            MetricResult(name="thw", clause="x", unit="s", t_ns=ticks, value=np.full(len(ticks), 1.4),
                         valid=seconds > 5, limit=None, passed=None),
        ),
        collisions=(
            Collision(t_ns=12_000_000_000, object_id=8, kind=ObjectKind.CAR, contact=Contact.REAR, at_fault=False,
                      relative_speed=1.0),
        ),
    )  # fmt: skip
