"""What trading has made since the session began: realised, unrealised and fees, by currency.

Owns how a holding is valued and how results are added up. What was realised comes from the fills (`fill_profit`). A
figure is a float here: it is shown and never sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.events import InstrumentKey, PositionUpdate
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.cost_basis import CostBasis
from ttxt_tui.state.fill_profit import Counted
from ttxt_tui.state.market import MarketState

ZERO: Final = Decimal(0)


class Profit(NamedTuple):
    """What was made in one currency. `fees` above zero were paid, funding among them."""

    currency: str
    realised: float
    unrealised: float
    fees: float

    @property
    def total(self) -> float:
        """Realised and unrealised, after fees."""
        return self.realised + self.unrealised - self.fees


def gain(pair: TradingPair, quantity: Decimal, entry: float | Decimal, price: float) -> float:
    """What `quantity`, below zero when short, made from `entry` to `price`, in the settle currency."""
    if pair.is_inverse:
        return float(quantity) * (1 / float(entry) - 1 / price) if entry and price else 0.0
    return float(quantity) * (price - float(entry))


def mark_price(position: PositionUpdate, market: MarketState | None) -> float | None:
    """What a position is valued at: the market's mark, else the one that came with it, else the best known price."""
    if market is not None and market.ticker.mark is not None:
        return market.ticker.mark
    if position.mark_price is not None:
        return float(position.mark_price)
    return market.reference_price if market is not None else None


def unrealised(pair: TradingPair, position: PositionUpdate, mark: float | None) -> float | None:
    """What a position stands at, in its settle currency; None without entry or mark."""
    if mark is None or position.entry_price is None:
        return None
    return gain(pair, position.quantity, position.entry_price, mark)


def position_profit(key: InstrumentKey, position: PositionUpdate, market: MarketState | None) -> Profit:
    """What a contract's position made, open or closed."""
    pair = TradingPair.parse(key.pair)
    open_profit = unrealised(pair, position, mark_price(position, market)) or 0.0
    return Profit(pair.settle, float(position.realised_pnl or ZERO), open_profit, float(position.fees or ZERO))


def spot_profit(key: InstrumentKey, counted: Counted, basis: CostBasis, market: MarketState | None) -> Profit:
    """What was made on a spot pair, what is left of it valued at the market."""
    price = market.reference_price if market is not None else None
    worth = 0.0 if price is None else float(basis.quantity) * price - float(basis.cost)
    return Profit(TradingPair.parse(key.pair).quote, float(basis.realised), worth, float(counted.fees))


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
