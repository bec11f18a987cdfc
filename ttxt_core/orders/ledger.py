"""What trading made: profit, fees and drawdown of a session, from its fills and the market alone.

A session begins flat, so its profit is the cash that its fills moved plus what they left at the market's price. It
needs no venue's figures and holds for spot and for contracts alike. Profit is told in quote currency: what inverse
contracts made, in base currency, is valued at their market's price.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.events.orders import Fill, FillKind
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.round_trips import RoundTrips, Standing, TripFigures

ZERO = Decimal(0)

Marks = Callable[[InstrumentKey], Decimal | None]
"""The price an instrument is valued at; None where there is none: then its last fill's."""


class ResultSheet(Struct, frozen=True):
    """How one attempt ended.

    Attributes:
        attempt: its number in the session, from 1. started_ns, ended_ns: market time.
        profit: by quote currency, after fees, open positions valued at the market.
        fees: by currency; positive was paid.
        max_drawdown: by quote currency: the deepest fall of the profit from an earlier high, above zero. It is looked
            at when fills come and whenever the session takes stock, not at every price between.
        fills, maker_fills: trades of own orders.
        funding: by currency, a part of the fees. trips: the positions that were opened.
        fill_model: how simulated orders were filled; empty at a venue.
    """

    attempt: int
    started_ns: int
    ended_ns: int
    profit: Mapping[str, Decimal]
    fees: Mapping[str, Decimal]
    max_drawdown: Mapping[str, Decimal]
    fills: int
    maker_fills: int
    funding: Mapping[str, Decimal] = {}
    trips: TripFigures = TripFigures()
    fill_model: str = ""


class Trading(Struct):
    """What the fills of one account on one instrument came to.

    Attributes:
        cash: that they moved, after fees; in quote currency, of inverse contracts in base currency. quantity: what
            they left; in base currency, of inverse contracts in quote currency.
        last_price: of the last of them; 0 before one.
    """

    cash: Decimal = ZERO
    quantity: Decimal = ZERO
    last_price: Decimal = ZERO

    def standing(self, pair: TradingPair, price: Decimal) -> Standing:
        """What is held, and what was made with what is left valued at `price`, in the settle currency."""
        worth = self.cash + pair.cost(self.quantity, price) if self.quantity else self.cash
        return Standing(self.quantity, worth)


class Ledger:
    """Adds up the fills of one attempt. Give it every fill once.

    Attributes:
        started_ns: market time. fills, maker_fills: trades. fees: by currency; positive was paid. funding: of those.
        trading: what the fills came to, by instrument. trips: its positions, each from flat to flat.
    """

    def __init__(self, started_ns: int, marks: Marks) -> None:
        self.started_ns = started_ns
        self.fills = 0
        self.maker_fills = 0
        self.fees: dict[str, Decimal] = {}
        self.funding: dict[str, Decimal] = {}
        self.trips = RoundTrips()
        self._marks = marks
        self.trading: dict[InstrumentKey, Trading] = {}
        self._highest: dict[str, Decimal] = {}
        self._drawdown: dict[str, Decimal] = {}

    def on_fill(self, event: Event[Fill]) -> None:
        """Add an execution. A fee in a third currency is counted in `fees` only."""
        fill, key = event.data, event.header.key
        trading = self.trading.setdefault(key, Trading())
        pair = TradingPair.parse(key.pair)
        self.fees[fill.fee_currency] = self.fees.get(fill.fee_currency, ZERO) + fill.fee
        is_funding = fill.kind is FillKind.FUNDING
        if is_funding:
            self.funding[fill.fee_currency] = self.funding.get(fill.fee_currency, ZERO) + fill.fee
        before = None if is_funding else trading.standing(pair, fill.price)
        if fill.fee_currency == (pair.base if pair.is_inverse else pair.quote):
            trading.cash -= fill.fee
        elif fill.fee_currency == pair.base:
            trading.quantity -= fill.fee
        if before is not None:
            signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
            trading.quantity += signed
            trading.cash -= pair.cost(signed, fill.price)
            trading.last_price = fill.price
            time_ns = event.header.venue_time_ns or event.header.receive_time_ns
            self.trips.on_trade(key, time_ns, before, trading.standing(pair, fill.price))
        if fill.kind is FillKind.TRADE:
            self.fills += 1
            self.maker_fills += fill.is_maker
        self.take_stock()

    def protect(self, key: InstrumentKey, stop: Decimal) -> None:
        """A stop stands at the price `stop`: what it puts at risk is what the position's result is measured by."""
        trading = self.trading.get(key)
        if trading is not None:
            self.trips.protect(key, trading.standing(TradingPair.parse(key.pair), stop).worth)

    def profit(self) -> dict[str, Decimal]:
        """By quote currency: realised and unrealised, after fees."""
        profit: dict[str, Decimal] = {}
        for key, trading in self.trading.items():
            pair = TradingPair.parse(key.pair)
            mark = self._marks(key) if trading.quantity or pair.is_inverse else ZERO
            price = trading.last_price if mark is None else mark
            if pair.is_inverse:
                worth = trading.cash * price - trading.quantity
            else:
                worth = trading.cash + trading.quantity * price
            profit[pair.quote] = profit.get(pair.quote, ZERO) + worth
        return profit

    def loss(self, currency: str) -> Decimal:
        """What was lost in `currency`; negative when money was made."""
        return -self.profit().get(currency, ZERO)

    def take_stock(self) -> dict[str, Decimal]:
        """The profit now, which also counts for the drawdown and for how far a trip went."""
        profit = self.profit()
        for key in self.trips.open:
            trading = self.trading[key]
            mark = self._marks(key)
            price = trading.last_price if mark is None else mark
            self.trips.look(key, trading.standing(TradingPair.parse(key.pair), price).worth)
        for currency, amount in profit.items():
            highest = self._highest[currency] = max(amount, self._highest.get(currency, ZERO))
            self._drawdown[currency] = max(highest - amount, self._drawdown.get(currency, ZERO))
        return profit

    def sheet(self, attempt: int, ended_ns: int) -> ResultSheet:
        """The result as it stands."""
        profit = self.take_stock()
        fees, drawdown = dict(self.fees), dict(self._drawdown)
        return ResultSheet(
            attempt,
            self.started_ns,
            ended_ns,
            profit,
            fees,
            drawdown,
            self.fills,
            self.maker_fills,
            dict(self.funding),
            self.trips.figures(ended_ns),
        )
