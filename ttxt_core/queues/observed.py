"""A publisher that shows every event to somebody before it is published.

Owns the order of the two. Whoever looks is never behind a consumer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ttxt_core.errors import QueueFullError
from ttxt_core.events.envelope import Event
from ttxt_core.queues.base import IQueuePublisher


class ObservedPublisher(IQueuePublisher):
    """Publishes to another publisher after `look` has seen the event.

    A mailbox without room for an event that must not be lost is told to `on_full` and holds up nobody else: it is
    its consumer that has to be told, not the publisher.
    """

    def __init__(
        self,
        publisher: IQueuePublisher,
        look: Callable[[Event[Any]], None],
        on_full: Callable[[QueueFullError], None],
    ) -> None:
        self._publisher = publisher
        self._look = look
        self._on_full = on_full

    def publish_nowait(self, event: Event[Any]) -> None:
        """Show and publish `event`.

        Raises:
            QueueClosedError: the publisher is closed.
        """
        self._look(event)
        try:
            self._publisher.publish_nowait(event)
        except QueueFullError as error:
            self._on_full(error)

    async def publish(self, event: Event[Any]) -> None:
        """As `publish_nowait`, but wait where the publisher waits."""
        self._look(event)
        try:
            await self._publisher.publish(event)
        except QueueFullError as error:
            self._on_full(error)
