"""Stops that were left over: their position is gone, and they would close, or reduce, the next one.

Owns when that is said, once of each stop. It cancels nothing: a stop may have been put there for a position to come.
"""

from __future__ import annotations

from typing import Final

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import Side
from ttxt_core.orders.managed_order import ManagedOrder, OrderIdentity
from ttxt_tui.state.figures import number_of
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.desk_context import SPOT, DeskContext
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.pretrade import described

PATIENCE_NS: Final = 2 * NANOSECONDS
"""A venue cancels most stops with their position, only a moment later."""


class Stranded:
    """Looks for stops without a position."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._since: dict[OrderIdentity, int] = {}
        self._told: set[OrderIdentity] = set()
        self._version = -1

    def reset(self) -> None:
        """Forget all: they belong to another time."""
        self._since.clear()
        self._told.clear()
        self._version = -1

    def poll(self, now_ns: int) -> Feedback | None:
        """What there is to say of stops that have been left over for a while."""
        if self._context.orders.version != self._version:
            self._version = self._context.orders.version
            found = {order.identity for order in self._context.orders.protective() if self._is_stranded(order)}
            self._since = {name: self._since.get(name, now_ns) for name in found}
            self._told &= found
        due = {name for name, since_ns in self._since.items() if now_ns - since_ns >= PATIENCE_NS} - self._told
        if not due:
            return None
        self._told |= due
        orders = [order for order in self._context.orders.protective() if order.identity in due]
        shown = ", ".join(map(self._described, orders))
        text = f"{number_of(len(orders), 'stop')} without a position: {shown}: left there it may close the next one"
        return Feedback(text, LogLevel.WARN)

    def _is_stranded(self, order: ManagedOrder) -> bool:
        """It waits, and there is nothing that it could reduce; on spot there are no positions."""
        if order.key.category == SPOT or not order.has_trigger or not order.is_waiting:
            return False
        held = self._context.orders.accounts.held(order.key, order.account)
        return not held or (held > 0) is (order.side is Side.BUY)

    def _described(self, order: ManagedOrder) -> str:
        market = self._context.market_of(order.key)
        return described(order, None if market is None else market.info)
