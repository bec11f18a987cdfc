"""The life of orders: whatever comes late, twice, out of order or never, a client ends with what the venue has.

A venue's own matching and its own words, a connector's translation and reconciliation, and a client's order manager,
in one process; between them a wire on which the machine may do everything that a network may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine
from decimal import Decimal
from random import Random
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests import bybit_frames
from tests.bybit_account_rows import symbol_table
from ttxt_core.clock import MILLISECOND_NS, ManualClock
from ttxt_core.connectors.account_feed import AccountFeed
from ttxt_core.connectors.bybit.account_normalizer import BybitAccountNormalizer
from ttxt_core.connectors.bybit.denormalizer import BybitDenormalizer
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.bybit.queries import BybitQueries
from ttxt_core.connectors.bybit.replies import answers_of
from ttxt_core.connectors.commands import Answer
from ttxt_core.connectors.dead_man import DeadManSwitch as DeadMan
from ttxt_core.connectors.kit import ConnectorKit
from ttxt_core.connectors.outbox import Outbox
from ttxt_core.connectors.reports import Reports
from ttxt_core.connectors.timings import ConnectorTimings
from ttxt_core.connectors.working_orders import WorkingOrders
from ttxt_core.events import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    CreateOrder,
    Event,
    EventData,
    Fill,
    InstrumentKey,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderState,
    OrderType,
    Side,
    Source,
    Ticker,
    TriggerDirection,
)
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import COMMAND_OF, OrderManager
from ttxt_core.orders.states import TERMINAL
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.sandbox.bybit.account_terms import AccountTerms
from ttxt_core.sandbox.bybit.auth import KeyRing
from ttxt_core.sandbox.bybit.commands import OrderCommands
from ttxt_core.sandbox.bybit.dead_man_switch import DeadManSwitch
from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.bybit.journal import PrivateMessage
from ttxt_core.sandbox.bybit.login import Login
from ttxt_core.sandbox.bybit.private_socket import PrivateSocket
from ttxt_core.sandbox.bybit.rate_limits import RateLimits
from ttxt_core.sandbox.bybit.rest_account import AccountQueries
from ttxt_core.sandbox.bybit.state import own_state
from ttxt_core.sandbox.bybit.wire import envelope, success
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.faults import Faults, ServerClock
from ttxt_core.simulation.simulator_settings import START_BALANCES, SimulatorSettings
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.requests import RESTRequest, RESTResponse

T = TypeVar("T")
PAIR, CATEGORY = "BTC/USDT", "linear"
MARKET = InstrumentKey("bybit", CATEGORY, PAIR)
ENDS = {
    "New": {OrderState.NEW},
    "PartiallyFilled": {OrderState.PARTIALLY_FILLED},
    "Untriggered": {OrderState.UNTRIGGERED},
    "Filled": {OrderState.FILLED},
    "Cancelled": {OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED},
    "Deactivated": {OrderState.CANCELED},
    "Rejected": {OrderState.REJECTED},
}


class Venue:
    """The sandbox without its sockets: commands and questions in, replies and private messages out."""

    def __init__(self, clock: ManualClock) -> None:
        faults = Faults(clock)
        at = ServerClock(clock, faults)
        settings = SimulatorSettings(account="bybit", balances=dict(START_BALANCES), leverage=Decimal(10))
        self.exchange = SandboxExchange("bybit", settings, at)
        self.desk = OrderDesk(self.exchange, at, 1)
        self.messages: list[PrivateMessage] = []
        self.creates: Counter[str] = Counter()
        self.desk.on_messages = self.messages.extend
        self.exchange.on_reports = self.desk.on_reports
        self.exchange.on_market = self.desk.on_market
        self._clock = clock
        self._commands = OrderCommands(self.desk, RateLimits(at, 1_000_000.0))
        switch = DeadManSwitch(PrivateSocket(Login(KeyRing([]), faults, at), at, 0.0), self.desk)
        self._queries = AccountQueries(
            self.exchange, self.desk, switch, AccountTerms(1, "REGULAR_MARGIN"), at
        ).queries()
        reply = bybit_frames.instruments(CATEGORY).encode()
        for event in BybitNormalizer(CATEGORY).instruments(reply, 1):
            self.exchange.publish_nowait(event)
        self._update = 0

    def show(self, best: int) -> None:
        """A book with its best bid at `best` and its best ask one above, thin at the touch."""
        self._update += 1
        bids = [(float(best - n), 0.02 + n) for n in range(5)]
        asks = [(float(best + 1 + n), 0.02 + n) for n in range(5)]
        for data in (Orderbook(bids, asks, True, self._update, None, 50), Ticker(last=float(best))):
            self.exchange.publish_nowait(Event(MessageHeader(*MARKET, 0, 0), data))

    def command(self, request: RESTRequest) -> bytes:
        fields = orjson.loads(request.body)
        if request.path == "/v5/order/create":
            self.creates[fields["orderLinkId"]] += 1
        answer = self._commands.run(request.path.rpartition("/")[2], fields)
        return orjson.dumps(envelope(answer.code, answer.text, answer.result, self._clock.now_ns(), answer.extra))

    async def call(self, request: RESTRequest) -> RESTResponse:
        fields = dict(parse_qsl(request.query))
        body = orjson.dumps(success(self._queries[request.path](fields), self._clock.now_ns()))
        return RESTResponse(200, {}, body, self._clock.now_ns(), self._clock.now_ns(), str(request))


class ToManager(IQueuePublisher):
    def __init__(self, manager: OrderManager) -> None:
        self.fills: Counter[str] = Counter()
        self._manager = manager

    def publish_nowait(self, event: Event[Any]) -> None:
        if type(event.data) is Fill:
            self.fills[event.data.execution_id] += 1
        self._manager.on_event(event)

    async def publish(self, event: Event[Any]) -> None:
        self.publish_nowait(event)


def done(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that never has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it had to wait")


def never(_work: Any, _name: str) -> NoReturn:
    raise AssertionError("nothing runs beside this")


class OrderLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock(1_750_000_000_000 * MILLISECOND_NS)
        self.venue = Venue(self.clock)
        self.venue.show(50_000)
        self.manager = OrderManager(self.clock)
        self.publisher = ToManager(self.manager)
        self.outbox = Outbox(self.publisher)
        self.reports = Reports("bybit", CATEGORY, self.outbox, self.clock)
        symbols, normalizer = symbol_table(CATEGORY), BybitNormalizer(CATEGORY)
        self.orders, offset = WorkingOrders(), ClockOffset()
        self.words = BybitDenormalizer(CATEGORY, symbols, self.orders.is_untriggered)
        account = BybitAccountNormalizer(CATEGORY, "main", symbols)
        queries = BybitQueries(
            CATEGORY, self.venue.call, normalizer, account, symbols, clock=self.clock, clock_offset=offset
        )
        self.queries = queries
        self.feed = AccountFeed(
            [PAIR],
            account.normalize_account,
            lambda _response: None,
            queries,
            self.orders,
            account="main",
            dead_man_request=None,
            dead_man=DeadMan(None, queries, self.reports),
            kit=ConnectorKit(self.clock, offset, Random(1), ConnectorTimings(), self.outbox, self.reports, never),
        )
        self.normalize = account.normalize_account
        self.wire: list[bytes] = []
        self.replies: list[tuple[Event[Any], bytes]] = []
        self.unsure: list[Event[Any]] = []
        self.names: list[str] = []
        self.was_terminal: set[str] = set()
        self.filled: dict[str, Decimal] = {}

    # -- what a client does --------------------------------------------------------------------------------

    def send(self, data: EventData) -> None:
        event = Event(MessageHeader(*MARKET, 0, self.clock.now_ns(), source=Source.CLIENT), data)
        self.manager.register(event)
        self.replies.append((event, self.venue.command(self.words.command_over_rest([event]))))

    @rule(side=st.sampled_from(list(Side)), off=st.integers(-4, 4), lots=st.integers(1, 60), post_only=st.booleans())
    def create_limit(self, side: Side, off: int, lots: int, post_only: bool) -> None:
        price = Decimal(50_000 + off)
        self.create(side, lots, order_type=OrderType.LIMIT, price=price, post_only=post_only)

    @rule(side=st.sampled_from(list(Side)), lots=st.integers(1, 60))
    def create_market(self, side: Side, lots: int) -> None:
        self.create(side, lots, order_type=OrderType.MARKET)

    @rule(side=st.sampled_from(list(Side)), off=st.integers(1, 6), is_limit=st.booleans())
    def create_stop(self, side: Side, off: int, is_limit: bool) -> None:
        rises = side is Side.BUY
        trigger = Decimal(50_000 + (off if rises else -off))
        direction = TriggerDirection.RISE if rises else TriggerDirection.FALL
        kind = {"order_type": OrderType.LIMIT, "price": trigger} if is_limit else {"order_type": OrderType.STOP_MARKET}
        self.create(side, 10, trigger_price=trigger, trigger_direction=direction, **kind)

    @rule(side=st.sampled_from(list(Side)), lots=st.integers(1, 60), off=st.integers(1, 6), is_limit=st.booleans())
    def create_bracket(self, side: Side, lots: int, off: int, is_limit: bool) -> None:
        away = 2 * off if side is Side.BUY else -2 * off
        entry = {"price": Decimal(50_000)} if is_limit else {"order_type": OrderType.MARKET}
        self.create(side, lots, take_profit=Decimal(50_000 + away), stop_loss=Decimal(50_000 - away), **entry)

    @rule(data=st.data())
    def cancel_an_exit(self, data: st.DataObject) -> None:
        if exits := self.exits():
            self.send(CancelOrder("main", "", data.draw(st.sampled_from(sorted(exits)))))

    def exits(self) -> dict[str | None, ManagedOrder]:
        """Those that the venue made, by its id."""
        return {order.order_id: order for order in self.manager.working() if not order.client_order_id}

    def create(self, side: Side, lots: int, **fields: Any) -> None:
        name = f"{len(self.names):032x}"
        self.names.append(name)
        fields = {"order_type": OrderType.LIMIT} | fields
        kind = fields.pop("order_type")
        self.send(CreateOrder("main", name, side, kind, Decimal(lots) / 1000, **fields))

    @precondition(lambda self: self.names)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.send(CancelOrder("main", data.draw(st.sampled_from(self.names))))

    @precondition(lambda self: self.names)
    @rule(data=st.data(), lots=st.integers(1, 60), off=st.integers(-4, 4))
    def amend(self, data: st.DataObject, lots: int, off: int) -> None:
        name = data.draw(st.sampled_from(self.names))
        self.send(AmendOrder("main", name, price=Decimal(50_000 + off), quantity=Decimal(lots) / 1000))

    # -- what happens at the venue and on the way ----------------------------------------------------------

    @rule(off=st.integers(-6, 6))
    def the_market_moves(self, off: int) -> None:
        self.venue.show(50_000 + off)

    @rule(ms=st.integers(0, 50))
    def time_passes(self, ms: int) -> None:
        self.clock.advance_ns(ms * MILLISECOND_NS)

    def take_from_venue(self) -> None:
        for message in self.venue.messages:
            row = {"topic": message.topic, "creationTime": self.clock.now_ns() // MILLISECOND_NS, "data": message.rows}
            self.wire.append(orjson.dumps(row))
        self.venue.messages.clear()

    @rule(data=st.data(), fate=st.sampled_from(["comes", "comes", "comes", "twice", "lost"]))
    def a_frame(self, data: st.DataObject, fate: str) -> None:
        self.take_from_venue()
        if not self.wire:
            return
        frame = self.wire[data.draw(st.integers(0, len(self.wire) - 1))]
        if fate != "twice":
            self.wire.remove(frame)
        if fate != "lost":
            self.hear(frame)

    @precondition(lambda self: self.replies)
    @rule(data=st.data(), is_lost=st.booleans())
    def a_reply(self, data: st.DataObject, is_lost: bool) -> None:
        event, payload = self.replies.pop(data.draw(st.integers(0, len(self.replies) - 1)))
        if is_lost:
            self.unsure.append(event)
            self.acknowledge(event, Answer(AckOutcome.UNKNOWN, reason="no reply"))
        else:
            self.acknowledge(event, answers_of(payload, 1)[0])

    @rule()
    def reconcile(self) -> None:
        done(self.feed.reconcile())
        self.outbox.finish()

    def hear(self, frame: bytes) -> None:
        for event in self.normalize(frame, self.clock.now_ns()):
            self.feed.tell(event)
        self.outbox.finish()

    def acknowledge(self, event: Event[Any], answer: Answer) -> None:
        command = event.data
        name, kind = command.client_order_id, COMMAND_OF[type(command)]
        order_id = answer.order_id or (None if type(command) is CreateOrder else command.order_id)
        ack = OrderAck("main", name, kind, answer.outcome, order_id, answer.reason, answer.code)
        self.reports.tell(ack, PAIR)
        self.outbox.finish()
        if answer.outcome is AckOutcome.ACCEPTED and type(command) is CreateOrder:
            self.orders.on_accepted(event, answer.order_id, self.clock.monotonic_ns())

    # -- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_made_up(self) -> None:
        executions = {execution.row["execId"] for execution in self.venue.desk.journal.orders.executions}
        assert self.publisher.fills.keys() <= executions
        assert all(count == 1 for count in self.publisher.fills.values())
        assert all(count == 1 for count in self.venue.creates.values())
        made = {row["orderLinkId"]: row for row in self.state()["orders"]}
        for name in self.names:
            order = self.manager.by_client_id(name)
            assert order is not None
            at_venue = made.get(name)
            assert order.filled <= (Decimal(at_venue["cumExecQty"]) if at_venue else 0)
            assert order.filled >= self.filled.get(name, Decimal(0)), "it never falls"
            self.filled[name] = order.filled
            if order.state in TERMINAL:
                self.was_terminal.add(name)
                assert at_venue is None or order.state in ENDS[at_venue["orderStatus"]]
            assert order.state in TERMINAL or name not in self.was_terminal, "an end is for good"

    def state(self) -> dict[str, Any]:
        return own_state(self.venue.exchange, self.venue.desk, 1)

    def teardown(self) -> None:
        """The connection holds again, every reply is read or asked after: then nothing may differ."""
        self.take_from_venue()
        for event, payload in self.replies:
            self.acknowledge(event, answers_of(payload, 1)[0])
        self.reconcile()
        for event in self.unsure:
            self.settle(event)
        self.nothing_is_made_up()
        state = self.state()
        made = {row["orderLinkId"]: row for row in state["orders"]}
        for name in self.names:
            order = self.manager.by_client_id(name)
            assert order is not None
            if name not in made:
                assert order.state is OrderState.REJECTED
                continue
            row = made[name]
            assert order.state in ENDS[row["orderStatus"]], (order, row)
            assert order.filled == Decimal(row["cumExecQty"])
            assert order.quantity == Decimal(row["qty"])
            assert order.price == (Decimal(row["price"]) if row["orderType"] == "Limit" else None)
        made = {row["orderId"]: row for row in state["orders"] if not row["orderLinkId"]}
        exits = self.exits()
        assert exits.keys() == {name for name, row in made.items() if row["orderStatus"] == "Untriggered"}
        for name, exit_ in exits.items():
            assert exit_.quantity == Decimal(made[name]["qty"])
            assert exit_.trigger_price == Decimal(made[name]["triggerPrice"])
            assert exit_.is_position_exit
            assert exit_.is_protective
        assert self.publisher.fills == Counter(row["execId"] for row in state["executions"])
        held = sum(Decimal(row["quantity"]) for row in state["positions"])
        assert self.manager.accounts.held(MARKET, "main") == held
        for currency, balance in state["balances"].items():
            assert self.manager.accounts.balance("bybit", "main", currency).total == Decimal(balance["total"])

    def settle(self, event: Event[Any]) -> None:
        """As `Settlement` does: asked for, and refused when the venue has not done it."""
        command = event.data
        order_id = None if type(command) is CreateOrder else command.order_id
        found = done(self.queries.order(PAIR, command.client_order_id, order_id))
        if found is not None:
            self.feed.tell(found)
            self.outbox.finish()
        order = self.manager.order_of(event)
        assert order is not None
        if COMMAND_OF[type(command)] in order.in_flight:
            self.acknowledge(event, Answer(AckOutcome.REJECTED, reason="the venue did not do it"))


OrderLife.TestCase.settings = settings(stateful_step_count=40, max_examples=60)
test_order_life = OrderLife.TestCase
