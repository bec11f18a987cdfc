"""The HTTP server under every sandbox: loopback, TLS, sockets, and the admin's addresses.

Owns listening and the life of connections. It knows no venue: services are handed in.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

import orjson
from aiohttp import WSMsgType, web

from ttxt_core.clock import Clock
from ttxt_core.errors import ConfigError
from ttxt_core.sandbox.certificate import Certificate
from ttxt_core.sandbox.connection import Connection
from ttxt_core.sandbox.faults import Channel, FaultKind, Faults

_LARGEST_COMMAND = 2**20
_IDLE_POLL_S = 0.25
_ACTIVE_TIME = re.compile(r"(\d{1,3})([sm])")
_SECONDS = {"s": 1.0, "m": 60.0}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SocketService(Protocol):
    """What is behind a socket address."""

    channel: Channel

    def opened(self, connection: Connection) -> None:
        """A client has come."""
        ...

    def received(self, connection: Connection, text: bytes) -> None:
        """It has sent a frame."""
        ...

    def closed(self, connection: Connection) -> None:
        """It has gone."""
        ...


class SandboxServer:
    """Listens while it is started; every socket and request passes here."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: bool,
        faults: Faults,
        clock: Clock,
        latency_s: float,
        idle_s: float,
    ) -> None:
        """`port` 0 takes a free one; `latency_s` is how long answers on sockets are under way.

        Connections that are idle for `idle_s` are cut; a client may ask for another time with ``max_active_time``.

        Raises:
            ConfigError: TLS is asked for and can't be had.
        """
        self._host = host
        self._port = port
        self._faults = faults
        self._clock = clock
        self._latency_s = latency_s
        self._idle_s = idle_s
        self._watch: asyncio.Task[None] | None = None
        self._certificate = Certificate() if tls else None
        self._app = web.Application(client_max_size=_LARGEST_COMMAND)
        self._runner: web.AppRunner | None = None
        self._connections: set[Connection] = set()
        self._count = 0

    @property
    def ca(self) -> str | None:
        """Path of the authority to trust; None without TLS."""
        return str(self._certificate.ca) if self._certificate is not None else None

    @property
    def connections(self) -> list[Connection]:
        """Those that are open, oldest first."""
        return sorted(self._connections, key=lambda connection: int(connection.id.rpartition("-")[2]))

    def address(self, scheme: str, path: str = "") -> str:
        """The address of `path`; `scheme` is ``http`` or ``ws``. Only while started."""
        secure = "s" if self._certificate is not None else ""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}{secure}://{host}:{self._port}{path}"

    def route(self, path: str, handler: Handler) -> None:
        """Answer requests of every method at `path`."""
        self._app.router.add_route("*", path, handler)

    def socket(self, path: str, service: SocketService) -> None:
        """Serve sockets at `path`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, service)

        self._app.router.add_get(path, handle)

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: the address can't be had.
        """
        runner = self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        context = self._certificate.context if self._certificate is not None else None
        try:
            await web.TCPSite(runner, self._host, self._port, ssl_context=context, backlog=1024).start()
        except OSError as error:
            await self.stop()
            raise ConfigError(
                f"listen at {self._host} port {self._port}", error.strerror or str(error), "--port 0 takes a free one"
            ) from error
        self._port = runner.addresses[0][1]
        self._watch = asyncio.create_task(self._cut_idle())

    async def stop(self) -> None:
        """Cut all connections and listen no more."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        for connection in self.connections:
            connection.cut()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._certificate is not None:
            self._certificate.close()

    async def _cut_idle(self) -> None:
        while True:
            await asyncio.sleep(_IDLE_POLL_S)
            for connection in self.connections:
                connection.cut_if_idle()

    def _idle_time(self, request: web.Request) -> float:
        """What a client asks for with ``max_active_time``, such as 30s or 1m; the server's own time else."""
        wanted = _ACTIVE_TIME.fullmatch(request.query.get("max_active_time", ""))
        return float(wanted[1]) * _SECONDS[wanted[2]] if wanted is not None else self._idle_s

    async def _serve(self, request: web.Request, service: SocketService) -> web.StreamResponse:
        if self._faults.holds(FaultKind.BAN, service.channel):
            return web.Response(status=403, text="access too frequent")
        socket = web.WebSocketResponse(compress=False, max_msg_size=_LARGEST_COMMAND)
        await socket.prepare(request)
        self._count += 1
        connection = Connection(
            self._count,
            socket,
            service.channel,
            address=request.remote or "",
            faults=self._faults,
            clock=self._clock,
            latency_s=self._latency_s,
            idle_s=self._idle_time(request),
        )
        connection.attach(request.transport)
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        service.opened(connection)
        try:
            async for message in socket:
                connection.touch()
                if message.type is WSMsgType.TEXT:
                    service.received(connection, message.data.encode())
                elif message.type is WSMsgType.BINARY:
                    service.received(connection, message.data)
        finally:
            self._connections.discard(connection)
            service.closed(connection)
            connection.cut()
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return socket


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """`body` as JSON."""
    return web.Response(body=orjson.dumps(body), status=status, headers=headers, content_type="application/json")
