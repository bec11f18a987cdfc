"""The last resort: what would be cancelled and closed, as lines, before it is done."""

from __future__ import annotations

from ttxt_core.events import InstrumentKey
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.trading.desk_context import SPOT, DeskContext
from ttxt_tui.trading.exits import doubt, exits_under_way
from ttxt_tui.trading.pretrade import named, shown


def orders_to_cancel(context: DeskContext) -> list[ManagedOrder]:
    """Every working order, stops too, but for exits that are closing a position just now."""
    return [order for order in context.orders.working() if order not in exits_under_way(context, order.key)]


def positions_to_close(context: DeskContext) -> list[InstrumentKey]:
    """The instruments with an open position. Spot holdings are property, not positions: they stay."""
    accounts = context.orders.accounts
    keys = {key for key, account, _ in accounts.positions if account == context.account and key.category != SPOT}
    return sorted(key for key in keys if context.position(key))


def listing(context: DeskContext) -> list[str]:
    """What would be done, a line each; empty when there is nothing to do."""
    lines = []
    for order in orders_to_cancel(context):
        market = context.market_of(order.key)
        price = order.price if order.price is not None else order.trigger_price
        at = "" if market is None or price is None else f" @ {market.info.format_price(price, group=True)}"
        amount = shown(order.remaining, None if market is None else market.info)
        stop = " stop" if order.trigger_price is not None else ""
        lines.append(f"cancel {order.side.upper()}{stop} {amount} {order.key.pair}{at}")
    for key in positions_to_close(context):
        market, why = context.market_of(key), doubt(context, key)
        at_market = f" at market, at any price ({why})" if why else ""
        position = named(context.position(key), None if market is None else market.info)
        lines.append(f"close {position} {key.pair}{at_market}")
    return lines
