"""Quantities and prices as people type them, the same in the ticket and on the command line. Pure.

Owns the syntax and what an expression means on a market. Reading one needs no market; working it out does.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_core.errors import OrderError
from ttxt_core.events import Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.config.brackets import Distance, read_distance
from ttxt_tui.trading.touch import Touch

HUNDRED: Final = Decimal(100)
QUANTITY_FORMS: Final = "0.5, 500$, 25% or max"
PRICE_FORMS: Final = "101.5, bid, ask+2t, mid or -0.5%"
EXIT_FORMS: Final = "101.5, or 20t, 15bp, 0.5% from the entry"

_NUMBER: Final = r"[0-9]{1,15}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}"
_QUANTITY: Final = re.compile(rf"({_NUMBER})\s*([$%]?)")
_PRICE: Final = re.compile(_NUMBER)
_TOUCH_PRICE: Final = re.compile(r"(bid|ask|mid|last)\s*(?:([+-])\s*([0-9]{1,9})\s*t)?")
_PERCENT: Final = re.compile(rf"([+-])({_NUMBER})\s*%")
_GROUPED: Final = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,])")


class ExpressionError(OrderError):
    """A quantity or price that was typed and can't be read, or that there is not now."""


class Unit(StrEnum):
    """What the number of a quantity counts; the values are what is typed behind it."""

    BASE = ""
    QUOTE = "$"
    PERCENT = "%"


class QuantityExpression(NamedTuple):
    """How much: of the base currency, worth so much in quote, or a share of what is free."""

    number: Decimal
    unit: Unit

    def __str__(self) -> str:
        """As it is typed; reading it gives an equal expression."""
        return f"{plain(self.number)}{self.unit}"

    def quantity(self, info: InstrumentInfo, price: Decimal, free: Decimal) -> Decimal:
        """In base currency, rounded down to the lot; `free` quote is what a share is taken of, at `price`.

        Raises:
            ExpressionError: it is less than a lot.
        """
        number = self.number
        if self.unit is Unit.QUOTE:
            number = number / price
        elif self.unit is Unit.PERCENT:
            number = free * number / HUNDRED / price
        quantity = info.round_quantity(number)
        if quantity <= 0:
            raise ExpressionError(f"read the quantity '{self}'", f"it is less than a lot of {info.lot_size}")
        return quantity


class Anchor(StrEnum):
    """What a price is counted from; the values are what is typed."""

    BID = "bid"
    ASK = "ask"
    MID = "mid"
    LAST = "last"


class PriceExpression(NamedTuple):
    """Where: at a price (`anchor` None), so many ticks from a price of the market, or so many percent from its middle.

    Attributes:
        number: the price, the ticks or the percent.
        is_percent: `anchor` is MID and `number` percent of it.
    """

    anchor: Anchor | None
    number: Decimal
    is_percent: bool = False

    def __str__(self) -> str:
        """As it is typed; reading it gives an equal expression."""
        sign = "-" if self.number < 0 else "+"
        if self.anchor is None:
            return plain(self.number)
        if self.is_percent:
            return f"{sign}{plain(abs(self.number))}%"
        return f"{self.anchor}{sign}{plain(abs(self.number))}t" if self.number else self.anchor.value

    def ticks(self, info: InstrumentInfo, side: Side, touch: Touch, last: Decimal | None) -> int:
        """The price in ticks, rounded so that it never grows more aggressive: down for a buy, up for a sell.

        Raises:
            ExpressionError: it is under a tick, or there is no such price now.
        """
        asked = f"read the price '{self}'"
        price = self.number
        if self.anchor is not None:
            base = self._base(self.anchor, info, touch, last)
            if base is None:
                raise ExpressionError(asked, f"there is no {self.anchor} now")
            offset = base * price / HUNDRED if self.is_percent else info.tick_size * price
            price = base + offset
        ticks = info.to_ticks(info.round_price(price, side))
        if ticks < 1:
            raise ExpressionError(asked, f"{price:f} is less than a tick of {info.tick_size}")
        return ticks

    @staticmethod
    def _base(anchor: Anchor, info: InstrumentInfo, touch: Touch, last: Decimal | None) -> Decimal | None:
        bid, ask = (None if ticks is None else info.price(ticks) for ticks in touch)
        middle = None if bid is None or ask is None else (bid + ask) / 2
        return {Anchor.BID: bid, Anchor.ASK: ask, Anchor.MID: middle, Anchor.LAST: last}[anchor]


def read_quantity(text: str) -> QuantityExpression:
    """``0.5`` of the base, ``500$`` in quote, ``25%`` of what is free, or ``max``, which is all of that.

    Raises:
        ExpressionError: it is none of these.
    """
    asked = f"read the quantity {text!r}"
    cleaned = _cleaned(text)
    match = _QUANTITY.fullmatch("100%" if cleaned == "max" else cleaned)
    if match is None:
        raise ExpressionError(asked, "it is no quantity", f"write {QUANTITY_FORMS}")
    expression = QuantityExpression(Decimal(match[1]), Unit(match[2]))
    if expression.unit is Unit.PERCENT and expression.number > HUNDRED:
        raise ExpressionError(asked, "there is no more than 100 % of what is free")
    return expression


def read_price(text: str) -> PriceExpression:
    """``101.5``, ``bid``, ``ask+2t``, ``mid``, ``last``, or ``-0.5%`` from the middle.

    Raises:
        ExpressionError: it is none of these.
    """
    cleaned = _cleaned(text)
    if match := _TOUCH_PRICE.fullmatch(cleaned):
        return PriceExpression(Anchor(match[1]), Decimal(f"{match[2] or '+'}{match[3] or 0}"))
    if match := _PERCENT.fullmatch(cleaned):
        return PriceExpression(Anchor.MID, Decimal(f"{match[1]}{match[2]}"), is_percent=True)
    if _PRICE.fullmatch(cleaned):
        return PriceExpression(None, Decimal(cleaned))
    raise ExpressionError(f"read the price {text!r}", "it is no price", f"write {PRICE_FORMS}")


def read_exit(text: str) -> PriceExpression | Distance:
    """Where an exit is to be: a price, or ``20t``, ``15bp`` or ``0.5%`` away from the entry.

    Raises:
        ExpressionError: it is none of these.
    """
    return read_distance(_cleaned(text)) or read_price(text)


def parse_quantity(text: str, info: InstrumentInfo, price: Decimal, free: Decimal) -> Decimal:
    """What `text` means in base currency now; see `read_quantity` and `QuantityExpression.quantity`.

    Raises:
        ExpressionError: as these two.
    """
    return read_quantity(text).quantity(info, price, free)


def parse_price(text: str, info: InstrumentInfo, side: Side, touch: Touch, last: Decimal | None) -> int:
    """What `text` means in ticks now; see `read_price` and `PriceExpression.ticks`.

    Raises:
        ExpressionError: as these two.
    """
    return read_price(text).ticks(info, side, touch, last)


def plain(number: Decimal) -> str:
    """`number` without an exponent and without zeros behind its last digit."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cleaned(text: str) -> str:
    """Lower case, without thousands separators. Any other comma stays, so that `0,5` is never read as 5."""
    return _GROUPED.sub(lambda match: match[0].replace(",", ""), text.strip().lower())
