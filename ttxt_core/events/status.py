"""Status: what is known about the connections and the data themselves."""

from __future__ import annotations

from enum import StrEnum

from ttxt_core.events.envelope import EventData


class ConnectionState(StrEnum):
    """Where a stream's connection stands."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    DISCONNECTED = "disconnected"


class BookState(StrEnum):
    """Only a VALID book may be shown or traded on as the market."""

    SYNCING = "syncing"
    VALID = "valid"
    STALE = "stale"
    GAP = "gap"


class ResetReason(StrEnum):
    """Why a stream begins anew: a seek in a replay, a new connection, another session."""

    SEEK = "seek"
    RECONNECT = "reconnect"
    SESSION = "session"


class ConnectorStatus(EventData, frozen=True, tag="cs"):
    """The state of one stream (``market``, ``private``, ``trade``) of a connector."""

    stream: str
    state: ConnectionState
    reason: str = ""


class ConnectorError(EventData, frozen=True, tag="ce"):
    """An error on the way from or to a venue; the stream goes on.

    Attributes:
        kind: transport, protocol, reject, rate_limit, auth, config, instrument, recording, or
            internal: a part of this program failed.
        asked: what was done. answered: what came back. hint: what to do.
    """

    kind: str
    asked: str
    answered: str
    hint: str = ""


class BookStatus(EventData, frozen=True, tag="bs"):
    """The validity of a book changed."""

    state: BookState
    reason: str = ""


class StreamReset(EventData, frozen=True, tag="sr"):
    """Everything known from the stream so far is void: stateful consumers clear."""

    reason: ResetReason


class FeedGap(EventData, frozen=True, tag="fg"):
    """Events are missing here: lost by the feed, by a full mailbox or by a damaged recording.

    Attributes:
        reason: what happened. missed: how many events, None when it can't be known.
    """

    reason: str
    missed: int | None = None
