"""The open set of events: registering types from outside."""

from __future__ import annotations

import msgpack
import pytest

from tests.market_events import BTC, event, header
from ttxt_core.errors import EventError
from ttxt_core.events import Event, EventData, FeedGap, MessageHeader, UnknownEvent, encode_event
from ttxt_core.events.registry import EventRegistry


class Heat(EventData, frozen=True, tag="test-heat"):
    level: float
    note: str = ""


class OtherHeat(EventData, frozen=True, tag="test-heat"):
    level: int


def fresh() -> EventRegistry:
    registry = EventRegistry()
    registry.register(FeedGap, "fg")
    return registry


def test_a_registered_type_is_decoded() -> None:
    registry = fresh()
    packed = encode_event(event(Heat(0.5, "warm")))
    unknown = registry.decode_event(packed)
    assert (type(unknown.data), unknown.data.tag) == (UnknownEvent, "test-heat")
    registry.register(Heat, "test-heat")
    assert registry.decode_event(packed) == event(Heat(0.5, "warm"))
    assert registry.decode_data(unknown.data.raw) == Heat(0.5, "warm")
    assert encode_event(unknown) == packed


def test_codecs_can_tell_that_the_table_changed() -> None:
    registry = fresh()
    before = registry.generation
    registry.register(Heat, "test-heat")
    assert registry.generation != before
    assert registry.types == {"fg": FeedGap, "test-heat": Heat}
    registry.types.clear()
    assert registry.types == {"fg": FeedGap, "test-heat": Heat}


def test_a_tag_belongs_to_one_class() -> None:
    registry = fresh()
    registry.register(Heat, "test-heat")
    registry.register(Heat, "test-heat")
    with pytest.raises(EventError, match="the tag belongs to Heat"):
        registry.register(OtherHeat, "test-heat")


def test_the_tag_is_the_one_that_the_class_declares() -> None:
    with pytest.raises(EventError, match="the class declares tag 'test-heat'"):
        fresh().register(Heat, "heat")


def test_a_known_tag_with_a_wrong_field_is_an_error_not_an_unknown_event() -> None:
    packed = msgpack.packb([list(BTC), ["fg", "lost", "many"]])
    with pytest.raises(EventError, match=r"Expected .int \| null., got .str."):
        fresh().decode_event(packed)


def test_header_and_key() -> None:
    assert header().key == BTC
    assert str(BTC) == "bybit spot BTC/USDT"
    assert Event(MessageHeader("okx", "linear", "ETH/USDT"), FeedGap("lost")).header.key == (
        "okx",
        "linear",
        "ETH/USDT",
    )
