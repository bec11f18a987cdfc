"""A program with a LIVE session that is told to end: entries are cancelled, stops stay, and the account is given up."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from tests.connector_support import sandbox_config
from tests.live_support import LIMITS, until
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings

SANDBOX = BybitSandboxSettings(seed=7, rate=300)
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_cancels_entries_and_keeps_stops(tmp_path: Path, number: signal.Signals) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        path = tmp_path / "config.json"
        document = {"connector": sandbox_config(sandbox), "limits": LIMITS}
        path.write_bytes(msgspec.json.encode(document))
        environment = {
            **os.environ,
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "TTXT_BYBIT_TESTNET_API_KEY": sandbox.api_key,
            "TTXT_BYBIT_TESTNET_API_SECRET": sandbox.api_secret,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.live_client", str(path)),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            assert await asyncio.wait_for(process.stdout.readline(), 60) == b"working\n"
            process.send_signal(number)
            _, errors = await asyncio.wait_for(process.communicate(), 60)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert (process.returncode, errors) == (0, b"")
        await until(lambda: not sandbox.server.connections, "the sandbox alone")
        rows = sandbox.state()["orders"]
        left = [row["reduceOnly"] for row in rows if row["orderStatus"] in {"New", "PartiallyFilled", "Untriggered"}]
        assert left == [True]
        assert [row["quantity"] for row in sandbox.state()["positions"]] == ["0.02"]
