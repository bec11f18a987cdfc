"""Several recordings as one stream, in the order of time.

Owns merging. It must not publish or pace: that is the replayer's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple

from ttxt_core.errors import ConfigError
from ttxt_core.events import Event, Instrument, InstrumentKey, Source
from ttxt_core.recording.index import Damage
from ttxt_core.recording.reader import Gap, RecordingReader


class Moment(NamedTuple):
    """What was known at a time, as events, and the events that follow."""

    state: list[Event[Any]]
    rest: Iterator[Event[Any]]


class Timeline:
    """Recordings that are read together: events by receive time, equal ones by record sequence, then as named.

    Attributes:
        readers: one a file, by the time that they begin.
        first_ns, last_ns: least and greatest receive time of all.
        count: events.
    """

    def __init__(self, paths: Sequence[str | Path], *, source: Source | None = None) -> None:
        """Open all of `paths`; their events come with `source` when it is given.

        Raises:
            ConfigError: no path.
            NotARecordingError, RecordingError: one can't be read; none stays open.
        """
        if not paths:
            raise ConfigError("read recordings", "no file was named", "name at least one")
        with ExitStack() as opened:
            self.readers = [opened.enter_context(RecordingReader(path, source=source)) for path in paths]
            self._opened = opened.pop_all()
        self._named = list(self.readers)
        self.readers.sort(key=lambda reader: reader.first_ns)
        self.first_ns = min(reader.first_ns for reader in self.readers)
        self.last_ns = max(reader.last_ns for reader in self.readers)
        self.count = sum(reader.count for reader in self.readers)

    @property
    def instruments(self) -> dict[InstrumentKey, Event[Instrument]]:
        """The instruments in the order of the paths, as the earliest recording of each has them.

        Raises:
            RecordingError: a recording's instrument can't be read.
        """
        earliest = {reader.key: reader for reader in reversed(self.readers)}
        return {reader.key: earliest[reader.key].instrument for reader in self._named}

    @property
    def gaps(self) -> list[Gap]:
        """Where events are missing in any of them, by time."""
        return sorted(gap for reader in self.readers for gap in reader.gaps)

    @property
    def damage(self) -> list[tuple[Path, Damage]]:
        """What can't be read, with the file that it is in, as far as it is known; see `RecordingReader.damage`."""
        return [(reader.path, damage) for reader in self.readers for damage in reader.damage]

    def activity(self, buckets: int) -> list[int]:
        """Events in each of `buckets` equal parts of the whole time; see `RecordingReader.activity`."""
        each = [reader.activity(buckets, self.first_ns, self.last_ns) for reader in self.readers]
        return [sum(counts) for counts in zip(*each, strict=True)]

    def start(self) -> Moment:
        """Before the first event: the instruments, and everything else to come."""
        return self.state_at(self.first_ns - 1)

    def state_at(self, time_ns: int) -> Moment:
        """What was known after all events up to and including `time_ns`, and what follows.

        Of several recordings of one instrument the last that had begun tells its state.
        """
        tells = {reader.key: reader for reader in reversed(self.readers)}
        tells |= {reader.key: reader for reader in self.readers if reader.first_ns <= time_ns}
        state: list[Event[Any]] = []
        streams = []
        for reader in self.readers:
            if tells[reader.key] is reader:
                point = reader.state_at(time_ns)
                state += point.state.events()
                streams.append(point.rest)
            elif reader.first_ns > time_ns:
                streams.append(reader.events())
            else:
                streams.append(reader.state_at(time_ns).rest)
        return Moment(state, streams[0] if len(streams) == 1 else merge(*streams, key=_order))

    def last_time_before(self, time_ns: int) -> int | None:
        """The receive time of the last event before `time_ns`; None when there is none."""
        times = [reader.last_time_before(time_ns) for reader in self.readers]
        return max((time for time in times if time is not None), default=None)

    def last_book_before(self, time_ns: int) -> int | None:
        """The receive time of the last `Orderbook` before `time_ns`, of any of them; None when there is none."""
        times = [reader.last_book_before(time_ns) for reader in self.readers]
        return max((time for time in times if time is not None), default=None)

    def close(self) -> None:
        """Close all files; closing twice is fine."""
        self._opened.close()


def _order(event: Event[Any]) -> tuple[int, int]:
    header = event.header
    return header.receive_time_ns, header.sequence
