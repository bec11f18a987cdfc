"""One instrument's part of a recorder: its file, and what waits until there is one.

Owns when a file is begun or gone on with. It must not know queues or threads.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import RecordingError, TtxtError
from ttxt_core.events import Event, FeedGap, Instrument, InstrumentKey, MessageHeader
from ttxt_core.recording.naming import file_name
from ttxt_core.recording.storage import make_folder
from ttxt_core.recording.writer import RecordingWriter

MOST_HELD = 10_000
"""Events kept while there is no file for them; beyond that the oldest go, counted."""


class RecordingTrack:
    """The events of one instrument on their way to its file.

    Attributes:
        key: the instrument.
    """

    def __init__(self, key: InstrumentKey, folder: Path, clock: Clock, chunk_events: int) -> None:
        """A track without a file: that comes with the first `Instrument` event."""
        self.key = key
        self._folder = folder
        self._clock = clock
        self._chunk_events = chunk_events
        self._instrument: Event[Instrument] | None = None
        self._writer: RecordingWriter | None = None
        self._held: deque[Event[Any]] = deque()
        self._dropped = 0
        self._size_before = 0
        self._begin_failure: TtxtError | None = None

    @property
    def path(self) -> Path | None:
        """Its file; None while it has none."""
        return self._writer.path if self._writer is not None else None

    @property
    def size(self) -> int:
        """Bytes that were added to its file; what it held before does not count."""
        return self._writer.size - self._size_before if self._writer is not None else 0

    @property
    def lost(self) -> int:
        """Events that will not be in the file."""
        return self._dropped + (self._writer.lost if self._writer is not None else 0)

    @property
    def failure(self) -> TtxtError | None:
        """Why its events can't be written at the moment; None while they can."""
        return self._writer.failure if self._writer is not None else self._begin_failure

    def add(self, event: Event[Any]) -> None:
        """Take in `event`.

        Raises:
            TtxtError: the file can't be begun or written; the event is kept, and tried again later.
        """
        if self._writer is not None:
            self._writer.append(event)
        elif type(event.data) is Instrument:
            self._instrument = event
            self._begin(event)
        else:
            self._held.append(event)
            if len(self._held) > MOST_HELD:
                self._held.popleft()
                self._dropped += 1

    def flush(self) -> None:
        """Bring everything to the file, and begin it when that failed before.

        Raises:
            TtxtError: as `add`.
        """
        if self._writer is not None:
            self._writer.flush()
        elif self._instrument is not None:
            self._begin(self._instrument)

    def close(self) -> None:
        """Bring everything to the file and release it.

        Raises:
            TtxtError: events are lost: how many, and why.
        """
        try:
            if self._writer is None and self._instrument is not None:
                self._begin(self._instrument)
        finally:
            if self._writer is not None:
                self._writer.close()
            lost = len(self._held)
            self._held.clear()
            self._dropped += lost
        if lost:
            raise RecordingError(
                f"record {lost} events of {self.key}",
                "their instrument never came",
                "give the recorder a mailbox that begins with a snapshot",
            )

    def _begin(self, instrument: Event[Instrument]) -> None:
        try:
            path = self._folder / file_name(self.key)
            make_folder(self._folder)
            writer = RecordingWriter(path, instrument, chunk_events=self._chunk_events, append=True)
        except TtxtError as error:
            self._begin_failure = error
            raise
        now_ns = self._clock.now_ns()
        if writer.last_ns is not None and now_ns < writer.last_ns:
            writer.close()
            self._begin_failure = RecordingError(
                f"append to {path}",
                f"its last event is {(writer.last_ns - now_ns) / NANOSECONDS:.1f} s later than now",
                "move it away, or set the clock",
            )
            raise self._begin_failure
        self._writer, self._size_before = writer, writer.size if writer.last_ns is not None else 0
        self._begin_failure = None
        header = MessageHeader(*self.key, 0, now_ns, 0, instrument.header.source)
        if writer.last_ns is not None:
            self._held.appendleft(Event(header, FeedGap("recording was off until here")))
        if self._dropped:
            self._held.appendleft(Event(header, FeedGap("there was no file to record to", self._dropped)))
        failure: TtxtError | None = None
        while self._held:
            try:
                writer.append(self._held.popleft())
            except TtxtError as error:  # the writer keeps what it can't write
                failure = error
        if failure is not None:
            raise failure
