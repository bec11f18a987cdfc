"""Order requests: the fields of Bybit's create and amend, read and checked. Pure.

Source: Bybit's v5 documentation, "Place Order" and "Amend Order".
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from ttxt_core.events.market import Side
from ttxt_core.events.orders import TriggerBy, TriggerDirection
from ttxt_core.sandbox.bybit.errors import bad_parameter
from ttxt_core.sandbox.bybit.exit_form import Exits, read_changed_exits, read_exits
from ttxt_core.sandbox.bybit.fields import (
    Fields,
    read_category,
    read_flag,
    read_number,
    read_position_index,
    read_symbol,
    read_trigger_by,
)
from ttxt_core.sandbox.bybit.orders import Trigger
from ttxt_core.sandbox.bybit.wire import SIDES
from ttxt_core.sandbox.position_sides import OPENING

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_TIMES_IN_FORCE = frozenset({"GTC", "IOC", "FOK", "PostOnly"})
_DIRECTIONS = {1: TriggerDirection.RISE, 2: TriggerDirection.FALL}


class OrderForm(NamedTuple):
    """What a create asks for.

    Attributes:
        quantity: in the currency that `is_quote` names. price: None for market orders.
        position_index: which position it changes. reduce_only: also where hedge mode lets it do nothing else.
        close_all: a conditional order of quantity 0 that closes the whole position.
    """

    category: str
    symbol: str
    side: Side
    order_type: str
    quantity: Decimal
    price: Decimal | None
    time_in_force: str
    link_id: str
    is_quote: bool
    position_index: int
    reduce_only: bool
    close_on_trigger: bool
    close_all: bool
    trigger: Trigger | None
    exits: Exits


class Change(NamedTuple):
    """What an amend asks for; None leaves a value as it is, and an exit with price 0 is taken away."""

    quantity: Decimal | None
    price: Decimal | None
    trigger_price: Decimal | None
    trigger_by: TriggerBy | None
    exits: Exits


class OrderName(NamedTuple):
    """What an amend or cancel is about."""

    category: str
    symbol: str
    order_id: str
    link_id: str


def read_order(fields: Fields) -> OrderForm:
    """The order that `fields` ask for.

    Raises:
        Refusal: a field is missing, can't be read, or does not go with the others.
    """
    category = read_category(fields)
    side = SIDES.get(str(fields.get("side", "")))
    order_type = fields.get("orderType")
    if side is None:
        raise bad_parameter("Side invalid")
    if order_type not in {"Limit", "Market"}:
        raise bad_parameter("OrderType invalid")
    is_limit = order_type == "Limit"
    time_in_force = str(fields.get("timeInForce") or "GTC") if is_limit else "IOC"
    if time_in_force not in _TIMES_IN_FORCE:
        raise bad_parameter("timeInForce invalid")
    link_id = str(fields.get("orderLinkId") or "")
    if link_id and not _LINK_ID.fullmatch(link_id):
        raise bad_parameter("OrderLinkId invalid: at most 36 of A-Z a-z 0-9 _ -")
    is_spot = category == "spot"
    trigger = _trigger(fields, side, is_spot=is_spot)
    quantity = read_number(fields, "qty")
    if quantity is None:
        raise bad_parameter("Qty invalid")
    close_on_trigger = read_flag(fields, "closeOnTrigger") and not is_spot
    index = read_position_index(fields)
    opening = OPENING.get(index, side)
    reduce_only = (read_flag(fields, "reduceOnly") or side is not opening) and not is_spot
    unit = fields.get("marketUnit") or ("quoteCoin" if side is Side.BUY else "baseCoin")
    exits = read_exits(fields, is_spot=is_spot)
    if exits.terms() and (reduce_only or (is_spot and not is_limit)):
        raise bad_parameter("takeProfit and stopLoss can not be set on such an order")
    price = read_number(fields, "price") if is_limit else None
    if is_limit and price is None:
        raise bad_parameter("Price invalid")
    return OrderForm(
        category=category,
        symbol=read_symbol(fields),
        side=side,
        order_type=str(order_type),
        quantity=quantity,
        price=price,
        time_in_force=time_in_force,
        link_id=link_id,
        is_quote=is_spot and not is_limit and unit == "quoteCoin",
        position_index=index,
        reduce_only=reduce_only,
        close_on_trigger=close_on_trigger,
        close_all=not quantity and reduce_only and close_on_trigger,
        trigger=trigger,
        exits=exits,
    )


def read_change(fields: Fields) -> Change:
    """What an amend changes.

    Raises:
        Refusal: nothing is changed, or a number can't be read.
    """
    quantity, price, trigger_price = [read_number(fields, name) for name in ("qty", "price", "triggerPrice")]
    by = read_trigger_by(fields, "triggerBy") if fields.get("triggerBy") else None
    exits = read_changed_exits(fields)
    change = Change(quantity, price, trigger_price, by, exits)
    if all(value is None for value in change[:4]) and not exits.terms():
        raise bad_parameter("The order remains unchanged as the parameters entered match the existing ones.")
    return change


def read_name(fields: Fields) -> OrderName:
    """Which order is meant.

    Raises:
        Refusal: no id.
    """
    name = OrderName(
        read_category(fields),
        read_symbol(fields),
        str(fields.get("orderId") or ""),
        str(fields.get("orderLinkId") or ""),
    )
    if not (name.order_id or name.link_id):
        raise bad_parameter("orderId or orderLinkId is required")
    return name


def _trigger(fields: Fields, side: Side, *, is_spot: bool) -> Trigger | None:
    price = read_number(fields, "triggerPrice")
    if not price:
        return None
    direction = fields.get("triggerDirection")
    if is_spot:
        # Spot has no direction: whether the price must rise or fall follows from where it is, at the desk.
        natural = TriggerDirection.RISE if side is Side.BUY else TriggerDirection.FALL
        return Trigger(price, TriggerBy.LAST, natural)
    if str(direction) not in {"1", "2"}:
        raise bad_parameter("TriggerDirection invalid")
    return Trigger(price, read_trigger_by(fields, "triggerBy"), _DIRECTIONS[int(str(direction))])
