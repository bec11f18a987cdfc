"""A venue of the tests' own on loopback, raw sockets that misbehave, and a clock that runs fast."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from ssl import SSLContext
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from ttxt_core.clock import Clock, SystemClock
from ttxt_core.errors import AuthError
from ttxt_core.web.backoff import Backoff
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.dialect import StreamDialect
from ttxt_core.web.requests import WSJSONRequest, WSRequest, WSResponse
from ttxt_core.web.vitals import Ping
from ttxt_core.web.ws_assistant import StreamState, WSAssistant

SECRET = "wX9-very-secret-7Qz"
KEY = "pk-4471-public-half"


class FastClock:
    """Our time, `speed` times as fast."""

    def __init__(self, speed: int) -> None:
        self._speed = speed
        self._start_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        return self._start_ns + (time.monotonic_ns() - self._start_ns) * self._speed

    monotonic_ns = now_ns

    async def sleep_until(self, when_ns: int) -> None:
        await asyncio.sleep(max(0, when_ns - self.now_ns()) / 1e9 / self._speed)


async def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Wait for something that other tasks bring about."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for knows nothing of the test
            await asyncio.sleep(0.001)


# --- a venue: {"op": "login" | "subscribe" | "unsubscribe" | "ping" | "echo", "id": ...} ----------------------------

Talk = Callable[[web.WebSocketResponse, dict[str, Any]], Awaitable[bool]]


@dataclass
class Venue:
    """What it was told, and what it does out of the ordinary.

    Attributes:
        on_connect: gets each socket and its number (from 1) before anything is read; True ends the connection.
        on_message: gets each message first; True when it has dealt with it.
    """

    url: str = ""
    rest: str = ""
    connections: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    on_connect: Callable[[web.WebSocketResponse, int], Awaitable[bool]] | None = None
    on_message: Talk | None = None

    def ops(self, op: str) -> list[dict[str, Any]]:
        return [message for message in self.told if message.get("op") == op]

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=0.1, max_msg_size=0)
        await socket.prepare(request)
        self.connections += 1
        self.sockets.append(socket)
        try:
            if self.on_connect and await self.on_connect(socket, self.connections):
                return socket
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                message = orjson.loads(frame.data)
                self.told.append(message)
                if not (self.on_message and await self.on_message(socket, message)):
                    await self.obey(socket, message)
        finally:
            self.sockets.remove(socket)
        return socket

    async def obey(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        op = message["op"]
        if op == "login":
            await say(socket, op="login", ok=message["key"] == KEY)
        elif op == "ping":
            await say(socket, op="pong")
        elif op == "echo":
            await say(socket, op="echo", id=message["id"])
        else:
            await say(socket, op=op, topics=message["topics"])

    async def push(self, **message: Any) -> None:
        for socket in list(self.sockets):
            await say(socket, **message)


async def say(socket: web.WebSocketResponse, **message: Any) -> None:
    await socket.send_str(orjson.dumps(message).decode())


async def drop(socket: web.WebSocketResponse, number: int = 0) -> bool:
    """Break the connection without a goodbye."""
    transport = socket._req.transport
    assert transport is not None
    transport.abort()
    return True


@asynccontextmanager
async def serving(
    handlers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]], ssl: SSLContext | None = None
) -> AsyncIterator[str]:
    """An aiohttp server on loopback; gives host:port."""
    app = web.Application()
    for path, handler in handlers.items():
        app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "localhost", 0, ssl_context=ssl)
    await site.start()
    try:
        port = site._server.sockets[0].getsockname()[1]
        yield f"localhost:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def venue(ssl: SSLContext | None = None) -> AsyncIterator[Venue]:
    own = Venue()
    async with serving({"/ws": own.serve}, ssl) as host:
        secure = "s" if ssl else ""
        own.url, own.rest = f"ws{secure}://{host}/ws", f"http{secure}://{host}"
        yield own


# --- raw sockets ----------------------------------------------------------------------------------------------------


def frame(payload: bytes, opcode: int = 1, *, declared: int | None = None, first: int | None = None) -> bytes:
    """A server's frame; `declared` lies about the length, `first` replaces the first byte."""
    length = len(payload) if declared is None else declared
    head = bytes([0x80 | opcode if first is None else first])
    if length < 126:
        return head + bytes([length]) + payload
    if length < 1 << 16:
        return head + struct.pack("!BH", 126, length) + payload
    return head + struct.pack("!BQ", 127, length) + payload


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept a WebSocket by hand."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.split(": ")[1] for line in head.splitlines() if line.lower().startswith("sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    await writer.drain()


@asynccontextmanager
async def raw_server(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A TCP server on loopback that does what `handle` does, then hangs up; gives host:port."""
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            await handle(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side is done with it, or the test is
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


# --- our side -------------------------------------------------------------------------------------------------------


class Login:
    """Logs in at the tests' venue."""

    def __init__(self, key: str = KEY) -> None:
        self.key = key
        self.times_ms: list[int] = []

    def login(self, now_ms: int) -> WSRequest:
        self.times_ms.append(now_ms)
        return WSJSONRequest({"op": "login", "key": self.key, "sign": SECRET})


def is_login_reply(response: WSResponse) -> bool:
    if not isinstance(response.data, dict) or response.data.get("op") != "login":
        return False
    if not response.data["ok"]:
        raise AuthError("log in", "key refused", "check the key")
    return True


def correlate(response: WSResponse) -> str | None:
    return response.data.get("id") if isinstance(response.data, dict) else None


def is_pong(response: WSResponse) -> bool:
    return isinstance(response.data, dict) and response.data.get("op") == "pong"


def topic_message(op: str) -> Callable[[Sequence[str]], list[WSRequest]]:
    return lambda topics: [WSJSONRequest({"op": op, "topics": list(topics)})]


PING = Ping(20.0, lambda: WSJSONRequest({"op": "ping"}), is_pong)


def echo(request_id: str, **more: Any) -> WSJSONRequest:
    return WSJSONRequest({"op": "echo", "id": request_id, **more}, request_id, "echo")


def dialect(**changes: Any) -> StreamDialect:
    return StreamDialect(
        **{
            "subscribe": topic_message("subscribe"),
            "unsubscribe": topic_message("unsubscribe"),
            "correlate": correlate,
            "is_login_reply": is_login_reply,
            **changes,
        }
    )


class Desk:
    """An assistant under test, and what it told."""

    def __init__(
        self,
        url: str,
        dialect: StreamDialect,
        *,
        connections: ConnectionFactory,
        clock: Clock,
        backoff: Backoff,
        on_response: Callable[[WSResponse], Awaitable[None] | None] | None = None,
        offset: ClockOffset | None = None,
    ) -> None:
        self.states: list[StreamState] = []
        self.reasons: list[str] = []
        self.messages: list[Any] = []
        self.responses: list[WSResponse] = []
        self.assistant = WSAssistant(
            "feed",
            url,
            dialect,
            on_response=on_response or self._keep,
            on_state=self._note,
            connections=connections,
            clock=clock,
            backoff=backoff,
            clock_offset=offset or ClockOffset(),
        )
        self.task: asyncio.Task[Any] = asyncio.create_task(self.assistant.run())

    def _keep(self, response: WSResponse) -> None:
        self.responses.append(response)
        self.messages.append(response.data)

    def _note(self, state: StreamState, reason: str) -> None:
        self.states.append(state)
        if reason:
            self.reasons.append(reason)

    async def ready(self) -> WSAssistant:
        await self.assistant.wait_ready(10.0)
        return self.assistant

    def count(self, state: StreamState) -> int:
        return self.states.count(state)


@asynccontextmanager
async def desk(
    url: str,
    *,
    clock: Clock | None = None,
    talks: StreamDialect | None = None,
    backoff: Backoff | None = None,
    connections: ConnectionFactory | None = None,
    **more: Any,
) -> AsyncIterator[Desk]:
    """An assistant that runs until the block ends."""
    clock = clock or SystemClock()
    backoff = backoff or Backoff(Random(1), cap_s=0.01, base_s=0.01)
    async with connections or ConnectionFactory(clock=clock) as opened:
        own = Desk(url, talks or dialect(), connections=opened, clock=clock, backoff=backoff, **more)
        try:
            yield own
        finally:
            own.task.cancel()
            await asyncio.gather(own.task, return_exceptions=True)
