"""The recordings that an import writes: one an instrument, begun with its first event.

Owns opening, refusing and closing them. It must not know captures.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from ttxt_core.errors import InstrumentError, NotARecordingError, RecordingExistsError, RecordingLockedError, TtxtError
from ttxt_core.events import Event, Instrument, InstrumentKey, MessageHeader
from ttxt_core.recording.naming import file_name
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.storage import make_folder
from ttxt_core.recording.summary import RecordingSummary
from ttxt_core.recording.times import format_time
from ttxt_core.recording.writer import RecordingWriter


class ImportTarget:
    """One recording that is being written, and what was written to it."""

    def __init__(
        self, folder: Path, instrument: Event[Instrument], first_ns: int, *, append: bool, chunk_events: int
    ) -> None:
        """Begin the recording of `instrument`, or go on with it; its first new event is of `first_ns`.

        Raises:
            RecordingExistsError: it exists and is not to be appended to, or its last event is not before `first_ns`.
            RecordingError: it can't be opened.
            InstrumentError: the pair has no name that a file can have.
        """
        self.path = folder / file_name(instrument.header.key)
        self.summary = RecordingSummary()
        if append:
            self._resume(first_ns)
        if not instrument.header.receive_time_ns:  # it was in no frame of the capture
            instrument = Event(replace(instrument.header, receive_time_ns=first_ns), instrument.data)
        self._writer = RecordingWriter(self.path, instrument, append=append, chunk_events=chunk_events)
        self._size_before = self._writer.size if self._writer.last_ns is not None else 0

    @property
    def bytes(self) -> int:
        """Bytes that were added to the file."""
        return self._writer.size - self._size_before

    def add(self, event: Event[Any]) -> None:
        """Write `event`.

        Raises:
            EventError, RecordingError: as `RecordingWriter.append`.
        """
        self.summary.add(event)
        self._writer.append(event)

    def close(self) -> None:
        """Write what waits and release the file.

        Raises:
            RecordingError: events are lost.
        """
        self._writer.close()

    def _resume(self, first_ns: int) -> None:
        """Take up the book of the recording that is there, so that deltas may follow it."""
        try:
            reader = RecordingReader(self.path)
        except NotARecordingError:
            return  # empty or cut off in its first chunk: the writer begins it; anything else it refuses
        except TtxtError:
            if self.path.exists():
                raise
            return
        with reader:
            if reader.count and first_ns <= reader.last_ns:
                raise RecordingExistsError(
                    f"append to {self.path}",
                    f"its last event is of {format_time(reader.last_ns)}, the first new one of {format_time(first_ns)}",
                    "only later events can be appended; import to another folder",
                )
            self.summary.resume(reader.state_at(reader.last_ns).state.events())


class ImportTargets:
    """All recordings of an import. Use it in a ``with``: leaving it closes them.

    Attributes:
        written: those that were begun or gone on with, by instrument.
        refused: why others were not. Their events are left out.
    """

    def __init__(
        self,
        folder: Path,
        instruments: Mapping[InstrumentKey, Event[Instrument]],
        *,
        append: bool,
        chunk_events: int,
    ) -> None:
        """`instruments` is looked up when an instrument's first event comes."""
        self.written: dict[InstrumentKey, ImportTarget] = {}
        self.refused: dict[InstrumentKey, TtxtError] = {}
        self._folder = folder
        self._instruments = instruments
        self._append = append
        self._chunk_events = chunk_events
        self._records = 0

    def add(self, event: Event[Any]) -> ImportTarget | None:
        """Write `event` to its recording, which is returned; None when that one was refused.

        Raises:
            RecordingExistsError, RecordingLockedError, NotARecordingError, InstrumentError: the recording is refused,
                said once.
            EventError: an event could not be encoded; all others are in.
            RecordingError: it could not be written.
        """
        old = event.header
        key = old.key
        target = self.written.get(key)
        if target is None:
            if key in self.refused:
                return None
            target = self._begin(key, old.receive_time_ns)
        self._records += 1
        # Merging recordings takes equal receive times in the order of these numbers.
        header = MessageHeader(*key, old.venue_time_ns, old.receive_time_ns, self._records, old.source)
        target.add(Event(header, event.data))
        return target

    def update_instrument(self, event: Event[Instrument]) -> None:
        """Write a newer `event` of an instrument whose recording has begun.

        Raises:
            EventError, RecordingError: as `add`.
        """
        if event.header.key in self.written:
            self.add(event)

    def _begin(self, key: InstrumentKey, first_ns: int) -> ImportTarget:
        try:
            make_folder(self._folder)
            target = ImportTarget(
                self._folder,
                self._instruments[key],
                first_ns,
                append=self._append,
                chunk_events=self._chunk_events,
            )
        except (RecordingExistsError, RecordingLockedError, NotARecordingError, InstrumentError) as error:
            self.refused[key] = error
            raise
        self.written[key] = target
        return target

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        failure: TtxtError | None = None
        for target in self.written.values():
            try:
                target.close()
            except TtxtError as refusal:
                failure = failure or refusal
        if failure is not None:
            raise failure
