"""Still pictures: sound SVG, the right car in the right place, escaped words."""

import dataclasses
import re
import xml.etree.ElementTree as ElementTree

import pytest

from evpilot import runlog
from evpilot.files import EvpilotError
from evpilot.report import picture
from evpilot.report.palette import palette, ramp

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("t", [0.0, 6.1, 15.0, 20.0])
@pytest.mark.parametrize("dark", [False, True])
def test_is_sound_svg_that_needs_nothing_else(drive, tmp_path, t, dark):
    picture.write(drive, t, tmp_path / "a.svg", dark=dark)
    text = (tmp_path / "a.svg").read_text()
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg" and root.get("viewBox") == "0 0 1280 540"
    assert palette(dark)["ego"] in text and palette(dark)["ground"] in text
    assert "href" not in text and "script" not in text and text.count("http") == 1
    assert len(text) < 400_000


def test_says_the_reason_the_cause_and_the_speed(drive, tmp_path):
    picture.write(drive, 6.1, tmp_path / "a.svg")
    words = [e.text for e in ElementTree.parse(tmp_path / "a.svg").iter(f"{SVG}text")]
    assert {"brake: 2 cuts in, 36 m ahead", "2", "78", "planned speed, km/h"} <= set(words)
    picture.write(drive, 6.1, tmp_path / "b.svg", words=False)
    assert "36 m ahead<" not in (tmp_path / "b.svg").read_text()


def test_the_car_stands_left_of_the_middle_and_looks_right(drive, tmp_path):
    picture.write(drive, 6.1, tmp_path / "a.svg", span=100.0)
    text = (tmp_path / "a.svg").read_text()
    place = re.search(r"translate\(([\d.]+) ([\d.]+)\) rotate\((-?[\d.]+)\) scale[^<]*<rect[^<]*shadow[^<]*<rect[^<]*"
                      + palette()["ego"], text)  # fmt: skip
    x, y, turn = map(float, place.groups())
    assert x == pytest.approx(1280 / 2 - 0.24 * 1280, abs=8) and y == pytest.approx(270, abs=40) and abs(turn) < 10


def test_words_are_escaped(drive, tmp_path):
    frame = drive.frames[0]
    trace = dataclasses.replace(frame.decision.trace, reason="<b> & 'x'")
    frames = (dataclasses.replace(frame, decision=dataclasses.replace(frame.decision, trace=trace)),)
    picture.write(dataclasses.replace(drive, frames=frames), 0.0, tmp_path / "a.svg")
    assert "<b> & 'x'" in [e.text for e in ElementTree.parse(tmp_path / "a.svg").iter(f"{SVG}text")]


def test_a_run_without_thoughts_shows_the_car_and_its_speed_and_no_reason(made, tmp_path):
    run = made.made_drive(seconds=1.0, cars=0, traced=False)
    picture.write(run, 0.5, tmp_path / "a.svg")
    words = [one.text for one in ElementTree.parse(tmp_path / "a.svg").iter(f"{SVG}text")]
    assert palette()["ego"] in (tmp_path / "a.svg").read_text()
    assert words[0] == str(round(run.frames[5].truth.ego.speed * 3.6)) and "planned speed, km/h" in words
    assert len(words) == 4


@pytest.mark.parametrize("t", [-1.0, 20.5])
def test_a_moment_outside_the_drive_is_refused(drive, tmp_path, t):
    with pytest.raises(EvpilotError, match="allowed 0 to 20 s"):
        picture.write(drive, t, tmp_path / "a.svg")


def test_the_palette_is_the_pages():
    assert palette()["ego"] == "#0B57D0" and palette(True)["ego"] == "#5BA4FF"
    assert palette(True)["font"] == palette()["font"]
    assert ramp(0.0) == palette()["r0"].lower() and ramp(2.0) == palette()["r3"].lower()


def test_from_the_command_line(drive, tmp_path, monkeypatch, capsys):
    runlog.write(drive, tmp_path / "run.mcap")
    monkeypatch.setattr("sys.argv", ["picture", str(tmp_path), str(tmp_path / "a.svg"), "--dark"])
    picture.main()
    words = [e.text for e in ElementTree.parse(tmp_path / "a.svg").iter(f"{SVG}text")]
    assert any("2" in word for word in words)
    for bad, said in (
        ([str(tmp_path), str(tmp_path / "a.png")], ".svg"),
        ([str(tmp_path / "x"), "a.svg"], "cannot be read"),
    ):
        monkeypatch.setattr("sys.argv", ["picture", *bad])
        with pytest.raises(SystemExit) as ended:
            picture.main()
        assert ended.value.code == 2 and said in capsys.readouterr().err
