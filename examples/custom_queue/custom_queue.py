"""A queue of one's own between the market and a client: it keeps only the latest event of each kind and instrument.

Run it with ``python -m examples.custom_queue.custom_queue [--c=FILE]``.

A screen or a dashboard that looks now and then wants this, and it can never fall behind. A queue to another process
(Redis, Kafka, NATS) has the same two ends: `publish` sends, `get_batch` receives.
"""

import asyncio
import sys
from typing import Any

from examples.command_line import config_path
from ttxt_core import BaseClient, Event, IQueue, QueueClosedError, QueueStats, Ticker, run


class LatestQueue(IQueue):
    """At most one event waits of each kind and instrument: a later one takes the place of the earlier."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[type, str], Event[Any]] = {}
        self._arrival = asyncio.Event()
        self._is_closed = False
        self._stats = QueueStats()

    @property
    def stats(self) -> QueueStats:
        return self._stats

    def publish_nowait(self, event: Event[Any]) -> None:
        if self._is_closed:
            raise QueueClosedError("publish an event", "the queue is closed")
        before = len(self._waiting)
        self._waiting[type(event.data), str(event.header.key)] = event
        self._stats.published += 1
        self._stats.conflated += len(self._waiting) == before
        self._stats.highest = max(self._stats.highest, len(self._waiting))
        self._arrival.set()

    async def publish(self, event: Event[Any]) -> None:
        self.publish_nowait(event)

    def get_batch_nowait(self, limit: int | None = None) -> list[Event[Any]]:
        batch = [self._waiting.pop(name) for name in list(self._waiting)[:limit]]
        self._stats.delivered += len(batch)
        return batch

    async def get_batch(self, limit: int | None = None) -> list[Event[Any]]:
        while not (batch := self.get_batch_nowait(limit)):
            if self._is_closed:
                raise QueueClosedError("take events", "the queue is closed and empty")
            self._arrival.clear()
            await self._arrival.wait()
        return batch

    def close(self) -> None:
        self._is_closed = True
        self._arrival.set()


class Dashboard(BaseClient):
    """Prints the latest price twice a second, however many there were."""

    async def on_ticker(self, event: Event[Ticker]) -> None:
        if event.data.last is not None:
            print(f"{event.header.pair} {event.data.last}")
            await asyncio.sleep(0.5)


if __name__ == "__main__":
    queue = LatestQueue()
    status = run(Dashboard(queue), config_path(__file__))
    print(f"{queue.stats.published} events came, {queue.stats.conflated} were replaced before they were seen")
    sys.exit(status)
