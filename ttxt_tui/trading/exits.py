"""Exits: which are under way, and whether one can be priced. Pure questions that closings and the last resort ask."""

from __future__ import annotations

from ttxt_core.events import InstrumentKey, OrderType, Side, TimeInForce
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.trading.desk_context import DeskContext


def exits_under_way(context: DeskContext, key: InstrumentKey) -> list[ManagedOrder]:
    """Working orders that close a position at once: of a closing, or of a ticket."""
    return [
        order
        for order in context.orders.protective(key)
        if order.order_type is OrderType.MARKET
        or (order.order_type is OrderType.LIMIT and order.time_in_force is not TimeInForce.GTC)
    ]


def doubt(context: DeskContext, key: InstrumentKey) -> str:
    """Why the position on `key` can't be closed at a limit now; empty when it can."""
    trust = context.trust(key)
    if not trust.is_good:
        return trust.text
    is_long = context.closable(key) > 0
    if context.touch(key).opposite(Side.SELL if is_long else Side.BUY) is None:
        return f"no {'bid' if is_long else 'ask'}"
    return ""
