"""What trading has made since the session began: realised, unrealised and fees, by currency.

Owns the sums. Linear contracts are counted as their position updates tell; spot, of which no venue tells a profit, at
average cost from the session's own fills. A figure is a float here: it is shown and never sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

from ttxt_core.events import Event, Fill, FillKind, InstrumentKey, PositionUpdate, Side
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.accounts import SPOT
from ttxt_tui.state.lookup import MarketOf
from ttxt_tui.state.market import MarketState

ZERO: Final = Decimal(0)


class Profit(NamedTuple):
    """What was made in one currency. `fees` above zero were paid."""

    currency: str
    realised: float
    unrealised: float
    fees: float

    @property
    def total(self) -> float:
        """Realised and unrealised, after fees."""
        return self.realised + self.unrealised - self.fees


class _Inventory(Struct):
    """What the session bought and sold of one spot pair. A quantity below zero was held before and sold."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO

    def trade(self, signed: Decimal, price: Decimal) -> None:
        """Add `signed` of the base currency, below zero for a sale, at `price`."""
        if self.quantity * signed < 0:
            closing = min(abs(signed), abs(self.quantity))
            share = closing / abs(self.quantity)
            freed = self.cost * share
            proceeds = closing * price
            self.realised += proceeds - freed if self.quantity > 0 else -freed - proceeds
            self.cost -= freed
            step = closing if signed > 0 else -closing
            self.quantity += step
            signed -= step
        self.quantity += signed
        self.cost += signed * price


class SpotProfit:
    """Spot pairs at average cost. Give it every fill once; a fee in a third currency is left out of the sums."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[InstrumentKey, str], _Inventory] = {}

    def on_fill(self, event: Event[Fill]) -> None:
        """Add a fill; those of other categories are ignored."""
        fill, key = event.data, event.header.key
        if key.category != SPOT or fill.kind is not FillKind.TRADE:
            return
        pair = TradingPair.parse(key.pair)
        held = self._pairs.setdefault((key, fill.account), _Inventory())
        held.trade(fill.quantity if fill.side is Side.BUY else -fill.quantity, fill.price)
        if fill.fee_currency == pair.quote:
            held.fees += fill.fee
        elif fill.fee_currency == pair.base:
            # Paid in kind: a fee at this price, and as much less to sell.
            held.fees += fill.fee * fill.price
            held.quantity -= fill.fee
            held.cost -= fill.fee * fill.price

    def clear(self) -> None:
        """Forget all fills."""
        self._pairs.clear()

    def profits(self, market_of: MarketOf) -> Iterable[Profit]:
        """One for each pair, valued at the market."""
        for (key, _), held in self._pairs.items():
            market = market_of(key)
            price = market.reference_price if market is not None else None
            worth = 0.0 if price is None else float(held.quantity) * price - float(held.cost)
            quote = TradingPair.parse(key.pair).quote
            yield Profit(quote, float(held.realised), worth, float(held.fees))


def mark_price(position: PositionUpdate, market: MarketState | None) -> float | None:
    """What a position is valued at: the market's mark, else the one that came with it, else the best known price."""
    if market is not None and market.ticker.mark is not None:
        return market.ticker.mark
    if position.mark_price is not None:
        return float(position.mark_price)
    return market.reference_price if market is not None else None


def unrealised(position: PositionUpdate, mark: float | None) -> float | None:
    """Size × (mark − entry), in the settlement currency of a linear contract; None without entry or mark."""
    if mark is None or position.entry_price is None:
        return None
    return float(position.quantity) * (mark - float(position.entry_price))


def position_profit(key: InstrumentKey, position: PositionUpdate, market: MarketState | None) -> Profit:
    """What a linear position made, open or closed."""
    open_profit = unrealised(position, mark_price(position, market)) or 0.0
    settle = TradingPair.parse(key.pair).settle
    return Profit(settle, float(position.realised_pnl or ZERO), open_profit, float(position.fees or ZERO))


def by_currency(profits: Iterable[Profit]) -> list[Profit]:
    """The sums, by currency, in the order in which the currencies first came."""
    sums: dict[str, Profit] = {}
    for one in profits:
        before = sums.get(one.currency, Profit(one.currency, 0.0, 0.0, 0.0))
        sums[one.currency] = Profit(
            one.currency,
            before.realised + one.realised,
            before.unrealised + one.unrealised,
            before.fees + one.fees,
        )
    return list(sums.values())
