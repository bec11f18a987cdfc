"""A LIVE session whose commands, answers and news cross each other, against a sandbox that breaks on demand."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.connector_support import sandbox_config
from tests.live_support import (
    KEY,
    LIMITS,
    QUICK,
    STOP,
    armed,
    cut_private,
    has_book,
    in_state,
    order,
    price_of,
    running,
    until,
)
from tests.test_session_live_restart import profit_of
from ttxt_core.errors import TransportError
from ttxt_core.events import (
    AckOutcome,
    AmendOrder,
    CreateOrder,
    Event,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    OrderAck,
    OrderNotice,
    OrderState,
    OrderType,
    ProtectPosition,
    Side,
    Ticker,
    TriggerDirection,
)
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.live import LiveSession

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
OPEN = {"New", "PartiallyFilled", "Untriggered"}
D = Decimal


def held(session: LiveSession) -> Decimal:
    return session.orders.accounts.held(KEY, "main")


def working_there(sandbox: BybitSandbox) -> list[dict[str, Any]]:
    return [row for row in sandbox.state(1)["orders"] if row["orderStatus"] in OPEN]


def position_there(sandbox: BybitSandbox) -> Decimal:
    return sum((D(row["quantity"]) for row in sandbox.state(1)["positions"] if row["symbol"] == "BTCUSDT"), D(0))


async def ready(session: LiveSession) -> None:
    await until(lambda: has_book(session), "a book")
    await armed(session)


async def a_position(session: LiveSession, quantity: str = "0.02") -> None:
    await ready(session)
    await in_state(order(session, Side.BUY, quantity, None), OrderState.FILLED)
    await until(lambda: held(session) == D(quantity), "the position")


async def test_an_entry_whose_cancel_is_refused_after_disarming_is_cancelled_again(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await ready(session)
        entry = order(session, Side.BUY, "0.01", "-3")
        await in_state(entry, OrderState.NEW)
        sandbox.faults.once("too_many@trade")
        session.commands.disarm("by hand")
        await in_state(entry, OrderState.CANCELED)
        assert working_there(sandbox) == []


async def test_an_entry_that_was_on_its_way_when_entries_were_disarmed_does_not_stay(tmp_path: Path) -> None:
    """Neither its answer nor its cancel's comes, and the private stream is gone as well."""
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await ready(session)
        sandbox.faults.once("lost_reply@trade", 2)
        entry = order(session, Side.BUY, "0.01", "-3")
        cut_private(sandbox)
        session.commands.disarm("by hand")
        await in_state(entry, OrderState.CANCELED)
        assert working_there(sandbox) == []


async def test_a_loss_over_the_limit_by_a_fill_takes_out_entries_whose_first_cancel_is_refused(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session)
        entries = [order(session, Side.BUY, "0.01", percent) for percent in ("-3", "-3.5")]
        entries.append(order(session, Side.BUY, "0.01", "5", order_type=OrderType.STOP_MARKET))
        await until(lambda: {each.state for each in entries} == {OrderState.NEW, OrderState.UNTRIGGERED}, "working")
        sandbox.faults.once("too_many@trade")
        session.commands.limits = replace(LIMITS, daily_loss=D("0.01"))  # the fee of the fill was more
        for each in entries:
            await in_state(each, OrderState.CANCELED)
        assert not session.commands.is_armed
        assert working_there(sandbox) == []
        assert held(session) == position_there(sandbox) == D("0.02")


async def test_a_position_that_was_read_before_a_fill_does_not_replace_what_the_stream_said(tmp_path: Path) -> None:
    """The audit's answer is slow, and a fill is told in between."""
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session)
        account: Any = session.connector._account
        sandbox.faults.set("slow@rest:1:0.3")
        audit = asyncio.create_task(account.reconcile())
        seen = []
        for _ in range(12):
            exit_ = order(session, Side.SELL, "0.001", None, reduce_only=True)
            await in_state(exit_, OrderState.FILLED)
            await until(lambda: held(session) == position_there(sandbox), "the position")
            for _ in range(12):
                await asyncio.sleep(0.01)
                seen.append((held(session), position_there(sandbox)))
        sandbox.faults.clear()
        await audit
        assert [pair for pair in seen if pair[0] != pair[1]] == []


async def test_an_order_that_arrives_late_after_its_cancel_found_nothing_is_cancelled_too(tmp_path: Path) -> None:
    """Disarmed while its create is still under way: the cancel is refused, then the venue takes the order."""
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await ready(session)
        desk: Any = session.connector._desk
        stream, late = desk._stream, list[Any]()
        real = stream.ask

        def ask(request: Any) -> Any:
            if late:
                return real(request)
            late.append(request)
            return real(type(request)({"op": "ping", "reqId": "x"}, "x", "ping"))

        stream.ask = ask
        entry = order(session, Side.BUY, "0.01", "-3")
        session.commands.disarm("by hand")
        await until(lambda: entry.reason and "110001" in entry.reason, lambda: entry.reason)
        real(late[0])
        await in_state(entry, OrderState.CANCELED)
        assert working_there(sandbox) == []


async def test_a_loss_is_watched_again_after_arming_again(tmp_path: Path) -> None:
    """Stopped by a loss, armed again when it was made good, stopped by a stale book, and then the loss comes back."""
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session)
        session.commands.limits = replace(LIMITS, daily_loss=D("0.01"))
        await until(lambda: not session.commands.is_armed, "the loss")
        session.commands.limits = LIMITS
        await armed(session)
        entry = order(session, Side.BUY, "0.01", "-3")
        await in_state(entry, OrderState.NEW)
        session.commands.interlock("stale market")
        session.commands.limits = replace(LIMITS, daily_loss=D("0.01"))
        await in_state(entry, OrderState.CANCELED)


async def test_both_legs_of_a_local_pair_that_fill_at_once_are_told(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session, "0.04")
        stop, target = (
            CreateOrder(
                "main",
                session.commands.new_client_order_id(),
                Side.SELL,
                OrderType.STOP_MARKET,
                D("0.02"),
                reduce_only=True,
                trigger_price=price_of(session, percent),
                trigger_direction=direction,
            )
            for percent, direction in (("-3", TriggerDirection.FALL), ("3", TriggerDirection.RISE))
        )
        told = session.events.subscribe("notices", accepts=frozenset({OrderNotice}))
        assert session.oco.send(KEY, stop, target) is None
        legs = [session.orders.by_client_id(leg.client_order_id) for leg in (stop, target)]
        for leg in legs:
            assert leg is not None
            await in_state(leg, OrderState.UNTRIGGERED)
        for percent in ("-4", "4"):
            ticker = Ticker(last=float(price_of(session, percent)))
            sandbox.exchange.publish_nowait(Event(MessageHeader(*KEY), ticker))
        for leg in legs:
            assert leg is not None
            await in_state(leg, OrderState.FILLED)
        await until(lambda: held(session) == 0 == position_there(sandbox), "flat")
        assert session.oco.pairs == []
        words = [event.data.text for event in told.get_batch_nowait()]
        assert words[-1] == "OCO: both legs filled, 0.02 more than one of them was to"


async def test_the_dead_mans_switch_fires_while_the_program_lives(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("ttxt_core.sandbox.bybit.dead_man_switch._SHORTEST_S", 1)
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, dead_man_switch_s=1)
        async with running(sandbox, config, tmp_path) as session:
            await a_position(session)
            stop = order(session, Side.SELL, "0.02", "-8", **STOP)
            entry = order(session, Side.BUY, "0.01", "-3")
            await in_state(stop, OrderState.UNTRIGGERED)
            await in_state(entry, OrderState.NEW)
            await until(lambda: session.protection.is_armed, lambda: session.protection)
            sandbox.faults.set("expired_auth@private:1:60")
            cut_private(sandbox)
            await until(
                lambda: not any(row["orderLinkId"] == entry.name for row in working_there(sandbox)), "the switch"
            )
            assert entry.is_working  # nobody can know it yet
            assert not session.commands.is_armed
            sandbox.faults.clear()
            await in_state(entry, OrderState.CANCELED)
            assert entry.reason == "cancelled by the dead-man switch"
            await until(lambda: session.protection.is_armed, lambda: session.protection)
            there = {row["orderLinkId"] for row in working_there(sandbox)}
            assert there == {known.name for known in session.orders.working()}
            assert not session.commands.is_armed


def trade(sandbox: BybitSandbox, price: Decimal, size: float) -> None:
    """Somebody sells so much down to `price`, before the sandbox reads what was sent to it."""
    traded = MarketTrades([MarketTrade(float(price), size, Side.SELL, f"made-{price}-{size}", time.time_ns())])
    sandbox.exchange.publish_nowait(Event(MessageHeader(*KEY, time.time_ns()), traded))


async def test_a_fill_that_wins_against_the_cancel_and_the_disarming(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await ready(session)
        bid = order(session, Side.BUY, "0.01", "-1")
        await in_state(bid, OrderState.NEW)
        sweep = session.commands.disarm("by hand")
        assert sweep.cancelled == 1
        trade(sandbox, price_of(session, "-2"), 50.0)
        await in_state(bid, OrderState.FILLED)
        await until(lambda: held(session) == D("0.01") == position_there(sandbox), "the position")
        assert working_there(sandbox) == []
        assert session.result.fills == 1


async def test_a_partial_fill_that_wins_against_an_amend_to_less(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await ready(session)
        bid = order(session, Side.BUY, "0.5", "-1")
        await in_state(bid, OrderState.NEW)
        assert bid.price is not None
        trade(sandbox, bid.price, 0.2)
        assert session.send(KEY, AmendOrder("main", bid.client_order_id, quantity=D("0.1"))) is None
        assert bid.remaining == D("0.5")  # until it is known, the larger total counts
        await until(lambda: bid.reason and not bid.in_flight, "the answer")
        assert bid.reason is not None
        assert "110064" in bid.reason
        await in_state(bid, OrderState.PARTIALLY_FILLED)
        assert (bid.quantity, bid.filled, bid.remaining) == (D("0.5"), D("0.2"), D("0.3"))
        assert session.send(KEY, AmendOrder("main", bid.client_order_id, quantity=D("0.3"))) is None
        await until(lambda: not bid.in_flight and bid.quantity == D("0.3"), lambda: bid.reason)
        assert (bid.filled, bid.remaining) == (D("0.2"), D("0.1"))
        await until(lambda: held(session) == D("0.2") == position_there(sandbox), "the position")


async def test_a_fill_that_was_lost_long_before_others_came_is_found(tmp_path: Path) -> None:
    """The account can't be asked about for a while, and later fills are told by the stream meanwhile."""
    timings = replace(QUICK, audit_s=0.2, overlap_s=0.1)
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path, timings=timings) as session:
            await a_position(session)
            queries, failed = session.connector.queries, list[int]()
            real = queries.fills

            async def fails(since_ns: int) -> list[Event[Any]]:
                failed.append(since_ns)
                raise TransportError("ask for fills", "no way to the venue")

            queries.fills = fails  # type: ignore[method-assign]
            await until(lambda: failed, "an audit that fails")
            desk: Any = sandbox.desk
            tell, lost = desk.on_messages, list[Any]()

            def without_executions(messages: list[Any]) -> None:
                lost.extend(message for message in messages if message.topic == "execution")
                tell([message for message in messages if message.topic != "execution"])

            desk.on_messages = without_executions
            await in_state(order(session, Side.BUY, "0.01", None), OrderState.FILLED)
            desk.on_messages = tell
            assert lost
            await asyncio.sleep(0.3)  # longer than the overlap
            await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
            await until(lambda: len(session.orders.fills) == 2, "the fill that was told")
            failed.clear()
            await until(lambda: failed, "another")
            queries.fills = real  # type: ignore[method-assign]
            await until(lambda: len(session.orders.fills) == 3, "the fill that was lost")
            assert session.result.fills == 3
            assert len(sandbox.state(1)["executions"]) == 3


async def test_a_fill_that_was_lost_is_counted_at_its_own_price_and_fee(tmp_path: Path) -> None:
    """The position says that one is missing: the venue is asked before the market's price stands for it."""
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await a_position(session)
        desk: Any = sandbox.desk
        tell = desk.on_messages
        desk.on_messages = lambda messages: tell([message for message in messages if message.topic != "execution"])
        await in_state(order(session, Side.BUY, "0.01", None), OrderState.FILLED)
        desk.on_messages = tell
        await until(lambda: held(session) == D("0.03"), "the position")
        ledger = session._blotter.ledger
        await until(lambda: ledger.trading[KEY].quantity == D("0.03"), "the ledger")
        assert ledger.fills == 2
        state = sandbox.state(1)
        assert ledger.fees["USDT"] == sum(D(row["execFee"]) for row in state["executions"])
        assert abs(session.result.profit["USDT"] - profit_of(session, state)) < D("1e-9")


async def test_exits_of_a_position_whose_answer_and_news_are_lost_are_found_soon(tmp_path: Path) -> None:
    seldom = replace(QUICK, audit_s=600.0)
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path, timings=seldom) as session:
            await a_position(session)
            desk: Any = sandbox.desk
            tell, desk.on_messages = desk.on_messages, lambda _: None
            sandbox.faults.once("lost_reply@rest")
            stop = ProtectPosition("main", session.commands.new_client_order_id(), stop_loss=price_of(session, "-5"))
            told = session.events.subscribe("answers", accepts=frozenset({OrderAck}))
            assert session.send(KEY, stop) is None
            assert (await told.get_batch())[0].data.outcome is AckOutcome.UNKNOWN
            desk.on_messages = tell
            await until(lambda: [found.is_position_exit for found in session.orders.protective()] == [True], "the stop")
