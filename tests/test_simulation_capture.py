"""Orders against Bybit's own market of 42 seconds, spot and linear."""

from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulation_desk import FEES
from ttxt_core.cli.import_routes import ImportRoutes
from ttxt_core.clock import ManualClock
from ttxt_core.connectors.captures import FrameKind, read_capture
from ttxt_core.errors import ConfigError, ProtocolError
from ttxt_core.events import (
    ConnectorError,
    CreateOrder,
    Event,
    Fill,
    Instrument,
    InstrumentKey,
    MarketTrades,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderType,
    PositionUpdate,
    Side,
    Wallet,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.simulation.exchange_simulator import ExchangeSimulator
from ttxt_core.simulation.simulator_settings import SimulatorSettings

D = Decimal
START = {"USDT": D(10_000_000), "BTC": D(100), "ETH": D(1_000), "SOL": D(10_000), "DOGE": D(10_000_000)}


@pytest.fixture(scope="module")
def market(bybit_capture: Path) -> list[Event[Any]]:
    """The capture's market events."""
    routes, events = ImportRoutes(), []
    for frame in read_capture(bybit_capture):
        if frame.kind is FrameKind.CONNECTED:
            with suppress(ProtocolError):  # addresses that nothing reads are skipped by the import too
                routes.connect(frame)
        elif frame.kind is FrameKind.REPLY:
            events += routes.learn(frame.payload, frame.receive_time_ns).instruments
        elif frame.kind is FrameKind.RECEIVED:
            with suppress(ConfigError, ProtocolError):
                events += routes.events(frame)
    return events


class Trader:
    """Quotes on both sides of every book in turns, and checks each fill against what the market just did."""

    def __init__(self) -> None:
        queue = AsyncioQueue()
        settings = SimulatorSettings(account="trader", balances=START, fees=FEES)
        self.simulator = ExchangeSimulator(queue, queue, ManualClock(), "bybit", settings)
        self.out = self.simulator.start()
        self.books: dict[InstrumentKey, LocalOrderbook] = {}
        self.infos: dict[InstrumentKey, InstrumentInfo] = {}
        self.orders: dict[str, CreateOrder] = {}

    def run(self, market: list[Event[Any]]) -> None:
        for count, event in enumerate(market):
            self.take(self.simulator.advance(event.header.receive_time_ns), None)
            self.take(self.simulator.process(event), event)
            if type(event.data) is Instrument:
                self.infos[event.header.key] = InstrumentInfo.from_event(event)
            elif type(event.data) is Orderbook:
                book = self.books.setdefault(event.header.key, LocalOrderbook())
                book.update(event)
                if count % 5 == 0:
                    self.quote(event.header, book, len(self.orders))

    def quote(self, header: MessageHeader, book: LocalOrderbook, number: int) -> None:
        info, side = self.infos[header.key], Side.BUY if number % 2 else Side.SELL
        best = book.best_bid if side is Side.BUY else book.best_ask
        assert best is not None
        price = info.price(info.to_ticks(best[0]))
        kind = OrderType.MARKET if number % 10 == 7 else OrderType.LIMIT
        minimum = info.spec.min_quantity or info.lot_size
        quantity = info.round_quantity(max(minimum, 20 / price)) + info.lot_size
        limit = price if kind is OrderType.LIMIT else None
        command = CreateOrder("trader", f"{number:032x}", side, kind, quantity, limit)
        self.orders[command.client_order_id] = command
        self.take(self.simulator.process(Event(header, command)), None)

    def take(self, reports: list[Event[Any]], cause: Event[Any] | None) -> None:
        self.out += reports
        makers = [r for r in reports if type(r.data) is Fill and r.data.is_maker]
        if not makers:
            return
        assert cause is not None, "a resting order was filled though the market did nothing"
        assert {maker.header.key for maker in makers} == {cause.header.key}
        if type(cause.data) is MarketTrades:
            for maker in makers:
                fill = maker.data
                volume = sum(t.size for t in cause.data.trades if t.side is fill.side.opposite)
                beyond = [
                    t
                    for t in cause.data.trades
                    if (t.price <= float(fill.price) if fill.side is Side.BUY else t.price >= float(fill.price))
                ]
                assert beyond
                assert float(fill.quantity) <= volume + 1e-9
        else:
            assert type(cause.data) is Orderbook


@pytest.fixture(scope="module")
def trader(market: list[Event[Any]]) -> Trader:
    trader = Trader()
    trader.run(market)
    return trader


def data_of(trader: Trader, kind: type) -> list[Any]:
    return [event.data for event in trader.out if type(event.data) is kind]


def test_the_real_feed_fits_the_instruments(trader: Trader) -> None:
    assert data_of(trader, ConnectorError) == []


def test_orders_are_accepted_and_filled_on_every_instrument(trader: Trader) -> None:
    accepted = [ack for ack in data_of(trader, OrderAck) if ack.outcome.value == "accepted"]
    refusals = {ack.reason for ack in data_of(trader, OrderAck) if ack.outcome.value != "accepted"}
    assert len(accepted) > 300, refusals
    filled = {event.header.key for event in trader.out if type(event.data) is Fill}
    assert filled == set(trader.books)
    assert {event.data.is_maker for event in trader.out if type(event.data) is Fill} == {True, False}


def test_no_fill_is_worse_than_its_limit_and_no_order_overfilled(trader: Trader) -> None:
    filled: dict[str, Decimal] = {}
    for fill in data_of(trader, Fill):
        order = trader.orders[fill.client_order_id]
        filled[fill.client_order_id] = filled.get(fill.client_order_id, D(0)) + fill.quantity
        if order.price is not None:
            assert fill.price <= order.price if fill.side is Side.BUY else fill.price >= order.price
    assert all(quantity <= trader.orders[name].quantity for name, quantity in filled.items())


def test_the_wallet_is_what_the_fills_make_of_the_start(trader: Trader) -> None:
    expected = dict(START)
    for event in trader.out:
        fill = event.data
        if type(fill) is not Fill:
            continue
        spec = trader.infos[event.header.key].spec
        rates = FEES[event.header.category]
        value, rate = fill.price * fill.quantity, rates.maker if fill.is_maker else rates.taker
        if event.header.category == "spot":
            signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
            expected[spec.base] += signed
            expected[spec.quote] -= signed * fill.price
            assert fill.fee == (fill.quantity if fill.side is Side.BUY else value) * rate
        else:
            expected[spec.settle] += fill.realised_pnl
            assert fill.fee == value * rate
        expected[fill.fee_currency] -= fill.fee
    shown = {b.currency: b for wallet in data_of(trader, Wallet) for b in wallet.balances}
    assert {currency: balance.total for currency, balance in shown.items()} == expected
    assert all(balance.free + balance.held == balance.total for balance in shown.values())


def test_unrealised_profit_is_size_times_the_distance_of_mark_and_entry(trader: Trader) -> None:
    open_positions = [p for p in data_of(trader, PositionUpdate) if p.quantity]
    assert open_positions
    for position in open_positions:
        expected = position.quantity * (position.mark_price - position.entry_price)
        assert abs(position.unrealised_pnl - expected) < D("1e-9")


def test_the_same_capture_gives_the_same_reports(market: list[Event[Any]], trader: Trader) -> None:
    again = Trader()
    again.run(market)
    assert again.out == trader.out
