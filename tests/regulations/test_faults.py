"""The faults' suite: each criterion is failed by a driver with that fault, and ours passes."""

import numpy as np
import pytest

from evpilot.pilot.baselines.blind import BlindPilot
from evpilot.regulations import CaseResult, Verdict, faults
from evpilot.regulations.driving import drive_case
from evpilot.simulate.custody import Maker
from evpilot.sweep.pilots import pilot_maker
from evpilot.types import Briefing, Command, Decision, ObjectKind, Observation, Source
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")


class StartledPilot(BlindPilot):
    """Stops for good, as hard as it can, for whoever it has once seen near."""

    def __init__(self, briefing: Briefing) -> None:
        super().__init__(briefing)
        self._startled = False

    def step(self, observation: Observation) -> Decision:
        tracks = observation.tracks
        self._startled |= tracks is not None and bool(np.any(tracks.kind == ObjectKind.CAR))
        if not self._startled:
            return super().step(observation)
        accel = -8.0 if observation.ego.speed > 0.0 else 0.0
        command = Command(t_ns=observation.t_ns, accel=accel, steering=0.0, source=Source.GUARD)
        return Decision(t_ns=observation.t_ns, command=command, source=Source.GUARD)


def judged(name: str, maker: Maker) -> CaseResult:
    case = faults.SUITE.case(name)
    return faults.SUITE.judge(case, drive_case(faults.SUITE, case, maker, SEDAN), SEDAN)


@pytest.mark.parametrize(
    ("name", "pilot", "clause"),
    [
        ("objects-lost/speed_kmh=50,lasts_s=0.3", BlindPilot, faults.SAFE),
        ("ghost/speed_kmh=50,lasts_s=0.1", pilot_maker("heedless"), faults.LANE_KEPT),
        ("not-a-number/speed_kmh=50,lasts_s=20", BlindPilot, faults.STOPS),
    ],
)
def test_every_criterion_is_failed_by_a_driver_with_that_fault(name: str, pilot: Maker, clause: str) -> None:
    result = judged(name, pilot)
    assert (result.verdict, result.clause) == (Verdict.FAIL, clause), result


def test_who_is_startled_by_a_ghost_fails() -> None:
    result = judged("ghost/speed_kmh=50,lasts_s=0.1", StartledPilot)
    assert (result.verdict, result.clause) == (Verdict.FAIL, faults.CALM), result


def test_a_pilot_that_believes_a_wrong_clock_is_not_obeyed() -> None:
    result = judged("time-jumps/speed_kmh=50,jump_s=3600", BlindPilot)
    assert result.verdict is Verdict.PASS and result.reason == "stopped", result


@pytest.mark.parametrize(
    "name",
    [
        "objects-lost/speed_kmh=50,lasts_s=1",
        "reports-dropped/speed_kmh=100,share=0.7",
        "not-a-number/speed_kmh=50,lasts_s=20",
        "stale/speed_kmh=50,lasts_s=20",
    ],
)
def test_our_pilot_passes(name: str) -> None:
    result = judged(name, pilot_maker("evpilot"))
    assert result.verdict is Verdict.PASS, result
