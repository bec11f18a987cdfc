"""A client from its config file to its end: the order of things, queues of its own, signals, exit status."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.recording_support import market, write
from ttxt_core.bootstrap import ClientConfig, run, run_async
from ttxt_core.bootstrap.config import PracticeConfig, ReplayConfig
from ttxt_core.client import BaseClient, IEventHandler
from ttxt_core.errors import ConfigError, QueueFullError, RecordingError
from ttxt_core.events import Event, Instrument, MarketTrades, Orderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.recording.reader import read_events
from ttxt_core.session import Session, SessionKind


class Diary(IEventHandler):
    """Writes down what happens to it."""

    def __init__(self) -> None:
        self.pages: list[str] = []

    async def on_start(self, session: Session) -> None:
        self.session = session
        self.pages.append("start")

    async def on_instrument(self, event: Event[Instrument]) -> None:
        self.pages.append("instrument")

    async def on_orderbook(self, event: Event[Orderbook]) -> None:
        self.pages.append("book")

    async def on_stop(self) -> None:
        self.pages.append("stop")


def played(folder: Path, events: int = 300) -> ClientConfig:
    write(folder / "market.bin", market(events))
    return ClientConfig(market=ReplayConfig(paths=(str(folder),), speed="max"))


async def test_a_handler_is_told_of_the_start_then_of_every_event_then_of_the_end(tmp_path: Path) -> None:
    config = played(tmp_path)
    books = sum(type(event.data) is Orderbook for event in read_events(tmp_path / "market.bin"))
    client = Diary()
    assert await run_async(client, config) == []
    assert client.session.kind is SessionKind.REPLAY
    assert client.pages[:2] == ["start", "instrument"]
    assert client.pages.count("stop") == 1
    assert client.pages.count("book") == books > 100


async def test_setting_stop_ends_it_and_the_client_may_act_until_then() -> None:
    stop = asyncio.Event()
    seen: list[bool] = []

    class Client(Diary):
        async def on_orderbook(self, event: Event[Orderbook]) -> None:
            stop.set()

        async def on_stop(self) -> None:
            seen.append(self.session.commands.is_armed)

    await asyncio.wait_for(run_async(Client(), ClientConfig(market=PracticeConfig(history=1)), stop=stop), 60)
    assert seen == [True]


async def test_a_client_reads_from_the_queue_that_it_was_made_with(tmp_path: Path) -> None:
    class Client(BaseClient):
        books = 0

        async def on_orderbook(self, event: Event[Orderbook]) -> None:
            self.books += 1

    client = Client(AsyncioQueue(capacity=3))
    await run_async(client, played(tmp_path))
    assert client.books > 100
    assert isinstance(client.consumer, AsyncioQueue)
    assert client.consumer.is_closed
    assert client.consumer.stats.published > client.books


async def test_a_client_whose_queue_is_fed_by_others_only_reads(tmp_path: Path) -> None:
    class Client(BaseClient):
        trades = 0

        async def on_start(self, session: Session) -> None:
            self.consumer = session.events.subscribe("trades", accepts=frozenset({MarketTrades}))

        async def on_market_trades(self, event: Event[MarketTrades]) -> None:
            self.trades += 1

    client = Client(played_consumer())
    await asyncio.wait_for(run_async(client, played(tmp_path)), 60)
    assert client.trades > 10


def played_consumer() -> Any:
    class Nothing:
        """No queue: an end that somebody else feeds."""

    return Nothing()


async def test_a_queue_that_overflows_ends_the_run(tmp_path: Path) -> None:
    class Slow(BaseClient):
        async def on_orderbook(self, event: Event[Orderbook]) -> None:
            await asyncio.sleep(0.01)

    client = Slow(AsyncioQueue(capacity=2, policy=FullPolicy.ERROR))
    with pytest.raises(QueueFullError):
        await asyncio.wait_for(run_async(client, played(tmp_path)), 60)


async def test_what_a_client_raises_ends_the_session(tmp_path: Path) -> None:
    class Strict(BaseClient):
        async def on_orderbook(self, event: Event[Orderbook]) -> None:
            raise LookupError("no such page")

        async def on_error(self, event: Event[Any], error: Exception) -> None:
            raise error

    with pytest.raises(LookupError, match="no such page"):
        await asyncio.wait_for(run_async(Strict(AsyncioQueue()), played(tmp_path)), 60)


async def test_it_records_where_the_config_says(tmp_path: Path) -> None:
    stop = asyncio.Event()
    folder = tmp_path / "recordings"

    class Client(IEventHandler):
        async def on_market_trades(self, event: Event[MarketTrades]) -> None:
            stop.set()

    config = ClientConfig(market=PracticeConfig(rate=500, history=1, recording=str(folder)))
    await asyncio.wait_for(run_async(Client(), config, stop=stop), 60)
    (path,) = folder.iterdir()
    assert {Instrument, Orderbook, MarketTrades} <= {type(event.data) for event in read_events(path)}


def test_what_is_wrong_before_the_start_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[practice]\nrate = -1")
    assert run(Diary(), path) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith(f"config file {path}, table practice, key rate: ")


def test_a_part_that_fails_is_said_at_the_end_with_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise RecordingError("play the market", "the disk has gone")

    monkeypatch.setattr("ttxt_core.simulation.practice_market.PracticeMarket.run", fail)
    path = tmp_path / "config.toml"
    path.write_text("[practice]")
    client = Diary()
    assert run(client, path) == 1
    assert capsys.readouterr().err == "the market source has failed: play the market: the disk has gone\n"
    assert client.pages[0] == "start"
    assert client.pages[-1] == "stop"


PROGRAM = """
import asyncio, sys
from ttxt_core import IEventHandler, run

class Client(IEventHandler):
    async def on_orderbook(self, event):
        print("book", flush=True)
        {on_book}

    async def on_stop(self):
        print("stop", flush=True)
        {on_stop}

sys.exit(run(Client(), sys.argv[1]))
"""


def program(folder: Path, on_book: str = "pass", on_stop: str = "pass") -> subprocess.Popen[str]:
    path = folder / "config.toml"
    path.write_text("[practice]\nhistory = 1")
    command = [sys.executable, "-c", PROGRAM.format(on_book=on_book, on_stop=on_stop), str(path)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert started.stdout is not None
    assert started.stdout.readline() == "book\n", started.stderr and started.stderr.read()
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with program(tmp_path) as running:
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, "")
    assert out.splitlines().count("stop") == 1


def test_a_second_signal_ends_a_program_that_does_not_end(tmp_path: Path) -> None:
    with program(tmp_path, on_stop="await asyncio.sleep(60)") as running:
        running.send_signal(signal.SIGTERM)
        assert running.stdout is not None
        while running.stdout.readline() != "stop\n":
            pass
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert running.returncode == -signal.SIGTERM


async def test_that_it_can_not_start_is_said_to_who_runs_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        await run_async(Diary(), ClientConfig(market=ReplayConfig(paths=(str(tmp_path),))))
