"""A sweep gives the same drives with any number of workers, survives bad files and a kill, and writes solutions."""

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evpilot.files import EvpilotError
from evpilot.runlog import sha256
from evpilot.sweep.driving import drive
from evpilot.sweep.results import read_rows
from evpilot.sweep.scoring import SPREAD, find_cases, library_cases, score
from evpilot.sweep.settings import Settings
from evpilot.sweep.solutions import states
from evpilot.sweep.store import live_parts, read_parts

sys.path.insert(0, str(Path(__file__).parent))
from road_files import road_file

IDM = Settings(pilot="idm")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sound files, one of them deeper down, and a broken one."""
    root = tmp_path_factory.mktemp("scenarios")
    (root / "deeper").mkdir()
    for number in (1, 2):
        road_file(root, number)
    road_file(root / "deeper", 3)
    (root / "broken.xml").write_text("<commonRoad")
    return root


def test_one_and_two_workers_give_equal_drives_and_a_broken_file_an_error_row(folder: Path, tmp_path: Path) -> None:
    one = score(folder, Settings(), workers=1, out=tmp_path / "one")
    two = score(folder, Settings(), workers=2, out=tmp_path / "two")
    assert [row["case"] for row in one.rows] == [row["case"] for row in two.rows]
    for first, second in zip(one.rows, two.rows, strict=True):
        assert first.get("runlog_sha256") == second.get("runlog_sha256")
    errors = [row["error"] for row in one.rows if row["error"]]
    assert len(errors) == 1
    assert "broken.xml" in errors[0]
    assert one.summary["scenarios"] == 4
    assert one.summary["errors"] == 1
    assert one.summary["collisions_at_fault"] == 0
    assert len({row["runlog_sha256"] for row in one.rows if not row["error"]}) == 3


def test_a_killed_sweep_goes_on_where_it_stopped(folder: Path, tmp_path: Path, evpilot: Any) -> None:
    out = tmp_path / "results"
    command = ["score", str(folder), "--pilot", "idm", "--seeds", "0:4", "--out", str(out)]
    sweep = subprocess.Popen(
        [sys.executable, "-m", "evpilot", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120.0
    while time.monotonic() < deadline and not live_parts(out):
        time.sleep(0.02)
    os.kill(sweep.pid, signal.SIGKILL)
    sweep.wait()
    done = {row["key"]: row["plan_ms"] for row in read_parts(out).to_pylist()}
    assert done, "no part was written within two minutes"
    assert evpilot(*command, "--resume").code == 0
    rows = read_rows(out)
    assert len(rows) == len({row["key"] for row in rows}) == 16
    assert {row["key"]: row["plan_ms"] for row in rows if row["key"] in done} == done, "what was acknowledged stays"


def test_a_changed_file_is_driven_again_when_a_sweep_is_resumed(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    path = road_file(root, 1)
    first = score(root, IDM, out=tmp_path / "out")
    path.write_text(road_file(root, 2).read_text())
    (root / "ZAM_Test-2_1_T-1.xml").unlink()
    second = score(root, IDM, out=tmp_path / "out", resume=True)
    assert first.rows[0]["runlog_sha256"] != second.rows[0]["runlog_sha256"]


def test_solutions_are_named_like_their_files_and_hold_the_exact_drive(folder: Path, tmp_path: Path) -> None:
    settings = Settings(pilot="idm", platform="bmw320i", limits="verdict")
    score(folder, settings, solutions=tmp_path / "solutions", out=tmp_path / "out")
    written = sorted(path.name for path in (tmp_path / "solutions").iterdir())
    assert written == [f"ZAM_Test-{number}_1_T-1.xml" for number in (1, 2, 3)]
    assert "<ksTrajectory" in (tmp_path / "solutions" / written[0]).read_text()


def test_a_solutions_states_are_of_the_box_centre_in_every_scenario_step(tmp_path: Path) -> None:
    from evpilot.scenarios import load

    scenario = load(road_file(tmp_path, 1))
    run = drive(scenario, pilot="idm", platform="bmw320i", limits="verdict")
    found = states(run, scenario)
    assert np.array_equal(found[:, 0], np.arange(len(found)))
    assert found[0, 1:] == pytest.approx([10.0, 0.0, 0.0, 10.0, 0.0])
    on_the_road = drive(scenario, pilot="idm")
    with pytest.raises(EvpilotError, match="exact model"):
        states(on_the_road, scenario)


def test_folders_without_scenarios_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvpilotError, match="no such folder"):
        find_cases(tmp_path / "nowhere", (0,), None)
    with pytest.raises(EvpilotError, match="no scenario file"):
        find_cases(tmp_path, (0,), None)
    with pytest.raises(EvpilotError, match="seeds"):
        find_cases("library", (), None)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(traffic="wild"), "replay, reactive, mixed"),
        (Settings(limits="none"), "road, verdict"),
        (Settings(platform="tank"), "tank"),
        (Settings(pilot="nonsense"), "module:Class"),
        (Settings(pilot="nosuchpackage.pilot:Mine"), "nosuchpackage"),
        (Settings(pilot="/no/such/file.py:Mine"), "file.py"),
        (Settings(pilot="evpilot.pilot:NoSuch"), "no such class"),
        (Settings(sensor="x-ray"), "x-ray"),
    ],
)
def test_settings_that_mean_nothing_are_refused_before_the_first_drive(settings: Settings, told: str) -> None:
    with pytest.raises(EvpilotError, match=told):
        settings.check()


FOREIGN = """
class Good:
    def __init__(self, briefing): __import__("pathlib").Path(__file__).with_name("made").touch()
    def step(self, observation): return None
NO_PILOT = 1
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("mine.py:God", "has no 'God'; did you mean 'Good'"),
        ("mine.py:NO_PILOT", "no pilot"),
        ("broken.py:Good", "importing 'broken' raised SyntaxError"),
        ("ends.py:Good", "its process ended with code 3"),
        ("nowhere.py:Good", "no such file"),
    ],
)
def test_a_foreign_pilot_that_is_not_there_is_refused_before_anything_is_driven(
    name: str, line: str, folder: Path, tmp_path: Path
) -> None:
    for file, text in (("mine.py", FOREIGN), ("broken.py", "class"), ("ends.py", "import os; os._exit(3)")):
        (tmp_path / file).write_text(text)
    with pytest.raises(EvpilotError, match=line) as caught:
        score(folder, Settings(pilot=str(tmp_path / name)), out=tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_looking_for_a_foreign_pilot_does_not_make_it(tmp_path: Path) -> None:
    (tmp_path / "makes.py").write_text(FOREIGN)
    Settings(pilot=f"{tmp_path / 'makes.py'}:Good").check()
    assert not (tmp_path / "made").exists()


def test_the_librarys_families_are_chosen_by_name_seed_and_difficulty(tmp_path: Path) -> None:
    out = tmp_path / "out"
    results = score("library", IDM, families=("cut_in", "animal"), seeds=(2,), difficulty=0.8, out=out)
    assert [row["case"] for row in results.rows] == ["cut_in@difficulty=0.8", "animal@difficulty=0.8"]
    assert not any(row["error"] for row in results.rows)
    again = drive("animal@seed=2,difficulty=0.8", pilot="idm", seed=2)
    assert results.rows[1]["runlog_sha256"] == sha256(again)
    assert list(results.summary["families"]) == ["cut_in", "animal"]  # pyright: ignore[reportArgumentType, reportCallIssue]
    resumed = score("library", IDM, families=("cut_in", "animal"), seeds=(2,), difficulty=0.8, out=out, resume=True)
    assert resumed.rows == results.rows


def test_difficulties_are_spread_evenly_over_the_seeds() -> None:
    cases = library_cases(("animal",), range(20), SPREAD)
    shares = sorted(float(case.scenario.partition("=")[2]) for case in cases)
    assert max(b - a for a, b in itertools.pairwise([0.0, *shares, 1.0])) < 0.1


@pytest.mark.parametrize(("families", "difficulty"), [(("cut_inn",), None), ((), 1.5)])
def test_an_unknown_family_or_difficulty_is_refused(families: tuple[str, ...], difficulty: float | None) -> None:
    with pytest.raises(EvpilotError, match=r"did you mean|allowed 0 to 1"):
        library_cases(families, (0,), difficulty)
