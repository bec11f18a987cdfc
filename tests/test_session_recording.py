"""`recording` in a connector's config: a session of it records from its start, a connector alone writes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.connector_support import QUICK, sandbox_config
from tests.live_support import LIMITS, credentials_of, until
from ttxt_core.bootstrap import run
from ttxt_core.client import IEventHandler
from ttxt_core.connectors.config import ConnectorConfig, parse_config
from ttxt_core.connectors.registry import connect
from ttxt_core.errors import RecordingError
from ttxt_core.events import Instrument, MarketTrades, Orderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.recording.naming import recordings_in
from ttxt_core.recording.reader import read_events
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session import Session, paper
from ttxt_core.session.live import live
from ttxt_core.web.secrets import Credentials, Secret

SANDBOX = BybitSandboxSettings(rate=300)
NOBODY = Credentials(Secret("key"), Secret("secret"))
NOWHERE = {"rest": "http://127.0.0.1:9", "ws_public": "ws://127.0.0.1:9/v5/public/linear"}
TESTNET = {"trading": "test", "environment": "testnet"}


def config_to(folder: Path, **changes: Any) -> ConnectorConfig:
    """A config of a venue that nobody can reach: who asks it anything fails otherwise than by the folder."""
    document = {"venue": "bybit", "category": "linear", "pairs": ["BTC/USDT"], "hosts": NOWHERE}
    return parse_config(document | {"recording": str(folder)} | changes)


def in_the_way(folder: Path) -> str:
    made, file = folder / "file" / "recordings", folder / "file"
    return f"make the folder {made}: {file} is a file, not a folder (choose another folder)"


async def recorded(session: Session, folder: Path) -> set[type]:
    async with session:
        await until(lambda: session.recording is not None and session.recording.events > 50, "a recording")
    assert session.troubles == []
    (path,) = recordings_in([folder])
    assert path.name == "BYBIT-LINEAR_BTC_USDT.bin"
    return {type(event.data) for event in read_events(path)}


async def test_a_paper_session_records_where_its_config_says(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "recordings"
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, trading="none", environment="mainnet", recording=str(folder))
        assert {Instrument, Orderbook, MarketTrades} <= await recorded(paper(config, timings=QUICK), folder)


async def test_a_live_session_records_where_its_config_says(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, recording=str(folder))
        session = live(config, credentials_of(sandbox), LIMITS, state=tmp_path / "state", timings=QUICK)
        assert {Instrument, Orderbook, MarketTrades} <= await recorded(session, folder)


async def test_a_connector_alone_writes_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    queue = AsyncioQueue()
    async with BybitSandbox(SANDBOX) as sandbox:
        config = sandbox_config(sandbox, trading="none", environment="mainnet", recording=str(folder))
        running = asyncio.create_task(connect(config, queue, timings=QUICK).run())
        kinds = {type(event.data) for _ in range(50) for event in await queue.get_batch()}
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert Orderbook in kinds
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["paper", "live"])
async def test_a_folder_that_cant_be_written_is_said_before_anything_connects(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("no folder")
    if kind == "paper":
        session = paper(config_to(tmp_path / "file" / "recordings"))
    else:
        session = live(config_to(tmp_path / "file" / "recordings", **TESTNET), NOBODY, LIMITS, state=tmp_path)
    with pytest.raises(RecordingError) as raised:
        await session.open()
    await session.stop()
    assert str(raised.value) == in_the_way(tmp_path)


def test_a_program_says_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "config.toml"
    path.write_text(f'[practice]\nrecording = "{tmp_path}/file/recordings"')
    assert run(IEventHandler(), path) == 2
    said = capsys.readouterr().err
    assert said == in_the_way(tmp_path) + "\n"
