"""A trading desk at a simulated exchange. Nothing happens by itself: the test makes the market and lets time pass."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.simulation_desk import ASKS, BIDS, FEES, SPEC
from ttxt_core.clock import MILLISECOND_NS, ManualClock
from ttxt_core.events import (
    AmendOrder,
    BookState,
    BookStatus,
    CancelOrder,
    CreateOrder,
    Event,
    EventData,
    Fill,
    Instrument,
    InstrumentKey,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderState,
    Side,
    Source,
    Ticker,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.blotter import Blotter
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskLimits
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.oco_keeper import OcoKeeper
from ttxt_core.orders.router import CommandRouter
from ttxt_core.queues.fanout import FanOut
from ttxt_core.queues.observed import ObservedPublisher
from ttxt_core.simulation.exchange_simulator import ExchangeSimulator
from ttxt_core.simulation.simulator_settings import Latency, SimulatorSettings
from ttxt_tui.config.settings import Sizes, Trading
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.desk import TradingDesk
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.feedback import Feedback

D = Decimal
VENUE = "practice"
ACCOUNT = "practice"
LINEAR = InstrumentKey(VENUE, "linear", "BTC/USDT")
SPOT = InstrumentKey(VENUE, "spot", "BTC/USDT")
START_NS = 1_790_000_000 * 1_000_000_000
STEP_MS = 10
LATENCY = Latency(
    place_ns=50 * MILLISECOND_NS, amend_ns=50 * MILLISECOND_NS, cancel_ns=50 * MILLISECOND_NS, jitter_ns=0
)
SIZES = Sizes(notional=[D(n) for n in (50, 100, 200, 500, 1000)])
Levels = Sequence[tuple[float, float]]


class Floor:
    """The market, the exchange and the desk of a session, wired like one, on a clock that the test moves.

    Attributes:
        commands: what reached the executor, in order. refusals: acks of what did not.
        fills: own executions, in order. said: what `poll` said.
        lag: deliver the exchange's events one by one, and poll the desk after each of them.
    """

    def __init__(
        self,
        key: InstrumentKey = LINEAR,
        *,
        spec: Instrument = SPEC,
        limits: RiskLimits = SIMULATED_LIMITS,
        sizes: Sizes = SIZES,
        trading: Trading | None = None,
        first_preset: int | None = 1,
        lag: bool = False,
    ) -> None:
        self.key = key
        self.clock = ManualClock(START_NS)
        self.human = ManualClock(START_NS)
        self.commands: list[Event[Any]] = []
        self.refusals: list[OrderAck] = []
        self.fills: list[Fill] = []
        self.said: list[Feedback] = []
        self.behind_ns = 0
        self.lag = lag
        self.markets: dict[InstrumentKey, MarketState] = {}
        self._events = FanOut("floor")
        self._blotter = Blotter(self.clock, self._events.book)
        self.orders = self._blotter.orders
        self._lanes = CommandLanes("executor")
        balances = {"USDT": D(100_000), "BTC": D(10)}
        settings = SimulatorSettings(account=ACCOUNT, latency=LATENCY, fees=FEES, balances=balances)
        self.simulator = ExchangeSimulator(self._lanes, self._events, self.clock, VENUE, settings)
        self.router = CommandRouter(
            clock=self.clock,
            orders=self.orders,
            market=self._blotter.market,
            limits=limits,
            events=ObservedPublisher(self._events, lambda event: self.refusals.append(event.data), lambda _: None),
            session_loss=self._blotter.loss,
        )
        self.pairs = OcoKeeper(self.orders, self.router, self._events, clock=self.clock, wall=self.human)
        self.router.attach(VENUE, ACCOUNT, self._lanes)
        self.router.arm()
        self._ids = 0
        self._sequence = 0
        context = DeskContext(
            account=ACCOUNT,
            orders=self.orders,
            router=self.router,
            market_clock=self.clock,
            human_clock=self.human,
            market_of=self.markets.get,
            new_id=self._new_id,
            send_pair=self.pairs.send,
            fees_of=lambda info: FEES[info.key.category],
            behind_ns=lambda: self.behind_ns,
            settings=trading or Trading(),
        )
        self.desk = TradingDesk(context, sizes, first_preset)
        self._deliver(self.simulator.start())
        for each in dict.fromkeys((key, LINEAR, SPOT)):
            self.market(spec, each)
            self.book(key=each)
        self.desk.activate(key)

    # -- the market --------------------------------------------------------------------------------------

    def market(self, data: EventData, key: InstrumentKey | None = None) -> None:
        self._sequence += 1
        now_ns = self.clock.now_ns()
        event: Event[Any] = Event(
            MessageHeader(*(key or self.key), now_ns, now_ns, self._sequence, Source.PRACTICE), data
        )
        self._blotter.on_market_event(event)
        self._events.publish_nowait(event)
        if type(data) is Instrument:
            self.markets.setdefault(event.header.key, MarketState(InstrumentInfo.from_event(event)))
        self.markets[event.header.key].apply(event)
        self._deliver(self.simulator.process(event))

    def book(self, bids: Levels = BIDS, asks: Levels = ASKS, key: InstrumentKey | None = None) -> None:
        self.market(Orderbook(list(bids), list(asks), True, 1), key)

    def trade(self, price: float, size: float, side: Side) -> None:
        self.market(MarketTrades([MarketTrade(price, size, side, "t", self.clock.now_ns())]))

    def ticker(self, **prices: float) -> None:
        self.market(Ticker(**prices))

    def status(self, state: BookState) -> None:
        self.market(BookStatus(state, "said the test"))

    # -- time --------------------------------------------------------------------------------------------

    def wait(self, ms: int = 100, *, held: bool = False) -> None:
        """Let time pass on both clocks; `held`: market time stands, as in a replay that is held."""
        for _ in range(max(1, ms // STEP_MS)):
            self.human.advance_ns(STEP_MS * MILLISECOND_NS)
            if not held:
                self.clock.advance_ns(STEP_MS * MILLISECOND_NS)
            self._execute()
            self._deliver(self.simulator.advance(self.clock.now_ns()))
            self.poll()

    def poll(self) -> None:
        self.said += self.desk.poll(self.human.monotonic_ns())

    def settle(self, ms: int = 4_000) -> None:
        """Long enough for everything that is under way to end; the book stays fresh."""
        for _ in range(ms // 1_000):
            self.wait(1_000)
            book = self.markets[self.key].book
            if book.state is BookState.VALID:
                self.book(book.bids(), book.asks())

    # -- reading -----------------------------------------------------------------------------------------

    @property
    def position(self) -> Decimal:
        return self.orders.accounts.held(self.key, ACCOUNT)

    @property
    def words(self) -> list[str]:
        return [feedback.text for feedback in self.said]

    def sent(self, kind: type) -> list[Any]:
        """The commands of one kind that reached the executor."""
        self._execute()
        return [event.data for event in self.commands if type(event.data) is kind]

    @property
    def creates(self) -> list[CreateOrder]:
        return self.sent(CreateOrder)

    @property
    def amends(self) -> list[AmendOrder]:
        return self.sent(AmendOrder)

    @property
    def cancels(self) -> list[CancelOrder]:
        return self.sent(CancelOrder)

    @property
    def last(self) -> ManagedOrder:
        """The order that was sent last."""
        order = self.orders.by_client_id(self.creates[-1].client_order_id)
        assert order is not None
        return order

    # -- short ways --------------------------------------------------------------------------------------

    def rest(self, side: Side, ticks: int, quantity: str = "1") -> ManagedOrder:
        """A limit order of ours that works."""
        self.desk.ticket(side, ticks, D(quantity))
        self.desk.send()
        self.wait()
        assert self.last.state is OrderState.NEW, self.last
        return self.last

    def hold(self, quantity: str) -> None:
        """A position of this size, long or (below zero) short; the book is as before."""
        wanted = D(quantity)
        side = Side.BUY if wanted > 0 else Side.SELL
        book = self.markets[self.key].book
        bids, asks = book.bids(), book.asks()
        self.desk.ticket(side, 1020 if side is Side.BUY else 980, abs(wanted))
        self.desk.send()
        self.wait()
        self.book(bids, asks)
        assert self.position == wanted

    # -- inside ------------------------------------------------------------------------------------------

    def _new_id(self) -> str:
        self._ids += 1
        return f"{self._ids:032x}"

    def _execute(self) -> None:
        """Hand the waiting commands to the exchange."""
        for event in self._lanes.get_batch_nowait():
            self.commands.append(event)
            self._deliver(self.simulator.process(event))

    def _deliver(self, events: list[Event[Any]]) -> None:
        for event in events:
            self._blotter.on_account_event(event)
            self.pairs.on_event(event)
            if type(event.data) is Fill:
                self.fills.append(event.data)
            if self.lag:
                self.poll()
