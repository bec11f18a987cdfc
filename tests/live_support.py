"""A LIVE session against a sandbox exchange on loopback: made in a test, or in a process of its own that can be killed.

``python -m tests.live_support CONFIG STATE`` trades until it is killed; it is told the key and secret by its standard
input, and prints a line when a position and orders are there.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from ttxt_core.connectors.config import ConnectorConfig, load_config
from ttxt_core.connectors.timings import ConnectorTimings
from ttxt_core.events import (
    AmendOrder,
    BookState,
    CancelOrder,
    CreateOrder,
    InstrumentKey,
    OrderState,
    OrderType,
    Side,
    TimeInForce,
    TriggerDirection,
)
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox
from ttxt_core.sandbox.faults import Channel
from ttxt_core.session.live import LiveSession, live
from ttxt_core.web.secrets import Credentials, Secret

NOT_CONFIRMED = "the account sheet is not confirmed"
KEY = InstrumentKey("bybit", "linear", "BTC/USDT")
QUICK = ConnectorTimings(
    answer_s=1.0, expiry_s=1.5, settle_s=0.1, book_silence_s=1.0, ticker_silence_s=5.0, retry_cap_s=0.5
)
LIMITS = RiskLimits(
    max_order_quantity={"BTC/USDT": Decimal(1)},
    max_order_notional=Decimal(200_000),
    price_band=Decimal("0.1"),
    max_position_notional=Decimal(500_000),
    max_leverage=Decimal(20),
    min_liquidation_distance=Decimal("0.01"),
    orders_per_second=50,
    daily_loss=Decimal(10_000),
    max_data_age_ns=5_000_000_000,
)
STOP: dict[str, Any] = {
    "order_type": OrderType.STOP_MARKET,
    "reduce_only": True,
    "trigger_direction": TriggerDirection.FALL,
}
STOP_LIMIT: dict[str, Any] = {"reduce_only": True, "trigger_direction": TriggerDirection.FALL}


def credentials_of(sandbox: BybitSandbox, key: str = "main") -> Credentials:
    """Of one of the keys that `make_keys` names."""
    return Credentials(Secret(sandbox.keys[key].key), Secret(sandbox.keys[key].secret))


async def until(condition: Callable[[], object], what: str | Callable[[], object], timeout_s: float = 60.0) -> None:
    for _ in range(round(timeout_s / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"in vain: {what() if callable(what) else what}")


def price_of(session: LiveSession, percent_off: str) -> Decimal:
    """A price on the grid, so many percent off the best bid."""
    book, info = session.events.book(KEY), session.instruments[KEY]
    assert book is not None
    assert book.best_bid is not None
    ticks = int(info.to_ticks(book.best_bid[0]) * (1 + Decimal(percent_off) / 100))
    return info.price(ticks)


def order(session: LiveSession, side: Side, quantity: str, percent_off: str | None, **fields: Any) -> ManagedOrder:
    """Send an order, a market order without a price, and give what is tracked of it."""
    price = None if percent_off is None else price_of(session, percent_off)
    kind = fields.pop("order_type", OrderType.MARKET if price is None else OrderType.LIMIT)
    if kind is OrderType.STOP_MARKET:
        fields["trigger_price"], price = price, None
    name = session.commands.new_client_order_id()
    command = CreateOrder(session.account, name, side, kind, Decimal(quantity), price, **fields)
    refused = session.send(KEY, command)
    assert refused is None, refused
    tracked = session.orders.by_client_id(name)
    assert tracked is not None
    return tracked


def refusal(session: LiveSession, quantity: str = "0.01") -> str | None:
    """Why a bid far from the market is refused; None when it was sent."""
    name = session.commands.new_client_order_id()
    bid = CreateOrder(
        session.account, name, Side.BUY, OrderType.LIMIT, Decimal(quantity), price_of(session, "-4"), TimeInForce.GTC
    )
    return session.send(KEY, bid)


async def armed(session: LiveSession) -> LiveSession:
    """Arm as soon as it may be, on whatever terms."""
    await armable(session)
    assert await session.arm() is None
    return session


async def armable(session: LiveSession) -> None:
    """Wait until nothing but the account sheet stands against arming."""
    await until(lambda: session.why_not_arm() in {None, NOT_CONFIRMED}, session.why_not_arm)


async def in_state(tracked: ManagedOrder, state: OrderState) -> None:
    await until(lambda: tracked.state is state, lambda: f"{state}, it is {tracked.state}: {tracked.reason}")


def cut_private(sandbox: BybitSandbox) -> None:
    """Cut every private connection."""
    for connection in sandbox.server.connections:
        if connection.channel is Channel.PRIVATE:
            connection.cut()


def has_book(session: LiveSession) -> bool:
    book = session.events.book(KEY)
    return book is not None and book.state is BookState.VALID


@asynccontextmanager
async def running(
    sandbox: BybitSandbox,
    config: ConnectorConfig,
    state: Path,
    limits: RiskLimits = LIMITS,
    *,
    key: str = "main",
    timings: ConnectorTimings = QUICK,
    **changes: Any,
) -> AsyncIterator[LiveSession]:
    session = live(config, credentials_of(sandbox, key), limits, state=state, timings=timings, **changes)
    try:
        await session.start()
        yield session
    finally:
        await session.stop()


# -- the process that is killed --------------------------------------------------------------------------


async def trade_until_killed(config: ConnectorConfig, credentials: Credentials, state: Path) -> None:
    session = live(config, credentials, LIMITS, state=state, timings=QUICK)
    async with session:
        await armed(session)
        exits = {"take_profit": price_of(session, "9"), "stop_loss": price_of(session, "-9")}
        taken = order(session, Side.BUY, "0.05", None, **exits)
        await in_state(taken, OrderState.FILLED)
        stop = order(session, Side.SELL, "0.05", "-8", **STOP)
        await in_state(stop, OrderState.UNTRIGGERED)
        limited = order(session, Side.SELL, "0.05", "-7", **STOP_LIMIT, trigger_price=price_of(session, "-6"))
        await in_state(limited, OrderState.UNTRIGGERED)
        for percent in ("-3", "-3.5", "-4"):
            await in_state(order(session, Side.BUY, "0.01", percent), OrderState.NEW)
        await asyncio.sleep(0.5)
        sys.stdout.write("working\n")
        sys.stdout.flush()
        recent: list[ManagedOrder] = []
        while True:  # in the middle of everything when it is killed
            order(session, Side.BUY, "0.002", None)
            recent.append(order(session, Side.BUY, "0.003", "-2.5"))
            if len(recent) > 2:
                moved, ended = recent[-2], recent.pop(0)
                session.send(KEY, AmendOrder("main", moved.client_order_id, price=price_of(session, "-2.8")))
                session.send(KEY, CancelOrder("main", ended.client_order_id))
            await asyncio.sleep(0.03)


if __name__ == "__main__":
    given = Credentials(*(Secret(sys.stdin.readline().strip()) for _ in range(2)))
    asyncio.run(trade_until_killed(load_config(Path(sys.argv[1])), given, Path(sys.argv[2])))
