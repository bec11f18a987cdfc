"""The order desk: create, amend, cancel in Bybit's terms, over the simulated exchange.

Owns the venue's order records and what is told on the private stream. An answer means that a command was taken; what
became of it is told on the stream, as on the venue.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from ttxt_core.events import (
    AmendOrder,
    CancelOrder,
    InstrumentKey,
    Side,
    TriggerBy,
    TriggerDirection,
)
from ttxt_core.sandbox.bybit import errors
from ttxt_core.sandbox.bybit.conditionals import Conditionals
from ttxt_core.sandbox.bybit.engine import check_band, command_of, why_refused
from ttxt_core.sandbox.bybit.errors import Refusal, refusal_of
from ttxt_core.sandbox.bybit.exit_form import check_exits
from ttxt_core.sandbox.bybit.exits import Exits
from ttxt_core.sandbox.bybit.fields import Fields, read_category, read_symbol
from ttxt_core.sandbox.bybit.journal import Journal, PrivateMessage
from ttxt_core.sandbox.bybit.order_factory import OrderFactory
from ttxt_core.sandbox.bybit.order_form import Change, read_change, read_name, read_order
from ttxt_core.sandbox.bybit.orders import TAKE_OVER, Trigger, VenueOrder
from ttxt_core.sandbox.bybit.wire import Row
from ttxt_core.sandbox.exchange import Reports, SandboxExchange
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

_MOST_OPEN = 500
_WOULD_TAKE = "post-only would take"
_NO_LIQUIDITY = "no liquidity"


class OrderDesk:
    """Takes commands, and tells `on_messages` what is to be said on the private stream.

    Attributes:
        journal: orders, executions and rows. exits: of positions.
    """

    def __init__(self, exchange: SandboxExchange, clock: ServerClock, seed: int) -> None:
        self.on_messages: Callable[[list[PrivateMessage]], None] = lambda _messages: None
        self.journal = Journal(exchange, clock, Random(f"{seed}/executions"))
        self._exchange = exchange
        self._clock = clock
        self._factory = OrderFactory(clock, Random(f"{seed}/orders"))
        self._conditionals = Conditionals(self._release)
        self.exits = Exits(exchange, self.journal, self._conditionals, self._factory, self._end_waiting)

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
        key = self._exchange.sides.of(market.info.key).get(form.position_index)
        if key is None:
            raise errors.bad_parameter("position idx not match position mode")
        named = (form.category, form.symbol)
        if sum((order.category, order.symbol) == named for order in orders.open_orders()) >= _MOST_OPEN:
            raise errors.TOO_MANY_ORDERS.refusal(form.category)
        check_band(form, market)
        base = form.price if form.price is not None else self._conditionals.price(TriggerBy.LAST, market)
        check_exits(form.exits, form.side, form.trigger.price if form.trigger is not None else base)
        order = self._factory.order(form, market, key)
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
        order.exits = order.exits.changed(change.exits)
        if order.is_waiting:
            self._amend_waiting(order, change)
        elif change.quantity is None and change.price is None:
            self.journal.changed(order)
            self._tell(order)
        else:
            command = AmendOrder(self._exchange.account_name, order.order_id, change.price, change.quantity)
            reports = self._exchange.amend(order.key, command)
            reason = why_refused(reports)
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
            Refusal: the order is not known or is done; on spot, it is not of the kind that `orderFilter` names.
        """
        order = self._find(fields)
        if order.category == "spot" and (fields.get("orderFilter") or "Order") != _filter_of(order):
            raise errors.NOT_FOUND.refusal(order.category)
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

    def set_trading_stop(self, fields: Fields) -> Row:
        """``/v5/position/trading-stop``: exits of a position.

        Raises:
            Refusal: see `Exits.set`.
        """
        category = read_category(fields)
        if category == "spot":
            raise errors.bad_parameter("Illegal category")
        market = self._market(category, read_symbol(fields))
        self.exits.set(fields, market)
        for key in self._exchange.sides.of(market.info.key).values():
            self.journal.moved(key)
        self._tell(None)
        return {}

    def cancel_order(self, order: VenueOrder, cancel_type: str = "CancelByUser") -> None:
        """Take an open order out, whoever wants it."""
        if order.is_waiting:
            self._end_waiting(order, cancel_type)
            self._tell(order)
            return
        self.journal.expect_cancel(order, cancel_type, "EC_PerCancelRequest")
        reports = self._cancel_at_exchange(order)
        reason = why_refused(reports)
        if reason is not None:
            raise refusal_of(reason, order.category)
        self._apply(reports, order)

    def take_over(self, key: InstrumentKey) -> None:
        """Close a position at market, for liquidation.

        Raises:
            Refusal: the book does not give anything now.
        """
        order = self._leaving(key)
        order.create_type = TAKE_OVER
        self._submit(order)

    def charge_funding(self, key: InstrumentKey, rate: Decimal) -> None:
        """Let a position pay `rate` of its value; a short one is paid."""
        order, mark = self._leaving(key), self._exchange.core.mark_price(key)
        if mark is None:
            return
        order.order_type, order.side = "UNKNOWN", order.side.opposite
        position = self._exchange.account.position(key)
        fee = abs(position.cost_of(position.quantity, mark)).copy_sign(position.quantity) * rate
        reports = self._exchange.charge(key, fee)
        self.journal.on_funding(order, mark, fee, rate)
        self._apply(reports)

    def time_text(self) -> str:
        """The time of the last command, milliseconds as text."""
        return str(self._clock.now_ms())

    # -- the market moves ------------------------------------------------------------------------------------

    def on_reports(self, reports: Reports) -> None:
        """The simulated exchange tells what the market did to orders."""
        self._apply(reports)

    def on_market(self, market: PublicMarket) -> None:
        """The market moved: see what waited for it."""
        for key in self._exchange.sides.of(market.info.key).values():
            self._conditionals.check(key, market)

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
        reports = self._exchange.create(order.key, command_of(order, self._exchange.account_name))
        reason = why_refused(reports)
        if reason is None:
            self.journal.orders.add(order)
            self._apply(reports, order)
        elif _WOULD_TAKE in reason:
            self.journal.orders.add(order)
            self._end(order, "Cancelled", "UNKNOWN", "EC_PostOnlyWillTakeLiquidity")
            self._tell(order)
        elif _NO_LIQUIDITY in reason:
            self.journal.orders.add(order)
            self._end(order, "Cancelled", "UNKNOWN", "EC_NoImmediateQtyToFill")
            self._tell(order)
        else:
            raise refusal_of(reason, order.category)

    def _cancel_at_exchange(self, order: VenueOrder) -> Reports:
        return self._exchange.cancel(order.key, CancelOrder(self._exchange.account_name, order.order_id))

    def _leaving(self, key: InstrumentKey) -> VenueOrder:
        held = self._exchange.account.position(key).quantity
        symbol, index = self._exchange.market(key).symbol, self._exchange.sides.index(key)
        return self._factory.at_market(key, symbol, index, Side.SELL if held > 0 else Side.BUY, abs(held))

    # -- conditional orders ----------------------------------------------------------------------------------

    def _wait(self, order: VenueOrder, market: PublicMarket, fields: Fields) -> None:
        is_closing = order.reduce_only and order.close_on_trigger and not order.quantity
        self._check_waiting(order, market, is_closing=is_closing)
        trigger = order.trigger
        reference = None if trigger is None else self._conditionals.price(trigger.by, market)
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
        self._conditionals.add(order)
        self.journal.changed(order)
        self._tell(order)

    def _amend_waiting(self, order: VenueOrder, change: Change) -> None:
        if order.is_whole_exit and change.quantity is not None:
            raise errors.bad_parameter("the qty of an exit of the whole position can not be changed")
        before = order.quantity, order.price
        order.quantity = order.quantity if change.quantity is None else change.quantity
        order.price = order.price if change.price is None or order.price is None else change.price
        try:
            self._check_waiting(order, self._market(order.category, order.symbol), is_closing=not order.quantity)
        except Refusal:
            order.quantity, order.price = before
            raise
        trigger = order.trigger
        if trigger is not None:
            order.trigger = Trigger(
                change.trigger_price or trigger.price, change.trigger_by or trigger.by, trigger.direction
            )
        order.updated_ms = self._clock.now_ms()
        self.journal.changed(order)
        self._tell(order)

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
        self.exits.released(order)
        if not order.quantity:
            held = self._exchange.account.position(order.key).quantity
            order.quantity = max(Decimal(0), held if order.side is Side.SELL else -held)
        self.journal.changed(order)
        self._tell(order)
        reports = self._exchange.create(order.key, command_of(order, self._exchange.account_name))
        if why_refused(reports) is not None:
            self._end(order, "Rejected", "UNKNOWN", "EC_Others")
            self._tell(order)
            return
        order.status = "New"
        self._apply(reports, order)

    def _end_waiting(self, order: VenueOrder, cancel_type: str) -> None:
        self._conditionals.remove(order)
        self.exits.removed(order)
        self._end(order, "Deactivated", cancel_type, "EC_PerCancelRequest")

    # -- what is told ----------------------------------------------------------------------------------------

    def _apply(self, reports: Reports, about: VenueOrder | None = None) -> None:
        """Take in what the exchange reports, and tell it. A linear command always tells its position, too."""
        step = self.journal.take_in(reports)
        for order in step.filled:
            self.exits.attach(order)
        for order in step.ended:
            self.exits.attach_partial(order)
        self.exits.follow()
        self._tell(about)

    def _end(self, order: VenueOrder, status: str, cancel_type: str, reason: str) -> None:
        order.status, order.cancel_type, order.reject_reason = status, cancel_type, reason
        order.updated_ms = self._clock.now_ms()
        self.journal.orders.close(order)
        self.journal.changed(order)

    def _tell(self, about: VenueOrder | None) -> None:
        self.on_messages(self.journal.drain(about, self.exits.shown))


def _names(order: VenueOrder) -> Row:
    return {"orderId": order.order_id, "orderLinkId": order.link_id}


def _filter_of(order: VenueOrder) -> str:
    """What spot calls the kind of an order; one that was triggered is like any other."""
    if not order.is_waiting:
        return "Order"
    return "tpslOrder" if order.stop_type == "tpslOrder" else "StopOrder"
