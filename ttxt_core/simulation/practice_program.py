"""The practice market as a program of its own, on a socket that is its standard input; it ends when that does.

`practice_process` starts it and reads it. Owns the framing and the words that it understands: the first line that comes
in is a `Setup` in JSON, each further one a rate in events a second, and the first rate opens the market. What goes out
are frames: a length (`LENGTH`), and so many bytes of MessagePack, a list of events.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from struct import Struct as Layout
from typing import Any, Final

import msgspec

from ttxt_core.clock import SystemClock
from ttxt_core.events.envelope import Event
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.simulation.practice_market import PracticeMarket
from ttxt_core.simulation.practice_pairs import PracticePair

LENGTH: Final = Layout("<I")

_MOST_IN_FRAME: Final = 16
"""Who reads takes in a frame at a time: some 0.3 ms of its loop."""
_HOLD_S: Final = 0.002
"""How long events wait for others to share a frame with: every frame wakes its reader."""
_LONGEST_WORDS: Final = 2**20
_NICENESS: Final = 5
"""Where processors are short, who follows the market goes before who makes it up."""


class Setup(msgspec.Struct, frozen=True):
    """What a `PracticeMarket` is made with, besides its rate."""

    pairs: tuple[PracticePair, ...]
    seed: int
    history: int


class _FramePublisher(IQueuePublisher):
    """Writes events to a stream, some to a frame."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._events: list[Event[Any]] = []
        self._encoder = msgspec.msgpack.Encoder()

    def publish_nowait(self, event: Event[Any]) -> None:
        """Put `event` in the running frame."""
        self._events.append(event)
        if len(self._events) == 1:
            asyncio.get_running_loop().call_later(_HOLD_S, self._flush)
        elif len(self._events) >= _MOST_IN_FRAME:
            self._flush()

    async def publish(self, event: Event[Any]) -> None:
        """As `publish_nowait`, but wait while the reader is behind.

        Raises:
            ConnectionError: nobody reads any more.
        """
        self.publish_nowait(event)
        await self._writer.drain()

    def _flush(self) -> None:
        if self._events:
            payload = self._encoder.encode(self._events)
            self._writer.write(LENGTH.pack(len(payload)) + payload)
            self._events.clear()


async def serve(connection: socket.socket) -> None:
    """Publish what is asked for on `connection`, until that is closed.

    Raises:
        msgspec.DecodeError, ValueError: what came in makes no sense.
    """
    reader, writer = await asyncio.open_connection(sock=connection, limit=_LONGEST_WORDS)
    setup, rate = await reader.readline(), await reader.readline()
    if not rate:
        return
    asked = msgspec.json.decode(setup, type=Setup)
    market = PracticeMarket(
        asked.pairs, SystemClock(), _FramePublisher(writer), seed=asked.seed, rate=float(rate), history=asked.history
    )

    async def listen() -> None:
        async for line in reader:
            market.rate = float(line)

    parts = {asyncio.create_task(listen()), asyncio.create_task(market.run())}
    ended, running = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    for part in running:
        part.cancel()
    for part in ended:
        part.result()


def main() -> int:
    """Serve standard input."""
    gc.freeze()
    os.nice(_NICENESS)
    try:
        asyncio.run(serve(socket.socket(fileno=sys.stdin.fileno())))
    except ConnectionError:  # who started this has gone
        return 1
    return 0
