"""Route files: TOML with [[legs]] and [[chargers]], or CSV with one leg a row; in units that people use.

A file of either kind is refused in one line that names the place, what was found and what is legal.
"""

import difflib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evpilot.files import EvpilotError, read_text, read_toml
from evpilot.files.numbers import to_float
from evpilot.vehicle.journey.route import CHARGERS_MAX, LEGS_MAX, ROLLING, Charger, Leg, Route
from evpilot.vehicle.powertrain.conditions import KELVIN

BYTES_MAX = 4 * 1024 * 1024
BEYOND = 1e300  # what no physical value reaches
SHOWN = 40  # letters of a value that an error repeats

Key = tuple[str, float, float, str, float, float]
LEG: dict[str, Key] = {  # key: field, least, most, unit, factor and offset to SI
    "length_km": ("length", 1e-4, 1000.0, "km", 1e3, 0.0),
    "limit_kmh": ("limit", 5.0, 250.0, "km/h", 1.0 / 3.6, 0.0),
    "grade_percent": ("grade", -30.0, 30.0, "%", 0.01, 0.0),
    "lights": ("lights", 0.0, 500.0, "", 1.0, 0.0),
    "red_share": ("red_share", 0.0, 1.0, "", 1.0, 0.0),
    "wait_s": ("wait", 0.0, 600.0, "s", 1.0, 0.0),
    "stop_signs": ("stop_signs", 0.0, 500.0, "", 1.0, 0.0),
    "traffic": ("pace", 0.1, 1.5, "of the limit", 1.0, 0.0),
    "headwind_kmh": ("headwind", -140.0, 140.0, "km/h", 1.0 / 3.6, 0.0),
    "temperature_c": ("temperature", -50.0, 60.0, "degrees Celsius", 1.0, KELVIN),
}
CHARGER: dict[str, Key] = {
    "at_km": ("at", 0.0, 3000.0, "km", 1e3, 0.0),
    "power_kw": ("power", 1.0, 1000.0, "kW", 1e3, 0.0),
    "detour_km": ("detour", 0.0, 100.0, "km", 1e3, 0.0),
    "wait_min": ("wait", 0.0, 240.0, "min", 60.0, 0.0),
}
WORDS = ("name", "surface")
WHOLE = ("lights", "stop_signs")
HEAD = ("name", "legs", "chargers", *(key for key in LEG if key != "length_km"), "surface")
SUFFIXES = (".toml", ".csv")


def read_route(path: str | Path) -> Route:
    """The route of a .toml or .csv file. Raises EvpilotError on anything else."""
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return _checked(_from_csv(path), path)
    return _checked(_from_toml(path), path)


def _checked(route: Route, path: Path) -> Route:
    try:
        route.validate()
    except EvpilotError as error:
        raise EvpilotError(str(error), file=path) from None
    return route


def _from_toml(path: Path) -> Route:
    document = read_toml(path, BYTES_MAX)
    _only(document, HEAD, path, "")
    name = document.get("name", path.stem)
    if not isinstance(name, str) or not name.strip():
        raise EvpilotError(f"{_shown(name)}, must be a text", file=path, place="name")
    usual = {key: value for key, value in document.items() if key in LEG or key == "surface"}
    _leg({"length_km": 1.0, "limit_kmh": 50.0, **usual}, path, "head")
    legs = [_leg({**usual, **row}, path, place) for place, row in _tables(document, "legs", LEGS_MAX, path)]
    chargers = [_charger(row, path, place) for place, row in _tables(document, "chargers", CHARGERS_MAX, path)]
    if not legs:
        raise EvpilotError("no legs; write at least one table [[legs]] with length_km and limit_kmh", file=path)
    return Route(name=name, legs=tuple(legs), chargers=tuple(chargers))


def _tables(document: Mapping[str, Any], key: str, most: int, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    found = document.get(key, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise EvpilotError(f"must be tables [[{key}]]", file=path, place=key)
    if len(found) > most:
        raise EvpilotError(f"{len(found)} tables, allowed at most {most}", file=path, place=key)
    for number, row in enumerate(found, 1):
        yield f"{key} {number}", row


def _from_csv(path: Path) -> Route:
    """A leg a row; a row with charger_kw has a charger at the leg's end."""
    lines = [line for line in read_text(path, BYTES_MAX).splitlines() if line.strip()]
    head = [cell.strip().lower() for cell in lines[0].split(",")] if lines else []
    _only(dict.fromkeys(head), (*LEG, *WORDS, "charger_kw"), path, "line 1, ")
    if len(set(head)) < len(head):
        raise EvpilotError("a column appears twice", file=path, place="line 1")
    if len(lines) - 1 > LEGS_MAX:
        raise EvpilotError(f"{len(lines) - 1} rows, allowed at most {LEGS_MAX}", file=path)
    legs: list[Leg] = []
    chargers: list[Charger] = []
    way = 0.0
    for number, line in enumerate(lines[1:], 2):
        cells = [cell.strip() for cell in line.split(",")]
        place = f"line {number}"
        if len(cells) != len(head):
            raise EvpilotError(f"{len(cells)} columns, must be {len(head)}", file=path, place=place)
        row = {key: _cell(key, cell, path, place) for key, cell in zip(head, cells, strict=True) if cell}
        power = row.pop("charger_kw", None)
        legs.append(_leg(row, path, place))
        way += legs[-1].length
        if power is not None:
            charger = {"name": legs[-1].name or f"charger {len(chargers) + 1}", "at_km": way / 1e3, "power_kw": power}
            chargers.append(_charger(charger, path, place))
    if not legs:
        raise EvpilotError("no rows below the head; write one for each leg", file=path)
    return Route(name=path.stem, legs=tuple(legs), chargers=tuple(chargers))


def _cell(key: str, cell: str, path: Path, place: str) -> object:
    if key in WORDS:
        return cell
    value = to_float(cell)
    if value is None:
        raise EvpilotError(f"{_shown(cell)} is no number", file=path, place=f"{place}, {key}")
    return value


def _leg(row: Mapping[str, Any], path: Path, place: str) -> Leg:
    _only(row, (*LEG, *WORDS), path, f"{place}, ")
    for key in ("length_km", "limit_kmh"):
        if key not in row:
            raise EvpilotError(f"missing; each leg needs {key}", file=path, place=f"{place}, {key}")
    values = _numbers(row, LEG, path, place)
    values["grade"] = math.atan(values.get("grade", 0.0))
    surface, name = row.get("surface", "dry"), row.get("name", "")
    if surface not in ROLLING:
        raise EvpilotError(f"{_shown(surface)}, allowed {', '.join(ROLLING)}", file=path, place=f"{place}, surface")
    if not isinstance(name, str):
        raise EvpilotError(f"{_shown(name)}, must be a text", file=path, place=f"{place}, name")
    lights, signs = int(values.pop("lights", 0.0)), int(values.pop("stop_signs", 0.0))
    return Leg(**values, lights=lights, stop_signs=signs, surface=surface, name=name)


def _charger(row: Mapping[str, Any], path: Path, place: str) -> Charger:
    _only(row, (*CHARGER, "name"), path, f"{place}, ")
    for key in ("name", "at_km", "power_kw"):
        if key not in row:
            raise EvpilotError(f"missing; each charger needs {key}", file=path, place=f"{place}, {key}")
    name = row["name"]
    if not isinstance(name, str) or not name.strip():
        raise EvpilotError(f"{_shown(name)}, must be a text", file=path, place=f"{place}, name")
    return Charger(name=name, **_numbers(row, CHARGER, path, place))


def _numbers(row: Mapping[str, Any], keys: Mapping[str, Key], path: Path, place: str) -> dict[str, float]:
    values: dict[str, float] = {}
    for key, (field, low, high, unit, factor, offset) in keys.items():
        if key not in row:
            continue
        value = row[key]
        where = f"{place}, {key}"
        legal = f"allowed {low:g} to {high:g} {unit}".rstrip()
        if isinstance(value, bool) or not isinstance(value, int | float) or not -BEYOND < value < BEYOND:
            raise EvpilotError(f"{_shown(value)} is no finite number, {legal}", file=path, place=where)
        if not low <= value <= high:
            raise EvpilotError(f"{value:g} {unit}".rstrip() + f", {legal}", file=path, place=where)
        if key in WHOLE and value != int(value):
            raise EvpilotError(f"{value:g}, must be a whole number", file=path, place=where)
        values[field] = float(value) * factor + offset
    return values


def _only(found: Mapping[str, Any], legal: tuple[str, ...], path: Path, prefix: str) -> None:
    for key in found:
        if key not in legal:
            near = difflib.get_close_matches(key, legal, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"allowed {', '.join(legal)}"
            raise EvpilotError(f"unknown key {_shown(key)}; {hint}", file=path, place=prefix.rstrip(", ") or None)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."
