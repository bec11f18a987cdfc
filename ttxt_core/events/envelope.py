"""The envelope every event travels in: a header that says where and when, and the data.

Owns the header, the envelope and the base class of event data. It must not know any particular event.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from msgspec import Raw, Struct

T = TypeVar("T")


class InstrumentKey(NamedTuple):
    """What names an instrument everywhere: the same pair on two categories is two instruments."""

    venue: str
    category: str
    pair: str

    def __str__(self) -> str:
        return f"{self.venue} {self.category} {self.pair}"


class Source(StrEnum):
    """Who made an event, so that a replayed or simulated one can't pass for live."""

    LIVE = "live"
    IMPORT = "import"
    REPLAY = "replay"
    PRACTICE = "practice"
    SIMULATOR = "simulator"
    CLIENT = "client"


class MessageHeader(Struct, frozen=True, array_like=True, gc=False):
    """Where an event comes from and when.

    Attributes:
        venue: lower-case name of the exchange, e.g. ``bybit``.
        category: the venue's product, ``spot`` or ``linear`` (more come with their venues).
        pair: ``BASE/QUOTE``, with ``:SETTLE`` where it is not the quote; empty when the event is about no pair.
        venue_time_ns: the venue's own time of the event; 0 when it gives none.
        receive_time_ns: when this machine received it (for own commands: when they were made).
        sequence: the record number in its source, rising by source; 0 when unnumbered.
        source: who made the event.
    """

    venue: str
    category: str
    pair: str
    venue_time_ns: int = 0
    receive_time_ns: int = 0
    sequence: int = 0
    source: Source = Source.LIVE

    @property
    def key(self) -> InstrumentKey:
        """The instrument that the event is about."""
        return InstrumentKey(self.venue, self.category, self.pair)


class EventData(Struct, frozen=True, array_like=True, gc=False):
    """Base class of what an event carries.

    Subclasses give a short `tag` that is never reused. Fields are positional on the wire: new ones are added
    at the end, with a default, and none is ever removed or reordered.
    """


class UnknownEvent(Struct, frozen=True, gc=False):
    """Data of an event whose tag is not registered here: kept as it came, passed on, skipped by consumers.

    Attributes:
        tag: the tag found on the wire.
        raw: the MessagePack bytes of the data, tag included.
    """

    tag: str
    raw: bytes


class Event(Struct, Generic[T], frozen=True, array_like=True, gc=False):
    """One event: header and data."""

    header: MessageHeader
    data: T


class RawEvent(Struct, frozen=True, array_like=True, gc=False):
    """An event whose data has not been decoded."""

    header: MessageHeader
    data: Raw
