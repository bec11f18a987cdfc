"""Whose account a LIVE session has: one process trades it, whatever its configs call it; others look on."""

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
    QUICK,
    STOP,
    armed,
    credentials_of,
    has_book,
    in_state,
    order,
    price_of,
    running,
    until,
)
from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.errors import AccountLockedError, ConfigError, StateError
from ttxt_core.events import (
    AmendOrder,
    CancelOrder,
    ConnectionState,
    ConnectorStatus,
    CreateOrder,
    OrderState,
    OrderType,
    Side,
)
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.sandbox.faults import Channel
from ttxt_core.session.live import Access, LiveSession, live

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
LOCK, DAY = "bybit-testnet-53888001.lock", "bybit-testnet-53888001.day"


def trade_sockets(sandbox: BybitSandbox) -> int:
    return sum(connection.channel is Channel.TRADE for connection in sandbox.server.connections)


# -- one process an account ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["main", "second"])
async def test_two_names_and_two_keys_of_one_account_meet_in_one_lock(tmp_path: Path, key: str) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path) as first:
            assert (tmp_path / LOCK).exists()
            named = replace(config, account="called-otherwise")
            other = live(named, credentials_of(sandbox, key), LIMITS, state=tmp_path, timings=QUICK)
            with pytest.raises(AccountLockedError, match="trade account bybit-testnet-53888001: process"):
                await other.open()
            await other.stop()
            assert not first.view_only
        async with running(sandbox, named, tmp_path, key=key) as other:
            assert not other.view_only


async def test_another_category_of_the_account_is_the_same_account(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path):
        spot = live(sandbox_config(sandbox, "spot"), credentials_of(sandbox), LIMITS, state=tmp_path, timings=QUICK)
        with pytest.raises(AccountLockedError, match="trade account bybit-testnet-53888001: process"):
            await spot.open()
        await spot.stop()


async def test_another_account_is_another_lock_and_another_day(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as one, BybitSandbox(replace(SANDBOX, uid=7)) as two:
        async with running(one, sandbox_config(one), tmp_path), running(two, sandbox_config(two), tmp_path) as second:
            await armed(second)
        assert all((tmp_path / name).exists() for name in (LOCK, DAY, "bybit-testnet-7.lock", "bybit-testnet-7.day"))


async def test_where_the_venue_tells_nothing_of_keys_the_key_stands_for_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_self: VenueQueries) -> None:
        return None

    monkeypatch.setattr("ttxt_core.connectors.bybit.queries.BybitQueries.key_terms", nothing)
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, environment="demo")
        async with running(sandbox, config, tmp_path) as session:
            await armed(session)
            sheet = session.confirmed
            assert sheet is not None
            assert sheet.terms.key is None
            assert sheet.account_id.startswith("key-")
            assert sandbox.api_key not in sheet.account_id
            assert sheet.warnings[0] == (
                "the venue tells nothing of the key: its permissions and its end are not known"
            )
            again = live(config, credentials_of(sandbox), LIMITS, state=tmp_path, timings=QUICK)
            with pytest.raises(AccountLockedError):
                await again.open()
            await again.stop()


# -- looking on ------------------------------------------------------------------------------------------------


async def commands_refused(session: LiveSession, words: str, working: tuple[str, str | None]) -> None:
    """Entries, exits, amends and cancels are all refused with the same words."""
    name, order_id = working
    entry = CreateOrder("main", "a" * 32, Side.BUY, OrderType.LIMIT, Decimal("0.01"), price_of(session, "-4"))
    close = CreateOrder("main", "b" * 32, Side.SELL, OrderType.MARKET, Decimal("0.01"), reduce_only=True)
    assert session.send(KEY, entry) == words
    assert session.send(KEY, close) == words
    assert session.send(KEY, AmendOrder("main", name, price=price_of(session, "-3"))) == words
    assert session.send(KEY, CancelOrder("main", name, order_id)) == words
    assert session.commands.arm() == words
    assert await session.arm() == words


async def test_a_second_process_looks_on_and_sends_nothing(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path) as first:
            await armed(first)
            await in_state(order(first, Side.BUY, "0.02", None), OrderState.FILLED)
            stop = order(first, Side.SELL, "0.02", "-8", **STOP)
            await in_state(stop, OrderState.UNTRIGGERED)
            resting = order(first, Side.BUY, "0.01", "-4")
            await in_state(resting, OrderState.NEW)
            await until(lambda: trade_sockets(sandbox) == 1, "the trade socket")

            access = Access.TRADE_OR_VIEW
            async with running(sandbox, config, tmp_path, access=access, key="read_only") as second:
                words = f"view-only: process {(tmp_path / LOCK).read_text().strip()} trades this account"
                assert second.view_only == words
                await until(lambda: has_book(second) and len(second.orders.working()) == 2, second.why_not_arm)
                await until(lambda: second.orders.accounts.held(KEY, "main") == Decimal("0.02"), "the position")
                await until(lambda: second.result.fills == first.result.fills, "the day's fills")
                assert not any(shown.is_external for shown in second.orders.working())
                await commands_refused(second, words, (resting.client_order_id, resting.order_id))
                swept = second.commands.disarm("a pressed")
                assert (swept.cancelled, swept.kept, swept.refused) == (0, 1, 1)
                sheet = await second.account_sheet()
                assert sheet.refusal == words
                assert second.confirm(sheet) == words
                assert trade_sockets(sandbox) == 1
            assert second.exit_summary == "view-only: nothing was cancelled"
            assert second.troubles == []
            assert first.commands.is_armed
            assert (resting.state, stop.state) == (OrderState.NEW, OrderState.UNTRIGGERED)
            assert len(sandbox.state()["orders"]) == 3
        kept = (tmp_path / DAY).read_bytes()
        async with running(sandbox, config, tmp_path, access=Access.VIEW) as third:
            await until(lambda: third.result.fills == 1 and third._reconciled.is_set(), "the day's fills")
            await third._day.save()
        assert (tmp_path / DAY).read_bytes() == kept


async def test_one_that_is_only_to_look_on_takes_no_lock(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path, access=Access.VIEW) as viewer:
            assert viewer.view_only == "view-only: it was opened to look on"
            assert viewer.why_not_arm() == viewer.view_only
            async with running(sandbox, config, tmp_path, access=Access.TRADE_OR_VIEW) as trader:
                assert trader.view_only == ""
                await armed(trader)
            told = viewer.events.subscribe("a look", accepts=frozenset({ConnectorStatus}))
            for connection in sandbox.server.connections:
                connection.cut()
            streams: set[str] = set()
            while streams != {"market", "private"}:
                async with asyncio.timeout(60):
                    batch = await told.get_batch()
                streams |= {e.data.stream for e in batch if e.data.state is ConnectionState.CONNECTED}
        assert sandbox.state()["orders"] == []


# -- own orders --------------------------------------------------------------------------------------------------


async def test_who_only_looks_on_needs_no_limits(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config, credentials = sandbox_config(sandbox), credentials_of(sandbox)
        for access in (Access.TRADE, Access.TRADE_OR_VIEW):
            with pytest.raises(ConfigError, match="limits not set: max_order_quantity of BTC/USDT, max_order_notional"):
                live(config, credentials, RiskLimits(), state=tmp_path, access=access)
        async with running(sandbox, config, tmp_path, RiskLimits(), access=Access.VIEW) as viewer:
            await until(lambda: has_book(viewer), "the book")
            sheet = await viewer.account_sheet()
            assert sheet.refusal == viewer.why_not_arm() == "view-only: it was opened to look on"
            assert await viewer.arm() == viewer.view_only


async def test_orders_of_before_a_restart_are_own_and_orders_made_elsewhere_are_not(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path) as session:
            await armed(session)
            await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
            stop = order(session, Side.SELL, "0.02", "-8", **STOP)
            await in_state(stop, OrderState.UNTRIGGERED)
        async with running(sandbox, config, tmp_path / "another-installation") as other:
            await armed(other)
            kept = order(other, Side.SELL, "0.01", "4", reduce_only=True)
            await in_state(kept, OrderState.NEW)
        async with running(sandbox, config, tmp_path) as session:
            await armed(session)
            assert {o.client_order_id: o.is_external for o in session.orders.working()} == {
                stop.client_order_id: False,
                kept.client_order_id: True,
            }
            assert session.commands.new_client_order_id()[:10] == stop.client_order_id[:10]
            assert session.commands.new_client_order_id() != session.commands.new_client_order_id()


async def test_a_damaged_mark_is_told_and_left(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        (tmp_path / "installation").write_text("what")
        session = live(sandbox_config(sandbox), credentials_of(sandbox), LIMITS, state=tmp_path, timings=QUICK)
        with pytest.raises(StateError, match="the file is damaged"):
            await session.open()
        await session.stop()
        assert (tmp_path / "installation").read_text() == "what"
