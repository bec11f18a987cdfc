"""How much size stands before our own orders at their price: an estimate, as a range.

Owns the estimate. A venue's book by price does not say who left a queue, so the range is between "all who left stood
before us" and "all stood behind us", and never more than what is displayed. Trades at the price take from the front.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from ttxt_core.events.market import Side
from ttxt_core.orderbook import LocalOrderbook


class QueueRange(NamedTuple):
    """Size ahead of an order, base currency: at least `low`, at most `high`."""

    low: float
    high: float


class _Place:
    __slots__ = ("displayed", "high", "low", "price", "quantity", "side", "traded")

    def __init__(self, side: Side, price: float, quantity: Decimal, displayed: float) -> None:
        self.side = side
        self.price = price
        self.quantity = quantity
        self.displayed = displayed
        self.traded = 0.0
        # Whether the displayed size holds our own is not known yet when the order is first seen.
        self.low = max(0.0, displayed - float(quantity))
        self.high = displayed


class QueueTracker:
    """The places of own orders in their queues, by client order id."""

    __slots__ = ("_places",)

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    def follow(
        self, client_order_id: str, side: Side, price: float, quantity: Decimal, book: LocalOrderbook
    ) -> QueueRange:
        """Where the order stands; a new order, another price or a larger quantity begins at the end of the queue.

        Args:
            quantity: what is left of the order, base currency.
            book: the book to find the queue in when the order is new.
        """
        place = self._places.get(client_order_id)
        if place is None or place.price != price or place.side is not side or quantity > place.quantity:
            place = self._places[client_order_id] = _Place(side, price, quantity, book.size_at(side, price))
        place.quantity = quantity
        return QueueRange(place.low, place.high)

    def keep_only(self, client_order_ids: set[str]) -> None:
        """Forget every order that is not among these."""
        for gone in self._places.keys() - client_order_ids:
            del self._places[gone]

    def on_trade(self, aggressor: Side, price: float, size: float) -> None:
        """A trade at a price takes from the front of its queue; one through it leaves nothing ahead."""
        for place in self._places.values():
            if place.side is aggressor:
                continue
            if place.price == price:
                place.traded += size
                place.low = max(0.0, place.low - size)
                place.high = max(0.0, place.high - size)
            elif (price < place.price) is (place.side is Side.BUY):
                place.low = place.high = 0.0

    def on_book(self, book: LocalOrderbook) -> None:
        """The book changed: what left without a trade was before us or behind us."""
        for place in self._places.values():
            displayed = book.size_at(place.side, place.price)
            left = place.displayed - place.traded - displayed
            if left > 0:
                place.low = max(0.0, place.low - left)
            place.high = min(place.high, displayed)
            place.low = min(place.low, place.high)
            place.displayed, place.traded = displayed, 0.0

    def clear(self) -> None:
        """Forget every order."""
        self._places.clear()
