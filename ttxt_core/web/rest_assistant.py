"""Requests over HTTP to one venue: limited, signed, checked, and repeated where that does no harm.

Owns the order of these steps and what a status means. What a venue's own codes mean is handed in.
"""

from __future__ import annotations

from random import Random
from urllib.parse import urlsplit

from ttxt_core.clock import Clock
from ttxt_core.errors import (
    AuthError,
    NotSentError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitError,
    TransportError,
    WebError,
)
from ttxt_core.web.backoff import Backoff
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.dialect import RESTDialect
from ttxt_core.web.http_status import status_error
from ttxt_core.web.requests import Headers, RESTRequest, RESTResponse
from ttxt_core.web.throttle import Throttler


class RESTAssistant:
    """Asks one venue over HTTP.

    Args:
        base_url: scheme and host (and port), without a path. dialect: how the venue talks.
        connections: carries the requests. throttler: keeps to the limits that requests name.
        clock_offset: to the venue's clock, for signatures. random: for the jitter between attempts.
    """

    def __init__(
        self,
        base_url: str,
        dialect: RESTDialect,
        *,
        connections: ConnectionFactory,
        throttler: Throttler,
        clock: Clock,
        clock_offset: ClockOffset,
        random: Random,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        parts = urlsplit(self._base_url)
        self._shown_url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._dialect = dialect
        self._connections = connections
        self._throttler = throttler
        self._clock = clock
        self._offset = clock_offset
        self._random = random

    async def call(self, request: RESTRequest) -> RESTResponse:
        """The venue's answer, with a status below 300 and accepted by the dialect's `check`.

        Raises:
            NotSentError: no connection; certainly nothing was sent.
            OutcomeUnknownError: it was sent and no usable answer came; only for what may not be repeated.
            TransportError: no usable answer to what may be repeated, however often it was tried.
            RateLimitError: too many requests, banned for a time, or held back by limits for longer than it may be.
            AuthError: key, signature or time refused.
            VenueRejectError: refused for another reason.
            ProtocolError: the answer to what may be repeated is too large.
        """
        for change in self._dialect.pre_processors:
            request = change(request)
        backoff = Backoff(self._random, cap_s=self._dialect.patience_s)
        attempts = self._dialect.attempts if request.may_repeat else 1
        for attempt in range(1, attempts + 1):
            try:
                return await self._attempt(request)
            except WebError as error:
                if not error.is_retryable or attempt == attempts:
                    raise
                if error.retry_after_s is not None and error.retry_after_s > self._dialect.patience_s:
                    raise
                wait_ns = backoff.lost(self._clock.monotonic_ns(), error.retry_after_s)
            await self._clock.sleep_until(self._clock.now_ns() + wait_ns)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, request: RESTRequest) -> RESTResponse:
        dialect = self._dialect
        await self._throttler.acquire(
            request.limits, weight=request.weight, priority=request.priority, most_wait_s=request.most_wait_s
        )
        asked = self._asked(request)
        if request.is_signed:
            if dialect.authenticator is None:
                raise AuthError(asked, "it must be signed, and there is no key", "give credentials")
            # Signed last: a signature is good for a few seconds, and the limit may have taken longer.
            request = dialect.authenticator.sign(request, self._offset.server_ms(self._clock.now_ns()))
        query = request.query
        try:
            response = await self._connections.request(
                request.method,
                f"{self._base_url}{request.path}{'?' if query else ''}{query}",
                headers=Headers({**dialect.headers, **request.headers}),
                body=request.body,
                max_body_size=dialect.max_body_size,
                timeout_s=dialect.timeout_s,
            )
        except NotSentError as error:
            failure: WebError = NotSentError(asked, error.answered, error.hint)
        except OutcomeUnknownError as error:
            if request.may_repeat:
                failure = TransportError(asked, error.answered, "check the network and the host")
            else:
                failure = OutcomeUnknownError(asked, error.answered, error.hint)
        except ProtocolError as error:
            if request.may_repeat:
                raise
            failure = OutcomeUnknownError(asked, error.answered, "ask the venue what became of it")
        else:
            response.asked = asked
            for change in dialect.post_processors:
                response = change(response)
            return self._checked(request, response)
        raise failure

    def _asked(self, request: RESTRequest) -> str:
        """What `request` asks, and of whom, for errors."""
        where = f"{request.method} {self._shown_url}{request.path}"
        return f"{request.label} ({where})" if request.label else where

    def _checked(self, request: RESTRequest, response: RESTResponse) -> RESTResponse:
        self._dialect.observe(request, response)
        try:
            self._dialect.check(request, response)
            if response.status >= 300:
                raise status_error(
                    asked=response.asked,
                    status=response.status,
                    retry_after=response.headers.get("retry-after"),
                    now_ns=self._clock.now_ns(),
                    may_repeat=request.may_repeat,
                )
        except RateLimitError as error:
            if error.retry_after_s is not None:
                self._throttler.hold(request.limits, error.retry_after_s)
            raise
        return response
