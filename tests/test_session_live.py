"""A LIVE session against a sandbox exchange: its conditions, its orders, its end."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.connector_support import sandbox_config
from tests.live_support import (
    KEY,
    LIMITS,
    NOT_CONFIRMED,
    QUICK,
    STOP,
    armed,
    has_book,
    in_state,
    order,
    price_of,
    refusal,
    running,
    until,
)
from ttxt_core.connectors.config import ConnectorConfig, Environment, StreamSettings, TradingMode
from ttxt_core.errors import AuthError, ConfigError
from ttxt_core.events import (
    AmendOrder,
    BookState,
    CancelOrder,
    CreateOrder,
    InstrumentKey,
    OrderState,
    OrderType,
    Side,
    Source,
)
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.orders.sweep import swept
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.sandbox.faults import Channel
from ttxt_core.session import SessionKind
from ttxt_core.session.live import live, wrong_limits
from ttxt_core.web.secrets import Credentials, Secret

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
NOBODY = Credentials(Secret("key"), Secret("secret"))
CONFIG = ConnectorConfig(
    venue="bybit",
    category="linear",
    pairs=("BTC/USDT", "ETH/USDT"),
    trading=TradingMode.TEST,
    environment=Environment.TESTNET,
)


# -- what is refused before anything happens -------------------------------------------------------------


def test_it_does_not_start_without_limits_and_names_every_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        live(CONFIG, NOBODY, RiskLimits(), state=tmp_path)
    names = (
        "max_order_quantity of BTC/USDT, max_order_quantity of ETH/USDT, max_order_notional, price_band, "
        "max_position_notional, orders_per_second, daily_loss, max_data_age_ns, max_leverage, min_liquidation_distance"
    )
    assert raised.value.answered == f"limits not set: {names}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [None, Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_a_limit_that_limits_nothing_is_none(value: Decimal | None) -> None:
    one = replace(CONFIG, pairs=("BTC/USDT",))
    assert wrong_limits(LIMITS, one) == []
    assert wrong_limits(replace(LIMITS, daily_loss=value), one) == ["daily_loss"]
    assert wrong_limits(replace(LIMITS, max_leverage=value), one) == ["max_leverage"]
    spot = replace(one, category="spot")
    assert wrong_limits(replace(LIMITS, max_leverage=value, min_liquidation_distance=value), spot) == []


def test_a_config_that_does_not_trade_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="key trading is 'none'"):
        live(replace(CONFIG, trading=TradingMode.NONE), NOBODY, LIMITS, state=tmp_path)
    with pytest.raises(ConfigError, match=r"key streams\.book is 0"):
        live(replace(CONFIG, streams=StreamSettings(book=0)), NOBODY, LIMITS, state=tmp_path)


async def test_a_key_that_is_not_accepted_is_known_before_the_start_and_nothing_stays_held(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        for _ in range(2):
            session = live(config, NOBODY, LIMITS, state=tmp_path, timings=QUICK)
            with pytest.raises(AuthError):
                await session.open()
            await session.stop()


# -- arming and orders ------------------------------------------------------------------------------------


async def test_an_orders_whole_life(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        assert (session.kind, session.account) == (SessionKind.LIVE, "main")
        assert not session.commands.is_armed
        await until(lambda: has_book(session), "a book")
        assert (refusal(session) or "").startswith("disarmed: ")
        await armed(session)

        resting = order(session, Side.BUY, "0.01", "-4")
        await in_state(resting, OrderState.NEW)
        moved = price_of(session, "-3")
        assert session.send(KEY, AmendOrder("main", resting.client_order_id, price=moved)) is None
        await until(lambda: resting.price == moved and resting.state is OrderState.NEW, "the new price")
        assert session.send(KEY, CancelOrder("main", resting.client_order_id)) is None
        await in_state(resting, OrderState.CANCELED)

        taken = order(session, Side.BUY, "0.02", None)
        await in_state(taken, OrderState.FILLED)
        held = session.orders.accounts
        await until(lambda: held.held(KEY, "main") == Decimal("0.02"), "the position")
        assert sum(fill.data.quantity for fill in session.orders.fills) == Decimal("0.02")
        assert session.result.fills == len(sandbox.state()["executions"])
        assert session.result.fees["USDT"] > 0
        assert session.health().order_last_ns is not None
        too_much = refusal(session, "2")
        assert too_much is not None
        assert too_much.startswith("max_order_quantity")
        assert all(event.header.source is Source.LIVE for event in session.orders.fills)
        assert session.troubles == []


async def test_on_spot_what_was_held_before_is_no_position(tmp_path: Path) -> None:
    key = InstrumentKey("bybit", "spot", "BTC/USDT")
    limits = replace(LIMITS, max_leverage=None, min_liquidation_distance=None)
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        running(sandbox, sandbox_config(sandbox, "spot"), tmp_path, limits) as session,
    ):
        await armed(session)
        before = session.orders.accounts.held(key, "main")
        assert before > 0
        assert session.result.profit == {}
        bid = CreateOrder("main", "a" * 32, Side.BUY, OrderType.MARKET, Decimal("0.01"))
        assert session.send(key, bid) is None
        await until(lambda: session.result.fills, "the fill")
        await until(lambda: session.orders.accounts.held(key, "main") > before, "the coins")
        traded = session._blotter.ledger.trading[key].quantity
        assert traded == session.orders.accounts.held(key, "main") - before
        assert abs(session.result.profit["USDT"]) < 100


async def test_where_there_is_no_trade_socket_orders_go_over_rest(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, environment="demo")
        async with running(sandbox, config, tmp_path) as session:
            await armed(session)
            await in_state(order(session, Side.BUY, "0.01", "-4"), OrderState.NEW)
        assert session.exit_summary == "1 cancelled"


async def test_it_is_not_armed_before_the_account_is_reconciled(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        sandbox.faults.set("slow@rest:1:0.12")
        async with running(sandbox, sandbox_config(sandbox), tmp_path) as session:
            said: list[str] = []
            while (reason := session.commands.arm()) != NOT_CONFIRMED:
                assert reason is not None
                assert not session.commands.is_armed
                said += [reason] if reason not in said else []
                await asyncio.sleep(0.005)
            assert said[0].startswith("the account is not reconciled with the venue")
            assert "the fills of today are not known yet" in said


async def test_a_lost_private_stream_disarms_and_arming_is_by_hand(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        resting = order(session, Side.BUY, "0.01", "-4")
        await in_state(resting, OrderState.NEW)
        for connection in sandbox.server.connections:
            if connection.channel is Channel.PRIVATE:
                connection.cut()
        await until(lambda: not session.commands.is_armed, "the interlock")
        assert "not reconciled" in session.commands.disarmed_because
        assert (session.commands.arm() or "").startswith("the account is not reconciled")
        assert session.send(KEY, CancelOrder("main", resting.client_order_id)) is None  # cancels always go
        await until(lambda: session.why_not_arm() is None, session.why_not_arm)
        await in_state(resting, OrderState.CANCELED)
        assert not session.commands.is_armed
        assert session.commands.arm() is None


@pytest.mark.parametrize("fault", ["gap@public:0.3", "stall@public:1:1.5"])
async def test_a_book_that_fell_disarms_and_arming_waits_for_it(tmp_path: Path, fault: str) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        sandbox.faults.set(fault)
        await until(lambda: not session.commands.is_armed, "the interlock")
        assert (session.commands.arm() or "").startswith("stale market: the book of BTC/USDT is ")
        sandbox.faults.clear()
        assert session.commands.disarmed_because.startswith("stale market: the book of BTC/USDT is ")
        await until(lambda: session.why_not_arm() is None, session.why_not_arm)
        assert not session.commands.is_armed


async def test_a_wrong_clock_stops_entries(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        offset = session.connector.clock_offset
        offset.clear()
        offset.add(0, 0, 3_000_000_000)
        await until(lambda: not session.commands.is_armed, "the interlock")
        assert (
            session.commands.disarmed_because
            == "clock skew: this machine and the venue are 3.0 s apart: set this machine's clock"
        )
        assert session.commands.arm() == session.commands.disarmed_because


async def test_an_order_whose_outcome_is_not_known_keeps_it_from_being_armed(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        sandbox.faults.set("lost_reply@trade", "drop@private:1", "slow@rest:1:3")
        lost = order(session, Side.BUY, "0.01", "-4")
        await in_state(lost, OrderState.UNKNOWN)
        session.commands.interlock("a look")
        assert session.why_not_arm() == f"orders whose outcome is not known: 1 (BTC/USDT {lost.client_order_id})"
        sandbox.faults.clear()
        await in_state(lost, OrderState.NEW)
        await until(lambda: session.commands.arm() is None, session.why_not_arm)


async def test_orders_made_elsewhere_are_shown_counted_and_cancelled(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, replace(config, account="other"), tmp_path / "other") as other:
            await armed(other)
            made = order(other, Side.BUY, "0.5", "-4")
            await in_state(made, OrderState.NEW)
            limits = replace(LIMITS, max_position_notional=made.price * Decimal("0.6"))
            async with running(sandbox, config, tmp_path, limits) as session:
                await armed(session)
                (shown,) = session.orders.working()
                assert (shown.is_external, shown.quantity, shown.client_order_id) == (
                    True,
                    Decimal("0.5"),
                    made.client_order_id,
                )
                assert (refusal(session, "0.2") or "").startswith("max_position_notional")
                assert session.send(KEY, CancelOrder("main", shown.client_order_id, shown.order_id)) is None
                await in_state(made, OrderState.CANCELED)
                assert refusal(session, "0.2") is None


async def test_disarming_cancels_entries_keeps_what_protects_and_says_so(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
        await until(lambda: session.orders.accounts.held(KEY, "main"), "the position")
        stop = order(session, Side.SELL, "0.02", "-8", **STOP)
        await in_state(stop, OrderState.UNTRIGGERED)
        target = order(session, Side.SELL, "0.01", "4", reduce_only=True)
        await in_state(target, OrderState.NEW)
        entries = [order(session, Side.BUY, "0.01", percent) for percent in ("-3", "-4")]
        sweep = session.commands.disarm("no key for 15 min")
        assert sweep == (2, 2, 0)
        assert swept(sweep, session.orders, KEY) == "2 cancelled · 1 stop and 1 exit kept (LONG 0.02)"
        assert refusal(session) == "disarmed: no key for 15 min"
        for entry in entries:
            await in_state(entry, OrderState.CANCELED)
        assert (stop.state, target.state) == (OrderState.UNTRIGGERED, OrderState.NEW)
        assert session.commands.disarm("again") == (0, 2, 0)


# -- the end ------------------------------------------------------------------------------------------------


async def test_at_its_end_entries_are_cancelled_and_stops_kept(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        async with running(sandbox, sandbox_config(sandbox), tmp_path) as session:
            await armed(session)
            await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
            stop = order(session, Side.SELL, "0.02", "-8", **STOP)
            await in_state(stop, OrderState.UNTRIGGERED)
            for percent in ("-3", "-4"):
                await in_state(order(session, Side.BUY, "0.01", percent), OrderState.NEW)
            order(session, Side.BUY, "0.01", "-3.5")  # not answered yet
        assert session.exit_summary == "3 cancelled · 1 stop kept (LONG 0.02 BTC/USDT)"
        assert session.troubles == []
        left = [row for row in sandbox.state()["orders"] if row["orderStatus"] in {"New", "Untriggered"}]
        assert [row["orderLinkId"] for row in left] == [stop.client_order_id]
        await until(lambda: not sandbox.server.connections, "the sandbox alone")
        names = [task.get_name() for task in asyncio.all_tasks() if not task.get_name().startswith("Task-")]
        assert names == []


async def test_entries_that_the_venue_does_not_end_are_told(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        async with running(sandbox, sandbox_config(sandbox), tmp_path, exit_within_s=0.3) as session:
            await armed(session)
            await in_state(order(session, Side.BUY, "0.01", "-4"), OrderState.NEW)
            sandbox.faults.set("maintenance@trade:1:30", "maintenance@rest:1:30")
        assert session.exit_summary == "0 cancelled · 1 MAY STILL WORK"
        assert session.troubles == ["entries that may still work at bybit: 1; it did not say they ended"]


async def test_an_end_before_anything_is_known_of_the_account_says_so(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        async with running(sandbox, sandbox_config(sandbox), tmp_path) as session:
            assert (session.commands.arm() or "").startswith("the account is not reconciled")
        assert session.exit_summary == "nothing cancelled: the account was never reconciled"
        assert session.troubles == ["orders of before may work at bybit: the account was never reconciled"]


async def test_a_connector_that_fails_disarms_and_refuses(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        resting = order(session, Side.BUY, "0.01", "-4")
        await in_state(resting, OrderState.NEW)

        async def fail() -> None:
            raise RuntimeError("a bug")

        session.connector._spawn(fail(), "a part")
        await until(lambda: session.troubles, "the trouble")
        assert not session.commands.is_armed
        assert "has stopped" in (session.commands.arm() or "")
        book = session.events.book(KEY)
        assert book is not None
        await until(lambda: book.state is BookState.STALE, "a stale book")
