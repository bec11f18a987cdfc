"""Instruments: what a pair is called and in which steps it trades.

Owns `TradingPair`, and `InstrumentInfo` with all rounding and formatting. It is the only crossing between the
floats of market data and the exact numbers of orders: `to_ticks` and `to_lots` take a float and give an int.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple, Self

from ttxt_core.errors import InstrumentError
from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.events.market import Instrument, Side

_PAIR = re.compile(r"([^/:\s]+)/([^/:\s]+?)(?::([^/:\s-]+)(?:-(\d{8}))?)?")

STEP_TOLERANCE = 1e-6
"""How far, in ticks or lots, a float may lie from a whole step and still be it."""


class TradingPair(NamedTuple):
    """``BTC/USDT``; ``BTC/USD:BTC`` where the settle currency is not the quote; ``BTC/USDT:USDT-20261225`` when dated.

    Attributes:
        expiry: delivery day as ``YYYYMMDD``, UTC; empty for spot and perpetuals.
    """

    base: str
    quote: str
    settle: str
    expiry: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The pair in `text`.

        Raises:
            InstrumentError: not of one of the three forms above.
        """
        match = _PAIR.fullmatch(text.strip().upper())
        if match is None:
            raise InstrumentError(f"read the pair {text!r}", "it is not BASE/QUOTE", "write it like BTC/USDT")
        base, quote, settle, expiry = match.groups()
        return cls(base, quote, settle or quote, expiry or "")

    @property
    def is_inverse(self) -> bool:
        """A contract whose quantity counts in quote currency, and whose profit and fees are in base currency."""
        return self.settle == self.base

    def cost(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What buying `quantity` at `price` takes, in the settle currency, and selling it would bring.

        Buying an inverse contract takes less than nothing: it sells base currency for ``quantity`` of the quote.
        """
        return -quantity / price if self.is_inverse else quantity * price

    def average_price(self, quantity: Decimal, cost: Decimal) -> Decimal:
        """The price at which buying `quantity` takes `cost`."""
        return -quantity / cost if self.is_inverse else cost / quantity

    def __str__(self) -> str:
        plain = f"{self.base}/{self.quote}"
        if self.expiry:
            return f"{plain}:{self.settle}-{self.expiry}"
        return plain if self.settle == self.quote else f"{plain}:{self.settle}"


class InstrumentInfo:
    """An instrument with its exact arithmetic.

    Prices count in ticks and quantities in lots; both are ints. All methods are pure.

    Quantities are in `quantity_currency`: the base currency, and the quote currency of inverse contracts (those that
    settle in their base currency), where a contract is worth one unit of it, whatever the price.
    """

    __slots__ = (
        "_lot_float",
        "_lots_per_unit",
        "_tick_float",
        "_ticks_per_unit",
        "key",
        "price_decimals",
        "quantity_decimals",
        "spec",
    )

    def __init__(self, key: InstrumentKey, spec: Instrument) -> None:
        """`spec` as the venue gave it.

        Raises:
            InstrumentError: tick or lot size is not above zero.
        """
        for name, step in (("tick size", spec.tick_size), ("lot size", spec.lot_size)):
            if not step.is_finite() or step <= 0:
                raise InstrumentError(f"load {key}", f"{name} is {step}", "it must be above zero")
        self.key = key
        self.spec = spec
        self.price_decimals = _decimals(spec.tick_size)
        self.quantity_decimals = _decimals(spec.lot_size)
        self._tick_float = float(spec.tick_size)
        self._lot_float = float(spec.lot_size)
        # Multiplying by a whole reciprocal (tick 0.1 → 10) is faster and nearer than dividing by the step.
        self._ticks_per_unit = _reciprocal(spec.tick_size)
        self._lots_per_unit = _reciprocal(spec.lot_size)

    @classmethod
    def from_event(cls, event: Event[Any]) -> Self:
        """From an `Event[Instrument]`."""
        return cls(event.header.key, event.data)

    @property
    def tick_size(self) -> Decimal:
        """The price step, quote currency."""
        return self.spec.tick_size

    @property
    def lot_size(self) -> Decimal:
        """The quantity step, `quantity_currency`."""
        return self.spec.lot_size

    @property
    def is_inverse(self) -> bool:
        """See `TradingPair.is_inverse`."""
        return self.spec.settle == self.spec.base

    @property
    def quantity_currency(self) -> str:
        """What quantities, sizes and volumes count in."""
        return self.spec.quote if self.is_inverse else self.spec.base

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What `quantity` is worth at `price`, in quote currency."""
        return quantity if self.is_inverse else quantity * price

    def settled(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What `quantity` is worth at `price`, in the settle currency."""
        return quantity / price if self.is_inverse else quantity * price

    # -- floats and decimals to whole steps -----------------------------------------------------------

    def to_ticks(self, price: float | Decimal) -> int:
        """The price in ticks.

        Raises:
            InstrumentError: more than 1e-6 tick off the grid, or not finite.
        """
        if isinstance(price, Decimal):
            return self._exact_steps(price, self.spec.tick_size, "price")
        per_unit = self._ticks_per_unit
        return self._steps(price * per_unit if per_unit else price / self._tick_float, price, "price")

    def to_lots(self, size: float | Decimal) -> int:
        """The size in lots.

        Raises:
            InstrumentError: more than 1e-6 lot off the grid, or not finite.
        """
        if isinstance(size, Decimal):
            return self._exact_steps(size, self.spec.lot_size, "size")
        per_unit = self._lots_per_unit
        return self._steps(size * per_unit if per_unit else size / self._lot_float, size, "size")

    def price(self, ticks: int) -> Decimal:
        """The exact price of `ticks`."""
        return self.spec.tick_size * ticks

    def quantity(self, lots: int) -> Decimal:
        """The exact quantity of `lots`."""
        return self.spec.lot_size * lots

    def float_price(self, ticks: int) -> float:
        """The price of `ticks` as market data carry it: the float nearest to the exact value."""
        per_unit = self._ticks_per_unit
        return ticks / per_unit if per_unit else float(self.spec.tick_size * ticks)

    def float_size(self, lots: int) -> float:
        """The size of `lots` as market data carry it."""
        per_unit = self._lots_per_unit
        return lots / per_unit if per_unit else float(self.spec.lot_size * lots)

    def exact_price(self, price: float) -> Decimal:
        """A price that need not lie on the grid (mark, index, mid), as the shortest decimal that names the float."""
        return Decimal(repr(price))

    # -- rounding of order prices and quantities ----------------------------------------------------------

    def round_price(self, price: Decimal, side: Side | None = None) -> Decimal:
        """`price` on the tick grid: down for a buy, up for a sell, to the nearest without a side.

        So rounding never makes an order more aggressive than it was asked to be.
        """
        rounding = ROUND_HALF_EVEN if side is None else ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        return self.price(int((price / self.spec.tick_size).to_integral_value(rounding)))

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """`quantity` rounded down (towards zero) to a whole number of lots."""
        return self.quantity(int((quantity / self.spec.lot_size).to_integral_value(ROUND_DOWN)))

    def quantity_worth(self, notional: Decimal, price: Decimal) -> Decimal:
        """The quantity that is worth `notional` of the quote currency at `price`, rounded down to a whole lot."""
        return self.round_quantity(notional if self.is_inverse else notional / price)

    def check_order(
        self, quantity: Decimal, price: Decimal | None, *, is_market: bool = False, reduce_only: bool = False
    ) -> str | None:
        """Why the venue would refuse this quantity at this price, or None when it would not.

        `price` is the limit price, or for a market order an estimate for the notional (None: not checked).
        A reduce-only order may be below the least notional: venues let a small position be closed.
        """
        spec = self.spec
        if not quantity.is_finite() or quantity <= 0:
            return f"quantity {quantity} is not above zero"
        if quantity % spec.lot_size:
            return f"quantity {quantity} is not a multiple of the lot {spec.lot_size}"
        if spec.min_quantity is not None and quantity < spec.min_quantity:
            return f"quantity {quantity} is below the minimum {spec.min_quantity}"
        most = spec.max_market_quantity if is_market else spec.max_quantity
        if most is not None and quantity > most:
            return f"quantity {quantity} is over the maximum {most}"
        if price is None:
            return None
        if not price.is_finite() or price <= 0:
            return f"price {price} is not above zero"
        if not is_market and price % spec.tick_size:
            return f"price {price} is not a multiple of the tick {spec.tick_size}"
        if not is_market and spec.min_price is not None and price < spec.min_price:
            return f"price {price} is below the least price {spec.min_price}"
        if not is_market and spec.max_price is not None and price > spec.max_price:
            return f"price {price} is over the greatest price {spec.max_price}"
        notional = self.notional(quantity, price)
        if spec.min_notional is not None and notional < spec.min_notional and not reduce_only:
            return f"notional {notional:f} {spec.quote} is below the minimum {spec.min_notional}"
        return None

    # -- text --------------------------------------------------------------------------------------------

    def format_price(self, price: float | Decimal, *, group: bool = False) -> str:
        """`price` with the tick's own decimals, never an exponent; `group` puts in thousands separators."""
        return f"{price:{',' if group else ''}.{self.price_decimals}f}"

    def format_quantity(self, quantity: float | Decimal, *, group: bool = False) -> str:
        """`quantity` with the lot's own decimals, never an exponent."""
        return f"{quantity:{',' if group else ''}.{self.quantity_decimals}f}"

    def __repr__(self) -> str:
        return f"InstrumentInfo({self.key}, tick {self.tick_size}, lot {self.lot_size})"

    def _steps(self, steps: float, value: float, what: str) -> int:
        if not math.isfinite(steps):
            raise InstrumentError(f"count the {what} {value} of {self.key}", "it is not a finite number")
        nearest = round(steps)
        # Beyond 2^33 steps a float's own spacing is wider than the tolerance: then that spacing counts.
        if abs(steps - nearest) > STEP_TOLERANCE and abs(steps - nearest) > 4 * math.ulp(steps):
            raise self._off_grid(value, what)
        return nearest

    def _exact_steps(self, value: Decimal, step: Decimal, what: str) -> int:
        if not value.is_finite():
            raise InstrumentError(f"count the {what} {value} of {self.key}", "it is not a finite number")
        steps = value / step
        nearest = int(steps.to_integral_value(ROUND_HALF_EVEN))
        if nearest * step != value:
            raise self._off_grid(value, what)
        return nearest

    def _off_grid(self, value: float | Decimal, what: str) -> InstrumentError:
        step = self.spec.tick_size if what == "price" else self.spec.lot_size
        return InstrumentError(
            f"count the {what} {value} of {self.key}",
            f"it is not a multiple of {step}",
            "the instrument's steps may have changed: load it again",
        )


class InstrumentBook(Mapping[InstrumentKey, InstrumentInfo]):
    """The instruments that a session knows, by key."""

    def __init__(self) -> None:
        self._by_key: dict[InstrumentKey, InstrumentInfo] = {}

    def update(self, event: Event[Any]) -> InstrumentInfo:
        """Take in an `Event[Instrument]`; a later one of the same key replaces the earlier."""
        info = InstrumentInfo.from_event(event)
        self._by_key[info.key] = info
        return info

    def __getitem__(self, key: InstrumentKey) -> InstrumentInfo:
        try:
            return self._by_key[key]
        except KeyError:
            raise UnknownInstrumentError(
                f"find the instrument {key}", "it is not known here", f"known: {self._names()}"
            ) from None

    def __iter__(self) -> Iterator[InstrumentKey]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    def _names(self) -> str:
        return ", ".join(str(key) for key in self._by_key) or "none"


class UnknownInstrumentError(InstrumentError, KeyError):
    """A key that no `Instrument` event has named yet."""

    __str__ = InstrumentError.__str__


def _decimals(step: Decimal) -> int:
    exponent = step.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _reciprocal(step: Decimal) -> float:
    """1 / step where that is a whole number that a float holds exactly, else 0."""
    per_unit = 1 / step
    is_whole = per_unit == per_unit.to_integral_value() and per_unit < 2**53
    return float(per_unit) if is_whole else 0.0
