"""What instruments, sides and orders are called on the screen, in full and where there is little room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ttxt_core.events import InstrumentKey, OrderState, OrderType, Side, TimeInForce
from ttxt_core.orders.managed_order import ManagedOrder

_CATEGORY: Final = {"linear": "perp", "inverse": "inv"}

SIDE_WORD: Final[Mapping[Side, str]] = {Side.BUY: "▲ BUY", Side.SELL: "▼ SELL"}
SIDE_SHORT: Final[Mapping[Side, str]] = {Side.BUY: "▲B", Side.SELL: "▼S"}

STATE_WORD: Final[Mapping[OrderState, str]] = {
    OrderState.PENDING_NEW: "sending",
    OrderState.NEW: "working",
    OrderState.UNTRIGGERED: "stop",
    OrderState.TRIGGERED: "triggered",
    OrderState.PARTIALLY_FILLED: "partial",
    OrderState.PENDING_AMEND: "amending",
    OrderState.PENDING_CANCEL: "cancelling",
    OrderState.UNKNOWN: "unknown",
    OrderState.FILLED: "filled",
    OrderState.CANCELED: "cancelled",
    OrderState.REJECTED: "rejected",
    OrderState.EXPIRED: "expired",
}
"""The state of an order in a word."""

STATE_SHORT: Final[Mapping[OrderState, str]] = {
    OrderState.TRIGGERED: "trigger",
    OrderState.PENDING_AMEND: "amend…",
    OrderState.PENDING_CANCEL: "cancel…",
    OrderState.CANCELED: "cancel✓",
    OrderState.REJECTED: "reject✗",
}
"""The words that are longer than seven characters, in seven."""


def category_word(key: InstrumentKey) -> str:
    """The venue's product as traders say it: `spot`, `perp`."""
    return _CATEGORY.get(key.category, key.category)


def symbol(key: InstrumentKey) -> str:
    """The pair with its product: `BTC/USDT perp`. The same pair on two products is two instruments."""
    return f"{key.pair} {category_word(key)}"


def short_symbol(key: InstrumentKey) -> str:
    """The base currency with its product: `BTC perp`."""
    return f"{key.pair.partition('/')[0]} {category_word(key)}"


def tiny_symbol(short: str) -> str:
    """A short symbol with the first letter of its product: `BTC.p`."""
    base, _, product = short.rpartition(" ")
    return f"{base}.{product[:1]}"


def order_kind(order: ManagedOrder) -> str:
    """What kind of order it is: `LIMIT`, `POST`, `IOC`, `FOK`, `MARKET`; until released `STOP` or `TP`.

    Those two with an `-L` where a limit order is released.
    """
    if order.order_type is OrderType.STOP_MARKET or order.is_waiting:
        return ("STOP" if order.is_stop else "TP") + ("" if order.price is None else "-L")
    if order.order_type is OrderType.MARKET:
        return "MARKET"
    if order.post_only:
        return "POST"
    return "LIMIT" if order.time_in_force is TimeInForce.GTC else order.time_in_force.value.upper()
