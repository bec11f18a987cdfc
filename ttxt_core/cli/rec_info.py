"""``ttxt-rec info``: what is in recordings, for people or as JSON."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import orjson

from ttxt_core.cli.console import for_each
from ttxt_core.cli.progress import Progress
from ttxt_core.clock import NANOSECONDS
from ttxt_core.errors import RecordingError
from ttxt_core.recording.codec import ChunkKind
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.summary import RecordingSummary, summarize
from ttxt_core.recording.times import format_time

_Facts = dict[str, Any]


def run(options: Namespace) -> int:
    """Print what is in each of `options.files`."""
    show = _show_json if options.json else _show_text

    def one(path: Path) -> bool:
        show(_facts(path))
        return True

    return for_each(options.files, one)


def _facts(path: Path) -> _Facts:
    with RecordingReader(path) as reader, Progress(f"reading {path.name}", reader.count) as progress:
        summary = summarize(reader, progress.update)
        return _about(reader) | _counts(reader, summary)


def _about(reader: RecordingReader) -> _Facts:
    try:
        spec = reader.instrument.data
    except RecordingError:  # its chunk is damaged, which `damage` tells
        spec = None
    keyframes = sum(chunk.header.kind == ChunkKind.KEYFRAME for chunk in reader.chunks)
    return {
        "file": str(reader.path),
        "venue": reader.key.venue,
        "category": reader.key.category,
        "pair": reader.key.pair,
        "symbol": spec.symbol if spec else None,
        "tick": f"{spec.tick_size:f}" if spec else None,
        "lot": f"{spec.lot_size:f}" if spec else None,
        "first_time": format_time(reader.first_ns),
        "last_time": format_time(reader.last_ns),
        "first_ns": reader.first_ns,
        "last_ns": reader.last_ns,
        "duration_s": (reader.last_ns - reader.first_ns) / NANOSECONDS,
        "bytes": reader.size,
        "chunks": len(reader.chunks),
        "keyframes": keyframes,
    }


def _counts(reader: RecordingReader, summary: RecordingSummary) -> _Facts:
    per_book_event = summary.levels_per_book_event
    return {
        "events": summary.count,
        "events_by_type": dict(summary.events.most_common()),
        "bytes_per_event": round(reader.size / summary.count, 2) if summary.count else None,
        "book": {
            "snapshots": summary.snapshots,
            "deltas": summary.deltas,
            "levels_per_event": None if per_book_event is None else round(per_book_event, 2),
            "deltas_before_snapshot": summary.early_deltas,
        },
        "trades": {
            "events": summary.events["MarketTrades"],
            "count": summary.trades,
            "buy": summary.buys,
            "sell": summary.sells,
        },
        "klines": {
            "count": summary.open_candles + summary.closed_candles,
            "open": summary.open_candles,
            "closed": summary.closed_candles,
        },
        "gaps": {
            "feed": [{"time_ns": gap.time_ns, "reason": gap.reason} for gap in summary.feed_gaps],
            "book": [{"time_ns": gap.time_ns, "reason": gap.reason} for gap in summary.book_gaps],
            "damage": [
                {"offset": hole.offset, "bytes": hole.length, "what": hole.what, "missed": hole.missed}
                for hole in reader.damage
            ],
        },
    }


def _show_json(facts: _Facts) -> None:
    print(orjson.dumps(facts).decode())


def _show_text(facts: _Facts) -> None:
    book, trades, klines, gaps = facts["book"], facts["trades"], facts["klines"], facts["gaps"]
    by_type = ", ".join(f"{count:,} {name}" for name, count in facts["events_by_type"].items())
    levels = book["levels_per_event"]
    rows = [
        ("instrument", f"{facts['venue']} {facts['category']} {facts['pair']} ({facts['symbol'] or 'not readable'})"),
        ("tick, lot", f"{facts['tick'] or '-'}, {facts['lot'] or '-'}"),
        ("first", f"{facts['first_time']}  {facts['first_ns']}"),
        ("last", f"{facts['last_time']}  {facts['last_ns']}"),
        ("duration", f"{facts['duration_s']:.3f} s"),
        ("events", f"{facts['events']:,}" + (f": {by_type}" if by_type else "")),
        (
            "book",
            f"{_of(book['snapshots'], 'snapshot')}, {_of(book['deltas'], 'delta')}"
            + (f", {levels} levels an event" if levels is not None else "")
            + (f", {book['deltas_before_snapshot']:,} before a snapshot" if book["deltas_before_snapshot"] else ""),
        ),
        (
            "trades",
            f"{trades['count']:,} in {_of(trades['events'], 'event')}: {trades['buy']:,} buy, {trades['sell']:,} sell",
        ),
        ("klines", f"{klines['count']:,}: {klines['open']:,} open, {klines['closed']:,} closed"),
        ("chunks", f"{facts['chunks']:,}, of them {_of(facts['keyframes'], 'keyframe')}"),
        ("size", f"{_of(facts['bytes'], 'byte')}, {facts['bytes_per_event'] or '-'} an event"),
        (
            "gaps",
            f"{len(gaps['feed'])} in the feed, {len(gaps['book'])} in the book; {len(gaps['damage'])} damaged places",
        ),
    ]
    print(facts["file"])
    for name, value in rows:
        print(f"  {name:<11} {value}")


def _of(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
