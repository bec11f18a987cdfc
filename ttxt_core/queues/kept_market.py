"""What a publisher keeps of the market, to bring a consumer up to date: instruments, candles, tickers, whole books.

Owns those copies. It must not publish, and it never calls a book VALID that its feed has called otherwise.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from ttxt_core.events import (
    BookState,
    BookStatus,
    Event,
    Instrument,
    InstrumentKey,
    Kline,
    MessageHeader,
    Orderbook,
    StreamReset,
    Ticker,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.conflation import merge_tickers

_Key = tuple[str, str, str]

CANDLES_KEPT: Final = 300
"""Candles of an instrument and interval, so that a chart or a recording that begins now has a past."""


class KeptMarket:
    """Instruments and order books as of the last event that went by."""

    def __init__(self) -> None:
        self._instruments: dict[_Key, Event[Instrument]] = {}
        self._books: dict[_Key, LocalOrderbook] = {}
        self._headers: dict[_Key, MessageHeader] = {}
        self._candles: dict[_Key, dict[int, deque[Event[Kline]]]] = {}
        self._tickers: dict[_Key, Event[Ticker]] = {}

    def update(self, event: Event[Any]) -> None:
        """Take in any event; most say nothing that is kept."""
        kind = type(event.data)
        if kind is Orderbook:
            header = event.header
            key = (header.venue, header.category, header.pair)
            book = self._books.get(key)
            if book is None:
                book = self._books[key] = LocalOrderbook(header.key)
            book.update(event)
            self._headers[key] = header
        elif kind is Kline:
            self._add_candle(event)
        elif kind is Ticker:
            header = event.header
            key = (header.venue, header.category, header.pair)
            before = self._tickers.get(key)
            self._tickers[key] = event if before is None else merge_tickers(before, event)
        elif kind is Instrument:
            self._instruments[event.header.key] = event
        elif kind is BookStatus:
            self._note_status(event)
        elif kind is StreamReset:
            self._reset(event)

    def book(self, key: InstrumentKey) -> LocalOrderbook | None:
        """The kept book of `key`, to read only; None before its first message."""
        return self._books.get(key)

    def snapshot(self, key: InstrumentKey) -> Event[Orderbook] | None:
        """The book of `key` under the header of its last event; None when there is no VALID one."""
        book = self._books.get(key)
        if book is None or book.state is not BookState.VALID:
            return None
        return book.snapshot_event(self._headers[key])

    def events(self) -> list[Event[Any]]:
        """All instruments; then of every VALID book a snapshot, and behind it the candles and the ticker as they stand.

        Candles are told again under the header of the book's last event: what they say is of old, that they are
        said is of now.
        """
        events: list[Event[Any]] = list(self._instruments.values())
        for key in self._books:
            snapshot = self.snapshot(InstrumentKey(*key))
            if snapshot is None:
                continue
            events.append(snapshot)
            for candles in self._candles.get(key, {}).values():
                events += [Event(snapshot.header, candle.data) for candle in candles]
            if key in self._tickers:
                events.append(Event(snapshot.header, self._tickers[key].data))
        return events

    def _add_candle(self, event: Event[Kline]) -> None:
        header, candle = event.header, event.data
        by_interval = self._candles.setdefault((header.venue, header.category, header.pair), {})
        candles = by_interval.setdefault(candle.interval_ns, deque(maxlen=CANDLES_KEPT))
        if candles and candles[-1].data.start_ns == candle.start_ns:
            candles[-1] = event
        elif not candles or candle.start_ns > candles[-1].data.start_ns:
            candles.append(event)

    def _note_status(self, event: Event[BookStatus]) -> None:
        book = self._books.get(event.header.key)
        status = event.data
        if book is None or status.state is BookState.VALID:
            return
        if status.state is BookState.SYNCING:
            book.reset(status.reason)
        elif status.state is BookState.STALE:
            book.mark_stale(status.reason)
        else:
            book.mark_gap(status.reason)

    def _reset(self, event: Event[StreamReset]) -> None:
        """Forget what is known of the stream that was reset; what its header leaves empty stands for all."""
        named = (event.header.venue, event.header.category, event.header.pair)
        for key, book in self._books.items():
            if all(part in ("", own) for part, own in zip(named, key, strict=True)):
                book.reset(f"stream reset: {event.data.reason}")
                self._candles.pop(key, None)
                self._tickers.pop(key, None)
