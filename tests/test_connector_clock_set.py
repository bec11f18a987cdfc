"""A venue's clock that is set: later news of an order bears an earlier time, earlier fills look older than they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.connector_support import QUICK, Desk, running
from tests.orders_support import ack, amend, create, update
from ttxt_core.clock import ManualClock
from ttxt_core.connectors.working_orders import WorkingOrders
from ttxt_core.events import AckOutcome, Command, Event, Fill, OrderState, OrderUpdate, Side
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import OrderManager
from ttxt_core.sandbox.bybit.sandbox import BybitSandboxSettings
from ttxt_core.sandbox.faults import FaultKind

TIMINGS = replace(QUICK, answer_s=0.5, audit_s=0.5)
AHEAD = BybitSandboxSettings(seed=7, faults=("clock_skew:1:20",))


@asynccontextmanager
async def an_order_before_the_clock_goes_back() -> AsyncIterator[tuple[Desk, ManagedOrder]]:
    async with running(settings=AHEAD, timings=TIMINGS) as desk:
        await desk.ready()
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        await desk.in_state(name, "new")
        desk.sandbox.faults.clear()
        desk.connector.clock_offset.clear()
        await desk.connector.queries.sample_clock()
        order = desk.manager.by_client_id(name)
        assert order is not None
        yield desk, order


@pytest.mark.parametrize("fault", ["", "lost_reply@trade"])
async def test_an_amend_after_it_is_seen(fault: str) -> None:
    async with an_order_before_the_clock_goes_back() as (desk, order):
        if fault:
            desk.sandbox.faults.once(fault)
        desk.amend(order.client_order_id, quantity=Decimal("0.02"))
        await desk.until(lambda: order.quantity == Decimal("0.02") and not order.in_flight, "the amend is seen")
        assert order.state is OrderState.NEW


async def test_an_amend_made_elsewhere_after_it_is_seen() -> None:
    async with an_order_before_the_clock_goes_back() as (desk, order):
        desk.sandbox.desk.amend(
            {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": order.client_order_id, "qty": "0.03"}
        )
        await desk.until(lambda: order.quantity == Decimal("0.03"), "the amend is seen")


async def test_a_fill_from_before_the_clock_was_set_ahead_is_found_after_a_break() -> None:
    async with running(settings=BybitSandboxSettings(seed=7), timings=TIMINGS) as desk:
        await desk.ready()
        desk.sandbox.faults.set("drop@private:1")
        name = desk.create(Side.BUY, "0.01")
        await desk.until(lambda: desk.sandbox.faults.fired[FaultKind.DROP] > 0, "its messages are lost")
        assert desk.sandbox.state()["executions"]
        desk.sandbox.faults.clear()
        desk.sandbox.faults.set("clock_skew:1:600")
        desk.connector.clock_offset.clear()
        await desk.connector.queries.sample_clock()
        await desk.until(lambda: bool(desk.of(Fill)), "the fill")
        await desk.in_state(name, "filled")


def heard(quantity: str, venue_time: int, received: int) -> Event[OrderUpdate]:
    told: Event[Any] = update(quantity=quantity, at=venue_time)
    return Event(replace(told.header, venue_time_ns=venue_time, receive_time_ns=received, sequence=0), told.data)


def test_an_answer_is_newer_than_what_was_heard_before_the_question() -> None:
    orders = WorkingOrders()
    orders.on_update(heard("1", venue_time=50, received=10))
    answer = orders.as_answer(heard("2", venue_time=30, received=21), heard_ns=20)
    assert answer.header.venue_time_ns == 50
    orders.on_update(answer)
    last = orders.last_word("a", None)
    assert last is not None
    assert last.data.quantity == 2


def test_an_answer_does_not_replace_what_was_heard_while_it_was_on_its_way() -> None:
    orders = WorkingOrders()
    orders.on_update(heard("1", venue_time=50, received=20))
    late = heard("2", venue_time=30, received=30)
    assert orders.as_answer(late, heard_ns=19) == late
    orders.on_update(orders.as_answer(late, heard_ns=19))
    last = orders.last_word("a", None)
    assert last is not None
    assert last.data.quantity == 1


def test_the_time_of_an_answer_is_never_made_earlier() -> None:
    orders = WorkingOrders()
    orders.on_update(heard("1", venue_time=50, received=10))
    answer = heard("2", venue_time=60, received=30)
    assert orders.as_answer(answer, heard_ns=20) == answer
    assert orders.as_answer(heard("2", 1, 30), heard_ns=5).header.venue_time_ns == 1
    assert WorkingOrders().as_answer(answer, heard_ns=20) == answer


def test_an_outcome_that_nobody_knew_is_settled_by_such_an_answer() -> None:
    manager, orders = OrderManager(ManualClock()), WorkingOrders()
    manager.register(create(quantity="1"))
    before = heard("1", venue_time=50, received=10)
    manager.on_event(before)
    orders.on_update(before)
    manager.register(amend(quantity="2"))
    manager.on_event(ack(command=Command.AMEND, outcome=AckOutcome.UNKNOWN))
    manager.on_event(orders.as_answer(heard("2", venue_time=30, received=21), heard_ns=20))
    order = manager.by_client_id("a")
    assert order is not None
    assert (order.state, order.quantity) == (OrderState.NEW, Decimal(2))
