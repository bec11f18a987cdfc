"""What a transport must do, and no more: bytes in, bytes out, and the time of each read.

Owns the interfaces that the rest of the web layer uses; `aiohttp_transport.py` is the one that is used by default.
Replace it by handing another `Transport` to a `ConnectionFactory`. A transport knows nothing of JSON, logins, limits
or reconnecting.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext

import msgspec

from ttxt_core.web.requests import Opcode, RESTResponse
from ttxt_core.web.secrets import Secret

MEBIBYTE = 1 << 20
DEFAULT_MAX_MESSAGE_SIZE = 16 * MEBIBYTE
"""The largest first snapshots of known venues are 5 MB."""


class WSFrame(msgspec.Struct, frozen=True, gc=False):
    """A whole message (its fragments joined), or a ping or pong of the WebSocket protocol.

    Attributes:
        data: the payload, decompressed. opcode: an `Opcode`. receive_time_ns: our clock at the read, UTC.
    """

    data: bytes
    opcode: int
    receive_time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPRequest:
    """One request as it leaves: limited, signed and addressed.

    Attributes:
        method: in upper case. url: sent as it is, not quoted again. headers, body: beside those of HTTP itself.
        max_body_size: of the answer in bytes, decompressed. timeout_s: for all of it.
        proxy: URL of an HTTP proxy. ssl: None for the system's trust.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    max_body_size: int
    timeout_s: float
    proxy: Secret | None = None
    ssl: SSLContext | None = None


class WSConnection(ABC):
    """An open WebSocket. One task reads; any may send.

    Attributes:
        close_code: as in `ConnectionClosedError`; None while it is open.
        close_reason: the text that came with the close frame.
    """

    close_code: int | None = None
    close_reason: str = ""

    @abstractmethod
    def send(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        """Hand a message over, in this very turn of the loop; what the peer does not take yet is kept.

        A connection that breaks before all of it has left shows in `receive`.

        Raises:
            NotSentError: certainly no byte was handed over.
        """

    @abstractmethod
    async def receive(self) -> WSFrame:
        """The next frame. While nobody waits here, reading stops, and the peer feels it once buffers are full.

        A ping of the WebSocket protocol is answered before it is returned.

        Raises:
            ConnectionClosedError: the connection has ended.
            ProtocolError: what came is no WebSocket frame, or exceeds the size limit; the connection is closed.
        """

    @abstractmethod
    async def close(self, code: int = 1000) -> None:
        """Say goodbye and end, within a second or two; nothing happens when it has ended."""

    @abstractmethod
    def abort(self) -> None:
        """Break the connection at once, without a goodbye; `receive` then raises."""


class Transport(ABC):
    """Makes connections and carries requests."""

    @abstractmethod
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
        """Open a WebSocket.

        Args:
            url: ``ws://`` or ``wss://``. headers: of the handshake.
            max_message_size: in bytes, decompressed; more is an error, never memory.
            compression: offer per-message deflate. ssl: None for the system's trust.
            proxy: URL of an HTTP proxy, which may hold a password.
            timeout_s: for name look-up, connection, TLS and handshake together.

        Raises:
            TransportError: no connection. RateLimitError: the venue refused it for now.
        """

    @abstractmethod
    async def request(self, request: HTTPRequest) -> RESTResponse:
        """Send a request once and read the whole answer; statuses and redirects are the caller's business.

        Raises:
            NotSentError: no connection; certainly nothing was sent.
            OutcomeUnknownError: it was sent, at least in part, and no whole answer of HTTP came.
            ProtocolError: the answer exceeds the size limit.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close what is kept open between requests. Open WebSockets end too."""
