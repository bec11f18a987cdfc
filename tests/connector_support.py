"""A connector that runs against a sandbox exchange on loopback, and everything that it published."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from msgspec.structs import replace

from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.config import ConnectorConfig, parse_config
from ttxt_core.connectors.registry import connect
from ttxt_core.connectors.timings import ConnectorTimings
from ttxt_core.errors import QueueClosedError
from ttxt_core.events import (
    AmendOrder,
    CancelOrder,
    ConnectionState,
    ConnectorError,
    ConnectorStatus,
    CreateOrder,
    Event,
    EventData,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderType,
    OrderUpdate,
    Side,
    Source,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.orders.manager import OrderManager
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.web.secrets import Credentials, Secret

IMPATIENT = ConnectorTimings(
    answer_s=1.0, expiry_s=1.5, settle_s=0.1, book_silence_s=1.0, ticker_silence_s=5.0, retry_cap_s=0.5
)
"""For tests in which an answer never comes, or a stream falls silent."""
QUICK = replace(IMPATIENT, answer_s=5.0, expiry_s=6.0, book_silence_s=5.0, ticker_silence_s=10.0)
"""Short enough for a test, longer than what a sandbox on a very busy machine takes."""

PAIR = "BTC/USDT"
T = TypeVar("T", bound=EventData)


def sandbox_config(sandbox: BybitSandbox, category: str = "linear", **changes: Any) -> ConnectorConfig:
    """A config for trading BTC/USDT on `sandbox`."""
    document: dict[str, Any] = {
        "venue": "bybit",
        "category": category,
        "pairs": [PAIR],
        "trading": "test",
        "environment": "testnet",
        "history": 20,
        "hosts": {
            "rest": sandbox.rest,
            "ws_public": sandbox.ws_public[category],
            "ws_private": sandbox.ws_private,
            "ws_trade": sandbox.ws_trade,
        },
    }
    return parse_config(document | changes)


class Desk:
    """What a test does with a running connector: commands in, events out.

    Attributes:
        events: everything that was published. manager: what a client makes of the account.
    """

    def __init__(self, sandbox: BybitSandbox, connector: ConnectorBase, queue: AsyncioQueue) -> None:
        self.sandbox = sandbox
        self.connector = connector
        self.events: list[Event[Any]] = []
        self.manager = OrderManager(connector.clock)
        self._acks: defaultdict[str, list[OrderAck]] = defaultdict(list)
        self._updates: defaultdict[str, list[OrderUpdate]] = defaultdict(list)
        self._book = LocalOrderbook()
        self._queue = queue
        self._numbers = Random(7)
        self._news = asyncio.Event()

    async def collect(self) -> None:
        with suppress(QueueClosedError):
            while True:
                batch = await self._queue.get_batch()
                for event in batch:
                    self._take(event)
                self.events += batch
                self._news.set()

    def _take(self, event: Event[Any]) -> None:
        """Sorted as they come: a test that searches everything at every event would keep the connector waiting."""
        self.manager.on_event(event)
        if type(event.data) is Orderbook and event.header.pair == PAIR:
            self._book.update(event)
        elif type(event.data) is OrderAck:
            self._acks[event.data.client_order_id].append(event.data)
        elif type(event.data) is OrderUpdate:
            self._updates[event.data.client_order_id].append(event.data)

    def of(self, kind: type[T], since: int = 0) -> list[T]:
        """The data of one kind, in order."""
        return [event.data for event in self.events[since:] if type(event.data) is kind]

    async def until(self, condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
        """Wait until what was published makes `condition` true."""
        ends = asyncio.get_running_loop().time() + timeout_s
        while not condition():
            if asyncio.get_running_loop().time() > ends:
                last = "\n".join(str(event.data)[:200] for event in self.events[-15:])
                raise AssertionError(f"in vain: {what}; errors {self.of(ConnectorError)}; the last were\n{last}")
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), 0.05)

    async def ready(self) -> None:
        """Wait until every stream is connected and the account reconciled."""
        wanted = {"market"} | ({"private", "trade"} if self.connector.config.trading != "none" else set())
        if self.connector.addresses().ws_trade is None:
            wanted -= {"trade"}
        await self.until(lambda: wanted <= self.connected(), f"streams {wanted} connected")
        if self.connector.config.streams.book:
            await self.until(lambda: self.connector.book_state(PAIR) == "valid", "a valid book")
            await self.until(lambda: self.book().best_bid is not None, "the book's first snapshot")

    def connected(self) -> set[str]:
        """The streams whose last status is CONNECTED."""
        last = {status.stream: status.state for status in self.of(ConnectorStatus)}
        return {stream for stream, state in last.items() if state is ConnectionState.CONNECTED}

    # -- commands ----------------------------------------------------------------------------------------

    def send(self, data: EventData, pair: str = PAIR) -> None:
        clock, category = self.connector.clock, self.connector.category
        header = MessageHeader("bybit", category, pair, 0, clock.now_ns(), source=Source.CLIENT)
        event = Event(header, data)
        if not isinstance(data, CreateOrder) or not self.manager.was_sent(data.client_order_id):
            self.manager.register(event)
        self.connector.lanes.publish_nowait(event)

    def create(self, side: Side, quantity: str, price: str | None = None, **changes: Any) -> str:
        """Send an order; gives its client order id."""
        name = f"{self._numbers.getrandbits(128):032x}"
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        fields: dict[str, Any] = {
            "account": "main",
            "client_order_id": name,
            "side": side,
            "order_type": kind,
            "quantity": Decimal(quantity),
            "price": None if price is None else Decimal(price),
        }
        command = CreateOrder(**(fields | changes))
        self.send(command)
        return command.client_order_id

    def cancel(self, name: str) -> None:
        self.send(CancelOrder("main", name))

    def amend(self, name: str, **changes: Decimal) -> None:
        self.send(AmendOrder("main", name, **changes))

    def price(self, percent_off: str) -> str:
        """A price on the grid, so many percent off the best bid."""
        info = self.connector.symbols.instrument(PAIR)
        best_bid = self.book().best_bid
        assert best_bid is not None
        best = Decimal(repr(best_bid[0])) * (1 + Decimal(percent_off) / 100)
        return str((best / info.tick_size).to_integral_value() * info.tick_size)

    def book(self) -> LocalOrderbook:
        """The book as a consumer would have it from what was published."""
        return self._book

    def acks(self, name: str) -> list[OrderAck]:
        return self._acks[name]

    def updates(self, name: str) -> list[OrderUpdate]:
        return self._updates[name]

    async def acked(self, name: str, count: int = 1) -> OrderAck:
        await self.until(lambda: len(self.acks(name)) >= count, f"ack {count} of {name}")
        return self.acks(name)[count - 1]

    async def in_state(self, name: str, state: str, timeout_s: float = 60.0) -> OrderUpdate:
        def last() -> OrderUpdate | None:
            updates = self.updates(name)
            return updates[-1] if updates else None

        await self.until(lambda: (u := last()) is not None and u.state == state, f"{name} {state}", timeout_s)
        return self.updates(name)[-1]


@asynccontextmanager
async def running(
    category: str = "linear",
    settings: BybitSandboxSettings | None = None,
    *,
    timings: ConnectorTimings = QUICK,
    key: str = "main",
    **changes: Any,
) -> AsyncIterator[Desk]:
    """A sandbox and a connector that runs against it."""
    async with BybitSandbox(settings or BybitSandboxSettings(seed=7)) as sandbox:
        queue = AsyncioQueue(capacity=100_000, name="test")
        config = sandbox_config(sandbox, category, **changes)
        given = sandbox.keys[key]
        credentials = Credentials(Secret(given.key), Secret(given.secret))
        connector = connect(config, queue, credentials, timings=timings, random=Random(3))
        desk = Desk(sandbox, connector, queue)
        tasks = [asyncio.create_task(connector.run()), asyncio.create_task(desk.collect())]
        try:
            yield desk
        finally:
            tasks[0].cancel()
            with suppress(asyncio.CancelledError):
                await tasks[0]
            queue.close()
            await tasks[1]
