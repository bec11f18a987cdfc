"""Sizes: presets, steps, and quantities and prices typed as expressions.

Owns how a size belongs to a symbol: it is chosen for one, and never carried over to another.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

from msgspec import Struct

from ttxt_core.errors import OrderError
from ttxt_core.events import InstrumentKey, Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.config.settings import Sizes
from ttxt_tui.trading.touch import Touch

HUNDRED: Final = Decimal(100)


class ExpressionError(OrderError):
    """A quantity or price that was typed and can't be read."""


class Chosen(Struct):
    """The size chosen for one symbol; `preset` is 1 to 5 when it came from a preset key."""

    quantity: Decimal
    preset: int | None = None


class SizeBook:
    """The chosen size of each symbol."""

    def __init__(self, settings: Sizes, first_preset: int | None) -> None:
        """`first_preset` is taken for a symbol where none was chosen yet; None starts empty."""
        self._settings = settings
        self._first_preset = first_preset
        self._chosen: dict[InstrumentKey, Chosen] = {}

    def chosen(self, info: InstrumentInfo, price: Decimal | None) -> Chosen | None:
        """The size of `info`'s symbol; the first preset where nothing was chosen and there is a price for it."""
        known = self._chosen.get(info.key)
        if known is None and self._first_preset is not None and price is not None:
            known = self._chosen[info.key] = Chosen(self.preset(self._first_preset, info, price), self._first_preset)
        return known

    def choose(self, info: InstrumentInfo, quantity: Decimal, preset: int | None = None) -> Chosen:
        """Make `quantity` the size of `info`'s symbol."""
        chosen = self._chosen[info.key] = Chosen(quantity, preset)
        return chosen

    def preset(self, number: int, info: InstrumentInfo, price: Decimal) -> Decimal:
        """The quantity of preset `number` (1 to 5), at least the instrument's smallest order at `price`."""
        own = self._settings.by_pair.get(info.key.pair)
        quantity = self._settings.notional[number - 1] / price if own is None else own[number - 1]
        return max(info.round_quantity(quantity), smallest(info, price))


def smallest(info: InstrumentInfo, price: Decimal) -> Decimal:
    """The smallest quantity that the venue takes at `price`, in whole lots."""
    least = info.spec.min_quantity or info.lot_size
    if info.spec.min_notional is not None:
        least = max(least, info.spec.min_notional / price)
    return info.quantity(max(1, int((least / info.lot_size).to_integral_value(ROUND_CEILING))))


def step_of(quantity: Decimal, info: InstrumentInfo) -> Decimal:
    """What + changes a size by: a tenth of its leading decade, at least a lot (0.25 → 0.01, 3 → 0.1)."""
    if quantity <= 0:
        return info.lot_size
    return max(info.round_quantity(Decimal(1).scaleb(quantity.adjusted() - 1)), info.lot_size)


def stepped(quantity: Decimal, steps: int, info: InstrumentInfo) -> Decimal:
    """`quantity` after `steps` presses of + (above zero) or -; one takes back the other. Never under a lot."""
    for _ in range(abs(steps)):
        step = step_of(quantity, info) if steps > 0 else -step_of(quantity - info.lot_size, info)
        quantity = max(info.round_quantity(quantity + step), info.lot_size)
    return quantity


_NUMBER: Final = r"[0-9]{1,15}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}"
_QUANTITY: Final = re.compile(rf"({_NUMBER})\s*([$%]?)")
_PRICE: Final = re.compile(_NUMBER)
_TOUCH_PRICE: Final = re.compile(r"(bid|ask|mid|last)\s*(?:([+-])\s*([0-9]{1,9})\s*t)?")
_PERCENT: Final = re.compile(rf"([+-])({_NUMBER})\s*%")
_GROUPED: Final = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,])")


def _cleaned(text: str) -> str:
    """Lower case, without thousands separators. Any other comma stays, so that `0,5` is never read as 5."""
    return _GROUPED.sub(lambda match: match[0].replace(",", ""), text.strip().lower())


def parse_quantity(text: str, info: InstrumentInfo, price: Decimal, free: Decimal) -> Decimal:
    """``0.5`` of the base, ``500$`` in quote, ``25%`` of what `free` quote buys at `price`, or ``max``.

    The result is rounded down to the lot.

    Raises:
        ExpressionError: it is none of these, or less than a lot.
    """
    asked = f"read the quantity {text!r}"
    cleaned = _cleaned(text)
    match = _QUANTITY.fullmatch("100%" if cleaned == "max" else cleaned)
    if match is None:
        raise ExpressionError(asked, "it is no quantity", "write 0.5, 500$, 25% or max")
    number, unit = Decimal(match[1]), match[2]
    if unit == "$":
        number = number / price
    elif unit == "%":
        if number > HUNDRED:
            raise ExpressionError(asked, "there is no more than 100 % of what is free")
        number = free * number / HUNDRED / price
    quantity = info.round_quantity(number)
    if quantity <= 0:
        raise ExpressionError(asked, f"it is less than a lot of {info.lot_size}")
    return quantity


def parse_price(text: str, info: InstrumentInfo, side: Side, touch: Touch, last: Decimal | None) -> int:
    """A price in ticks: ``101.5``, ``bid``, ``ask+2t``, ``mid``, ``last``, or ``-0.5%`` from the middle.

    It is rounded so that it never grows more aggressive: down for a buy, up for a sell.

    Raises:
        ExpressionError: it is none of these, it is under a tick, or there is no such price now.
    """
    asked = f"read the price {text!r}"
    cleaned = _cleaned(text)
    bid, ask = (None if ticks is None else info.price(ticks) for ticks in touch)
    middle = None if bid is None or ask is None else (bid + ask) / 2
    if match := _TOUCH_PRICE.fullmatch(cleaned):
        base = {"bid": bid, "ask": ask, "mid": middle, "last": last}[match[1]]
        if base is None:
            raise ExpressionError(asked, f"there is no {match[1]} now")
        price = base + info.price(int(f"{match[2] or '+'}{match[3] or 0}"))
    elif match := _PERCENT.fullmatch(cleaned):
        if middle is None:
            raise ExpressionError(asked, "there is no middle now: a side of the book is empty")
        price = middle * (1 + Decimal(f"{match[1]}{match[2]}") / HUNDRED)
    elif _PRICE.fullmatch(cleaned):
        price = Decimal(cleaned)
    else:
        raise ExpressionError(asked, "it is no price", "write 101.5, bid, ask+2t, mid or -0.5%")
    ticks = info.to_ticks(info.round_price(price, side))
    if ticks < 1:
        raise ExpressionError(asked, f"{price:f} is less than a tick of {info.tick_size}")
    return ticks


def fraction_of(quantity: Decimal, fraction: Decimal, info: InstrumentInfo) -> Decimal:
    """`fraction` of `quantity`, rounded down to the lot; all of it for 1."""
    return quantity if fraction >= 1 else info.round_quantity(quantity * fraction)
