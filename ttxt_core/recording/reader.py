"""Reading recordings: events in order, by time, and the state of the market at any moment.

Owns what a recording means to a reader: damaged parts become `FeedGap` events, and keyframes are where a seek
begins. It must not modify a file: a torn tail is left where it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from ttxt_core.errors import CorruptChunkError, RecordingError
from ttxt_core.events import Event, FeedGap, Instrument, InstrumentKey, MessageHeader, Orderbook, Source
from ttxt_core.recording.codec import HEADER_SIZE, ChunkDecoder, ChunkFlag, ChunkHeader, ChunkKind
from ttxt_core.recording.index import Chunk, Damage, read_index
from ttxt_core.recording.state import MarketState
from ttxt_core.recording.storage import ReadFile

Time = int | datetime
"""Nanoseconds since 1970-01-01 UTC, or a datetime with a time zone."""


class Gap(NamedTuple):
    """A stretch of time in which events are missing."""

    start_ns: int
    end_ns: int


class SeekPoint(NamedTuple):
    """A moment in a recording: what was known then, and the events that follow."""

    state: MarketState
    rest: Iterator[Event[Any]]


class RecordingReader:
    """One recording, opened for reading.

    Attributes:
        path: the file. size: bytes, when it was opened.
        chunks: all whole-looking chunks, in the file's order.
        key: the instrument that it is about.
        count: events, those in damaged chunks included, keyframes not.
        first_ns, last_ns: least and greatest receive time of its events.
    """

    def __init__(self, path: str | Path, *, source: Source | None = None) -> None:
        """Open `path`; its events come with `source` when given, else with what they were recorded with.

        Raises:
            NotARecordingError: it is empty, cut off in its first chunk, or something else.
            RecordingError: it can't be read, or is of a newer format.
        """
        self.path = Path(path)
        self._file = ReadFile(self.path)
        try:
            self._entries = read_index(self._file).entries
            self.size = self._file.size
            self.chunks = [entry for entry in self._entries if isinstance(entry, Chunk)]
            self._damage = {entry.offset: entry for entry in self._entries if isinstance(entry, Damage)}
            self._decoder = ChunkDecoder(source)
            self._instrument, sample = self._find_instrument()
        except BaseException:
            self._file.close()
            raise
        self.key: InstrumentKey = sample.key
        self._source = sample.source
        self.count = sum(chunk.header.rows for chunk in self._event_chunks())
        spans = self._event_chunks() or self.chunks
        self.first_ns = min(chunk.header.first_ns for chunk in spans)
        self.last_ns = max(chunk.header.last_ns for chunk in spans)
        self._keyframes, self._keyframe_times = self._find_keyframes()

    # -- what it is ------------------------------------------------------------------------------------

    @property
    def instrument(self) -> Event[Instrument]:
        """The instrument as the file begins with it.

        Raises:
            RecordingError: no chunk that holds it is whole.
        """
        if self._instrument is None:
            raise RecordingError(
                f"read {self.path}", "no whole chunk holds the instrument", "its events can still be exported"
            )
        return self._instrument

    @property
    def damage(self) -> list[Damage]:
        """What can't be read, by offset: found when opening, and, as it is met, when reading."""
        return sorted(self._damage.values())

    @property
    def gaps(self) -> list[Gap]:
        """Where events are missing, as exactly as the index tells: a gap in a chunk spans the chunk."""
        found = []
        for entry in self._entries:
            if isinstance(entry, Chunk):
                is_lost = entry.offset in self._damage and entry.header.kind == ChunkKind.EVENTS
                if is_lost or entry.header.flags & ChunkFlag.GAP:
                    found.append(Gap(entry.header.first_ns, entry.header.last_ns))
            elif not entry.is_tail:
                found.append(Gap(entry.time_ns or self.first_ns, self._time_after(entry.offset)))
        return found

    def activity(self, buckets: int, first_ns: int | None = None, last_ns: int | None = None) -> list[int]:
        """Events in each of `buckets` equal parts of a span of time (default: the whole recording).

        Read from the index alone: the events of a chunk are taken as spread evenly over its time.
        """
        first = self.first_ns if first_ns is None else first_ns
        width = max(1, (self.last_ns if last_ns is None else last_ns) + 1 - first) / buckets
        counts = [0] * buckets
        for chunk in self._event_chunks():
            header = chunk.header
            low, high = (header.first_ns - first) / width, (header.last_ns + 1 - first) / width
            done = 0
            for bucket in range(max(0, int(low)), min(buckets, int(high) + 1)):
                share = min(1.0, max(0.0, (bucket + 1 - low) / (high - low)))
                until = round(header.rows * share)
                counts[bucket] += until - done
                done = until
        return counts

    # -- its events ------------------------------------------------------------------------------------

    def events(self, start: Time | None = None, end: Time | None = None) -> Iterator[Event[Any]]:
        """All events with ``start <= receive time < end``, in the order they were recorded.

        Where a part of the file is damaged a `FeedGap` says so; the state of the next keyframe (instrument,
        ticker, book) then comes as events too, so that a kept book is whole again. A torn tail just ends it.

        Raises:
            RecordingError: the disk failed, or a time has no time zone.
        """
        return self._stream(0, None if start is None else to_ns(start), None if end is None else to_ns(end))

    def state_at(self, time_ns: int) -> SeekPoint:
        """What was known after all events up to and including `time_ns`, and the events that follow.

        Found from the last keyframe before it. Before the first event that is the instrument alone.
        """
        state = MarketState()
        position = 0
        for number in range(bisect_right(self._keyframe_times, time_ns) - 1, -1, -1):
            index, chunk = self._keyframes[number]
            keyframe = self._read(chunk)
            if keyframe is not None:
                state.update(keyframe)
                position = index + 1
                break
        else:
            state.update([self._instrument] if self._instrument is not None else [])
        rest = self._stream(position, None, None)
        for event in rest:
            if event.header.receive_time_ns > time_ns:
                return SeekPoint(state, chain([event], rest))
            state.update([event])
        return SeekPoint(state, rest)

    def events_from(self, time_ns: int) -> Iterator[Event[Any]]:
        """The state at `time_ns` as events (instrument, candles, ticker, book), then the events after it."""
        point = self.state_at(time_ns)
        return chain(point.state.events(), point.rest)

    def last_time_before(self, time_ns: int) -> int | None:
        """The receive time of the last event before `time_ns`; None when there is none."""
        best: int | None = None
        straddling = []
        for chunk in self._event_chunks():
            header = chunk.header
            if header.last_ns < time_ns:
                best = header.last_ns if best is None else max(best, header.last_ns)
            elif header.first_ns < time_ns:
                straddling.append(chunk)
        for chunk in straddling:
            times = [event.header.receive_time_ns for event in self._read(chunk) or ()]
            best = max((t for t in times if t < time_ns and (best is None or t > best)), default=best)
        return best

    def last_book_before(self, time_ns: int) -> int | None:
        """The receive time of the last `Orderbook` before `time_ns`; None when there is none."""
        best: int | None = None
        for chunk in sorted(self._event_chunks(), key=lambda chunk: chunk.header.last_ns, reverse=True):
            header = chunk.header
            if best is not None and header.last_ns <= best:
                break
            if header.first_ns < time_ns:
                books = (event for event in self._read(chunk) or () if type(event.data) is Orderbook)
                times = (event.header.receive_time_ns for event in books)
                best = max((t for t in times if t < time_ns and (best is None or t > best)), default=best)
        return best

    def read_chunk(self, chunk: Chunk) -> list[Event[Any]]:
        """The events of one chunk of `chunks`; of one that is there twice, from whichever is whole.

        Raises:
            CorruptChunkError: it is damaged.
            RecordingError: the disk failed.
        """
        whole: list[list[Event[Any]]] = []
        for offset in chunk.offsets:
            try:
                whole.append(self._decode(chunk.header, offset))
            except CorruptChunkError:
                if not whole and offset == chunk.offsets[-1]:
                    raise
        return whole[0]

    def _decode(self, header: ChunkHeader, offset: int) -> list[Event[Any]]:
        """The events of a chunk; that it is damaged is noted."""
        payload = self._file.read_at(offset + HEADER_SIZE, header.payload_length)
        try:
            return self._decoder.events(header, payload, f"read {self.path}, chunk at byte {offset}")
        except CorruptChunkError as error:
            missed = header.rows if header.kind == ChunkKind.EVENTS else 0
            length = HEADER_SIZE + header.payload_length
            self._damage[offset] = Damage(offset, length, error.answered, missed, header.first_ns)
            raise

    def close(self) -> None:
        """Closing twice is fine."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- inside ----------------------------------------------------------------------------------------

    def _stream(self, position: int, start: int | None, end: int | None) -> Iterator[Event[Any]]:
        """Events from the entry at `position` on, within the times."""
        is_broken = False
        for entry in self._entries[position:]:
            if isinstance(entry, Damage):
                if entry.is_tail:
                    return
                is_broken = True
                events: Iterable[Event[Any]] = [self._gap_event(entry)]
            elif entry.header.kind == ChunkKind.EVENTS:
                header = entry.header
                if (start is not None and header.last_ns < start) or (end is not None and header.first_ns >= end):
                    continue
                read = self._read(entry)
                is_broken = is_broken or read is None
                events = [self._gap_event(self._damage[entry.offset])] if read is None else read
                if (start is None or header.first_ns >= start) and (end is None or header.last_ns < end):
                    yield from events
                    continue
            elif entry.header.kind == ChunkKind.KEYFRAME and (is_broken or entry is self._entries[0]):
                keyframe = self._read(entry)
                is_broken = keyframe is None
                state = MarketState()
                state.update(keyframe or ())
                events = state.resync_events()
            else:
                continue
            for event in events:
                time_ns = event.header.receive_time_ns
                if (start is None or time_ns >= start) and (end is None or time_ns < end):
                    yield event

    def _read(self, chunk: Chunk) -> list[Event[Any]] | None:
        """The events of `chunk`; None when it is damaged, which is then among `damage`."""
        try:
            return self.read_chunk(chunk)
        except CorruptChunkError:
            return None

    def _gap_event(self, damage: Damage) -> Event[FeedGap]:
        header = MessageHeader(*self.key, 0, damage.time_ns or self.first_ns, 0, self._source)
        reason = f"{self.path.name} is damaged at byte {damage.offset}: {damage.what}"
        return Event(header, FeedGap(reason, damage.missed))

    def _event_chunks(self) -> list[Chunk]:
        return [chunk for chunk in self.chunks if chunk.header.kind == ChunkKind.EVENTS]

    def _find_instrument(self) -> tuple[Event[Instrument] | None, MessageHeader]:
        """The first instrument that can be read, and the header of any event."""
        sample: MessageHeader | None = None
        keyframes = [chunk for chunk in self.chunks if chunk.header.kind == ChunkKind.KEYFRAME]
        for chunk in chain(keyframes, self.chunks):
            events = self._read(chunk) or ()
            for event in events:
                sample = sample or event.header
                if type(event.data) is Instrument:
                    return event, event.header
            if sample is not None and chunk.header.kind == ChunkKind.EVENTS:
                break
        if sample is None:
            raise RecordingError(f"read {self.path}", "none of its chunks is whole", "it is damaged beyond use")
        return None, sample

    def _find_keyframes(self) -> tuple[list[tuple[int, Chunk]], list[int]]:
        """Positions of keyframes, and for each the greatest receive time before it: those never fall.

        What the file begins with is known from the start, whenever the instrument was received.
        """
        keyframes, times = [], []
        for position, entry in enumerate(self._entries):
            if isinstance(entry, Chunk) and entry.header.kind == ChunkKind.KEYFRAME:
                keyframes.append((position, entry))
                times.append(entry.header.last_ns if position else 0)
        return keyframes, times

    def _time_after(self, offset: int) -> int:
        times = [chunk.header.first_ns for chunk in self._event_chunks() if chunk.offset > offset]
        return times[0] if times else self.last_ns


def read_events(path: str | Path, start: Time | None = None, end: Time | None = None) -> Iterator[Event[Any]]:
    """The events of the recording at `path` with ``start <= receive time < end``.

    Raises:
        NotARecordingError, RecordingError: at once, when it can't be opened; see `RecordingReader`.
    """
    start_ns = None if start is None else to_ns(start)
    end_ns = None if end is None else to_ns(end)
    reader = RecordingReader(path)
    return _drain(reader, reader.events(start_ns, end_ns))


def _drain(reader: RecordingReader, events: Iterator[Event[Any]]) -> Iterator[Event[Any]]:
    with reader:
        yield from events


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ns(time: Time) -> int:
    """`time` in nanoseconds since 1970-01-01 UTC.

    Raises:
        RecordingError: a datetime without a time zone.
    """
    if isinstance(time, int):
        return time
    if time.tzinfo is None:
        raise RecordingError(f"use the time {time}", "it has no time zone", "give it tzinfo=datetime.UTC")
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000
