"""What can stand in a command where a value is asked for: how it is read, written again and told. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.errors import ConfigError
from ttxt_core.recording.times import parse_time
from ttxt_tui.config.brackets import Distance
from ttxt_tui.state.candles import INTERVALS
from ttxt_tui.trading.expressions import (
    EXIT_FORMS,
    HUNDRED,
    PRICE_FORMS,
    QUANTITY_FORMS,
    ExpressionError,
    PriceExpression,
    QuantityExpression,
    plain,
    read_exit,
    read_price,
    read_quantity,
)

Value = QuantityExpression | PriceExpression | Distance | Decimal | int | str
"""What a slot reads."""

MAX_SPEED: Final = Decimal("Infinity")
"""As fast as it goes."""

_TICKS: Final = re.compile(r"([+-]?)([0-9]{1,6})t")
_NUMBER: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,6})?|\.[0-9]{1,6}")
_WHOLE: Final = re.compile(r"#?([0-9]{1,9})")
_UNITS: Final = {"k": 1_000, "m": 1_000_000}
_SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,39}")


class Slot(NamedTuple):
    """A place for a value.

    Attributes:
        name: what the value is called; in usage texts in capitals.
        told: what is expected, with an example: `a price: 101.5, bid, ask+2t, mid or -0.5%`.
        read: the value that a word means; None when it means none.
        write: the word that means a value; reading it gives an equal one.
        examples: words to offer, each with its meaning; more may be offered by whoever knows the market.
    """

    name: str
    told: str
    read: Callable[[str], Value | None]
    write: Callable[[Value], str] = str
    examples: tuple[tuple[str, str], ...] = ()


def _quantity(text: str) -> QuantityExpression | None:
    try:
        return read_quantity(text)
    except ExpressionError:
        return None


def _price(text: str) -> PriceExpression | None:
    try:
        return read_price(text)
    except ExpressionError:
        return None


def _exit(text: str) -> PriceExpression | Distance | None:
    try:
        return read_exit(text)
    except ExpressionError:
        return None


def _whole(text: str) -> int | None:
    match = _WHOLE.fullmatch(text)
    number = 0 if match is None else int(match[1])
    return number or None


def _ticks(text: str) -> int | None:
    match = _TICKS.fullmatch(text.lower())
    return (int(f"{match[1]}{match[2]}") or None) if match else None


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _above_zero(text: str) -> Decimal | None:
    """`5` or `5s`."""
    return _number(text.lower().removesuffix("s")) or None


def _basis_points(text: str) -> Decimal | None:
    """`5` or `5bp`."""
    return _number(text.lower().removesuffix("bp")) or None


def _worth(text: str) -> Decimal | None:
    """`250000`, `250k`, `1.5m`."""
    unit = text[-1:].lower()
    number = _number(text[:-1] if unit in _UNITS else text)
    return None if not number else number * _UNITS.get(unit, 1)


def _percent(text: str) -> Decimal | None:
    number = _number(text.removesuffix("%"))
    return number if number is not None and 0 < number <= HUNDRED else None


def _times(text: str) -> Decimal | None:
    """`5` or `5x`."""
    number = _number(text.lower().removesuffix("x"))
    return number if number is not None and 0 < number <= 1000 else None


def _speed(text: str) -> Decimal | None:
    return MAX_SPEED if text.lower() == "max" else _times(text)


def _moment(text: str) -> str | None:
    try:
        parse_time(text, 0, 0)
    except ConfigError:
        return None
    return text


def _symbol(text: str) -> str | None:
    return text.upper() if _SYMBOL.fullmatch(text.upper()) else None


def _interval(text: str) -> str | None:
    return text.lower() if text.lower() in INTERVALS else None


def _any(text: str) -> str | None:
    return text or None


def _written(value: Value) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)


SLOTS: Final[dict[str, Slot]] = {
    slot.name: slot
    for slot in (
        Slot(
            "quantity",
            f"a quantity: {QUANTITY_FORMS}",
            _quantity,
            examples=(
                ("max", "all that is free buys"),
                ("25%", "of what is free"),
                ("500$", "worth of quote currency"),
            ),
        ),
        Slot(
            "price",
            f"a price: {PRICE_FORMS}",
            _price,
            examples=(
                ("bid", "the best bid; bid-2t two ticks below"),
                ("ask", "the best ask; ask+2t two ticks above"),
                ("mid", "the middle, rounded to rest"),
                ("last", "the last trade's price"),
            ),
        ),
        Slot(
            "exit",
            f"where to leave: {EXIT_FORMS}",
            _exit,
            examples=(("20t", "so many ticks from the entry"), ("15bp", "so much of the price from it")),
        ),
        Slot("bracket", "a bracket's name, as in the config: tight", _any),
        Slot("order", "an order's number, as in Orders: 3", _whole),
        Slot("ticks", "ticks: 1t up, -1t down", _ticks, lambda value: f"{value}t", (("1t", "up"), ("-1t", "down"))),
        Slot("percent", "a share: 50%", _percent, lambda value: f"{_written(value)}%", (("50%", "half of it"),)),
        Slot("group", "ticks a row: 10", _whole),
        Slot("leverage", "a leverage: 5", _times, _written),
        Slot("time", "a time: 14:30:05, +90s or 2026-08-09T21:27:00", _moment),
        Slot(
            "speed",
            "a speed: 0.1 to 1000, or max",
            _speed,
            lambda value: "max" if value == MAX_SPEED else _written(value),
            (("1", "as it was"), ("10", "ten times"), ("max", "as fast as it goes")),
        ),
        Slot("seconds", "seconds: 5", _above_zero, _written, (("5", ""), ("60", "a minute"))),
        Slot("width", "basis points: 5bp", _basis_points, lambda value: f"{_written(value)}bp", (("5bp", ""),)),
        Slot("worth", "quote currency: 250000, 250k or 1.5m", _worth, _written, (("250k", ""), ("1m", ""))),
        Slot("times", "times the usual: 5x", _times, lambda value: f"{_written(value)}x", (("5x", ""),)),
        Slot("alert", "an alert's number, as :alert list shows it: 2", _whole),
        Slot("name", "a theme's name", _any),
        Slot("symbol", "a symbol: BTC/USDT or BTC", _symbol),
        Slot("interval", f"one of {', '.join(INTERVALS)}", _interval, examples=tuple((name, "") for name in INTERVALS)),
        Slot("path", "a file's path: fills.csv", _any),
    )
}
"""Every slot by its name."""
