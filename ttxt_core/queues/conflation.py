"""Merging events that a slow consumer has not taken yet, so that nothing they say is lost.

Owns how two events become one. It must not decide when: that is the backlog's.
"""

from __future__ import annotations

from typing import Any

from ttxt_core.events import Event, Orderbook, Ticker


class BookRun:
    """One event of an order book, or successive deltas merged into one.

    Merged deltas hold the last size of every level they changed, removals (size 0) included, and span from the
    first one's `previous_sequence` to the last one's `sequence`: a book that takes the merged delta ends up as
    if it had taken each. Deltas that don't follow each other are never merged, so that a gap stays visible.

    Attributes:
        number: place of the last merged event among all of its mailbox.
        is_open: False when nothing may be merged to it any more.
    """

    __slots__ = ("_asks", "_bids", "_first", "_last", "is_open", "number")

    def __init__(self, number: int, event: Event[Orderbook]) -> None:
        self.number = number
        self.is_open = not event.data.is_snapshot
        self._first = self._last = event
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}

    @property
    def is_snapshot(self) -> bool:
        """It is a snapshot, which stays by itself."""
        return self._first.data.is_snapshot

    def merge(self, number: int, event: Event[Orderbook]) -> bool:
        """Take in the delta `event`; False when it can't be merged to what is here."""
        if not self.is_open or not self._is_followed_by(event.data):
            return False
        if self._last is self._first:
            self._bids.update(self._first.data.bids)
            self._asks.update(self._first.data.asks)
        self._bids.update(event.data.bids)
        self._asks.update(event.data.asks)
        self._last = event
        self.number = number
        return True

    def event(self) -> Event[Orderbook]:
        """The run as one event, under the header of the last one."""
        if self._last is self._first:
            return self._first
        last = self._last.data
        previous = self._first.data.previous_sequence
        bids, asks = list(self._bids.items()), list(self._asks.items())
        return Event(self._last.header, Orderbook(bids, asks, False, last.sequence, previous, last.depth))

    def _is_followed_by(self, delta: Orderbook) -> bool:
        if delta.previous_sequence is None:
            return self._first.data.previous_sequence is None
        return delta.previous_sequence == self._last.data.sequence


def merge_tickers(earlier: Event[Ticker], later: Event[Ticker]) -> Event[Ticker]:
    """Both in one: the later one's figures where it has them, since None means unchanged."""
    figures: dict[str, Any] = {}
    for name in Ticker.__struct_fields__:
        figure = getattr(later.data, name)
        figures[name] = getattr(earlier.data, name) if figure is None else figure
    return Event(later.header, Ticker(**figures))
