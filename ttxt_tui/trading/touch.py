"""Prices in ticks: the touch of a book that may be trusted, and where an own order stands.

Pure; everything in trading counts prices in ticks and asks here whether a price would take.
"""

from __future__ import annotations

from typing import NamedTuple

from ttxt_core.events import BookState, Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.market import MarketState


class Touch(NamedTuple):
    """Best bid and best ask in ticks; None where that side is empty."""

    bid: int | None
    ask: int | None

    def own(self, side: Side) -> int | None:
        """The best price that an order on `side` would join."""
        return self.bid if side is Side.BUY else self.ask

    def opposite(self, side: Side) -> int | None:
        """The best price that an order on `side` would take."""
        return self.ask if side is Side.BUY else self.bid

    def crosses(self, side: Side, ticks: int) -> bool:
        """Whether an order on `side` at `ticks` would take."""
        best = self.opposite(side)
        if best is None:
            return False
        return ticks >= best if side is Side.BUY else ticks <= best


def touch_of(market: MarketState) -> Touch:
    """The touch of `market`; empty while its book is not VALID."""
    book = market.book
    if book.state is not BookState.VALID:
        return Touch(None, None)
    bid, ask = book.best_bid, book.best_ask
    return Touch(
        None if bid is None else market.ticks_of(bid[0]),
        None if ask is None else market.ticks_of(ask[0]),
    )


def beyond(side: Side, ticks: int, by: int) -> int:
    """`ticks` moved by `by` ticks the way that makes an order on `side` more aggressive; never under one tick."""
    return max(1, ticks + by if side is Side.BUY else ticks - by)


def passive(side: Side, ticks: int, touch: Touch) -> int:
    """`ticks`, or the nearest price to it at which an order on `side` would not take; never under one tick."""
    opposite = touch.opposite(side)
    if opposite is not None:
        ticks = min(ticks, opposite - 1) if side is Side.BUY else max(ticks, opposite + 1)
    return max(1, ticks)


def stands_at(order: ManagedOrder, info: InstrumentInfo) -> int | None:
    """Where `order` stands in ticks: at its trigger while it waits, else at its limit; None for neither."""
    price = order.trigger_price if order.is_waiting else order.price
    return None if price is None else round(price / info.tick_size)
