"""Amendments: what a change of a working order would make of it, and why it is refused. Checks only."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ttxt_core.events.orders import AmendOrder
from ttxt_core.simulation.accounts import Account
from ttxt_core.simulation.order_entry import Arrival, check_funds, judge_arrival, reducible_lots, refuse
from ttxt_core.simulation.own_order import OwnOrder
from ttxt_core.simulation.simulated_market import SimulatedMarket


class Amendment(NamedTuple):
    """The order after the change.

    Attributes:
        quantity: lots in total. price, trigger_price: ticks; 0 where the order has none.
        arrival: what it meets as it arrives anew; None when it keeps its place in the queue.
    """

    quantity: int
    price: int
    trigger_price: int
    arrival: Arrival | None


def check_amendment(order: OwnOrder, command: AmendOrder, market: SimulatedMarket, account: Account) -> Amendment:
    """What `command` makes of `order`.

    Raises:
        OrderError: the order can't be changed so; it stays as it was.
        InstrumentError: a price or quantity off the instrument's grid.
    """
    name, info, trigger = command.client_order_id, market.info, order.trigger
    if command.price is command.quantity is command.trigger_price is None:
        raise refuse(name, "the amend changes nothing")
    if command.price is not None and not order.price:
        raise refuse(name, f"a {order.command.order_type} order takes no price")
    if command.trigger_price is not None and (trigger is None or order not in market.stops):
        raise refuse(name, "there is no trigger left to change")
    if command.quantity is not None and order.is_position_exit:
        raise refuse(name, "its quantity follows the position")
    quantity = info.quantity(order.quantity) if command.quantity is None else command.quantity
    limit = info.price(order.price) if command.price is None else command.price
    trigger_price = info.price(trigger.price if trigger is not None else 0)
    if command.trigger_price is not None:
        trigger_price = command.trigger_price
    reason = info.check_order(
        quantity,
        limit if order.price else trigger_price,
        is_market=not order.price,
        reduce_only=order.reduce_only,
    )
    if reason is not None:
        raise refuse(name, reason)
    lots = info.to_lots(quantity)
    if lots <= order.filled:
        filled = info.quantity(order.filled)
        raise refuse(name, f"quantity {quantity} is not above the {filled} that is already filled")
    if order.reduce_only and command.quantity is not None:
        reducible = reducible_lots(order.side, market, account, order)
        if not reducible:
            raise refuse(name, "reduce-only: there is nothing more to reduce")
        lots = min(lots, order.filled + reducible)
    price = info.to_ticks(limit) if order.price else 0
    is_requeued = bool(order.price) and not order.is_waiting and (price != order.price or lots > order.quantity)
    arrival = None
    if is_requeued:
        changed = msgspec.structs.replace(order, price=price, quantity=lots)
        arrival = judge_arrival(changed, market)
        check_funds(changed, arrival.plan, market, account, order)
    return Amendment(lots, price, info.to_ticks(trigger_price), arrival)
