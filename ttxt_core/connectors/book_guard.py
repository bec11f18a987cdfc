"""The verdict on one instrument's feed of book messages: what may be passed on, and what its state is.

Owns the kept book and the moves between SYNCING, VALID, STALE and GAP. It asks for nothing and publishes nothing: it
says what is to be published, and whether a snapshot is missing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.events import BookState, BookStatus, Event, EventData, InstrumentKey, Orderbook
from ttxt_core.orderbook import LocalOrderbook

_VALID: Final = BookState.VALID
_REMEMBERED: Final = 32
"""Deltas a book: what comes twice comes soon after."""


class BookGuard:
    """One instrument's book, as far as it may be trusted.

    Attributes:
        became_valid: set while the book is VALID.
        unchanged: the last snapshot showed what was known already, so that the silence before it lost nothing.
        repeated: deltas that came again after they had been applied, and were left out.
    """

    def __init__(self, key: InstrumentKey) -> None:
        self._book = LocalOrderbook(key)
        self.became_valid = asyncio.Event()
        self.unchanged = False
        self.repeated = 0
        self._last_deltas: deque[Event[Orderbook]] = deque(maxlen=_REMEMBERED)

    @property
    def state(self) -> BookState:
        """The state that was last told."""
        return self._book.state

    @property
    def reason(self) -> str:
        """Why it is not VALID."""
        return self._book.reason

    def take(self, event: Event[Orderbook]) -> list[Event[Orderbook] | Event[BookStatus]]:
        """What a message comes to: itself, itself and a new state, a new state alone, or nothing.

        A message that breaks the book, or comes while it is broken, is not passed on. A snapshot that repeats the last
        one is no news.
        """
        book, data = self._book, event.data
        was, sequence = book.state, book.sequence
        if data.is_snapshot and was is _VALID and data.sequence == sequence and data.depth == 1:
            return []  # sent again every few seconds so that the line is known to live
        previous = data.previous_sequence
        if previous != sequence and previous is not None and was is _VALID and self._is_repeated(event):
            self.repeated += 1
            return []
        state = book.update(event)
        if state is _VALID:
            if not data.is_snapshot:
                self._last_deltas.append(event)
                return [event]
            self.unchanged = data.sequence == sequence
            if was is _VALID:
                return [event]
            self.became_valid.set()
            return [event, Event(event.header, BookStatus(_VALID))]
        if was is _VALID:
            self.became_valid.clear()
            return [Event(event.header, BookStatus(state, book.reason))]
        return []

    def _is_repeated(self, event: Event[Orderbook]) -> bool:
        """Whether the book has this delta already: no later than the book, and one of the last, word for word.

        By its low number alone it would be a guess: a venue that counts anew after a restart, and whose first message
        of the new count was lost, sends low numbers too.
        """
        time_ns, data = event.header.venue_time_ns, event.data
        if data.sequence > self._book.sequence:
            return False
        return any(last.header.venue_time_ns == time_ns and last.data == data for last in self._last_deltas)

    def age_ns(self, offset_ns: int) -> int:
        """How old the last delta was when it came, by the venue's clock, which is ours plus `offset_ns`."""
        if not self._last_deltas or not (last := self._last_deltas[-1].header).venue_time_ns:
            return 0
        return max(0, last.receive_time_ns + offset_ns - last.venue_time_ns)

    def mark_stale(self, reason: str) -> EventData:
        """The feed fell silent, or brings old news."""
        self._book.mark_stale(reason)
        return self._left()

    def reset(self, reason: str) -> EventData:
        """The feed begins anew: wait for a snapshot."""
        self._book.reset(reason)
        return self._left()

    def _left(self) -> BookStatus:
        self.became_valid.clear()
        self._last_deltas.clear()
        return BookStatus(self._book.state, self._book.reason)


def shown_age(age_ns: int) -> str:
    """An age for a reason."""
    return f"{age_ns // MILLISECOND_NS / 1000:.1f} s"
