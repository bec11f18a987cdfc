"""A LIVE session that is killed in the turn in which it sent a command: the next one knows all of it before it arms."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from tests.conftest import REPOSITORY
from tests.connector_support import sandbox_config
from tests.live_desk import desk_of
from tests.live_killed import STAGES
from tests.live_support import KEY, armed, has_book, running, until
from tests.test_session_live_restart import compare
from ttxt_core.connectors.config import ConnectorConfig
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings

SANDBOX = BybitSandboxSettings(seed=7, rate=150)


async def kill(sandbox: BybitSandbox, config: ConnectorConfig, folder: Path, stage: str) -> None:
    """Let a process trade until it kills itself."""
    path = folder / "config.json"
    path.write_bytes(msgspec.json.encode(config))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.live_killed",
        str(path),
        str(folder / "state"),
        stage,
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
    )
    await asyncio.wait_for(process.communicate(f"{sandbox.api_key}\n{sandbox.api_secret}\n".encode()), 60)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "stage", [pytest.param(stage, marks=[pytest.mark.long] if at % 3 else []) for at, stage in enumerate(STAGES)]
)
async def test_everything_is_known_and_can_be_closed_after_a_kill(tmp_path: Path, stage: str) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox)
        await kill(sandbox, config, tmp_path, stage)
        async with running(sandbox, config, tmp_path / "state") as session, desk_of(session) as desk:
            assert not session.commands.is_armed
            await until(lambda: has_book(session), "a book")
            await armed(session)
            compare(session, sandbox.state(1))
            assert not any(known.is_external for known in session.orders.working() if known.client_order_id)
            desk.desk.panic()
            await until(
                lambda: not session.orders.accounts.held(KEY, "main") and not session.orders.working(),
                lambda: (desk.said, session.orders.working()),
            )
            compare(session, sandbox.state(1))
            assert desk.desk.alerts == []
