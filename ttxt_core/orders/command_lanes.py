"""The way of commands to one executor: a lane for cancels that is never behind creates and amends.

Owns the order in which commands are taken out. It is an `IQueue` of commands alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from ttxt_core.errors import QueueClosedError, QueueError, QueueFullError
from ttxt_core.events.envelope import Event
from ttxt_core.events.orders import AmendOrder, CancelOrder, CreateOrder
from ttxt_core.queues.base import IQueue, QueueStats

LANE_CAPACITY = 10_000


class CommandLanes(IQueue):
    """Two lanes, bounded and lossless: a full one raises `QueueFullError`.

    Cancels come out first. A cancel whose own create still waits comes out right after it, since the executor could
    not know its order yet; it holds up no other cancel.

    An executor that can act at once gives itself to `serve_at_once`: then a command that comes while it waits for one
    does not wait for its next turn of the loop.
    """

    def __init__(self, name: str, capacity: int = LANE_CAPACITY) -> None:
        self._name = name
        self._capacity = capacity
        self._cancels: deque[Event[CancelOrder]] = deque()
        self._others: deque[Event[CreateOrder | AmendOrder]] = deque()
        self._is_closed = False
        self._paused_because = ""
        self._arrival = asyncio.Event()
        self._execute: Callable[[list[Event[Any]]], None] | None = None
        self._is_awaited = False
        """The executor waits in `get_batch`: nothing is before a command that comes now."""
        self._stats = QueueStats()

    @property
    def stats(self) -> QueueStats:
        """The counters of both lanes together."""
        return self._stats

    @property
    def unavailable(self) -> str:
        """Why no command is taken; empty when commands are."""
        return f"the {self._name} has stopped" if self._is_closed else self._paused_because

    def close(self) -> None:
        """Take in nothing more; what waits can still be taken out."""
        self._is_closed = True
        self._arrival.set()

    def publish_nowait(self, event: Event[Any]) -> None:
        """Put a command in its lane.

        Raises:
            QueueFullError: the lane is full. QueueClosedError: the executor has stopped. QueueError: it is paused.
        """
        if self._is_closed:
            raise QueueClosedError(self._asked(event), self.unavailable, "nothing was sent")
        if self._paused_because:
            raise QueueError(self._asked(event), self.unavailable, "nothing was sent")
        if self._is_awaited and self._execute is not None:
            self._is_awaited = False  # what else comes in this turn goes together, cancels first
            self._execute([event])
            self._stats.delivered += 1
        else:
            self._line_up(event)
        self._stats.published += 1
        self._arrival.set()

    def _line_up(self, event: Event[Any]) -> None:
        lane: deque[Any] = self._cancels if type(event.data) is CancelOrder else self._others
        if len(lane) >= self._capacity:
            answered = f"{len(lane)} commands wait"
            raise QueueFullError(self._asked(event), answered, "the executor does not keep up; nothing was sent")
        lane.append(event)
        self._stats.highest = max(self._stats.highest, len(self._cancels) + len(self._others))

    def _asked(self, event: Event[Any]) -> str:
        return f"send {type(event.data).__name__} to {self._name}"

    def serve_at_once(self, execute: Callable[[list[Event[Any]]], None]) -> None:
        """Hand a command to `execute` in the publisher's own turn when the executor waits in `get_batch` for one.

        `execute` does not wait and raises nothing: what goes wrong with a command it answers.
        """
        self._execute = execute

    async def publish(self, event: Event[Any]) -> None:
        """As `publish_nowait`: there is no waiting for room."""
        self.publish_nowait(event)

    def pause(self, reason: str) -> None:
        """Throw away what waits, and refuse commands until `resume`: the executor begins anew."""
        self._cancels.clear()
        self._others.clear()
        self._paused_because = reason

    def resume(self) -> None:
        """Take commands again."""
        self._paused_because = ""

    def get_batch_nowait(self, limit: int | None = None) -> list[Event[Any]]:
        """All waiting commands (at most `limit`), in the order to execute them."""
        creates = {event.data.client_order_id for event in self._others if type(event.data) is CreateOrder}
        batch: list[Event[Any]] = []
        held: dict[str, list[Event[Any]]] = {}
        for cancel in self._cancels:
            name = cancel.data.client_order_id
            (held.setdefault(name, []) if name in creates else batch).append(cancel)
        for command in self._others:
            batch.append(command)
            if held and type(command.data) is CreateOrder:
                batch += held.pop(command.data.client_order_id, ())
        self._cancels.clear()
        self._others.clear()
        for event in batch[limit:] if limit is not None else ():
            (self._cancels if type(event.data) is CancelOrder else self._others).append(event)
        batch = batch[:limit]
        self._stats.delivered += len(batch)
        return batch

    async def get_batch(self, limit: int | None = None) -> list[Event[Any]]:
        """Wait until there is a command, then as `get_batch_nowait`.

        Raises:
            QueueClosedError: closed and empty.
        """
        while not (batch := self.get_batch_nowait(limit)):
            if self._is_closed:
                raise QueueClosedError(f"take commands from {self._name}", "it is closed and empty")
            self._arrival.clear()
            self._is_awaited = True
            try:
                await self._arrival.wait()
            finally:
                self._is_awaited = False
        return batch

    async def arrival(self) -> None:
        """Wait until a command waits."""
        while not (self._cancels or self._others):
            self._arrival.clear()
            await self._arrival.wait()
