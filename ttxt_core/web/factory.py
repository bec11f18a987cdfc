"""Wires assistants, so that a connector says only what is its own.

Owns what all assistants of one account at one venue share: connections, limits, the clock and the estimate of the
venue's clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

from ttxt_core.clock import Clock, SystemClock
from ttxt_core.web.backoff import Backoff
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.dialect import RESTDialect, StreamDialect
from ttxt_core.web.requests import WSResponse
from ttxt_core.web.rest_assistant import RESTAssistant
from ttxt_core.web.throttle import Throttler
from ttxt_core.web.ws_assistant import StreamState, WSAssistant


class WebAssistantFactory:
    """Makes the assistants of one account at one venue.

    Attributes:
        connections, throttler, clock, clock_offset: shared by all that it makes.
    """

    def __init__(
        self,
        connections: ConnectionFactory,
        throttler: Throttler,
        *,
        clock: Clock | None = None,
        clock_offset: ClockOffset | None = None,
        random: Random | None = None,
    ) -> None:
        self.connections = connections
        self.throttler = throttler
        self.clock = clock or SystemClock()
        self.clock_offset = clock_offset or ClockOffset()
        self._random = random or Random()

    def ws(
        self,
        name: str,
        url: str,
        dialect: StreamDialect,
        *,
        on_response: Callable[[WSResponse], Awaitable[None] | None],
        on_state: Callable[[StreamState, str], None],
        backoff: Backoff | None = None,
    ) -> WSAssistant:
        """A stream; it lives while its `run` does. See `WSAssistant` for the arguments."""
        return WSAssistant(
            name,
            url,
            dialect,
            on_response=on_response,
            on_state=on_state,
            connections=self.connections,
            clock=self.clock,
            backoff=backoff or Backoff(self._random),
            clock_offset=self.clock_offset,
        )

    def rest(self, base_url: str, dialect: RESTDialect) -> RESTAssistant:
        """An assistant for requests over HTTP."""
        return RESTAssistant(
            base_url,
            dialect,
            connections=self.connections,
            throttler=self.throttler,
            clock=self.clock,
            clock_offset=self.clock_offset,
            random=self._random,
        )
