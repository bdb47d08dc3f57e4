"""Whatever a pilot does, the drive ends in a verified stop and says why."""

import time
from pathlib import Path

import numpy as np
import pytest
import straight_road
from straight_road import scenario

from evpilot.files import EvpilotError
from evpilot.runlog import Cmd, Ego, RunLog
from evpilot.simulate.child import ChildPilot, packed, unpacked
from evpilot.simulate.loop import simulate
from evpilot.types import VERDICT, Briefing, Pilot, Source
from evpilot.vehicle import platforms

SEDAN = platforms.load("sedan")
FAULTS = {
    "Failing": "raised ValueError: boom",
    "Recurses": "raised RecursionError",
    "OutOfMemory": "raised MemoryError",
    "Exits": "raised SystemExit",
    "NotANumber": "not finite",
    "NanCommand": "Command.accel",
    "Stale": "NoneType",
    "Elsewhere": "50.0 m from the car",
    "Silent": "answered NoneType",
    "Text": "answered str",
    "WrongShape": "shape",
    "WrongType": "raised AttributeError",
}


def drive(name: str, **options: object) -> RunLog:
    maker = getattr(straight_road, name)
    return simulate(scenario(goals=()), maker, **({"platform": SEDAN} | options))  # type: ignore[arg-type]


def stopped_well(run: RunLog) -> None:
    assert run.outcome == "stopped"
    assert run.ego[-1, Ego.SPEED] < 0.01
    assert np.all(np.isfinite(run.ego)) and np.all(np.isfinite(run.command))
    assert np.abs(run.ego[:, Ego.Y]).max() < 0.1
    first = next(k for k, frame in enumerate(run.frames) if frame.fault)
    after = run.t_ns > run.frames[first].t_ns
    assert np.all(run.command[after, Cmd.SOURCE] == Source.TAIL)
    assert run.ego[after, Ego.ACCEL].min() > -5.0


@pytest.mark.parametrize(("name", "fault"), FAULTS.items())
def test_a_failing_pilot_ends_in_a_stop(name: str, fault: str) -> None:
    run = drive(name)
    stopped_well(run)
    found = [frame.fault for frame in run.frames if frame.fault]
    assert fault in found[0]
    assert all(frame.decision is None for frame in run.frames if frame.fault)
    assert "given up after" in found[-1]


def test_the_stop_is_the_tails_where_there_is_one() -> None:
    run = drive("Failing")
    braking = run.ego[run.ego[:, Ego.ACCEL] < -1.0, Ego.ACCEL]
    assert np.median(braking) == pytest.approx(-2.0, abs=0.1)


def test_with_the_exact_car_as_well() -> None:
    run = drive("Failing", limits=VERDICT, platform=platforms.load("bmw320i"))
    assert run.outcome == "stopped" and run.ego[-1, Ego.SPEED] == pytest.approx(0.0, abs=1e-9)
    assert run.ego[:, Ego.SPEED].min() >= 0.0


def test_a_pilot_that_recovers_drives_on() -> None:
    run = drive("RaisesOnce")
    faults = [k for k, frame in enumerate(run.frames) if frame.fault]
    assert faults == [9, 10, 11]
    assert run.outcome == "time" and run.command[-1, Cmd.SOURCE] == Source.NOMINAL


def test_a_pilot_that_missed_three_times_is_slow_from_then_on() -> None:
    """reference/safety.md: 3 misses -> DEGRADED, a one-way ratchet with a speed cap."""
    run = simulate(
        scenario(goals=(), start_speed=25.0, last_step=200, graph=straight_road.road(800.0)),
        straight_road.FastAgain,
        platform=SEDAN,
    )
    assert "degraded, at most 60 km/h" in run.frames[11].fault
    assert run.ego[run.t_ns < 900_000_000, Ego.SPEED].min() > 24.5
    assert run.ego[-300:, Ego.SPEED] == pytest.approx(60.0 / 3.6, abs=0.1)
    after = run.t_ns > 2_000_000_000
    assert np.all(run.command[after, Cmd.SOURCE] == Source.NOMINAL)
    assert run.ego[after, Ego.ACCEL].min() > -1.2, "it comes down gently"


def test_two_misses_leave_the_speed_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight_road.FastAgain, "last", 11)
    run = simulate(scenario(goals=(), start_speed=25.0, last_step=100), straight_road.FastAgain, platform=SEDAN)
    assert [bool(frame.fault) for frame in run.frames].count(True) == 2
    assert run.ego[-1, Ego.SPEED] > 24.0


def test_a_pilot_that_cannot_be_made_never_moves_the_wheels() -> None:
    run = drive("NeverMade")
    assert run.outcome == "stopped" and "no weights" in run.frames[0].fault
    assert np.abs(run.ego[:, Ego.Y]).max() == 0.0


def test_faults_with_a_compute_delay_use_the_newest_tail() -> None:
    run = drive("Failing", compute_delay=0.15)
    stopped_well(run)


def child(name: str, budget: float = 5.0, module: str = "straight_road") -> Pilot:
    def make(briefing: Briefing) -> Pilot:
        return ChildPilot(f"{module}:{name}", briefing, budget_s=budget)

    return make  # type: ignore[return-value]


def drive_child(name: str, **options: float) -> RunLog:
    return simulate(scenario(goals=(), last_step=100), child(name, **options), platform=SEDAN)  # type: ignore[arg-type]


def test_a_child_drives_as_in_process() -> None:
    here = simulate(scenario(goals=(), last_step=100), straight_road.Steady, platform=SEDAN)
    there = drive_child("Prints")
    assert here.ego.tobytes() == there.ego.tobytes()
    assert there.outcome == "time" and all(not frame.fault for frame in there.frames)


def test_a_decision_is_read_back_whatever_python_makes_of_an_enumeration(monkeypatch: pytest.MonkeyPatch) -> None:
    decision = simulate(scenario(goals=(), last_step=5), straight_road.Steady, platform=SEDAN).frames[0].decision
    # as 3.11.2, Debian 12's, does
    monkeypatch.setattr(Source, "__reduce_ex__", lambda self, _: (getattr, (Source, self.name)))
    kind, (back, cpu_ms) = unpacked(packed(("decision", (decision, 1.5))))
    assert (kind, cpu_ms) == ("decision", 1.5)
    assert back.source is decision.source
    assert back.trajectory.pose.tobytes() == decision.trajectory.pose.tobytes()


def test_a_child_that_asks_for_the_charge_is_told_it_before_each_step() -> None:
    run = drive_child("Charged")
    assert run.outcome == "time" and all(not frame.fault for frame in run.frames)


def test_a_hang_is_ended_and_marked() -> None:
    began = time.monotonic()
    run = drive_child("Hangs", budget=0.3)
    assert time.monotonic() - began < 20.0
    stopped_well(run)
    assert any(frame.fault.startswith("timed out") for frame in run.frames)


def test_a_dead_child_is_a_fault() -> None:
    run = drive_child("Dies")
    stopped_well(run)
    assert any("process ended" in frame.fault for frame in run.frames)


def test_a_raising_child_is_a_fault() -> None:
    run = drive_child("Failing")
    stopped_well(run)
    assert any("ValueError: boom" in frame.fault for frame in run.frames)


def test_a_child_cannot_run_code_in_the_parent() -> None:
    mark = Path("/tmp/evpilot_smuggled")
    mark.unlink(missing_ok=True)
    run = drive_child("Smuggles")
    stopped_well(run)
    assert not mark.exists()
    assert any("no record" in frame.fault for frame in run.frames)


def test_a_child_that_cannot_be_made_is_a_fault() -> None:
    run = drive_child("NeverMade")
    assert run.outcome == "stopped" and "no weights" in run.frames[0].fault


@pytest.mark.parametrize(
    ("dotted", "line"),
    [
        ("straight_road.Steady", "MODULE:CLASS"),
        ("no_such_module:Pilot", "no module 'no_such_module'"),
        ("straight_road:Stedy", "did you mean 'Steady'"),
        ("straight_road:no_pilot", "no pilot"),
    ],
)
def test_a_pilot_that_does_not_exist_is_one_clear_line(dotted: str, line: str) -> None:
    with pytest.raises(EvpilotError, match=line) as error:
        simulate(scenario(), lambda briefing: ChildPilot(dotted, briefing), platform=SEDAN)
    assert "\n" not in str(error.value)
