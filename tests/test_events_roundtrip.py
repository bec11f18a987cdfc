"""Every event to MessagePack and back, and as any MessagePack library reads it."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttxt_core.errors import EventError
from ttxt_core.events import (
    MARKET_EVENTS,
    Event,
    EventLike,
    MessageHeader,
    Orderbook,
    Side,
    Ticker,
    UnknownEvent,
    decode_event,
    encode_event,
)
from ttxt_core.events.registry import decode_data, encode_data, registry

BUILT_IN = [kind for kind in get_args(EventLike) if kind is not UnknownEvent]
INTEGERS = st.integers(-(2**63), 2**63 - 1)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    bool: st.booleans(),
    int: INTEGERS,
    float: st.floats(allow_nan=False),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    NoneType: st.none(),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of the type that a field is annotated with, structs included."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    if get_origin(annotation) is list:
        return st.lists(values_of(get_args(annotation)[0]), max_size=3)
    if get_origin(annotation) is tuple:
        return st.tuples(*[values_of(argument) for argument in get_args(annotation)])
    if get_args(annotation):
        return st.one_of([values_of(argument) for argument in get_args(annotation)])
    if issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    hints = get_type_hints(annotation)
    return st.builds(annotation, **{name: values_of(hints[name]) for name in annotation.__struct_fields__})


def same_decimals(left: Any, right: Any) -> bool:
    """Equal and written alike: Decimal("1.0") and Decimal("1.00") are equal, yet not the same figure."""
    return bool(left == right) and repr(left) == repr(right)


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data(), header=values_of(MessageHeader))
def test_every_event_comes_back_as_it_was(kind: type, data: st.DataObject, header: MessageHeader) -> None:
    event = Event(header, data.draw(values_of(kind)))
    packed = encode_event(event)
    back = decode_event(packed)
    assert same_decimals(back, event)
    assert type(back.data) is kind
    assert same_decimals(decode_data(encode_data(event.data)), event.data)
    # Any MessagePack library reads it: the header's fields, then the tag and the data's fields.
    plain_header, plain_data = msgpack.unpackb(packed)
    assert plain_header == [getattr(header, name) for name in MessageHeader.__struct_fields__]
    assert plain_data[0] == kind.__struct_config__.tag  # type: ignore[attr-defined]
    assert len(plain_data) == 1 + len(kind.__struct_fields__)  # type: ignore[attr-defined]


def test_all_built_in_types_are_registered_under_tags_of_their_own() -> None:
    types = registry.types
    assert {types[kind.__struct_config__.tag] for kind in BUILT_IN} == set(BUILT_IN)
    assert set(get_args(EventLike)) > MARKET_EVENTS


def test_a_row_is_small_and_plain() -> None:
    event = Event(
        MessageHeader("bybit", "spot", "BTC/USDT", 1, 2, 3),
        Orderbook([(100.0, 1.0)], [], False, 7, 6, 200),
    )
    assert msgpack.unpackb(encode_event(event)) == [
        ["bybit", "spot", "BTC/USDT", 1, 2, 3, "live"],
        ["ob", [[100.0, 1.0]], [], False, 7, 6, 200],
    ]


def test_fields_that_an_older_writer_did_not_know_get_their_defaults() -> None:
    old = msgpack.packb([["bybit", "spot", "BTC/USDT"], ["ob", [], [[101.0, 2]], True, 5]])
    event = decode_event(old)
    assert event.header == MessageHeader("bybit", "spot", "BTC/USDT")
    assert event.data == Orderbook([], [(101.0, 2.0)], True, 5)


def test_fields_that_a_newer_writer_added_are_skipped() -> None:
    newer = msgpack.packb([["bybit", "spot", "X/Y", 1, 2, 3, "live", "more"], ["fg", "lost", 2, {"more": 1}]])
    assert decode_event(newer).data.missed == 2


@given(tag=st.text(max_size=6), fields=st.lists(st.integers() | st.text() | st.none(), max_size=4))
@settings(max_examples=50)
def test_an_unknown_tag_is_kept_as_it_came(tag: str, fields: list[Any]) -> None:
    if tag in registry.types:
        return
    fields = [field for field in fields if not isinstance(field, int) or -(2**63) <= field < 2**64]
    packed = msgpack.packb([["bybit", "spot", "BTC/USDT", 1, 2, 3, "live"], [tag, *fields]])
    event = decode_event(packed)
    assert event.header.receive_time_ns == 2
    assert type(event.data) is UnknownEvent
    assert event.data.tag == tag
    assert msgpack.unpackb(event.data.raw) == [tag, *fields]
    assert encode_event(event) == packed
    assert encode_data(event.data) == event.data.raw
    assert decode_data(event.data.raw) == event.data


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        msgpack.packb(None),
        msgpack.packb([["bybit", "spot", "BTC/USDT"]]),
        msgpack.packb([["bybit", "spot"], ["fg", "lost"]]),
        msgpack.packb([["bybit", "spot", "BTC/USDT"], ["fg", 5]]),
        msgpack.packb([["bybit", "spot", "BTC/USDT"], ["ob", [[1.0]], [], True, 1]]),
        msgpack.packb([["bybit", "spot", "BTC/USDT"], []]),
        msgpack.packb([["bybit", "spot", "BTC/USDT"], [7]]),
        msgpack.packb([["bybit", "spot", "BTC/USDT", "noon"], ["zz"]]),
    ],
)
def test_what_is_no_event_is_an_error(payload: bytes) -> None:
    with pytest.raises(EventError, match="decode an event"):
        decode_event(payload)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_event_or_an_error(payload: bytes) -> None:
    try:
        event = decode_event(payload)
    except EventError:
        return
    assert isinstance(event.header, MessageHeader)


@pytest.mark.parametrize("payload", [b"", msgpack.packb(["fg", 5]), msgpack.packb([]), msgpack.packb({"a": 1})])
def test_what_is_no_data_is_an_error(payload: bytes) -> None:
    with pytest.raises(EventError, match="decode event data"):
        decode_data(payload)


def test_floats_come_back_to_the_last_bit() -> None:
    for value in (0.1 + 0.2, 1e-8, 65114.20, math.ulp(1.0), 1e308, -0.0):
        ticker = decode_data(encode_data(Ticker(last=value)))
        assert math.copysign(1.0, ticker.last) == math.copysign(1.0, value)
        assert ticker.last == value


def test_sides() -> None:
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)


def test_orders_written_before_there_were_exits_are_read() -> None:
    header = ["bybit", "linear", "BTC/USDT"]
    create = msgpack.packb([header, ["co", "main", "a", "buy", "limit", "1", "100", "gtc", False, False]])
    command = decode_event(create).data
    assert (command.price, command.take_profit, command.stop_loss_by) == (Decimal(100), None, None)
    told = [
        "ou",
        "main",
        "a",
        "id",
        "untriggered",
        "sell",
        "stop_market",
        "1",
        "0",
        None,
        None,
        "gtc",
        False,
        True,
        "90",
    ]
    update = decode_event(msgpack.packb([header, told])).data
    assert (update.trigger_price, update.parent_client_order_id, update.is_position_exit) == (Decimal(90), "", False)
