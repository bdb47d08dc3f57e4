"""The cars: one TOML file each, every value with its unit and its source."""

import dataclasses
import difflib
import math
from pathlib import Path
from typing import Any

from evpilot.files import EvpilotError, read_toml
from evpilot.types import Platform

FOLDER = Path(__file__).parent
BYTES_MAX = 16_384  # a platform file holds some thirty lines

UNITS = {
    "length": "m",
    "width": "m",
    "height": "m",
    "wheelbase": "m",
    "rear_to_center": "m",
    "mass": "kg",
    "yaw_inertia": "kg m2",
    "cg_to_front": "m",
    "cg_to_rear": "m",
    "cg_height": "m",
    "cornering_front": "N/rad",
    "cornering_rear": "N/rad",
    "friction": "-",
    "steering_max": "rad",
    "steering_rate_max": "rad/s",
    "steering_lag": "s",
    "accel_max": "m/s2",
    "brake_max": "m/s2",
    "accel_lag": "s",
    "accel_jerk": "m/s3",
    "brake_jerk": "m/s3",
    "speed_max": "m/s",
    "reverse_speed_max": "m/s",
    "drive_power": "W",
    "drag_area": "m2",
    "rolling_resistance": "-",
    "drivetrain_efficiency": "-",
    "regen_power": "W",
    "auxiliary_power": "W",
    "battery_energy": "J",
}
"""Every key of a platform file's [values] and the unit that it must be given in."""

MAY_BE_ZERO = ("steering_lag", "accel_lag", "drag_area", "rolling_resistance", "regen_power", "auxiliary_power")
WHEELBASE_SLACK = 2e-3  # [m] makers round axle distances to the millimetre


def names() -> tuple[str, ...]:
    """The keys of the cars that come with evpilot, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(key_or_path: str | Path) -> Platform:
    """The car with a built-in key, or of a TOML file (anything that ends in .toml).

    Raises EvpilotError, naming file and key, when there is no such car or a value is missing, unknown, in another
    unit, without a source, or out of any car's range.
    """
    text = str(key_or_path)
    if text.endswith(".toml"):
        return parse(read_toml(text, BYTES_MAX), file=text)
    if text not in names():
        near = _nearest(text, names())
        raise EvpilotError(f"no platform '{text}'{near}; there are: {', '.join(names())}, or the path of a .toml file")
    path = FOLDER / f"{text}.toml"
    return parse(read_toml(path, BYTES_MAX), file=str(path))


def parse(document: dict[str, Any], *, file: str) -> Platform:
    """A platform from a TOML document; file is for the error messages. Raises EvpilotError like `load`."""
    _only(document, ("key", "name", "values"), file, "")
    key, name = (_text(document.get(field), file, field) for field in ("key", "name"))
    table = document.get("values")
    if not isinstance(table, dict):
        raise EvpilotError("no table of values; write [values] with one line for each parameter", file=file)
    _only(table, tuple(UNITS), file, "values.")
    numbers: dict[str, float] = {}
    sources: dict[str, str] = {}
    for field in UNITS:
        numbers[field], sources[field] = _value(table.get(field), file, field)
    platform = Platform(key=key, name=name, **numbers, sources=sources)
    platform.validate()
    axles = platform.cg_to_front + platform.cg_to_rear
    if abs(axles - platform.wheelbase) > WHEELBASE_SLACK:
        raise EvpilotError(
            f"cg_to_front + cg_to_rear is {axles:g} m, but wheelbase is {platform.wheelbase:g} m; they must be equal",
            file=file,
            place="values",
        )
    return platform


def to_document(platform: Platform) -> dict[str, Any]:
    """The document that `parse` reads back to an equal platform; plain values, for run records."""
    numbers = dataclasses.asdict(platform)
    values = {
        field: {"value": numbers[field], "unit": unit, "source": platform.sources.get(field, "given in code")}
        for field, unit in UNITS.items()
    }
    return {"key": platform.key, "name": platform.name, "values": values}


def _only(table: dict[str, Any], legal: tuple[str, ...], file: str, prefix: str) -> None:
    for field in table:
        if field not in legal:
            raise EvpilotError(f"unknown key{_nearest(field, legal)}", file=file, place=f"{prefix}{field}")


def _nearest(found: str, legal: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(found, legal, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _text(found: object, file: str, field: str) -> str:
    if not isinstance(found, str) or not found.strip():
        raise EvpilotError(f"{found!r}, must be a text", file=file, place=field)
    return found


def _value(entry: object, file: str, field: str) -> tuple[float, str]:
    place, unit = f"values.{field}", UNITS[field]
    form = f'write {field} = {{ value = NUMBER, unit = "{unit}", source = "WHERE FROM" }}'
    if not isinstance(entry, dict):
        raise EvpilotError(f"{'missing' if entry is None else 'no table'}; {form}", file=file, place=place)
    _only(entry, ("value", "unit", "source"), file, f"{place}.")
    number = entry.get("value")
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise EvpilotError(f"{number!r} is no finite number; {form}", file=file, place=place)
    if entry.get("unit") != unit:
        raise EvpilotError(f"unit {entry.get('unit')!r}, must be '{unit}'", file=file, place=place)
    if number < 0 or (number == 0 and field not in MAY_BE_ZERO):
        raise EvpilotError(f"{number:g} {unit}, must be above 0", file=file, place=place)
    return float(number), _text(entry.get("source"), file, f"{place}.source")
