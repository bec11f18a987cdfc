"""The account sheet of a LIVE session: what is on it, what it forbids, and that arming needs one that still holds."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from tests.connector_support import sandbox_config
from tests.live_support import (
    KEY,
    LIMITS,
    NOT_CONFIRMED,
    STOP,
    armable,
    armed,
    cut_private,
    in_state,
    order,
    refusal,
    running,
    until,
)
from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.account_terms import FeeRates, MarginKind, PositionMode
from ttxt_core.connectors.config import Environment
from ttxt_core.errors import TtxtError
from ttxt_core.events import OrderState, Side, TriggerDirection
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.confirmation import RECHECK_S, SHEET_VALID_S
from ttxt_core.session.live import LiveSession
from ttxt_core.web.requests import RESTRequest

SANDBOX = BybitSandboxSettings(seed=7, rate=300)


async def post(session: LiveSession, path: str, **fields: Any) -> None:
    """Set something at the venue, with the session's own key, as if at its web page."""
    body = orjson.dumps({"category": "linear", "symbol": "BTCUSDT", **fields})
    headers = {"Content-Type": "application/json"}
    await session.connector.call(RESTRequest("POST", path, body=body, headers=headers, is_signed=True))


async def set_leverage(session: LiveSession, leverage: int) -> None:
    await post(session, "/v5/position/set-leverage", buyLeverage=str(leverage), sellLeverage=str(leverage))


# -- what is on it -----------------------------------------------------------------------------------------


async def test_the_sheet_says_what_the_venue_says(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
        stop = order(session, Side.SELL, "0.02", "-8", **STOP)
        await in_state(stop, OrderState.UNTRIGGERED)
        sheet = await session.account_sheet()
        assert (sheet.venue, sheet.category, sheet.environment) == ("bybit", "linear", Environment.TESTNET)
        assert (sheet.account, sheet.account_id) == ("main", "53888001")
        key = sheet.terms.key
        assert key is not None
        assert (key.account_id, key.is_read_only, key.may_trade, key.may_withdraw) == ("53888001", False, True, False)
        assert "Spot SpotTrade" in key.permissions
        assert key.addresses == ()
        assert key.expires_ns is not None
        assert abs(key.expires_ns - session.clock.now_ns() - 90 * 86_400 * NANOSECONDS) < 60 * NANOSECONDS
        (pair,) = sheet.terms.pairs
        assert (sheet.terms.margin, pair.pair) == (MarginKind.CROSS, "BTC/USDT")
        assert (pair.leverage, pair.position_mode) == (Decimal(10), PositionMode.ONE_WAY)
        assert pair.fees == FeeRates(Decimal("0.0002"), Decimal("0.00055"))
        assert [event.data.client_order_id for event in sheet.orders] == [stop.client_order_id]
        assert [(event.header.key, event.data.quantity) for event in sheet.positions] == [(KEY, Decimal("0.02"))]
        assert sheet.refusal is None
        assert sheet.warnings == (
            "the key is bound to no address: whoever has it can use it from anywhere",
            "NO DEAD-MAN: orders stay if this machine dies",
        )


async def test_it_warns_of_what_a_trader_should_think_of_first(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path / "elsewhere") as other:
            await armed(other)
            await in_state(order(other, Side.BUY, "0.02", None), OrderState.FILLED)
            await in_state(order(other, Side.BUY, "0.01", "-4"), OrderState.NEW)
            sandbox.keys["withdraw"].expires_ms = int(other.clock.now_ns() / 1e6) + 3 * 86_400_000
            limits = replace(LIMITS, max_leverage=Decimal(5))
            async with running(sandbox, config, tmp_path, limits, key="withdraw") as session:
                sheet = await session.account_sheet()
                withdraw, ends, address, dead_man, leverage, elsewhere, no_stop = sheet.warnings
                assert withdraw == "the key may WITHDRAW money: make one that may only trade"
                assert ends.startswith("the key ends on 20")
                assert "bound to no address" in address
                assert dead_man.startswith("NO DEAD-MAN")
                assert leverage == "leverage of BTC/USDT is 10, the limit max_leverage 5"
                assert elsewhere == (
                    "1 open order was made elsewhere: counted in the limits, cancelled with the entries"
                )
                assert no_stop == "the position in BTC/USDT has no stop"
                assert sheet.refusal is None
                target = {**STOP, "trigger_direction": TriggerDirection.RISE}
                await in_state(order(other, Side.SELL, "0.02", "9", **target), OrderState.UNTRIGGERED)
                assert (await session.account_sheet()).warnings[-1] == no_stop
                await in_state(order(other, Side.SELL, "0.02", "-8", **STOP), OrderState.UNTRIGGERED)
                assert no_stop not in (await session.account_sheet()).warnings


async def test_it_warns_of_stops_whose_position_is_gone(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
        for percent in ("-8", "-9"):
            await in_state(order(session, Side.SELL, "0.02", percent, **STOP), OrderState.UNTRIGGERED)
        assert not any("without a position" in warning for warning in (await session.account_sheet()).warnings)
        await in_state(
            order(session, Side.SELL, "0.03", None), OrderState.FILLED
        )  # it is short now: they close no short
        assert "2 stops without a position (BTC/USDT)" in (await session.account_sheet()).warnings
        await in_state(order(session, Side.BUY, "0.01", None), OrderState.FILLED)
        assert "2 stops without a position (BTC/USDT)" in (await session.account_sheet()).warnings


async def test_on_spot_there_is_no_leverage_and_no_position_mode(tmp_path: Path) -> None:
    limits = replace(LIMITS, max_leverage=None, min_liquidation_distance=None)
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        running(sandbox, sandbox_config(sandbox, "spot"), tmp_path, limits) as session,
    ):
        sheet = await session.account_sheet()
        (pair,) = sheet.terms.pairs
        assert (pair.leverage, pair.position_mode) == (None, None)
        assert pair.fees == FeeRates(Decimal("0.001"), Decimal("0.001"))
        assert sheet.positions == ()


# -- what it forbids ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("read_only", "the key is read-only: make one at the venue that may trade"),
        ("no_trade", "the key has no permission to trade linear, it has: none"),
    ],
)
async def test_a_key_that_can_not_trade_is_not_armed(tmp_path: Path, key: str, words: str) -> None:
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        running(sandbox, sandbox_config(sandbox), tmp_path, key=key, exit_within_s=0.1) as session,
    ):
        sheet = await session.account_sheet()
        assert sheet.refusal == words
        assert session.confirm(sheet) == words
        assert session.confirmed is None
        assert not session.commands.is_armed


async def test_a_read_only_key_is_told_so_by_arm_and_the_venue_is_not_asked_at_every_try(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        sandbox.keys["main"].trades = ("spot",)
        async with running(sandbox, sandbox_config(sandbox), tmp_path, exit_within_s=0.1) as session:
            await until(lambda: session.why_not_arm() == NOT_CONFIRMED or session.view_only, session.why_not_arm)
            first = await session.arm()
            assert first == "the key has no permission to trade linear, it has: Spot SpotTrade"
            sandbox.faults.set("maintenance@rest:1:30")
            assert await session.arm() == first


async def test_hedge_mode_is_recognised_and_not_armed(tmp_path: Path) -> None:
    hedged = replace(SANDBOX, hedge_mode=True)
    async with BybitSandbox(hedged) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armable(session)
        assert await session.arm() == (
            "BTC/USDT is in hedge mode, and one position a pair is known here: set one-way mode at the venue"
        )
        assert not session.commands.is_armed


# -- confirming it ------------------------------------------------------------------------------------------


async def test_without_a_confirmed_sheet_nothing_is_armed(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armable(session)
        assert session.commands.arm() == NOT_CONFIRMED
        assert (refusal(session) or "").startswith("disarmed")
        first = await session.account_sheet()
        assert session.commands.arm() == NOT_CONFIRMED
        second = await session.account_sheet()
        assert session.confirm(first) == "this is not the last account sheet that was asked for"
        late_ns = second.asked_ns + round((SHEET_VALID_S + 1) * NANOSECONDS)
        assert session._confirmation.confirm(second, late_ns) == "the account sheet is 121 s old: ask for it again"
        assert session.confirmed is None
        assert session.confirm(second) is None
        assert session.confirmed is second
        assert session.commands.arm() is None
        assert refusal(session) is None


async def test_a_confirmed_sheet_holds_over_disarming_and_a_reconnection(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        sheet = session.confirmed
        session.commands.disarm("a pressed")
        assert session.commands.arm() is None
        cut_private(sandbox)
        await until(lambda: not session.commands.is_armed, "the interlock")
        await until(lambda: session.why_not_arm() is None, session.why_not_arm)
        assert session.confirmed is sheet
        assert session.commands.arm() is None


async def test_terms_that_changed_while_the_stream_was_gone_have_to_be_confirmed_again(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        sandbox.terms.margin_mode = "PORTFOLIO_MARGIN"
        cut_private(sandbox)
        words = "margin is portfolio, it was cross: confirm the account sheet again"
        await until(lambda: session.why_not_arm() == words, session.why_not_arm)
        assert session.confirmed is None
        assert session.commands.arm() == words
        await armable_again(session)
        assert session.commands.arm() is None


async def armable_again(session: LiveSession) -> None:
    assert session.confirm(await session.account_sheet()) is None
    await until(lambda: session.why_not_arm() is None, session.why_not_arm)


async def test_a_leverage_changed_elsewhere_disarms_at_once(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        resting = order(session, Side.BUY, "0.01", "-4")
        await in_state(resting, OrderState.NEW)
        await set_leverage(session, 25)
        await until(lambda: not session.commands.is_armed, "the interlock")
        words = "leverage of BTC/USDT is 25, it was 10: confirm the account sheet again"
        assert session.commands.disarmed_because == words
        assert resting.is_working
        await until(lambda: session.why_not_arm() == words, session.why_not_arm)
        await armable_again(session)
        assert session.commands.arm() is None


async def test_a_leverage_that_changes_while_the_sheet_is_read_voids_it(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armable(session)
        sheet = await session.account_sheet()
        await set_leverage(session, 25)
        await until(lambda: session.why_not_arm() != NOT_CONFIRMED, session.why_not_arm)
        assert session.confirm(sheet) == "leverage of BTC/USDT is 25, it was 10: confirm the account sheet again"


async def test_a_switch_to_hedge_mode_and_a_key_that_ends_are_found_by_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        await post(session, "/v5/position/switch-mode", mode=3)
        monkeypatch.setattr("ttxt_core.session.confirmation.RECHECK_S", 0.1)
        await until(lambda: not session.commands.is_armed, "the interlock")
        assert "position mode of BTC/USDT is hedge, it was one-way" in session.commands.disarmed_because
        await post(session, "/v5/position/switch-mode", mode=0)
        await armable_again(session)
        assert session.commands.arm() is None
        sandbox.keys["main"].expires_ms = 1
        await until(lambda: not session.commands.is_armed, "the interlock")
        assert "expired" in session.commands.disarmed_because
        with pytest.raises(TtxtError):
            await session.account_sheet()
    assert RECHECK_S > 60


async def test_while_the_terms_can_not_be_asked_for_again_nothing_is_armed(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        answer, asked = session.connector.queries.margin_kind, asyncio.Event()

        async def slow() -> MarginKind | None:
            await asked.wait()
            return await answer()

        session.connector.queries.margin_kind = slow  # type: ignore[method-assign]
        cut_private(sandbox)
        words = "the terms of the account are being asked for again"
        await until(lambda: session.why_not_arm() == words, session.why_not_arm)
        assert session.commands.arm() == words
        asked.set()
        await until(lambda: session.why_not_arm() is None, session.why_not_arm)
