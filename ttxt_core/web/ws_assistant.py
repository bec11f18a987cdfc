"""A stream that stays alive: connect, log in, subscribe, read, and all of it again when it breaks.

Owns one connection at a time, what is subscribed on it, its watchdogs and the replies that are awaited. It knows no
venue: how to log in, subscribe, ping and recognise a reply is handed in. It never sends anything twice by itself,
other than logins and subscriptions on a new connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from enum import StrEnum
from typing import Final, NoReturn

from ttxt_core.clock import Clock
from ttxt_core.errors import AuthError, NotSentError, TransportError, TtxtError, WebError
from ttxt_core.web.auth import WSAuthenticator
from ttxt_core.web.backoff import Backoff
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.connection import WSConnection
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.dialect import StreamDialect, Topics
from ttxt_core.web.replies import Replies, Reply
from ttxt_core.web.requests import Opcode, WSRequest, WSResponse
from ttxt_core.web.vitals import Vitals


class StreamState(StrEnum):
    """Where a stream stands. Only a READY one takes requests."""

    CONNECTING = "connecting"
    LOGGING_IN = "logging in"
    SUBSCRIBING = "subscribing"
    READY = "ready"
    DISCONNECTED = "disconnected"
    STOPPED = "stopped"


_READY: Final = StreamState.READY


class WSAssistant:
    """Keeps one stream of a venue alive and matches replies to requests.

    Args:
        name: of the stream, for errors and logs. url: ``ws://`` or ``wss://``. dialect: how the venue talks there.
        on_response: gets every message that is no pong, no login reply and no awaited reply, in order. What it
            returns, if anything, is awaited before the next message is read: so a slow consumer holds up the socket,
            and through it the venue. A `TtxtError` raised here breaks the connection; any other error ends `run`.
        on_state: told of every change, with the reason of a loss.
        connections: makes connections. clock: for receive times, pings and watchdogs.
        backoff: between connections. clock_offset: to the venue's clock, for logins.

    Attributes (read them, don't set them):
        state: where the stream stands. last_error: what last went wrong; None since it got READY.
    """

    def __init__(
        self,
        name: str,
        url: str,
        dialect: StreamDialect,
        *,
        on_response: Callable[[WSResponse], Awaitable[None] | None],
        on_state: Callable[[StreamState, str], None],
        connections: ConnectionFactory,
        clock: Clock,
        backoff: Backoff,
        clock_offset: ClockOffset,
    ) -> None:
        self.name = name
        self.last_error: TtxtError | None = None
        self._url = url
        self._dialect = dialect
        self._on_response = on_response
        self._on_state = on_state
        self._connections = connections
        self._clock = clock
        self._backoff = backoff
        self._offset = clock_offset
        self._vitals = Vitals(name, clock, dialect.ping, dialect.idle_timeout_s)

        self._topics: dict[str, None] = {}  # in the order in which they were asked for
        self._told: set[str] = set()  # topics that this connection was told of
        self.state = StreamState.STOPPED
        self._changed = asyncio.Event()
        self._connection: WSConnection | None = None
        self._connected = 0
        self._loss: TransportError | None = None
        self._replies = Replies(name)
        self._login: asyncio.Future[None] | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """What is subscribed, or will be as soon as there is a connection."""
        return tuple(self._topics)

    @property
    def round_trip_ns(self) -> int | None:
        """From the last ping to its pong; None before the first, or where pongs are not recognised."""
        return self._vitals.round_trip_ns

    async def run(self) -> NoReturn:
        """Keep the stream alive until cancelled; a login that is refused is tried again too, ever more slowly."""
        try:
            while True:
                error = await self._live_once()
                self.last_error = error
                retry_after_s = error.retry_after_s if isinstance(error, WebError) else None
                wait_ns = self._backoff.lost(self._clock.monotonic_ns(), retry_after_s)
                self._enter(StreamState.DISCONNECTED, str(error))
                await self._clock.sleep_until(self._clock.now_ns() + wait_ns)
        finally:
            self._enter(StreamState.STOPPED)

    async def wait_ready(self, timeout_s: float) -> None:
        """Wait until the stream is of use, in a task other than that of `run`.

        Raises:
            AuthError: the venue refused the login.
            TtxtError: what last went wrong, when it did not get READY in time.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.state is not _READY:
                    if isinstance(self.last_error, AuthError):
                        raise self.last_error
                    await self._changed.wait()
                return
        raise self.last_error or TransportError(f"connect {self.name}", f"not ready within {timeout_s:g} s")

    def subscribe(self, topics: Topics) -> None:
        """Add topics: asked for now when connected, and on every connection from now on."""
        self._topics.update(dict.fromkeys(topics))
        if self.state is _READY:
            with suppress(NotSentError):  # the next connection is told of all topics anyway
                self._tell_of_topics()

    def unsubscribe(self, topics: Topics) -> None:
        """Remove topics."""
        known = [topic for topic in topics if topic in self._topics]
        told = [topic for topic in known if topic in self._told]
        for topic in known:
            del self._topics[topic]
            self._told.discard(topic)
        if told:
            with suppress(NotSentError):  # the next connection is not told of them
                self._send_all(self._dialect.unsubscribe(told))

    def resubscribe(self, topics: Topics) -> None:
        """Unsubscribe and subscribe again what is subscribed of `topics`, for a new snapshot; the rest goes on."""
        told = [topic for topic in topics if topic in self._told]
        if told:
            with suppress(NotSentError):  # the next connection subscribes anyway
                self._send_all((*self._dialect.unsubscribe(told), *self._dialect.subscribe(told)))

    def reconnect(self, reason: str) -> None:
        """Give the connection up and make a new one; nothing happens when there is none."""
        if self._connection is not None:
            self._loss = TransportError(f"stream {self.name}", reason)
            self._connection.abort()

    def ask(self, request: WSRequest) -> Reply:
        """Send a message, in this very turn of the loop; its reply is told by its id, others may be sent meanwhile.

        A reply that comes when nobody waits for it any more is handed to `on_response`.

        Raises:
            NotSentError: the stream is not READY, or the message certainly did not leave.
        """
        for change in self._dialect.pre_processors:
            request = change(request)
        replies, connection = self._replies, self._connection
        if connection is None or self.state is not _READY:
            raise self._not_ready(request)
        replies.check(request)
        connection.send(request.encode(), request.opcode)
        return replies.expect(request)

    async def request(self, request: WSRequest, timeout_s: float) -> WSResponse:
        """`ask`, and wait for the reply.

        Raises:
            NotSentError: as `ask`.
            OutcomeUnknownError: it left, and within `timeout_s` or before the connection broke no reply came.
        """
        return await self.ask(request).within(timeout_s)

    def send(self, request: WSRequest) -> None:
        """Send a message that has no awaited reply.

        Raises:
            NotSentError: the stream is not READY, or the message certainly did not leave.
        """
        if self._connection is None or self.state is not _READY:
            raise self._not_ready(request)
        self._send(self._connection, request)

    def _not_ready(self, request: WSRequest) -> NotSentError:
        return NotSentError(f"{request} on {self.name}", f"the stream is {self.state}", "wait until it is ready")

    async def _live_once(self) -> TtxtError:
        """One connection from beginning to end, and why it ended."""
        self._enter(StreamState.CONNECTING)
        try:
            connection = await self._connections.connect(
                self._url,
                headers=self._dialect.headers,
                max_message_size=self._dialect.max_message_size,
                compression=self._dialect.compression,
            )
        except TtxtError as error:
            return _bare(error)
        self._connection = connection
        self._connected += 1
        self._vitals.begin()
        # A task of its own: of an error and a cancellation that come together a task group tells only the error, and
        # whoever cancels `run` would wait for ever.
        life = asyncio.create_task(self._live(connection), name=f"{self.name} lives")
        end: TtxtError | None = None
        try:
            await asyncio.wait((life,))
            end = life.result()
        finally:
            life.cancel()
            await asyncio.wait((life,))
            self._connection = None
            self._loss = None
            self._told.clear()
            self._replies.lose(str(end or "stopped"))
            await connection.close()
        return _bare(end) if end else TransportError(f"stream {self.name}", "ended by itself")

    async def _live(self, connection: WSConnection) -> TtxtError | None:
        """All that goes on on a connection, until it breaks; why it did."""
        end: TtxtError | None = None
        try:
            async with asyncio.TaskGroup() as life:
                life.create_task(self._read(connection), name=f"{self.name} reads")
                life.create_task(self._talk(connection), name=f"{self.name} talks")
                life.create_task(self._vitals.watch(), name=f"{self.name} watches")
        except* TtxtError as group:
            end = self._loss or _first(group)
            connection.abort()
        return end

    async def _read(self, connection: WSConnection) -> NoReturn:
        connection_id = f"{self.name}-{self._connected}"
        vitals = self._vitals
        number = 0
        while True:
            frame = await connection.receive()
            vitals.frames += 1
            if frame.opcode > Opcode.BINARY:
                continue  # the protocol's own pings and pongs: a sign of life, not a message
            number += 1
            response = WSResponse(frame.data, frame.receive_time_ns, connection_id, number, frame.opcode)
            for change in self._dialect.post_processors:
                response = change(response)
            if (self._login or self._replies or vitals.awaits_pong) and self._is_expected(response):
                continue
            held_up = self._on_response(response)
            if held_up is not None:
                vitals.held_up = True
                await held_up
                vitals.held_up = False

    def _is_expected(self, response: WSResponse) -> bool:
        """Whether this is an answer that someone in here waits for; then it is used up."""
        if self._login is not None:
            if not self._login.done() and self._dialect.is_login_reply(response):
                self._login.set_result(None)
                return True
            return False
        if self._replies and self._replies.settle(self._dialect.correlate(response), response):
            return True
        return self._vitals.take_pong(response)

    async def _talk(self, connection: WSConnection) -> None:
        if self._dialect.authenticator is not None:
            self._enter(StreamState.LOGGING_IN)
            await self._log_in(connection, self._dialect.authenticator)
        self._enter(StreamState.SUBSCRIBING)
        self._tell_of_topics()
        self.last_error = None
        self._backoff.ready(self._clock.monotonic_ns())
        self._enter(StreamState.READY)
        await self._vitals.keep_pinging(lambda ping: self._send(connection, ping))

    async def _log_in(self, connection: WSConnection, authenticator: WSAuthenticator) -> None:
        self._login = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._dialect.login_timeout_s):
                self._send(connection, authenticator.login(self._offset.server_ms(self._clock.now_ns())))
                await self._login
        except TimeoutError:
            raise TransportError(
                f"log in on {self.name}", f"no answer within {self._dialect.login_timeout_s:g} s"
            ) from None
        finally:
            self._login = None

    def _tell_of_topics(self) -> None:
        """Subscribe whatever this connection was not told of."""
        if missing := [topic for topic in self._topics if topic not in self._told]:
            self._told.update(missing)
            self._send_all(self._dialect.subscribe(missing))

    def _send_all(self, requests: Iterable[WSRequest]) -> None:
        connection = self._connection
        for request in requests:
            if connection is not None:
                self._send(connection, request)

    def _send(self, connection: WSConnection, request: WSRequest) -> None:
        for change in self._dialect.pre_processors:
            request = change(request)
        connection.send(request.encode(), request.opcode)

    def _enter(self, state: StreamState, reason: str = "") -> None:
        self.state = state
        self._changed.set()
        self._changed = asyncio.Event()
        self._on_state(state, reason)


def _first(group: BaseExceptionGroup[TtxtError]) -> TtxtError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _bare(error: TtxtError) -> TtxtError:
    """The error without its traceback, which would keep the connection's frames alive."""
    error.__context__ = None
    return error.with_traceback(None)
