"""What typed prices and quantities mean on a market now: for the ticket and the command line alike."""

from __future__ import annotations

from decimal import Decimal

from ttxt_core.errors import OrderError
from ttxt_core.events import Side
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.expressions import Anchor, PriceExpression, QuantityExpression


def price_ticks(context: DeskContext, market: MarketState | None, side: Side, price: PriceExpression) -> int:
    """`price` in ticks, never more aggressive than typed.

    Raises:
        OrderError: there is no market, or no such price now.
    """
    if market is None:
        raise OrderError(f"read the price '{price}'", "there is no market")
    last = None if market.last_price is None else market.info.price(market.ticks_of(market.last_price))
    return price.ticks(market.info, side, context.touch(market.key), last)


def order_terms(
    context: DeskContext,
    market: MarketState | None,
    side: Side,
    price: PriceExpression | None,
    quantity: QuantityExpression,
) -> tuple[int, Decimal]:
    """Price in ticks and quantity in base currency of an order; without `price` the touch that it takes.

    Raises:
        OrderError: there is no market, no such price now, or the quantity is less than a lot.
    """
    if market is None:
        raise OrderError(f"read the quantity '{quantity}'", "there is no market")
    info = market.info
    taken = PriceExpression(Anchor.ASK if side is Side.BUY else Anchor.BID, Decimal(0))
    ticks = price_ticks(context, market, side, price or taken)
    free = context.spendable(market.key, side, info.price(ticks))
    return ticks, quantity.quantity(info, info.price(ticks), free)
