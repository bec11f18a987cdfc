"""The market that commands are judged by: instruments, books and how old they are.

Owns the instruments and the ages; the books are those that the publisher keeps. A book that is not VALID gives no
price.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.events.market import Instrument, Side, Ticker
from ttxt_core.events.status import BookState, StreamReset
from ttxt_core.instruments import InstrumentBook
from ttxt_core.orderbook import LocalOrderbook

BookOf = Callable[[InstrumentKey], LocalOrderbook | None]
"""The kept book of an instrument; `FanOut.book` is one."""


class MarketView:
    """Instruments, books and ages by key.

    Attributes:
        instruments: all that the market events named.
    """

    def __init__(self, book_of: BookOf) -> None:
        self.instruments = InstrumentBook()
        self._book_of = book_of
        self._received_ns: dict[tuple[str, str, str], int] = {}
        self._marks: dict[tuple[str, str, str], float] = {}

    def on_event(self, event: Event[Any]) -> None:
        """Take in a market event or a `StreamReset`."""
        header = event.header
        kind = type(event.data)
        if kind is StreamReset:
            self._received_ns.clear()
            self._marks.clear()
            return
        key = (header.venue, header.category, header.pair)
        self._received_ns[key] = header.receive_time_ns
        if kind is Ticker and event.data.mark is not None:
            self._marks[key] = event.data.mark
        elif kind is Instrument:
            self.instruments.update(event)

    def touch(self, key: InstrumentKey, side: Side) -> Decimal | None:
        """The best bid (BUY) or ask (SELL); None while the book is not VALID or that side is empty.

        Raises:
            InstrumentError: the instrument is unknown, or its book is off its tick grid.
        """
        book = self._book_of(key)
        if book is None or book.state is not BookState.VALID:
            return None
        best = book.best_bid if side is Side.BUY else book.best_ask
        info = self.instruments[key]
        return None if best is None else info.price(info.to_ticks(best[0]))

    def mid(self, key: InstrumentKey) -> Decimal | None:
        """Halfway between the touches; None when a side has none.

        Raises:
            InstrumentError: as `touch`.
        """
        bid, ask = self.touch(key, Side.BUY), self.touch(key, Side.SELL)
        return None if bid is None or ask is None else (bid + ask) / 2

    def mark(self, key: InstrumentKey) -> Decimal | None:
        """What a position is valued at: the venue's mark price, else the mid; None where neither is known."""
        mark = self._marks.get(key)
        return self.mid(key) if mark is None else self.instruments[key].exact_price(mark)

    def trouble(self, key: InstrumentKey, now_ns: int, max_age_ns: int | None) -> str | None:
        """Why `key` is no market to enter on; None when its book is VALID and no older than `max_age_ns`."""
        if key not in self.instruments:
            return f"no instrument {key} in this session"
        book = self._book_of(key)
        if book is None:
            return f"stale market: no book of {key.pair} yet"
        if book.state is not BookState.VALID:
            return f"stale market: the book of {key.pair} is {book.state}: {book.reason}"
        age_ns = now_ns - self._received_ns.get(key, 0)
        if max_age_ns is not None and age_ns > max_age_ns:
            return f"stale market: nothing heard of {key.pair} for {age_ns / NANOSECONDS:.1f} s"
        return None
