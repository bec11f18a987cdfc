"""The practice market in a process of its own: the same market, and no process that is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.practice_reading import SECOND_NS, Reader
from tests.session_support import data_of
from ttxt_core.clock import MILLISECOND_NS, ManualClock
from ttxt_core.errors import ConfigError, QueueClosedError
from ttxt_core.events import BookState, BookStatus, Event, Instrument, Kline, Orderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.session import practice
from ttxt_core.simulation.practice_market import PracticeMarket
from ttxt_core.simulation.practice_pairs import BTC_LINEAR, BTC_SPOT, SOL_LINEAR
from ttxt_core.simulation.practice_process import PracticeProcess

PAIRS = (BTC_LINEAR, SOL_LINEAR)
ROOT = Path(__file__).resolve().parent.parent


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not asked for its status does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


class Bench:
    """A market elsewhere, and a queue for what it publishes."""

    def __init__(self, **options: Any) -> None:
        self.queue = AsyncioQueue(capacity=100_000, policy=FullPolicy.BLOCK)
        self.market = PracticeProcess(options.pop("pairs", PAIRS), self.queue, **options)
        self.events: list[Event[Any]] = []

    async def take(self, count: int) -> list[Event[Any]]:
        """Wait until `count` more events have come."""
        first = len(self.events)
        async with asyncio.timeout(60):
            while len(self.events) < first + count:
                self.events += await self.queue.get_batch()
        return self.events[first:]


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[Bench]:
    bench = Bench(**options)
    task = asyncio.create_task(bench.market.run())
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        bench.market.close()


async def test_its_events_are_those_of_a_market_in_this_process() -> None:
    async with opened(seed=5, rate=600.0, history=20) as bench:
        there = await bench.take(700)
    start_ns = there[0].header.receive_time_ns
    clock, queue = ManualClock(start_ns), AsyncioQueue(capacity=100_000, policy=FullPolicy.BLOCK)
    market = PracticeMarket(PAIRS, clock, queue, seed=5, rate=600.0, history=20)
    running = asyncio.create_task(market.run())
    here: list[Event[Any]] = []
    while len(here) < len(there):
        for _ in range(50):
            await asyncio.sleep(0)
        here += queue.get_batch_nowait()
        clock.advance_ns(10 * MILLISECOND_NS)
    market.stop()
    await running
    assert there == here[: len(there)]
    assert any(type(event.data) is Kline for event in there)


async def test_every_pair_is_a_whole_stream() -> None:
    readers = {pair.key: Reader(pair) for pair in PAIRS}
    async with opened(rate=2_000.0, history=5) as bench:
        for event in await bench.take(1_500):
            readers[event.header.key].read(event)
    assert all(len(reader.deltas) > 20 for reader in readers.values())


async def test_the_rate_changes_while_it_runs() -> None:
    async with opened(rate=5.0, history=0) as bench:
        await bench.take(6)
        bench.market.rate = 2_000.0
        assert bench.market.rate == 2_000.0
        times = [event.header.receive_time_ns for event in await bench.take(1_000)]
    assert times[-1] - times[0] < 5 * SECOND_NS


async def test_closing_ends_the_process_also_twice_and_before_it_ran() -> None:
    async with opened() as bench:
        await bench.take(2)
        pid = bench.market.pid
        assert is_alive(pid)
    assert not is_alive(pid)
    bench.market.close()
    idle = Bench().market
    idle.close()
    assert not is_alive(idle.pid)


async def test_a_process_that_ends_is_said_with_its_status() -> None:
    bench = Bench()
    running = asyncio.create_task(bench.market.run())
    await bench.take(2)
    os.kill(bench.market.pid, signal.SIGKILL)
    with pytest.raises(QueueClosedError, match="ended with status -9"):
        await asyncio.wait_for(running, 60)
    bench.market.rate = 50.0
    bench.market.close()


async def test_a_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/nowhere"])
    bench = Bench()
    with pytest.raises(QueueClosedError, match=r"status 1.*ModuleNotFoundError: No module named 'ttxt_core'"):
        await asyncio.wait_for(bench.market.run(), 60)
    bench.market.close()


def test_what_is_no_market_is_refused_before_anything_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = AsyncioQueue()
    with pytest.raises(ConfigError, match="no pair"):
        PracticeProcess((), queue)
    with pytest.raises(ConfigError, match="events a second"):
        PracticeProcess(PAIRS, queue, rate=0)
    with pytest.raises(ConfigError, match="can't share a clock"):
        practice(PAIRS, clock=ManualClock(), own_process=True)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ConfigError, match="start the process of the practice market"):
        PracticeProcess(PAIRS, queue)


PARENT = """
import asyncio, sys
from ttxt_core.session import practice

async def main():
    async with practice(rate=2_000.0, own_process=True) as session:
        told = session.events.subscribe("test")
        await told.get_batch()
        print(session.practice_market.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def begin_parent() -> tuple[subprocess.Popen[bytes], int]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    with parent.stdout:
        return parent, int(parent.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_it_ends_with_its_parent_however_that_ends(number: signal.Signals) -> None:
    parent, pid = begin_parent()
    assert is_alive(pid)
    os.kill(parent.pid, number)
    parent.wait(60)
    await until(lambda: not is_alive(pid))


@pytest.mark.long
async def test_a_market_stands_still_while_nobody_takes_its_events() -> None:
    async with opened(rate=2_000.0, history=0) as bench:
        await bench.take(100)
        time.sleep(4.0)  # noqa: ASYNC251 - the whole loop, as in a stopped program
        await bench.take(6_000)
        readers = {pair.key: Reader(pair) for pair in PAIRS}
        for event in bench.events:
            readers[event.header.key].read(event)
        lag_ns = time.time_ns() - bench.events[-1].header.receive_time_ns
    assert lag_ns < 3 * SECOND_NS, "it does not catch up, and loses nothing"


async def test_a_session_goes_on_without_its_market() -> None:
    session = practice([BTC_SPOT], rate=500.0, history=5, own_process=True)
    told = session.events.subscribe("screen")
    async with session:
        market = session.practice_market
        assert isinstance(market, PracticeProcess)
        await until(lambda: session.events.book(BTC_SPOT.key) is not None)
        assert {Instrument, Orderbook} <= {type(event.data) for event in told.get_batch_nowait()}
        os.kill(market.pid, signal.SIGKILL)
        await until(lambda: bool(session.troubles))
        assert "the market source has failed" in session.troubles[0]
        await asyncio.sleep(0.01)
        assert [status.state for status in data_of(told, BookStatus)] == [BookState.STALE]
    assert not is_alive(market.pid)
