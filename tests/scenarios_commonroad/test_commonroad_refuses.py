"""Every kind of broken file ends in one line that names file, place, what was found and what is allowed."""

import os
from pathlib import Path

import pytest
import small_file as small

from evpilot.files import EvpilotError
from evpilot.scenarios.commonroad import read

SOUND = small.small_2020a()
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
HEAD, BODY = SOUND.split("\n", 1)


def swap(old: str, new: str, count: int = 1) -> str:
    """The sound file with a part replaced, which must be there."""
    assert old in SOUND, old
    return SOUND.replace(old, new, count)


def nested(depth: int) -> str:
    return swap("<geoNameId>", "<a>" * depth + "</a>" * depth + "<geoNameId>")


def without(tag: str, after: str = "") -> str:
    """The sound file without the first element of a tag, after a mark."""
    at = SOUND.index(f"<{tag}>", SOUND.index(after))
    return SOUND[:at] + SOUND[SOUND.index(f"</{tag}>", at) + len(tag) + 3 :]


def piled(count: int) -> str:
    """The sound file with so many more lanes, all in one place."""
    bounds = "".join(
        f"<{side}><point><x>0</x><y>{y}</y></point><point><x>40</x><y>{y}</y></point></{side}>"
        for side, y in (("leftBound", 0), ("rightBound", 3))
    )
    return swap(
        small.LANES, small.LANES + "".join(f'<lanelet id="{1000 + k}">{bounds}</lanelet>' for k in range(count))
    )


CORNERS = "".join(f"<point><x>{k}</x><y>{k * k}</y></point>" for k in range(1001))
GOAL_SHAPE = small.GOAL_REGION[small.GOAL_REGION.index("<rectangle>") : small.GOAL_REGION.index("</position>")]
X = "<x>20.0</x>"
BROKEN: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"  \n ", "no well-formed XML"),
    "binary": (bytes(range(256)) * 8, "NUL"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "no well-formed XML"),
    "truncated": (SOUND[: len(SOUND) // 2], "no well-formed XML"),
    "json": (b'{"commonRoad": 1}', "no well-formed XML"),
    "utf-16": (SOUND.replace("UTF-8", "UTF-16").encode("utf-16"), "UTF-16"),
    "utf-7": (swap("UTF-8", "UTF-7"), "encoding 'UTF-7', allowed"),
    "ebcdic": (swap("UTF-8", "cp037"), "encoding 'cp037', allowed"),
    "latin bytes in utf-8": (swap("A. Tester", "A. T\xe4ster").encode("latin-1"), "no well-formed XML"),
    "nul": (SOUND.encode().replace(b"urban", b"ur\0an", 1), "NUL byte"),
    "doctype": (f"{HEAD}\n<!DOCTYPE commonRoad>\n{BODY}", "DOCTYPE"),
    "entity bomb": (f"{HEAD}\n{BOMB}\n{BODY}".replace("A. Tester", "&b;"), "DOCTYPE"),
    "external entity": (f"{HEAD}\n{OUTSIDE}\n{BODY}".replace("A. Tester", "&a;"), "DOCTYPE"),
    "undefined entity": (swap("A. Tester", "&who;"), "no well-formed XML: undefined entity"),
    "nested 101": (nested(101), "deeper than 100 levels"),
    "nested 200,000": (nested(200_000), "deeper than 100 levels"),
    "two million elements": (swap("<urban/>", "<urban/>" * 1_600_000), "elements, allowed at most"),
    "a declaration without end": ('<?xml version="1.0"' + ' encoding="utf-8"' * 20_000 + BODY, "declaration of over"),
    "a thousand spaces in it": (swap('encoding="UTF-8"', " " * 1000 + 'encoding="UTF-7"'), "declaration of over"),
    "a tag without end": (swap("<location>", f"<{'a' * 9999}/><location>"), f"<{'a' * 40}>: is unknown"),
    "html": (b"<!doctype html><html><body>404</body></html>", "no well-formed XML"),
    "gzip": (b"\x1f\x8b\x08\x00" + b"x" * 99, "NUL byte"),
    "utf-32": (SOUND.encode("utf-32"), "UTF-16 or UTF-32"),
    "a prefix": (
        SOUND.replace("<commonRoad ", '<c:commonRoad xmlns:c="urn:x" ').replace("</common", "</c:common"),
        "root",
    ),
    "XInclude": (
        swap("<location>", '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/x"/><location>'),
        "unknown",
    ),
    "two files in one": (SOUND + SOUND, "junk after document element"),
    "Windows nan": (swap(X, "<x>1.#QNAN</x>"), "'1.#QNAN' is not a plain number"),
    "C hexadecimal": (swap(X, "<x>0x1p3</x>"), "'0x1p3' is not a plain number"),
    "infinity sign": (swap(X, "<x>\u221e</x>"), "is not a plain number"),
    "1e308": (swap(X, "<x>1e308</x>"), "is not a plain number"),
    "a map in millimetres": (swap(X, "<x>20000000</x>"), "allowed -1e+07 to 1e+07 m"),
    "wrong root": (b"<OpenSCENARIO/>", "<OpenSCENARIO>: is not the root"),
    "name space": (swap("<commonRoad ", '<commonRoad xmlns="urn:x" '), "is not the root"),
    "another version": (swap('"2020a"', '"2017a"'), "commonRoadVersion '2017a', allowed 2018b and 2020a"),
    "no version": (swap(' commonRoadVersion="2020a"', ""), 'no attribute "commonRoadVersion"'),
    "no benchmark id": (swap(' benchmarkID="ZAM_Small-1_1_T-1"', ""), 'no attribute "benchmarkID"'),
    "unknown part": (swap("<location>", "<surprise/><location>"), "<surprise>: is unknown in <commonRoad>"),
    "no lanes": (swap(small.LANES, ""), "has no <lanelet>"),
    "lanes on top of each other": (piled(300), "on top of each other"),
    "a polygon of 1001 corners": (
        swap(GOAL_SHAPE, f"<polygon>{CORNERS}</polygon>"),
        "1001 points, allowed at most 1000",
    ),
    "a goal of 101 regions": (swap(GOAL_SHAPE, GOAL_SHAPE * 101), "101 shapes, allowed at most 100"),
    "no problem": (swap(small.PROBLEMS, ""), "has no <planningProblem>"),
    "no goal": (swap(small.GOAL_REGION + small.GOAL_LANES, ""), "has no <goalState>"),
    "no step": (swap(' timeStepSize="0.1"', ""), "timeStepSize"),
    "zero step": (swap('timeStepSize="0.1"', 'timeStepSize="0"'), "timeStepSize '0' s, allowed 0.001 to 10 s"),
    "step in ms": (swap('timeStepSize="0.1"', 'timeStepSize="100"'), "allowed 0.001 to 10 s"),
    "nan": (swap(X, "<x>nan</x>"), "'nan' is not a plain number"),
    "inf": (swap(X, "<x>inf</x>"), "'inf' is not a plain number"),
    "-Infinity": (swap(X, "<x>-Infinity</x>"), "is not a plain number"),
    "1e999": (swap(X, "<x>1e999</x>"), "is not a plain number"),
    "1_0": (swap(X, "<x>1_0</x>"), "'1_0' is not a plain number"),
    "arabic digits": (swap(X, "<x>\u0661\u0662</x>"), "is not a plain number"),
    "wide digits": (swap(X, "<x>\uff11\uff12</x>"), "is not a plain number"),
    "no-break space": (swap(X, "<x>\u00a012\u00a0</x>"), "is not a plain number"),
    "hexadecimal": (swap(X, "<x>0x10</x>"), "is not a plain number"),
    "comma": (swap(X, "<x>20,0</x>"), "is not a plain number"),
    "unit": (swap(X, "<x>20 m</x>"), "'20 m' is not a plain number"),
    "no number": (swap(X, "<x/>"), "'' is not a plain number"),
    "a long number": (swap(X, f"<x>{'9' * 5000}</x>"), "is not a plain number"),
    "absurd place": (swap(X, "<x>1e9</x>"), "allowed -1e+07 to 1e+07 m"),
    "no x": (swap(X, ""), "has no <x>"),
    "a bound twice": (swap("<leftBound>", "<leftBound></leftBound><leftBound>"), "a second <leftBound>"),
    "no bound": (without("leftBound"), "has no <leftBound>"),
    "bounds of different count": (swap(small.point(20.0, 0.0), ""), "2 points left and 3 right"),
    "one point": (swap(small.point(0.0, 0.0) + small.point(20.0, 0.0), ""), "1 points, a bound needs at least 2"),
    "zero length": (swap("<x>160.0</x>", "<x>60.0</x>", 2), "is 0 m long"),
    "a lane around the world": (swap("<x>160.0</x>", "<x>9e6</x>", 2), "m long, allowed 0.001 to 50000 m"),
    "a lane of a kilometre across": (
        swap(small.point(20.0, 0.0), small.point(20.0, 1000.0)),
        "m wide, allowed at most",
    ),
    "dangling successor": (swap('<successor ref="4"/>', '<successor ref="99"/>'), "ref 99 is no lanelet"),
    "dangling neighbour": (swap('adjacentLeft ref="2"', 'adjacentLeft ref="99"'), "ref 99 is no lanelet"),
    "dangling sign": (swap('trafficSignRef ref="20"', 'trafficSignRef ref="99"'), "ref 99 is no traffic sign"),
    "dangling light": (swap('trafficLightRef ref="30"', 'trafficLightRef ref="99"', 2), "ref 99 is no traffic"),
    "dangling incoming": (swap('incomingLanelet ref="1"', 'incomingLanelet ref="99"'), "ref 99 is no lanelet"),
    "dangling goal": (swap('<lanelet ref="4"/>', '<lanelet ref="99"/>'), "ref 99 is no lanelet"),
    "own neighbour": (swap('adjacentLeft ref="2"', 'adjacentLeft ref="1"'), "refers to itself"),
    "own successor": (swap('<successor ref="4"/>', '<successor ref="1"/>'), "refers to itself"),
    "no direction": (swap(' drivingDir="same"', ""), 'no attribute "drivingDir"'),
    "wrong direction": (swap('drivingDir="same"', 'drivingDir="up"'), "drivingDir 'up', allowed same and opposite"),
    "no reference": (swap('<successor ref="4"/>', "<successor/>"), 'no attribute "ref"'),
    "reference in words": (swap('<successor ref="4"/>', '<successor ref="four"/>'), "ref 'four' is not an integer"),
    "duplicate lanelet": (swap('lanelet id="2"', 'lanelet id="1"'), "id 1 is already taken"),
    "duplicate obstacle": (swap('dynamicObstacle id="51"', 'dynamicObstacle id="50"'), "id 50 is already taken"),
    "duplicate problem": (swap('planningProblem id="71"', 'planningProblem id="70"'), "id 70 is already taken"),
    "no id": (swap('<dynamicObstacle id="51">', "<dynamicObstacle>"), 'no attribute "id"'),
    "id as fraction": (swap('dynamicObstacle id="51"', 'dynamicObstacle id="51.5"'), "id '51.5' is not an integer"),
    "huge id": (swap('lanelet id="6"', f'lanelet id="{"9" * 400}"'), "is not an integer"),
    "unknown lane kind": (swap(">urban<", ">moon<"), "'moon', allowed"),
    "unknown user": (swap(">vehicle<", ">ghost<"), "'ghost', allowed"),
    "unknown marking": (swap(">dashed<", ">wavy<"), "'wavy', allowed"),
    "unknown obstacle": (swap("<type>car<", "<type>ufo<"), "'ufo', allowed"),
    "negative limit": (swap(">13.89<", ">-5<"), "-5 m/s, allowed 0.1 to 120 m/s"),
    "limit in km/h": (swap(">13.89<", ">250<"), "250 m/s, allowed"),
    "unknown colour": (swap(">green<", ">blue<"), "'blue', allowed"),
    "phase of no length": (swap("<duration>30<", "<duration>0<"), "0 steps, allowed 1 to"),
    "light without phases": (without("cycle"), "has no <cycle>"),
    "sign without code": (without("trafficSignID"), "has no <trafficSignID>"),
    "one-ended stop line": (
        swap("<stopLine>", f"<stopLine>{small.point(40, 0)}"),
        "1 points, a stop line has 2 or none",
    ),
    "no shape": (without("shape"), "has no <shape>"),
    "empty shape": (swap(f"<shape>{small.rectangle(4.8, 1.9)}", "<shape>"), "holds no <rectangle>"),
    "negative size": (swap("<width>1.9<", "<width>-1.9<"), "-1.9 m, allowed 0.001"),
    "zero radius": (swap("<radius>0.4<", "<radius>0<"), "0 m, allowed 0.001"),
    "a car of a kilometre": (swap("<length>4.8<", "<length>1000<"), "1000 m, allowed 0.001 to 500 m"),
    "two-pointed polygon": (swap(small.point(11, 6) + small.point(8, 6), ""), "2 different points"),
    "no initial state": (without("initialState"), "has no <initialState>"),
    "no orientation": (without("orientation", 'dynamicObstacle id="52"'), "has no <orientation>"),
    "no time": (without("time", '<dynamicObstacle id="52"'), "has no <time>"),
    "steps out of order": (swap(small.exact("time", 5), small.exact("time", 3)), "does not come after"),
    "a step twice": (swap(small.exact("time", 5), small.exact("time", 4)), "does not come after"),
    "step as fraction": (swap(small.exact("time", 5), small.exact("time", "5.0")), "'5.0' is not an integer"),
    "negative step": (swap(small.exact("time", 5), small.exact("time", -5)), "-5 steps, allowed 0 to"),
    "endless recording": (swap(small.exact("time", 8), small.exact("time", 10**9)), "steps, allowed 0 to"),
    "speed of light": (swap(small.exact("velocity", 5.0), small.exact("velocity", 3e8)), "allowed -120 to 120 m/s"),
    "degrees": (swap(small.exact("orientation", 1.57), small.exact("orientation", 90000)), "allowed -1000 to 1000"),
    "interval backwards": (swap(small.between("velocity", 9.0, 11.0), small.between("velocity", 11.0, 9.0)), "before"),
    "half an interval": (swap("<intervalEnd>11.0</intervalEnd>", ""), "has no <intervalEnd>"),
    "signal in words": (swap("<brakingLights>true<", "<brakingLights>maybe<"), "'maybe', allowed"),
    "start without speed": (
        swap(small.START, small.START.replace(small.exact("velocity", 8.0), "")),
        "has no <velocity>",
    ),
    "start without place": (
        swap(small.START, small.START.replace(f"<position>{small.point(5.0, -1.75)}</position>", "")),
        "has no <position>",
    ),
    "goal without time": (swap(small.between("time", 50, 120), ""), "has no <time>"),
    "goal of no extent": (swap("<length>6.0<", "<length>0<"), "0 m, allowed 0.001"),
    "goal on a point": (
        swap(small.rectangle(6.0, 3.0, 150.0, -1.75), small.point(150.0, -1.75)),
        "a goal must be a shape or lanelets",
    ),
    "goal nowhere": (swap(small.rectangle(6.0, 3.0, 150.0, -1.75), ""), "holds neither a shape nor a lanelet"),
    "goal window backwards": (swap(small.between("time", 50, 120), small.between("time", 120, 50)), "is before"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_file_is_refused_in_one_line(kind, write):
    content, expected = BROKEN[kind]
    path = write(content)
    with pytest.raises(EvpilotError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert expected in message
    assert "\n" not in message and len(message) < 700


def test_there_are_well_over_forty_kinds():
    assert len(BROKEN) >= 45


def test_error_names_line_and_element(write):
    content = swap(small.exact("velocity", 5.0), small.exact("velocity", "fast"), 1)
    line = content.count("\n", 0, content.index("fast")) + 1
    with pytest.raises(EvpilotError, match=rf"line {line}: <commonRoad><dynamicObstacle id=51>.*<velocity><exact>"):
        read(write(content))


def test_folder_missing_file_and_device_are_refused(tmp_path):
    for path, message in (
        (tmp_path, "is a folder"),
        (tmp_path / "nothing.xml", "no such file"),
        (Path(os.devnull), "is a device"),
        (tmp_path / ("x" * 5000), "cannot be read"),
    ):
        with pytest.raises(EvpilotError, match=message):
            read(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions bind neither root nor Windows")
def test_unreadable_file_is_refused(write):
    path = write(SOUND)
    path.chmod(0)
    with pytest.raises(EvpilotError, match="cannot be read"):
        read(path)


def test_unknown_problem_is_refused_with_those_there_are(write):
    with pytest.raises(EvpilotError, match="has no planning problem 5, it has 70, 71"):
        read(write(SOUND), problem_id=5)


def test_goal_that_ends_before_the_start_is_refused(write):
    content = swap(small.START, small.START.replace(small.exact("time", 0), small.exact("time", 300)))
    with pytest.raises(EvpilotError, match="before the problem starts at step 300"):
        read(write(content))


def test_file_beyond_the_cap_is_refused(write, monkeypatch):
    path = write(SOUND)
    monkeypatch.setattr("evpilot.files.markup.read_bytes", lambda file, limit: bounded(file, 1000))
    with pytest.raises(EvpilotError, match="allowed at most 1000"):
        read(path)


def bounded(path, limit):
    from evpilot.files.opening import read_bytes

    return read_bytes(path, limit)


def test_any_line_taken_out_leaves_a_file_that_is_read_or_refused(write):
    lines = SOUND.split("\n")
    outcomes: set[str] = set()
    for number in range(2, len(lines)):
        try:
            read(write("\n".join(lines[:number] + lines[number + 1 :])))
            outcomes.add("read")
        except EvpilotError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
