"""More frames than a consumer can take: memory stays bounded, losses are counted, and where nothing may be lost the
venue is made to wait.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.bybit_frames import instruments
from tests.conftest import REPOSITORY
from tests.flood_sender import CYCLE, DEPTH, frames
from tests.web_support import Desk, desk
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.bybit.wire import TopicRequests, stream_request_id
from ttxt_core.connectors.outbox import Outbox
from ttxt_core.events import BookState, BookStatus, Event, FeedGap, MarketTrades, Orderbook
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.web.dialect import StreamDialect
from ttxt_core.web.requests import WSResponse
from ttxt_core.web.ws_assistant import StreamState

RATE = 10_000
"""Frames offered a second."""
LEAST_RATE = 8_000
CAPACITY = 500
MOST_GROWTH_MB = 32.0
"""A minute of frames is some 250 MB, several times that as events."""

MINUTE = 60
SHORT = pytest.param(1, id="1s")
LONG = pytest.param(MINUTE, id="60s", marks=[pytest.mark.long, pytest.mark.timeout(300)])
Shown = tuple[list[tuple[float, float]], list[tuple[float, float]]]


def normalizer() -> BybitNormalizer:
    own = BybitNormalizer("linear")
    own.instruments(instruments("linear").encode(), 0)
    return own


def name_of(event: Event[Any]) -> int | str:
    """What tells an event from the others of its cycle."""
    data = event.data
    return data.sequence if type(data) is Orderbook else data.trades[0].trade_id


def cycle() -> tuple[list[int | str], dict[int, Shown]]:
    """The events of a cycle in order, and the book as each of its messages leaves it."""
    own, book = normalizer(), LocalOrderbook()
    names: list[int | str] = []
    states: dict[int, Shown] = {}
    for text in frames():
        (event,) = own.normalize(text.encode(), 0)
        names.append(name_of(event))
        if type(event.data) is Orderbook:
            book.update(event)
            assert book.state is BookState.VALID
            states[event.data.sequence] = shown(book)
    return names, states


def shown(book: LocalOrderbook) -> Shown:
    return book.bids(3), book.asks(3)


def memory_mb() -> float:
    """Resident now."""
    statm = Path("/proc/self/statm")
    if not statm.is_file():
        pytest.skip("no /proc to read this process's memory from")
    return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6


@dataclass
class Flood:
    """A flood that is coming in: `read` counts frames, `ended` is what the sender says in the end."""

    desk: Desk
    queue: AsyncioQueue
    read: int = 0
    ended: dict[str, float] = field(default_factory=dict)
    memory: list[float] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Everything that was sent has been read and taken out, over one connection."""
        assert self.desk.count(StreamState.DISCONNECTED) == 0, self.desk.reasons
        return bool(self.ended) and self.read == self.ended["frames"] and not len(self.queue)

    def report(self, what: str) -> str:
        stats, sent = self.queue.stats, self.ended
        return (
            f"\nflood, {what}: {sent['rate']:,.0f} frames/s of {RATE:,} offered, {self.read:,} read; "
            f"{stats.delivered:,} events delivered, {stats.dropped:,} dropped, {stats.conflated:,} conflated; "
            f"at most {stats.highest:,} waited; sender held up for {sent['blocked_s']:.1f} s; "
            f"memory {min(self.memory):.0f} to {max(self.memory):.0f} MB\n"
        )


@asynccontextmanager
async def flooded(policy: FullPolicy, seconds: int) -> AsyncIterator[Flood]:
    """The sender, and its frames through the assistant and the normalizer into a queue."""
    command = [sys.executable, "-m", "tests.flood_sender", str(RATE), str(seconds)]
    sender = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE)
    told = sender.stdout
    assert told is not None
    url = json.loads(await told.readline())["url"]
    queue = AsyncioQueue(capacity=CAPACITY, policy=policy, name="slow")
    outbox, own = Outbox(queue), normalizer()

    def on_response(response: WSResponse) -> Awaitable[None]:
        flood.read += 1
        return outbox.forward(own.normalize(response.raw, response.receive_time_ns))

    talks = StreamDialect(subscribe=TopicRequests("linear").subscribe, correlate=stream_request_id)

    async def hear_the_end() -> None:
        flood.ended = json.loads(await told.readline())

    try:
        async with desk(url, talks=talks, on_response=on_response) as own_desk:
            flood = Flood(own_desk, queue)
            await own_desk.ready()
            own_desk.assistant.subscribe([f"orderbook.{DEPTH}.BTCUSDT", "publicTrade.BTCUSDT"])
            hearing = asyncio.create_task(hear_the_end())
            try:
                yield flood
            finally:
                hearing.cancel()
        assert await sender.wait() == 0
    finally:
        if sender.returncode is None:
            sender.kill()
            await sender.wait()


def check_common(flood: Flood, seconds: int, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    if seconds == MINUTE:
        with capsys.disabled():
            sys.stdout.write(flood.report(what))
    assert flood.ended["frames"] == RATE * seconds + 1
    assert flood.queue.stats.published == flood.read == flood.ended["frames"]
    assert flood.queue.stats.highest <= CAPACITY
    assert max(flood.memory) - flood.memory[0] < MOST_GROWTH_MB
    if seconds == MINUTE:
        assert flood.ended["rate"] >= LEAST_RATE


@pytest.mark.parametrize("policy", [FullPolicy.DROP_OLDEST, FullPolicy.CONFLATE])
@pytest.mark.parametrize("seconds", [SHORT, LONG])
async def test_what_a_slow_consumer_loses_is_counted(
    policy: FullPolicy, seconds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    _, states = cycle()
    book = LocalOrderbook()
    taken = missed = valid = 0
    was_lost = False
    async with flooded(policy, seconds) as flood:
        while not flood.is_over:
            await asyncio.sleep(0.1)  # at most 500 events a second
            flood.memory.append(memory_mb())
            for event in flood.queue.get_batch_nowait(50):
                if type(event.data) is FeedGap:
                    missed += event.data.missed or 0
                elif type(event.data) is BookStatus:
                    was_lost = True
                    book.mark_gap(event.data.reason)
                else:
                    taken += 1
                if type(event.data) is Orderbook:
                    book.update(event)
                    if book.state is BookState.VALID:
                        valid += 1
                        assert shown(book) == states[event.data.sequence]
    check_common(flood, seconds, f"{policy}, slow consumer", capsys)
    stats = flood.queue.stats
    assert stats.dropped > 0
    assert 0 < missed <= stats.dropped
    assert was_lost or policy is FullPolicy.CONFLATE
    assert taken + stats.dropped + stats.conflated == stats.published
    assert valid > 0
    assert book.state is BookState.VALID


@pytest.mark.parametrize("seconds", [SHORT, LONG])
async def test_where_nothing_is_lost_the_venue_waits(seconds: int, capsys: pytest.CaptureFixture[str]) -> None:
    names, _ = cycle()
    taken = 0
    rest_until = time.monotonic()
    async with flooded(FullPolicy.BLOCK, seconds) as flood:
        flood.memory.append(memory_mb())
        while not flood.is_over:
            if time.monotonic() >= rest_until:  # takes nothing for a second, then is quick for five
                while flood.queue.stats.highest < CAPACITY and not flood.ended:  # noqa: ASYNC110 - not before it is full
                    await asyncio.sleep(0.1)
                await asyncio.sleep(1.0)
                rest_until = time.monotonic() + 5.0
                flood.memory.append(memory_mb())
            for event in flood.queue.get_batch_nowait():
                assert type(event.data) in {Orderbook, MarketTrades}
                assert name_of(event) == names[taken % CYCLE], taken
                taken += 1
            await asyncio.sleep(0.002)
    check_common(flood, seconds, "block, consumer that stops", capsys)
    stats = flood.queue.stats
    assert taken == flood.read
    assert (stats.dropped, stats.conflated) == (0, 0)
    assert stats.highest == CAPACITY
    assert flood.ended["blocked_s"] > 0.2  # back-pressure reached its socket
