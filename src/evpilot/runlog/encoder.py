"""Writing records of a schema as bytes, in the form that `codec` says."""

import json
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from evpilot.files import EvpilotError
from evpilot.runlog.codec import DIMENSIONS_MAX, DTYPES, Kind, Schema

_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_U32 = struct.Struct("<I")
Put = Callable[[Any, list[bytes]], None]
"""Adds the bytes of a value to those so far."""


class Encoder:
    """Writes records of one schema as bytes, without the (record, field) pairs in skip.

    What is to be done for each field is found once: a drive has a hundred thousand of them.
    """

    def __init__(self, schema: Schema, skip: frozenset[tuple[str, str]] = frozenset()) -> None:
        self._schema, self._skip = schema, skip
        self._known: dict[str, list[tuple[str, Put]]] = {}
        self._root = self._record(schema.root)

    def encode(self, record: Any) -> bytes:
        """The bytes of a record; raises EvpilotError for what has no bytes."""
        out: list[bytes] = []
        self._root(record, out)
        return b"".join(out)

    def _record(self, name: str) -> Put:
        if name not in self._known:
            self._known[name] = []  # a record may hold others of its own kind
            wanted = [(field, kind) for field, kind in self._schema.records[name] if (name, field) not in self._skip]
            self._known[name] += [(field, self._put(kind)) for field, kind in wanted]
        row = self._known[name]

        def put(record: Any, out: list[bytes]) -> None:
            field = ""
            try:
                for field, write in row:
                    write(getattr(record, field), out)
            except (struct.error, TypeError, ValueError, AttributeError, OverflowError) as error:
                raise EvpilotError(f"cannot be recorded: {error}", place=f"{name}.{field}") from error

        return put

    def _put(self, kind: Kind) -> Put:
        match kind.tag:
            case "record":
                return self._record(kind.name)
            case "optional":
                return _put_optional(self._put(kind.parts[0]))
            case "list":
                return _put_list(self._put(kind.parts[0]))
            case "pair":
                return _put_pair(tuple(self._put(part) for part in kind.parts))
            case _:
                return PLAIN[kind.tag]


def _put_optional(part: Put) -> Put:
    def put(value: Any, out: list[bytes]) -> None:
        out.append(b"\0" if value is None else b"\1")
        if value is not None:
            part(value, out)

    return put


def _put_list(part: Put) -> Put:
    def put(value: Any, out: list[bytes]) -> None:
        out.append(_U32.pack(len(value)))
        for item in value:
            part(item, out)

    return put


def _put_pair(parts: tuple[Put, ...]) -> Put:
    def put(value: Any, out: list[bytes]) -> None:
        for item, part in zip(value, parts, strict=True):
            part(item, out)

    return put


def _put_float(value: Any, out: list[bytes]) -> None:
    out.append(_F64.pack(value))


def _put_int(value: Any, out: list[bytes]) -> None:
    out.append(_I64.pack(int(value)))


def _put_bool(value: Any, out: list[bytes]) -> None:
    out.append(b"\1" if value else b"\0")


def _put_str(value: Any, out: list[bytes]) -> None:
    _put_bytes(value.encode(), out)


def _put_json(value: Any, out: list[bytes]) -> None:
    _put_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), out)


def _put_bytes(data: bytes, out: list[bytes]) -> None:
    out.append(_U32.pack(len(data)))
    out.append(data)


def _put_array(value: npt.NDArray[Any], out: list[bytes]) -> None:
    array = np.asarray(value, order="C")
    text = array.dtype.str
    if text[1:] not in DTYPES or array.ndim > DIMENSIONS_MAX:
        raise EvpilotError(f"an array of {array.dtype}, allowed {', '.join(sorted(DTYPES))}", place="array")
    if text[0] == ">":
        array = array.astype("<" + text[1:])
    out.append(_array_head(text[1:], array.shape))
    out.append(array.tobytes() if array.itemsize == 1 else array.reshape(-1, 1).view(np.uint8).T.tobytes())


@lru_cache(maxsize=1024)
def _array_head(text: str, shape: tuple[int, ...]) -> bytes:
    return text.encode() + struct.pack(f"<B{len(shape)}I", len(shape), *shape)


PLAIN: dict[str, Put] = {
    "array": _put_array,
    "float": _put_float,
    "int": _put_int,
    "enum": _put_int,
    "bool": _put_bool,
    "str": _put_str,
    "json": _put_json,
}
