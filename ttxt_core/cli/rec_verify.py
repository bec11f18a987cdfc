"""``ttxt-rec verify``: whether every chunk of a recording is whole, and if not, what is wrong where."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ttxt_core.cli.console import for_each
from ttxt_core.cli.progress import Progress
from ttxt_core.recording.index import Damage
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.summary import Break, summarize
from ttxt_core.recording.times import format_time

_MOST_SHOWN = 20


def run(options: Namespace) -> int:
    """Check each of `options.files`; 0 only when all of all of them can be read."""
    return for_each(options.files, _verify)


def _verify(path: Path) -> bool:
    with RecordingReader(path) as reader, Progress(f"checking {path.name}", reader.count) as progress:
        summary = summarize(reader, progress.update)
        damage = reader.damage
        places = sorted({chunk.offset for chunk in reader.chunks} | {hole.offset for hole in damage})
    number = {offset: place for place, offset in enumerate(places, 1)}
    content = f"{len(reader.chunks):,} chunks, {summary.count:,} events, {reader.size:,} bytes"
    verdict = f"DAMAGED in {len(damage)} of {len(places)} places" if damage else "whole"
    print(f"{path}: {verdict}: {content}")
    for hole in damage:
        print(f"  chunk {number[hole.offset]} at byte {hole.offset}: {_what(hole)}")
    if summary.early_deltas:
        print(f"  note: {summary.early_deltas:,} deltas came before any snapshot of the book")
    _show_breaks("feed", summary.feed_gaps)
    _show_breaks("book", summary.book_gaps)
    return not damage


def _what(hole: Damage) -> str:
    lost = "" if hole.missed is None else f"; {hole.missed:,} events are lost"
    return f"{hole.what}, {hole.length:,} bytes{lost}"


def _show_breaks(where: str, breaks: list[Break]) -> None:
    for gap in breaks[:_MOST_SHOWN]:
        print(f"  note: gap in the {where} at {format_time(gap.time_ns)}: {gap.reason}")
    if len(breaks) > _MOST_SHOWN:
        print(f"  note: {len(breaks) - _MOST_SHOWN:,} more gaps in the {where}")
