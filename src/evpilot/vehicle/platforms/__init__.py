"""The cars: one TOML file each, every value with its unit and its source."""

import dataclasses
import difflib
from pathlib import Path
from typing import Any

from evpilot.files import EvpilotError, read_toml
from evpilot.types import Platform, Powertrain
from evpilot.vehicle.platforms import physics, reading
from evpilot.vehicle.platforms.keys import CURVE, CURVE_UNIT, LEGAL, NUMBERS, REQUIRED, UNITS
from evpilot.vehicle.powertrain.estimates import RULES, estimated

FOLDER = Path(__file__).parent
BYTES_MAX = 65_536  # a platform file holds some hundred lines
CAR_FIELDS = tuple(field.name for field in dataclasses.fields(Platform) if field.name in UNITS)
EFFICIENCY = "drivetrain_efficiency"
EFFICIENCY_RULE = "at the reference point, from the losses' own rules"

__all__ = ["FOLDER", "REQUIRED", "UNITS", "Platform", "load", "names", "parse", "to_document"]


def names() -> tuple[str, ...]:
    """The keys of the cars that come with evpilot, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(key_or_path: str | Path) -> Platform:
    """The car with a built-in key, or of a TOML file (anything that ends in .toml).

    Raises EvpilotError, naming file and key, when there is no such car or a value is missing, unknown, in another
    unit, without a source, out of any car's range, or at odds with the others.
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
    _only(document, ("key", "name", "values", "sensors"), file, "")
    key, name = (reading.text(document.get(field), file, field) for field in ("key", "name"))
    table = document.get("values")
    if not isinstance(table, dict):
        raise EvpilotError("no table of values; write [values] with one line for each parameter", file=file)
    _only(table, LEGAL, file, "values.")
    known: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for field in LEGAL:
        if field in REQUIRED or field in table:
            known[field], sources[field] = reading.entry(field, table.get(field), file)
    train, told = estimated(known)
    if EFFICIENCY not in known:
        known[EFFICIENCY], told[EFFICIENCY] = 0.9, f"estimated: {EFFICIENCY_RULE}"
    platform = Platform(
        key=key,
        name=name,
        **{field: known[field] for field in CAR_FIELDS},
        sources=sources | told,
        powertrain=Powertrain(**train),
        sensors=reading.sensors(document.get("sensors"), file),
    )
    for field, number in NUMBERS.items():
        value = known[field] if field in known else train[field]
        if not number.low <= value <= number.high:
            raise EvpilotError(
                f"{value:.4g} {number.unit} ({(sources | told)[field]}), allowed {number.low:g} to {number.high:g} "
                f"{number.unit}",
                file=file,
                place=f"values.{field}",
            )
    physics.check(platform, file)
    return platform


def to_document(platform: Platform) -> dict[str, Any]:
    """The document that `parse` reads back to an equal platform; plain values, for run records."""
    train = platform.powertrain
    values: dict[str, Any] = {}
    for field in (*CAR_FIELDS, *(RULES if train else ())):
        value = getattr(train if field in RULES else platform, field)
        unit = UNITS.get(field, CURVE_UNIT if field == CURVE else "-")
        if field == CURVE:
            value = [list(point) for point in value]
        values[field] = {"value": value, "unit": unit, "source": platform.sources.get(field, "given in code")}
    document: dict[str, Any] = {"key": platform.key, "name": platform.name, "values": values}
    if platform.sensors:
        document["sensors"] = [dataclasses.asdict(sensor) for sensor in platform.sensors]
    return document


def _only(table: dict[str, Any], legal: tuple[str, ...], file: str, prefix: str) -> None:
    for field in table:
        if field not in legal:
            raise EvpilotError(f"unknown key{_nearest(field, legal)}", file=file, place=f"{prefix}{field}")


def _nearest(found: str, legal: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(found, legal, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
