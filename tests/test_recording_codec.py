"""Chunks: every event to bytes and back, and as any MessagePack library reads them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import crc32c
import msgpack
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recording_support import START_NS, instrument, market, same_bits
from tests.test_events_roundtrip import BUILT_IN, same_decimals, values_of
from ttxt_core.errors import CorruptChunkError, EventError, RecordingError
from ttxt_core.events import (
    Event,
    EventData,
    FeedGap,
    MessageHeader,
    Orderbook,
    Source,
    Ticker,
    UnknownEvent,
    register_event,
)
from ttxt_core.events.registry import registry
from ttxt_core.recording.codec import (
    HEADER_SIZE,
    MAGIC,
    ChunkDecoder,
    ChunkEncoder,
    ChunkFlag,
    ChunkHeader,
    ChunkKind,
    parse_header,
)

TIMES = st.integers(0, 2**62)


@st.composite
def runs(draw: st.DrawFn, kind: type) -> list[Event[Any]]:
    """Events of one type, instrument and source, at any times in any order."""
    place = draw(st.tuples(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8)))
    source = draw(st.sampled_from(Source))
    headers = st.builds(MessageHeader, *map(st.just, place), TIMES, TIMES, TIMES, st.just(source))
    return draw(st.lists(st.builds(Event, headers, values_of(kind)), min_size=1, max_size=5))


def take_apart(chunk: bytes) -> tuple[ChunkHeader, bytes]:
    header = parse_header(chunk, "here")
    assert header is not None
    assert len(chunk) == HEADER_SIZE + header.payload_length
    return header, chunk[HEADER_SIZE:]


def decode(chunk: bytes, source: Source | None = None) -> list[Event[Any]]:
    header, payload = take_apart(chunk)
    return ChunkDecoder(source).events(header, payload, "here")


@pytest.fixture
def registered() -> Iterator[None]:
    """Types that a test registers are forgotten after it."""
    before = dict(registry._types)
    yield
    registry._types = before
    registry._events = registry._data = None
    registry.generation += 1


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.__name__)
@settings(max_examples=10)
@given(data=st.data())
def test_every_event_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    events = data.draw(runs(kind))
    chunk = ChunkEncoder().events_chunk(events)
    assert same_decimals(decode(chunk), events)
    header, _ = take_apart(chunk)
    times = [event.header.receive_time_ns for event in events]
    assert (header.kind, header.rows) == (ChunkKind.EVENTS, len(events))
    assert (header.first_ns, header.last_ns) == (min(times), max(times))
    assert header.first_sequence == events[0].header.sequence
    assert bool(header.flags & ChunkFlag.GAP) == (kind is FeedGap)


@given(values=st.lists(st.floats(), min_size=1, max_size=20))
def test_floats_come_back_to_the_last_bit(values: list[float]) -> None:
    event = Event(MessageHeader("bybit", "spot", "BTC/USDT"), Orderbook([(v, v) for v in values], [], True, 1))
    (back,) = decode(ChunkEncoder().events_chunk([event]))
    bits = [struct.pack("<dd", *level) for level in back.data.bids]
    assert bits == [struct.pack("<dd", v, v) for v in values]
    assert same_bits(-0.0, decode(ChunkEncoder().events_chunk([Event(event.header, Ticker(-0.0))]))[0].data.last)


def test_any_messagepack_library_reads_a_chunk() -> None:
    events = market(150)
    header, payload = take_apart(ChunkEncoder().events_chunk(events))
    venue, category, pair, source, time_ns, venue_ns, sequence, rows = msgpack.unpackb(
        zstandard.ZstdDecompressor().decompress(payload)
    )
    assert (venue, category, pair, source) == ("bybit", "spot", "BTC/USDT", "live")
    assert len(rows) == header.rows == 150
    for event, (receive_delta, venue_delta, sequence_delta, data) in zip(events, rows, strict=True):
        time_ns += receive_delta
        venue_ns += venue_delta
        sequence += sequence_delta
        own = event.header
        assert (time_ns, venue_ns, sequence) == (own.receive_time_ns, own.venue_time_ns, own.sequence)
        assert data[0] == event.data.__struct_config__.tag
        if type(event.data) is Orderbook:
            assert data[1:4] == [
                [list(b) for b in event.data.bids],
                [list(a) for a in event.data.asks],
                event.data.is_snapshot,
            ]


def test_the_header_is_laid_out_as_written_down() -> None:
    chunk = ChunkEncoder().keyframe_chunk([instrument()], START_NS + 5)
    magic, version, kind, codec, flags, rows, first, last, sequence, length, payload_crc, header_crc = struct.unpack(
        "<8s4BI3q3I", chunk[:52]
    )
    assert (magic, version, kind, codec, flags, rows) == (MAGIC, 1, 2, 1, 0, 1)
    assert (first, last, sequence) == (START_NS + 5, START_NS + 5, 0)
    assert (length, payload_crc) == (len(chunk) - 52, crc32c.crc32c(chunk[52:]))
    assert header_crc == crc32c.crc32c(chunk[:48])


def test_events_can_be_read_under_another_source() -> None:
    assert {e.header.source for e in decode(ChunkEncoder().events_chunk(market(9)), Source.REPLAY)} == {Source.REPLAY}


def test_an_unknown_tag_is_kept_and_survives_writing_again() -> None:
    events = market(5)
    events[2] = Event(events[2].header, UnknownEvent("zz", msgpack.packb(["zz", 1, {"a": [2.5]}])))
    chunk = ChunkEncoder().events_chunk(events)
    assert decode(chunk) == events
    assert ChunkEncoder().events_chunk(decode(chunk)) == chunk


@pytest.mark.usefixtures("registered")
def test_a_type_of_ones_own_goes_through() -> None:
    class Auction(EventData, frozen=True, tag="x-auction"):
        price: float
        note: str | None = None

    header = MessageHeader("bybit", "spot", "BTC/USDT", 1, 2, 3)
    decoder = ChunkDecoder()
    chunk = ChunkEncoder().events_chunk([Event(header, Auction(1.5, "first"))])
    (before,) = decoder.events(*take_apart(chunk), "here")
    assert type(before.data) is UnknownEvent
    register_event(Auction, "x-auction")
    assert decoder.events(*take_apart(chunk), "here") == [Event(header, Auction(1.5, "first"))]


def test_one_row_that_can_not_be_read_costs_only_itself() -> None:
    events = market(3)
    events[1] = Event(events[1].header, UnknownEvent("tk", msgpack.packb(["tk", "not a number"])))
    first, middle, last = decode(ChunkEncoder().events_chunk(events))
    assert (first, last) == (events[0], events[2])
    assert middle.header == events[1].header
    assert type(middle.data) is FeedGap
    assert middle.data.missed == 1
    assert "can't be read" in middle.data.reason


def test_what_can_not_be_encoded_is_an_error_that_names_it() -> None:
    class Odd(EventData, frozen=True, tag="x-odd"):
        what: Any

    header = MessageHeader("bybit", "spot", "BTC/USDT")
    with pytest.raises(EventError, match="Odd"):
        ChunkEncoder().events_chunk([Event(header, Odd(object()))])
    with pytest.raises(EventError, match="FeedGap"):
        ChunkEncoder().events_chunk([Event(MessageHeader("a", "b", "c", 0, 2**64), FeedGap("?"))])


def resealed(chunk: bytes, payload: bytes, **changes: int) -> bytes:
    """`chunk` with another payload and header fields, and checksums that are right."""
    header, _ = take_apart(chunk)
    fields = header._replace(payload_length=len(payload), payload_crc=crc32c.crc32c(payload))._replace(**changes)
    packed = struct.pack("<8sB3BI3q2I", MAGIC, 1, *fields)
    return packed + struct.pack("<I", crc32c.crc32c(packed)) + payload


@pytest.mark.parametrize(
    ("payload", "changes", "message"),
    [
        (b"no zstd", {}, "can't be decompressed"),
        (zstandard.compress(b"\xc1"), {}, "no MessagePack"),
        (zstandard.compress(msgpack.packb([1, 2])), {}, "not a chunk's"),
        (zstandard.compress(msgpack.packb(["a", "b", "c", "d", 1, 2, 3, []])), {}, "not a chunk's"),
        (zstandard.compress(msgpack.packb(["a", "b", "c", "live", 1, 2, 3, []])), {}, "0 rows instead of 3"),
        (b"", {"codec": 9}, "codec 9"),
        (zstandard.compress(bytes(2**28 + 1)), {}, "268435457 bytes"),
    ],
)
def test_contents_that_are_wrong_are_an_error(payload: bytes, changes: dict[str, int], message: str) -> None:
    chunk = resealed(ChunkEncoder().events_chunk(market(3)), payload, **changes)
    with pytest.raises(CorruptChunkError, match=message) as caught:
        decode(chunk)
    assert caught.value.asked == "here"


def test_a_checksum_that_does_not_match_is_an_error() -> None:
    header, payload = take_apart(ChunkEncoder().events_chunk(market(3)))
    with pytest.raises(CorruptChunkError, match="checksum"):
        ChunkDecoder().events(header, payload[:-1] + bytes([payload[-1] ^ 1]), "here")


def test_a_newer_version_is_said_so() -> None:
    chunk = bytearray(ChunkEncoder().events_chunk(market(1)))
    chunk[8] = 2
    chunk[48:52] = struct.pack("<I", crc32c.crc32c(bytes(chunk[:48])))
    with pytest.raises(RecordingError, match="format version 2"):
        parse_header(bytes(chunk), "here")


@given(st.binary(max_size=80))
def test_any_bytes_are_no_header(data: bytes) -> None:
    assert parse_header(data, "here") is None
    assert parse_header(MAGIC + data, "here") is None
