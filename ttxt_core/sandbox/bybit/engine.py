"""Orders on their way to the simulated exchange: the venue's terms in its words, and its answers. Pure."""

from __future__ import annotations

from ttxt_core.events import AckOutcome, CreateOrder, OrderAck, OrderType, QuantityUnit, Side, TimeInForce
from ttxt_core.sandbox.bybit import errors
from ttxt_core.sandbox.bybit.instruments import price_limit
from ttxt_core.sandbox.bybit.order_form import OrderForm
from ttxt_core.sandbox.bybit.orders import VenueOrder
from ttxt_core.sandbox.exchange import Reports
from ttxt_core.sandbox.public_market import PublicMarket

_TIMES = {"GTC": TimeInForce.GTC, "PostOnly": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}


def command_of(order: VenueOrder, account: str) -> CreateOrder:
    """The order as the simulated exchange is given it."""
    is_limit = order.order_type == "Limit"
    return CreateOrder(
        account=account,
        client_order_id=order.order_id,
        side=order.side,
        order_type=OrderType.LIMIT if is_limit else OrderType.MARKET,
        quantity=order.quantity,
        price=order.price,
        time_in_force=_TIMES[order.time_in_force],
        post_only=order.time_in_force == "PostOnly",
        reduce_only=order.reduce_only or order.close_on_trigger,
        quantity_unit=QuantityUnit.QUOTE if order.market_unit == "quoteCoin" else QuantityUnit.BASE,
    )


def why_refused(reports: Reports) -> str | None:
    """Why the exchange refused the command that it answers with these reports; None when it did not."""
    for event in reports:
        data = event.data
        if type(data) is OrderAck and data.outcome is AckOutcome.REJECTED:
            return data.reason or "refused"
    return None


def check_band(form: OrderForm, market: PublicMarket) -> None:
    """Refuse a limit price that is far on the taking side."""
    limit = price_limit(market, form.side)
    if limit is None or form.price is None or form.trigger is not None:
        return
    if form.side is Side.BUY and form.price > limit:
        raise errors.BUY_BAND.refusal(form.category)
    if form.side is Side.SELL and form.price < limit:
        raise errors.SELL_BAND.refusal(form.category)
