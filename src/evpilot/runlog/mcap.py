"""Run logs as MCAP files (https://mcap.dev/spec): chunks with zstd, checksums, each schema registered.

Topics: /header, /briefing, /car (the fast clock), /frame (one message each planning tick) and /end.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import zstandard
from mcap.exceptions import McapError
from mcap.records import Channel, Chunk, Message, Schema
from mcap.stream_reader import StreamReader, breakup_chunk
from mcap.writer import CompressionType, Writer

from evpilot.files import EvpilotError
from evpilot.runlog.codec import Decoder, Types
from evpilot.runlog.encoder import Encoder
from evpilot.runlog.record import Frame, Header, RunLog
from evpilot.runlog.reduction import canonical
from evpilot.types import Briefing, Spent, Store
from evpilot.types.state import Array, Ints

ENCODING = "evpilot-record"
RECORD_MAX = 64 * 2**20  # [bytes] reference/safety.md, files
CHUNK = 2**20  # [bytes]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Car:
    """The fast clock of a run, and its powertrain at each frame."""

    t_ns: Ints
    ego: Array
    command: Array
    spent: Array = field(default_factory=lambda: np.zeros((0, len(Spent))))
    store: Array = field(default_factory=lambda: np.zeros((0, len(Store))))


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How the run ended, and how many frames it has: a file without it is not whole."""

    outcome: str
    frames: int


TYPES = Types(Header, Briefing, Car, Frame, End)
TOPICS = {"/header": "Header", "/briefing": "Briefing", "/car": "Car", "/frame": "Frame", "/end": "End"}
ENCODERS = {topic: Encoder(TYPES.schemas[name]) for topic, name in TOPICS.items()}


def records(run: RunLog) -> Iterator[tuple[str, int, Any]]:
    """What a file of a run holds, in order: topic, time [ns], record."""
    start = int(run.t_ns[0]) if len(run.t_ns) else 0
    yield "/header", start, run.header
    yield "/briefing", start, run.briefing
    yield "/car", start, Car(t_ns=run.t_ns, ego=run.ego, command=run.command, spent=run.spent, store=run.store)
    for frame in run.frames:
        yield "/frame", frame.t_ns, frame
    yield "/end", int(run.t_ns[-1]) if len(run.t_ns) else 0, End(outcome=run.outcome, frames=len(run.frames))


def write(run: RunLog, path: str | Path) -> None:
    """Write a run as `canonical` keeps it, under a temporary name that becomes path when the file is whole.

    Raises EvpilotError when the folder cannot be written or a record is larger than 64 MiB.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            _stream(canonical(run), stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        raise EvpilotError(f"cannot be written: {error.strerror}", file=path) from error
    finally:
        part.unlink(missing_ok=True)


def _stream(run: RunLog, stream: BinaryIO) -> None:
    writer = Writer(stream, chunk_size=CHUNK, compression=CompressionType.ZSTD, enable_data_crcs=True)
    writer.start(profile="evpilot", library="evpilot")
    channels: dict[str, int] = {}
    for topic, name in TOPICS.items():
        schema = writer.register_schema(f"evpilot.{name}", ENCODING, TYPES.schemas[name].text())
        channels[topic] = writer.register_channel(topic, ENCODING, schema)
    for topic, t_ns, record in records(run):
        data = ENCODERS[topic].encode(record)
        if len(data) > RECORD_MAX - CHUNK:
            raise EvpilotError(f"{len(data)} bytes, allowed {RECORD_MAX - CHUNK}", place=f"record {topic}")
        writer.add_message(channels[topic], max(t_ns, 0), data, max(t_ns, 0))
    writer.finish()


def read(path: str | Path) -> RunLog:
    """The run in a file, identical to what was recorded (arrays are fresh and writable).

    Raises EvpilotError when the file is missing, truncated, corrupt, of another program, or holds a record over 64 MiB.
    """
    path = Path(path)
    found: dict[str, list[Any]] = {topic: [] for topic in TOPICS}
    try:
        with path.open("rb") as stream:
            for topic, record in _messages(stream):
                found[topic].append(record)
    except OSError as error:
        raise EvpilotError(f"cannot be read: {error.strerror}", file=path) from error
    except EvpilotError as error:
        raise EvpilotError(str(error), file=path) from error
    except (McapError, ValueError, struct.error, zstandard.ZstdError, MemoryError, OverflowError) as error:
        what = str(error) or type(error).__name__
        raise EvpilotError(f"not a whole MCAP file: {what}", file=path) from error
    return _assemble(found, path)


def _messages(stream: BinaryIO) -> Iterator[tuple[str, Any]]:
    decoders: dict[int, Decoder] = {}
    channels: dict[int, tuple[str, Decoder]] = {}
    for record in _records(stream):
        if isinstance(record, Schema):
            if record.encoding == ENCODING and record.id not in decoders:
                decoders[record.id] = Decoder(TYPES.schema(record.data), TYPES)
        elif isinstance(record, Channel):
            if record.schema_id in decoders and record.topic in TOPICS:
                channels[record.id] = (record.topic, decoders[record.schema_id])
        elif isinstance(record, Message) and record.channel_id in channels:
            topic, decoder = channels[record.channel_id]
            value = decoder.decode(record.data)
            if type(value) is not TYPES.classes[TOPICS[topic]]:
                raise EvpilotError(f"holds {type(value).__name__} records", place=topic)
            yield topic, value


def _records(stream: BinaryIO) -> Iterator[Any]:
    reader = StreamReader(stream, emit_chunks=True, validate_crcs=True, record_size_limit=RECORD_MAX)
    for record in reader.records:
        if isinstance(record, Chunk):
            size = record.uncompressed_size
            if record.compression == "zstd":
                size = max(size, zstandard.get_frame_parameters(record.data).content_size)
            if size > RECORD_MAX or record.compression not in ("", "zstd"):
                raise EvpilotError(f"a chunk of {size} bytes ({record.compression}), allowed {RECORD_MAX} with zstd")
            yield from breakup_chunk(record, validate_crc=True)
        else:
            yield record


def _assemble(found: dict[str, list[Any]], path: Path) -> RunLog:
    for topic in ("/header", "/briefing", "/car", "/end"):
        if len(found[topic]) != 1:
            raise EvpilotError(f"{len(found[topic])} records, 1 is needed", file=path, place=topic)
    header, briefing, car, end = (found[topic][0] for topic in ("/header", "/briefing", "/car", "/end"))
    if end.frames != len(found["/frame"]):
        raise EvpilotError(f"{len(found['/frame'])} frames, {end.frames} were recorded", file=path, place="/frame")
    return RunLog(
        header=header,
        briefing=briefing,
        frames=tuple(found["/frame"]),
        t_ns=car.t_ns,
        ego=car.ego,
        command=car.command,
        spent=car.spent,
        store=car.store,
        outcome=end.outcome,
    )
