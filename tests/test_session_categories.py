"""One session that trades two categories of one account at a sandbox exchange."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from msgspec.structs import replace

from tests.connector_support import QUICK, sandbox_config
from tests.live_support import credentials_of, until
from ttxt_core.clock import SystemClock
from ttxt_core.connectors.config import ConnectorConfig
from ttxt_core.connectors.group import ConnectorGroup
from ttxt_core.connectors.registry import connect
from ttxt_core.errors import ConfigError
from ttxt_core.events import BookState, CreateOrder, InstrumentKey, OrderState, OrderType, Side
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.router import new_client_order_id
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.session import Session, SessionKind
from ttxt_core.session.source import MarketSource, VenueAccount

SPOT = InstrumentKey("bybit", "spot", "BTC/USDT")
LINEAR = InstrumentKey("bybit", "linear", "BTC/USDT")
SANDBOX = BybitSandboxSettings(seed=11, rate=200)


def session_of(sandbox: BybitSandbox) -> tuple[Session, ConnectorGroup]:
    made: list[ConnectorGroup] = []

    def source(publisher: IQueuePublisher) -> MarketSource:
        keys = credentials_of(sandbox)
        configs = [sandbox_config(sandbox, category) for category in ("spot", "linear")]
        group = ConnectorGroup(connect(config, publisher, keys, timings=QUICK) for config in configs)
        made.append(group)
        account = VenueAccount("main", group.lanes)
        return MarketSource(group, frozenset({"bybit"}), account, open=group.prepare, close=group.close)

    return Session(SessionKind.LIVE, SystemClock(), source), made[0]


def buy(session: Session, key: InstrumentKey, quantity: str, percent_off: int | None) -> ManagedOrder:
    book, info = session.events.book(key), session.instruments[key]
    assert book is not None
    assert book.best_bid is not None
    price = None if percent_off is None else info.price(info.to_ticks(book.best_bid[0]) * (100 - percent_off) // 100)
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    name = new_client_order_id(Random())
    assert session.send(key, CreateOrder("main", name, Side.BUY, kind, Decimal(quantity), price)) is None
    order = session.orders.by_client_id(name)
    assert order is not None
    return order


async def test_one_session_trades_spot_and_linear_of_one_account() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        session, both = session_of(sandbox)
        async with session:

            def is_ready() -> bool:
                books = [session.events.book(key) for key in (SPOT, LINEAR)]
                are_known = all(book is not None and book.state is BookState.VALID for book in books)
                has_money = session.orders.accounts.balance("bybit", "main", "USDT").total > 0
                return are_known and has_money and all(c.is_ready for c in both.connectors.values())

            await until(is_ready, "books and accounts of both categories")
            assert session.commands.arm() is None
            resting = [buy(session, key, "0.01", 3) for key in (SPOT, LINEAR)]
            await until(lambda: {order.state for order in resting} == {OrderState.NEW}, lambda: resting)
            taken = [buy(session, SPOT, "0.02", None), buy(session, LINEAR, "0.05", None)]
            await until(lambda: {order.state for order in taken} == {OrderState.FILLED}, lambda: taken)
            await until(lambda: session.orders.accounts.held(LINEAR, "main") == Decimal("0.05"), "the position")
            assert {order.key for order in session.orders.working()} == {SPOT, LINEAR}
            rows = [row for row in sandbox.state()["orders"] if row["orderStatus"] == "New"]
            at_venue = {(row["category"], row["orderLinkId"]) for row in rows}
            assert at_venue == {(order.key.category, order.client_order_id) for order in resting}

            assert session.commands.disarm("enough").cancelled == 2
            await until(lambda: {order.state for order in resting} == {OrderState.CANCELED}, lambda: resting)
        assert session.troubles == []


def test_a_group_is_of_one_account_and_each_category_once() -> None:
    config = ConnectorConfig(venue="bybit", category="spot", pairs=("BTC/USDT",))
    queue = AsyncioQueue()

    def joined(*configs: ConnectorConfig) -> str:
        with pytest.raises(ConfigError) as raised:
            ConnectorGroup(connect(config, queue) for config in configs)
        return raised.value.answered

    assert joined() == "expected those of one account at one venue, got none"
    assert joined(config, config) == "two are of one category"
    other = replace(config, category="linear", account="second")
    assert joined(config, other) == (
        "expected those of one account at one venue, "
        "got account 'main' at bybit mainnet, account 'second' at bybit mainnet"
    )
