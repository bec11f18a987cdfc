"""What is in a recording, counted: events, trades, candles, and how its book fares.

Owns the counting. It must not print or decide whether a file is good; damage is what the reader says it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from ttxt_core.errors import CorruptChunkError
from ttxt_core.events import BookState, Event, FeedGap, Kline, MarketTrades, Orderbook, Side
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.recording.codec import ChunkKind
from ttxt_core.recording.reader import RecordingReader

Progress = Callable[[int], None]
"""Told how many events have been read."""


class Break(NamedTuple):
    """A moment at which events are missing, and how that shows."""

    time_ns: int
    reason: str


class RecordingSummary:
    """Counts of the events that it is given, in order. One instrument.

    Attributes (read them, don't set them):
        events: how many of each type, by the type's name.
        snapshots, deltas: book events. levels: price levels in both together.
        early_deltas: deltas that came before any snapshot, so that no book could take them.
        trades, buys, sells: public trades by the taker's side; a `MarketTrades` event holds those of one message.
        open_candles, closed_candles: `Kline` events.
        feed_gaps: `FeedGap` events. book_gaps: where the kept book left VALID: a sequence was missed, a level can't
            be, or the book is crossed.
        book: the book as it stands after the last event.
    """

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.snapshots = 0
        self.deltas = 0
        self.levels = 0
        self.early_deltas = 0
        self.buys = 0
        self.sells = 0
        self.open_candles = 0
        self.closed_candles = 0
        self.feed_gaps: list[Break] = []
        self.book_gaps: list[Break] = []
        self.book = LocalOrderbook()

    @property
    def count(self) -> int:
        """All events."""
        return self.events.total()

    @property
    def trades(self) -> int:
        """All public trades."""
        return self.buys + self.sells

    @property
    def levels_per_book_event(self) -> float | None:
        """Mean price levels in a book event; None without any."""
        book_events = self.snapshots + self.deltas
        return self.levels / book_events if book_events else None

    def add(self, event: Event[Any]) -> None:
        """Count `event`."""
        data = event.data
        kind = type(data)
        self.events[kind.__name__] += 1
        if kind is Orderbook:
            self._add_book(event)
        elif kind is MarketTrades:
            buys = sum(trade.side is Side.BUY for trade in data.trades)
            self.buys += buys
            self.sells += len(data.trades) - buys
        elif kind is Kline:
            if data.is_closed:
                self.closed_candles += 1
            else:
                self.open_candles += 1
        elif kind is FeedGap:
            self.feed_gaps.append(Break(event.header.receive_time_ns, data.reason))

    def resume(self, events: list[Event[Any]]) -> None:
        """Take up the book where a keyframe or an earlier recording has it, without counting anything."""
        for event in events:
            if type(event.data) is Orderbook:
                self.book.update(event)

    def _add_book(self, event: Event[Orderbook]) -> None:
        data = event.data
        self.levels += len(data.bids) + len(data.asks)
        if data.is_snapshot:
            self.snapshots += 1
        else:
            self.deltas += 1
        before = self.book.state
        after = self.book.update(event)
        if after is BookState.SYNCING:
            self.early_deltas += 1
        elif after is BookState.GAP and before is not BookState.GAP:
            self.book_gaps.append(Break(event.header.receive_time_ns, self.book.reason))


def summarize(reader: RecordingReader, progress: Progress) -> RecordingSummary:
    """Read every chunk once, keyframes too, and count the events; `reader.damage` is complete afterwards.

    What is missing because of damage is not counted as a gap of the feed.

    Raises:
        RecordingError: the disk failed.
    """
    summary = RecordingSummary()
    holes = {damage.offset + damage.length for damage in reader.damage}
    for chunk in reader.chunks:
        if chunk.offset in holes:
            summary.book.mark_gap("events before this are damaged")
        try:
            events = reader.read_chunk(chunk) if chunk.header.kind in _READABLE else []
        except CorruptChunkError:
            if chunk.header.kind == ChunkKind.EVENTS:
                summary.book.mark_gap("events before this are damaged")
            continue
        if chunk.header.kind == ChunkKind.EVENTS:
            for event in events:
                summary.add(event)
            progress(summary.count)
        elif summary.book.state is not BookState.VALID:
            summary.resume(events)
    return summary


_READABLE = frozenset(ChunkKind)
