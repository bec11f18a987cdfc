"""What typed prices and quantities mean on a market now: for the ticket and the command line alike."""

from __future__ import annotations

from decimal import Decimal

from ttxt_core.errors import OrderError
from ttxt_core.events import Side, TriggerBy, TriggerDirection
from ttxt_tui.config.brackets import Distance
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.desk_context import SPOT, DeskContext
from ttxt_tui.trading.expressions import Anchor, PriceExpression, QuantityExpression
from ttxt_tui.trading.terms import Exits, Trigger, direction_to
from ttxt_tui.trading.triggers import watched_ticks


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


def exits_at(
    context: DeskContext,
    market: MarketState | None,
    side: Side,
    ticks: int,
    *,
    stop: PriceExpression | Distance | None,
    target: PriceExpression | Distance | None,
) -> Exits:
    """The exits of an order on `side` that is priced at `ticks`.

    Raises:
        OrderError: there is no market, or no such price now.
    """

    def placed(exit_: PriceExpression | Distance | None, ahead: int) -> int | None:
        if isinstance(exit_, Distance):
            return max(1, ticks + ahead * exit_.ticks(ticks))
        return None if exit_ is None else price_ticks(context, market, side.opposite, exit_)

    ahead = 1 if side is Side.BUY else -1
    return Exits(placed(stop, -ahead), placed(target, ahead))


def trigger_at(
    context: DeskContext,
    market: MarketState | None,
    side: Side,
    price: PriceExpression,
    *,
    by: TriggerBy,
    direction: TriggerDirection | None = None,
) -> Trigger:
    """What an order on `side` waits for; without a `direction`, that the watched price gets to `price`.

    Raises:
        OrderError: there is no market, no such price now, or nothing to wait for.
    """
    ticks = price_ticks(context, market, side, price)
    if market is None:
        raise OrderError(f"wait for '{price}'", "there is no market")
    if by is not TriggerBy.LAST and market.key.category == SPOT:
        raise OrderError(f"wait for the {by} price", "spot has none", "it goes by the last price")
    found = direction or direction_to(ticks, by, market)
    if found is None:
        why = f"no {by} price is known" if watched_ticks(by, market) is None else f"{by} is there now"
        raise OrderError(f"wait for '{price}'", why)
    return Trigger(ticks, by, found)


def pair_terms(
    context: DeskContext,
    market: MarketState | None,
    stop: PriceExpression,
    target: PriceExpression,
    quantity: QuantityExpression | None,
) -> tuple[Side, Decimal, Exits]:
    """Side, quantity and prices of two exits of what is held; without `quantity` of all of it.

    Raises:
        OrderError: nothing is held, there is no such price now, or the quantity is less than a lot.
    """
    held = Decimal(0) if market is None else context.closable(market.key)
    if market is None or not held:
        raise OrderError("make a pair of exits", "there is no position to close")
    side = Side.SELL if held > 0 else Side.BUY
    exits = Exits(price_ticks(context, market, side, stop), price_ticks(context, market, side, target))
    if quantity is None:
        return side, abs(held), exits
    price = market.info.price(exits.target or 1)
    return side, quantity.quantity(market.info, price, abs(held) * price), exits
