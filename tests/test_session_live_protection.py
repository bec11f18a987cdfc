"""What becomes of working entries when a LIVE session is lost: what it says of that is what the venue confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.connector_support import sandbox_config
from tests.live_support import (
    LIMITS,
    QUICK,
    STOP,
    armed,
    credentials_of,
    cut_private,
    in_state,
    order,
    running,
    until,
)
from ttxt_core.connectors.account_feed import STREAM as PRIVATE
from ttxt_core.connectors.dead_man import NO_DEAD_MAN, DeadManState
from ttxt_core.events import ConnectionState, ConnectorError, ConnectorStatus, OrderState, Side
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.live import Access, LiveSession, live

SANDBOX = BybitSandboxSettings(seed=7, rate=300)


async def in_force(session: LiveSession, state: DeadManState) -> None:
    await until(lambda: session.protection.state is state, lambda: session.protection)


async def test_without_a_dead_man_switch_it_says_that_orders_stay(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        protection = session.protection
        assert (protection.state, protection.seconds, protection.is_armed) == (DeadManState.NONE, None, False)
        assert protection.text == NO_DEAD_MAN == "NO DEAD-MAN: orders stay if this machine dies"


async def test_it_is_said_to_be_on_only_while_the_venue_confirms_it(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, dead_man_switch_s=3)
        async with running(sandbox, config, tmp_path) as session:
            assert session.protection.state is DeadManState.PENDING
            assert session.protection.text == "dead-man 3 s NOT CONFIRMED"
            await in_force(session, DeadManState.ARMED)
            assert (session.protection.text, session.protection.is_armed) == ("dead-man 3 s", True)
            sandbox.faults.set("expired_auth@private:1:30")
            cut_private(sandbox)
            await in_force(session, DeadManState.PENDING)
            assert session.protection.reason == "the private stream is not connected"
            sandbox.faults.clear()
            await in_force(session, DeadManState.ARMED)
            await armed(session)
            sheet = await session.account_sheet()
            assert sheet.protection == session.protection
            assert not any("DEAD-MAN" in warning for warning in sheet.warnings)


@pytest.mark.parametrize(
    ("refused", "reason"),
    [("topic", "permission denied,topic:['dcp.future']"), ("setting", "DCP is not enabled for this account [10005]")],
)
async def test_an_account_without_the_switch_has_none_whatever_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str, reason: str
) -> None:
    async with BybitSandbox(replace(SANDBOX, dead_man_offered=False)) as sandbox:
        if refused == "setting":
            monkeypatch.setattr(sandbox._stream, "_refused", frozenset())
        config = sandbox_config(sandbox, dead_man_switch_s=3)
        session = live(config, credentials_of(sandbox), LIMITS, state=tmp_path, timings=QUICK)
        told = session.events.subscribe("told", accepts=frozenset({ConnectorError, ConnectorStatus}))
        async with session:
            await in_force(session, DeadManState.REFUSED)
            assert (session.protection.text, session.protection.seconds) == (NO_DEAD_MAN, None)
            assert reason in session.protection.reason
            sheet = await session.account_sheet()
            assert any(warning.startswith(f"{NO_DEAD_MAN} (") for warning in sheet.warnings)
            await armed(session)
            await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
        heard = [event.data for event in await told.get_batch()]
        assert sum("dead-man" in error.asked for error in heard if isinstance(error, ConnectorError)) == 1
        private = [status.state for status in heard if isinstance(status, ConnectorStatus) and status.stream == PRIVATE]
        assert private.count(ConnectionState.CONNECTED) == 1
        assert ConnectionState.RECONNECTING not in private


async def test_a_switch_that_the_venue_does_not_list_is_not_confirmed_and_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        monkeypatch.setattr(sandbox._switch, "info", lambda: {"dcpInfos": []})
        config = sandbox_config(sandbox, dead_man_switch_s=3)
        often = replace(QUICK, audit_s=0.1)
        async with running(sandbox, config, tmp_path, timings=often) as session:
            await until(lambda: "sub-accounts" in session.protection.reason, lambda: session.protection)
            assert session.protection.text == "dead-man 3 s NOT CONFIRMED"
            late = {"product": "DERIVATIVES", "dcpStatus": "ON", "timeWindow": "10"}
            monkeypatch.setattr(sandbox._switch, "info", lambda: {"dcpInfos": [late]})
            await until(lambda: "still lists 10 s" in session.protection.reason, lambda: session.protection)
            monkeypatch.setattr(sandbox._switch, "info", lambda: {"dcpInfos": [{**late, "timeWindow": "3"}]})
            await in_force(session, DeadManState.ARMED)


async def test_the_switch_cancels_entries_and_one_that_looks_on_does_not_hold_it_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ttxt_core.sandbox.bybit.dead_man_switch._SHORTEST_S", 1)
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, dead_man_switch_s=1)
        async with running(sandbox, config, tmp_path) as session:
            await in_force(session, DeadManState.ARMED)
            await armed(session)
            await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
            stop = order(session, Side.SELL, "0.02", "-8", **STOP)
            await in_state(stop, OrderState.UNTRIGGERED)
            resting = order(session, Side.BUY, "0.01", "-4")
            await in_state(resting, OrderState.NEW)
            access = Access.TRADE_OR_VIEW
            async with running(sandbox, config, tmp_path, access=access) as viewer:
                await until(lambda: len(viewer.orders.working()) == 2, "the orders")
                assert viewer.protection.state is DeadManState.NONE
                stream = next(task for name, task in session._tasks.items() if name == "market source")
                stream.cancel()  # as if its process had died: nothing is cancelled by it
                await until(lambda: len(viewer.orders.working()) == 1, viewer.orders.working)
                (left,) = viewer.orders.working()
                assert left.client_order_id == stop.client_order_id
                ended = viewer.orders.history[-1]
                assert ended.reason == "cancelled by the dead-man switch"
