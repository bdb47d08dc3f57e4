"""The cars' files: complete, sourced, and refused in one clear line when they are not."""

from pathlib import Path

import pytest

from evpilot.files import EvpilotError
from evpilot.vehicle import platforms
from evpilot.vehicle.platforms import UNITS

SEDAN = (platforms.FOLDER / "sedan.toml").read_text()


def test_three_cars_come_along() -> None:
    assert platforms.names() == ("bmw320i", "sedan", "su7")


@pytest.mark.parametrize("key", platforms.names())
def test_each_is_sound_and_every_value_has_a_source(key: str) -> None:
    car = platforms.load(key)
    assert car.key == key
    assert set(car.sources) == set(UNITS)
    assert all(len(source) > 1 for source in car.sources.values())
    assert not any("unverified" in source for source in car.sources.values())


def test_the_verdicts_car_is_commonroads() -> None:
    car = platforms.load("bmw320i")
    assert (car.length, car.width, car.rear_to_center) == (4.508, 1.61, 1.4227)
    assert car.wheelbase == pytest.approx(1.1562 + 1.4227, abs=1e-12)
    assert (car.steering_max, car.steering_rate_max, car.accel_max, car.speed_max) == (1.066, 0.4, 11.5, 50.8)
    assert car.drive_power / car.mass / car.accel_max == pytest.approx(7.319, abs=1e-3)


@pytest.mark.parametrize("key", platforms.names())
def test_a_document_reads_back_equal(key: str) -> None:
    car = platforms.load(key)
    assert platforms.parse(platforms.to_document(car), file="") == car


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SEDAN.replace('"sedan"', '"mine"').replace("4.70", "4.4"))
    assert platforms.load(path).length == 4.4 and platforms.load(str(path)).key == "mine"


WHEELBASE = 'wheelbase = { value = 2.90, unit = "m", source = "class" }'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (WHEELBASE, "", "values.wheelbase: missing"),
        ("wheelbase", "wheelbse", "did you mean 'wheelbase'"),
        ("2.90", "nan", "nan is no finite number"),
        ("2.90", "inf", "inf is no finite number"),
        ("2.90", '"2.90"', "is no finite number"),
        ("2.90", "true", "True is no finite number"),
        ("2.90", "-2.90", "must be above 0"),
        ("2.90", "290", "allowed 0.5 to 12 m"),
        ("2.90", "2.80", "cg_to_front + cg_to_rear"),
        (WHEELBASE, 'wheelbase = { value = 290, unit = "cm", source = "class" }', "unit 'cm', must be 'm'"),
        (WHEELBASE, 'wheelbase = { value = 2.9, unit = "m" }', "values.wheelbase.source"),
        (WHEELBASE, 'wheelbase = { value = 2.9, unit = "m", sorce = "x" }', "did you mean 'source'"),
        (WHEELBASE, "wheelbase = 2.9", "no table"),
        ('key = "sedan"', "key = 3", "must be a text"),
        ('key = "sedan"', 'key = "sedan"\nvalue = 1', "did you mean 'values'"),
        ("[values]", "[values", "is no TOML"),
        (SEDAN, "", "is empty"),
        (SEDAN, "a = 1", "unknown key"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "broken.toml"
    assert old in SEDAN
    path.write_text(SEDAN.replace(old, new))
    with pytest.raises(EvpilotError) as error:
        platforms.load(path)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_hostile_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.toml"
    for content in (b"#" * 200_000, b"\xff\xfe\x00", b"a = " + b"[" * 16_000, b"a." * 4_000 + b"b = 1"):
        path.write_bytes(content)
        with pytest.raises(EvpilotError):
            platforms.load(path)
    with pytest.raises(EvpilotError):
        platforms.load(tmp_path)
    with pytest.raises(EvpilotError, match=r"none\.toml"):
        platforms.load(tmp_path / "none.toml")


def test_an_unknown_key_names_the_nearest_car() -> None:
    with pytest.raises(EvpilotError, match="did you mean 'sedan'"):
        platforms.load("sedna")
