"""Conditional orders: those that wait outside the book for a price, and the exits attached to positions.

Owns who waits for what. What is done when a price is reached is the desk's.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.events.orders import TriggerBy, TriggerDirection
from ttxt_core.sandbox.bybit.orders import Trigger, VenueOrder
from ttxt_core.sandbox.public_market import PublicMarket
from ttxt_core.simulation.accounts import Account

TAKE_PROFIT, STOP_LOSS = "TakeProfit", "StopLoss"


class Conditionals:
    """Orders that wait."""

    def __init__(
        self, release: Callable[[VenueOrder], None], make_exit: Callable[[VenueOrder, str], VenueOrder]
    ) -> None:
        """`release` is told of an order whose price was reached; `make_exit` makes the order of an attached exit."""
        self._release = release
        self._make_exit = make_exit
        self._waiting: dict[InstrumentKey, list[VenueOrder]] = {}
        self._exits: dict[InstrumentKey, dict[str, VenueOrder]] = {}

    def add(self, order: VenueOrder) -> None:
        """Let `order` wait."""
        self._waiting.setdefault(order.key, []).append(order)

    def remove(self, order: VenueOrder) -> None:
        """Let it wait no more."""
        waiting = self._waiting.get(order.key, [])
        if order in waiting:
            waiting.remove(order)
        exits = self._exits.get(order.key, {})
        if exits.get(order.stop_type) is order:
            del exits[order.stop_type]

    def check(self, market: PublicMarket) -> None:
        """Release the orders whose price was reached, oldest first."""
        waiting = self._waiting.get(market.info.key)
        if not waiting:
            return
        for order in list(waiting):
            if order in waiting and self._is_reached(order, market):
                self.remove(order)
                self._release(order)

    @staticmethod
    def reference(order: VenueOrder, market: PublicMarket) -> Decimal | None:
        """The price that the order's trigger goes by; the last price stands in for one that was never told."""
        trigger, ticker = order.trigger, market.ticker
        price = market.last
        if trigger is not None and trigger.by is TriggerBy.MARK:
            price = ticker.mark if ticker.mark is not None else price
        elif trigger is not None and trigger.by is TriggerBy.INDEX:
            price = ticker.index if ticker.index is not None else price
        return None if price is None else market.info.exact_price(price)

    def _is_reached(self, order: VenueOrder, market: PublicMarket) -> bool:
        trigger, now = order.trigger, self.reference(order, market)
        if trigger is None or now is None:
            return False
        return now >= trigger.price if trigger.direction is TriggerDirection.RISE else now <= trigger.price

    # -- exits of positions ----------------------------------------------------------------------------------

    def attach(self, entry: VenueOrder) -> None:
        """A fill of `entry` opens or grows a position: its exits take the place of those before."""
        for stop_type, price in ((TAKE_PROFIT, entry.take_profit), (STOP_LOSS, entry.stop_loss)):
            if price is None or entry.category == "spot":
                continue
            exits = self._exits.setdefault(entry.key, {})
            standing = exits.get(stop_type)
            if standing is not None and standing.trigger is not None:
                standing.trigger.price = price
                continue
            exits[stop_type] = order = self._make_exit(entry, stop_type)
            self.add(order)

    @staticmethod
    def exit_trigger(entry: VenueOrder, *, is_profit: bool) -> Trigger:
        """When the exit of a position that `entry` opens is released."""
        price = entry.take_profit if is_profit else entry.stop_loss
        rises = is_profit == (entry.side is Side.BUY)
        by = entry.take_profit_by if is_profit else entry.stop_loss_by
        return Trigger(price or Decimal(0), by, TriggerDirection.RISE if rises else TriggerDirection.FALL)

    def exits(self, key: InstrumentKey) -> tuple[Decimal | None, Decimal | None]:
        """Prices of the position's take-profit and stop-loss."""
        exits = self._exits.get(key, {})
        profit, loss = exits.get(TAKE_PROFIT), exits.get(STOP_LOSS)
        return (
            profit.trigger.price if profit is not None and profit.trigger is not None else None,
            loss.trigger.price if loss is not None and loss.trigger is not None else None,
        )

    def superfluous(self, account: Account) -> list[VenueOrder]:
        """Exits whose position is gone."""
        return [
            order
            for key, exits in self._exits.items()
            for order in exits.values()
            if not account.position(key).quantity
        ]
