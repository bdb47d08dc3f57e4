"""TOML and JSON from outside, as plain dictionaries, bounded and without surprises."""

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

from evpilot.files.errors import EvpilotError
from evpilot.files.opening import read_text

SETTINGS_MAX = 1024 * 1024  # [bytes] of a file that people write
JSON_MAX = 64 * 1024 * 1024  # [bytes] of one that programs write
DEPTH_MAX = 60
# Strings and comments of TOML and JSON. An open one ends somewhere, too: no place is looked at twice.
QUOTED = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*",
    re.DOTALL,
)


def _refuse_deep(path: Path, text: str) -> None:
    """Refuse brackets and dotted keys deeper than DEPTH_MAX before a parser meets them: it calls itself for each
    bracket, and takes time with the square of a key's parts."""
    depth = dots = 0
    for found in re.finditer(r"[\[\]{}.,=\n]", QUOTED.sub("", text)):
        mark = found.group()
        dots = dots + 1 if mark == "." else 0
        depth += (mark in "[{") - (mark in "]}")
        if depth > DEPTH_MAX:
            raise EvpilotError(f"brackets nested deeper than {DEPTH_MAX} levels", file=path)
        if dots >= DEPTH_MAX:
            raise EvpilotError(f"a dotted key of more than {DEPTH_MAX} parts", file=path)


def read_toml(path: str | Path, limit: int = SETTINGS_MAX) -> dict[str, Any]:
    """A TOML file as a dictionary. Raises EvpilotError, with the line, on anything that is no TOML."""
    path = Path(path)
    text = read_text(path, limit)
    _refuse_deep(path, text)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise EvpilotError(f"is no TOML: {error}", file=path) from None


def read_json(path: str | Path, limit: int = JSON_MAX) -> Any:
    """A JSON file as plain Python values. Raises EvpilotError on anything that RFC 8259 does not allow: NaN, infinity,
    a key twice in one object; and on numbers beyond float64."""
    path = Path(path)
    text = read_text(path, limit)
    _refuse_deep(path, text)
    try:
        return json.loads(text, parse_constant=_constant, parse_float=_number, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise EvpilotError(f"is no JSON: {error.msg}", file=path, place=place) from None
    except (ValueError, RecursionError) as error:
        raise EvpilotError(f"is no JSON: {error}", file=path) from None


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _number(text: str) -> float:
    value = float(text)
    if not -1e308 < value < 1e308:
        raise ValueError(f"{text[:40]} is beyond any number")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        again = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"key {again[:40]!r} appears twice in one object")
    return found
