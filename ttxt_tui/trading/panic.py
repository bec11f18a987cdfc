"""The last resort: what would be cancelled and closed, as lines, before it is done.

On spot it sells what this session bought. Coins that were there before it are property, not a position: they stay, and
the listing says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ttxt_core.events import FillKind, InstrumentKey, Side
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.trading.desk_context import SPOT, ZERO, DeskContext
from ttxt_tui.trading.exits import doubt, exits_under_way
from ttxt_tui.trading.pretrade import described, named, shown


def orders_to_cancel(context: DeskContext) -> list[ManagedOrder]:
    """Every working order, stops too, but for exits that are closing a position just now."""
    return [order for order in context.orders.working() if order not in exits_under_way(context, order.key)]


def positions_to_close(context: DeskContext) -> list[InstrumentKey]:
    """The instruments with an open position, and the spot ones of which this session's purchases are still there."""
    accounts = context.orders.accounts
    keys = {key for key, account, _ in accounts.positions if account == context.account and key.category != SPOT}
    spot = {event.header.key for event in context.orders.fills if event.header.category == SPOT}
    return sorted(
        [key for key in keys if context.position(key)] + [key for key in spot if sellable(context, key)],
    )


def kept(context: DeskContext, key: InstrumentKey) -> Decimal:
    """What of `key` stays, base currency: nothing of a position; on spot what was there before this session."""
    return max(ZERO, context.position(key) - _bought(context, key)) if key.category == SPOT else ZERO


def sellable(context: DeskContext, key: InstrumentKey) -> Decimal:
    """What this session bought on spot and still has, in whole lots; zero where that is less than an order can be."""
    market = context.market_of(key)
    amount = max(ZERO, context.closable(key) - kept(context, key))
    if market is None:
        return amount
    amount = market.info.round_quantity(amount)
    return amount if amount >= (market.info.spec.min_quantity or ZERO) else ZERO


def staying(context: DeskContext, keys: Iterable[InstrumentKey]) -> str:
    """The coins that stay, in words: `1 BTC and 20 ETH`; empty when none does."""
    each = []
    for key in keys:
        market, amount = context.market_of(key), kept(context, key)
        if amount:
            each.append(f"{shown(amount, None if market is None else market.info)} {TradingPair.parse(key.pair).base}")
    return " and ".join(each)


def listing(context: DeskContext) -> list[str]:
    """What would be done, a line each; empty when there is nothing to do."""
    lines = []
    for order in orders_to_cancel(context):
        market = context.market_of(order.key)
        lines.append(f"cancel {described(order, None if market is None else market.info)}")
    keys = positions_to_close(context)
    for key in keys:
        market, why = context.market_of(key), doubt(context, key)
        at_market = f" at market, at any price ({why})" if why else ""
        info = None if market is None else market.info
        if key.category == SPOT:
            amount = shown(sellable(context, key), info)
            lines.append(f"sell {amount} {key.pair} spot, bought in this session{at_market}")
        else:
            lines.append(f"close {named(context.position(key), info)} {key.pair}{at_market}")
    if stays := staying(context, keys):
        lines.append(f"stays: {stays}, there before this session")
    return lines


def _bought(context: DeskContext, key: InstrumentKey) -> Decimal:
    """What own fills on `key` left of the base currency, after fees in it; below zero when more was sold."""
    base, amount = TradingPair.parse(key.pair).base, ZERO
    for event in context.orders.fills:
        fill = event.data
        if event.header.key != key or fill.account != context.account or fill.kind is not FillKind.TRADE:
            continue
        amount += fill.quantity if fill.side is Side.BUY else -fill.quantity
        amount -= fill.fee if fill.fee_currency == base else ZERO
    return amount
