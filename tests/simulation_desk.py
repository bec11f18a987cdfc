"""A hand-driven exchange simulator for the tests of simulation: market and commands in, reports out."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ttxt_core.clock import ManualClock
from ttxt_core.events import (
    AckOutcome,
    AmendOrder,
    BookState,
    BookStatus,
    CancelOrder,
    CreateOrder,
    Event,
    Fill,
    Instrument,
    InstrumentKey,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderType,
    OrderUpdate,
    PositionUpdate,
    Side,
    Source,
    Ticker,
    Wallet,
)
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.simulation.exchange_simulator import ExchangeSimulator
from ttxt_core.simulation.simulator_settings import FeeRates, Latency, SimulatorSettings

D = Decimal
MS = 1_000_000
VENUE = "testex"
LINEAR = InstrumentKey(VENUE, "linear", "BTC/USDT")
SPOT = InstrumentKey(VENUE, "spot", "BTC/USDT")
NO_LATENCY = Latency(place_ns=0, amend_ns=0, cancel_ns=0, jitter_ns=0)
FEES = {"linear": FeeRates(D("0.0002"), D("0.0005")), "spot": FeeRates(D("0.001"), D("0.002"))}
SPEC = Instrument(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    tick_size=D("0.1"),
    lot_size=D("0.001"),
    min_quantity=D("0.001"),
    max_quantity=D(100),
    max_market_quantity=D(50),
    min_notional=D(5),
)
BIDS = [(100.0, 5.0), (99.9, 3.0), (99.8, 4.0)]
ASKS = [(100.1, 2.0), (100.2, 3.0), (100.3, 4.0)]


def settings(**changes: Any) -> SimulatorSettings:
    given = {"latency": NO_LATENCY, "fees": FEES, "balances": {"USDT": D(100_000), "BTC": D(10)}}
    return SimulatorSettings(**{**given, **changes})


class Desk:
    """One simulator, one instrument, a clock in milliseconds that the test moves."""

    def __init__(self, key: InstrumentKey = LINEAR, spec: Instrument = SPEC, **changes: Any) -> None:
        self.key = key
        self.account = changes.get("account", "simulator")
        queue = AsyncioQueue()
        self.simulator = ExchangeSimulator(queue, queue, ManualClock(), key.venue, settings(**changes))
        self.ms = 1_000
        self.out: list[Event[Any]] = []
        self.news: list[Event[Any]] = []
        """What the last call brought."""
        self._sequence = 0
        self._orders = 0
        self._take(self.simulator.start())
        self.send(spec)

    # -- in -----------------------------------------------------------------------------------------------

    def send(self, data: Any, key: InstrumentKey | None = None) -> list[Any]:
        self._sequence += 1
        time_ns = self.ms * MS
        header = MessageHeader(*(key or self.key), time_ns, time_ns, self._sequence, Source.PRACTICE)
        return self._take(self.simulator.process(Event(header, data)))

    def pass_ms(self, ms: int) -> list[Any]:
        self.ms += ms
        return self._take(self.simulator.advance(self.ms * MS))

    def book(self, bids: Any = BIDS, asks: Any = ASKS, *, depth: int = 0) -> list[Any]:
        return self.send(Orderbook(list(bids), list(asks), True, 1, None, depth))

    def delta(self, bids: Iterable[Any] = (), asks: Iterable[Any] = ()) -> list[Any]:
        return self.send(Orderbook(list(bids), list(asks), False, 2))

    def trade(self, price: float, size: float, side: Side, *, is_block: bool = False) -> list[Any]:
        return self.send(MarketTrades([MarketTrade(price, size, side, "t", self.ms * MS, is_block)]))

    def ticker(self, **prices: float) -> list[Any]:
        return self.send(Ticker(**prices))

    def status(self, state: BookState) -> list[Any]:
        return self.send(BookStatus(state, "said the test"))

    def order(self, side: Side, quantity: str, price: str | None = None, **more: Any) -> str:
        """A limit order, or a market one without a price; gives its client order id."""
        self._orders += 1
        given = {
            "account": self.account,
            "client_order_id": f"{self._orders:032x}",
            "order_type": OrderType.LIMIT if price is not None else OrderType.MARKET,
            "price": None if price is None else D(price),
        }
        command = CreateOrder(side=side, quantity=D(quantity), **{**given, **more})
        self.send(command)
        return command.client_order_id

    def buy(self, quantity: str, price: str | None = None, **more: Any) -> str:
        return self.order(Side.BUY, quantity, price, **more)

    def sell(self, quantity: str, price: str | None = None, **more: Any) -> str:
        return self.order(Side.SELL, quantity, price, **more)

    def stop(self, side: Side, quantity: str, trigger: str, **more: Any) -> str:
        return self.order(side, quantity, order_type=OrderType.STOP_MARKET, trigger_price=D(trigger), **more)

    def amend(self, order: str, price: str | None = None, quantity: str | None = None, **more: Any) -> list[Any]:
        values = {"price": price, "quantity": quantity, **more}
        decimals = {name: D(value) for name, value in values.items() if value is not None}
        return self.send(AmendOrder(self.account, order, **decimals))

    def cancel(self, order: str) -> list[Any]:
        return self.send(CancelOrder(self.account, order))

    # -- out ----------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The types of the last news, in order."""
        return [type(event.data).__name__ for event in self.news]

    def all(self, kind: type, order: str | None = None) -> list[Any]:
        found = [event.data for event in self.out if type(event.data) is kind]
        return found if order is None else [data for data in found if data.client_order_id == order]

    def fills(self, order: str | None = None) -> list[tuple[str, str, bool]]:
        """Price, quantity, whether maker, of every fill so far."""
        return [(str(f.price), str(f.quantity), f.is_maker) for f in self.all(Fill, order)]

    def filled(self, order: str) -> Decimal:
        return sum((fill.quantity for fill in self.all(Fill, order)), D(0))

    def states(self, order: str) -> list[str]:
        return [update.state.value for update in self.all(OrderUpdate, order)]

    def last(self, order: str) -> OrderUpdate:
        return self.all(OrderUpdate, order)[-1]

    def ack(self, order: str) -> OrderAck:
        return self.all(OrderAck, order)[-1]

    def refusal(self, order: str) -> str:
        """The reason of the last ack, which must be a refusal."""
        ack = self.ack(order)
        assert ack.outcome is AckOutcome.REJECTED
        assert ack.reason
        return ack.reason

    def position(self) -> PositionUpdate:
        return self.all(PositionUpdate)[-1]

    def balances(self) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
        """Currency → total, free, held, as the wallets tell."""
        known = {}
        for wallet in self.all(Wallet):
            known.update({b.currency: (b.total, b.free, b.held) for b in wallet.balances})
        return known

    def _take(self, events: list[Event[Any]]) -> list[Any]:
        self.news = events
        self.out += events
        return [event.data for event in events]
