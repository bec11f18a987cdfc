"""Trigger orders and exits of positions through a connector: on every way to the venue, and when messages get lost."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.connector_support import PAIR, Desk, running
from ttxt_core.events import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    Command,
    ConnectorError,
    Event,
    MessageHeader,
    OrderState,
    OrderType,
    OrderUpdate,
    PositionUpdate,
    ProtectPosition,
    Side,
    Ticker,
    TriggerDirection,
)
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.states import TERMINAL

pytestmark = pytest.mark.timeout(60)
D = Decimal


def exits(desk: Desk) -> list[ManagedOrder]:
    return [order for order in desk.manager.protective() if not order.client_order_id]


def tick(desk: Desk, percent_off: str) -> None:
    header = MessageHeader("bybit", desk.connector.category, PAIR)
    desk.sandbox.exchange.publish_nowait(Event(header, Ticker(last=float(desk.price(percent_off)))))


async def a_position(desk: Desk, **fields: Any) -> str:
    await desk.ready()
    entry = desk.create(Side.BUY, "0.01", **fields)
    await desk.in_state(entry, "filled")
    await desk.until(lambda: desk.of(PositionUpdate)[-1].quantity == D("0.01"), "the position")
    return entry


def bracket(desk: Desk) -> dict[str, Any]:
    return {"take_profit": D(desk.price("4")), "stop_loss": D(desk.price("-4"))}


@pytest.mark.parametrize("environment", ["testnet", "demo"])
async def test_exits_come_whichever_way_the_entry_and_the_command_went(environment: str) -> None:
    async with running(environment=environment) as desk:
        await desk.ready()
        entry = await a_position(desk, **bracket(desk))
        await desk.until(lambda: len(exits(desk)) == 2, "two exits")
        assert {order.parent for order in exits(desk)} == {entry}
        desk.send(ProtectPosition("main", "p", take_profit=D(0), stop_loss=D(desk.price("-5"))))
        assert (await desk.acked("p")).outcome is AckOutcome.ACCEPTED
        await desk.until(lambda: [order.is_stop for order in exits(desk)] == [True], "the stop alone")
        assert desk.of(ConnectorError) == []


async def test_commands_on_a_position_are_no_batch() -> None:
    async with running() as desk:
        await desk.ready()
        await a_position(desk)
        for name, off in (("p1", "-3"), ("p2", "-4"), ("p3", "-5")):
            desk.send(ProtectPosition("main", name, stop_loss=D(desk.price(off)), take_profit=D(desk.price("4"))))
        assert [(await desk.acked(name)).outcome for name in ("p1", "p2", "p3")] == [AckOutcome.ACCEPTED] * 3
        await desk.until(lambda: len(exits(desk)) == 2, "two exits")


async def test_exits_whose_answer_was_lost_are_told_as_unknown_and_are_there() -> None:
    async with running() as desk:
        await desk.ready()
        await a_position(desk)
        desk.sandbox.faults.once("lost_reply@rest")
        desk.send(ProtectPosition("main", "p", stop_loss=D(desk.price("-4"))))
        ack = await desk.acked("p")
        assert (ack.command, ack.outcome) == (Command.PROTECT, AckOutcome.UNKNOWN)
        await desk.until(lambda: len(exits(desk)) == 1, "the stop")
        assert "settlement" not in {task.get_name() for task in asyncio.all_tasks()}, "it is no order to ask about"
        made = [row for row in desk.sandbox.state()["orders"] if row["stopOrderType"] == "StopLoss"]
        assert len(made) == 1, "it was not sent again"


async def test_exits_made_while_the_private_stream_was_silent_are_found() -> None:
    async with running() as desk:
        await desk.ready()
        desk.sandbox.faults.set("drop@private:1")
        entry = desk.create(Side.BUY, "0.01", **bracket(desk))
        await desk.acked(entry)
        desk.sandbox.faults.clear()
        for connection in desk.sandbox.server.connections:
            connection.cut()
        await desk.until(lambda: len(exits(desk)) == 2, "two exits")
        assert {order.parent for order in exits(desk)} == {entry}
        tick(desk, "4.5")
        await desk.until(lambda: desk.of(PositionUpdate)[-1].quantity == 0, "flat")
        await desk.until(lambda: exits(desk) == [], "no exit any more")
        assert desk.of(OrderUpdate)[-1].state in TERMINAL


@pytest.mark.parametrize("environment", ["testnet", "demo"])
@pytest.mark.parametrize("kind", ["StopOrder", "tpslOrder"])
@pytest.mark.parametrize("name", ["theirs", ""])
async def test_a_conditional_of_spot_that_was_made_elsewhere_is_cancelled_whatever_its_kind(
    environment: str, kind: str, name: str
) -> None:
    async with running("spot", environment=environment) as desk:
        await desk.ready()
        fields = {"category": "spot", "symbol": "BTCUSDT", "side": "Sell", "orderType": "Market", "qty": "0.01"}
        fields |= {"triggerPrice": desk.price("-4"), "orderFilter": kind, "marketUnit": "baseCoin"}
        desk.sandbox.desk.create(fields | ({"orderLinkId": name} if name else {}))
        await desk.until(lambda: bool(desk.manager.working()), "it is told of")
        (order,) = desk.manager.working()
        desk.send(CancelOrder("main", name, order.order_id))
        await desk.until(lambda: not desk.manager.working(), "it is cancelled")
        assert desk.acks(name)[-1].outcome is AckOutcome.ACCEPTED
        assert order.state is OrderState.CANCELED


@pytest.mark.parametrize("category", ["linear", "spot"])
@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_stop_limits_whole_life(category: str, is_lost: bool) -> None:
    async with running(category) as desk:
        await desk.ready()
        if is_lost:
            desk.sandbox.faults.once("lost_reply@trade")
        name = desk.create(Side.BUY, "0.01", desk.price("3"), trigger_price=D(desk.price("2")))
        await desk.in_state(name, "untriggered")
        moved = D(desk.price("2.5"))
        desk.amend(name, trigger_price=moved)
        await desk.until(lambda: desk.updates(name)[-1].trigger_price == moved, "the new trigger")
        tick(desk, "2.2")
        tick(desk, "2.6")
        assert (await desk.in_state(name, "filled")).order_type is OrderType.LIMIT
        other = desk.create(Side.SELL, "0.01", desk.price("3"), trigger_price=D(desk.price("-3")))
        await desk.in_state(other, "untriggered")
        desk.cancel(other)
        await desk.in_state(other, "canceled")


async def test_a_spot_entry_brings_exits_that_can_be_cancelled() -> None:
    async with running("spot") as desk:
        await desk.ready()
        entry = desk.create(Side.BUY, "0.01", desk.price("1"), **bracket(desk))
        await desk.in_state(entry, "filled")
        await desk.until(lambda: len(exits(desk)) == 2, "two exits")
        assert {order.trigger_direction for order in exits(desk)} == set(TriggerDirection)
        assert all(order.is_protective and order.side is Side.SELL for order in exits(desk))
        one = exits(desk)[0]
        moved = D(desk.price("5" if one.is_take_profit else "-5"))
        desk.send(AmendOrder("main", "", trigger_price=moved, order_id=one.order_id))
        await desk.until(lambda: one.trigger_price == moved, "the new trigger")
        desk.send(CancelOrder("main", "", one.order_id))
        await desk.until(lambda: one.state is OrderState.CANCELED, "the cancelled exit")


@pytest.mark.parametrize(
    "fault", ["lost_reply@trade", "duplicate@private", "reorder@private", "early_update@trade:1:0.2"]
)
async def test_a_bracket_survives_what_happens_to_its_messages(fault: str) -> None:
    async with running() as desk:
        await desk.ready()
        desk.sandbox.faults.once(fault)
        entry = await a_position(desk, **bracket(desk))
        await desk.until(lambda: len(exits(desk)) == 2, "two exits")
        tick(desk, "-4.5")
        await desk.until(lambda: desk.of(PositionUpdate)[-1].quantity == 0, "flat")
        await desk.until(lambda: desk.manager.working() == [], "nothing works")
        order = desk.manager.by_client_id(entry)
        assert order is not None
        assert order.filled == D("0.01")
