"""The order path: from the call that places an order until its bytes are on the trade socket, ours and other clients'.

All are measured alike, in one process and one run, in turns: `socket.socket.send` is wrapped, which is what asyncio's
own loop and a blocking client both call, and the time is taken when it is called with the whole frame. What the kernel
does then is the same for all, and on one machine it may well let the sandbox, which answers in a process of its own, go
first. An order is far from the market and immediate or cancelled, so that none stays; the next one goes a moment after
the answer. Its client order id is made beforehand, for all alike. uvloop writes past Python and could not be measured
this way, so nobody has it here.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from decimal import Decimal
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from random import Random
from typing import Any
from unittest.mock import patch

import orjson
from msgspec.structs import replace

from benchmarks.measure import Benchmark, Effort, Result, percentile
from ttxt_core.connectors.bybit.connector import BybitConnector
from ttxt_core.connectors.config import parse_config
from ttxt_core.events import (
    ConnectionState,
    ConnectorStatus,
    CreateOrder,
    Event,
    InstrumentKey,
    MessageHeader,
    OrderAck,
    Orderbook,
    OrderType,
    Side,
    TimeInForce,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.orders.limits import SIMULATED_LIMITS
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.market_view import MarketView
from ttxt_core.orders.router import CommandRouter, command_header, new_client_order_id
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.secrets import Credentials, Secret
from ttxt_core.web.throttle import RateLimit

_KEY = InstrumentKey("bybit", "linear", "BTC/USDT")
_PRICE, _QUANTITY = Decimal(60_000), Decimal("0.01")
_ORDERS_PER_RUN = 50
_WARM_UP = 10
_PAUSE_S = 0.005
_LIMITS = 1_000
"""Times the venue's rate limits are allowed at both ends: the figure is of the path, not of a wait for allowance."""
_TEXT_FRAME = 0x81
_SHORTEST_ORDER = 150
"""Bytes; pings are shorter."""

Row = dict[str, Any]
Place = Callable[[str], Awaitable[object]]
"""Places one order of this client order id, and waits for its answer."""


def order_path(effort: Effort) -> list[Result]:
    """A call to its bytes on the trade socket: our connector, ccxt.pro and pybit, where they are installed."""
    with _sandbox() as served:
        taken = asyncio.run(_take_turns(served, effort.runs * _ORDERS_PER_RUN))
    results = []
    for percent in (50, 99):
        figures = {name: percentile(times, percent) for name, times in taken.items()}
        peers = [figures[name] for name in _PEERS if name in figures]
        target = min(peers, default=None)
        note = f"{len(taken['ours'])} orders each, in turns; a connector's command queue to its socket"
        results.append(Result(f"order path, p{percent}", figures["ours"], "µs", target, note=note))
        for name in _PEERS:
            if name in figures:
                note = f"{figures[name] / figures['ours']:.1f}× ours"
                results.append(Result(f"  peer: {name}, p{percent}", figures[name], "µs", note=note))
            else:
                results.append(Result(f"  peer: {name}, p{percent}", float("nan"), "µs", note="not installed"))
        note = "in a session: limits judged and the order registered before"
        results.append(Result(f"  with limits, p{percent}", figures["judged"], "µs", note=note))
        results.append(
            Result(f"  floor: a ready frame, p{percent}", figures["floor"], "µs", note="the socket's send alone")
        )
    return results


BENCHMARKS: list[Benchmark] = [order_path]


async def _take_turns(served: Row, orders: int) -> dict[str, list[float]]:
    """Microseconds of each order, by who placed it. They take turns: a slow moment of the machine hits all."""
    makers = {"ours": _ours, "judged": _judged, "floor": _floor} | {
        name: peer for name, peer in _PEERS.items() if find_spec(name)
    }
    taken: dict[str, list[float]] = {name: [] for name in makers}
    random = Random(1)
    async with AsyncExitStack() as stack:
        contenders = {name: await stack.enter_async_context(make(served)) for name, make in makers.items()}
        wire = stack.enter_context(_wire())
        gc.collect()
        gc.freeze()
        stack.callback(gc.unfreeze)
        for number in range(_WARM_UP + orders):
            for name, place in contenders.items():
                await asyncio.sleep(_PAUSE_S)
                order_id = new_client_order_id(random)
                wire.sent_ns = 0
                start_ns = time.perf_counter_ns()
                await place(order_id)
                if number >= _WARM_UP:
                    assert wire.sent_ns > start_ns, name
                    taken[name].append((wire.sent_ns - start_ns) / 1_000)
    return taken


class _Wire:
    """When the last order's frame was handed to its socket, by `time.perf_counter_ns`."""

    def __init__(self) -> None:
        self.sent_ns = 0


@contextmanager
def _wire() -> Iterator[_Wire]:
    """Look at what all sockets of this process send. Frames are masked: an order is told by its kind and length."""
    wire, send = _Wire(), socket.socket.send

    def noted(own: socket.socket, data: bytes, *flags: int) -> int:
        if data[0] == _TEXT_FRAME and len(data) > _SHORTEST_ORDER:
            wire.sent_ns = time.perf_counter_ns()
        return send(own, data, *flags)

    with patch.object(socket.socket, "send", noted):
        yield wire


@contextmanager
def _sandbox() -> Iterator[Row]:
    """A sandbox in a process of its own, with a quiet market, and the line that it has printed."""
    arguments = ["bybit", "--rate", "5", "--limit-scale", str(_LIMITS)]
    command = [sys.executable, "-m", "ttxt_core.cli.sandbox", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield orjson.loads(process.stdout.readline())
        finally:
            process.terminate()


# -- ours ------------------------------------------------------------------------------------------------


class _Unlimited(BybitConnector):
    """With its throttler, and allowances as large as the sandbox's."""

    def rate_limits(self) -> list[RateLimit]:
        return [
            RateLimit(limit.key, limit.count * _LIMITS, limit.per_s, counts_calls=limit.counts_calls)
            for limit in super().rate_limits()
        ]


class _Trading:
    """A connector that trades, and what it has published."""

    def __init__(self, connector: BybitConnector, published: AsyncioQueue) -> None:
        self.connector = connector
        self.orders = OrderManager(connector.clock)
        self._published = published

    async def heard(self, wanted: Callable[[Event[Any]], bool]) -> None:
        """Wait for an event."""
        found = False
        while not found:
            for event in await self._published.get_batch():
                self.orders.on_event(event)
                found = wanted(event) or found

    async def place(self, name: str, publisher: IQueuePublisher) -> None:
        """Hand an order to `publisher`, and wait for its ack."""
        command = CreateOrder(
            self.connector.config.account,
            name,
            Side.BUY,
            OrderType.LIMIT,
            _QUANTITY,
            _PRICE,
            time_in_force=TimeInForce.IOC,
        )
        publisher.publish_nowait(Event(command_header(_KEY, self.connector.clock.now_ns()), command))
        await self.heard(lambda event: type(event.data) is OrderAck and event.data.client_order_id == name)


@asynccontextmanager
async def _ours(served: Row) -> AsyncIterator[Place]:
    """A command into a connector's queue: what the other clients do."""
    async with _trading(served) as trading:
        yield partial(trading.place, publisher=trading.connector.lanes)


@asynccontextmanager
async def _judged(served: Row) -> AsyncIterator[Place]:
    """The whole way of a command in a session, which no other client has: judged by limits and registered before."""
    async with _trading(served) as trading:
        connector, book = trading.connector, LocalOrderbook(_KEY)
        header = MessageHeader(*_KEY, 0, connector.clock.now_ns())
        book.update(Event(header, Orderbook([(float(_PRICE), 1.0)], [(float(_PRICE) + 1, 1.0)], True, 1)))
        view = MarketView(lambda _: book)
        view.on_event(Event(header, connector.symbols.instrument(_KEY.pair)))
        router = CommandRouter(
            clock=connector.clock,
            orders=trading.orders,
            market=view,
            limits=replace(SIMULATED_LIMITS, max_data_age_ns=3_600_000_000_000),
            events=AsyncioQueue(name="refusals"),
            session_loss=lambda _: Decimal(0),
        )
        router.attach(_KEY.venue, connector.config.account, connector.lanes)
        router.arm()
        yield partial(trading.place, publisher=router)


@asynccontextmanager
async def _trading(served: Row) -> AsyncIterator[_Trading]:
    """A connector that is ready to trade."""
    config = parse_config(
        {
            "venue": _KEY.venue,
            "category": _KEY.category,
            "pairs": [_KEY.pair],
            "trading": "test",
            "environment": "testnet",
            "hosts": {"rest": served["rest"], "ws_private": served["ws_private"], "ws_trade": served["ws_trade"]},
        }
    )
    published = AsyncioQueue(name="benchmark")
    credentials = Credentials(Secret(served["api_key"]), Secret(served["api_secret"]))
    connector = _Unlimited(config, published, credentials=credentials).trading()
    trading = _Trading(connector, published)
    running = asyncio.create_task(connector.run())
    connected: set[str] = set()

    def note(event: Event[Any]) -> bool:
        data = event.data
        if type(data) is ConnectorStatus and data.state is ConnectionState.CONNECTED:
            connected.add(data.stream)
        return connector.is_ready and "trade" in connected

    try:
        await trading.heard(note)
        yield trading
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def _floor(served: Row) -> AsyncIterator[Place]:
    """Our transport alone with a frame that is ready, as long as an order."""
    ping = orjson.dumps({"op": "ping", "reqId": "0" * 2 * _SHORTEST_ORDER})
    async with ConnectionFactory() as connections:
        connection = await connections.connect(served["ws_trade"])

        async def place(_: str) -> None:
            connection.send(ping)
            await connection.receive()

        try:
            yield place
        finally:
            await connection.close()


# -- others ----------------------------------------------------------------------------------------------


@asynccontextmanager
async def _ccxt(served: Row) -> AsyncIterator[Place]:
    """`create_order_ws` of ccxt.pro, its own limiter off."""
    keys = {"apiKey": served["api_key"], "secret": served["api_secret"]}
    exchange = import_module("ccxt.pro").bybit({**keys, "enableRateLimit": False})
    sockets = served["ws_private"].removesuffix("/v5/private")
    exchange.urls["api"] = _replaced(exchange.urls["api"], served["rest"], sockets)
    price, quantity = float(_PRICE), float(_QUANTITY)

    async def place(name: str) -> None:
        more = {"timeInForce": "IOC", "clientOrderId": name}
        await exchange.create_order_ws("BTC/USDT:USDT", "limit", "buy", quantity, price, more)

    try:
        await exchange.load_markets()
        yield place
    finally:
        await exchange.close()


def _replaced(value: Any, rest: str, sockets: str) -> Any:
    """The tree of addresses of ccxt with the sandbox's hosts in it."""
    if isinstance(value, dict):
        return {name: _replaced(part, rest, sockets) for name, part in value.items()}
    text = str(value)
    return sockets + text[text.index("/", len("wss://")) :] if text.startswith("wss://") else rest


@asynccontextmanager
async def _pybit(served: Row) -> AsyncIterator[Place]:
    """`WebSocketTrading.place_order` of pybit, which blocks while it sends; its answers come in a thread."""
    loop = asyncio.get_running_loop()
    keys = {"api_key": served["api_key"], "api_secret": served["api_secret"]}
    with patch("pybit._websocket_trading.TRADE_WSS", served["ws_trade"]):
        trading = import_module("pybit.unified_trading").WebSocketTrading(**keys, testnet=False)

    async def place(name: str) -> None:
        answer: asyncio.Future[Row] = loop.create_future()
        trading.place_order(
            lambda message: loop.call_soon_threadsafe(answer.set_result, message),
            category=_KEY.category,
            symbol="BTCUSDT",
            side="Buy",
            orderType="Limit",
            qty=str(_QUANTITY),
            price=str(_PRICE),
            timeInForce="IOC",
            orderLinkId=name,
        )
        await answer

    try:
        yield place
    finally:
        await asyncio.to_thread(trading.exit)


_PEERS = {"ccxt": _ccxt, "pybit": _pybit}
