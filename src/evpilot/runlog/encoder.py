"""Writing records of a schema as bytes, in the form that `codec` says."""

import json
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from evpilot.files import EvpilotError
from evpilot.geometry.jit import kernel
from evpilot.runlog.codec import DIMENSIONS_MAX, DTYPES, Kind, Schema
from evpilot.types.state import Bytes, Ints

_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_U32 = struct.Struct("<I")
_SPAN = struct.Struct("=3q")


class Written(bytearray):
    """The bytes of a record so far. spans: where the arrays lie whose bytes are still in memory's order: beginning,
    elements, and bytes an element, packed as `_SPAN`. One kernel transposes them all in the end, for a call for each
    costs more than most arrays' bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.spans = bytearray()


Put = Callable[[Any, Written], None]
"""Adds the bytes of a value to those so far."""


@kernel("u1[::1](u1[::1], i8[:, ::1])")
def transposed(data: Bytes, spans: Ints) -> Bytes:
    """data (B,), its arrays at spans (N, 3), as `Written` has them, transposed: all first bytes of the elements, then
    all second ones."""
    out = data.copy()
    for k in range(spans.shape[0]):
        at, count, width = spans[k]
        old, new = data[at : at + count * width], out[at : at + count * width]
        for byte in range(width):
            for i in range(count):
                new[byte * count + i] = old[i * width + byte]
    return out


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
        out = Written()
        self._root(record, out)
        spans = np.frombuffer(out.spans, np.int64).reshape(-1, 3)
        return transposed(np.frombuffer(out, np.uint8), spans).tobytes()

    def _record(self, name: str) -> Put:
        if name not in self._known:
            self._known[name] = []  # a record may hold others of its own kind
            wanted = [(field, kind) for field, kind in self._schema.records[name] if (name, field) not in self._skip]
            self._known[name] += [(field, self._put(kind)) for field, kind in wanted]
        row = self._known[name]

        def put(record: Any, out: Written) -> None:
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
    def put(value: Any, out: Written) -> None:
        out += b"\0" if value is None else b"\1"
        if value is not None:
            part(value, out)

    return put


def _put_list(part: Put) -> Put:
    def put(value: Any, out: Written) -> None:
        out += _U32.pack(len(value))
        for item in value:
            part(item, out)

    return put


def _put_pair(parts: tuple[Put, ...]) -> Put:
    def put(value: Any, out: Written) -> None:
        for item, part in zip(value, parts, strict=True):
            part(item, out)

    return put


def _put_float(value: Any, out: Written) -> None:
    out += _F64.pack(value)


def _put_int(value: Any, out: Written) -> None:
    out += _I64.pack(int(value))


def _put_bool(value: Any, out: Written) -> None:
    out += b"\1" if value else b"\0"


def _put_str(value: Any, out: Written) -> None:
    _put_bytes(value.encode(), out)


def _put_json(value: Any, out: Written) -> None:
    _put_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), out)


def _put_bytes(data: bytes, out: Written) -> None:
    out += _U32.pack(len(data))
    out += data


def _put_array(value: npt.NDArray[Any], out: Written) -> None:
    array = np.asarray(value)
    head, swapped = _array_head(array.dtype, array.shape)
    out += head
    if array.itemsize > 1:
        out.spans += _SPAN.pack(len(out), array.size, array.itemsize)
    out += (array.byteswap() if swapped else array).tobytes()


@lru_cache(maxsize=1024)
def _array_head(dtype: np.dtype[Any], shape: tuple[int, ...]) -> tuple[bytes, bool]:
    """What stands before an array's bytes, and whether those are the other way round in memory."""
    order, text = dtype.str[0], dtype.str[1:]
    if text not in DTYPES or len(shape) > DIMENSIONS_MAX:
        raise EvpilotError(f"an array of {dtype}, allowed {', '.join(sorted(DTYPES))}", place="array")
    return text.encode() + struct.pack(f"<B{len(shape)}I", len(shape), *shape), order == ">"


PLAIN: dict[str, Put] = {
    "array": _put_array,
    "float": _put_float,
    "int": _put_int,
    "enum": _put_int,
    "bool": _put_bool,
    "str": _put_str,
    "json": _put_json,
}
