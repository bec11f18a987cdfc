"""``ttxt-rec export``: the events of a recording as JSON lines or CSV."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from ttxt_core.cli.export_rows import SHOWN_TYPES, csv_lines, json_lines
from ttxt_core.cli.progress import Progress
from ttxt_core.errors import ConfigError, RecordingExistsError
from ttxt_core.events import Event, UnknownEvent
from ttxt_core.events.registry import registry
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.times import parse_time


def run(options: Namespace) -> int:
    """Write the events of `options.file` to `options.out`, or to stdout."""
    types = None if options.types is None else [_type_named(name) for name in options.types]
    with RecordingReader(options.file) as reader, Progress(f"reading {reader.path.name}", reader.count) as progress:
        first_ns, last_ns = reader.first_ns, reader.last_ns
        start_ns = None if options.start is None else parse_time(options.start, first_ns, last_ns)
        end_ns = None if options.end is None else parse_time(options.end, first_ns, last_ns)
        events = _counted(reader.events(start_ns, end_ns), progress)
        if types is not None:
            events = (event for event in events if type(event.data) in types)
        lines = json_lines(events) if options.format == "jsonl" else csv_lines(events, types)
        with _output(options.out) as file:
            file.writelines(lines)
        for hole in reader.damage:
            progress.complain(f"read {reader.path}: damaged at byte {hole.offset}: {hole.what} (events may be missing)")
    return 0


def _type_named(name: str) -> type:
    types: tuple[type, ...] = (*registry.types.values(), UnknownEvent)
    known = {cls.__name__.lower(): cls for cls in types}
    try:
        return known[name.lower()]
    except KeyError:
        names = ", ".join(cls.__name__ for cls in SHOWN_TYPES)
        raise ConfigError(f"export events of type {name!r}", "there is no such type", f"known: {names}") from None


def _counted(events: Iterable[Event[Any]], progress: Progress) -> Iterator[Event[Any]]:
    for count, event in enumerate(events):
        progress.update(count)
        yield event


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    """Where the lines go: a new file, or stdout."""
    if path is None:
        yield sys.stdout
        return
    try:
        file = path.open("x", encoding="utf-8", newline="")
    except FileExistsError as error:
        raise RecordingExistsError(f"export to {path}", "it exists", "choose another name") from error
    except OSError as error:
        raise ConfigError(f"export to {path}", error.strerror or str(error)) from error
    with file:
        yield file
