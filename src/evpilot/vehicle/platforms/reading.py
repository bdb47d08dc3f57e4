"""Single entries of a platform file: refused in one line that names the key, what was found and what is legal."""

import difflib
import math
from typing import Any

from evpilot.files import EvpilotError
from evpilot.types import Sensor
from evpilot.vehicle.platforms.keys import (
    CURVE,
    CURVE_POINTS,
    CURVE_UNIT,
    NUMBERS,
    SENSOR_KINDS,
    SENSOR_NUMBERS,
    SENSORS_MAX,
    TEXTS,
)

SHOWN = 60  # letters of a value that an error repeats
ENTRY = ("value", "unit", "source")
AWAY_MAX = 30.0  # [m] of a sensor from the rear axle
BEYOND = 1e300  # what no physical value reaches


def text(found: object, file: str, place: str) -> str:
    """A text that is not blank."""
    if not isinstance(found, str) or not found.strip():
        raise EvpilotError(f"{_shown(found)}, must be a text", file=file, place=place)
    return found


def entry(field: str, found: object, file: str) -> tuple[Any, str]:
    """The value and the source of a key of [values]; numbers are checked against their own bounds."""
    place = f"values.{field}"
    unit = NUMBERS[field].unit if field in NUMBERS else CURVE_UNIT if field == CURVE else "-"
    legal = "NUMBER" if field in NUMBERS else "[[0.0, POWER], ...]" if field == CURVE else f'"{TEXTS[field][0]}"'
    form = f'write {field} = {{ value = {legal}, unit = "{unit}", source = "WHERE FROM" }}'
    if not isinstance(found, dict):
        raise EvpilotError(f"{'missing' if found is None else 'no table'}; {form}", file=file, place=place)
    for key in found:
        if key not in ENTRY:
            near = difflib.get_close_matches(key, ENTRY, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise EvpilotError(f"unknown key{hint}", file=file, place=f"{place}.{key}")
    value = found.get("value")
    if field in NUMBERS:
        _finite(value, form, file, place)
    if found.get("unit") != unit:
        raise EvpilotError(f"unit {_shown(found.get('unit'))}, must be '{unit}'", file=file, place=place)
    source = text(found.get("source"), file, f"{place}.source")
    if field == CURVE:
        return _curve(value, form, file, place), source
    if field in TEXTS:
        if value not in TEXTS[field]:
            raise EvpilotError(f"{_shown(value)}, allowed {', '.join(TEXTS[field])}", file=file, place=place)
        return value, source
    return _bounded(field, float(value), file, place), source  # type: ignore[arg-type]


def sensors(found: object, file: str) -> tuple[Sensor, ...]:
    """The sensors of a file's [[sensors]] tables."""
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > SENSORS_MAX:
        raise EvpilotError(f"must be at most {SENSORS_MAX} tables [[sensors]]", file=file, place="sensors")
    return tuple(_sensor(one, file, f"sensors[{k}]") for k, one in enumerate(found))


def _sensor(found: object, file: str, place: str) -> Sensor:
    legal = ("name", "kind", *SENSOR_NUMBERS, "source")
    if not isinstance(found, dict):
        raise EvpilotError(f"no table; write [[sensors]] with {', '.join(legal)}", file=file, place=place)
    for key in found:
        if key not in legal:
            raise EvpilotError(f"unknown key, allowed {', '.join(legal)}", file=file, place=f"{place}.{key}")
    name, kind = text(found.get("name"), file, f"{place}.name"), found.get("kind")
    if kind not in SENSOR_KINDS:
        raise EvpilotError(f"{_shown(kind)}, allowed {', '.join(SENSOR_KINDS)}", file=file, place=f"{place}.kind")
    numbers: dict[str, float] = {}
    for key, unit in SENSOR_NUMBERS.items():
        value = found.get(key, 0.0)
        _finite(value, f"write {key} = NUMBER [{unit}]", file, f"{place}.{key}")
        most = AWAY_MAX if unit == "m" else math.pi
        if abs(value) > most:
            what = f"{value:.4g} {unit}, allowed {-most:.4g} to {most:.4g} {unit}"
            raise EvpilotError(what, file=file, place=f"{place}.{key}")
        numbers[key] = float(value)
    return Sensor(name=name, kind=str(kind), **numbers)


def _finite(value: object, form: str, file: str, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -BEYOND < value < BEYOND:
        raise EvpilotError(f"{_shown(value)} is no finite number; {form}", file=file, place=place)


def _bounded(field: str, value: float, file: str, place: str) -> float:
    number = NUMBERS[field]
    if number.low >= 0.0 and value < 0.0:
        raise EvpilotError(f"{value:g} {number.unit}, must be above 0", file=file, place=place)
    if not number.low <= value <= number.high:
        what = f"{value:g} {number.unit}, allowed {number.low:g} to {number.high:g} {number.unit}"
        raise EvpilotError(what, file=file, place=place)
    return value


def _curve(value: object, form: str, file: str, place: str) -> tuple[tuple[float, float], ...]:
    low, high = CURVE_POINTS
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise EvpilotError(f"allowed {low} to {high} pairs of charge and power; {form}", file=file, place=place)
    points: list[tuple[float, float]] = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise EvpilotError(f"{_shown(pair)} is no pair of charge and power; {form}", file=file, place=place)
        for number in pair:
            _finite(number, form, file, place)
        points.append((float(pair[0]), float(pair[1])))
    return tuple(points)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."
