"""Records to bytes and back, older versions, and bytes that are no record."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evpilot.files import EvpilotError
from evpilot.runlog.codec import Decoder, Types
from evpilot.runlog.encoder import Encoder, transposed
from evpilot.types import Gear


@dataclass(frozen=True, kw_only=True)
class Inner:
    value: float
    gear: Gear = Gear.DRIVE


@dataclass(frozen=True, kw_only=True)
class Outer:
    count: int
    flag: bool
    name: str
    notes: dict[str, object]
    inner: Inner | None
    window: tuple[float, float] | None
    many: tuple[Inner, ...]
    data: npt.NDArray[np.float64]


TYPES = Types(Outer)
SCHEMA = TYPES.schemas["Outer"]
FLOATS = st.floats(allow_nan=False)
INNER = st.builds(Inner, value=FLOATS, gear=st.sampled_from(Gear))
OUTER = st.builds(
    Outer,
    count=st.integers(-(2**63), 2**63 - 1),
    flag=st.booleans(),
    name=st.text(),
    notes=st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.booleans()),
    inner=st.none() | INNER,
    window=st.none() | st.tuples(FLOATS, FLOATS),
    many=st.lists(INNER, max_size=3).map(tuple),
    data=hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_, np.int16]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    ),
)


def decode(data):
    return Decoder(TYPES.schema(SCHEMA.text()), TYPES).decode(data)


@settings(max_examples=150, deadline=None)
@given(OUTER)
def test_every_record_comes_back(record):
    again = decode(Encoder(SCHEMA).encode(record))
    fields = ("count", "flag", "name", "notes", "inner", "window", "many")
    assert all(getattr(again, field) == getattr(record, field) for field in fields)
    assert (again.data.dtype, again.data.shape) == (record.data.dtype, record.data.shape)
    assert again.data.tobytes() == record.data.tobytes()


@settings(max_examples=200, deadline=None)
@given(OUTER, st.data())
def test_broken_bytes_raise_only_our_error(record, data):
    raw = bytearray(Encoder(SCHEMA).encode(record))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    except EvpilotError as error:
        assert "Outer" in str(error)


def test_views_and_foreign_byte_order_are_written_as_their_values():
    data = np.arange(12, dtype=">f8").reshape(3, 4)[:, ::2]
    record = Outer(count=1, flag=True, name="", notes={}, inner=None, window=None, many=(), data=data)
    assert np.array_equal(decode(Encoder(SCHEMA).encode(record)).data, data)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([2, 4, 8]), st.integers(0, 3)), max_size=4))
def test_arrays_among_other_bytes_are_transposed_as_numpy_does(arrays):
    spans, wanted, size = [], [], 0
    data = np.arange(200, dtype=np.uint8)
    for count, width, gap in arrays:
        spans.append((size, count, width))
        array = data[size : size + count * width]
        wanted += [array.reshape(count, width).T.ravel(), data[size + len(array) : size + len(array) + gap]]
        size += len(array) + gap
    found = transposed(data, np.array(spans, np.int64).reshape(-1, 3))
    assert np.array_equal(found, np.concatenate([*wanted, data[size:]]))


def test_a_field_that_an_older_file_lacks_takes_its_default():
    text = SCHEMA.text().replace(b', ["gear", ["enum", "Gear", []]]', b"")
    old = TYPES.schema(text)
    record = Outer(
        count=1, flag=True, name="", notes={}, inner=Inner(value=2.0), window=None, many=(), data=np.zeros(2)
    )
    assert Decoder(old, TYPES).decode(Encoder(old).encode(record)).inner == Inner(value=2.0)


def test_a_field_of_a_newer_file_is_named():
    with pytest.raises(EvpilotError, match=r"does not know Inner\.pulse"):
        TYPES.schema(SCHEMA.text().replace(b'"value"', b'"pulse"'))


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"root": "Outer", "records": {}}', b"\xff", b"[" * 200_000])
def test_broken_schema_is_refused(text):
    with pytest.raises(EvpilotError, match="schema"):
        TYPES.schema(text)


def test_a_schema_that_never_ends_is_refused():
    loop = TYPES.schema(b'{"root": "Outer", "records": {"Outer": [["inner", ["record", "Outer", []]]]}}')
    with pytest.raises(EvpilotError):
        Decoder(loop, TYPES).decode(b"")


@pytest.mark.parametrize("value", [2**63, "seven", None])
def test_a_value_without_bytes_is_named(value):
    record = Outer(count=value, flag=True, name="", notes={}, inner=None, window=None, many=(), data=np.zeros(1))
    with pytest.raises(EvpilotError, match=r"Outer\.count"):
        Encoder(SCHEMA).encode(record)
