"""Frozen records as bytes: small, deterministic, self-describing, exact to the bit.

A schema says which fields a record has and of what kind; it is derived from the dataclasses' annotations, travels with
the bytes as JSON, and drives the reading, so that a file of an older version is read by its own schema (a field that it
lacks takes its default). Values follow each other without padding, little-endian; an array is its dtype, its shape and
its bytes, transposed so that all first bytes of the elements come first, then all second ones (floats compress far
better so).
"""

import json
import math
import struct
import types as python_types
import typing
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np
import numpy.typing as npt

from evpilot.files import EvpilotError

DTYPES = frozenset({"f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"})
DIMENSIONS_MAX = 8
ELEMENTS_MAX = 2**40  # shapes beyond it are broken bytes, whatever their product with zero

_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_U32 = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field holds: int, float, bool, str, json, array, enum, record, optional, list or pair.

    name is the enum's or the record's; parts are the kinds inside an optional, a list or a pair.
    """

    tag: str
    name: str = ""
    parts: tuple["Kind", ...] = ()

    def as_json(self) -> list[Any]:
        """[tag, name, [part, ...]]."""
        return [self.tag, self.name, [part.as_json() for part in self.parts]]

    @staticmethod
    def from_json(value: Any, depth: int = 0) -> "Kind":
        """The inverse of as_json; raises EvpilotError when it is no such list."""
        match value:
            case [str(tag), str(name), [*parts]] if depth < DIMENSIONS_MAX:
                return Kind(tag, name, tuple(Kind.from_json(part, depth + 1) for part in parts))
            case _:
                raise EvpilotError("a field's kind must be [tag, name, [parts]]", place="schema")


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a record and of all records inside it: records[name] is a tuple of (field, kind)."""

    root: str
    records: dict[str, tuple[tuple[str, Kind], ...]]

    def text(self) -> bytes:
        """As JSON, the same bytes for the same schema."""
        records = {name: [[field, kind.as_json()] for field, kind in row] for name, row in self.records.items()}
        return json.dumps({"root": self.root, "records": records}, sort_keys=True).encode()


class Types:
    """The dataclasses and enums that may be read, by name, and the schemas of the roots among them."""

    def __init__(self, *roots: type) -> None:
        self.classes: dict[str, type] = {}
        self.enums: dict[str, type[IntEnum] | type[IntFlag]] = {}
        self.schemas: dict[str, Schema] = {}
        for root in roots:
            records: dict[str, tuple[tuple[str, Kind], ...]] = {}
            self._describe(root, records)
            self.schemas[root.__name__] = Schema(root.__name__, records)

    def _describe(self, cls: type, records: dict[str, tuple[tuple[str, Kind], ...]]) -> Kind:
        name = cls.__name__
        self.classes[name] = cls
        if name not in records:
            records[name] = ()
            hints = typing.get_type_hints(cls)
            records[name] = tuple((f.name, self._kind(hints[f.name], records)) for f in fields(cls))
        return Kind("record", name)

    def _kind(self, hint: Any, records: dict[str, tuple[tuple[str, Kind], ...]]) -> Kind:
        origin, inside = typing.get_origin(hint), typing.get_args(hint)
        if origin is np.ndarray:
            return Kind("array")
        if origin in (typing.Union, python_types.UnionType):
            (present,) = (part for part in inside if part is not type(None))
            return Kind("optional", parts=(self._kind(present, records),))
        if origin is tuple and inside[-1] is Ellipsis:
            return Kind("list", parts=(self._kind(inside[0], records),))
        if origin is tuple:
            return Kind("pair", parts=tuple(self._kind(part, records) for part in inside))
        if origin is dict:
            return Kind("json")
        cls: type = hint
        if is_dataclass(cls):
            return self._describe(cls, records)
        if issubclass(cls, IntEnum | IntFlag):
            self.enums[cls.__name__] = cls
            return Kind("enum", cls.__name__)
        return Kind(cls.__name__)

    def schema(self, text: bytes) -> Schema:
        """Read a schema's JSON; raises EvpilotError when it is broken or names what this version does not know."""
        try:
            raw = json.loads(text)
            records = {
                str(name): tuple((str(field), Kind.from_json(kind)) for field, kind in row)
                for name, row in raw["records"].items()
            }
            schema = Schema(str(raw["root"]), records)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise EvpilotError("not a schema of evpilot's records", place="schema") from error
        for name, row in schema.records.items():
            known = {f.name for f in fields(self.classes[name])} if name in self.classes else set[str]()
            unknown = [field for field, _ in row if field not in known]
            if unknown:
                raise EvpilotError(f"this version of evpilot does not know {name}.{unknown[0]}", place="schema")
        if schema.root not in schema.records:
            raise EvpilotError(f"{schema.root} is not described", place="schema")
        return schema


class Decoder:
    """Reads records of one schema from bytes."""

    def __init__(self, schema: Schema, types: Types) -> None:
        self._schema = schema
        self._types = types
        self._data = memoryview(b"")
        self._at = 0

    def decode(self, data: bytes) -> Any:
        """The record in data; raises EvpilotError, naming the field, when the bytes are not one."""
        self._data, self._at = memoryview(data), 0
        record = self._record(self._schema.root)
        if self._at != len(data):
            raise EvpilotError(f"{len(data) - self._at} bytes too many", place=self._schema.root)
        return record

    def _take(self, count: int) -> memoryview:
        if count > len(self._data) - self._at:
            raise EvpilotError(f"wants {count} bytes, {len(self._data) - self._at} are left")
        self._at += count
        return self._data[self._at - count : self._at]

    def _count(self) -> int:
        return int(_U32.unpack(self._take(4))[0])

    def _record(self, name: str) -> Any:
        values: dict[str, Any] = {}
        for field, kind in self._schema.records[name]:
            try:
                values[field] = self._value(kind)
            except (EvpilotError, ValueError, KeyError, RecursionError) as error:
                raise EvpilotError(str(error), place=f"{name}.{field}") from error
        try:
            return self._types.classes[name](**values)
        except TypeError as error:
            raise EvpilotError(f"a field is missing: {error}", place=name) from error

    def _value(self, kind: Kind) -> Any:
        match kind.tag:
            case "array":
                return self._array()
            case "float":
                return float(_F64.unpack(self._take(8))[0])
            case "int":
                return int(_I64.unpack(self._take(8))[0])
            case "enum":
                return self._types.enums[kind.name](_I64.unpack(self._take(8))[0])
            case "bool":
                return self._flag()
            case "str":
                return bytes(self._take(self._count())).decode()
            case "json":
                return json.loads(bytes(self._take(self._count())))
            case "record":
                return self._record(kind.name)
            case "optional":
                return self._value(kind.parts[0]) if self._flag() else None
            case "list":
                return self._list(kind.parts[0])
            case "pair":
                return tuple(self._value(part) for part in kind.parts)
            case _:
                raise EvpilotError(f"{kind.tag} is no kind of value")

    def _flag(self) -> bool:
        value = self._take(1)[0]
        if value > 1:
            raise EvpilotError(f"{value} where 0 or 1 is allowed")
        return value == 1

    def _list(self, kind: Kind) -> tuple[Any, ...]:
        count = self._count()
        if count > len(self._data) - self._at:
            raise EvpilotError(f"{count} items in {len(self._data) - self._at} bytes")
        return tuple(self._value(kind) for _ in range(count))

    def _array(self) -> npt.NDArray[Any]:
        code = bytes(self._take(2)).decode("ascii", "replace")
        dimensions = self._take(1)[0]
        if code not in DTYPES or dimensions > DIMENSIONS_MAX:
            raise EvpilotError(f"an array of {code!r} with {dimensions} dimensions")
        shape = struct.unpack(f"<{dimensions}I", self._take(4 * dimensions))
        if math.prod(max(size, 1) for size in shape) > ELEMENTS_MAX:
            raise EvpilotError(f"an array of shape {shape}")
        dtype = np.dtype("<" + code)
        planes = np.frombuffer(self._take(math.prod(shape) * dtype.itemsize), np.uint8)
        elements = np.ascontiguousarray(planes.reshape(dtype.itemsize, -1).T) if planes.size else planes
        return elements.copy().reshape(-1).view(dtype).reshape(shape)
