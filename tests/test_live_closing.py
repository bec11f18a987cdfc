"""Closing a position of a LIVE session while answers are lost, streams break and others trade the account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.connector_support import sandbox_config
from tests.live_desk import LiveDesk, desk_of
from tests.live_support import KEY, STOP, armed, cut_private, has_book, in_state, order, running, until
from tests.sandbox_client import Client
from ttxt_core.events import OrderState, Side
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.sandbox.faults import Channel
from ttxt_core.session.live import LiveSession

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
ALL = Decimal(1)
D = Decimal


def held(session: LiveSession) -> Decimal:
    return session.orders.accounts.held(KEY, "main")


def position_there(sandbox: BybitSandbox) -> Decimal:
    return sum((D(row["quantity"]) for row in sandbox.state(1)["positions"] if row["symbol"] == "BTCUSDT"), D(0))


def sold(sandbox: BybitSandbox) -> Decimal:
    rows = sandbox.state(1)["executions"]
    return sum((D(row["execQty"]) for row in rows if row["side"] == "Sell"), D(0))


@asynccontextmanager
async def long(tmp_path: Path, quantity: str = "0.05") -> AsyncIterator[tuple[BybitSandbox, LiveSession, LiveDesk]]:
    """A desk that is long."""
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        running(sandbox, sandbox_config(sandbox), tmp_path) as session,
        desk_of(session) as desk,
    ):
        await until(lambda: has_book(session), "a book")
        await armed(session)
        await in_state(order(session, Side.BUY, quantity, None), OrderState.FILLED)
        await until(lambda: held(session) == D(quantity) and desk.desk.market is not None, "the position")
        yield sandbox, session, desk


async def is_flat(sandbox: BybitSandbox, session: LiveSession, desk: LiveDesk) -> None:
    await until(lambda: held(session) == 0 == position_there(sandbox), lambda: (held(session), desk.said))
    await until(lambda: not desk.desk.alerts, lambda: desk.desk.alerts)


async def test_the_account_stream_that_breaks_while_closing_costs_no_second_sale(tmp_path: Path) -> None:
    async with long(tmp_path) as (sandbox, session, desk):
        desk.desk.flatten(ALL)
        cut_private(sandbox)
        await is_flat(sandbox, session, desk)
        assert sold(sandbox) == D("0.05")


async def test_every_stream_that_breaks_while_closing_costs_no_second_sale(tmp_path: Path) -> None:
    async with long(tmp_path) as (sandbox, session, desk):
        desk.desk.flatten(ALL)
        for connection in sandbox.server.connections:
            connection.cut()
        await until(lambda: session.connector.is_ready and has_book(session), "back")
        if position_there(sandbox):
            desk.desk.flatten(ALL)
        await is_flat(sandbox, session, desk)
        assert sold(sandbox) == D("0.05")


async def test_an_exit_whose_answer_is_lost_is_not_sent_again_however_often_it_is_asked_for(tmp_path: Path) -> None:
    async with long(tmp_path) as (sandbox, session, desk):
        sandbox.faults.once("lost_reply@trade")
        for connection in sandbox.server.connections:
            if connection.channel is Channel.PRIVATE:
                connection.cut()
        for _ in range(5):
            desk.desk.flatten(ALL)
        await is_flat(sandbox, session, desk)
        assert sold(sandbox) == D("0.05")
        exits = [row for row in sandbox.state(1)["orders"] if row["side"] == "Sell"]
        assert len(exits) == 1


async def test_an_exit_that_never_left_and_whose_outcome_is_not_known_is_settled_and_then_tried_again(
    tmp_path: Path,
) -> None:
    async with long(tmp_path) as (sandbox, session, desk):
        commands: Any = session.connector._desk
        stream, swallowed = commands._stream, list[Any]()
        real = stream.ask

        def ask(request: Any) -> Any:
            if not swallowed:
                swallowed.append(request)
                return real(type(request)({"op": "ping", "reqId": request.request_id}, request.request_id, "ping"))
            return real(request)

        stream.ask = ask
        desk.desk.flatten(ALL)
        await until(lambda: bool(desk.desk.alerts) or held(session) == 0, "an alert")
        if held(session):
            await until(lambda: not session.orders.working(KEY), "settled")
            desk.desk.flatten(ALL)
        await is_flat(sandbox, session, desk)
        assert sold(sandbox) == D("0.05")


async def test_a_position_that_another_made_larger_while_closing_is_closed_whole(tmp_path: Path) -> None:
    async with long(tmp_path) as (sandbox, session, desk), ClientSession() as http:
        client = Client(sandbox, http)
        desk.desk.flatten(ALL)
        reply = await client.create(orderType="Market", qty="0.03", price=None)
        assert reply["retCode"] == 0
        await until(lambda: position_there(sandbox) == held(session), "told")
        if held(session):
            desk.desk.flatten(ALL)
        await is_flat(sandbox, session, desk)


async def test_a_position_that_another_turned_around_is_not_made_larger(tmp_path: Path) -> None:
    async with long(tmp_path) as (sandbox, session, desk), ClientSession() as http:
        client = Client(sandbox, http)
        stop = order(session, Side.SELL, "0.05", "-5", **STOP)
        await in_state(stop, OrderState.UNTRIGGERED)
        reply = await client.create(side="Sell", orderType="Market", qty="0.08", price=None)
        assert reply["retCode"] == 0
        desk.desk.flatten(ALL)
        await until(lambda: position_there(sandbox) == held(session), "told")
        if held(session):
            assert held(session) == D("-0.03")
            desk.desk.flatten(ALL)
        await is_flat(sandbox, session, desk)


@pytest.mark.parametrize("fault", ["too_many@trade", "maintenance@trade:1:0.5"])
async def test_an_exit_that_the_venue_refuses_stays_on_screen_and_goes_with_the_next_press(
    tmp_path: Path, fault: str
) -> None:
    async with long(tmp_path) as (sandbox, session, desk):
        sandbox.faults.once(fault, 4 if fault.startswith("too") else 1)
        desk.desk.flatten(ALL)
        await until(lambda: bool(desk.desk.alerts) or held(session) == 0, "an alert")
        sandbox.faults.clear()
        if held(session):
            assert desk.desk.alerts[0].startswith("STILL LONG 0.05 BTC/USDT: ")
            await until(lambda: not session.orders.working(KEY), "settled")
            desk.desk.flatten(ALL)
        await is_flat(sandbox, session, desk)
        assert sold(sandbox) == D("0.05")


async def test_the_last_resort_is_not_stopped_by_a_refusal(tmp_path: Path) -> None:
    async with long(tmp_path) as (sandbox, session, desk):
        stop = order(session, Side.SELL, "0.05", "-5", **STOP)
        bid = order(session, Side.BUY, "0.01", "-3")
        await in_state(stop, OrderState.UNTRIGGERED)
        await in_state(bid, OrderState.NEW)
        sandbox.faults.once("too_many@trade", 2)  # one batch of cancels, or each of them, or the exit
        desk.desk.panic()
        await in_state(stop, OrderState.CANCELED)
        await in_state(bid, OrderState.CANCELED)
        if held(session):
            desk.desk.panic()
        await is_flat(sandbox, session, desk)
        assert not session.orders.working()


@pytest.mark.long
@pytest.mark.parametrize("ends", ["disarmed", "stopped"])
async def test_more_entries_than_the_rate_limit_lets_cancel_in_time_are_all_cancelled(
    tmp_path: Path, ends: str
) -> None:
    """Waiting for its turn, a cancel is given up after a while: it is tried again."""
    count = 40
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path, exit_within_s=3.0) as session:
            await until(lambda: has_book(session), "a book")
            await armed(session)
            bid = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
            for _ in range(count):
                sandbox.desk.create({**bid, "price": "60000"})
            await until(lambda: len(session.orders.entries()) == count, "the entries")
            if ends == "disarmed":
                assert session.commands.disarm("by hand").cancelled == count
                await until(lambda: not session.orders.entries(), session.orders.entries)
        assert not [row for row in sandbox.state(1)["orders"] if row["orderStatus"] == "New"]
        if ends == "stopped":
            assert session.exit_summary == f"{count} cancelled"
