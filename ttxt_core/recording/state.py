"""Everything that a run of events says, as few events: what a keyframe holds and what a seek publishes.

Owns the folding. The same class makes keyframes when writing and states when seeking, so that both mean the
same. Pure: it must not read or write anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest, nsmallest
from math import isnan, nan
from typing import Any

from msgspec.structs import astuple

from ttxt_core.events import (
    BookState,
    BookStatus,
    Event,
    FeedGap,
    Instrument,
    Kline,
    MessageHeader,
    Orderbook,
    Ticker,
)
from ttxt_core.orderbook import fault_of

KEPT_CANDLES = 60
"""Latest candles of each interval that a state holds, so that a chart is not empty after a seek."""


class MarketState:
    """What is known of one instrument after the events so far.

    Attributes:
        instrument: the last `Instrument` event; None before the first.
        breaks: how often something was said or found to be missing.
    """

    def __init__(self) -> None:
        self.instrument: Event[Instrument] | None = None
        self.breaks = 0
        self._book = _BookFold()
        self._status: Event[BookStatus] | None = None
        self._ticker_header: MessageHeader | None = None
        self._figures: list[Any] = [None] * len(Ticker.__struct_fields__)
        self._candles: dict[int, dict[int, Event[Kline]]] = {}

    def update(self, events: Iterable[Event[Any]]) -> None:
        """Take in `events`, in order."""
        add_delta, figures = self._book.add_delta, self._figures
        for event in events:
            data = event.data
            kind = type(data)
            if kind is Orderbook:
                if data.is_snapshot:
                    self._book.replace(event)
                    self._status = None
                elif not add_delta(event):
                    self.breaks += 1
            elif kind is Ticker:
                self._ticker_header = event.header
                for place, figure in enumerate(astuple(data)):
                    if figure is not None:
                        figures[place] = figure
            elif kind is Kline:
                self._add_candle(event)
            elif kind is Instrument:
                self.instrument = event
            elif kind is BookStatus:
                self._set_status(event)
            elif kind is FeedGap:
                self.breaks += 1
                self._book.miss()

    def events(self) -> list[Event[Any]]:
        """The state: instrument, candles (oldest first), ticker, book; each as far as it is known.

        A book that is not VALID is left out; where its last status said so, that status is the last event.
        """
        return self._with_book(self._book.event())

    def keyframe(self) -> list[Event[Any]] | None:
        """The state if nothing in it is in doubt, else None: the book is VALID, or there never was one."""
        is_in_doubt = self._status is not None or self._book.may_have_missed
        book = None if is_in_doubt else self._book.event()
        return None if book is None and self._book.has_begun else self._with_book(book)

    def resync_events(self) -> list[Event[Any]]:
        """What makes a consumer whole again that has missed events: instrument, ticker and book."""
        known = (self.instrument, self._ticker_event(), self._book.event())
        return [event for event in known if event is not None]

    def _with_book(self, book: Event[Orderbook] | None) -> list[Event[Any]]:
        candles = [event for kept in self._candles.values() for event in kept.values()]
        candles.sort(key=_start_of)
        known = [self.instrument, *candles, self._ticker_event(), book, self._status]
        return [event for event in known if event is not None]

    def _ticker_event(self) -> Event[Ticker] | None:
        """All tickers in one: each figure as it was last given."""
        return None if self._ticker_header is None else Event(self._ticker_header, Ticker(*self._figures))

    def _add_candle(self, event: Event[Kline]) -> None:
        candles = self._candles.setdefault(event.data.interval_ns, {})
        candles[event.data.start_ns] = event
        if len(candles) > KEPT_CANDLES:
            del candles[min(candles)]

    def _set_status(self, event: Event[BookStatus]) -> None:
        state = event.data.state
        if state is BookState.VALID:
            self._status = None
            return
        self.breaks += 1
        self._status = event
        if state is not BookState.STALE:  # a stale book goes on where it was; the others wait for a snapshot
            self._book.lose()


class _BookFold:
    """A book that is written often and read seldom: levels without an order, sorted when asked for.

    It only looks at what it needs to follow the stream; what comes out is judged as `LocalOrderbook` does.

    Attributes (read them, don't set them):
        has_begun: a book event has come.
        may_have_missed: events were lost since the last snapshot, and no delta has yet shown by its predecessor that
            none of the book's were among them; deltas that name none can't be trusted any more.
    """

    __slots__ = ("_asks", "_bids", "_depth", "_last", "_sequence", "has_begun", "may_have_missed")

    def __init__(self) -> None:
        self.has_begun = False
        self.may_have_missed = False
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}
        self._depth = 0
        self._last: Event[Orderbook] | None = None
        self._sequence: float = nan
        """That of the last message; NaN, which no delta follows, while one is missing since the last snapshot."""

    def replace(self, event: Event[Orderbook]) -> None:
        """Take in a snapshot."""
        message = event.data
        self.has_begun = True
        self.may_have_missed = False
        self._bids = {price: size for price, size in dict(message.bids).items() if size}
        self._asks = {price: size for price, size in dict(message.asks).items() if size}
        self._depth = message.depth
        self._last = event
        self._sequence = message.sequence
        self._trim()

    def add_delta(self, event: Event[Orderbook]) -> bool:
        """Take in a delta; False when it shows that one before it is missing."""
        message = event.data
        previous = message.previous_sequence
        if previous == self._sequence:
            self.may_have_missed = False
        else:
            self.has_begun = True
            if isnan(self._sequence):
                return True
            if previous is not None or self.may_have_missed:
                self.lose()
                return False
        sizes = self._bids
        for price, size in message.bids:
            if size:
                sizes[price] = size
            else:
                sizes.pop(price, None)
        sizes = self._asks
        for price, size in message.asks:
            if size:
                sizes[price] = size
            else:
                sizes.pop(price, None)
        self._last = event
        self._sequence = message.sequence
        if self._depth and (len(sizes) > self._depth or len(self._bids) > self._depth):
            self._trim()
        return True

    def miss(self) -> None:
        """Events were lost; whether some of the book's are among them is not known yet."""
        self.may_have_missed = True

    def lose(self) -> None:
        """A delta is missing: nothing is known until the next snapshot."""
        self._sequence = nan

    def event(self) -> Event[Orderbook] | None:
        """The book as a snapshot under the header of its last change; None unless it is VALID."""
        last = self._last
        if last is None or isnan(self._sequence):
            return None
        bids = [(price, self._bids[price]) for price in sorted(self._bids, reverse=True)]
        asks = [(price, self._asks[price]) for price in sorted(self._asks)]
        message = Orderbook(bids, asks, True, last.data.sequence, None, self._depth)
        return None if fault_of(message) else Event(last.header, message)

    def _trim(self) -> None:
        """Levels beyond the stream's depth are no longer reported: `LocalOrderbook` forgets them too."""
        depth, bids, asks = self._depth, self._bids, self._asks
        if depth and len(bids) > depth:
            for price in nsmallest(len(bids) - depth, bids):
                del bids[price]
        if depth and len(asks) > depth:
            for price in nlargest(len(asks) - depth, asks):
                del asks[price]


def _start_of(event: Event[Kline]) -> int:
    start_ns: int = event.data.start_ns
    return start_ns
