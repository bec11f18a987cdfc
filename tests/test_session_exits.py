"""Brackets, exits of positions and pairs in a session whose money is the simulator's."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from tests.session_support import LINEAR, START_NS, Trader
from ttxt_core.clock import ManualClock
from ttxt_core.events import (
    CreateOrder,
    Event,
    MessageHeader,
    OrderNotice,
    OrderState,
    OrderType,
    ProtectPosition,
    Side,
    Ticker,
)
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.router import new_client_order_id
from ttxt_core.session import Session, practice
from ttxt_core.simulation.practice_pairs import BTC_LINEAR

D = Decimal


def trader() -> Trader:
    clock = ManualClock(START_NS)
    return Trader(practice([BTC_LINEAR], clock=clock, rate=100, history=2), clock)


def exits(session: Session) -> list[ManagedOrder]:
    return [order for order in session.orders.protective(LINEAR) if order.is_position_exit]


async def jump(me: Trader, price: Decimal) -> None:
    """The last price jumps, for a moment."""
    now_ns = me.session.clock.now_ns()
    event = Event(MessageHeader(*LINEAR, now_ns, now_ns), Ticker(last=float(price), mark=float(price)))
    await me.session._market_end.publish(event)
    await me.wait(1.0)


async def a_position(me: Trader, quantity: str = "0.1", **fields: Any) -> ManagedOrder:
    await me.wait(2.0)
    entry = me.order(Side.BUY, quantity, None, **fields)
    assert entry is not None
    await me.wait(1.0)
    assert entry.state is OrderState.FILLED
    return entry


async def test_a_bracket_shows_its_exits_with_their_links_and_they_end_each_other() -> None:
    me = trader()
    async with me.session as session:
        await me.wait(2.0)
        up, down = me.touch(Side.BUY, -3_000), me.touch(Side.BUY, 3_000)
        entry = await a_position(me, take_profit=up, stop_loss=down)
        profit, stop = exits(session)
        assert (entry.take_profit, entry.stop_loss) == (up, down)
        assert profit.is_take_profit
        assert stop.is_stop
        assert (stop.parent, stop.is_external, stop.quantity) == (entry.client_order_id, False, D("0.1"))
        assert session.orders.linked(stop) == [profit]
        assert session.orders.entries() == []
        session.commands.disarm("the exits stay")
        await me.wait(0.5)
        assert exits(session) == [profit, stop]
        await jump(me, down)
        assert stop.state is OrderState.FILLED
        assert profit.state is OrderState.CANCELED
        assert session.orders.accounts.held(LINEAR, session.account) == 0


async def test_an_open_position_is_given_exits_by_a_command_of_their_own() -> None:
    me = trader()
    async with me.session as session:
        await a_position(me)
        command = ProtectPosition(session.account, new_client_order_id(Random(1)), stop_loss=me.touch(Side.BUY, 500))
        session.commands.disarm("exits pass")
        assert session.send(LINEAR, command) is None
        await me.wait(0.5)
        assert [order.trigger_price for order in exits(session)] == [command.stop_loss]


async def test_a_leg_that_fills_takes_the_other_out_though_the_position_lasts() -> None:
    me = trader()
    async with me.session as session:
        told = session.events.subscribe("notices", accepts=frozenset({OrderNotice}))
        await a_position(me, "0.2")
        common: dict[str, Any] = {"side": Side.SELL, "quantity": D("0.1"), "reduce_only": True}
        stop, target = (
            CreateOrder(session.account, new_client_order_id(Random(n)), order_type=kind, **fields, **common)
            for n, kind, fields in (
                (1, OrderType.STOP_MARKET, {"trigger_price": me.touch(Side.BUY, 3_000)}),
                (2, OrderType.LIMIT, {"price": me.touch(Side.BUY, -3_000)}),
            )
        )
        assert session.oco.send(LINEAR, stop, target) is None
        await me.wait(0.5)
        assert len(session.oco.pairs) == 1
        resting = session.orders.by_client_id(target.client_order_id)
        assert resting is not None
        assert session.oco.is_local(resting)
        await jump(me, stop.trigger_price or D(0))
        assert resting.state is OrderState.CANCELED, "half of the position is left: only the pair ends it"
        assert session.oco.pairs == []
        texts = [event.data.text for event in told.get_batch_nowait()]
        assert texts == ["OCO: the target taken out, the stop filled"]
