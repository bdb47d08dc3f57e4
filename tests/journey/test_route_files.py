"""Route files: both kinds read, and every kind of bad one refused in one line with its place."""

from pathlib import Path
from typing import Any

import pytest

from evpilot.files import EvpilotError
from evpilot.vehicle.journey.reading import read_route

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "to_the_lake.toml"
GOOD = "[[legs]]\nlength_km = 3\nlimit_kmh = 50\n"


def written(folder: Path, text: str, name: str = "route.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_example_holds_what_it_says() -> None:
    route = read_route(EXAMPLE)
    assert route.length == pytest.approx(194_200.0)
    assert [leg.lights for leg in route.legs] == [11, 0, 0, 0]
    assert route.legs[1].limit == pytest.approx(130 / 3.6)
    assert route.legs[1].surface == "wet"
    assert route.legs[2].temperature == pytest.approx(274.15)
    assert route.legs[0].temperature == pytest.approx(279.15), "the head holds for legs that tell nothing"
    assert route.chargers[0].at == pytest.approx(96_000.0)


def test_both_kinds_of_file_tell_the_same_route(tmp_path: Path) -> None:
    toml = GOOD + "lights = 4\n[[legs]]\nname = 'out'\nlength_km = 60\nlimit_kmh = 120\n"
    toml += "[[chargers]]\nname = 'out'\nat_km = 63\npower_kw = 150\n"
    csv = "name,length_km,limit_kmh,lights,charger_kw\n,3,50,4,\nout,60,120,,150\n"
    one, other = read_route(written(tmp_path, toml)), read_route(written(tmp_path, csv, "route.csv"))
    assert one.legs == other.legs
    assert one.chargers == other.chargers


BAD = [
    ("", "empty"),
    ("legs = 3", "[[legs]]"),
    ("name = 'x'", "no legs"),
    ("name = 3\n" + GOOD, "name"),
    ("[[legs]]\nlimit_kmh = 50", "length_km"),
    ("[[legs]]\nlength_km = 3", "limit_kmh"),
    ("[[legs]]\nlength_km = -3\nlimit_kmh = 50", "allowed 0.0001 to 1000 km"),
    ("[[legs]]\nlength_km = 0\nlimit_kmh = 50", "allowed 0.0001"),
    ("[[legs]]\nlength_km = 'far'\nlimit_kmh = 50", "no finite number"),
    ("[[legs]]\nlength_km = nan\nlimit_kmh = 50", "no finite number"),
    ("[[legs]]\nlength_km = inf\nlimit_kmh = 50", "no finite number"),
    (f"[[legs]]\nlength_km = 1{'0' * 400}\nlimit_kmh = 50", "no finite number"),
    ("[[legs]]\nlength_km = true\nlimit_kmh = 50", "no finite number"),
    ("[[legs]]\nlength_km = [3]\nlimit_kmh = 50", "no finite number"),
    ("[[legs]]\nlength_km = 3\nlimit_kmh = 500", "allowed 5 to 250 km/h"),
    (GOOD + "grade_percent = 45", "allowed -30 to 30 %"),
    (GOOD + "lights = 1.5", "whole number"),
    (GOOD + "lights = -1", "allowed 0 to 500"),
    (GOOD + "red_share = 1.2", "allowed 0 to 1"),
    (GOOD + "traffic = 0", "allowed 0.1 to 1.5"),
    (GOOD + "surface = 'ice'", "dry, wet, snow"),
    (GOOD + "temperature_c = -80", "allowed -50 to 60"),
    (GOOD + "temprature_c = 3", "temperature_c"),
    (GOOD + "headwind_kmh = 400", "allowed -140 to 140"),
    ("surfice = 'wet'\n" + GOOD, "surface"),
    ("headwind_kmh = 'north'\n" + GOOD, "head, headwind_kmh"),
    (GOOD + "name = 3", "must be a text"),
    (GOOD + "[[chargers]]\nat_km = 1\npower_kw = 50", "name"),
    (GOOD + "[[chargers]]\nname = 'a'\nat_km = 1", "power_kw"),
    (GOOD + "[[chargers]]\nname = 'a'\nat_km = 9\npower_kw = 50", "ascending from 0 to the route's 3 km"),
    (GOOD + "[[chargers]]\nname = 'a'\nat_km = 1\npower_kw = 0", "allowed 1 to 1000 kW"),
    (GOOD + "[[chargers]]\nname = 'a'\nat_km = 2\npower_kw = 9\n[[chargers]]\nname = 'b'\nat_km = 1\npower_kw = 9",
     "ascending"),
    ("[[legs]\nlength_km = 3", "no TOML"),
    (GOOD * 5001, "at most 5000"),
    ("\n".join("[[legs]]\nlength_km = 900\nlimit_kmh = 50" for _ in range(4)), "at most 3000 km"),
]  # fmt: skip
BAD_CSV = [
    ("length_km,limit_kmh\n", "no rows"),
    ("length_km,limit\n3,50\n", "limit_kmh"),
    ("length_km,limit_kmh,limit_kmh\n3,50,50\n", "twice"),
    ("length_km,limit_kmh\n3\n", "1 columns, must be 2"),
    ("length_km,limit_kmh\n3,fast\n", "line 2, limit_kmh"),
    ("length_km,limit_kmh\n3,1e999\n", "line 2, limit_kmh"),
    ("length_km,limit_kmh\n3,\n", "missing"),
    ("length_km,limit_kmh,charger_kw\n3,50,0\n", "allowed 1 to 1000 kW"),
]


@pytest.mark.parametrize(("text", "told"), BAD)
def test_a_bad_toml_file_is_refused_in_one_line_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(EvpilotError) as refused:
        read_route(written(tmp_path, text))
    message = str(refused.value)
    assert told in message
    assert "route.toml" in message
    assert "\n" not in message and len(message) < 400


@pytest.mark.parametrize(("text", "told"), BAD_CSV)
def test_a_bad_csv_file_is_refused_in_one_line_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(EvpilotError, match=r"route\.csv") as refused:
        read_route(written(tmp_path, text, "route.csv"))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere.toml",), "nowhere.toml"),
        (("roundabuot",), "roundabout"),
        ((str(EXAMPLE), "--platform", "tank"), "tank"),
        ((str(EXAMPLE), "--charge", "120"), "allowed 0 to 100 %"),
        ((str(EXAMPLE), "--arrive-with", "101"), "--arrive-with"),
        ((str(EXAMPLE), "--temperature", "99"), "--temperature"),
        ((str(EXAMPLE), "--headwind", "500"), "--headwind"),
        ((str(EXAMPLE), "--mass", "-1"), "--mass"),
    ],
)
def test_the_command_refuses_bad_input_in_one_line(arguments: tuple[str, ...], told: str, evpilot: Any) -> None:
    done = evpilot("range", *arguments)
    assert done.code == 2
    assert told in done.err
    assert done.err.count("\n") == 1


def test_the_command_plans_a_stop_or_says_why_not(evpilot: Any) -> None:
    command = ["range", EXAMPLE, "--platform", "leaf40", "--charge", "90"]
    planned = evpilot(*command, "--arrive-with", "20")
    assert planned.code == 0, planned.err
    assert "services" in planned.out
    assert "arrives with at least 20 %" in planned.out
    refused = evpilot(*command, "--arrive-with", "95")
    assert refused.code == 0, refused.err
    assert "refused" in refused.out
    assert "a full battery does not last to the end" in " ".join(refused.out.split())
