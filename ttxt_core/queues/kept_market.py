"""What a publisher keeps of the market, to bring a consumer up to date: instruments and whole books.

Owns those copies. It must not publish, and it never calls a book VALID that its feed has called otherwise.
"""

from __future__ import annotations

from typing import Any

from ttxt_core.events import (
    BookState,
    BookStatus,
    Event,
    Instrument,
    InstrumentKey,
    MessageHeader,
    Orderbook,
    StreamReset,
)
from ttxt_core.orderbook import LocalOrderbook

_Key = tuple[str, str, str]


class KeptMarket:
    """Instruments and order books as of the last event that went by."""

    def __init__(self) -> None:
        self._instruments: dict[_Key, Event[Instrument]] = {}
        self._books: dict[_Key, LocalOrderbook] = {}
        self._headers: dict[_Key, MessageHeader] = {}

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
        """All instruments, then a snapshot of every VALID book."""
        snapshots = [self.snapshot(InstrumentKey(*key)) for key in self._books]
        return [*self._instruments.values(), *(snapshot for snapshot in snapshots if snapshot is not None)]

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
        """Forget the books of the stream that was reset; what its header leaves empty stands for all."""
        named = (event.header.venue, event.header.category, event.header.pair)
        for key, book in self._books.items():
            if all(part in ("", own) for part, own in zip(named, key, strict=True)):
                book.reset(f"stream reset: {event.data.reason}")
