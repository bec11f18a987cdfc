"""The exchange behind a sandbox: a feed's events in, public markets and simulated orders out.

Owns the markets by category and symbol, and the way of every event to the public side and to the simulated
exchange. It speaks no protocol: a venue's package listens to it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from ttxt_core.events import (
    AmendOrder,
    BookState,
    BookStatus,
    CancelOrder,
    CreateOrder,
    Event,
    Instrument,
    InstrumentKey,
    Kline,
    MarketTrades,
    MessageHeader,
    Orderbook,
    Source,
    StreamReset,
    Ticker,
)
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.position_sides import PositionSides
from ttxt_core.sandbox.public_market import PublicMarket, ShownTrade
from ttxt_core.simulation.accounts import Account
from ttxt_core.simulation.exchange_core import ExchangeCore
from ttxt_core.simulation.order_entry import linear_margin
from ttxt_core.simulation.simulator_settings import SimulatorSettings

Reports = list[Event[Any]]


class SandboxCore(ExchangeCore):
    """The simulated exchange, with what a venue's own protocol can change besides orders."""

    def on_market(self, event: Event[Any]) -> None:
        """Take in a market event."""
        header, data = event.header, event.data
        kind = type(data)
        if kind is Orderbook:
            self.on_orderbook(event)
        elif kind is MarketTrades:
            self.on_trades(event)
        elif kind is Ticker:
            self.on_ticker(event)
        elif kind is BookStatus:
            self.on_book_status(header, data)
        elif kind is Instrument:
            self.on_instrument(header, data)
        elif kind is StreamReset:
            self.on_reconnect(header)

    def leverage(self, key: InstrumentKey) -> Decimal:
        """Of linear positions in `key`."""
        return self._markets[key].leverage

    def set_leverage(self, key: InstrumentKey, leverage: Decimal) -> None:
        """Change it; margins are held by it from now on."""
        market = self._markets[key]
        market.leverage = leverage
        account = self.desk.account
        margin = linear_margin(market, account, market.resting_orders())
        account.balances.hold(market.info.spec.settle, str(key), margin)
        self.desk.report_position(market)
        self.desk.flush()

    def charge(self, key: InstrumentKey, fee: Decimal) -> None:
        """Take a fee from a position's account that no fill brought; one below zero is paid to it."""
        market = self._markets[key]
        self.desk.account.position(key).charge(fee)
        self.desk.account.balances.add(market.info.spec.settle, -fee)
        self.desk.report_position(market)
        self.desk.flush()

    def mark_price(self, key: InstrumentKey) -> Decimal | None:
        """What positions in `key` are valued at."""
        return self._markets[key].mark_price()


class SandboxExchange(IQueuePublisher):
    """Takes a feed's events, whatever venue they name, as this venue's own.

    Attributes:
        markets: by category and symbol. core: orders and accounts. sides: which positions there are.
        on_reports: told what the simulated exchange reports on its own, because the market moved.
        on_trades: told of public trades. on_market: told of every market event, after it was taken in.
    """

    def __init__(self, venue: str, settings: SimulatorSettings, clock: ServerClock, *, hedges: bool = False) -> None:
        """With `hedges` linear instruments begin in hedge mode."""
        self.venue = venue
        self.markets: dict[tuple[str, str], PublicMarket] = {}
        self.sides = PositionSides()
        self.core = SandboxCore(venue, settings)
        self.on_reports: Callable[[Reports], None] = _ignore
        self.on_trades: Callable[[PublicMarket, list[ShownTrade]], None] = _ignore_trades
        self.on_market: Callable[[PublicMarket], None] = _ignore_market
        self._account = settings.account
        self._hedges = hedges
        self._clock = clock
        self._by_key: dict[InstrumentKey, PublicMarket] = {}
        self.core.report_all()
        self.core.reports.drain()

    @property
    def account(self) -> Account:
        """The ledgers."""
        return self.core.desk.account

    @property
    def account_name(self) -> str:
        """The account that commands must name."""
        return self._account

    def market(self, key: InstrumentKey) -> PublicMarket:
        """The market of an instrument that is known, or of a position in it."""
        return self._by_key[self.sides.instrument(key)]

    def set_hedged(self, market: PublicMarket, *, is_hedged: bool) -> None:
        """Change the position mode of an instrument that is flat and has no orders."""
        key = market.info.key
        core, known = self.core, self.sides.copies(key)
        leverage = core.leverage(next(iter(self.sides.of(key).values())))
        self.sides.set_hedged(key, is_hedged=is_hedged)
        for name in self.sides.copies(key):
            if name not in known:
                header = self._header(name)
                core.on_instrument(header, market.info.spec)
                if market.book.state is BookState.VALID:
                    core.on_orderbook(market.book.snapshot_event(header))
                core.on_ticker(Event(header, market.ticker))
        for name in self.sides.of(key).values():
            core.set_leverage(name, leverage)
        core.reports.drain()

    # -- the feed --------------------------------------------------------------------------------------------

    async def publish(self, event: Event[Any]) -> None:
        """Take in a market event."""
        self.publish_nowait(event)

    def publish_nowait(self, event: Event[Any]) -> None:
        """Take in a market event, now."""
        old, data = event.header, event.data
        now_ns = self._clock.now_ns()
        header = MessageHeader(self.venue, old.category, old.pair, now_ns, now_ns, old.sequence, Source.SIMULATOR)
        event = Event(header, data)
        core = self.core
        core.reports.now_ns = now_ns
        market = self._by_key.get(header.key)
        kind = type(data)
        if kind is Instrument:
            market = self._on_instrument(event)
        elif kind is StreamReset:
            for known in self._by_key.values():
                known.book.reset("the feed begins anew")
        elif market is None:
            return
        else:
            self._show(market, event, now_ns // 1_000_000)
        core.on_market(event)
        for name in self.sides.copies(header.key):
            core.on_market(Event(replace(header, pair=name.pair), data))
        reports = core.reports.drain()
        if reports:
            self.on_reports(reports)
        if market is not None:
            self.on_market(market)

    def _show(self, market: PublicMarket, event: Event[Any], now_ms: int) -> None:
        """Let the public side take in an event of its market."""
        data = event.data
        kind = type(data)
        if kind is Orderbook:
            market.on_book(event, now_ms)
        elif kind is MarketTrades:
            self.on_trades(market, market.on_trades(data, now_ms))
        elif kind is Ticker:
            market.on_ticker(data)
        elif kind is BookStatus:
            market.on_status(data)
        elif kind is Kline:
            market.on_kline(data)

    def _on_instrument(self, event: Event[Instrument]) -> PublicMarket:
        key = event.header.key
        market = self._by_key.get(key)
        if market is None:
            market = self._by_key[key] = PublicMarket(event)
            self.markets[key.category, market.symbol] = market
            if self._hedges and key.category == "linear":
                self.sides.set_hedged(key, is_hedged=True)
        else:
            market.describe(event)
        return market

    # -- commands --------------------------------------------------------------------------------------------

    def create(self, key: InstrumentKey, command: CreateOrder) -> Reports:
        """Hand in an order, and return all that the exchange says to it."""
        self.core.create(self._header(key), command)
        return self.core.reports.drain()

    def amend(self, key: InstrumentKey, command: AmendOrder) -> Reports:
        """Change an order, likewise."""
        self.core.amend(self._header(key), command)
        return self.core.reports.drain()

    def cancel(self, key: InstrumentKey, command: CancelOrder) -> Reports:
        """Take an order out, likewise."""
        self.core.cancel(self._header(key), command)
        return self.core.reports.drain()

    def set_leverage(self, key: InstrumentKey, leverage: Decimal) -> Reports:
        """Change the leverage of a linear instrument."""
        self.core.reports.now_ns = self._clock.now_ns()
        for name in self.sides.of(key).values():
            self.core.set_leverage(name, leverage)
        return self.core.reports.drain()

    def charge(self, key: InstrumentKey, fee: Decimal) -> Reports:
        """Take a fee from a position's account that no fill brought."""
        self.core.reports.now_ns = self._clock.now_ns()
        self.core.charge(key, fee)
        return self.core.reports.drain()

    def _header(self, key: InstrumentKey) -> MessageHeader:
        now_ns = self._clock.now_ns()
        self.core.reports.now_ns = now_ns
        return MessageHeader(*key, now_ns, now_ns, 0, Source.CLIENT)


def _ignore(_reports: Reports) -> None:
    """Nobody listens yet."""


def _ignore_trades(_market: PublicMarket, _trades: list[ShownTrade]) -> None:
    """Nobody listens yet."""


def _ignore_market(_market: PublicMarket) -> None:
    """Nobody listens yet."""
