"""The order desk: create, amend, cancel in Bybit's terms, over the simulated exchange.

Owns the venue's order records and what is told on the private stream. An answer means that a command was taken; what
became of it is told on the stream, as on the venue.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from ttxt_core.events import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    CreateOrder,
    OrderAck,
    OrderType,
    QuantityUnit,
    Side,
    TimeInForce,
    TriggerDirection,
)
from ttxt_core.sandbox.bybit import errors
from ttxt_core.sandbox.bybit.conditionals import Conditionals
from ttxt_core.sandbox.bybit.errors import Refusal, refusal_of
from ttxt_core.sandbox.bybit.instruments import price_limit
from ttxt_core.sandbox.bybit.journal import Journal, PrivateMessage
from ttxt_core.sandbox.bybit.order_factory import OrderFactory
from ttxt_core.sandbox.bybit.order_form import Fields, OrderForm, read_category, read_change, read_name, read_order
from ttxt_core.sandbox.bybit.orders import VenueOrder
from ttxt_core.sandbox.bybit.wire import Row
from ttxt_core.sandbox.exchange import Reports, SandboxExchange
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

_MOST_OPEN = 500
_TIMES = {"GTC": TimeInForce.GTC, "PostOnly": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_WOULD_TAKE = "post-only would take"
_NO_LIQUIDITY = "no liquidity"


class OrderDesk:
    """Takes commands, and tells `on_messages` what is to be said on the private stream.

    Attributes:
        journal: orders, executions and rows. conditionals: orders that wait for a trigger.
    """

    def __init__(self, exchange: SandboxExchange, clock: ServerClock, seed: int) -> None:
        self.on_messages: Callable[[list[PrivateMessage]], None] = lambda _messages: None
        self.journal = Journal(exchange, clock, Random(f"{seed}/executions"))
        self.conditionals = Conditionals(self._release, self._exit)
        self._exchange = exchange
        self._clock = clock
        self._factory = OrderFactory(clock, Random(f"{seed}/orders"))

    # -- commands --------------------------------------------------------------------------------------------

    def create(self, fields: Fields) -> Row:
        """``/v5/order/create``: the new order's ids.

        Raises:
            Refusal: the order is not taken.
        """
        form = read_order(fields)
        market = self._market(form.category, form.symbol)
        orders = self.journal.orders
        if form.link_id and orders.knows_link(form.category, form.link_id):
            raise errors.DUPLICATE.refusal(form.category)
        if sum(order.key == market.info.key for order in orders.open_orders()) >= _MOST_OPEN:
            raise errors.TOO_MANY_ORDERS.refusal(form.category)
        _check_band(form, market)
        order = self._factory.order(form, market)
        if order.trigger is not None:
            self._wait(order, market, fields)
        else:
            self._submit(order)
        return _names(order)

    def amend(self, fields: Fields) -> Row:
        """``/v5/order/amend``: the order's ids.

        Raises:
            Refusal: the order is not known or can't be changed so.
        """
        order, change = self._find(fields), read_change(fields)
        order.take_profit = order.take_profit if change.take_profit is None else change.take_profit or None
        order.stop_loss = order.stop_loss if change.stop_loss is None else change.stop_loss or None
        if order.is_waiting:
            self._amend_waiting(order, change.quantity, change.price, change.trigger_price)
        elif change.quantity is None and change.price is None:
            self._tell([order])
        else:
            command = AmendOrder(self._exchange.account_name, order.order_id, change.price, change.quantity)
            reports = self._exchange.amend(order.key, command)
            reason = _refused(reports)
            if reason is None:
                order.price = order.price if change.price is None else change.price
                order.quantity = order.quantity if change.quantity is None else change.quantity
            elif _WOULD_TAKE in reason:
                # The venue takes the amend, and then cancels the order that would take.
                reports = self._cancel_at_exchange(order)
                self.journal.expect_cancel(order, "UNKNOWN", "EC_PostOnlyWillTakeLiquidity")
            else:
                raise refusal_of(reason, order.category)
            self._apply(reports, order)
        return _names(order)

    def cancel(self, fields: Fields) -> Row:
        """``/v5/order/cancel``: the order's ids.

        Raises:
            Refusal: the order is not known or is done.
        """
        order = self._find(fields)
        self.cancel_order(order)
        return _names(order)

    def cancel_all(self, fields: Fields) -> list[Row]:
        """``/v5/order/cancel-all``: the ids of what was cancelled.

        Raises:
            Refusal: on linear, no symbol, base coin or settle coin was named.
        """
        category = read_category(fields)
        symbol, base, settle = (str(fields.get(name) or "") for name in ("symbol", "baseCoin", "settleCoin"))
        if category == "linear" and not (symbol or base or settle):
            raise errors.bad_parameter("symbol, baseCoin or settleCoin is required")
        if symbol:
            self._market(category, symbol)
        wants_stops = fields.get("orderFilter") in {"StopOrder", "tpslOrder"}
        only_active = fields.get("orderFilter") == "Order" or (category == "spot" and not wants_stops)
        cancelled = []
        for order in self.journal.orders.open_orders():
            spec = self._exchange.markets[category, order.symbol].info.spec if order.category == category else None
            if spec is None or (wants_stops and not order.is_waiting) or (only_active and order.is_waiting):
                continue
            coins_fit = base in {"", spec.base} and settle in {"", spec.settle}
            if order.is_open and (order.symbol == symbol if symbol else coins_fit):
                self.cancel_order(order)
                cancelled.append(_names(order))
        return cancelled

    def cancel_order(self, order: VenueOrder, cancel_type: str = "CancelByUser") -> None:
        """Take an open order out, whoever wants it."""
        if order.is_waiting:
            self.conditionals.remove(order)
            self._end(order, "Deactivated", cancel_type, "EC_PerCancelRequest")
            return
        self.journal.expect_cancel(order, cancel_type, "EC_PerCancelRequest")
        reports = self._cancel_at_exchange(order)
        reason = _refused(reports)
        if reason is not None:
            raise refusal_of(reason, order.category)
        self._apply(reports, order)

    def time_text(self) -> str:
        """The time of the last command, milliseconds as text."""
        return str(self._clock.now_ms())

    # -- the market moves ------------------------------------------------------------------------------------

    def on_reports(self, reports: Reports) -> None:
        """The simulated exchange tells what the market did to orders."""
        self._apply(reports)

    def on_market(self, market: PublicMarket) -> None:
        """The market moved: see what waited for it."""
        self.conditionals.check(market)

    # -- inside ----------------------------------------------------------------------------------------------

    def _market(self, category: str, symbol: str) -> PublicMarket:
        market = self._exchange.markets.get((category, symbol))
        if market is None:
            raise errors.SYMBOL.refusal(category)
        return market

    def _find(self, fields: Fields) -> VenueOrder:
        name = read_name(fields)
        self._market(name.category, name.symbol)
        order = self.journal.orders.find(name.category, name.order_id, name.link_id)
        if order is None or order.symbol != name.symbol:
            raise errors.NOT_FOUND.refusal(name.category)
        if not order.is_open:
            done = errors.FILLED if order.status == "Filled" else errors.CANCELLED
            raise done.refusal(name.category)
        return order

    def _submit(self, order: VenueOrder) -> None:
        """Hand an order to the exchange; refused ones leave no trace, but for those that the venue takes first."""
        reports = self._exchange.create(order.key, _command(order, self._exchange.account_name))
        reason = _refused(reports)
        if reason is None:
            self.journal.orders.add(order)
            self._apply(reports, order)
        elif _WOULD_TAKE in reason:
            self.journal.orders.add(order)
            self._end(order, "Cancelled", "UNKNOWN", "EC_PostOnlyWillTakeLiquidity")
        elif _NO_LIQUIDITY in reason:
            self.journal.orders.add(order)
            self._end(order, "Cancelled", "UNKNOWN", "EC_NoImmediateQtyToFill")
        else:
            raise refusal_of(reason, order.category)

    def _cancel_at_exchange(self, order: VenueOrder) -> Reports:
        return self._exchange.cancel(order.key, CancelOrder(self._exchange.account_name, order.order_id))

    # -- conditional orders ----------------------------------------------------------------------------------

    def _wait(self, order: VenueOrder, market: PublicMarket, fields: Fields) -> None:
        is_closing = order.reduce_only and order.close_on_trigger and not order.quantity
        self._check_waiting(order, market, is_closing=is_closing)
        trigger = order.trigger
        reference = self.conditionals.reference(order, market)
        if trigger is not None and reference is not None:
            if order.category == "spot":
                is_above = trigger.price > reference
                trigger.direction = TriggerDirection.RISE if is_above else TriggerDirection.FALL
            elif trigger.direction is TriggerDirection.RISE and trigger.price <= reference:
                raise Refusal(110092, "expect Rising, but trigger_price <= current price")
            elif trigger.direction is TriggerDirection.FALL and trigger.price >= reference:
                raise Refusal(110093, "expect Falling, but trigger_price >= current price")
        order.status = "Untriggered"
        order.stop_type = "tpslOrder" if fields.get("orderFilter") == "tpslOrder" else "Stop"
        self.journal.orders.add(order)
        self.conditionals.add(order)
        self._tell([order])

    def _amend_waiting(
        self, order: VenueOrder, quantity: Decimal | None, price: Decimal | None, trigger_price: Decimal | None
    ) -> None:
        before = order.quantity, order.price
        order.quantity = order.quantity if quantity is None else quantity
        order.price = order.price if price is None or order.price is None else price
        try:
            self._check_waiting(order, self._market(order.category, order.symbol), is_closing=not order.quantity)
        except Refusal:
            order.quantity, order.price = before
            raise
        if trigger_price and order.trigger is not None:
            order.trigger.price = trigger_price
        self._tell([order])

    def _check_waiting(self, order: VenueOrder, market: PublicMarket, *, is_closing: bool) -> None:
        trigger = order.trigger
        if is_closing or trigger is None or order.market_unit == "quoteCoin":
            return
        price = order.price if order.price is not None else trigger.price
        reason = market.info.check_order(
            order.quantity, price, is_market=order.price is None, reduce_only=order.reduce_only
        )
        if reason is not None:
            raise refusal_of(reason, order.category)

    def _release(self, order: VenueOrder) -> None:
        """A conditional order's price was reached: it goes to the exchange, or ends."""
        order.status, order.updated_ms = "Triggered", self._clock.now_ms()
        if not order.quantity:
            held = self._exchange.account.position(order.key).quantity
            order.quantity = max(Decimal(0), held if order.side is Side.SELL else -held)
        self._tell([order])
        reports = self._exchange.create(order.key, _command(order, self._exchange.account_name))
        if _refused(reports) is not None:
            self._end(order, "Rejected", "UNKNOWN", "EC_Others")
            return
        order.status = "New"
        self._apply(reports, order)

    def _exit(self, entry: VenueOrder, stop_type: str) -> VenueOrder:
        """The conditional order that a filled order's take-profit or stop-loss becomes."""
        trigger = self.conditionals.exit_trigger(entry, is_profit=stop_type == "TakeProfit")
        order = self._factory.exit(entry, stop_type, trigger)
        self.journal.orders.add(order)
        self._tell([order])
        return order

    # -- what is told ----------------------------------------------------------------------------------------

    def _apply(self, reports: Reports, about: VenueOrder | None = None) -> None:
        """Take in what the exchange reports, and tell it. A linear command always tells its position, too."""
        filled = self.journal.take_in(reports)
        for order in filled:
            self.conditionals.attach(order)
        for order in self.conditionals.superfluous(self._exchange.account):
            self.conditionals.remove(order)
            self._end(order, "Deactivated", "CancelByTpSlTsClear", "EC_PerCancelRequest")
        self.on_messages(self.journal.drain(about, self.conditionals.exits))

    def _end(self, order: VenueOrder, status: str, cancel_type: str, reason: str) -> None:
        order.status, order.cancel_type, order.reject_reason = status, cancel_type, reason
        order.updated_ms = self._clock.now_ms()
        self.journal.orders.close(order)
        self._tell([order])

    def _tell(self, orders: list[VenueOrder]) -> None:
        for order in orders:
            self.journal.changed(order)
        self.on_messages(self.journal.drain(orders[0], self.conditionals.exits))


def _names(order: VenueOrder) -> Row:
    return {"orderId": order.order_id, "orderLinkId": order.link_id}


def _command(order: VenueOrder, account: str) -> CreateOrder:
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


def _refused(reports: Reports) -> str | None:
    """Why the exchange refused the command that it answers with these reports; None when it did not."""
    for event in reports:
        data = event.data
        if type(data) is OrderAck and data.outcome is AckOutcome.REJECTED:
            return data.reason or "refused"
    return None


def _check_band(form: OrderForm, market: PublicMarket) -> None:
    """Refuse a limit price that is far on the taking side."""
    limit = price_limit(market, form.side)
    if limit is None or form.price is None or form.trigger is not None:
        return
    if form.side is Side.BUY and form.price > limit:
        raise errors.BUY_BAND.refusal(form.category)
    if form.side is Side.SELL and form.price < limit:
        raise errors.SELL_BAND.refusal(form.category)
