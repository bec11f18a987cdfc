"""Conditional orders: those that wait outside the book for a price.

Owns who waits for what. What is done when a price is reached is the desk's.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.orders import TriggerBy, TriggerDirection
from ttxt_core.sandbox.bybit.orders import VenueOrder
from ttxt_core.sandbox.public_market import PublicMarket


class Conditionals:
    """Orders that wait."""

    def __init__(self, release: Callable[[VenueOrder], None]) -> None:
        """`release` is told of an order whose price was reached."""
        self._release = release
        self._waiting: dict[InstrumentKey, list[VenueOrder]] = {}

    def add(self, order: VenueOrder) -> None:
        """Let `order` wait."""
        self._waiting.setdefault(order.key, []).append(order)

    def remove(self, order: VenueOrder) -> None:
        """Let it wait no more."""
        waiting = self._waiting.get(order.key, [])
        if order in waiting:
            waiting.remove(order)

    def check(self, key: InstrumentKey, market: PublicMarket) -> None:
        """Release the orders of a position whose price was reached, oldest first."""
        waiting = self._waiting.get(key)
        if not waiting:
            return
        for order in list(waiting):
            if order in waiting and self._is_reached(order, market):
                self.remove(order)
                self._release(order)

    @staticmethod
    def price(by: TriggerBy, market: PublicMarket) -> Decimal | None:
        """The price that triggers go by; the last price stands in for one that was never told."""
        ticker, price = market.ticker, market.last
        if by is TriggerBy.MARK:
            price = ticker.mark if ticker.mark is not None else price
        elif by is TriggerBy.INDEX:
            price = ticker.index if ticker.index is not None else price
        return None if price is None else market.info.exact_price(price)

    def _is_reached(self, order: VenueOrder, market: PublicMarket) -> bool:
        trigger = order.trigger
        now = None if trigger is None else self.price(trigger.by, market)
        if trigger is None or now is None:
            return False
        self._follow(order, now)
        if not trigger.price:
            return False
        return now >= trigger.price if trigger.direction is TriggerDirection.RISE else now <= trigger.price

    def _follow(self, order: VenueOrder, now: Decimal) -> None:
        """Let a trailing stop follow the best price since it was started."""
        trigger, trail = order.trigger, order.trail
        if trigger is None or trail is None:
            return
        falls = trigger.direction is TriggerDirection.FALL
        if order.active_price:
            if now < order.active_price if falls else now > order.active_price:
                return
            order.active_price = None
        best = max(trigger.price, now - trail) if falls else min(trigger.price or now + trail, now + trail)
        trigger.price = best
