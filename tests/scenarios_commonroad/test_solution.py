"""Solution files for the official verdict."""

import math
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import small_file as small

from evpilot.files import EvpilotError
from evpilot.scenarios.commonroad import read
from evpilot.scenarios.solution import write_solution


@pytest.fixture
def scenario(write):
    return read(write(small.small_2020a()))


def drive(scenario, steps=5, yaw=None):
    time = np.arange(steps, dtype=float)
    heading = np.full(steps, scenario.start[3]) if yaw is None else yaw
    x = scenario.start[0] + 0.8 * time
    return np.stack([time, x, 0 * time - 1.75, 0 * time + 0.01, 0 * time + 8.0, heading], axis=1)


def test_solution_names_scenario_vehicle_and_problem(scenario, tmp_path):
    path = tmp_path / "deep" / "ZAM_Small-1_1_T-1.xml"
    write_solution(path, scenario=scenario, states=drive(scenario))
    root = ElementTree.parse(path).getroot()
    assert root.tag == "CommonRoadSolution"
    assert root.get("benchmark_id") == "KS2:SM1:ZAM_Small-1_1_T-1:2020a"
    (trajectory,) = root
    assert trajectory.tag == "ksTrajectory" and trajectory.get("planningProblem") == "70"
    assert [state.tag for state in trajectory] == ["ksState"] * 5
    last = {part.tag: part.text for part in trajectory[-1]}
    assert list(last) == ["x", "y", "steeringAngle", "velocity", "orientation", "time"]
    assert last["time"] == "4" and float(last["x"]) == 5.0 + 0.8 * 4


def test_numbers_read_back_to_the_same_bits(scenario, tmp_path):
    states = drive(scenario) + np.array([0, 1 / 3, 1e-17, 0.1, 1e-9, 0.0])
    write_solution(tmp_path / "s.xml", scenario=scenario, states=states)
    found = [float(part.text) for part in ElementTree.parse(tmp_path / "s.xml").iter("x")]
    assert found == states[:, 1].tolist()


def test_heading_goes_on_from_the_files_own_number_without_jumps(scenario, tmp_path):
    turned = replace(scenario, start=np.array([5.0, -1.75, 0.0, 3.0]), start_yaw_in_file=3.0 - 2 * math.pi)
    yaw = np.array([3.0, 3.1, -3.083185, -2.983185, -2.883185])
    write_solution(tmp_path / "s.xml", scenario=turned, states=drive(turned, yaw=yaw))
    found = np.array([float(part.text) for part in ElementTree.parse(tmp_path / "s.xml").iter("orientation")])
    assert found[0] == pytest.approx(3.0 - 2 * math.pi)
    assert np.diff(found) == pytest.approx(0.1, abs=1e-4)


def test_steps_are_numbered_as_in_the_file(scenario, tmp_path):
    later = replace(scenario, first_time_step=7)
    write_solution(tmp_path / "s.xml", scenario=later, states=drive(later))
    assert [part.text for part in ElementTree.parse(tmp_path / "s.xml").iter("time")] == ["7", "8", "9", "10", "11"]


def test_what_is_no_solution_is_refused(scenario, tmp_path):
    good = drive(scenario)
    gap = good[[0, 1, 3]]
    bad = good.copy()
    bad[2, 3] = np.nan
    cases = (
        (replace(scenario, benchmark_id=""), good, "only a scenario from a CommonRoad file"),
        (scenario, good[:1], "shape"),
        (scenario, gap, "without gaps"),
        (scenario, bad, "not finite"),
    )
    for one, states, message in cases:
        with pytest.raises(EvpilotError, match=message):
            write_solution(tmp_path / "s.xml", scenario=one, states=states)
    assert not (tmp_path / "s.xml").exists()
