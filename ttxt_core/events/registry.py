"""The open set of events: tags, and events to and from MessagePack.

Owns the table of tags and the codec that is built from it. A new event type is added from outside with
`register_event`; nothing here has to be edited for it.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import msgspec

from ttxt_core.errors import EventError
from ttxt_core.events.envelope import Event, EventData, RawEvent, UnknownEvent

_encoder = msgspec.msgpack.Encoder()
_raw_decoder = msgspec.msgpack.Decoder(RawEvent)


class EventRegistry:
    """The table of tags, and the decoders built from it."""

    def __init__(self) -> None:
        self._types: dict[str, type[EventData]] = {}
        self._events: msgspec.msgpack.Decoder[Event[Any]] | None = None
        self._data: msgspec.msgpack.Decoder[Any] | None = None
        self.generation = 0
        """Changes whenever a type is registered, for codecs that build decoders of their own."""

    @property
    def types(self) -> dict[str, type[EventData]]:
        """A copy of the table: tag → class."""
        return dict(self._types)

    def register(self, cls: type[EventData], tag: str) -> None:
        """See `register_event`."""
        asked = f"register event {cls.__name__} as {tag!r}"
        declared = cls.__struct_config__.tag
        if declared != tag:
            raise EventError(asked, f"the class declares tag {declared!r}", f"declare it with tag={tag!r}")
        taken = self._types.get(tag)
        if taken is not None and taken is not cls:
            raise EventError(asked, f"the tag belongs to {taken.__name__}", "tags are never reused; pick another")
        self._types[tag] = cls
        self._events = self._data = None
        self.generation += 1

    def union(self) -> Any:
        """The union type of all registered data classes."""
        return reduce(or_, self._types.values())

    def decode_event(self, payload: bytes) -> Event[Any]:
        """See the function of this name."""
        if self._events is None:
            event_type: Any = Event
            self._events = msgspec.msgpack.Decoder(event_type[self.union()])
        try:
            return self._events.decode(payload)
        except msgspec.DecodeError as error:
            reason = str(error)
        try:
            raw = _raw_decoder.decode(payload)
        except msgspec.DecodeError:
            raw = None
        data = self.unknown(bytes(raw.data)) if raw is not None else None
        if raw is None or data is None:
            raise EventError("decode an event", reason, "the bytes are damaged or from a newer version")
        return Event(raw.header, data)

    def decode_data(self, payload: bytes) -> Any:
        """See the function of this name."""
        if self._data is None:
            self._data = msgspec.msgpack.Decoder(self.union())
        try:
            return self._data.decode(payload)
        except msgspec.DecodeError as error:
            reason = str(error)
        data = self.unknown(payload)
        if data is None:
            raise EventError("decode event data", reason, "the bytes are damaged or from a newer version")
        return data

    def unknown(self, raw: bytes) -> UnknownEvent | None:
        """`raw` as an unknown event when it is ``[tag, …]`` with a tag that nobody registered, else None."""
        try:
            value = msgspec.msgpack.decode(raw)
        except msgspec.DecodeError:
            return None
        if isinstance(value, list) and value and isinstance(value[0], str) and value[0] not in self._types:
            return UnknownEvent(value[0], raw)
        return None


registry = EventRegistry()
"""The registry that every codec of this process uses."""


def register_event(cls: type[EventData], tag: str) -> None:
    """Make `cls` known to every codec under `tag`.

    Raises:
        EventError: the tag is taken by another class, or the class was not declared with it
            (``class Mine(EventData, frozen=True, tag="mine")``).
    """
    registry.register(cls, tag)


def encode_event(event: Event[Any]) -> bytes:
    """`event` as one MessagePack value ``[header, [tag, field, …]]``."""
    if type(event.data) is UnknownEvent:
        return _encoder.encode(RawEvent(event.header, msgspec.Raw(event.data.raw)))
    return _encoder.encode(event)


def decode_event(payload: bytes) -> Event[Any]:
    """The event in `payload`; an unknown tag gives `UnknownEvent`, never an error.

    Raises:
        EventError: the bytes are no event, or a field has the wrong type.
    """
    return registry.decode_event(payload)


def encode_data(data: Any) -> bytes:
    """Event data alone as MessagePack ``[tag, field, …]``."""
    return data.raw if type(data) is UnknownEvent else _encoder.encode(data)


def decode_data(payload: bytes) -> Any:
    """Event data from ``[tag, field, …]``; an unknown tag gives `UnknownEvent`.

    Raises:
        EventError: the bytes are no event data, or a field has the wrong type.
    """
    return registry.decode_data(payload)
