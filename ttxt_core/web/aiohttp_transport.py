"""The default transport: aiohttp.

Owns everything that is aiohttp's, and turns its errors into this library's. It raises without the original error
behind it: those carry the addresses and headers of requests, and tracebacks would show them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from os import urandom
from ssl import SSLContext
from struct import pack
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import WSMsgType, hdrs
from yarl import URL

from ttxt_core.clock import Clock
from ttxt_core.errors import (
    AuthError,
    ConnectionClosedError,
    NotSentError,
    OutcomeUnknownError,
    ProtocolError,
    TransportError,
    TtxtError,
    WebError,
)
from ttxt_core.web.connection import HTTPRequest, Transport, WSConnection, WSFrame
from ttxt_core.web.http_status import PROXY_HINT, status_error
from ttxt_core.web.requests import Opcode, RESTResponse
from ttxt_core.web.secrets import Secret

GOODBYE_S = 1.0
ABNORMAL = 1006
WINDOW_BITS = 15
CHUNK = 1 << 16


class _Socket(aiohttp.ClientWebSocketResponse):
    """Its own class only for what aiohttp has no public name for."""

    def write(self, data: bytes, opcode: Opcode) -> bool:
        """As aiohttp's `send_frame`, which may wait, and compresses where that was agreed upon: one need not.

        RFC 6455, 5.2 and 5.3: a client masks what it sends, with a mask that nobody can foretell. False, and nothing
        is written, when the connection is closed or about to be.
        """
        transport = self._writer.transport
        if self._closed or self._closing or transport.is_closing():
            return False
        length = len(data)
        mask = urandom(4)
        if length < 126:
            head = pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 1 << 16:
            head = pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        pad = int.from_bytes((mask * (length // 4 + 1))[:length])
        transport.write(head + mask + (int.from_bytes(data) ^ pad).to_bytes(length))
        return True

    def abort(self) -> None:
        self._writer.transport.abort()


class AiohttpConnection(WSConnection):
    """A WebSocket of aiohttp. While nobody receives, aiohttp keeps half a mebibyte and then stops reading."""

    def __init__(self, socket: _Socket, where: str, clock: Clock) -> None:
        self._socket = socket
        self._where = where
        self._clock = clock

    def send(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        """As `WSConnection.send`."""
        if not self._socket.write(data, opcode):
            raise NotSentError(f"send to {self._where}", "the connection is closed")

    async def receive(self) -> WSFrame:
        """As `WSConnection.receive`."""
        message = await self._socket.receive()
        now_ns = self._clock.now_ns()
        kind = message.type
        if kind is WSMsgType.TEXT or kind is WSMsgType.BINARY or kind is WSMsgType.PONG:
            return WSFrame(message.data, kind, now_ns)
        if kind is WSMsgType.PING:
            self.send(message.data, Opcode.PONG)
            return WSFrame(message.data, kind, now_ns)
        raise self._end(message)

    def _end(self, message: Any) -> TtxtError:
        asked = f"read from {self._where}"
        if message.type is WSMsgType.CLOSE:
            self.close_code = message.data or 1005  # "no status", RFC 6455, 7.1.5
            self.close_reason = message.extra or ""
        elif message.type is WSMsgType.ERROR and isinstance(message.data, aiohttp.WebSocketError):
            self.close_code = int(message.data.code)
            return ProtocolError(asked, f"no proper frame: {message.data}", "the connection is closed")
        elif self.close_code is None:
            self.close_code = ABNORMAL
            self.close_reason = type(message.data).__name__ if message.type is WSMsgType.ERROR else ""
        return ConnectionClosedError(asked, self.close_code, self.close_reason)

    async def close(self, code: int = 1000) -> None:
        """As `WSConnection.close`."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._socket.close(code=code)
        except TimeoutError:
            pass  # a peer that takes nothing any more; it is cut off below
        if self.close_code is None:
            self.close_code = code
        self._socket.abort()

    def abort(self) -> None:
        """As `WSConnection.abort`."""
        self._socket.abort()


@dataclass(slots=True)
class _Progress:
    """When a request began to leave, as told by aiohttp's traces; 0 while nothing has."""

    sent_time_ns: int = 0


class AiohttpTransport(Transport):
    """One session and its pool of connections, made on first use in the running loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def connect(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        max_message_size: int,
        compression: bool,
        proxy: Secret | None,
        ssl: SSLContext | None,
        timeout_s: float,
    ) -> WSConnection:
        """As `Transport.connect`."""
        where = _where(url)
        asked = f"connect to {where}"
        failure: TtxtError
        try:
            async with asyncio.timeout(timeout_s):
                socket: Any = await self._opened().ws_connect(
                    URL(url, encoded=True),
                    headers=headers,
                    max_msg_size=max_message_size,
                    compress=WINDOW_BITS if compression else 0,
                    proxy=proxy.reveal() if proxy else None,
                    ssl=ssl or True,
                    autoping=False,
                    decode_text=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=GOODBYE_S),
                )
            return AiohttpConnection(socket, where, self._clock)
        except TimeoutError:
            failure = TransportError(asked, f"no connection within {timeout_s:g} s", "check the network and the host")
        except aiohttp.WSServerHandshakeError as error:
            retry_after = error.headers.get(hdrs.RETRY_AFTER) if error.headers else None
            failure = status_error(asked, error.status, retry_after, self._clock.now_ns())
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = _connect_error(asked, error)
        raise failure

    async def request(self, request: HTTPRequest) -> RESTResponse:
        """As `Transport.request`."""
        asked = f"{request.method} {_where(request.url)}{urlsplit(request.url).path}"
        progress = _Progress()
        failure: TtxtError
        try:
            async with (
                asyncio.timeout(request.timeout_s),
                self._opened().request(
                    request.method,
                    URL(request.url, encoded=True),
                    headers=request.headers,
                    data=request.body or None,
                    proxy=request.proxy.reveal() if request.proxy else None,
                    ssl=request.ssl or True,
                    allow_redirects=False,
                    trace_request_ctx=progress,
                ) as response,
            ):
                content = await _body(response, request.max_body_size, asked)
                return RESTResponse(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=content,
                    sent_time_ns=progress.sent_time_ns,
                    receive_time_ns=self._clock.now_ns(),
                    asked=asked,
                )
        except TimeoutError:
            failure = _request_error(asked, progress, f"no answer within {request.timeout_s:g} s")
        except aiohttp.ClientResponseError as error:
            failure = _request_error(asked, progress, f"no proper answer: {error.message.partition(':')[0]}")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if progress.sent_time_ns:
                failure = _request_error(asked, progress, f"the connection broke: {_detail(error)}")
            else:
                cause = _connect_error(asked, error)
                failure = NotSentError(asked, cause.answered, cause.hint)
        raise failure

    async def close(self) -> None:
        """As `Transport.close`."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            traces = aiohttp.TraceConfig()
            traces.on_request_headers_sent.append(self._note_sending)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # a stream keeps its connection: a limit would starve requests
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # each call has its own
                trace_configs=[traces],
                trust_env=False,
                ws_response_class=_Socket,
            )
        return self._session

    async def _note_sending(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        """Called just before the first byte of a request leaves."""
        progress = context.trace_request_ctx
        if not isinstance(progress, _Progress):
            return
        if progress.sent_time_ns:
            # aiohttp sends some methods again when a kept connection turns out to be dead: that is not its decision.
            raise aiohttp.ServerDisconnectedError
        progress.sent_time_ns = self._clock.now_ns()


async def _body(response: aiohttp.ClientResponse, limit: int, asked: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while chunk := await response.content.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise ProtocolError(asked, f"an answer of more than {limit} bytes")
        parts.append(chunk)
    return b"".join(parts)


def _where(url: str) -> str:
    """The host alone: queries hold signatures, and paths of sockets may hold tokens."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _request_error(asked: str, progress: _Progress, answered: str) -> WebError:
    if progress.sent_time_ns:
        return OutcomeUnknownError(asked, answered, "it may have been carried out: ask the venue")
    return NotSentError(asked, answered, "check the network and the host")


def _connect_error(asked: str, error: Exception) -> WebError:
    """Why there is no connection, in one sentence that holds no address beyond the host."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        detail = getattr(error.certificate_error, "verify_message", "") or "the certificate does not match"
        return TransportError(asked, f"not trusted: {detail}", "check the host, or name the certificates to trust")
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return TransportError(asked, f"no TLS there: {_tls_reason(error)}", "check the scheme, the host and its port")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        if error.status == 407:
            return AuthError(asked, "the proxy wants a user and a password", PROXY_HINT)
        return TransportError(asked, f"the proxy refused with HTTP {error.status}", "check the proxy")
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return TransportError(asked, f"no connection to the proxy: {_detail(error)}", "check the proxy")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return TransportError(asked, "the host is not known", "check its name and the network")
    if isinstance(error, aiohttp.InvalidURL):
        return TransportError(asked, "no usable address", "check the host")
    return TransportError(asked, f"no connection: {_detail(error)}", "check the network and the host")


def _detail(error: Exception) -> str:
    """What went wrong, in the system's words where it has some; without addresses."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the other side hung up"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return type(error).__name__


def _tls_reason(error: aiohttp.ClientConnectorSSLError) -> str:
    reason = getattr(error.os_error, "reason", None) or type(error.os_error).__name__
    return str(reason).replace("_", " ").lower()
