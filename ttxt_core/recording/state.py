"""Everything that a run of events says, as few events: what a keyframe holds and what a seek publishes.

Owns the folding. The same class makes keyframes when writing and states when seeking, so that both mean the
same. Pure: it must not read or write anything.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from ttxt_core.orderbook import LocalOrderbook

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
        book, figures = self._book, self._figures
        for event in events:
            data = event.data
            kind = type(data)
            if kind is Orderbook:
                if not data.is_snapshot:
                    self.breaks += not book.add_delta(event)
                else:
                    book.replace(event)
                    self._status = None
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
                book.may_have_missed = True

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
            self._book.is_whole = False


class _BookFold:
    """A book that is written often and read seldom: levels without an order, sorted when asked for.

    It takes a delta in a third of the time of `LocalOrderbook`, which stays the judge of what comes out.

    Attributes:
        has_begun: a book event has come.
        is_whole: no delta is missing since the last snapshot.
        may_have_missed: events were lost since then, and no delta has yet shown by its predecessor that none of
            the book's were among them; deltas that name none can't be trusted any more.
    """

    __slots__ = ("_asks", "_bids", "_depth", "_last", "has_begun", "is_whole", "may_have_missed")

    def __init__(self) -> None:
        self.has_begun = False
        self.is_whole = False
        self.may_have_missed = False
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}
        self._depth = 0
        self._last: Event[Orderbook] | None = None

    def replace(self, event: Event[Orderbook]) -> None:
        """Take in a snapshot."""
        message = event.data
        self.has_begun = self.is_whole = True
        self.may_have_missed = False
        self._bids = {price: size for price, size in dict(message.bids).items() if size}
        self._asks = {price: size for price, size in dict(message.asks).items() if size}
        self._depth = message.depth
        self._last = event
        self._trim()

    def add_delta(self, event: Event[Orderbook]) -> bool:
        """Take in a delta; False when it shows that one before it is missing."""
        self.has_begun = True
        last = self._last
        if not self.is_whole or last is None:
            return True
        message = event.data
        previous = message.previous_sequence
        if self.may_have_missed if previous is None else previous != last.data.sequence:
            self.is_whole = False
            return False
        self.may_have_missed = False
        if message.bids:
            _apply(message.bids, self._bids)
        if message.asks:
            _apply(message.asks, self._asks)
        self._last = event
        if self._depth and (len(self._bids) > self._depth or len(self._asks) > self._depth):
            self._trim()
        return True

    def event(self) -> Event[Orderbook] | None:
        """The book as a snapshot under the header of its last change; None unless it is VALID."""
        last = self._last
        if last is None or not self.is_whole:
            return None
        bids = sorted(self._bids.items(), reverse=True)
        asks = sorted(self._asks.items())
        snapshot = Event(last.header, Orderbook(bids, asks, True, last.data.sequence, None, self._depth))
        return snapshot if LocalOrderbook().update(snapshot) is BookState.VALID else None

    def _trim(self) -> None:
        """Levels beyond the stream's depth are no longer reported: `LocalOrderbook` forgets them too."""
        depth = self._depth
        if depth:
            for price in sorted(self._bids)[:-depth]:
                del self._bids[price]
            for price in sorted(self._asks)[depth:]:
                del self._asks[price]


def _apply(levels: list[tuple[float, float]], sizes: dict[float, float]) -> None:
    for price, size in levels:
        if size:
            sizes[price] = size
        else:
            sizes.pop(price, None)


def _start_of(event: Event[Kline]) -> int:
    start_ns: int = event.data.start_ns
    return start_ns
