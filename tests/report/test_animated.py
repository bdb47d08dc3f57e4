"""The animated picture of a drive: a page of documentation that moves."""

from xml.etree import ElementTree

import numpy as np
import pytest

from evpilot import runlog
from evpilot.files import EvpilotError
from evpilot.report import animated

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def film(drive, tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "a.svg"
    animated.write(drive, path, begin=2.0, seconds=8.0)
    return path


def moves(path, kind):
    return [
        (np.array([float(k) for k in one.get("keyTimes").split(";")]), one.get("values").split(";"))
        for one in ElementTree.parse(path).iter(f"{SVG}animateTransform")
        if one.get("type") == kind
    ]


def test_it_is_small_and_asks_for_nothing_beyond_itself(film):
    text = film.read_text()
    assert len(text) < 60_000
    assert "<script" not in text and text.count("http") == text.count("http://www.w3.org/2000/svg")


def test_every_movement_lasts_from_the_beginning_to_the_end(film):
    for keys, values in (*moves(film, "translate"), *moves(film, "rotate")):
        assert keys[0] == 0.0 and keys[-1] == 1.0 and np.all(np.diff(keys) > 0.0)
        assert len(keys) == len(values)


def test_the_map_moves_by_what_the_car_drives(film, drive):
    _, camera = moves(film, "translate")[0]
    first, last = (np.array([float(v) for v in camera[k].split()]) for k in (0, -1))
    frames = [frame.truth.ego.pose[:2] for frame in drive.frames if 2.0 <= frame.t_ns * 1e-9 <= 10.0]
    driven = np.hypot(*(frames[-1] - frames[0])) * 600 / 90.0
    assert np.hypot(*(last - first)) == pytest.approx(driven, rel=0.02)


def test_the_reason_is_told_in_words(film, drive):
    said = [one.text for one in ElementTree.parse(film).iter(f"{SVG}text")]
    assert said and set(said) <= {frame.decision.trace.reason for frame in drive.frames if frame.decision}


def test_a_run_without_thoughts_or_others_shows_the_car_alone(made, tmp_path):
    animated.write(made.made_drive(seconds=1.0, cars=0, traced=False), tmp_path / "a.svg")
    tree = ElementTree.parse(tmp_path / "a.svg")
    assert len(list(tree.iter(f"{SVG}use"))) == 1 and not list(tree.iter(f"{SVG}text"))


def test_a_stretch_outside_the_drive_is_refused(drive, tmp_path):
    with pytest.raises(EvpilotError, match="allowed 0 to 20 s"):
        animated.write(drive, tmp_path / "a.svg", begin=30.0)


def test_from_the_command_line(drive, tmp_path, monkeypatch):
    runlog.write(drive, tmp_path / "run.mcap")
    monkeypatch.setattr("sys.argv", ["animated", str(tmp_path), str(tmp_path / "a.svg"), "--seconds", "4"])
    animated.main()
    assert 'dur="3.9s"' in (tmp_path / "a.svg").read_text()
    monkeypatch.setattr("sys.argv", ["animated", str(tmp_path), str(tmp_path / "a.gif")])
    with pytest.raises(SystemExit) as ended:
        animated.main()
    assert ended.value.code == 2
