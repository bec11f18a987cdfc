r"""Chunks of a recording: events to bytes and back. Pure: it opens no file and reads no clock.

A chunk is a header of fixed length and a compressed MessagePack payload. Header, little-endian, 52 bytes:

    offset  0  magic            8 bytes, b"\x89TTXT\r\n\x1a"
            8  version          uint8, 1
            9  kind             uint8: 1 events, 2 keyframe; readers skip kinds they don't know
           10  codec            uint8: 1 zstd
           11  flags            uint8: 1 a gap is in it
           12  rows             uint32
           16  first time       int64, least receive time, ns
           24  last time        int64, greatest receive time, ns
           32  first sequence   int64, record sequence of the first row
           40  payload length   uint32
           44  payload CRC-32C  uint32
           48  header CRC-32C   uint32, of the 48 bytes before it, and so of the whole chunk

Payload, any MessagePack library reads it:

    [venue, category, pair, source, receive time, venue time, sequence, rows]
    row = [receive time delta, venue time delta, sequence delta, [tag, field, …]]

Deltas are to the row before; the first row's, to the payload's own three numbers, are 0. A keyframe's rows are
events that stand for everything before it: the instrument, candles, the ticker, the whole book. Its two times are
the greatest receive time before it, so that they never fall from one keyframe to the next.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum, IntFlag
from typing import Any, Generic, NamedTuple, TypeVar

import crc32c
import msgspec
import zstandard
from msgspec import Raw, Struct

from ttxt_core.errors import CorruptChunkError, EventError, RecordingError
from ttxt_core.events import Event, FeedGap, MessageHeader, Source, UnknownEvent
from ttxt_core.events.registry import registry

MAGIC = b"\x89TTXT\r\n\x1a"
"""A byte that is no ASCII, a name, both line ends and a Ctrl-Z: text tools that alter a file give themselves away."""
VERSION = 1
ZSTD = 1
ZSTD_LEVEL = 3
"""Level 1 is no faster with chunks of 150 events, and takes 10 % more bytes."""
MAX_PAYLOAD = 256 * 2**20
"""Bytes that a payload may have when decompressed; what claims more is damaged or hostile."""

_FIELDS = struct.Struct("<8sBBBBIqqqII")
_CHECKSUM = struct.Struct("<I")
HEADER_SIZE = _FIELDS.size + _CHECKSUM.size

T = TypeVar("T")


class ChunkKind(IntEnum):
    """What a chunk's rows are: events as they came, or events that stand for all before."""

    EVENTS = 1
    KEYFRAME = 2


class ChunkFlag(IntFlag):
    """GAP: a `FeedGap` is among its events."""

    GAP = 1


class ChunkHeader(NamedTuple):
    """What a chunk says of itself; see the module's text."""

    kind: int
    codec: int
    flags: int
    rows: int
    first_ns: int
    last_ns: int
    first_sequence: int
    payload_length: int
    payload_crc: int


class _Row(Struct, Generic[T], frozen=True, array_like=True, gc=False):
    receive_delta_ns: int
    venue_delta_ns: int
    sequence_delta: int
    data: T


class _Payload(Struct, Generic[T], frozen=True, array_like=True):
    venue: str
    category: str
    pair: str
    source: Source
    receive_ns: int
    venue_ns: int
    sequence: int
    rows: list[_Row[T]]


class ChunkEncoder:
    """Events to chunks. One thread at a time."""

    def __init__(self) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)

    def events_chunk(self, events: Sequence[Event[Any]]) -> bytes:
        """A chunk of `events`: at least one, all of one instrument and source.

        Raises:
            EventError: an event can't be encoded.
        """
        return self._chunk(ChunkKind.EVENTS, events)

    def keyframe_chunk(self, events: Sequence[Event[Any]], as_of_ns: int) -> bytes:
        """A keyframe: `events` stand for everything up to `as_of_ns`.

        Raises:
            EventError: an event can't be encoded.
        """
        return self._chunk(ChunkKind.KEYFRAME, events, as_of_ns)

    def _chunk(self, kind: ChunkKind, events: Sequence[Event[Any]], as_of_ns: int | None = None) -> bytes:
        """The chunk's times are those of its events, or both `as_of_ns`."""
        first = events[0].header
        flags = ChunkFlag(0)
        first_ns = last_ns = receive_ns = first.receive_time_ns
        venue_ns = first.venue_time_ns
        sequence = first.sequence
        rows = []
        for event in events:
            header = event.header
            data = event.data
            kind_of_data = type(data)
            if kind_of_data is UnknownEvent:
                data = Raw(data.raw)
            elif kind_of_data is FeedGap:
                flags = ChunkFlag.GAP
            time_ns = header.receive_time_ns
            rows.append((time_ns - receive_ns, header.venue_time_ns - venue_ns, header.sequence - sequence, data))
            if time_ns > last_ns:
                last_ns = time_ns
            elif time_ns < first_ns:
                first_ns = time_ns
            receive_ns = time_ns
            venue_ns = header.venue_time_ns
            sequence = header.sequence
        if as_of_ns is not None:
            first_ns, last_ns, flags = as_of_ns, as_of_ns, ChunkFlag(0)
        payload = (
            *(first.venue, first.category, first.pair, first.source),
            *(first.receive_time_ns, first.venue_time_ns, first.sequence, rows),
        )
        try:
            packed = self._compressor.compress(self._encoder.encode(payload))
            fields = _FIELDS.pack(
                *(MAGIC, VERSION, kind, ZSTD, flags, len(rows), first_ns, last_ns, first.sequence),
                *(len(packed), crc32c.crc32c(packed)),
            )
        except (TypeError, ValueError, OverflowError, struct.error) as error:
            names = ", ".join(sorted({type(event.data).__name__ for event in events}))
            raise EventError(
                f"encode {len(events)} events of {first.key} ({names})",
                str(error),
                "fields of an event must be what MessagePack carries",
            ) from error
        return fields + _CHECKSUM.pack(crc32c.crc32c(fields)) + packed


class ChunkDecoder:
    """Chunks to events, under the source that they were recorded with or under `source`."""

    def __init__(self, source: Source | None = None) -> None:
        self._source = source
        self._decompressor = zstandard.ZstdDecompressor()
        self._raw = msgspec.msgpack.Decoder(_Payload[Raw])
        self._typed: msgspec.msgpack.Decoder[_Payload[Any]] | None = None
        self._generation = -1

    def events(self, header: ChunkHeader, payload: bytes, where: str) -> list[Event[Any]]:
        """The events of a chunk, in order; `where` names it in errors.

        Data with a tag that is not registered become `UnknownEvent`. In the place of data that can't be read
        although their tag is known stands a `FeedGap` that says why.

        Raises:
            CorruptChunkError: the checksum, the codec or the contents are wrong.
        """
        packed = self._unpack(header, payload, where)
        try:
            content = self._decoder().decode(packed)
        except msgspec.ValidationError:
            content = self._decode_by_row(packed, where)
        except msgspec.DecodeError as error:
            raise CorruptChunkError(where, f"its payload is no MessagePack: {error}") from error
        if len(content.rows) != header.rows:
            raise CorruptChunkError(where, f"{len(content.rows)} rows instead of {header.rows}")
        venue, category, pair = content.venue, content.category, content.pair
        source = self._source or content.source
        receive_ns, venue_ns, sequence = content.receive_ns, content.venue_ns, content.sequence
        events: list[Event[Any]] = []
        for row in content.rows:
            receive_ns += row.receive_delta_ns
            venue_ns += row.venue_delta_ns
            sequence += row.sequence_delta
            message = MessageHeader(venue, category, pair, venue_ns, receive_ns, sequence, source)
            events.append(Event(message, row.data))
        return events

    def _unpack(self, header: ChunkHeader, payload: bytes, where: str) -> bytes:
        if crc32c.crc32c(payload) != header.payload_crc:
            raise CorruptChunkError(where, "its checksum does not match its contents")
        if header.codec != ZSTD:
            raise CorruptChunkError(where, f"its codec {header.codec} is not known", "read it with a newer version")
        try:
            size = zstandard.frame_content_size(payload)
            if not 0 <= size <= MAX_PAYLOAD:
                raise CorruptChunkError(where, f"its payload would be {size} bytes, more than {MAX_PAYLOAD}")
            return self._decompressor.decompress(payload)
        except zstandard.ZstdError as error:
            raise CorruptChunkError(where, f"its payload can't be decompressed: {error}") from error

    def _decoder(self) -> msgspec.msgpack.Decoder[_Payload[Any]]:
        if self._typed is None or self._generation != registry.generation:
            payload_type: Any = _Payload
            self._generation = registry.generation
            self._typed = msgspec.msgpack.Decoder(payload_type[registry.union()])
        return self._typed

    def _decode_by_row(self, packed: bytes, where: str) -> _Payload[Any]:
        """Slower, for payloads in which not every row is of a known type."""
        try:
            content = self._raw.decode(packed)
        except msgspec.DecodeError as error:
            raise CorruptChunkError(where, f"its payload is not a chunk's: {error}") from error
        rows: list[_Row[Any]] = [
            _Row(row.receive_delta_ns, row.venue_delta_ns, row.sequence_delta, _known_or_not(row.data))
            for row in content.rows
        ]
        return msgspec.structs.replace(content, rows=rows)


def parse_header(data: bytes, where: str) -> ChunkHeader | None:
    """The header that `data` begins with; None when it begins with none, or with a damaged one.

    Raises:
        RecordingError: it is whole, but of a version that is not known here.
    """
    if len(data) < HEADER_SIZE or not data.startswith(MAGIC):
        return None
    (checksum,) = _CHECKSUM.unpack_from(data, _FIELDS.size)
    if crc32c.crc32c(data[: _FIELDS.size]) != checksum:
        return None
    _, version, *fields = _FIELDS.unpack_from(data)
    if version != VERSION:
        raise RecordingError(where, f"it has format version {version}", "read it with a newer version")
    return ChunkHeader(*fields)


def _known_or_not(raw: Raw) -> Any:
    try:
        return registry.decode_data(bytes(raw))
    except EventError as error:
        return FeedGap(f"an event can't be read: {error.answered}", 1)
