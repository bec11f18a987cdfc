"""A replayer at whose desk a test sits: both of its clocks, and what it has published."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from ttxt_core.clock import NANOSECONDS, ManualClock, ReplayClock
from ttxt_core.events import Event
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.recording.replayer import MarketDataReplayer


class Desk:
    """A replayer, what it published so far, and both of its clocks."""

    def __init__(self, *paths: Path, **options: Any) -> None:
        self.queue = AsyncioQueue(capacity=options.pop("capacity", 100_000))
        self.wall = ManualClock(5 * NANOSECONDS)
        self.clock = ReplayClock()
        self.replayer = MarketDataReplayer(paths, self.queue, self.clock, wall=self.wall, **options)
        self.published: list[Event[Any]] = []

    def take(self) -> list[Event[Any]]:
        """What was published since the last call."""
        events = self.queue.get_batch_nowait()
        self.published += events
        return events

    async def settle(self) -> None:
        """Let the replayer do all that it can without time passing."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def pass_time(self, seconds: float) -> None:
        """`seconds` of waiting, in steps of 5 ms."""
        for _ in range(round(seconds * 200)):
            self.wall.advance_ns(5_000_000)
            await self.settle()


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(desk.replayer.run())
    await desk.settle()
    yield task
    desk.replayer.stop()
    await asyncio.wait_for(task, 60)


OpenDesk = Callable[..., Desk]


@contextmanager
def desks() -> Iterator[OpenDesk]:
    """Opens desks, and stops their replayers afterwards."""
    opened: list[Desk] = []

    def open_desk(*paths: Path, **options: Any) -> Desk:
        opened.append(Desk(*paths, **options))
        return opened[-1]

    yield open_desk
    for desk in opened:
        desk.replayer.stop()
