"""Liquidation: a position whose mark price has come to its liquidation price is taken over and closed.

Owns when that is, and what is told. It is simple: the whole position at once, at what the book gives, and no fund
that pays the difference.

Source: Bybit's v5 documentation, `cancelType`, `createType` and `execType` of its enums, and "All Liquidation".
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.bybit.errors import Refusal
from ttxt_core.sandbox.bybit.wire import text
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

Broadcast = Callable[[str, bytes], None]


class Liquidations:
    """Watches positions."""

    def __init__(self, exchange: SandboxExchange, desk: OrderDesk, clock: ServerClock, broadcast: Broadcast) -> None:
        """`broadcast` sends a public topic's message to all who follow it."""
        self._exchange = exchange
        self._desk = desk
        self._clock = clock
        self._broadcast = broadcast

    def check(self, market: PublicMarket) -> None:
        """The market moved."""
        for key in self._exchange.sides.of(market.info.key).values():
            if market.category != "spot" and self._is_due(key):
                self._take_over(key, market)

    def _is_due(self, key: InstrumentKey) -> bool:
        quantity = self._exchange.account.position(key).quantity
        if not quantity:
            return False
        limit, mark = self._desk.journal.accounts.liquidation_price(key), self._exchange.core.mark_price(key)
        if limit is None or mark is None:
            return False
        return mark <= limit if quantity > 0 else mark >= limit

    def _take_over(self, key: InstrumentKey, market: PublicMarket) -> None:
        bankrupt_at = self._desk.journal.accounts.bankruptcy_price(key)
        quantity = self._exchange.account.position(key).quantity
        for order in self._desk.journal.orders.open_orders():
            if order.key == key and not order.is_waiting:
                self._desk.cancel_order(order, "CancelAllBeforeLiq")
        try:
            self._desk.take_over(key)
        except Refusal:
            return  # there is nobody to trade with now: again when the market has moved
        closed = abs(quantity - self._exchange.account.position(key).quantity)
        if not closed:
            return
        row = {
            "T": self._clock.now_ms(),
            "s": market.symbol,
            "S": "Buy" if quantity > 0 else "Sell",
            "v": text(closed),
            "p": text(bankrupt_at),
        }
        topic = f"allLiquidation.{market.symbol}"
        message = {"topic": topic, "type": "snapshot", "ts": self._clock.now_ms(), "data": [row]}
        self._broadcast(topic, orjson.dumps(message))
