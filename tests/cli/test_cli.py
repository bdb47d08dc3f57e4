"""What a user meets on the command line: help at once, one line for a mistake, and a run folder that is whole."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from rich.console import Console

from evpilot import runlog
from evpilot.evaluate import Verdict
from evpilot.report.terminal.tables import ROWS, drives, summary
from evpilot.vehicle.platforms.keys import LEGAL

Evpilot = Callable[..., Any]  # the fixture: runs a command in this process
EVPILOT = [sys.executable, "-m", "evpilot"]


def run(*arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*EVPILOT, *map(str, arguments)], capture_output=True, text=True, cwd=folder, timeout=300)


LIGHT = """
import sys
import evpilot.cli
print([m for m in ("numpy", "numba", "pyarrow", "rich") if m in sys.modules], flush=True)
sys.argv = ["evpilot", "--help"]
evpilot.cli.main()
"""


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "[]"
    names = ("drive", "score", "compare", "check", "replay", "scenarios", "platforms", "energy", "range", "platform")
    for command in (*names, "suite", "sweep", "results", "merge", "dossier"):
        assert command in done.stdout


def test_help_names_the_extra_that_a_dossier_in_pdf_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evpilot", "dossier", "--help"], capture_output=True, text=True, timeout=300
    )
    assert "evpilot[pdf]" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("drive", "roundabuot"), "roundabout"),
        (("drive", "missing.xml"), "missing.xml"),
        (("drive", "broken.xml"), "broken.xml"),
        (("drive", "roundabout", "--pilot", "nobody:Nothing"), "nobody"),
        (("drive", "roundabout", "--pilot", "pilots.py:Nothing"), "Nothing"),
        (("drive", "roundabout", "--traffic", "wild"), "reactive"),
        (("drive", "roundabout", "--platform", "tank"), "tank"),
        (("drive", "roundabout", "--seed", "-1"), "seed"),
        (("drive", "roundabout", "--fast"), "--fast"),
        (("drive", "roundabout", "--eco", "2"), "allowed 0 to 1"),
        (("drive", "roundabout", "--eco", "0.5", "--pilot", "idm"), "only evpilot's own pilot saves energy"),
        (("drive", "roundabout", "--charge", "-3"), "allowed 0 to 100 %"),
        (("drive", "roundabout", "--temperature", "80"), "allowed -50 to 60"),
        (("drive", "roundabout", "--charge", "2", "--arrive-with", "40"), "refused: the"),
        (("score", "--library", "--eco", "nan"), "--eco"),
        (("score", "nowhere"), "nowhere"),
        (("score", ".", "--seeds", "3:1"), "3:1"),
        (("score", ".", "--workers", "0"), "workers"),
        (("compare", "a", "b"), "a"),
        (("check", "broken.xml"), "broken.xml"),
        (("replay", "nowhere"), "nowhere"),
        (("suite", "r999"), "r999"),
        (("suite", "r157", "--shard", "5/4"), "5/4"),
        (("suite", "models", "--grid", "cut-up", "--csv", "x.csv"), "cut-in-low"),
        (("sweep", "missing.toml"), "missing.toml"),
        (("results", "nowhere"), "nowhere"),
        (("merge", "out", "nowhere"), "nowhere"),
        (("dossier", "nowhere", "--out", "site"), "nowhere"),
        (("fly",), "fly"),
        (("energy", "--cycle", "mars"), "nedc, udds"),
        (("energy", "--cycle", "none.csv"), "none.csv"),
        (("energy", "--platform", "tank"), "tank"),
        (("energy", "--charge", "120"), "allowed 0 to 100 %"),
        (("platform", "check", "none.toml"), "none.toml"),
        (("platform", "new", "a/b"), "letters, digits"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], told: str, tmp_path: Path, evpilot: Evpilot
) -> None:
    (tmp_path / "broken.xml").write_text("<commonRoad>\n<lanelet")
    (tmp_path / "pilots.py").write_text("class Mine:\n    pass\n")
    said = evpilot(*arguments)
    assert said.code == 2
    lines = said.err.splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("evpilot: ")
    assert told in lines[0]
    assert said.out == ""


REFUSED = """
import sys
from evpilot.cli import main
for line in ("drive broken.xml", "drive city missing.xml", "score nowhere", "check broken.xml"):
    sys.argv = ["evpilot", *line.split()]
    try:
        main()
    except SystemExit as ended:
        heavy = ("evpilot.plan.", "evpilot.evaluate.", "evpilot.guard.")
        print(line, ended.code, [m for m in sys.modules if m.startswith(heavy)])
"""


def test_what_is_refused_is_refused_before_the_pilot_and_the_judge_are_compiled(tmp_path: Path) -> None:
    (tmp_path / "broken.xml").write_text("<commonRoad>\n<lanelet")
    script = [sys.executable, "-c", REFUSED]
    done = subprocess.run(script, capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.stdout.splitlines() == [
        "drive broken.xml 2 []",
        "drive city missing.xml 2 []",
        "score nowhere 2 []",
        "check broken.xml 2 []",
    ], done.stderr


def test_tables_keep_their_headings_and_columns_at_80_characters() -> None:
    counts = {key: 100 for _, key, form in ROWS if form == "d"} | {"time_lost_mean": 0.123, "score_mean": 0.9876}
    empty = dict.fromkeys(counts, 0) | {"time_lost_mean": None, "score_mean": None}
    verdict = SimpleNamespace(
        scenario="USA_US101-12_3_T-1@difficulty=0.85", success=False, shortfalls=("goal", "collision", "off_road"),
        counted=(1, 2), at_fault=(1,), score=0.123, duration=112.3, distance=12345.6, plan_ms_p50=14.7,
        metric=lambda name: SimpleNamespace(value=[135.7]),
    )  # fmt: skip
    screen = Console(width=80, record=True, file=io.StringIO())
    screen.print(summary(counts | {"navigation": counts, "survival": empty}))
    screen.print(drives([cast(Verdict, verdict)]))
    said = screen.export_text()
    assert max(map(len, said.splitlines())) <= 80
    for heading in (
        "navigation",
        "survival",
        "collided at fault",
        "scenario",
        "verdict",
        "collisions",
        "score",
        "plan",
    ):
        assert heading in said
    assert "12.3%" in said and "0.988" in said and "2, 1 ours" in said and "12346 m" in said


def test_a_mistake_shows_no_traceback_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = run("drive", "missing.xml", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("evpilot: missing.xml: ")
    assert done.stderr.count("\n") == 1


def test_a_drive_leaves_a_whole_folder_whose_hash_is_the_same_in_another_process(
    tmp_path: Path, evpilot: Evpilot
) -> None:
    command = ("drive", "oncoming_narrow", "--pilot", "blind", "--seed", "3", "--out")
    here = evpilot(*command, "one")
    done = run(*command, "two", folder=tmp_path)
    assert (here.code, done.returncode) == (0, 0), here.err + done.stderr
    assert "replay.html" in here.out and "replay.html" in done.stdout
    hashes: list[str] = []
    for out in ("one", "two"):
        (folder,) = (tmp_path / out).iterdir()
        assert sorted(path.name for path in folder.iterdir()) == [
            "config.json",
            "metrics.json",
            "replay.html",
            "run.mcap",
        ]
        metrics = json.loads((folder / "metrics.json").read_text())
        hashes.append(metrics["runlog_sha256"])
        log = runlog.read(folder / "run.mcap")
        assert runlog.sha256(log) == hashes[-1] and len(log.frames) > 20
        config = json.loads((folder / "config.json").read_text())
        assert (config["seed"], config["traffic"]) == (3, "reactive")
    assert hashes[0] == hashes[1]
    (folder / "replay.html").unlink()
    again = evpilot("replay", folder)
    assert again.code == 0, again.err
    assert (folder / "replay.html").stat().st_size > 10_000


def test_a_pilot_of_ones_own_drives_from_a_file(tmp_path: Path, evpilot: Evpilot) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "my_pilot.py"
    done = evpilot("drive", "crossing", "--pilot", f"{example}:MyPilot")
    assert done.code == 0, done.err
    (folder,) = (tmp_path / "runs").iterdir()
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["faults"] == 0
    assert (metrics["goal_reached"], metrics["collisions"]) == (True, [])


def test_check_says_what_a_scenario_asks(evpilot: Evpilot) -> None:
    done = evpilot("check", "roundabout")
    assert done.code == 0
    assert "goal" in done.out
    assert "sound" in done.out


def test_the_lists_name_what_is_built_in(evpilot: Evpilot) -> None:
    assert "roundabout" in evpilot("scenarios").out
    assert "sedan" in evpilot("platforms").out


def test_from_a_template_to_a_cars_consumption(tmp_path: Path, evpilot: Evpilot) -> None:
    assert evpilot("platform", "new", "mine").code == 0
    again = evpilot("platform", "new", "mine")
    assert again.code == 2 and "overwrites no file" in again.err
    checked = evpilot("platform", "check", "mine.toml")
    assert checked.code == 0 and "sound" in checked.out and "axle loads" in checked.out
    done = evpilot("energy", "--platform", "mine.toml")
    assert done.code == 0, done.err
    for word in ("NEDC", "at the battery", "at the wall", "range", "recuperated", "air", "motor and inverter"):
        assert word in done.out
    picture = ElementTree.parse(tmp_path / "energy-mine-nedc.svg").getroot()
    assert picture.tag.endswith("svg") and len(picture) > 20


def test_a_template_tells_each_key_its_unit_and_bounds(tmp_path: Path, evpilot: Evpilot) -> None:
    evpilot("platform", "new", "mine")
    text = (tmp_path / "mine.toml").read_text()
    keys = re.findall(r"^#? ?(\w+) = \{ value", text, re.MULTILINE)
    assert set(keys) == set(LEGAL) - {"drivetrain_efficiency"}
    uncommented = re.sub(r"^# (charge_curve|driven|iron_loss|chemistry) =", r"\1 =", text, flags=re.MULTILINE)
    (tmp_path / "other.toml").write_text(uncommented)
    assert evpilot("platform", "check", "other.toml").code == 0
