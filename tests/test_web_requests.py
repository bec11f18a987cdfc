"""Requests and responses: encoding, lazy decoding, and what their `repr` hides."""

from __future__ import annotations

from email.utils import formatdate

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.clock import NANOSECONDS
from ttxt_core.errors import (
    AuthError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitError,
    TransportError,
    VenueRejectError,
)
from ttxt_core.web.http_status import retry_after_s, status_error
from ttxt_core.web.requests import (
    Opcode,
    RESTRequest,
    RESTResponse,
    WSBinaryRequest,
    WSJSONRequest,
    WSPlainTextRequest,
    WSResponse,
)


class Tick(msgspec.Struct):
    price: float


def message(raw: bytes, opcode: Opcode = Opcode.TEXT) -> WSResponse:
    return WSResponse(raw, 1, "feed-1", 9, opcode)


def test_requests_encode_themselves() -> None:
    assert WSJSONRequest({"op": "é", "n": [1, None]}).encode() == '{"op":"é","n":[1,null]}'.encode()
    assert WSPlainTextRequest("ping").encode() == b"ping"
    assert WSBinaryRequest(b"\x00\xff").encode() == b"\x00\xff"
    assert [r.opcode for r in (WSJSONRequest(1), WSPlainTextRequest(""), WSBinaryRequest(b""))] == [1, 1, 2]
    assert str(WSJSONRequest({}, "a1", "order.create")) == "order.create a1"
    assert str(WSPlainTextRequest("x")) == "message"


@given(raw=st.binary(max_size=60))
def test_data_is_json_or_text_or_bytes_and_never_an_error(raw: bytes) -> None:
    text, binary = message(raw), message(raw, Opcode.BINARY)
    try:
        expected = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        assert binary.data == raw
        assert text.data in (raw, raw.decode(errors="replace"))
    else:
        assert text.data == binary.data == expected
    assert text.data is text.data


def test_typed_decoding_reads_numbers_in_strings() -> None:
    assert message(b'{"price":"1.5","more":1}').decode(Tick) == Tick(1.5)
    with pytest.raises(ProtocolError, match=r"read message 9 of feed-1: 9 bytes that are no Tick"):
        message(b'{"a":"b"}').decode(Tick)
    with pytest.raises(ProtocolError) as caught:
        message(b"\xff\xfe").decode(Tick)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_answers_over_http_decode_lazily() -> None:
    answer = RESTResponse(200, {}, b'{"price":2}', 1, 2, "GET /x")
    assert (answer.data, answer.decode(Tick)) == ({"price": 2}, Tick(2.0))
    with pytest.raises(ProtocolError, match="GET /x: 6 bytes that are no object"):
        _ = RESTResponse(200, {}, b"<html>", 1, 2, "GET /x").data


def test_the_query_is_what_is_signed_and_sent() -> None:
    request = RESTRequest("GET", "/x", (("b", "1 2"), ("a", "ö/&=")))
    assert request.query == "b=1+2&a=%C3%B6%2F%26%3D"
    assert RESTRequest("GET", "/x").may_repeat
    assert not RESTRequest("POST", "/x").may_repeat
    assert RESTRequest("POST", "/x", is_repeatable=True).may_repeat


def test_no_repr_shows_what_is_inside() -> None:
    hidden = "hidden-value"
    shown = [
        WSJSONRequest({"args": [hidden]}, "id"),
        WSPlainTextRequest(hidden),
        WSBinaryRequest(hidden.encode()),
        message(hidden.encode()),
        RESTRequest("GET", "/x", (("signature", hidden),), hidden.encode(), {"key": hidden}),
        RESTResponse(200, {"token": hidden}, hidden.encode(), 1, 2),
    ]
    for thing in shown:
        assert hidden not in f"{thing!r} {thing}"


@pytest.mark.parametrize(
    ("status", "may_repeat", "kind"),
    [
        (301, True, VenueRejectError),
        (400, True, VenueRejectError),
        (401, True, AuthError),
        (407, True, AuthError),
        (418, False, RateLimitError),
        (429, False, RateLimitError),
        (500, True, TransportError),
        (503, False, OutcomeUnknownError),
    ],
)
def test_what_a_status_means(status: int, may_repeat: bool, kind: type[Exception]) -> None:
    error = status_error("GET /x", status, "7", 0, may_repeat=may_repeat)
    assert type(error) is kind
    assert error.is_ambiguous is (kind is OutcomeUnknownError)
    assert error.retry_after_s == (None if kind is AuthError else 7.0)


@given(seconds=st.integers(0, 10**6))
def test_retry_after_in_both_forms(seconds: int) -> None:
    now_ns = 1_700_000_000 * NANOSECONDS
    assert retry_after_s(f" {seconds} ", now_ns) == seconds
    assert retry_after_s(formatdate(1_700_000_000 + seconds, usegmt=True), now_ns) == seconds
    assert retry_after_s(formatdate(1_700_000_000 - seconds, usegmt=True), now_ns) == 0


@given(header=st.text(max_size=40))
def test_a_retry_after_of_any_other_kind_is_no_number_and_no_error(header: str) -> None:
    wait = retry_after_s(header, 0)
    assert wait is None or wait >= 0
