"""A LIVE session that ends in the middle of something: what the next one knows before it may be armed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
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
    credentials_of,
    in_state,
    order,
    refusal,
    running,
    until,
)
from ttxt_core.clock import SystemClock
from ttxt_core.connectors.config import ConnectorConfig
from ttxt_core.errors import AccountLockedError, StateError
from ttxt_core.events import OrderState, Side
from ttxt_core.orders.day_loss import DAY_NS
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session.live import LiveSession, live

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
ROOT = Path(__file__).parent.parent
WORKING = {"New", "PartiallyFilled", "Untriggered"}
STATE_FILE = "bybit-testnet-53888001.day"


class Tomorrow(SystemClock):
    """The same time of the next day."""

    def now_ns(self) -> int:
        return super().now_ns() + DAY_NS


@asynccontextmanager
async def trader(
    sandbox: BybitSandbox, config: ConnectorConfig, folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that trades; it is there and works."""
    path = folder / "config.json"
    path.write_bytes(msgspec.json.encode(config))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.live_support",
        str(path),
        str(folder / "state"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{sandbox.api_key}\n{sandbox.api_secret}\n".encode())
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"working\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def compare(session: LiveSession, state: dict[str, Any]) -> None:
    """Orders, fills and positions are the venue's own."""
    working = {row["orderId"]: row for row in state["orders"] if row["orderStatus"] in WORKING}
    orders = {tracked.order_id: tracked for tracked in session.orders.working()}
    assert orders.keys() == working.keys()
    for name, row in working.items():
        tracked = orders[name]
        assert tracked.client_order_id == row["orderLinkId"]
        assert (tracked.quantity, tracked.filled) == (Decimal(row["qty"]), Decimal(row["cumExecQty"]))
        assert (tracked.price or 0) == Decimal(row["price"])
        assert tracked.is_protective is row["reduceOnly"]
        assert tracked.state in {OrderState.NEW, OrderState.PARTIALLY_FILLED, OrderState.UNTRIGGERED}
    fills = {fill.data.execution_id: fill.data for fill in session.orders.fills}
    assert fills.keys() == {row["execId"] for row in state["executions"]}
    for row in state["executions"]:
        fill = fills[row["execId"]]
        assert (fill.price, fill.quantity, fill.fee) == (
            Decimal(row["execPrice"]),
            Decimal(row["execQty"]),
            Decimal(row["execFee"]),
        )
    held = {row["symbol"]: Decimal(row["quantity"]) for row in state["positions"]}
    assert session.orders.accounts.held(KEY, "main") == held.get("BTCUSDT", 0)
    assert session.result.fills == len(state["executions"])


def profit_of(session: LiveSession, state: dict[str, Any]) -> Decimal:
    """The day's profit by the venue's own executions, at the session's mark."""
    cash = quantity = Decimal(0)
    for row in state["executions"]:
        signed = Decimal(row["execQty"]) * (1 if row["side"] == "Buy" else -1)
        quantity += signed
        cash -= signed * Decimal(row["execPrice"]) + Decimal(row["execFee"])
    mark = session._blotter.market.mark(KEY)
    assert mark is not None
    return cash + quantity * mark


@pytest.mark.parametrize("after_s", [0.0, 0.13, 0.37])
async def test_killed_with_orders_and_a_position_everything_is_reconciled_before_arming(
    tmp_path: Path, after_s: float
) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with trader(sandbox, config, tmp_path) as process:
            second = live(config, credentials_of(sandbox), LIMITS, state=tmp_path / "state", timings=QUICK)
            with pytest.raises(AccountLockedError, match=f"process {process.pid} trades it already") as raised:
                await second.open()
            assert raised.value.holder == process.pid
            await second.stop()
            await asyncio.sleep(after_s)
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
        await until(lambda: not sandbox.server.connections, "the sandbox alone")
        state = sandbox.state()
        assert len([row for row in state["orders"] if row["orderStatus"] in WORKING]) >= 7
        assert Decimal(state["positions"][0]["quantity"]) >= Decimal("0.05")

        async with running(sandbox, config, tmp_path / "state") as session:
            assert not session.commands.is_armed
            assert session.commands.arm() is not None
            await until(lambda: session.why_not_arm() == NOT_CONFIRMED, session.why_not_arm)
            compare(session, sandbox.state())
            assert not any(tracked.is_external for tracked in session.orders.working())
            assert abs(session.result.profit["USDT"] - profit_of(session, sandbox.state())) < Decimal("1e-9")
            await armed(session)
            assert refusal(session) is None
        left = [row for row in sandbox.state()["orders"] if row["orderStatus"] in WORKING]
        assert [row["reduceOnly"] for row in left] == [True] * 4


async def test_what_happened_while_nobody_listened_is_known_and_counted_once(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path) as session:
            await armed(session)
            await in_state(order(session, Side.BUY, "0.05", None), OrderState.FILLED)
            stop = order(session, Side.SELL, "0.05", "-8", **STOP)
            await in_state(stop, OrderState.UNTRIGGERED)
        # The same account elsewhere: sells a part, and leaves an order of a kind that the end keeps.
        async with running(sandbox, replace(config, account="other"), tmp_path / "other") as other:
            await armed(other)
            await in_state(order(other, Side.SELL, "0.02", None), OrderState.FILLED)
            kept = order(other, Side.SELL, "0.01", "4", reduce_only=True)
            await in_state(kept, OrderState.NEW)
        for _ in range(2):
            async with running(sandbox, config, tmp_path) as session:
                await armed(session)
                compare(session, sandbox.state())
                assert abs(session.result.profit["USDT"] - profit_of(session, sandbox.state())) < Decimal("1e-9")


async def test_a_loss_over_the_limit_outlives_the_session(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config, limits = sandbox_config(sandbox), replace(LIMITS, daily_loss=Decimal(5))
        async with running(sandbox, config, tmp_path) as session:
            await armed(session)
            await in_state(order(session, Side.BUY, "0.5", None), OrderState.FILLED)  # fees alone are over 15 USDT
            await in_state(order(session, Side.SELL, "0.48", None, reduce_only=True), OrderState.FILLED)
            resting = order(session, Side.BUY, "0.01", "-4")
            stop = order(session, Side.SELL, "0.02", "-8", **STOP)
            await in_state(resting, OrderState.NEW)
            await in_state(stop, OrderState.UNTRIGGERED)
            session.commands.limits = limits
            await until(lambda: not session.commands.is_armed, "the loss limit")
            assert session.commands.disarmed_because.startswith("daily_loss is 5 USDT, lost are ")
            await in_state(resting, OrderState.CANCELED)
            assert stop.is_working
            lost = session.result.fees["USDT"]
            assert (session.commands.arm() or "").startswith("daily_loss is 5 USDT")
        async with running(sandbox, config, tmp_path, limits) as session:
            await until(lambda: "daily_loss" in (session.commands.arm() or ""), session.why_not_arm)
            assert not session.commands.is_armed
            assert session.result.fees["USDT"] >= lost


async def test_a_position_of_before_is_valued_from_where_it_was_first_seen(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path / "other") as other:
            await armed(other)
            await in_state(order(other, Side.BUY, "0.5", None), OrderState.FILLED)
        sandbox.desk.journal.orders.executions.clear()  # as if it had been made long ago
        async with running(sandbox, config, tmp_path) as session:
            await armed(session)
            assert session.orders.accounts.held(KEY, "main") == Decimal("0.5")
            ledger = session._blotter.ledger
            assert ledger.trading[KEY].quantity == Decimal("0.5")
            assert ledger.fills == 0
            mark = session._blotter.market.mark(KEY)
            assert mark is not None
            seen_at = -ledger.trading[KEY].cash / Decimal("0.5")
            assert abs(ledger.profit()["USDT"] - (mark - seen_at) * Decimal("0.5")) < Decimal("1e-9")
            assert abs(seen_at / mark - 1) < Decimal("0.01")


async def test_a_new_day_begins_with_no_loss_and_the_same_position(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)
        await in_state(order(session, Side.BUY, "0.05", None), OrderState.FILLED)
        await until(lambda: session.orders.accounts.held(KEY, "main") and session.why_not_arm() is None, "the position")
        fees = session.result.fees["USDT"]
        day = session._blotter.ledger.started_ns
        monkeypatch.setattr(session._day, "_clock", Tomorrow())
        await until(lambda: session._blotter.ledger.started_ns > day, "the next day")
        ledger = session._blotter.ledger
        assert ledger.started_ns == day + DAY_NS
        assert ledger.trading[KEY].quantity == Decimal("0.05")
        assert ledger.fees == {}
        assert abs(ledger.profit()["USDT"]) < 50
        assert [sheet.fees["USDT"] for sheet in session.attempts] == [fees]


async def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        async with running(sandbox, config, tmp_path) as session:
            await armed(session)
            await in_state(order(session, Side.BUY, "0.05", None), OrderState.FILLED)
        path = tmp_path / STATE_FILE
        whole = path.read_bytes()
        damaged = whole.replace(b'"fills":1', b'"fills":0')
        assert damaged != whole
        for content in (damaged, whole[: len(whole) // 2], b""):
            path.write_bytes(content)
            session = live(config, credentials_of(sandbox), LIMITS, state=tmp_path, timings=QUICK)
            for _ in range(2):
                with pytest.raises(StateError, match="the file is damaged"):
                    await session.open()
            await session.stop()
            assert path.read_bytes() == content


async def test_a_loss_that_can_not_be_kept_disarms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, running(sandbox, sandbox_config(sandbox), tmp_path) as session:
        await armed(session)

        def full(fd: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            order(session, Side.BUY, "0.05", None)
            await until(lambda: not session.commands.is_armed, "the interlock")
            assert "No space left on device" in session.commands.disarmed_because
            assert session.commands.arm() == session.commands.disarmed_because
        await armed(session)
