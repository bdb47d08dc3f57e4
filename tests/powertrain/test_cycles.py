"""Traces: the NEDC by its definition, files that are none, and a car that follows as it can."""

from pathlib import Path

import numpy as np
import pytest

from evpilot.files import EvpilotError
from evpilot.types import Spent
from evpilot.vehicle import platforms
from evpilot.vehicle.cycles.follow import bench
from evpilot.vehicle.cycles.traces import FILES, nedc, read_trace, trace_of
from evpilot.vehicle.powertrain.conditions import CERTIFIED, Conditions

SEDAN = platforms.load("sedan")


def test_the_nedc_is_the_regulations() -> None:
    trace = nedc()
    assert trace.time[-1] == 1180.0 and trace.speed.max() * 3.6 == pytest.approx(120.0)
    assert np.trapezoid(trace.speed, trace.time) == pytest.approx(11_013.0, abs=1.0)  # UN R83: 11.007 km, rounded
    assert np.count_nonzero(trace.speed == 0.0) == pytest.approx(280, abs=25)


@pytest.mark.parametrize("name", FILES)
def test_a_laws_trace_is_looked_for_and_not_shipped(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        monkeypatch.delenv("EVPILOT_DATA", raising=False)
        if folder:
            monkeypatch.setenv("EVPILOT_DATA", str(folder))
        with pytest.raises(EvpilotError, match="does not ship; set EVPILOT_DATA"):
            trace_of(name)
    (tmp_path / "cycles").mkdir()
    (tmp_path / "cycles" / FILES[name]).write_text("time_s,speed_kmh\n0,0\n1,3.6\n2,7.2\n")
    assert trace_of(name).speed.tolist() == pytest.approx([0.0, 1.0, 2.0])


def test_what_is_not_the_legal_trace_says_so() -> None:
    from evpilot.vehicle.cycles.traces import TITLES

    assert "as found" in TITLES["cltc-p"] and "not the legal trace" in TITLES["cltc-p"]


HEAD = "time_s,speed_kmh\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("t,v\n0,0\n", "head 't,v', must be time_s,speed_kmh"),
        (HEAD, "0 rows of numbers"),
        (HEAD + "0,0\n", "1 rows of numbers"),
        (HEAD + "0,0\n1\n", "line 3: 1 columns, must be 2"),
        (HEAD + "0,0\n1,nan\n", "line 3, speed_kmh: 'nan', allowed 0 to 400 km/h"),
        (HEAD + "0,0\n1,-1\n", "-1 km/h, allowed 0 to 400 km/h"),
        (HEAD + "0,0\n1,1e999\n", "allowed 0 to 400 km/h"),
        (HEAD + "0,0\n1,500\n", "500 km/h, allowed"),
        (HEAD + "0,0\n1,1_0\n", "'1_0', allowed"),
        (HEAD + "0,0\n0,1\n", "0 s after the row before"),
        (HEAD + "0,0\n200,1\n", "200 s after the row before, allowed above 0 to 60 s"),
        (HEAD + "0,0\n1,90\n", "changes by 25 m/s2, allowed at most 12 m/s2"),
        ("time_s,speed_kmh,grade_percent\n0,0,0\n1,1,80\n", "80 %, allowed -30 to 30 %"),
    ],
)
def test_a_file_that_is_no_trace_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(EvpilotError) as error:
        trace_of(str(path))
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_huge_or_broken_file_ends_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    for data in (b"\xff\xfe\x00", b'time_s,speed_kmh\n"' + b"x" * 300_000, HEAD.encode() + b"0,0\n" * 200_000):
        path.write_bytes(data)
        with pytest.raises(EvpilotError):
            read_trace(path)


def test_a_hill_in_a_file_is_climbed(tmp_path: Path) -> None:
    path = tmp_path / "hill.csv"
    rows = "".join(f"{t},36,{5 if t <= 50 else -5}\n" for t in range(101))
    path.write_text("time_s,speed_kmh,grade_percent\n" + rows)
    run = bench(SEDAN, read_trace(path))
    assert abs(run.imbalance) < 1e-6 and abs(run.potential) < 2e4
    assert run.sums[500, Spent.GRADE] == pytest.approx(1936.0 * 9.81 * 500.0 * np.sin(np.arctan(0.05)), rel=0.02)


def test_a_car_that_cannot_follow_says_how_far_it_falls_short() -> None:
    strong = bench(SEDAN, nedc(), CERTIFIED)
    weak = bench(SEDAN, nedc(), Conditions(charge=0.01, climate=False, computer=False))
    assert strong.off == 0.0 < 1.0 < weak.off
    assert weak.distance < strong.distance


def test_a_steady_hundred_takes_what_its_sum_by_hand_does(tmp_path: Path) -> None:
    path = tmp_path / "steady.csv"
    path.write_text("time_s,speed_kmh\n" + "".join(f"{t},100\n" for t in range(0, 601, 20)))
    run = bench(SEDAN, read_trace(path), Conditions(charge=0.58, climate=False, computer=False))
    speed = 100.0 / 3.6
    wheel = 1936.0 * 9.81 * 0.0091 * speed + 0.5 * 1.2041 * SEDAN.drag_area * speed**3
    assert run.battery_per_km == pytest.approx((wheel / 0.97 / 0.97 + 250.0) / speed / 3.6, rel=0.03)
    assert run.charge[0] - run.charge[-1] == pytest.approx(run.spent[Spent.DRAWN] / SEDAN.battery_energy, rel=0.03)
