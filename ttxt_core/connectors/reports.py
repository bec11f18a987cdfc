"""What a connector tells of itself: its headers, errors as events, and states of its streams."""

from __future__ import annotations

from typing import Any, Final

from ttxt_core.clock import Clock
from ttxt_core.connectors.outbox import Outbox
from ttxt_core.errors import (
    AuthError,
    ConfigError,
    InstrumentError,
    NotSentError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitError,
    TransportError,
    TtxtError,
    VenueRejectError,
)
from ttxt_core.events import ConnectionState, ConnectorError, ConnectorStatus, Event, EventData, MessageHeader
from ttxt_core.web.ws_assistant import StreamState

_KINDS: Final[tuple[tuple[type[TtxtError], str], ...]] = (
    (AuthError, "auth"),
    (RateLimitError, "rate_limit"),
    (VenueRejectError, "reject"),
    (TransportError, "transport"),
    (NotSentError, "transport"),
    (OutcomeUnknownError, "transport"),
    (ProtocolError, "protocol"),
    (InstrumentError, "instrument"),
    (ConfigError, "config"),
)
_SHOWN_STATES: Final = {
    StreamState.CONNECTING: ConnectionState.CONNECTING,
    StreamState.READY: ConnectionState.CONNECTED,
    StreamState.DISCONNECTED: ConnectionState.DISCONNECTED,
    StreamState.STOPPED: ConnectionState.DISCONNECTED,
}


class Reports:
    """Publishes through an outbox under the headers of one venue and category."""

    def __init__(self, venue: str, category: str, outbox: Outbox, clock: Clock) -> None:
        self.venue = venue
        self.category = category
        self._outbox = outbox
        self._clock = clock

    def header(self, pair: str = "") -> MessageHeader:
        """A header of now, about `pair` or about none."""
        return MessageHeader(self.venue, self.category, pair, 0, self._clock.now_ns())

    def tell(self, data: EventData, pair: str = "") -> None:
        """Publish something that happened here."""
        self._outbox.put(Event(self.header(pair), data))

    def pass_on(self, event: Event[Any]) -> None:
        """Publish something that came from the venue."""
        self._outbox.put(event)

    def error(self, error: TtxtError, during: str = "") -> None:
        """Publish `error`; `during` says what was being done where the error does not."""
        kind = next((kind for family, kind in _KINDS if isinstance(error, family)), "internal")
        asked = f"{during}: {error.asked}" if during else error.asked
        self.tell(ConnectorError(kind, asked, error.answered, error.hint))

    def stream_state(self, stream: str, state: StreamState, reason: str) -> None:
        """Publish where a stream stands, by the state of its connection; what is on the way there is not told."""
        if (shown := _SHOWN_STATES.get(state)) is not None:
            self.status(stream, shown, reason)

    def status(self, stream: str, state: ConnectionState, reason: str = "") -> None:
        """Publish where a stream stands."""
        self.tell(ConnectorStatus(stream, state, reason))


def first_of(group: BaseExceptionGroup[Any]) -> BaseException:
    """The first error in a group, however deep."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
