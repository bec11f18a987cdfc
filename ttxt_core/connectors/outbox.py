"""Where events wait that are made where nobody may wait: status, acks, account events.

Owns their order. It holds them for as long as the publisher takes, and loses none.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, NoReturn

from ttxt_core.errors import QueueError
from ttxt_core.events import Event
from ttxt_core.queues.base import IQueuePublisher


class Outbox:
    """Publishes what is put in, in order, while `run` does."""

    def __init__(self, publisher: IQueuePublisher) -> None:
        self._publisher = publisher
        self._waiting: deque[Event[Any]] = deque()
        self._arrival = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._failure: QueueError | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Nothing waits and nothing is being published: who publishes past it now does not overtake anything."""
        return self._empty.is_set()

    def put(self, event: Event[Any]) -> None:
        """Publish `event` after what waits."""
        self._waiting.append(event)
        self._empty.clear()
        self._arrival.set()

    async def drained(self) -> None:
        """Wait until everything has been published."""
        await self._empty.wait()

    async def forward(self, events: list[Event[Any]]) -> None:
        """Publish at once, waiting where the publisher waits. Only while it `is_idle`."""
        try:
            for event in events:
                await self._publisher.publish(event)
        except QueueError as error:
            self.fail(error)

    def fail(self, error: QueueError) -> None:
        """Let `run` end with `error`: a consumer that can't be published to is not the stream's trouble."""
        self._failure = error
        self._arrival.set()

    def finish(self) -> None:
        """Publish what still waits, now that nobody waits for it any more; a consumer that has no room loses it."""
        with suppress(QueueError):
            while self._waiting:
                self._publisher.publish_nowait(self._waiting.popleft())

    async def run(self) -> NoReturn:
        """Publish until cancelled.

        Raises:
            QueueError: the publisher takes no more.
        """
        while True:
            await self._arrival.wait()
            self._arrival.clear()
            if self._failure is not None:
                raise self._failure
            while self._waiting:
                await self._publisher.publish(self._waiting[0])
                self._waiting.popleft()
            self._empty.set()
