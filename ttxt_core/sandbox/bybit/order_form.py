"""Order requests: the fields of Bybit's create and amend, read and checked. Pure.

Source: Bybit's v5 documentation, "Place Order" and "Amend Order".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ttxt_core.events.market import Side
from ttxt_core.events.orders import TriggerBy, TriggerDirection
from ttxt_core.sandbox.bybit.errors import bad_parameter
from ttxt_core.sandbox.bybit.orders import Trigger
from ttxt_core.sandbox.bybit.wire import CATEGORIES, SIDES

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_TIMES_IN_FORCE = frozenset({"GTC", "IOC", "FOK", "PostOnly"})
_TRIGGERS = {"LastPrice": TriggerBy.LAST, "MarkPrice": TriggerBy.MARK, "IndexPrice": TriggerBy.INDEX}
_DIRECTIONS = {1: TriggerDirection.RISE, 2: TriggerDirection.FALL}

Fields = Mapping[str, Any]


class OrderForm(NamedTuple):
    """What a create asks for.

    Attributes:
        quantity: in the currency that `is_quote` names. price: None for market orders.
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
    reduce_only: bool
    close_on_trigger: bool
    close_all: bool
    trigger: Trigger | None
    take_profit: Decimal | None
    stop_loss: Decimal | None
    take_profit_by: TriggerBy
    stop_loss_by: TriggerBy


class Change(NamedTuple):
    """What an amend asks for; None leaves a value as it is."""

    quantity: Decimal | None
    price: Decimal | None
    trigger_price: Decimal | None
    take_profit: Decimal | None
    stop_loss: Decimal | None


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
    if fields.get("positionIdx") not in {None, 0, "0", ""}:
        raise bad_parameter("position idx not match position mode")
    link_id = str(fields.get("orderLinkId") or "")
    if link_id and not _LINK_ID.fullmatch(link_id):
        raise bad_parameter("OrderLinkId invalid: at most 36 of A-Z a-z 0-9 _ -")
    is_spot = category == "spot"
    trigger = _trigger(fields, side, is_spot=is_spot)
    quantity = _number(fields, "qty")
    if quantity is None:
        raise bad_parameter("Qty invalid")
    close_on_trigger = _flag(fields, "closeOnTrigger") and not is_spot
    reduce_only = _flag(fields, "reduceOnly") and not is_spot
    unit = fields.get("marketUnit") or ("quoteCoin" if side is Side.BUY else "baseCoin")
    price = _number(fields, "price") if is_limit else None
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
        reduce_only=reduce_only,
        close_on_trigger=close_on_trigger,
        close_all=not quantity and reduce_only and close_on_trigger,
        trigger=trigger,
        take_profit=_number(fields, "takeProfit") or None,
        stop_loss=_number(fields, "stopLoss") or None,
        take_profit_by=_trigger_by(fields, "tpTriggerBy"),
        stop_loss_by=_trigger_by(fields, "slTriggerBy"),
    )


def read_change(fields: Fields) -> Change:
    """What an amend changes.

    Raises:
        Refusal: nothing is changed, or a number can't be read.
    """
    names = ("qty", "price", "triggerPrice", "takeProfit", "stopLoss")
    change = Change(*[_number(fields, name) for name in names])
    if all(value is None for value in change):
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


def read_category(fields: Fields) -> str:
    """The category.

    Raises:
        Refusal: not spot or linear.
    """
    category = fields.get("category")
    if category not in CATEGORIES:
        raise bad_parameter("Illegal category")
    return str(category)


def read_symbol(fields: Fields) -> str:
    """The symbol.

    Raises:
        Refusal: there is none.
    """
    symbol = fields.get("symbol")
    if not isinstance(symbol, str) or not symbol:
        raise bad_parameter("Params error: symbol is required")
    return symbol


def _trigger(fields: Fields, side: Side, *, is_spot: bool) -> Trigger | None:
    price = _number(fields, "triggerPrice")
    if not price:
        return None
    direction = fields.get("triggerDirection")
    if is_spot:
        # Spot has no direction: whether the price must rise or fall follows from where it is, at the desk.
        natural = TriggerDirection.RISE if side is Side.BUY else TriggerDirection.FALL
        return Trigger(price, TriggerBy.LAST, natural)
    if str(direction) not in {"1", "2"}:
        raise bad_parameter("TriggerDirection invalid")
    return Trigger(price, _trigger_by(fields, "triggerBy"), _DIRECTIONS[int(str(direction))])


def _trigger_by(fields: Fields, name: str) -> TriggerBy:
    value = fields.get(name) or "LastPrice"
    if value not in _TRIGGERS:
        raise bad_parameter(f"{name} invalid")
    return _TRIGGERS[value]


def _number(fields: Fields, name: str) -> Decimal | None:
    """A number, as text or as JSON has it; None when it is absent or empty."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise bad_parameter(f"{name} invalid")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise bad_parameter(f"{name} invalid") from error
    if not number.is_finite() or number < 0:
        raise bad_parameter(f"{name} invalid")
    return number


def _flag(fields: Fields, name: str) -> bool:
    value = fields.get(name)
    return value is True or value == "true"
