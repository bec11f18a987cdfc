"""A stream in ordinary weather: login, topics, requests and their replies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.web_support import (
    KEY,
    PING,
    FastClock,
    Login,
    desk,
    dialect,
    drop,
    echo,
    say,
    until,
    venue,
)
from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.errors import AuthError, NotSentError, OutcomeUnknownError, TransportError
from ttxt_core.web.clock_offset import ClockOffset
from ttxt_core.web.requests import WSJSONRequest, WSRequest, WSResponse
from ttxt_core.web.ws_assistant import StreamState


async def test_it_logs_in_subscribes_and_delivers() -> None:
    offset = ClockOffset()
    offset.add(0, 0, 5_000 * MILLISECOND_NS)
    login = Login()
    async with (
        venue() as there,
        desk(there.url, talks=dialect(authenticator=login), offset=offset) as here,
    ):
        here.assistant.subscribe(["a", "b"])
        await here.ready()
        await until(lambda: len(here.messages) == 1)
        await there.push(topic="a", n=1)
        await until(lambda: len(here.messages) == 2)
    assert [message["op"] for message in there.told] == ["login", "subscribe"]
    assert there.told[1]["topics"] == ["a", "b"]
    assert here.messages == [{"op": "subscribe", "topics": ["a", "b"]}, {"topic": "a", "n": 1}]
    assert here.states == [
        StreamState.CONNECTING,
        StreamState.LOGGING_IN,
        StreamState.SUBSCRIBING,
        StreamState.READY,
        StreamState.STOPPED,
    ]
    first = here.responses[-1]
    # The login reply was the connection's first message.
    assert (first.connection_id, first.frame_number, first.raw) == ("feed-1", 3, b'{"topic":"a","n":1}')
    assert abs(login.times_ms[0] - first.receive_time_ns // MILLISECOND_NS - 5_000) < 5_000


async def test_topics_are_kept_across_connections() -> None:
    async with venue() as there, desk(there.url) as here:
        assistant = await here.ready()
        assistant.subscribe(["a", "b"])
        assistant.subscribe(["c"])
        assistant.unsubscribe(["b", "unknown"])
        await until(lambda: len(there.told) == 3)
        assistant.reconnect("the feed is silent")
        await until(lambda: len(there.told) == 4)
    assert [(m["op"], m["topics"]) for m in there.told] == [
        ("subscribe", ["a", "b"]),
        ("subscribe", ["c"]),
        ("unsubscribe", ["b"]),
        ("subscribe", ["a", "c"]),
    ]
    assert here.reasons == ["stream feed: the feed is silent"]
    assert assistant.topics == ("a", "c")


async def test_a_topic_is_asked_for_again_alone() -> None:
    async with venue() as there, desk(there.url) as here:
        here.assistant.subscribe(["a", "b"])
        assistant = await here.ready()
        assistant.resubscribe(["b", "unknown"])
        await until(lambda: len(there.told) == 3)
    assert [(m["op"], m["topics"]) for m in there.told[1:]] == [("unsubscribe", ["b"]), ("subscribe", ["b"])]
    assert here.reasons == []


async def test_a_slow_reply_holds_up_nobody() -> None:
    async def answer(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        if message.get("id") == "slow":
            return True
        if message.get("id") == "last":
            await say(socket, id="last")
            await say(socket, id="slow")
            return True
        return False

    async with venue() as there, desk(there.url) as here:
        there.on_message = answer
        assistant = await here.ready()
        slow = asyncio.create_task(assistant.request(echo("slow"), 10.0))
        await until(lambda: len(there.told) == 1)
        for n in range(50):
            assert (await assistant.request(echo(str(n)), 10.0)).data["id"] == str(n)
        assert not slow.done()
        assert (await assistant.request(echo("last"), 10.0)).data == {"id": "last"}
        assert (await slow).data == {"id": "slow"}
    assert here.messages == []  # what was awaited is not handed on as well


async def test_replies_in_any_order_find_their_requests() -> None:
    held: list[str] = []

    async def answer(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        held.append(message["id"])
        if len(held) == 20:
            for request_id in reversed(held):
                await say(socket, id=request_id)
        return True

    async with venue() as there, desk(there.url) as here:
        there.on_message = answer
        assistant = await here.ready()
        replies = await asyncio.gather(*(assistant.request(echo(f"r{n}"), 10.0) for n in range(20)))
    assert [reply.data["id"] for reply in replies] == [f"r{n}" for n in range(20)]


async def silent(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
    return True


async def test_a_lost_reply_is_an_unknown_outcome_and_a_late_one_is_handed_on() -> None:
    async with venue() as there, desk(there.url) as here:
        there.on_message = silent
        assistant = await here.ready()
        with pytest.raises(OutcomeUnknownError, match=r"echo x1 on feed: sent, and no reply within 0.05 s") as caught:
            await assistant.request(echo("x1"), 0.05)
        assert caught.value.is_ambiguous
        assert not caught.value.is_retryable
        assert len(assistant._replies) == 0
        await there.push(id="x1", late=True)
        await until(lambda: here.messages == [{"id": "x1", "late": True}])
    assert len(there.ops("echo")) == 1  # and it was not sent again


async def test_a_connection_that_breaks_leaves_awaited_outcomes_unknown() -> None:
    async def break_off(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        return message["id"] == "b" and await drop(socket)

    async with venue() as there, desk(there.url, backoff=None) as here:
        there.on_message = break_off
        assistant = await here.ready()
        outcomes = await asyncio.gather(
            *(assistant.request(echo(name), 10.0) for name in ("a", "b", "c")), return_exceptions=True
        )
        await until(lambda: here.count(StreamState.READY) == 2)
        assert (await assistant.request(echo("d"), 10.0)).data["id"] == "d"
    assert isinstance(outcomes[0], WSResponse)
    assert [type(outcome) for outcome in outcomes[1:]] == [OutcomeUnknownError, OutcomeUnknownError]
    assert "the connection was lost before a reply" in str(outcomes[1])
    assert [message["id"] for message in there.ops("echo")].count("b") == 1


async def test_what_certainly_did_not_leave_says_so() -> None:
    async def refuse(socket: web.WebSocketResponse, number: int) -> bool:
        return await drop(socket)

    async with venue() as there, desk(there.url) as here:
        with pytest.raises(NotSentError, match="the stream is"):
            await here.assistant.request(echo("early"), 1.0)
        assistant = await here.ready()
        with pytest.raises(NotSentError, match="needs a request id"):
            await assistant.request(WSJSONRequest({"op": "echo"}), 1.0)
        waiting = asyncio.create_task(assistant.request(echo("twice", wait=True), 10.0))
        there.on_message = silent
        await asyncio.sleep(0)
        with pytest.raises(NotSentError, match="still waits"):
            await assistant.request(echo("twice"), 1.0)
        there.on_connect = refuse
        assistant.reconnect("test")
        with pytest.raises(NotSentError):  # in the very moment in which it breaks
            await assistant.request(echo("late"), 1.0)
        with pytest.raises(OutcomeUnknownError):
            await waiting
    assert [message["id"] for message in there.ops("echo")] in ([], ["twice"])


async def test_a_refused_login_is_told_and_tried_again() -> None:
    login = Login("wrong")
    async with venue() as there, desk(there.url, talks=dialect(authenticator=login)) as here:
        with pytest.raises(AuthError, match="key refused"):
            await here.assistant.wait_ready(10.0)
        assert StreamState.READY not in here.states
        login.key = KEY
        await until(lambda: here.assistant.state is StreamState.READY)
        await here.assistant.wait_ready(1.0)
    assert here.reasons[0] == "log in: key refused (check the key)"


async def test_waiting_for_readiness_ends_with_the_reason() -> None:
    async with desk("ws://localhost:9/ws") as here:
        with pytest.raises(TransportError, match=r"connect to ws://localhost:9: no connection"):
            await here.assistant.wait_ready(0.2)


async def test_pings_are_sent_as_the_venue_wants_and_pongs_are_used_up() -> None:
    async with venue() as there, desk(there.url, clock=FastClock(1_000), talks=dialect(ping=PING)) as here:
        await here.ready()
        await until(lambda: len(there.ops("ping")) >= 3)
        await until(lambda: here.assistant.round_trip_ns is not None)
    assert here.messages == []


async def test_processors_change_what_goes_out_and_what_comes_in() -> None:
    def mark(request: WSRequest) -> WSRequest:
        assert isinstance(request, WSJSONRequest)
        return WSJSONRequest({**request.payload, "mark": 1}, request.request_id, request.label)

    def unwrap(response: WSResponse) -> WSResponse:
        return WSResponse(
            response.raw.replace(b"echo", b"ECHO"), response.receive_time_ns, response.connection_id, 7, response.opcode
        )

    talks = dialect(pre_processors=[mark], post_processors=[unwrap])
    async with venue() as there, desk(there.url, talks=talks) as here:
        assistant = await here.ready()
        reply = await assistant.request(echo("p"), 10.0)
        assistant.send(echo("q"))
        await until(lambda: len(here.messages) == 1)
    assert reply.data == {"op": "ECHO", "id": "p"}
    assert [message["mark"] for message in there.told] == [1, 1]


async def test_a_mistake_in_a_handler_ends_the_run_and_shows_itself() -> None:
    def mistaken(response: WSResponse) -> None:
        raise ZeroDivisionError

    async with venue() as there, desk(there.url, on_response=mistaken) as here:
        await here.ready()
        await there.push(n=1)
        with pytest.raises(ExceptionGroup) as caught:
            await here.task
        assert caught.group_contains(ZeroDivisionError)
        assert here.assistant.state is StreamState.STOPPED
