"""How Bybit writes things: numbers as texts, envelopes, topics. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS
from ttxt_core.events.market import Side

CATEGORIES = ("spot", "linear", "inverse")
CONTRACTS = ("linear", "inverse")
EMPTY_CATEGORIES = ("option",)
"""Served, and there is nothing in them."""
SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
SIDE_NAMES = {Side.BUY: "Buy", Side.SELL: "Sell"}

Row = dict[str, Any]


def text(number: Decimal | None, absent: str = "0") -> str:
    """A decimal without an exponent and without trailing zeros."""
    if number is None:
        return absent
    shown = f"{number:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def float_text(number: float | None, decimals: int, absent: str = "") -> str:
    """A float with a fixed number of decimals."""
    return absent if number is None else f"{number:.{decimals}f}"


def milliseconds(time_ns: int) -> str:
    """A time as rows have it."""
    return str(time_ns // MILLISECOND_NS)


def success(result: Row, now_ns: int, *, message: str = "OK", extra: Row | None = None) -> Row:
    """The envelope of a REST reply."""
    return envelope(0, message, result, now_ns, extra)


def envelope(code: int, message: str, result: Row, now_ns: int, extra: Row | None = None) -> Row:
    """Likewise, good or bad."""
    time_ms = now_ns // MILLISECOND_NS
    return {"retCode": code, "retMsg": message, "result": result, "retExtInfo": extra or {}, "time": time_ms}


def server_time(now_ns: int) -> Row:
    """The result of ``/v5/market/time``."""
    return {"timeSecond": str(now_ns // NANOSECONDS), "timeNano": str(now_ns)}
