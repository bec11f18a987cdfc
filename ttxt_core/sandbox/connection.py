"""One client's socket, as the server holds it: frames wait here, pass through the faults, and are written in order.

Owns the outbox and its bound. It must not know what a frame says.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from aiohttp import WSMsgType, web

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.sandbox.faults import Channel, Faults
from ttxt_core.sandbox.frame_faults import Frame, FrameFaults

_MOST_WAITING_BYTES = 64_000_000
"""A client that leaves more unread than this is cut off, as venues do."""
_ROOM_BYTES = 1_000_000
_REORDER_PATIENCE_S = 0.05


class Connection:
    """An open socket.

    Attributes:
        id: names it. channel: what it is. address: the client's. frames_sent: written so far.
        waiting_bytes: frames that are not written yet.
        idle_s: it is cut when so long nothing is asked and no stream has anything to say.
        topics: what it has subscribed to. key: the API key that it has proved; None before.
    """

    def __init__(
        self,
        number: int,
        socket: web.WebSocketResponse,
        channel: Channel,
        *,
        address: str,
        faults: Faults,
        clock: Clock,
        latency_s: float,
        idle_s: float,
    ) -> None:
        self.idle_s = idle_s
        self._clock = clock
        self._active_ns = clock.now_ns()
        self.id = f"sandbox-{channel}-{number}"
        self.channel = channel
        self.address = address
        self.frames_sent = 0
        self.topics: set[str] = set()
        self.key: str | None = None
        self._socket = socket
        self._latency_s = latency_s
        self._faults = FrameFaults(faults, channel, clock)
        self._waiting: deque[Frame] = deque()
        self.waiting_bytes = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._transport: asyncio.BaseTransport | None = None

    def attach(self, transport: asyncio.BaseTransport | None) -> None:
        """Know the transport, so that the connection can be cut."""
        self._transport = transport

    def send(self, payload: bytes, topic: str = "") -> None:
        """Put a frame into the outbox. `topic` is the stream that it belongs to; empty for replies."""
        if topic:
            self.touch()
        self._waiting.append(Frame(payload, topic))
        self.waiting_bytes += len(payload)
        if self.waiting_bytes > _MOST_WAITING_BYTES:
            self.cut()
        self._wake.set()

    def touch(self) -> None:
        """Something was asked or told: it is not idle."""
        self._active_ns = self._clock.now_ns()

    def cut_if_idle(self) -> None:
        """End the connection if nothing was asked or told for too long."""
        if self._clock.now_ns() - self._active_ns > self.idle_s * NANOSECONDS:
            self.cut()

    def reply(self, payload: bytes) -> None:
        """Send the answer to a command, no sooner than a network would bring it.

        Some clients send a command first and note down that they wait for its answer second.
        """
        asyncio.get_running_loop().call_later(self._latency_s, self.send, payload)

    async def has_room(self) -> None:
        """Wait until the client has read most of what it was sent, or is gone."""
        while self.waiting_bytes > _ROOM_BYTES and not self._socket.closed:
            self._room.clear()
            await self._room.wait()

    def cut(self) -> None:
        """End the connection at once, without a closing frame."""
        self._waiting.clear()
        self.waiting_bytes = 0
        self._room.set()
        if self._transport is not None and isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    async def write(self) -> None:
        """Write what comes into the outbox, until the socket is gone or the task is cancelled."""
        with suppress(ConnectionError):
            while not self._socket.closed:
                await self._next()
                while self._waiting:
                    frame = self._waiting.popleft()
                    self.waiting_bytes -= len(frame.payload)
                    delivery = self._faults.pass_frame(frame)
                    await self._write(delivery.payloads)
                    self._room.set()
                    if delivery.cut:
                        self.cut()
                        return

    async def _next(self) -> None:
        """Wait for a frame; one that is held back for it waits only so long."""
        self._wake.clear()
        if self._waiting:
            return
        if not self._faults.is_holding:
            await self._wake.wait()
            return
        try:
            await asyncio.wait_for(self._wake.wait(), _REORDER_PATIENCE_S)
        except TimeoutError:
            await self._write(self._faults.release())

    async def _write(self, payloads: list[bytes]) -> None:
        for payload in payloads:
            await self._socket.send_frame(payload, WSMsgType.TEXT)
            self.frames_sent += 1
