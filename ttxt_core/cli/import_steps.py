"""Instruments without an instrument list: tick and lot from the decimals that frames print, the pair from the symbol.

Owns the guess. What it finds is at least as fine as the real steps once a frame has shown a full price and size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec
import orjson
from msgspec import Struct

from ttxt_core.connectors.captures import CapturedFrame, FrameKind

QUOTES: Final = (
    "RLUSD",
    "USDT",
    "USDC",
    "USDE",
    "USD1",
    "XUSD",
    "EUR",
    "GBP",
    "BRL",
    "PLN",
    "TRY",
    "AED",
    "USD",
    "BTC",
)
"""Quote currencies of Bybit's spot list of 2026, but for coins that are mostly bases. The first that fits is taken."""

_DATED: Final = re.compile(r"(?P<pair>[A-Z0-9]+)-(?P<day>\d{1,2}[A-Z]{3}\d{2})")


class _Book(Struct):
    s: str
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]


class _BookFrame(Struct):
    data: _Book


class _Trade(Struct):
    s: str
    p: str
    v: str


class _TradeFrame(Struct):
    data: list[_Trade]


_decoders: Final = (msgspec.json.Decoder(_BookFrame), msgspec.json.Decoder(_TradeFrame))


class StepFinder:
    """Collects the decimals of prices and sizes by symbol."""

    def __init__(self) -> None:
        self._decimals: dict[str, tuple[int, int]] = {}

    def add(self, frame: CapturedFrame) -> None:
        """Look at `frame`; one that is neither book nor trades, or can't be read, tells nothing."""
        if frame.kind is not FrameKind.RECEIVED:
            return
        for decoder in _decoders:
            try:
                data = decoder.decode(frame.payload).data
            except ValueError:
                continue
            if isinstance(data, _Book):
                self._widen(data.s, [*data.b, *data.a])
            else:
                for trade in data:
                    self._widen(trade.s, [(trade.p, trade.v)])

    def reply(self, category: str, *, without: AbstractSet[str] = frozenset()) -> tuple[bytes, list[str]]:
        """What was found in the shape of Bybit's instrument list of `category`, and the symbols that are unclear.

        A symbol is unclear when no known quote currency ends it; those `without` are not looked at.
        """
        rows, unclear = [], []
        for symbol in sorted(self._decimals.keys() - without):
            price_decimals, size_decimals = self._decimals[symbol]
            currencies = _currencies(symbol, category)
            if currencies is None:
                unclear.append(symbol)
                continue
            base, quote, delivery_ms = currencies
            lot = _step(size_decimals)
            rows.append(
                {
                    "symbol": symbol,
                    "status": "Trading",
                    "baseCoin": base,
                    "quoteCoin": quote,
                    "settleCoin": base if category == "inverse" else "",
                    "contractType": "LinearFutures" if delivery_ms else "",
                    "deliveryTime": str(delivery_ms),
                    "priceFilter": {"tickSize": _step(price_decimals)},
                    "lotSizeFilter": {"basePrecision": lot} if category == "spot" else {"qtyStep": lot},
                }
            )
        result = {"category": category, "list": rows}
        return orjson.dumps({"retCode": 0, "retMsg": "OK", "result": result}), unclear

    def _widen(self, symbol: str, levels: Iterable[tuple[str, str]]) -> None:
        price_decimals, size_decimals = self._decimals.get(symbol, (0, 0))
        for price, size in levels:
            price_decimals = max(price_decimals, _places(price))
            size_decimals = max(size_decimals, _places(size))
        self._decimals[symbol] = price_decimals, size_decimals


def _currencies(symbol: str, category: str) -> tuple[str, str, int] | None:
    """Base, quote and time of delivery in ms (0: none)."""
    if category == "linear" and symbol.endswith("PERP"):
        return symbol.removesuffix("PERP"), "USDC", 0
    delivery_ms = 0
    if match := _DATED.fullmatch(symbol):
        symbol = match["pair"]
        try:
            # Bybit delivers at 08:00 UTC.
            day = datetime.strptime(match["day"] + "08+0000", "%d%b%y%H%z")
        except ValueError:
            return None
        delivery_ms = int(day.astimezone(UTC).timestamp()) * 1000
    for quote in QUOTES:
        if symbol.endswith(quote) and symbol != quote:
            return symbol.removesuffix(quote), quote, delivery_ms
    # BTC-26DEC25 is quoted in USDC and names no quote.
    return (symbol, "USDC", delivery_ms) if delivery_ms else None


def _places(number: str) -> int:
    return len(number.partition(".")[2])


def _step(decimals: int) -> str:
    return f"{Decimal(1).scaleb(-decimals):f}"
