"""The library's exception tree. Every error says what was asked, what came back and what to do.

TtxtError
├── ConfigError            a setting is missing, misspelt or out of range
├── InstrumentError        a price or quantity that the instrument can't carry, an unknown instrument
├── EventError             an event that can't be encoded, decoded or registered
├── BookError              an event that a kept order book can't take, or a book that is not VALID
├── ProtocolError          a venue's frame that does not follow its protocol
├── OrderError             a command or an order update that contradicts what is known
│   └── DuplicateOrderError   a client order id that was already sent
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


class OrderError(TtxtError):
    """A command or an order update that contradicts what is known of the order."""


class DuplicateOrderError(OrderError):
    """A client order id that was already sent; it is never sent twice."""


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
