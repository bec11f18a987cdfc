"""The queue inside one process: a deque that is drained in batches, with one wake of the consumer a batch.

Owns what waits, the wake-ups of both ends and the counters; what is lost or merged when it is full is the
backlog's. It belongs to one event loop and one consumer, and is not thread-safe.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from ttxt_core.errors import QueueClosedError, QueueError, QueueFullError
from ttxt_core.events.envelope import Event
from ttxt_core.queues.backlog import Backlog, SnapshotRequest
from ttxt_core.queues.base import FullPolicy, IQueue, QueueStats

DEFAULT_CAPACITY = 10_000


class AsyncioQueue(IQueue):
    """A bounded queue from any number of publishers to one consumer.

    Account events, commands, acks and status are never lost, whatever the policy: when nothing else is left to
    lose they raise `QueueFullError`. Under DROP_OLDEST and CONFLATE what was lost is said in its place: a
    `FeedGap` with the number of events, and for a book `BookStatus(GAP)`; nothing more of that book comes out
    until a snapshot, which is asked of `request_snapshot` when the consumer comes. CONFLATE also merges tickers,
    whose fields are partial, and loses the oldest trades and candles when merging is not enough.
    """

    def __init__(
        self,
        *,
        capacity: int = DEFAULT_CAPACITY,
        policy: FullPolicy = FullPolicy.BLOCK,
        name: str = "queue",
        request_snapshot: SnapshotRequest | None = None,
    ) -> None:
        """A queue for at most `capacity` events; notices of losses come on top.

        Raises:
            QueueError: the capacity is below one.
        """
        if capacity < 1:
            raise QueueError(f"make the queue {name}", f"its capacity is {capacity}", "give it at least 1")
        self._capacity = capacity
        self._policy = policy
        self._is_blocking = policy is FullPolicy.BLOCK
        self._name = name
        self._request_snapshot = request_snapshot
        self._events: deque[Event[Any]] = deque()
        self._backlog: Backlog | None = None
        self._room_for = capacity
        """How many events may wait in `_events`; 0 sends every publish to the slow path: overflowing, closed."""
        self._is_closed = False
        self._consumer: asyncio.Future[None] | None = None
        self._publishers: deque[asyncio.Future[None]] = deque()
        self._stats = QueueStats()

    @property
    def name(self) -> str:
        """What the queue is called in messages."""
        return self._name

    @property
    def policy(self) -> FullPolicy:
        """What happens when it is full."""
        return self._policy

    @property
    def capacity(self) -> int:
        """How many events may wait."""
        return self._capacity

    @property
    def is_closed(self) -> bool:
        """Nothing can be handed in any more."""
        return self._is_closed

    @property
    def stats(self) -> QueueStats:
        """The counters; the same object every time."""
        self._stats.highest = max(self._stats.highest, len(self))
        return self._stats

    def __len__(self) -> int:
        """How many events wait."""
        return len(self._events) + (len(self._backlog) if self._backlog is not None else 0)

    def close(self) -> None:
        """Take nothing in any more; what waits can still be taken out, then `get_batch` raises."""
        self._is_closed = True
        self._room_for = 0
        self._wake_consumer()
        self._wake_publishers()

    # -- the publisher's end ---------------------------------------------------------------------------

    def publish_nowait(self, event: Event[Any]) -> None:
        """Hand in `event`; when the queue is full, lose or merge what the policy says.

        Raises:
            QueueFullError: no room, and the policy is BLOCK or ERROR, or nothing that waits may be lost.
            QueueClosedError: the queue is closed.
        """
        events = self._events
        if len(events) < self._room_for:
            events.append(event)
        else:
            self._publish_full(event)
        self._stats.published += 1
        if self._consumer is not None:
            self._wake_consumer()

    async def publish(self, event: Event[Any]) -> None:
        """Hand in `event`; under BLOCK, wait until there is room.

        Raises:
            QueueFullError: no room, and the policy is ERROR, or nothing that waits may be lost.
            QueueClosedError: the queue is closed, maybe while this waited.
        """
        if self._is_blocking:
            while len(self._events) >= self._room_for and not self._is_closed:
                room = asyncio.get_running_loop().create_future()
                self._publishers.append(room)
                await room
        self.publish_nowait(event)

    # -- the consumer's end ----------------------------------------------------------------------------

    def get_batch_nowait(self, limit: int | None = None) -> list[Event[Any]]:
        """All waiting events (at most `limit`), oldest first; an empty list when there is none."""
        events, stats = self._events, self._stats
        stats.highest = max(stats.highest, len(self))
        if self._backlog is not None:
            self._empty_backlog(self._backlog)
        if limit is None or limit >= len(events):
            batch = list(events)
            events.clear()
        else:
            batch = [events.popleft() for _ in range(limit)]
        stats.delivered += len(batch)
        if self._publishers:
            self._wake_publishers()
        return batch

    async def get_batch(self, limit: int | None = None) -> list[Event[Any]]:
        """Wait until there is an event, then return all that wait (at most `limit`, which is at least 1).

        Raises:
            QueueClosedError: the queue is closed and empty.
            QueueError: another consumer waits already.
        """
        batch = self.get_batch_nowait(limit)
        while not batch:
            asked = f"take events from {self._name}"
            if self._is_closed:
                raise QueueClosedError(asked, "it is closed and empty")
            if self._consumer is not None:
                raise QueueError(asked, "another consumer waits for them", "give each a mailbox of a FanOut")
            consumer = self._consumer = asyncio.get_running_loop().create_future()
            try:
                await consumer
            finally:
                if self._consumer is consumer:
                    self._consumer = None
            batch = self.get_batch_nowait(limit)
        return batch

    # -- inside ----------------------------------------------------------------------------------------

    def _publish_full(self, event: Event[Any]) -> None:
        asked = f"publish {type(event.data).__name__} of {event.header.key} to {self._name}"
        if self._is_closed:
            raise QueueClosedError(asked, "the queue is closed")
        if self._policy in (FullPolicy.BLOCK, FullPolicy.ERROR):
            raise QueueFullError(asked, f"{self._capacity} events wait", "its consumer does not keep up")
        if self._backlog is None:
            self._backlog = Backlog(
                self._capacity,
                self._stats,
                name=self._name,
                conflates=self._policy is FullPolicy.CONFLATE,
                request_snapshot=self._request_snapshot,
            )
            self._room_for = 0
        while self._events:
            self._backlog.add(self._events.popleft())
        self._backlog.add(event)

    def _empty_backlog(self, backlog: Backlog) -> None:
        self._events.extend(backlog.take())
        if not backlog.is_broken:
            self._backlog = None
            self._room_for = 0 if self._is_closed else self._capacity

    def _wake_consumer(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None and not consumer.done():
            consumer.set_result(None)

    def _wake_publishers(self) -> None:
        while self._publishers:
            room = self._publishers.popleft()
            if not room.done():
                room.set_result(None)
