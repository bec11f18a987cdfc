"""Inverse contracts from end to end: a PAPER session and a connector that trades, at a sandbox exchange."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random

from msgspec.structs import replace

from tests.connector_support import QUICK, sandbox_config
from tests.live_support import LIMITS, armed, credentials_of, until
from ttxt_core.clock import SystemClock
from ttxt_core.connectors.group import ConnectorGroup
from ttxt_core.connectors.registry import connect
from ttxt_core.events import BookState, CancelOrder, CreateOrder, InstrumentKey, OrderState, OrderType, Side
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.router import new_client_order_id
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session import Session, paper
from ttxt_core.session.live import live
from ttxt_core.session.session import SessionKind
from ttxt_core.session.source import MarketSource, VenueAccount
from ttxt_core.simulation.practice_pairs import BTC_INVERSE, BTC_LINEAR
from ttxt_core.simulation.simulator_settings import SimulatorSettings

KEY = InstrumentKey("bybit", "inverse", "BTC/USD:BTC")
SANDBOX = BybitSandboxSettings(seed=5, rate=200, pairs=(BTC_INVERSE, BTC_LINEAR), balances={"BTC": Decimal(2)})


def trading(sandbox: BybitSandbox) -> tuple[Session, ConnectorGroup]:
    made: list[ConnectorGroup] = []

    def source(publisher: IQueuePublisher) -> MarketSource:
        config = sandbox_config(sandbox, "inverse", pairs=[KEY.pair])
        group = ConnectorGroup([connect(config, publisher, credentials_of(sandbox), timings=QUICK)])
        made.append(group)
        account = VenueAccount("main", group.lanes)
        return MarketSource(group, frozenset({"bybit"}), account, open=group.prepare, close=group.close)

    return Session(SessionKind.LIVE, SystemClock(), source), made[0]


def order(session: Session, side: Side, quantity: int, percent_below: int | None = None) -> ManagedOrder:
    book, info = session.events.book(KEY), session.instruments[KEY]
    assert book is not None
    assert book.best_bid is not None
    price = None
    if percent_below is not None:
        price = info.price(info.to_ticks(book.best_bid[0]) * (100 - percent_below) // 100)
    name = new_client_order_id(Random())
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    refused = session.send(KEY, CreateOrder(session.account, name, side, kind, Decimal(quantity), price))
    assert refused is None, refused
    tracked = session.orders.by_client_id(name)
    assert tracked is not None
    return tracked


async def ready(session: Session) -> None:
    def is_ready() -> bool:
        book = session.events.book(KEY)
        has_money = session.orders.accounts.balance("bybit", session.account, "BTC").total > 0
        return has_money and book is not None and book.state is BookState.VALID

    await until(is_ready, "a book and money")


async def round_trip(session: Session) -> None:
    """Buy for 10,000 dollars, hold it, sell it; an order that rests is cancelled."""
    resting = order(session, Side.BUY, 500, percent_below=3)
    await until(lambda: resting.state is OrderState.NEW, lambda: resting)
    session.send(KEY, CancelOrder(session.account, resting.client_order_id))
    bought = order(session, Side.BUY, 10_000)
    await until(lambda: bought.state is OrderState.FILLED, lambda: bought)
    await until(lambda: session.orders.accounts.held(KEY, session.account) == 10_000, "the position")
    await until(lambda: resting.state is OrderState.CANCELED, lambda: resting)
    assert bought.average_price is not None
    sold = order(session, Side.SELL, 10_000)
    await until(lambda: sold.state is OrderState.FILLED, lambda: sold)
    await until(lambda: session.orders.accounts.held(KEY, session.account) == 0, "it is flat")
    assert sold.average_price is not None
    # What the ledger made of the fills is what the two prices and the fees come to, in dollars at the market's price.
    in_base = 10_000 / bought.average_price - 10_000 / sold.average_price - session.result.fees["BTC"]
    mark = session.result.profit["USD"] / in_base
    assert abs(mark / sold.average_price - 1) < Decimal("0.05")

    # And the venue's own wallet moved by as much.
    def wallet_moved() -> Decimal:
        return session.orders.accounts.balance("bybit", session.account, "BTC").total - 2

    await until(lambda: abs(wallet_moved() - in_base) < Decimal("1e-7"), lambda: (wallet_moved(), in_base))


async def test_a_paper_session_trades_inverse_at_the_simulator() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, "inverse", pairs=[KEY.pair], trading="none", environment="mainnet")
        async with paper(config, simulator=SimulatorSettings(balances={"BTC": Decimal(2)}), timings=QUICK) as session:
            await ready(session)
            await round_trip(session)
        assert session.troubles == []


async def test_a_live_session_trades_inverse_under_its_limits(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, "inverse", pairs=[KEY.pair])
        limits = replace(LIMITS, max_order_quantity={KEY.pair: Decimal(20_000)}, max_leverage=Decimal(3))
        async with live(config, credentials_of(sandbox), limits, state=tmp_path, timings=QUICK) as session:
            await ready(session)
            await armed(session)
            await round_trip(session)
            name = new_client_order_id(Random())
            many = CreateOrder("main", name, Side.BUY, OrderType.MARKET, Decimal(20_001))
            assert session.send(KEY, many) == "max_order_quantity is 20,000 USD, this is 20,001 USD"
            session.commands.limits = RiskLimits(max_leverage=Decimal(3))
            # 600,000 dollars are over 9 BTC: more than three times the account's two.
            huge = CreateOrder("main", name, Side.BUY, OrderType.MARKET, Decimal(600_000))
            assert (session.send(KEY, huge) or "").startswith("max_leverage is 3×, this is ")
        assert session.troubles == []


async def test_a_connector_trades_inverse_at_the_venue() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        session, group = trading(sandbox)
        async with session:
            await until(lambda: group.connectors["inverse"].is_ready, "the account")
            await ready(session)
            session.commands.arm()
            await round_trip(session)
        assert session.troubles == []
