"""The library's exception tree. Every error says what was asked, what came back and what to do.

TtxtError
├── ConfigError            a setting is missing, misspelt or out of range
├── InstrumentError        a price or quantity that the instrument can't carry, an unknown instrument
├── EventError             an event that can't be encoded, decoded or registered
├── BookError              an event that a kept order book can't take, or a book that is not VALID
├── ProtocolError          a venue's frame that does not follow its protocol
├── WebError               base of what goes wrong between this program and a venue
│   ├── TransportError        no connection, or a connection that broke or went silent
│   │   └── ConnectionClosedError   a socket that was closed, with its code and reason
│   ├── NotSentError          nothing reached the wire: certain
│   ├── OutcomeUnknownError   sent, and no answer came: it may or may not have been carried out
│   ├── RateLimitError        the venue asks to slow down, or has banned this address for a time
│   ├── AuthError             the venue does not accept who asks
│   └── VenueRejectError      the venue understood and refused, with its code
├── OrderError             a command or an order update that contradicts what is known
│   └── DuplicateOrderError   a client order id that was already sent
├── AccountLockedError     another process trades the account
├── StateError             a file of this program's own state that can't be read, trusted or written
├── QueueError
│   ├── QueueFullError     a lossless mailbox overflowed
│   └── QueueClosedError   nothing more will come
└── RecordingError         a recording that can't be read or written
    ├── NotARecordingError
    ├── CorruptChunkError
    ├── RecordingLockedError
    └── RecordingExistsError
"""

from __future__ import annotations


class TtxtError(Exception):
    """Base of all errors that this library raises on purpose.

    Attributes:
        asked: what was being done, with its subject (a path, a key, a topic).
        answered: what came back instead of the expected result.
        hint: what the reader can do about it; empty when nothing sensible can be said.
    """

    def __init__(self, asked: str, answered: str, hint: str = "") -> None:
        super().__init__(asked, answered, hint)
        self.asked = asked
        self.answered = answered
        self.hint = hint

    def __str__(self) -> str:
        message = f"{self.asked}: {self.answered}"
        return f"{message} ({self.hint})" if self.hint else message


class ConfigError(TtxtError):
    """A setting is missing, misspelt or out of range."""


class InstrumentError(TtxtError):
    """A price or quantity that the instrument can't carry, or an instrument that is not known."""


class EventError(TtxtError):
    """An event that can't be encoded, decoded or registered."""


class BookError(TtxtError):
    """An event that a kept order book can't take, or a book that is not VALID."""


class ProtocolError(TtxtError):
    """A venue's frame that does not follow its protocol."""


class WebError(TtxtError):
    """Base of what goes wrong between this program and a venue.

    Attributes:
        is_retryable: the same may be asked again later with a chance of success.
        is_ambiguous: what was asked may have been carried out all the same.
        retry_after_s: how long the venue asks to wait first; None when it did not say.
    """

    is_retryable: bool = False
    is_ambiguous: bool = False

    def __init__(self, asked: str, answered: str, hint: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(asked, answered, hint)
        self.retry_after_s = retry_after_s


class TransportError(WebError):
    """No connection could be made, or one broke, stalled or went silent."""

    is_retryable = True


class ConnectionClosedError(TransportError):
    """A WebSocket was closed.

    Attributes:
        code: the close code (RFC 6455, 7.4); 1006 when the connection broke without a close frame.
        reason: the text beside the code; often empty.
    """

    def __init__(self, asked: str, code: int, reason: str = "") -> None:
        super().__init__(asked, f"closed with code {code}{f', {reason!r}' if reason else ''}")
        self.code = code
        self.reason = reason


class NotSentError(WebError):
    """Nothing reached the wire: what was asked was certainly not carried out."""

    is_retryable = True


class OutcomeUnknownError(WebError):
    """It was sent and no answer came: ask the venue what became of it, never send it again by itself."""

    is_ambiguous = True


class RateLimitError(WebError):
    """The venue asks to slow down, or has banned this address for a time; nothing was carried out."""

    is_retryable = True


class AuthError(WebError):
    """The venue does not accept the key, its permissions, its signature or its time."""


class VenueRejectError(WebError):
    """The venue understood what was asked and refused.

    Attributes:
        code: the venue's own code for the reason.
    """

    def __init__(
        self, asked: str, code: int | str, answered: str, hint: str = "", *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(asked, f"{answered} [{code}]", hint, retry_after_s=retry_after_s)
        self.code = code


class OrderError(TtxtError):
    """A command or an order update that contradicts what is known of the order."""


class DuplicateOrderError(OrderError):
    """A client order id that was already sent; it is never sent twice."""


class AccountLockedError(TtxtError):
    """Another process trades the account: two would not know of each other's limits.

    Attributes:
        holder: that process' id; None when it could not be read.
    """

    def __init__(self, asked: str, answered: str, hint: str = "", *, holder: int | None = None) -> None:
        super().__init__(asked, answered, hint)
        self.holder = holder


class StateError(TtxtError):
    """A file of this program's own state that can't be read, can't be trusted or can't be written."""


class QueueError(TtxtError):
    """Base of what goes wrong on a queue."""


class QueueFullError(QueueError):
    """A lossless mailbox overflowed: its consumer does not keep up."""


class QueueClosedError(QueueError):
    """The queue is closed and empty: nothing more will come."""


class RecordingError(TtxtError):
    """A recording that can't be read or written."""


class NotARecordingError(RecordingError):
    """The file does not begin with a recording's chunk."""


class CorruptChunkError(RecordingError):
    """A chunk whose checksum, length or contents are wrong."""


class RecordingLockedError(RecordingError):
    """Another writer holds the file."""


class RecordingExistsError(RecordingError):
    """The target file exists and was not to be appended to."""
