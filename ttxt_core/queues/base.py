"""The queue interfaces. A queue has two ends; an actor is a client that holds one end of each of two queues.

    publisher → IQueuePublisher ▶ IQueue ▶ IQueueConsumer → consumer

Owns the interfaces, the policies and the counters; it must not hold events itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ttxt_core.errors import QueueClosedError
from ttxt_core.events.envelope import Event


class FullPolicy(StrEnum):
    """What a bounded queue does with an event when it is full.

    BLOCK: the publisher waits; only for publishers that can (replayer, importer, simulator).
    DROP_OLDEST: the oldest event goes, and is counted; for trades and klines. A book event that goes this way
        breaks its book until the next snapshot.
    CONFLATE: order-book deltas of a book are merged level by level, last size wins; for slow screens.
    ERROR: `QueueFullError`; for account events and acks, which must never be lost.
    """

    BLOCK = "block"
    DROP_OLDEST = "drop_oldest"
    CONFLATE = "conflate"
    ERROR = "error"


class QueueStats(Struct):
    """Counters of one queue since it was made.

    Attributes:
        published: events that were handed in.
        delivered: events that were taken out, notices of losses included.
        dropped: events that were lost. conflated: events that were merged into a later one.
        highest: the most events that waited at once.
    """

    published: int = 0
    delivered: int = 0
    dropped: int = 0
    conflated: int = 0
    highest: int = 0


class IQueuePublisher(ABC):
    """The end of a queue where events go in."""

    @abstractmethod
    def publish_nowait(self, event: Event[Any]) -> None:
        """Hand in `event` without waiting.

        Raises:
            QueueFullError: no room, and the policy is BLOCK or ERROR.
            QueueClosedError: the queue is closed.
        """

    @abstractmethod
    async def publish(self, event: Event[Any]) -> None:
        """Hand in `event`; under BLOCK, wait until there is room.

        Raises:
            QueueFullError: no room, and the policy is ERROR.
            QueueClosedError: the queue is closed.
        """


class IQueueConsumer(ABC):
    """The end of a queue where events come out, in the order they went in."""

    @abstractmethod
    def get_batch_nowait(self, limit: int | None = None) -> list[Event[Any]]:
        """All waiting events (at most `limit`); an empty list when there is none."""

    @abstractmethod
    async def get_batch(self, limit: int | None = None) -> list[Event[Any]]:
        """Wait until there is an event, then return all that wait (at most `limit`).

        Raises:
            QueueClosedError: the queue is closed and empty.
        """

    async def __aiter__(self) -> AsyncIterator[Event[Any]]:
        """Events one by one until the queue is closed."""
        while True:
            try:
                batch = await self.get_batch()
            except QueueClosedError:
                return
            for event in batch:
                yield event


class IQueue(IQueuePublisher, IQueueConsumer):
    """A whole queue: both ends."""

    @property
    @abstractmethod
    def stats(self) -> QueueStats:
        """The counters."""

    @abstractmethod
    def close(self) -> None:
        """No event can be handed in any more; what waits can still be taken out. Closing twice is fine."""


class IQueueActor(ABC):
    """A client that consumes from one queue and publishes to another: connectors, the simulator, strategies.

    Attributes:
        consumer: where it takes its events.
        publisher: where it puts what it makes of them.
    """

    consumer: IQueueConsumer
    publisher: IQueuePublisher

    @abstractmethod
    async def run(self) -> None:
        """Consume and publish until the consumer's queue is closed or the task is cancelled."""
