"""The replay page in a browser: it plays, scrubs, counts the cars, and asks nothing of anybody."""

import time

import numpy as np
import pytest

from evpilot import sweep
from evpilot.evaluate import judge
from evpilot.report import replay


@pytest.fixture(scope="module")
def file(drive, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "replay.html"
    replay.write(drive, None, path)
    return path


def present(drive, t):
    """How many objects are there: in the tick at t and, where t lies between two, in either."""
    ticks = t / 0.1
    ids = [set(drive.frames[min(k, len(drive.frames) - 1)].truth.objects.id) for k in (int(ticks), int(np.ceil(ticks)))]
    return len(ids[0]), len(ids[0] | ids[1])


def test_plays_by_itself_to_the_end(browser, file):
    page = browser.open(file)
    page.until("evpilot.state().t > 0.3")
    first = page.state()
    assert first["playing"] and first["rate"] == 1
    page.key("]")
    page.until(f"evpilot.state().t > {first['t'] + 1.0}")
    assert page.state()["rate"] == 2
    page.key(" ")
    held = page.state()["t"]
    time.sleep(0.3)
    assert not page.state()["playing"] and page.state()["t"] == held
    page.key("End")
    assert page.state()["t"] == pytest.approx(20.0, abs=0.02)
    assert page.complaints() == []
    page.close()


@pytest.mark.parametrize("t", [0.0, 3.2, 9.95, 15.0, 19.9, 20.0])
def test_shows_the_cars_of_the_moment(browser, file, drive, t):
    page = browser.open(file, anchor=f"#t={t}")
    state = page.state()
    assert state["t"] == pytest.approx(t) and not state["playing"]
    low, high = present(drive, t)
    assert low <= state["cars"] <= high
    assert 0 < state["inView"] <= state["cars"]
    page.close()


def test_scrubs_steps_and_jumps(browser, file):
    page = browser.open(file, anchor="#t=2")
    box = page.run(
        "(r => [r.left, r.top, r.width, r.height])(document.getElementById('plots').getBoundingClientRect())"
    )
    x = lambda t: box[0] + 128 + t / 20 * (box[2] - 128 - 18)  # noqa: E731
    page.mouse("Pressed", x(5.0), box[1] + 150, button="left", clickCount=1)
    assert page.state()["t"] == pytest.approx(5.0, abs=0.05)
    page.mouse("Moved", x(12.5), box[1] + 150, button="left", buttons=1)
    assert page.state()["t"] == pytest.approx(12.5, abs=0.05)
    page.mouse("Released", x(12.5), box[1] + 150, button="left")
    page.key("ArrowLeft")
    assert page.state()["t"] == pytest.approx(12.4, abs=0.05)
    page.key("ArrowRight", modifiers=8)
    assert page.state()["t"] == pytest.approx(13.4, abs=0.05)
    page.key(",")
    assert page.state()["t"] == pytest.approx(10.0, abs=0.01)
    assert page.complaints() == []
    page.close()


def test_zooms_pans_follows_and_reads(browser, file):
    page = browser.open(file, anchor="#t=6")
    start = page.state()
    page.key("+")
    assert page.state()["zoom"] == pytest.approx(1.25)
    page.mouse("Wheel", 500, 300, deltaX=0, deltaY=-200)
    assert page.state()["zoom"] > 1.6
    page.mouse("Pressed", 500, 400, button="left", clickCount=1)
    page.mouse("Moved", 560, 430, button="left", buttons=1)
    page.mouse("Moved", 600, 450, button="left", buttons=1)
    page.mouse("Released", 600, 450, button="left")
    assert not page.state()["follow"]
    page.key("0")
    state = page.state()
    assert state["follow"] and state["zoom"] == 1 and state["ego"] == pytest.approx(start["ego"])
    page.key("c")
    assert page.run("location.hash") == "#t=6.0"
    page.close()


def test_says_why_and_whom(browser, file):
    page = browser.open(file, anchor="#t=6")
    assert page.state()["reason"] == "brake: 2 cuts in, 36 m ahead" and page.state()["cause"] == 2
    assert page.run("document.getElementById('whyP').textContent") == "brake: 2 cuts in, 36 m ahead"
    assert page.run("document.getElementById('whyD').textContent").startswith("2: car, ")
    page.run("location.hash = '#t=15.02'")
    page.until("evpilot.state().t > 15")
    assert page.state()["reason"] == "the pilot failed: took longer than 5 s"
    page.close()


def test_shows_the_verdict_failures_first(browser, drive, verdict, tmp_path):
    replay.write(drive, verdict, tmp_path / "judged.html")
    page = browser.open(tmp_path / "judged.html", anchor="#t=6")
    read = lambda id_: page.run(f"document.getElementById('{id_}').innerText")  # noqa: E731
    assert read("vscore").startswith("46.5") and read("vword") == "the pilot failed"
    assert read("gates").splitlines()[0] == "pilot without fault" and "no at fault collisions" in read("gates")
    assert "Progress" in read("parts") and "0.93 ×5" in read("parts")
    assert "2.0" in read("now") and "1.4" in read("now")
    assert page.run("document.getElementById('badge').classList.contains('bad')")
    assert page.complaints() == []
    page.close()


def test_asks_nothing_of_the_network_and_forbids_it(browser, file):
    page = browser.open(file, anchor="#t=1")
    assert page.requests() == [file.resolve().as_uri() + "#t=1"] or page.requests() == [file.resolve().as_uri()]
    blocked = "fetch('https://example.org').then(() => false, () => true)"
    assert page.run(blocked)
    assert page.run("new Promise(r => { const s = document.createElement('script'); s.text = 'window.bad = 1'; "
                    "document.body.append(s); setTimeout(() => r(window.bad), 50) })") is None  # fmt: skip
    page.close()


@pytest.mark.parametrize("look", [{"dark": True}, {"width": 390, "height": 844, "scale": 2, "phone": True}])
def test_dark_and_phone(browser, file, look):
    page = browser.open(file, anchor="#t=6", **look)
    assert page.state()["theme"] == ("dark" if look.get("dark") else "light")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints() == []
    page.close()


def test_reduced_motion_does_not_play(browser, file):
    page = browser.open(file, reduced=True)
    time.sleep(0.3)
    assert not page.state()["playing"] and page.state()["t"] == 0
    page.close()


@pytest.mark.parametrize(
    "options",
    [
        {"seconds": 1.0, "cars": 0},
        {"seconds": 1.0, "cars": 3, "traced": False},
        {"seconds": 2.0, "cars": 20, "origin": (691_608.0, 5_336_000.0)},
        {"seconds": 3.0, "cars": 10, "period": 0.2},
        {"seconds": 1.0, "cars": 300},
    ],
)
def test_odd_drives_open(browser, made, tmp_path, options):
    run = made.made_drive(**options)
    replay.write(run, None, tmp_path / "odd.html")
    page = browser.open(tmp_path / "odd.html", anchor="#t=0.5")
    state = page.state()
    assert state["cars"] == len(run.frames[int(0.5 / options.get("period", 0.1))].truth.objects)
    assert state["ego"][0] == pytest.approx(278, abs=60)
    assert page.complaints() == []
    page.close()


def test_a_real_drive_with_its_verdict(browser, tmp_path):
    run = sweep.drive("crossing")
    verdict = judge(run)
    replay.write(run, verdict, tmp_path / "real.html")
    assert (tmp_path / "real.html").stat().st_size < 3_000_000
    tick = len(run.frames) // 2
    t = (run.frames[tick].t_ns - run.frames[0].t_ns) * 1e-9
    page = browser.open(tmp_path / "real.html", anchor=f"#t={t}")
    state = page.state()
    assert state["ids"] == sorted(run.frames[tick].truth.objects.id.tolist())
    assert state["reason"] == run.frames[tick].decision.trace.reason
    assert page.run("document.getElementById('vscore').innerText").startswith(f"{verdict.score * 100:.1f}")
    assert page.complaints() == []
    page.close()


def test_a_suites_word_on_the_case_stands_before_the_judges(browser, drive, verdict, tmp_path):
    told = replay.Told(command="evpilot suite replay r157 'a case'", word="fail: left its lane by 0.10 m", passed=False)
    replay.write(drive, verdict, tmp_path / "case.html", told=told)
    page = browser.open(tmp_path / "case.html")
    said = page.run("document.getElementById('vword').textContent")
    bad = page.run("document.getElementById('badge').classList.contains('bad')")
    gates = page.run("document.getElementById('gates').textContent")
    assert said == told.word and bad and "goal" not in gates
    assert page.run("document.getElementById('cmd').textContent") == told.command
    page.close()
