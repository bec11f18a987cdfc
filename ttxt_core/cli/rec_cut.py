"""``ttxt-rec cut``: a span of a recording as a recording of its own, which replays alone."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from itertools import chain
from typing import Any

from msgspec.structs import replace

from ttxt_core.cli.progress import Progress
from ttxt_core.errors import ConfigError
from ttxt_core.events import Event, Instrument
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.state import MarketState
from ttxt_core.recording.times import format_time, parse_time
from ttxt_core.recording.writer import RecordingWriter


def run(options: Namespace) -> int:
    """Write what `options.file` has from `options.start` to `options.end` to `options.out`."""
    with RecordingReader(options.file) as reader, Progress(f"cutting {reader.path.name}", reader.count) as progress:
        first_ns, last_ns = reader.first_ns, reader.last_ns
        start_ns = first_ns if options.start is None else parse_time(options.start, first_ns, last_ns)
        end_ns = last_ns + 1 if options.end is None else parse_time(options.end, first_ns, last_ns)
        _check_span(reader, start_ns, end_ns)
        state = reader.state_at(start_ns - 1).state
        instrument = state.instrument or reader.instrument
        span = chain(_as_of(start_ns, state), reader.events(start_ns, end_ns))
        with RecordingWriter(options.out, instrument) as writer:
            for count, event in enumerate(span):
                writer.append(event)
                progress.update(count)
        holes = reader.damage
    for hole in holes:
        progress.complain(f"read {reader.path}: damaged at byte {hole.offset}: {hole.what} (events may be missing)")
    size, events = writer.size, writer.events
    print(f"{options.out}: {events:,} events, {size:,} bytes, from {format_time(start_ns)} to {format_time(end_ns)}")
    return 0


def _check_span(reader: RecordingReader, start_ns: int, end_ns: int) -> None:
    asked = f"cut {reader.path} from {format_time(start_ns)} to {format_time(end_ns)}"
    if start_ns > reader.last_ns or end_ns <= reader.first_ns:
        goes = f"it goes from {format_time(reader.first_ns)} to {format_time(reader.last_ns)}"
        raise ConfigError(asked, "it has nothing there", goes)
    if start_ns >= end_ns:
        raise ConfigError(asked, "that ends before it begins", "give --from before --to")


def _as_of(time_ns: int, state: MarketState) -> Iterator[Event[Any]]:
    """The state as events received at `time_ns`, but for the instrument, which a recording begins with.

    With their own receive times a paced replay would begin with candles of an hour ago and wait.
    """
    for event in state.events():
        if type(event.data) is not Instrument:
            yield Event(replace(event.header, receive_time_ns=time_ns), event.data)
