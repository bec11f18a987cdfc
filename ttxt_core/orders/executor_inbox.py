"""What a simulated executor reads: market events, and its commands put in at their time.

Owns the merging. An executor with a market of its own (a venue) reads its `CommandLanes` alone.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import Any

from ttxt_core.events.envelope import Event
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.queues.base import IQueueConsumer


class ExecutorInbox(IQueueConsumer):
    """A mailbox of market events and the lanes of commands as one consumer; it ends with the mailbox.

    A command comes after the market events that had been received when it was made and before those that had not,
    so that what it meets does not depend on how far behind the executor is. Cancels come before other commands of
    the same moment.
    """

    def __init__(self, market: IQueueConsumer, commands: CommandLanes) -> None:
        self._market = market
        self._commands = commands
        self._reading: asyncio.Task[list[Event[Any]]] | None = None

    def get_batch_nowait(self, limit: int | None = None) -> list[Event[Any]]:
        """All that waits (at most `limit`), merged."""
        commands = self._commands.get_batch_nowait(limit)
        room = None if limit is None else limit - len(commands)
        market = self._market.get_batch_nowait(room) if room != 0 else []
        return _merge(market, commands)

    async def get_batch(self, limit: int | None = None) -> list[Event[Any]]:
        """Wait for market events or commands, then as `get_batch_nowait`.

        Raises:
            QueueClosedError: the mailbox is closed and empty.
        """
        while True:
            if self._reading is None:
                batch = self.get_batch_nowait(limit)
                if batch:
                    return batch
                self._reading = asyncio.create_task(self._market.get_batch(limit))
            called = asyncio.create_task(self._commands.arrival())
            try:
                await asyncio.wait({self._reading, called}, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                if not self._reading.done():  # else its batch is for the next call
                    self._reading.cancel()
                    self._reading = None
                raise
            finally:
                called.cancel()
            market: list[Event[Any]] = []
            if self._reading.done():
                reading, self._reading = self._reading, None
                market = reading.result()
            room = None if limit is None else limit - len(market)
            commands = self._commands.get_batch_nowait(room) if room != 0 else []
            if market or commands:
                return _merge(market, commands)


def _merge(market: list[Event[Any]], commands: list[Event[Any]]) -> list[Event[Any]]:
    """Each command after the market events that had been received when it was made."""
    if not commands or not market:
        return market or commands
    merged: list[Event[Any]] = []
    taken = 0
    for command in sorted(commands, key=_received_ns):  # stable: cancels stay first within a moment
        until = max(taken, bisect_right(market, _received_ns(command), key=_received_ns))
        merged += market[taken:until]
        merged.append(command)
        taken = until
    return merged + market[taken:]


def _received_ns(event: Event[Any]) -> int:
    return event.header.receive_time_ns
