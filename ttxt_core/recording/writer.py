"""Writing one recording: events in, whole chunks on the disk.

Owns when a chunk or a keyframe is written, and what happens to events that can't be. It must not decide which
events go to which file, and reads no clock: time is the events' receive time.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from ttxt_core.errors import EventError, NotARecordingError, RecordingError
from ttxt_core.events import Event, FeedGap, Instrument, InstrumentKey, MessageHeader, Source
from ttxt_core.recording.codec import MAGIC, ChunkEncoder
from ttxt_core.recording.index import read_index
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.state import MarketState
from ttxt_core.recording.storage import AppendFile

CHUNK_EVENTS = 150
KEYFRAME_EVENTS = 1_500
KEYFRAME_SECONDS = 60.0
MOST_WAITING_CHUNKS = 100
"""Chunks that are kept while the disk refuses them; what comes then is counted as lost."""


class RecordingWriter:
    """The one writer of a recording.

    Events are kept until a chunk of them is full, `flush` is called or the writer is closed. When a chunk can't
    be written the file stays as it was, the events stay here, and the next full chunk or `flush` tries again.
    After 100 such chunks the events are given up: the file then goes on with a `FeedGap` that counts them and a
    snapshot of the book.

    Attributes (read them, don't set them):
        path: the file. key: the only instrument whose events it takes.
        events: written to the file by this writer, gap notices included. lost: given up.
        last_ns: the greatest receive time in the file; None when it has no events yet.
        failure: why the last attempt to write failed; None when it succeeded.
    """

    def __init__(
        self,
        path: str | Path,
        instrument: Event[Instrument],
        *,
        chunk_events: int = CHUNK_EVENTS,
        keyframe_events: int = KEYFRAME_EVENTS,
        keyframe_seconds: float = KEYFRAME_SECONDS,
        append: bool = False,
    ) -> None:
        """Make `path`, which begins with `instrument`; or go on with it when `append` is given and it exists.

        Going on cuts a torn tail, and writes `instrument` as an event when it is not as the file has it.

        Raises:
            RecordingExistsError: it exists and `append` is not given.
            RecordingLockedError: another writer has it open.
            NotARecordingError: it is something else; nothing was done to it.
            RecordingError: it is of another instrument, or can't be written.
        """
        self.path = Path(path)
        self.key: InstrumentKey = instrument.header.key
        # Its parts once more: plain attributes are read faster, for every event, than those of a tuple.
        self._venue, self._category, self._pair = self.key
        self.events = 0
        self.lost = 0
        self.last_ns: int | None = None
        self.failure: RecordingError | None = None
        self._chunk_events = chunk_events
        self._keyframe_events = keyframe_events
        self._keyframe_ns = int(keyframe_seconds * 1e9)
        self._encoder = ChunkEncoder()
        self._state = MarketState()
        self._since_keyframe = 0
        self._last_keyframe_ns: int | None = None
        self._breaks = 0
        self._source: Source | None = None
        self._run: list[Event[Any]] = []
        self._waiting: deque[list[Event[Any]]] = deque()
        self._unsaid = 0
        """Events that were given up and that no `FeedGap` in the file counts yet."""
        self._last_lost = instrument.header
        self._is_closed = False
        self._file = AppendFile(self.path, must_be_new=not append)
        try:
            if not self._resume(instrument):
                self._begin(instrument)
        except BaseException:
            if self._file.size:
                self._file.close()
            else:
                self._file.remove()
            raise

    @property
    def size(self) -> int:
        """Length of the file in bytes."""
        return self._file.size

    @property
    def pending(self) -> int:
        """Events that are not in the file yet."""
        return len(self._run) + sum(len(run) for run in self._waiting)

    def append(self, event: Event[Any]) -> None:
        """Take in `event`, and write a chunk when it is full.

        Raises:
            EventError: an event of the chunk can't be encoded; a `FeedGap` took its place, all others are in.
            RecordingError: the chunk could not be written; its events, this one too, are kept. Or `event` is of
                another instrument, or the writer is closed: not taken in.
        """
        header = event.header
        if (
            header.source is not self._source
            or header.pair != self._pair
            or header.category != self._category
            or header.venue != self._venue
        ):
            self._change_source(header)
        run = self._run
        run.append(event)
        if len(run) >= self._chunk_events:
            self.flush()

    def flush(self) -> None:
        """Write all that is pending.

        Raises:
            EventError, RecordingError: as `append`.
        """
        self._end_run()
        bad: EventError | None = None
        if self._unsaid:
            notice = self._notice(f"events could not be written to {self.path.name}", self._unsaid)
            self._write([notice, *self._state.resync_events()])
            self._unsaid = 0
        while self._waiting:
            run = self._waiting[0]
            try:
                self._write(run)
            except EventError as error:
                bad = error
                self._waiting.popleft()
                self._waiting.extendleft(self._without_bad(run, error))
            else:
                self._waiting.popleft()
                self._add_keyframe_if_due()
        if bad is not None:
            raise bad

    def close(self) -> None:
        """Write all that is pending and release the file. Closing twice is fine.

        Raises:
            RecordingError: events could not be written and are lost; the file is whole and released all the same.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._source = None
        try:
            self.flush()
        except RecordingError as error:
            lost = self.pending + self._unsaid
            if not lost:
                raise
            self.lost += self.pending
            raise RecordingError(
                f"close {self.path}", f"{lost} events are lost: {error.answered}", error.hint
            ) from error
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- beginning -------------------------------------------------------------------------------------

    def _begin(self, instrument: Event[Instrument]) -> None:
        keyframe = self._encoder.keyframe_chunk([instrument], instrument.header.receive_time_ns)
        self._file.append(keyframe * 2)  # twice: whichever is damaged, what follows can still be played
        self._state.update([instrument])

    def _resume(self, instrument: Event[Instrument]) -> bool:
        """Take up the file where it ends; False when there is nothing in it yet."""
        file = self._file
        try:
            whole_size = read_index(file).whole_size
        except NotARecordingError:
            if not MAGIC.startswith(file.read_at(0, len(MAGIC))):
                raise
            whole_size = 0  # it is empty, or a recording that was cut off in its first chunk
        if whole_size < file.size:
            file.truncate(whole_size)
        if not whole_size:
            return False
        with RecordingReader(self.path) as reader:
            if reader.key != self.key:
                raise RecordingError(
                    f"append {self.key} to {self.path}", f"it is a recording of {reader.key}", "use another file"
                )
            if reader.count:
                self.last_ns = self._last_keyframe_ns = reader.last_ns
            self._state = reader.state_at(reader.last_ns).state
        self._breaks = self._state.breaks
        known = self._state.instrument
        if known is None or known.data != instrument.data:
            time_ns = max(instrument.header.receive_time_ns, self.last_ns or 0)
            self._waiting.append([Event(replace(instrument.header, receive_time_ns=time_ns), instrument.data)])
        return True

    # -- runs: events that go into one chunk -------------------------------------------------------------

    def _change_source(self, header: MessageHeader) -> None:
        """`header` is not like the ones before it: a chunk has one source, a file one instrument."""
        if self._is_closed:
            raise RecordingError(f"record an event to {self.path}", "the writer is closed", "open it again")
        if header.key != self.key:
            raise RecordingError(
                f"record an event of {header.key} to {self.path}",
                f"it is a recording of {self.key}",
                "write one file an instrument",
            )
        self._end_run()
        self._source = header.source

    def _end_run(self) -> None:
        if self._run:
            self._waiting.append(self._run)
            self._run = []

    def _write(self, run: list[Event[Any]]) -> None:
        """Bring `run` to the file as a chunk and fold it into the state."""
        chunk = self._encoder.events_chunk(run)
        self._append(chunk)
        self._state.update(run)
        latest = max([event.header.receive_time_ns for event in run])
        self.last_ns = latest if self.last_ns is None else max(self.last_ns, latest)
        self.events += len(run)
        self._since_keyframe += len(run)

    def _append(self, chunk: bytes) -> None:
        try:
            self._file.append(chunk)
        except RecordingError as error:
            self.failure = error
            if len(self._waiting) > MOST_WAITING_CHUNKS:
                self._give_up()
            raise
        self.failure = None

    def _add_keyframe_if_due(self) -> None:
        last_ns = self.last_ns or 0
        if self._last_keyframe_ns is None:
            self._last_keyframe_ns = last_ns
        is_due = (
            self._since_keyframe >= self._keyframe_events
            or last_ns - self._last_keyframe_ns >= self._keyframe_ns
            or self._state.breaks != self._breaks
        )
        state = self._state.keyframe() if is_due else None
        if state is not None:
            self._append(self._encoder.keyframe_chunk(state, last_ns))
            self._since_keyframe = 0
            self._last_keyframe_ns = last_ns
            self._breaks = self._state.breaks

    # -- what can't be written ---------------------------------------------------------------------------

    def _give_up(self) -> None:
        """Too much waits: let it go, and remember how much and what the market is after it."""
        for run in self._waiting:
            self._state.update(run)
            self._unsaid += len(run)
            self.lost += len(run)
        self._last_lost = self._waiting[-1][-1].header
        self._waiting.clear()

    def _without_bad(self, run: list[Event[Any]], error: EventError) -> list[list[Event[Any]]]:
        """`run` in halves, last first, until the event that can't be encoded is alone; that becomes a gap."""
        half = len(run) // 2
        if half:
            return [run[half:], run[:half]]
        self.lost += 1
        self._last_lost = MessageHeader(*self.key, 0, self.last_ns or 0, 0, run[0].header.source)
        return [[self._notice(f"an event could not be encoded: {error.answered}", 1)]]

    def _notice(self, reason: str, missed: int) -> Event[FeedGap]:
        return Event(self._last_lost, FeedGap(reason, missed))
