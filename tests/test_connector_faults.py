"""What a connector makes of a venue that breaks: books, orders and fills come out right, and nothing is sent twice."""

import asyncio
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from msgspec.structs import replace

from tests.connector_support import IMPATIENT, PAIR, QUICK, Desk, running
from ttxt_core.events import (
    AckOutcome,
    BookState,
    BookStatus,
    Command,
    ConnectionState,
    ConnectorError,
    ConnectorStatus,
    FeedGap,
    Fill,
    Orderbook,
    PositionUpdate,
    Side,
    StreamReset,
    Wallet,
)
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.sandbox.bybit.sandbox import BybitSandboxSettings

pytestmark = pytest.mark.timeout(300)

KEPT = BybitSandboxSettings(seed=7, rate=500.0, kept_books=100_000)


def created_at_venue(desk: Desk) -> Counter[str]:
    """How often each client order id became an order there."""
    return Counter(order["orderLinkId"] for order in desk.sandbox.state()["orders"] if order["orderLinkId"])


def books_shown(desk: Desk) -> int:
    """Compare every state that a consumer could have taken for the market with the venue's own; how many there were."""
    book, compared = LocalOrderbook(), 0
    depth = desk.connector.config.streams.book
    for event in desk.events:
        data = event.data
        if type(data) is StreamReset:
            book.reset("reset")
        elif type(data) is BookStatus and data.state is not BookState.VALID:
            book.mark_stale(data.reason)
        elif type(data) is Orderbook:
            book.update(event)
            if book.state is BookState.VALID:
                truths = desk.sandbox.books_at(desk.connector.category, "BTCUSDT", depth, data.sequence)
                if truths:
                    assert (book.bids(), book.asks()) in truths, f"update {data.sequence}"
                    compared += 1
    return compared


@pytest.mark.parametrize(
    "fault",
    [
        *("gap", "reorder", "disconnect", "book_restart"),
        *(pytest.param(kind, marks=pytest.mark.long) for kind in ("drop", "duplicate", "half", "garbage", "oversized")),
    ],
)
async def test_a_book_is_never_shown_wrong_and_recovers(fault: str) -> None:
    async with running(settings=KEPT, streams={"book": 50, "trades": False, "tickers": False, "klines": []}) as desk:
        await desk.ready()
        for _ in range(3):
            before = len(desk.events)
            desk.sandbox.faults.once(f"{fault}@public")
            await desk.until(lambda: not desk.sandbox.faults.describe()["once"], f"{fault} strikes")
            await desk.until(
                partial(
                    lambda seen: (
                        len(desk.of(Orderbook, seen)) > 20 and desk.connector.book_state(PAIR) is BookState.VALID
                    ),
                    before,
                ),
                "the book goes on",
            )
        assert books_shown(desk) > 20


async def test_a_new_connection_is_told_as_a_reset_with_a_gap() -> None:
    async with running() as desk:
        await desk.ready()
        before = len(desk.events)
        desk.sandbox.faults.once("disconnect@public")
        await desk.until(lambda: bool(desk.of(StreamReset)), "a reset")
        await desk.until(lambda: desk.connector.book_state(PAIR) is BookState.VALID, "a valid book")
        market = [s.state for s in desk.of(ConnectorStatus, before) if s.stream == "market"]
        assert market == [ConnectionState.DISCONNECTED, ConnectionState.RECONNECTING, ConnectionState.CONNECTED]
        assert len(desk.of(FeedGap)) == 1


@pytest.mark.parametrize("where", ["trade", "rest"])
async def test_a_lost_answer_is_unknown_then_settled_and_never_sent_again(where: str) -> None:
    environment = "demo" if where == "rest" else "testnet"
    async with running(environment=environment, timings=IMPATIENT) as desk:
        await desk.ready()
        desk.sandbox.faults.once(f"lost_reply@{where}")
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        assert (await desk.acked(name)).outcome is AckOutcome.UNKNOWN
        await desk.in_state(name, "new")
        desk.sandbox.faults.once(f"lost_reply@{where}")
        desk.cancel(name)
        await desk.in_state(name, "canceled")
        assert created_at_venue(desk)[name] == 1
        assert all(ack.outcome is not AckOutcome.REJECTED for ack in desk.acks(name))


async def test_a_lost_answer_and_a_lost_update_are_settled_by_asking() -> None:
    async with running(timings=IMPATIENT) as desk:
        await desk.ready()
        desk.sandbox.faults.set("drop@private:1")
        desk.sandbox.faults.once("lost_reply@trade")
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        assert (await desk.acked(name)).outcome is AckOutcome.UNKNOWN
        assert (await desk.in_state(name, "new")).order_id
        assert created_at_venue(desk)[name] == 1


async def test_a_create_that_never_arrived_is_rejected_once_it_can_come_no_more() -> None:
    async with running(timings=IMPATIENT) as desk:
        await desk.ready()
        trade = next(connection for connection in desk.sandbox.server.connections if connection.channel == "trade")
        assert trade._transport is not None
        trade._transport.pause_reading()
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        assert (await desk.acked(name)).outcome is AckOutcome.UNKNOWN
        trade.cut()
        last = await desk.acked(name, 2)
        assert (last.command, last.outcome) == (Command.CREATE, AckOutcome.REJECTED)
        assert "no such order" in (last.reason or "")
        assert created_at_venue(desk)[name] == 0


async def test_slow_answers_hold_up_nobody() -> None:
    async with running() as desk:
        await desk.ready()
        price = desk.price("-5")
        desk.sandbox.faults.once("slow@trade:1:3")
        slow = desk.create(Side.BUY, "0.01", price)
        await asyncio.sleep(0.1)
        quick = desk.create(Side.BUY, "0.01", price)
        await desk.acked(quick)
        assert not desk.acks(slow)
        assert (await desk.acked(slow)).outcome is AckOutcome.ACCEPTED


async def test_an_update_may_come_before_the_answer() -> None:
    async with running() as desk:
        await desk.ready()
        desk.sandbox.faults.once("early_update@trade:1:1.5")
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        await desk.in_state(name, "new")
        assert not desk.acks(name)
        await desk.acked(name)


async def _fill_while_gone(desk: Desk) -> Callable[[], Decimal]:
    def filled() -> Decimal:
        return sum((fill.quantity for fill in desk.of(Fill)), Decimal(0))

    await desk.ready()
    desk.sandbox.faults.set("drop@private:1")
    names = [desk.create(Side.BUY, "0.01") for _ in range(3)]
    for name in names:
        await desk.acked(name)
    resting = desk.create(Side.BUY, "0.01", desk.price("-5"))
    await desk.acked(resting)
    await asyncio.sleep(0.3)
    assert filled() == 0
    desk.sandbox.faults.clear()
    return filled


async def test_what_was_missed_is_asked_for_after_a_break_and_told_once() -> None:
    async with running() as desk:
        filled = await _fill_while_gone(desk)
        before = len(desk.events)
        for connection in desk.sandbox.server.connections:
            if connection.channel == "private":
                connection.cut()
        await desk.until(lambda: filled() == Decimal("0.03"), "the fills that were missed")
        await desk.until(lambda: "private" in desk.connected() and desk.connector.is_ready, "reconciled")
        private = [s.state for s in desk.of(ConnectorStatus, before) if s.stream == "private"]
        assert private == [ConnectionState.DISCONNECTED, ConnectionState.RECONNECTING, ConnectionState.CONNECTED]
        kinds = [type(event.data) for event in desk.events[before:]]
        connected = max(
            i
            for i, event in enumerate(desk.events[before:])
            if type(event.data) is ConnectorStatus and event.data.stream == "private"
        )
        assert connected > max(i for i, kind in enumerate(kinds) if kind in {Fill, Wallet})
        ids = [fill.execution_id for fill in desk.of(Fill)]
        assert len(ids) == len(set(ids))
        assert desk.of(PositionUpdate)[-1].quantity == Decimal("0.03")
        # And again: the overlap brings the same fills, which are not told again.
        for connection in desk.sandbox.server.connections:
            if connection.channel == "private":
                connection.cut()
        again = len(desk.events)
        await desk.until(lambda: len(desk.of(Wallet, again)) > 0 and desk.connector.is_ready, "reconciled again")
        assert filled() == Decimal("0.03")


async def test_an_order_that_ended_unseen_is_asked_about() -> None:
    async with running() as desk:
        await desk.ready()
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        await desk.in_state(name, "new")
        desk.sandbox.faults.set("drop@private:1")
        desk.cancel(name)
        await desk.acked(name, 2)
        await asyncio.sleep(0.2)
        assert desk.updates(name)[-1].state == "new"
        desk.sandbox.faults.clear()
        for connection in desk.sandbox.server.connections:
            if connection.channel == "private":
                connection.cut()
        await desk.in_state(name, "canceled")


async def test_an_order_that_was_taken_and_never_told_of_is_asked_about() -> None:
    async with running(timings=replace(QUICK, audit_s=0.5)) as desk:
        await desk.ready()
        desk.sandbox.faults.set("drop@private:1")
        taken, left = desk.create(Side.BUY, "0.01"), desk.create(Side.BUY, "0.01", desk.price("-5"))
        await desk.in_state(taken, "filled")  # the connection holds all the while: an audit finds what was lost
        await desk.in_state(left, "new")
        assert sum(fill.quantity for fill in desk.of(Fill)) == Decimal("0.01")


async def test_entries_wait_for_reconciliation_exits_and_cancels_do_not() -> None:
    async with running() as desk:
        await desk.ready()
        resting = desk.create(Side.BUY, "0.01", desk.price("-5"))
        desk.create(Side.BUY, "0.01")
        await desk.in_state(resting, "new")
        await desk.until(lambda: bool(desk.of(Fill)), "a position")
        desk.sandbox.faults.set("expired_auth@private:1:30")
        for connection in desk.sandbox.server.connections:
            if connection.channel == "private":
                connection.cut()
        await desk.until(lambda: not desk.connector.is_ready, "not ready")
        entry = desk.create(Side.BUY, "0.01", desk.price("-5"))
        refused = await desk.acked(entry)
        assert refused.outcome is AckOutcome.REJECTED
        assert "reconciled" in (refused.reason or "")
        closing = desk.create(Side.SELL, "0.01", reduce_only=True)
        desk.cancel(resting)
        assert (await desk.acked(closing)).outcome is AckOutcome.ACCEPTED
        assert (await desk.acked(resting, 2)).outcome is AckOutcome.ACCEPTED


async def test_commands_go_over_rest_while_the_trade_socket_is_down() -> None:
    async with running() as desk:
        await desk.ready()
        desk.sandbox.faults.set("expired_auth@trade:1:30")
        for connection in desk.sandbox.server.connections:
            if connection.channel == "trade":
                connection.cut()
        await desk.until(lambda: "trade" not in desk.connected(), "the trade socket is down")
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        assert (await desk.acked(name)).outcome is AckOutcome.ACCEPTED
        await desk.in_state(name, "new")


async def test_a_clock_that_is_off_is_asked_for_again() -> None:
    async with running() as desk:
        await desk.ready()
        desk.sandbox.faults.set("clock_skew@rest:1:8")
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        ack = await desk.acked(name)
        assert (ack.outcome, ack.code) == (AckOutcome.REJECTED, "10002")
        await desk.until(lambda: desk.connector.clock_offset.offset_ns > 7_000_000_000, "the venue's clock")
        again = desk.create(Side.BUY, "0.01", desk.price("-5"))
        assert (await desk.acked(again)).outcome is AckOutcome.ACCEPTED


@pytest.mark.parametrize("where", ["trade", "rest"])
async def test_a_rate_limit_refuses_for_certain(where: str) -> None:
    async with running(environment="demo" if where == "rest" else "testnet") as desk:
        await desk.ready()
        desk.sandbox.faults.once(f"too_many@{where}")
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        ack = await desk.acked(name)
        assert ack.outcome is AckOutcome.REJECTED
        assert created_at_venue(desk)[name] == 0


async def test_garbage_on_the_private_stream_brings_a_reconciliation() -> None:
    async with running() as desk:
        await desk.ready()
        before = len(desk.events)
        desk.sandbox.faults.once("garbage@private")
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        await desk.in_state(name, "new")
        await desk.until(lambda: any(w.is_snapshot for w in desk.of(Wallet, before)), "asked for again")
        assert desk.of(ConnectorError, before)[0].kind == "protocol"


async def test_many_breaks_leave_no_task_behind() -> None:
    async with running(settings=KEPT) as desk:
        await desk.ready()
        await asyncio.sleep(0.2)
        tasks = Counter(task.get_name() for task in asyncio.all_tasks() if not task.get_name().startswith("Task-"))
        for _ in range(10):
            before = len(desk.events)
            for connection in desk.sandbox.server.connections:
                connection.cut()
            await desk.until(partial(lambda seen: bool(desk.of(StreamReset, seen)), before), "a new connection")
            await desk.ready()
        await asyncio.sleep(0.5)
        left = Counter(task.get_name() for task in asyncio.all_tasks() if not task.get_name().startswith("Task-"))
        assert left <= tasks


@pytest.mark.long
async def test_the_dead_man_switch_cancels_when_we_are_gone_and_not_while_we_come_back() -> None:
    async with running(dead_man_switch_s=4) as desk:
        await desk.ready()
        name = desk.create(Side.BUY, "0.01", desk.price("-5"))
        await desk.in_state(name, "new")
        cut_private(desk)
        await desk.until(lambda: not desk.connector.is_ready, "the cut is seen")
        await desk.until(lambda: desk.connector.is_ready, "reconciled")
        await asyncio.sleep(4.2)
        assert desk.sandbox.state()["orders"][0]["orderStatus"] == "New"
        desk.sandbox.faults.set("expired_auth@private:1:30")
        cut_private(desk)
        await desk.until(lambda: desk.sandbox.state()["orders"][0]["orderStatus"] == "Cancelled", "the switch fires")
        assert desk.updates(name)[-1].state == "new"
        desk.sandbox.faults.clear()
        assert (await desk.in_state(name, "canceled")).reason == "cancelled by the dead-man switch"


def cut_private(desk: Desk) -> None:
    for connection in desk.sandbox.server.connections:
        if connection.channel == "private":
            connection.cut()


async def test_a_command_that_a_ban_holds_back_is_refused_and_not_sent_later() -> None:
    async with running(environment="demo", timings=IMPATIENT) as desk:
        await desk.ready()
        desk.sandbox.faults.once("ban@rest:1:0.2")
        banned = desk.create(Side.BUY, "0.01", desk.price("-5"))
        assert "frequent" in ((await desk.acked(banned)).reason or "")
        late = desk.create(Side.BUY, "0.01", desk.price("-5"))
        ack = await desk.acked(late)  # the venue asks for ten minutes
        assert (ack.outcome, ack.reason) == (
            AckOutcome.REJECTED,
            "nothing more may be sent for now, and it waited 1 s: it was not sent",
        )
        assert created_at_venue(desk) == {}


@pytest.mark.long
async def test_an_order_that_was_taken_and_filled_unseen_is_asked_about_before_the_next_audit() -> None:
    async with running() as desk:  # the audit is half a minute away
        await desk.ready()
        desk.sandbox.faults.set("drop@private:1")
        taken = desk.create(Side.BUY, "0.01")
        assert (await desk.acked(taken)).outcome is AckOutcome.ACCEPTED
        await desk.in_state(taken, "filled")
