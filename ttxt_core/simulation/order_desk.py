"""The order desk: executes orders, settles what they fill, and keeps the account's holds in step with them.

Owns the working orders, the ledgers, and what is still to be reported of the running step. It judges no command:
what comes here was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.events.orders import OrderState, TimeInForce
from ttxt_core.simulation.accounts import Account
from ttxt_core.simulation.matching import Execution
from ttxt_core.simulation.order_entry import (
    SPOT,
    Arrival,
    Proposal,
    closing_side,
    linear_margin,
    reducible_lots,
    spot_hold,
)
from ttxt_core.simulation.own_order import OwnOrder
from ttxt_core.simulation.position_exits import ExitOf, ExitTerms, exit_order, wanted_exits
from ttxt_core.simulation.reports import Reports
from ttxt_core.simulation.simulated_market import SimulatedMarket

MARK_REPORT_NS = NANOSECONDS
"""How often, in market time, a position is reported only because its mark price moved."""


class OrderDesk:
    """One attempt of one account.

    A step (one command or one market event) may execute any number of orders. Fills are reported as they happen;
    `flush` ends the step and reports the orders that changed, the positions, and the wallet, in that order.

    Attributes:
        account: the ledgers.
        working: orders that may still fill, by client order id; exits of positions have none, and go by ours.
        ended: the last state of all others.
    """

    def __init__(
        self,
        markets: Mapping[tuple[str, str, str], SimulatedMarket],
        reports: Reports,
        balances: Mapping[str, Decimal],
        attempt: int,
    ) -> None:
        self.account = Account(balances)
        self.working: dict[str, OwnOrder] = {}
        self.ended: dict[str, OrderState] = {}
        self._markets = markets
        self._reports = reports
        self._attempt = attempt
        self._order_count = 0
        self._execution_count = 0
        self._changed_orders: dict[str, tuple[OwnOrder, str | None]] = {}
        self._changed_margins: dict[InstrumentKey, None] = {}
        self._changed_positions: dict[InstrumentKey, None] = {}
        self._marked: dict[InstrumentKey, tuple[int, Decimal | None]] = {}

    def next_order_id(self) -> str:
        """An id for a new order; those of another attempt differ."""
        self._order_count += 1
        return f"sim-{self._attempt}-{self._order_count}"

    def find(self, client_order_id: str, order_id: str | None) -> OwnOrder | None:
        """The working order that a command names: by its client order id, else by ours."""
        order = self.working.get(client_order_id)
        if order is None and order_id is not None:
            order = next((o for o in self.working.values() if o.order_id == order_id), None)
        return order

    # -- orders --------------------------------------------------------------------------------------------

    def open(self, order: OwnOrder) -> None:
        """Take on an accepted order, and hold what it needs."""
        self.working[order.name] = order
        self.hold(order)

    def hold(self, order: OwnOrder) -> None:
        """Hold what the order, as it now is, may still cost."""
        market = self._markets[order.key]
        if market.key.category != SPOT:
            self._changed_margins[order.key] = None
            return
        spec = market.info.spec
        lots = order.remaining if order.price and not (order.is_done or order.is_waiting) else 0
        amount = spot_hold(market.info, Proposal(order.side, lots, lots * order.price))
        currency = spec.quote if order.side is Side.BUY else spec.base
        self.account.balances.hold(currency, order.order_id, amount)

    def release(self, order: OwnOrder) -> None:
        """An order that was triggered goes on as any other: one with a limit may come to rest."""
        if order.price:
            order.state = OrderState.NEW
            self._change(order)

    def execute(self, order: OwnOrder, arrival: Arrival) -> None:
        """Take what the book gives, then rest what is left or let it expire, as the order says."""
        plan, queue_ahead = arrival
        market, time_in_force = self._markets[order.key], order.command.time_in_force
        if time_in_force is TimeInForce.FOK and sum(rung.lots for rung in plan) < order.remaining:
            self.finish(order, OrderState.EXPIRED, "fill or kill: the book does not hold all of it")
            return
        for own in market.matching.own_in_the_way(order, plan):
            self.finish(own, OrderState.CANCELED, f"own order {order.order_id} came to its price")
        for execution in market.matching.take(order, plan):
            self.settle(execution)
        if order.is_done:
            return
        if not order.price:
            self.finish(order, OrderState.EXPIRED, "the visible depth is used up")
        elif time_in_force is not TimeInForce.GTC:
            self.finish(order, OrderState.EXPIRED, "immediate or cancel: no more at its price")
        else:
            market.matching.rest(order, queue_ahead)

    def settle(self, execution: Execution) -> None:
        """Book an execution that the matching model has counted, and report it."""
        order, market = execution.order, self._markets[execution.order.key]
        info, spec = market.info, market.info.spec
        price, quantity = info.price(execution.price), info.quantity(execution.quantity)
        rate = market.fees.maker if execution.is_maker else market.fees.taker
        if market.key.category == SPOT:
            settlement = self.account.settle_spot(spec, side=order.side, price=price, quantity=quantity, fee_rate=rate)
        else:
            settlement = self.account.settle_linear(
                market.key, spec.settle, side=order.side, price=price, quantity=quantity, fee_rate=rate
            )
            self._changed_positions[market.key] = None
        self._execution_count += 1
        execution_id = f"sim-{self._attempt}-x{self._execution_count}"
        self._reports.fill(execution, info, settlement, execution_id)
        self._change(order)
        if market.key.category != SPOT:
            self._fit_to_position(market)
            self._attach_exits(order, market, execution.quantity)

    def finish(self, order: OwnOrder, state: OrderState, reason: str) -> None:
        """End an order that is not filled."""
        order.state = state
        market = self._markets[order.key]
        market.matching.remove(order)
        for waiting in (market.stops, market.released):
            if order in waiting:
                waiting.remove(order)
        market.drop_exit(order)
        self._change(order, reason)

    def finish_all(self, orders: Iterable[OwnOrder], reason: str) -> None:
        """Cancel `orders`."""
        for order in list(orders):
            self.finish(order, OrderState.CANCELED, reason)

    def set_exit(self, market: SimulatedMarket, terms: ExitTerms, parent: str = "") -> None:
        """Give the open position an exit, move the one that it has, or remove it.

        Raises:
            InstrumentError: the price is off the instrument's grid; nothing was changed.
        """
        standing = market.exits.get(terms.kind)
        if not terms.price:
            if standing is not None:
                self.finish(standing, OrderState.CANCELED, "removed on request")
            return
        side = closing_side(market, self.account)
        if standing is not None:
            standing.trigger, standing.parent = terms.trigger(side, market.info), parent or standing.parent
            self._change(standing)
            return
        position = ExitOf(self._reports.account, side, reducible_lots(side, market, self.account), parent)
        order = exit_order(position, terms, market.info, self.next_order_id(), self._reports.now_ns)
        market.exits[terms.kind] = order
        market.stops.append(order)
        self.open(order)
        self._change(order)

    # -- reports -------------------------------------------------------------------------------------------

    def mark_moved(self, market: SimulatedMarket) -> None:
        """The reference prices of `market` moved: report its position, if it is open, once a second."""
        position = self.account.positions.get(market.key)
        if position is None or not position.quantity:
            return
        reported_ns, mark = self._marked.get(market.key, (0, None))
        if self._reports.now_ns - reported_ns >= MARK_REPORT_NS and mark != market.mark_price():
            self._changed_positions[market.key] = None

    def flush(self) -> None:
        """End the step: bring the margin holds up to date, and report what changed in it."""
        for order, reason in self._changed_orders.values():
            self._reports.order(order, self._markets[order.key].info, reason)
        self._changed_orders.clear()
        for key in self._changed_margins | self._changed_positions.keys():
            market = self._markets[key]
            margin = linear_margin(market, self.account, market.resting_orders())
            self.account.balances.hold(market.info.spec.settle, str(key), margin)
        self._changed_margins.clear()
        for key in self._changed_positions:
            self.report_position(self._markets[key])
        self._changed_positions.clear()
        changed = self.account.balances.take_changed()
        if changed:
            self._reports.wallet(changed)

    def report_position(self, market: SimulatedMarket) -> None:
        """Report the position as it is."""
        self._marked[market.key] = self._reports.now_ns, market.mark_price()
        self._reports.position(market, self.account)

    # -- inside --------------------------------------------------------------------------------------------

    def _change(self, order: OwnOrder, reason: str | None = None) -> None:
        _, earlier = self._changed_orders.get(order.order_id, (order, None))
        self._changed_orders[order.order_id] = order, reason or earlier
        self.hold(order)
        if order.is_done and self.working.pop(order.name, None) is not None:
            self.ended[order.name] = order.state

    def _attach_exits(self, entry: OwnOrder, market: SimulatedMarket, lots: int) -> None:
        """An entry that begins to fill, or opens a position anew, brings its exits along."""
        terms = wanted_exits(entry.command)
        side = entry.side.opposite
        held = reducible_lots(side, market, self.account) if terms else 0
        if held and lots in (entry.filled, held):
            for one in terms:
                self.set_exit(market, one, entry.command.client_order_id)

    def _fit_to_position(self, market: SimulatedMarket) -> None:
        """Standing reduce-only orders never exceed the position; its own exits are always as large as it is."""
        for order in market.standing_orders():
            if not order.reduce_only or order.is_done:
                continue
            reducible = reducible_lots(order.side, market, self.account)
            if not reducible:
                self.finish(order, OrderState.CANCELED, "reduce-only: there is no position left to reduce")
            elif order.remaining > reducible or (order.is_position_exit and order.remaining < reducible):
                order.quantity = order.filled + reducible
                self._change(order, None if order.is_position_exit else "reduce-only: cut to the position")
