"""One order book topic: the best levels of a book as a snapshot, and what changes in them as deltas.

Source: Bybit's v5 documentation, "Orderbook". Depth 1 sends snapshots only, and its last one again every 3 seconds.
"""

from __future__ import annotations

from collections import deque

import orjson

from ttxt_core.events.status import BookState
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import Level
from ttxt_core.sandbox.bybit.wire import Row
from ttxt_core.sandbox.faults import is_due
from ttxt_core.sandbox.public_market import PublicMarket

CADENCES_MS = {1: 10, 50: 20, 200: 100, 1000: 200}
"""Depth → how often its topic is sent while the book changes."""
_FIRST_UPDATE = 1_830_000
_REPEAT_MS = 3000
Sides = tuple[list[Level], list[Level]]


class BookStream:
    """The stream of one depth of one instrument; all who subscribe to it get the same messages.

    Attributes:
        update: the message count `u`; a client's book of this count must equal what `states_at` gives for it.
    """

    def __init__(self, market: PublicMarket, depth: int, kept_states: int = 0) -> None:
        """A stream that keeps its last `kept_states` states for comparison."""
        self.update = _FIRST_UPDATE
        self._market = market
        self._depth = depth
        self._topic = f"orderbook.{depth}.{market.symbol}"
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}
        self._sequence = -1
        self._due_ms = 0
        self._repeat_ms = 0
        self._kept = kept_states
        self._states: dict[int, list[Sides]] = {}
        self._order: deque[int] = deque()

    def resume(self, now_ms: int) -> None:
        """A first client comes after a time without any: take the book as it is."""
        if self._market.sequence != self._sequence:
            self._advance(now_ms)

    def tick(self, now_ms: int) -> bytes | None:
        """The next message, if one is due and the book has changed."""
        market = self._market
        if not is_due(self._due_ms, now_ms, CADENCES_MS[self._depth]) or market.book.state is not BookState.VALID:
            return None
        if market.sequence == self._sequence:
            if self._depth == 1 and is_due(self._repeat_ms, now_ms, _REPEAT_MS):
                self._repeat_ms = now_ms + _REPEAT_MS
                return self.first(now_ms)
            return None
        bids, asks = self._bids, self._asks
        self._take()
        changed_bids, changed_asks = _changes(bids, self._bids), _changes(asks, self._asks)
        if not changed_bids and not changed_asks:
            return None
        self._count(now_ms)
        if self._depth == 1:
            return self.first(now_ms)
        return self._message("delta", changed_bids, changed_asks, now_ms)

    def restart(self, now_ms: int) -> bytes:
        """Count anew, as after a restart of the venue's service: a snapshot with `u` 1."""
        self.update = 0
        self._advance(now_ms)
        return self.first(now_ms)

    def first(self, now_ms: int) -> bytes:
        """All that was sent so far, as one snapshot with the count of the last message."""
        return self._message("snapshot", list(self._bids.items()), list(self._asks.items()), now_ms)

    def states_at(self, update: int) -> list[Sides]:
        """Bids and asks, best first, as message `update` left them, as far as that is kept.

        Several where the count began anew and the number came again; the last one is the last in the list.
        """
        return list(self._states.get(update, ()))

    def rest_result(self, limit: int) -> Row:
        """The result of ``/v5/market/orderbook``: what was sent last, with its count."""
        info, market = self._market.info, self._market
        return {
            "s": market.symbol,
            "b": _rows(info, list(self._bids.items())[:limit]),
            "a": _rows(info, list(self._asks.items())[:limit]),
            "ts": market.book_time_ms,
            "u": self.update,
            "seq": self._sequence,
            "cts": market.book_time_ms,
        }

    # -- inside ----------------------------------------------------------------------------------------------

    def _advance(self, now_ms: int) -> None:
        self._take()
        self._count(now_ms)

    def _take(self) -> None:
        book = self._market.book
        self._sequence = self._market.sequence
        self._bids, self._asks = dict(book.bids(self._depth)), dict(book.asks(self._depth))

    def _count(self, now_ms: int) -> None:
        self.update += 1
        self._due_ms = now_ms + CADENCES_MS[self._depth]
        self._repeat_ms = now_ms + _REPEAT_MS
        if self._kept:
            self._states.setdefault(self.update, []).append((list(self._bids.items()), list(self._asks.items())))
            self._order.append(self.update)
            if len(self._order) > self._kept:
                del self._states[self._order.popleft()][0]

    def _message(self, kind: str, bids: list[Level], asks: list[Level], now_ms: int) -> bytes:
        market, info = self._market, self._market.info
        data = {
            "s": market.symbol,
            "b": _rows(info, bids),
            "a": _rows(info, asks),
            "u": self.update,
            "seq": self._sequence,
        }
        # The order of keys differs on the venue, too: a client that parses by position must fail here.
        stamps = {"ts": now_ms, "type": kind} if market.category == "spot" else {"type": kind, "ts": now_ms}
        return orjson.dumps({"topic": self._topic, **stamps, "data": data, "cts": market.book_time_ms})


def _changes(old: dict[float, float], new: dict[float, float]) -> list[Level]:
    changed = [(price, size) for price, size in new.items() if old.get(price) != size]
    return changed + [(price, 0.0) for price in old if price not in new]


def _rows(info: InstrumentInfo, levels: list[Level]) -> list[tuple[str, str]]:
    price, quantity = info.price_decimals, info.quantity_decimals
    return [(f"{p:.{price}f}", f"{size:.{quantity}f}" if size else "0") for p, size in levels]
