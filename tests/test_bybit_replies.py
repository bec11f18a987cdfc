"""Bybit's answers: what codes mean, batches item by item, candles and trades, and what can't be read."""

import json
from typing import Any

import pytest

from tests.bybit_account_rows import MS, reply
from ttxt_core.connectors.bybit.account_messages import ServerTime
from ttxt_core.connectors.bybit.replies import answers_of, klines, result_of, server_time_ns, trades
from ttxt_core.connectors.bybit.wire import TopicRequests, check, is_login_reply, is_pong, subscription_answer
from ttxt_core.connectors.queries import ClockError
from ttxt_core.errors import (
    AuthError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitError,
    TransportError,
    TtxtError,
    VenueRejectError,
)
from ttxt_core.events import AckOutcome, MessageHeader, Side
from ttxt_core.web.requests import RESTRequest, RESTResponse, WSResponse

HEADER = MessageHeader("bybit", "linear", "BTC/USDT")
MINUTE_NS = 60_000 * MS


def answer(code: int, message: str = "no") -> Any:
    return answers_of(reply({}, code, message), 1)[0]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (110007, AckOutcome.REJECTED),
        (170131, AckOutcome.REJECTED),
        (10006, AckOutcome.REJECTED),
        (999999, AckOutcome.REJECTED),
        (10000, AckOutcome.UNKNOWN),
        (10016, AckOutcome.UNKNOWN),
        (10019, AckOutcome.UNKNOWN),
    ],
)
def test_a_code_refuses_for_certain_or_leaves_it_open(code: int, outcome: AckOutcome) -> None:
    found = answer(code, "Insufficient balance.")
    assert (found.outcome, found.code) == (outcome, str(code))
    assert found.reason.startswith(f"Insufficient balance [{code}]")


def test_answers_over_rest_and_over_the_socket() -> None:
    taken = {"orderId": "o1", "orderLinkId": "c1"}
    over_rest = answers_of(reply(taken), 1)
    over_ws = answers_of(json.dumps({"reqId": "1", "retCode": 0, "retMsg": "OK", "data": taken}).encode(), 1)
    assert over_rest == over_ws
    assert (over_rest[0].outcome, over_rest[0].order_id) == (AckOutcome.ACCEPTED, "o1")


def test_a_batch_is_answered_item_by_item() -> None:
    rows = {"list": [{"orderId": "o1"}, {"orderId": ""}]}
    codes = {"list": [{"code": 0, "msg": "OK"}, {"code": 110007, "msg": "balance"}]}
    first, second = answers_of(reply(rows, retExtInfo=codes), 2)
    assert (first.outcome, first.order_id) == (AckOutcome.ACCEPTED, "o1")
    assert (second.outcome, second.code, second.order_id) == (AckOutcome.REJECTED, "110007", None)
    with pytest.raises(ProtocolError, match="2 codes"):
        answers_of(reply(rows, retExtInfo=codes), 3)
    assert [a.outcome for a in answers_of(reply({}, 10004, "sign"), 2)] == [AckOutcome.REJECTED] * 2


@pytest.mark.parametrize(
    ("code", "error"),
    [(10002, ClockError), (10003, AuthError), (10006, RateLimitError), (110001, VenueRejectError)],
)
def test_a_question_that_is_refused_raises_what_the_code_means(code: int, error: type[TtxtError]) -> None:
    with pytest.raises(error, match=str(code)):
        result_of(reply({}, code, "no"), ServerTime, "ask")


def test_candles_come_oldest_first_and_the_last_is_open() -> None:
    rows = [[str(start * 60_000), "1", "3", "0.5", "2", "10", "20"] for start in (2, 1)]
    first, second = klines(reply({"list": rows}), HEADER, "1m", now_ns=2 * MINUTE_NS + 1)
    assert (first.data.start_ns, first.data.is_closed) == (MINUTE_NS, True)
    assert (second.data.start_ns, second.data.is_closed) == (2 * MINUTE_NS, False)
    assert (first.data.open, first.data.high, first.data.low, first.data.close) == (1.0, 3.0, 0.5, 2.0)
    assert (first.data.volume, first.data.turnover, first.data.interval_ns) == (10.0, 20.0, MINUTE_NS)


def test_a_month_has_its_own_length() -> None:
    february = [["1769904000000", "1", "1", "1", "1", "1", "1"]]  # 2026-02-01
    (candle,) = klines(reply({"list": february}), HEADER, "1M", now_ns=0)
    assert candle.data.interval_ns == 28 * 86_400 * 1_000 * MS


def test_recent_trades_come_oldest_first() -> None:
    rows = [
        {"execId": name, "price": "5", "size": "2", "side": "Sell", "time": time}
        for name, time in (("b", "2"), ("a", "1"))
    ]
    (event,) = trades(reply({"list": rows}), HEADER)
    assert [(t.trade_id, t.time_ns, t.side) for t in event.data.trades] == [
        ("a", MS, Side.SELL),
        ("b", 2 * MS, Side.SELL),
    ]
    assert trades(reply({"list": []}), HEADER) == []


def test_the_venues_time() -> None:
    assert server_time_ns(reply({"timeSecond": "1", "timeNano": "1000000005"})) == 1_000_000_005


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b'{"result":{}}', reply({"timeNano": 5}), reply({"timeNano": "x"})]
)
def test_what_cant_be_read(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        server_time_ns(payload)


# -- the wire --------------------------------------------------------------------------------------------


def response(body: bytes, status: int = 200, **headers: str) -> RESTResponse:
    return RESTResponse(status, headers, body, 1, 2)


POST = RESTRequest("POST", "/v5/order/create")
GET = RESTRequest("GET", "/v5/order/realtime")


def test_an_unsure_code_is_unknown_for_a_command_and_tried_again_for_a_question() -> None:
    with pytest.raises(OutcomeUnknownError):
        check(POST, response(reply({}, 10016, "restarting")))
    with pytest.raises(TransportError):
        check(GET, response(reply({}, 10016, "restarting")))
    check(POST, response(reply({})))


def test_a_ban_and_a_limit_say_how_long() -> None:
    with pytest.raises(RateLimitError) as banned:
        check(GET, response(b"access too frequent", 403))
    assert banned.value.retry_after_s == 600
    with pytest.raises(AuthError):
        check(GET, response(b"forbidden", 403))
    with pytest.raises(RateLimitError) as limited:
        check(GET, response(reply({}, 10006, "slow"), **{"x-bapi-limit-reset-timestamp": "1700000000623"}))
    assert limited.value.retry_after_s == 0.5


def message(**fields: Any) -> WSResponse:
    return WSResponse(json.dumps(fields).encode(), 1, "s-1", 1)


def test_every_shape_of_a_pong() -> None:
    assert is_pong(message(success=True, ret_msg="pong", conn_id="c", op="ping"))
    assert is_pong(message(success=True, ret_msg="pong", conn_id="c", req_id="", op="ping"))
    assert is_pong(message(args=["1"], op="pong"))
    assert is_pong(message(req_id="p1", op="pong", args=["1"], conn_id="c"))
    assert is_pong(message(retCode=0, retMsg="OK", op="pong", data=["1"], connId="c"))
    assert not is_pong(message(topic="tickers.PONGUSDT", data={"pong": 1}))


def test_logins() -> None:
    assert is_login_reply(message(success=True, ret_msg="", op="auth", conn_id="c"))
    assert is_login_reply(message(retCode=0, retMsg="OK", op="auth", connId="c"))
    assert is_login_reply(message(retCode=20001, retMsg="Repeat auth", op="auth", connId="c"))
    assert not is_login_reply(message(topic="order"))
    for refused in (
        message(success=False, ret_msg="bad", op="auth"),
        message(success=False, ret_msg="bad", request={"op": "auth", "args": None}),
        message(retCode=10004, retMsg="error sign", op="auth"),
        message(op="auth", success=False, retCode=10003, retMsg="Invalid apikey"),
    ):
        with pytest.raises(AuthError):
            is_login_reply(refused)


def test_subscriptions_are_cut_as_the_venue_wants_them() -> None:
    topics = [f"tickers.{n}" for n in range(23)]
    messages = TopicRequests("spot").subscribe(topics)
    assert [len(m.payload["args"]) for m in messages] == [10, 10, 3]
    assert len({m.request_id for m in messages}) == 3
    assert [topic for m in messages for topic in m.payload["args"]] == topics
    answered = subscription_answer(message(success=True, ret_msg="", op="subscribe", req_id="r"))
    assert answered is not None
    assert answered.reason == ""
    refused = subscription_answer(message(success=False, ret_msg="no such topic", op="subscribe"))
    assert refused is not None
    assert refused.reason == "no such topic"
    assert subscription_answer(message(topic="order", data=[])) is None
