"""Single fields of requests: numbers, names and choices, as texts or as JSON has them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ttxt_core.events.orders import TriggerBy
from ttxt_core.sandbox.bybit.errors import bad_parameter
from ttxt_core.sandbox.bybit.wire import CATEGORIES

_TRIGGERS = {"LastPrice": TriggerBy.LAST, "MarkPrice": TriggerBy.MARK, "IndexPrice": TriggerBy.INDEX}

Fields = Mapping[str, Any]


def read_category(fields: Fields) -> str:
    """The category.

    Raises:
        Refusal: not one that is traded here.
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


def read_position_index(fields: Fields) -> int:
    """Which position is meant: 0 the net one, 1 the long and 2 the short one of hedge mode.

    Raises:
        Refusal: none of these.
    """
    value = str(fields.get("positionIdx") or "0")
    if value not in {"0", "1", "2"}:
        raise bad_parameter("position idx invalid")
    return int(value)


def read_trigger_by(fields: Fields, name: str) -> TriggerBy:
    """The price that a trigger goes by; the last price where none is named.

    Raises:
        Refusal: an unknown one.
    """
    value = fields.get(name) or "LastPrice"
    if value not in _TRIGGERS:
        raise bad_parameter(f"{name} invalid")
    return _TRIGGERS[value]


def read_number(fields: Fields, name: str) -> Decimal | None:
    """A number, as text or as JSON has it; None when it is absent or empty.

    Raises:
        Refusal: it is no number, or below zero.
    """
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


def read_flag(fields: Fields, name: str) -> bool:
    """Whether a flag is set."""
    value = fields.get(name)
    return value is True or value == "true"
