"""The practice market on a queue: pacing by the clock it is given, one ordered stream, a rate that can change."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.practice_reading import SECOND_NS, START_NS, Reader
from ttxt_core.clock import MILLISECOND_NS, ManualClock
from ttxt_core.errors import ConfigError, QueueClosedError
from ttxt_core.events import Event, Instrument, Kline, Orderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.simulation.practice_market import DEFAULT_PAIRS, PracticeMarket
from ttxt_core.simulation.practice_pairs import BTC_LINEAR, ETH_LINEAR, SOL_LINEAR

PAIRS = (SOL_LINEAR, ETH_LINEAR)


class Bench:
    """A market on a clock that is moved by hand, and a consumer that notes everything."""

    def __init__(self, market: PracticeMarket, clock: ManualClock, queue: AsyncioQueue) -> None:
        self.market = market
        self.clock = clock
        self.queue = queue
        self.task = asyncio.create_task(market.run())

    async def settle(self) -> list[Event[Any]]:
        """Let the market do what is due, and take what it published."""
        events: list[Event[Any]] = []
        idle = 0
        while idle < 20:
            await asyncio.sleep(0)
            batch = self.queue.get_batch_nowait()
            events += batch
            idle = 0 if batch else idle + 1
        return events

    async def advance(self, seconds: float, step_ns: int = 10 * MILLISECOND_NS) -> list[Event[Any]]:
        events: list[Event[Any]] = []
        for _ in range(round(seconds * SECOND_NS / step_ns)):
            self.clock.advance_ns(step_ns)
            events += await self.settle()
        return events


@asynccontextmanager
async def opened(make: Callable[..., PracticeMarket] = PracticeMarket, **options: Any) -> AsyncIterator[Bench]:
    clock = ManualClock(START_NS)
    queue = AsyncioQueue(capacity=options.pop("capacity", 100_000), policy=FullPolicy.BLOCK)
    bench = Bench(make(options.pop("pairs", PAIRS), clock, queue, **options), clock, queue)
    try:
        yield bench
    finally:
        bench.market.stop()
        await asyncio.wait_for(bench.task, 60)


async def test_a_chart_is_full_before_the_first_trade() -> None:
    async with opened(history=50) as bench:
        events = await bench.settle()
    kinds = [type(event.data) for event in events]
    assert kinds[:2] == [Instrument, Orderbook]
    assert kinds[3:5] == [Instrument, Orderbook]
    assert kinds[6:] == [Kline] * 100
    assert {event.header.key for event in events} == {pair.key for pair in PAIRS}


async def test_events_come_when_they_are_due_and_in_order() -> None:
    async with opened(rate=300.0, history=0) as bench:
        await bench.settle()
        assert await bench.settle() == []
        times = []
        for _ in range(100):
            events = await bench.advance(0.02)
            now_ns = bench.clock.now_ns()
            fresh = [event.header.receive_time_ns for event in events]
            assert all(now_ns - 40 * MILLISECOND_NS <= time_ns <= now_ns for time_ns in fresh)
            times += fresh
    assert times == sorted(times)
    assert len(times) == pytest.approx(600, rel=0.35)


async def test_every_pair_is_a_whole_stream() -> None:
    readers = {pair.key: Reader(pair) for pair in DEFAULT_PAIRS}
    async with opened(pairs=DEFAULT_PAIRS, rate=400.0, history=5) as bench:
        events = await bench.settle() + await bench.advance(3)
    for event in events:
        readers[event.header.key].read(event)
    assert all(len(reader.deltas) > 20 for reader in readers.values())


async def test_wake_ups_do_not_change_what_happens() -> None:
    async def run(step_ns: int) -> list[Event[Any]]:
        async with opened(rate=200.0, history=3, seed=5) as bench:
            return await bench.settle() + await bench.advance(1.2, step_ns)

    assert await run(10 * MILLISECOND_NS) == await run(40 * MILLISECOND_NS)


async def test_the_rate_changes_while_it_runs() -> None:
    async with opened(rate=5.0, history=0) as bench:
        await bench.settle()
        calm = await bench.advance(4)
        bench.market.rate = 2_000.0
        assert bench.market.rate == 2_000.0
        busy = await bench.advance(0.5)
        bench.market.rate = 5.0
        calm_again = await bench.advance(4)
    assert len(calm) < 80
    assert 600 < len(busy) < 1_500
    assert len(calm_again) < 80


async def test_a_machine_that_slept_is_not_flooded() -> None:
    readers = {pair.key: Reader(pair) for pair in PAIRS}
    async with opened(rate=100.0, history=0) as bench:
        events = await bench.settle() + await bench.advance(1)
        bench.clock.advance_ns(3_600 * SECOND_NS)
        woken = await bench.settle()
        events += woken + await bench.advance(2)
    trading = [event for event in woken if not isinstance(event.data, Kline)]
    assert len(trading) < 50
    for event in events:
        readers[event.header.key].read(event)


async def test_a_slow_consumer_holds_the_market_and_loses_nothing() -> None:
    reader = Reader(BTC_LINEAR)
    async with opened(pairs=(BTC_LINEAR,), rate=500.0, history=0, capacity=10) as bench:
        for _ in range(60):
            bench.clock.advance_ns(10 * MILLISECOND_NS)
            for _ in range(30):
                await asyncio.sleep(0)
            for event in bench.queue.get_batch_nowait(limit=4):
                reader.read(event)
        for event in await bench.settle():
            reader.read(event)
    assert bench.queue.stats.dropped == 0
    assert bench.queue.stats.highest == 10
    assert len(reader.deltas) > 100


async def test_stop_ends_it_and_it_can_be_opened_again() -> None:
    async with opened(history=0) as bench:
        first = await bench.settle()
        bench.market.stop()
        bench.market.stop()
        await asyncio.wait_for(bench.task, 60)
        bench.clock.advance_ns(SECOND_NS)
        assert await bench.settle() == []
        bench.task = asyncio.create_task(bench.market.run())
        again = await bench.settle()
    assert len(again) == len(first) == 6
    assert again[1].data == first[1].data
    assert not bench.task.cancelled()


async def test_a_cancelled_task_is_cancelled() -> None:
    clock = ManualClock(START_NS)
    market = PracticeMarket(PAIRS, clock, AsyncioQueue(capacity=10_000))
    task = asyncio.create_task(market.run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    market.stop()


async def test_a_closed_queue_ends_it_with_the_reason() -> None:
    queue = AsyncioQueue(capacity=10_000)
    queue.close()
    with pytest.raises(QueueClosedError):
        await PracticeMarket(PAIRS, ManualClock(START_NS), queue).run()


@pytest.mark.parametrize("rate", [0.0, -5.0, float("nan"), float("inf")])
def test_a_rate_that_can_not_be_is_refused(rate: float) -> None:
    queue = AsyncioQueue(capacity=10)
    with pytest.raises(ConfigError, match="rate of the practice market"):
        PracticeMarket(PAIRS, ManualClock(), queue, rate=rate)
    market = PracticeMarket(PAIRS, ManualClock(), queue)
    with pytest.raises(ConfigError):
        market.rate = rate
    assert market.rate == 200.0


def test_a_market_needs_a_pair() -> None:
    with pytest.raises(ConfigError, match="no pair"):
        PracticeMarket((), ManualClock(), AsyncioQueue(capacity=10))
