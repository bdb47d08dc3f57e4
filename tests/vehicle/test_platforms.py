"""The cars' files: complete, sourced, and refused in one clear line when they are not."""

import tomllib
from pathlib import Path

import pytest

from evpilot.files import EvpilotError
from evpilot.vehicle import platforms
from evpilot.vehicle.platforms.keys import LEGAL, REQUIRED
from evpilot.vehicle.powertrain.estimates import RULES
from evpilot.vehicle.powertrain.losses import loss_map, lost_power

SEDAN = (platforms.FOLDER / "sedan.toml").read_text()


def test_the_cars_come_along() -> None:
    assert platforms.names() == (
        "arcfox_alpha_s", "arcfox_alpha_t", "bmw320i", "bolt", "id3", "ioniq5", "leaf30", "leaf40", "model3_rwd",
        "sedan", "su7", "su7_max", "zoe_r135",
    )  # fmt: skip


@pytest.mark.parametrize("key", platforms.names())
def test_each_is_sound_and_every_value_has_a_source(key: str) -> None:
    car = platforms.load(key)
    assert car.key == key
    assert set(car.sources) == set(LEGAL)
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


def entry(key: str, value: str, unit: str) -> str:
    return f'{key} = {{ value = {value}, unit = "{unit}", source = "made up" }}'


@pytest.mark.parametrize(
    ("key", "value", "unit", "bound"),
    [
        ("length", "47", "m", "allowed 1 to 25 m"),
        ("width", "0.8", "m", "allowed 0.94 to 4.7 m"),
        ("rear_to_center", "2.6", "m", "allowed 0 to 1.8 m"),
        ("mass", "18000000", "kg", "allowed 100 to 60000 kg"),
        ("yaw_inertia", "9000", "kg m2", "allowed 0.5 to 1.6"),
        ("cg_to_front", "1.9", "m", "they must be equal"),
        ("cg_height", "1.3", "m", "allowed 0.29 to 0.87 m"),
        ("cornering_front", "9000000", "N/rad", "allowed 3 to 60 1/rad"),
        ("cornering_rear", "60000", "N/rad", "allowed at least speed_max, 50 m/s"),
        ("friction", "3", "-", "allowed 0.05 to 2 -"),
        ("friction", "0.6", "-", "allowed 0 to 6.769 m/s2"),
        ("accel_max", "9.5", "m/s2", "of the weight on the driven axle"),
        ("brake_max", "14", "m/s2", "allowed 0 to 11.28 m/s2"),
        ("speed_max", "100", "m/s", "what air and rolling take at speed_max"),
        ("drive_power", "900", "W", "allowed 1000 to 2e+06 W"),
        ("drive_power", "40000", "W", "allowed at least"),
        ("regen_power", "400000", "W", "allowed 0 to 2.16e+05 W"),
        ("drag_area", "5", "m2", "allowed 0 to 2.683 m2"),
        ("battery_energy", "60", "J", "allowed 1e+06 to 4e+09 J"),
        ("battery_gross", "100000000", "J", "allowed 5e+07 to 1e+08 J (gross)"),
        ("battery_power", "50000", "W", "allowed 1.44e+05 to 1.8e+06 W"),
        ("battery_resistance", "2", "ohm", "voltage^2 / 4 R"),
        ("battery_voltage", "4", "V", "allowed 24 to 1500 V"),
        ("motor_torque", "20", "N m", "allowed 3.85 to 16.5 m/s2"),
        ("motor_speed_max", "300", "rad/s", "rad/s (at speed_max and above)"),
        ("gear_ratio", "0.5", "-", "allowed 1 to 30 -"),
        ("gear_efficiency", "97", "-", "allowed 0.5 to 1 -"),
        ("continuous_power", "200000", "W", "allowed 9000 to 1.8e+05 W"),
        ("wheel_radius", "0.7", "m", "allowed 0.174 to 0.5075 m"),
        ("test_mass", "900", "kg", "allowed 1710 to 2880 kg"),
        ("range", "1500000", "m", "Wh/km"),
        ("driven", '"middle"', "-", "allowed front, rear, all"),
        ("chemistry", "3", "-", "allowed nmc, lfp"),
        ("charge_curve", "[[0.5, 1000.0], [0.2, 1000.0]]", "W", "allowed 0 to 1 in ascending order"),
        ("charge_curve", "[[0.0, 1000000.0], [1.0, 1000.0]]", "W", "allowed 0 to 9.9e+04 W"),
        ("charge_curve", "[1.0, 2.0]", "W", "is no pair of charge and power"),
        ("steering_max", "35", "rad", "allowed 0.1 to 1.57 rad"),
        ("speed_max", "180", "km/h", "unit 'km/h', must be 'm/s'"),
    ],
)
def test_a_car_that_cannot_be_is_one_line_with_key_value_unit_and_bound(
    tmp_path: Path, key: str, value: str, unit: str, bound: str
) -> None:
    lines = [line for line in SEDAN.splitlines() if not line.startswith(f"{key} =")]
    path = tmp_path / "bad.toml"
    path.write_text("\n".join([*lines, entry(key, value, unit)]) + "\n")
    with pytest.raises(EvpilotError) as error:
        platforms.load(path)
    said = str(error.value)
    assert "values." in said and bound in said and "\n" not in said, said


def test_what_a_data_sheet_lacks_is_estimated_and_says_so(tmp_path: Path) -> None:
    car = platforms.load("sedan")
    assert all(car.sources[key].startswith("estimated: ") for key in RULES)
    named = platforms.load("model3_rwd")
    assert not named.sources["motor_torque"].startswith("estimated")
    assert set(REQUIRED) <= set(car.sources)


def test_the_yields_of_a_drivetrain_are_kept() -> None:
    """A file that tells its drivetrain's efficiency gets losses that give it."""
    text = SEDAN + entry("drivetrain_efficiency", "0.88", "-") + "\n"
    path = platforms.FOLDER / "sedan.toml"
    document = tomllib.loads(text)
    worse = platforms.parse(document, file=str(path)).powertrain
    usual = platforms.load("sedan").powertrain
    assert worse is not None and usual is not None and worse.iron_loss > 1.3 * usual.iron_loss
    load, turning = 0.25, 0.35
    power = load * worse.motor_torque * turning * worse.motor_speed_max
    losses = loss_map(worse)
    lost = lost_power(
        turning * worse.motor_speed_max, load * worse.motor_torque, worse.motor_speed_max, worse.motor_torque, losses
    )
    assert power * worse.gear_efficiency / (power + lost) == pytest.approx(0.88, abs=0.003)


def test_sensors_are_read_where_they_sit(tmp_path: Path) -> None:
    assert {sensor.kind for sensor in platforms.load("su7_max").sensors} == {"camera", "radar", "lidar"}
    path = tmp_path / "mine.toml"
    for wrong, said in (('kind = "eye"', "allowed camera"), ("x = 90.0", "allowed -30 to 30 m"), ("w = 1", "unknown")):
        kind = "" if "kind" in wrong else 'kind = "radar"\n'
        path.write_text(SEDAN + f'\n[[sensors]]\nname = "a"\n{kind}{wrong}\n')
        with pytest.raises(EvpilotError, match=said):
            platforms.load(path)
