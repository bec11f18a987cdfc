"""Where connections come from.

Owns trust, the proxy and the one transport that all assistants of a program share. A plain object, made where a
session is wired and closed with it; two of them share nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from ssl import SSLContext, SSLError, create_default_context
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from ttxt_core.clock import Clock, SystemClock
from ttxt_core.errors import ConfigError
from ttxt_core.web.connection import DEFAULT_MAX_MESSAGE_SIZE, HTTPRequest, Transport, WSConnection
from ttxt_core.web.requests import RESTResponse
from ttxt_core.web.secrets import Secret


class ConnectionFactory:
    """Opens WebSockets and carries requests over HTTP.

    Args:
        transport: what does the work; aiohttp by default, loaded on first use.
        ca_file: certificate authorities to trust instead of the system's, in PEM.
        ssl_context: instead of `ca_file`, for client certificates and the like.
        proxy: URL of an HTTP proxy for everything; ``http://user:password@host:port`` where it asks for one, and so
            a secret.
        clock: gives the receive times.

    Raises:
        ConfigError: the CA file can't be used, or the proxy is no HTTP proxy.
    """

    def __init__(
        self,
        transport: Transport | None = None,
        *,
        ca_file: Path | None = None,
        ssl_context: SSLContext | None = None,
        proxy: Secret | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._given_transport = transport
        self._clock = clock or SystemClock()
        self._proxy = _checked_proxy(proxy)
        if ca_file is not None and ssl_context is not None:
            raise ConfigError("TLS settings", "a CA file and a context", "give one of them")
        self._ssl = ssl_context if ca_file is None else _context(ca_file)

    async def connect(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_message_size: int = DEFAULT_MAX_MESSAGE_SIZE,
        compression: bool = False,
        timeout_s: float = 10.0,
    ) -> WSConnection:
        """Open a WebSocket; see `Transport.connect`.

        Raises:
            TransportError: no connection. RateLimitError: the venue refused it for now.
        """
        return await self._transport.connect(
            url,
            headers=headers or {},
            max_message_size=max_message_size,
            compression=compression,
            proxy=self._proxy,
            ssl=self._ssl,
            timeout_s=timeout_s,
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        max_body_size: int = DEFAULT_MAX_MESSAGE_SIZE,
        timeout_s: float = 10.0,
    ) -> RESTResponse:
        """Send a request once and read the whole answer; see `Transport.request`.

        Raises:
            NotSentError: certainly nothing was sent.
            OutcomeUnknownError: it was sent, at least in part, and no whole answer of HTTP came.
            ProtocolError: the answer exceeds the size limit.
        """
        return await self._transport.request(
            HTTPRequest(
                method=method,
                url=url,
                headers=headers or {},
                body=body,
                max_body_size=max_body_size,
                timeout_s=timeout_s,
                proxy=self._proxy,
                ssl=self._ssl,
            )
        )

    async def close(self) -> None:
        """Close what is kept open."""
        if self._given_transport is not None or "_transport" in self.__dict__:
            await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        proxy = f"proxy {urlsplit(self._proxy.reveal()).hostname}" if self._proxy else "no proxy"
        return f"ConnectionFactory({proxy}, {'own' if self._ssl else 'system'} trust)"

    @cached_property
    def _transport(self) -> Transport:
        if self._given_transport is not None:
            return self._given_transport
        from ttxt_core.web.aiohttp_transport import AiohttpTransport  # noqa: PLC0415 - slow to load, needed late

        return AiohttpTransport(self._clock)


def _context(ca_file: Path) -> SSLContext:
    try:
        return create_default_context(cafile=ca_file)
    except (OSError, SSLError) as error:
        answered = f"can't be used: {error.strerror or error}"
    raise ConfigError(f"CA file {ca_file}", answered, "a PEM file of certificates is expected")


def _checked_proxy(proxy: Secret | None) -> Secret | None:
    if proxy is None:
        return None
    try:
        parts = urlsplit(proxy.reveal())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError("key proxy", "it is no URL of an HTTP proxy", "expected http://host:port")
    return proxy
