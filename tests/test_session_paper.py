"""A PAPER session: the market of a venue (a sandbox on loopback), orders at the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from tests.connector_support import QUICK, sandbox_config
from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.config import ConnectorConfig, Hosts
from ttxt_core.errors import ConfigError, InstrumentError, WebError
from ttxt_core.events import (
    BookState,
    BookStatus,
    CancelOrder,
    ConnectionState,
    ConnectorStatus,
    CreateOrder,
    InstrumentKey,
    Kline,
    OrderState,
    OrderType,
    ResetReason,
    Side,
    Source,
    StreamReset,
)
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.router import new_client_order_id
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session import Session, SessionKind, paper
from ttxt_core.simulation.simulator_settings import SimulatorSettings

KEY = InstrumentKey("bybit", "linear", "BTC/USDT")
SANDBOX = BybitSandboxSettings(rate=300)


def config_of(sandbox: BybitSandbox, **changes: Any) -> ConnectorConfig:
    return sandbox_config(sandbox, trading="none", environment="mainnet", **changes)


async def until(condition: Callable[[], object], what: str, timeout_s: float = 60.0) -> None:
    for _ in range(round(timeout_s / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"in vain: {what}")


def has_book(session: Session, key: InstrumentKey = KEY) -> bool:
    book = session.events.book(key)
    return book is not None and book.state is BookState.VALID


def buy(session: Session, ticks_below: int, **fields: Any) -> ManagedOrder:
    """A bid that many ticks below the best one; negative crosses."""
    book, info = session.events.book(KEY), session.instruments[KEY]
    assert book is not None
    assert book.best_bid is not None
    price = info.price(info.to_ticks(book.best_bid[0]) - ticks_below)
    command = CreateOrder(
        session.account,
        new_client_order_id(Random()),
        Side.BUY,
        OrderType.LIMIT,
        Decimal("0.01"),
        price,
        **fields,
    )
    assert session.send(KEY, command) is None
    order = session.orders.by_client_id(command.client_order_id)
    assert order is not None
    return order


async def test_the_market_is_the_venues_and_the_orders_are_the_simulators() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        session = paper(config_of(sandbox), timings=QUICK)
        told = session.events.subscribe("screen")
        async with session:
            assert (session.kind, session.account) == (SessionKind.PAPER, "paper")
            assert session.commands.is_armed
            await until(lambda: has_book(session), "a book")
            resting = buy(session, 500, post_only=True)
            await until(lambda: resting.state is OrderState.NEW, "a resting order")
            session.send(KEY, CancelOrder(session.account, resting.client_order_id))
            await until(lambda: resting.state is OrderState.CANCELED, "a cancelled order")
            taken = buy(session, -50)
            await until(lambda: taken.state is OrderState.FILLED, "a filled order")
            assert session.orders.accounts.positions
            health = session.health()
            assert health.troubles == ()
            assert health.order_last_ns is not None
            state = sandbox.state()
        events = told.get_batch_nowait()
        assert {event.header.source for event in events} >= {Source.LIVE, Source.SIMULATOR}
        assert sum(type(event.data) is Kline and event.data.is_closed for event in events) >= 19
        # Nothing of it came to the venue.
        assert not state["orders"]
        assert not state["executions"]


async def test_the_connectors_own_way_for_commands_is_not_built() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        session = paper(config_of(sandbox), timings=QUICK)
        async with session:
            connector = session._source.control
            assert isinstance(connector, ConnectorBase)
            assert connector._desk is None
            assert connector._account is None
            assert connector.lanes.unavailable
            await until(lambda: has_book(session), "a book")
            assert len(sandbox.server.connections) == 1


async def test_a_lost_connection_keeps_the_account_and_comes_back() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        session = paper(config_of(sandbox), timings=QUICK)
        told = session.events.subscribe("screen", accepts=frozenset({ConnectorStatus, BookStatus, StreamReset}))
        async with session:
            await until(lambda: has_book(session), "a book")
            order = buy(session, 500, post_only=True)
            await until(lambda: order.state is OrderState.NEW, "a resting order")
            told.get_batch_nowait()
            for connection in sandbox.server.connections:
                connection.cut()
            seen: list[Any] = []

            def is_back() -> bool:
                seen.extend(event.data for event in told.get_batch_nowait())
                return StreamReset(ResetReason.RECONNECT) in seen and has_book(session)

            await until(is_back, "a book after the loss")
            statuses = [status.state for status in seen if type(status) is ConnectorStatus]
            assert statuses[0] is ConnectionState.DISCONNECTED
            assert statuses[-1] is ConnectionState.CONNECTED
            assert next(status for status in seen if type(status) is BookStatus).state is BookState.STALE
            assert order.state is OrderState.NEW
            assert session.commands.is_armed
            session.send(KEY, CancelOrder(session.account, order.client_order_id))
            await until(lambda: order.state is OrderState.CANCELED, "the order of before the loss")


async def test_it_ends_clean_also_when_it_was_only_opened() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        session = paper(config_of(sandbox), timings=QUICK)
        await session.open()
        await session.stop()
        session = paper(config_of(sandbox), timings=QUICK)
        async with session:
            await until(lambda: has_book(session), "a book")
        await until(lambda: not sandbox.server.connections, "the sandbox alone")
        left = [task.get_name() for task in asyncio.all_tasks() if not task.get_name().startswith("Task-")]
        assert left == []


async def test_every_settle_currency_has_a_balance() -> None:
    config = ConnectorConfig(venue="bybit", category="linear", pairs=("BTC/USDC", "BTC/USDT"))
    session = paper(config)
    assert session._source.account.balances["USDC"] == 100_000
    assert session._source.account.balances["BTC"] == 1
    await session.stop()
    session = paper(config, simulator=SimulatorSettings(balances={"USDT": Decimal(7)}))
    assert session._source.account.balances == {"USDT": Decimal(7)}
    assert session.account == "paper"
    await session.stop()


async def test_it_is_refused_for_a_config_that_trades() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        with pytest.raises(ConfigError, match="key trading is 'test'"):
            paper(sandbox_config(sandbox))


def test_an_unknown_venue_or_category_is_named() -> None:
    config = ConnectorConfig(venue="bybit", category="linear", pairs=("BTC/USDT",))
    with pytest.raises(ConfigError, match="key venue: expected one of bybit, got 'bitby'"):
        paper(replace(config, venue="bitby"))
    with pytest.raises(ConfigError, match=r"key category: expected one of .*linear.*, got 'futures'"):
        paper(replace(config, category="futures"))


async def test_what_is_wrong_at_the_venue_is_one_sentence_and_nothing_stays_open() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = config_of(sandbox)
        session = paper(replace(config, pairs=("XYZ/USDT",)), timings=QUICK)
        with pytest.raises(InstrumentError, match="bybit linear XYZ/USDT: bybit trades no such pair there"):
            await session.open()
        await session.stop()
        hosts = config_of(sandbox).hosts
    gone = replace(config, hosts=Hosts(rest=hosts.rest, ws_public=hosts.ws_public))
    session = paper(gone, timings=QUICK)
    with pytest.raises(WebError) as raised:
        await session.open()
    assert "\n" not in str(raised.value)
    await session.stop()
