"""A recording as a file: what is written is read, what is damaged is named, and nothing else is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.market_events import ETH
from tests.recording_support import START_NS, STEP_NS, instrument, market, own_events, read, with_source, write
from ttxt_core.errors import (
    ConfigError,
    CorruptChunkError,
    EventError,
    NotARecordingError,
    RecordingError,
    RecordingExistsError,
)
from ttxt_core.events import Event, EventData, FeedGap, Instrument, Source
from ttxt_core.recording.codec import HEADER_SIZE, MAGIC, ChunkKind
from ttxt_core.recording.reader import RecordingReader, read_events, to_ns
from ttxt_core.recording.writer import RecordingWriter


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event[Any]]]:
    """A recording of four chunks of five events behind the keyframe that it begins with, and those events."""
    events = market(20)
    return write(tmp_path_factory.mktemp("small") / "small.bin", events, chunk_events=5), events


def test_what_is_written_is_read(tmp_path: Path) -> None:
    events = market(1_000)
    path = write(tmp_path / "a.bin", events)
    assert read(path) == events
    with RecordingReader(path) as reader:
        assert reader.key == events[0].header.key
        assert reader.instrument == instrument()
        assert (reader.first_ns, reader.last_ns) == (
            events[0].header.receive_time_ns,
            events[-1].header.receive_time_ns,
        )
        assert reader.count == 1_000
        assert reader.size == path.stat().st_size
        assert (reader.damage, reader.gaps) == ([], [])
        kinds = [chunk.header.kind for chunk in reader.chunks]
        assert kinds == [ChunkKind.KEYFRAME, *[ChunkKind.EVENTS] * 7]
        assert [len(reader.read_chunk(chunk)) for chunk in reader.chunks] == [1, *[150] * 6, 100]


def test_events_of_a_span_of_time(tmp_path: Path) -> None:
    events = market(400)
    path = write(tmp_path / "a.bin", events, chunk_events=30)
    start = events[100].header.receive_time_ns
    end = events[250].header.receive_time_ns
    assert list(read_events(path, start, end)) == events[100:250]
    assert list(read_events(path, start=end)) == events[250:]
    assert list(read_events(path, end=start))[1:] == events[:100]
    assert list(read_events(path, end, start)) == []
    moment = datetime(2026, 8, 9, tzinfo=UTC)
    whole = [e for e in events if to_ns(moment) <= e.header.receive_time_ns < to_ns(moment + timedelta(days=9))]
    assert list(read_events(path, moment, moment + timedelta(days=9)))[1:] == whole == events


def test_times_with_a_zone_are_exact_and_others_refused(tmp_path: Path) -> None:
    assert to_ns(datetime(1970, 1, 1, 0, 0, 1, 7, tzinfo=UTC)) == 1_000_007_000
    path = write(tmp_path / "a.bin", market(3))
    with pytest.raises(RecordingError, match="no time zone"):
        read_events(path, datetime(2026, 8, 9))  # noqa: DTZ001 - that is what is refused


def test_a_source_may_be_given_when_reading(tmp_path: Path) -> None:
    events = market(20)
    path = write(tmp_path / "a.bin", events)
    with RecordingReader(path, source=Source.REPLAY) as reader:
        assert list(reader.events())[1:] == with_source(events, Source.REPLAY)


def test_events_of_two_sources_each_keep_theirs(tmp_path: Path) -> None:
    live = market(40)
    mixed = [*live[:7], *with_source(live[7:20], Source.IMPORT), *live[20:]]
    assert read(write(tmp_path / "a.bin", mixed)) == mixed


def test_an_existing_file_is_only_gone_on_with_when_asked(tmp_path: Path) -> None:
    events = market(700)
    path = write(tmp_path / "a.bin", events[:333])
    before = path.read_bytes()
    with pytest.raises(RecordingExistsError, match=r"a\.bin.*it exists"):
        RecordingWriter(path, instrument())
    assert path.read_bytes() == before
    with RecordingWriter(path, instrument(), append=True) as writer:
        assert writer.last_ns == events[332].header.receive_time_ns
        for event in events[333:]:
            writer.append(event)
    assert path.read_bytes().startswith(before)
    assert read(path) == events


def test_going_on_with_another_instrument_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bin", market(9))
    before = path.read_bytes()
    with pytest.raises(RecordingError, match=r"ETH/USDT.*recording of bybit spot BTC/USDT"):
        RecordingWriter(path, instrument(ETH), append=True)
    with pytest.raises(RecordingError, match="ETH/USDT"), RecordingWriter(path, instrument(), append=True) as writer:
        writer.append(market(1, ETH)[0])
    assert path.read_bytes() == before


def test_going_on_with_changed_steps_records_the_instrument(tmp_path: Path) -> None:
    events = market(30)
    path = write(tmp_path / "a.bin", events[:20])
    finer = instrument(tick="0.01")
    with RecordingWriter(path, finer, append=True) as writer:
        for event in events[20:]:
            writer.append(event)
    back = read(path)
    assert [e for e in back if type(e.data) is not Instrument] == events
    assert back[20].data == finer.data
    assert back[20].header.receive_time_ns == events[19].header.receive_time_ns


def test_a_torn_tail_is_left_by_readers_and_cut_by_the_next_writer(
    small: tuple[Path, list[Event[Any]]], tmp_path: Path
) -> None:
    whole, events = small
    data = whole.read_bytes()
    with RecordingReader(whole) as reader:
        ends = [chunk.end for chunk in reader.chunks]
    path = tmp_path / "torn.bin"
    for length in range(ends[0], len(data)):
        path.write_bytes(data[:length])
        complete = 5 * (sum(end <= length for end in ends) - 1)
        with RecordingReader(path) as reader:
            assert list(reader.events())[1:] == events[:complete]
            tail = length - max(end for end in ends if end <= length)
            assert [(damage.length, damage.is_tail) for damage in reader.damage] == [(tail, True)] * bool(tail)
            assert reader.gaps == []
        assert path.stat().st_size == length
        if length % 29 == 0:
            with RecordingWriter(path, instrument(), chunk_events=5, append=True) as writer:
                for event in events[complete:]:
                    writer.append(event)
            assert read(path) == events
            with RecordingReader(path) as reader:
                assert reader.damage == []


def test_a_file_that_is_cut_off_in_its_first_chunk_holds_nothing(
    small: tuple[Path, list[Event[Any]]], tmp_path: Path
) -> None:
    whole, events = small
    data = whole.read_bytes()
    with RecordingReader(whole) as reader:
        first_end = reader.chunks[0].offsets[1]  # from there on it is repeated
    path = tmp_path / "torn.bin"
    for length in range(first_end):
        path.write_bytes(data[:length])
        with pytest.raises(NotARecordingError, match="it is empty" if not length else "first chunk is cut off"):
            RecordingReader(path)
        if length % 9 == 0:
            with RecordingWriter(path, instrument(), append=True) as writer:
                writer.append(events[0])
            assert read(path) == events[:1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"id,price\n1,2\n", "does not begin with a recording's chunk"),
        (bytes(100_000), "does not begin with a recording's chunk"),
        (MAGIC + bytes(100_000), "does not begin|cut off"),
        (MAGIC[:4], "first chunk is cut off"),
    ],
)
def test_what_is_no_recording_is_said_so_and_left_alone(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    for opens in (RecordingReader, read_events):
        with pytest.raises(NotARecordingError, match=message) as caught:
            opens(path)
        assert str(path) in caught.value.asked
    if content and not MAGIC.startswith(content[:8]):
        with pytest.raises(NotARecordingError):
            RecordingWriter(path, instrument(), append=True)
    assert path.read_bytes() == content


def test_what_is_no_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotARecordingError, match="no file"):
        RecordingReader(tmp_path)
    with pytest.raises(RecordingError, match="No such file"):
        RecordingReader(tmp_path / "absent.bin")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_anywhere_costs_one_chunk(
    small: tuple[Path, list[Event[Any]]], tmp_path: Path, data: st.DataObject
) -> None:
    whole, events = small
    content = bytearray(whole.read_bytes())
    offset = data.draw(st.integers(0, len(content) - 1))
    content[offset] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / "flipped.bin"
    path.write_bytes(content)
    with RecordingReader(whole) as reader:
        hit = next(number for number, chunk in enumerate(reader.chunks) if offset < chunk.end)
        struck = reader.chunks[hit]
    with RecordingReader(path) as reader:
        back = list(reader.events())
        (damage,) = reader.damage
    if hit == 0:  # it is there twice
        half = struck.end // 2
        assert (damage.offset, damage.length, damage.missed or 0) == (offset // half * half, half, 0)
        assert own_events(back) == events
        assert reader.instrument == instrument()
        return
    assert (damage.offset, damage.length) == (struck.offset, struck.end - struck.offset)
    assert own_events(back) == events[: 5 * (hit - 1)] + events[5 * hit :]
    gaps = [event for event in back if type(event.data) is FeedGap]
    is_tail = hit == 4 and offset < struck.offset + HEADER_SIZE
    assert damage.is_tail == is_tail
    assert len(gaps) == (0 if is_tail else 1)
    for gap in gaps:
        assert gap.data.missed == (None if offset < struck.offset + HEADER_SIZE else 5)
        assert f"byte {struck.offset}" in gap.data.reason
        assert gap.header.key == events[0].header.key
        assert START_NS <= gap.header.receive_time_ns <= events[-1].header.receive_time_ns


def test_damage_in_several_places_is_all_named(tmp_path: Path) -> None:
    events = market(200)
    path = write(tmp_path / "a.bin", events, chunk_events=10)
    with RecordingReader(path) as reader:
        chunks = reader.chunks
    content = bytearray(path.read_bytes())
    content[chunks[3].offset + 2] ^= 4  # a magic
    content[chunks[9].end - 1] ^= 4  # a payload
    content[chunks[15].offset : chunks[17].offset] = bytes(chunks[17].offset - chunks[15].offset)
    path.write_bytes(content)
    with RecordingReader(path) as reader:
        back = list(reader.events())
        assert [damage.offset for damage in reader.damage] == [chunks[n].offset for n in (3, 9, 15)]
        assert len(reader.gaps) == 3
        with pytest.raises(CorruptChunkError, match="checksum"):
            reader.read_chunk(next(chunk for chunk in reader.chunks if chunk.offset == chunks[9].offset))
    kept = [*events[:20], *events[30:80], *events[90:140], *events[160:]]
    assert own_events(back) == kept
    assert [e.data.missed for e in back if type(e.data) is FeedGap] == [None, 10, None]


def test_activity_counts_every_event_where_it_was(tmp_path: Path) -> None:
    busy = market(600)
    quiet = market(30, first_ns=START_NS + 1_000 * STEP_NS)
    path = write(tmp_path / "a.bin", [*busy, *quiet], chunk_events=50)
    with RecordingReader(path) as reader:
        counts = reader.activity(10)
        assert sum(counts) == 630
        assert sum(reader.activity(10, START_NS - 10**12, START_NS - 1)) == 0
    per_bucket = (reader.last_ns + 1 - reader.first_ns) / 10
    exact = [0] * 10
    for event in (*busy, *quiet):
        exact[int((event.header.receive_time_ns - reader.first_ns) / per_bucket)] += 1
    assert max(abs(a - b) for a, b in zip(counts, exact, strict=True)) <= 25


def test_a_recorded_gap_is_marked_in_the_index(tmp_path: Path) -> None:
    events = market(60)
    gap = Event(events[25].header, FeedGap("lost", 3))
    path = write(tmp_path / "a.bin", [*events[:25], gap, *events[25:]], chunk_events=10)
    with RecordingReader(path) as reader:
        (mark,) = reader.gaps
        assert mark.start_ns <= gap.header.receive_time_ns <= mark.end_ns
        assert mark.end_ns - mark.start_ns < 11 * STEP_NS


def test_an_event_that_can_not_be_encoded_costs_only_itself(tmp_path: Path) -> None:
    class Odd(EventData, frozen=True, tag="x-odd"):
        what: Any

    events = market(20)
    with RecordingWriter(tmp_path / "a.bin", instrument(), chunk_events=20) as writer:
        for event in events[:11]:
            writer.append(event)
        writer.append(Event(events[11].header, Odd(object())))
        for event in events[12:19]:
            writer.append(event)
        with pytest.raises(EventError, match="Odd"):
            writer.append(events[19])
        assert (writer.pending, writer.lost) == (0, 1)
    back = read(tmp_path / "a.bin")
    assert own_events(back) == [*events[:11], *events[12:]]
    (gap,) = [event for event in back if type(event.data) is FeedGap]
    assert back.index(gap) == 11
    assert "could not be encoded" in gap.data.reason


def test_a_closed_writer_takes_nothing(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "a.bin", instrument())
    writer.close()
    writer.close()
    with pytest.raises(RecordingError, match="closed"):
        writer.append(market(1)[0])


def test_a_closed_reader_says_so(tmp_path: Path) -> None:
    reader = RecordingReader(write(tmp_path / "a.bin", market(5)))
    events = reader.events()
    reader.close()
    reader.close()
    with pytest.raises(RecordingError, match="closed"):
        next(events)


def test_no_path_is_no_timeline() -> None:
    from ttxt_core.recording.timeline import Timeline

    with pytest.raises(ConfigError, match="no file"):
        Timeline([])


def test_a_chunk_behind_damage_is_found_wherever_blocks_of_the_scan_end(
    small: tuple[Path, list[Event[Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, events = small
    content = bytearray(whole.read_bytes())
    with RecordingReader(whole) as reader:
        struck = reader.chunks[2]
    content[struck.offset] ^= 1
    path = tmp_path / "flipped.bin"
    path.write_bytes(content)
    for block in range(8, 48):
        monkeypatch.setattr("ttxt_core.recording.index.SCAN_BLOCK", block)
        assert own_events(list(read_events(path))) == [*events[:5], *events[10:]]
