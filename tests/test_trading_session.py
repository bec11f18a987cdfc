"""The desk at a whole practice session: what a new user does, by the desk's keys alone."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.session_support import LINEAR, PAIRS, START_NS, Trader
from ttxt_core.clock import ManualClock
from ttxt_core.events import OrderState, Side
from ttxt_core.orders.router import new_client_order_id
from ttxt_core.session import practice
from ttxt_tui.config.settings import Sizes, Trading
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.status import SIMULATED
from ttxt_tui.state.store import Store
from ttxt_tui.trading.desk import TradingDesk
from ttxt_tui.trading.desk_context import DeskContext


class Keys(Trader):
    """A trader with a desk and a screen's store, polled as frames would."""

    def __init__(self) -> None:
        clock = ManualClock(START_NS)
        super().__init__(practice(PAIRS, clock=clock, rate=300, history=5), clock)
        session = self.session
        self.store = Store(session.orders, SIMULATED)
        self._mailbox = session.events.subscribe("screen", capacity=50_000)
        random = secrets.SystemRandom()
        context = DeskContext(
            account=session.account,
            orders=session.orders,
            router=session.commands,
            market_clock=clock,
            human_clock=clock,
            market_of=self.store.market_of,
            new_id=lambda: new_client_order_id(random),
            send_pair=session.oco.send,
            fees_of=lambda info: (info.spec.maker_fee, info.spec.taker_fee),
            behind_ns=lambda: 0,
            settings=Trading(),
        )
        self.desk = TradingDesk(context, Sizes(), first_preset=1)
        self.desk.activate(LINEAR)

    async def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 20)):
            await super().wait(0.05)
            self.store.apply(self._mailbox.get_batch_nowait())
            self.desk.poll(self.clock.monotonic_ns())

    @property
    def position(self) -> Decimal:
        return self.session.orders.accounts.held(LINEAR, self.session.account)

    def ticks(self, side: Side, deeper: int = 0) -> int:
        touch = self.desk.context.touch(LINEAR).own(side)
        assert touch is not None
        return touch - deeper if side is Side.BUY else touch + deeper


@pytest.fixture
async def keys() -> AsyncIterator[Keys]:
    trader = Keys()
    async with trader.session:
        await trader.wait(0.5)
        yield trader


async def test_place_move_and_cancel_a_limit_order(keys: Keys) -> None:
    desk, orders = keys.desk, keys.session.orders
    assert desk.size is not None
    assert desk.size.preset == 1
    desk.stage(Side.BUY, keys.ticks(Side.BUY, 400))
    assert desk.send().level is LogLevel.OK
    await keys.wait(0.2)
    (order,) = orders.working()
    assert order.state is OrderState.NEW
    desk.select_next(1)
    start = order.price
    assert start is not None
    for _ in range(20):
        desk.move(-10)
    await keys.wait(0.3)
    assert start - order.price == 20
    assert desk.ghosts == {}
    assert desk.cancel_newest().level is LogLevel.OK
    await keys.wait(0.2)
    assert order.state is OrderState.CANCELED


async def test_take_protect_reverse_and_flatten(keys: Keys) -> None:
    desk, orders = keys.desk, keys.session.orders
    desk.take(Side.BUY)
    desk.send()
    await keys.wait(0.3)
    held = keys.position
    assert held > 0
    desk.protect(keys.ticks(Side.BUY, 5_000))
    await keys.wait(0.2)
    assert [order.state for order in orders.protective()] == [OrderState.UNTRIGGERED]
    desk.reverse()
    desk.send()
    await keys.wait(0.3)
    assert keys.position == -held
    desk.stage(Side.SELL, keys.ticks(Side.SELL, 400))
    desk.send()
    desk.disarm()
    assert desk.flatten(Decimal(1)).level is LogLevel.OK
    await keys.wait(1)
    assert keys.position == 0
    assert orders.working() == []
    assert desk.alerts == []
    result = keys.session.result
    assert result.fills >= 3
    balance = orders.accounts.balance("practice", "practice", "USDT")
    assert balance.total - 100_000 == result.profit["USDT"]


async def test_panic_ends_everything(keys: Keys) -> None:
    desk = keys.desk
    desk.preset(5)
    desk.take(Side.SELL)
    desk.send()
    await keys.wait(0.3)
    desk.protect(keys.ticks(Side.SELL, 3_000))
    desk.join(Side.BUY)
    desk.send()
    await keys.wait(0.1)
    assert len(desk.panic_listing()) >= 2
    desk.panic()
    await keys.wait(2)
    assert keys.position == 0
    assert keys.session.orders.working() == []
    assert desk.panic_listing() == []


async def test_a_loss_over_the_limit_cancels_entries_also_after_the_interlock_disarmed(keys: Keys) -> None:
    desk, session = keys.desk, keys.session
    for _ in range(3):
        desk.preset(5)
        desk.take(Side.BUY)
        desk.send()
        await keys.wait(0.3)
    desk.stage(Side.BUY, keys.ticks(Side.BUY, 400))
    desk.send()
    await keys.wait(0.2)
    (entry,) = session.orders.entries()
    session.commands.interlock("STALE 12s")
    await keys.wait(1.2)
    assert entry.state is OrderState.NEW
    session.commands.limits = replace(session.commands.limits, daily_loss=Decimal(1))
    await keys.wait(1.2)
    assert entry.state is OrderState.CANCELED
    assert session.commands.disarmed_because.startswith("daily_loss is 1 USDT")
