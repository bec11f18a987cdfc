"""Requests over HTTP against a real server: limits, signatures, repetition, and what every failure is called."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from aiohttp import web

from tests.web_support import KEY, SECRET, FastClock, Login, desk, dialect, drop, raw_server, serving, until, venue
from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.errors import (
    AuthError,
    NotSentError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitError,
    TransportError,
    TtxtError,
    VenueRejectError,
)
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.dialect import RESTDialect
from ttxt_core.web.factory import WebAssistantFactory
from ttxt_core.web.requests import Headers, Priority, RESTRequest, RESTResponse
from ttxt_core.web.rest_assistant import RESTAssistant
from ttxt_core.web.secrets import Credentials, Secret
from ttxt_core.web.throttle import RateLimit, Throttler

GET = RESTRequest("GET", "/x")
POST = RESTRequest("POST", "/x", body=b'{"qty":"1"}')
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Signer:
    """Puts key, time and a made-up signature into the headers."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def sign(self, request: RESTRequest, now_ms: int) -> RESTRequest:
        signature = f"{now_ms}:{len(self._credentials.api_secret.reveal())}"
        key = self._credentials.api_key.reveal()
        return replace(request, headers=Headers({"x-key": key, "x-sign": signature}))


CREDENTIALS = Credentials(Secret(KEY), Secret(SECRET))


@asynccontextmanager
async def assistant(
    handler: Handler | str, talks: RESTDialect | None = None, limits: tuple[RateLimit, ...] = ()
) -> AsyncIterator[RESTAssistant]:
    """An assistant and the server that it asks: a handler of aiohttp, or the host of another."""
    clock = FastClock(100)
    async with ConnectionFactory(clock=clock) as connections:
        factory = WebAssistantFactory(connections, Throttler(limits, clock), clock=clock, random=Random(1))
        if isinstance(handler, str):
            yield factory.rest(f"http://{handler}", talks or RESTDialect())
            return
        async with serving({"/{path:.*}": handler}) as host:
            yield factory.rest(f"http://{host}", talks or RESTDialect())


def answers(*steps: int | web.Response | Callable[[web.Request], Awaitable[Any]]) -> tuple[Handler, list[web.Request]]:
    """A handler that answers step by step (the last one for ever), and the requests that it got."""
    got: list[web.Request] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        got.append(request)
        step = steps[min(len(got), len(steps)) - 1]
        if isinstance(step, int):
            return web.json_response({"ok": step < 300}, status=step)
        if isinstance(step, web.Response):
            return web.Response(status=step.status, headers=step.headers, body=step.body)
        await step(request)
        return web.json_response({"late": True})

    return handle, got


async def hang_up(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()


async def test_an_answer_has_its_times_headers_and_body() -> None:
    handle, got = answers(web.Response(body=b'{"a":1}', headers={"X-Limit-Left": "9"}))
    async with assistant(handle) as rest:
        response = await rest.call(RESTRequest("GET", "/v5/x", (("b", "1 2"), ("a", "ö"))))
    assert (response.status, response.data, response.headers["x-limit-left"]) == (200, {"a": 1}, "9")
    assert 0 < response.sent_time_ns <= response.receive_time_ns
    assert got[0].raw_path == "/v5/x?b=1+2&a=%C3%B6"


async def test_requests_are_signed_last_and_with_the_venues_time() -> None:
    handle, got = answers(200)
    clock = FastClock(100)
    async with ConnectionFactory(clock=clock) as connections, serving({"/x": handle}) as host:
        factory = WebAssistantFactory(connections, Throttler([RateLimit("k", 1, 60.0)], clock), clock=clock)
        factory.clock_offset.add(0, 0, 10**9 * MILLISECOND_NS)
        rest = factory.rest(f"http://{host}", RESTDialect(authenticator=Signer(CREDENTIALS)))
        request = RESTRequest("POST", "/x", is_signed=True, limits=("k",))
        await rest.call(request)
        await rest.call(request)  # waits a minute for its turn
        await rest.call(RESTRequest("GET", "/x"))
        now_ms = clock.now_ns() // MILLISECOND_NS
    first, second = (int(r.headers["x-sign"].split(":")[0]) - 10**9 for r in got[:2])
    assert got[0].headers["x-key"] == KEY
    assert second - first >= 60_000  # signed after the wait, or the signature would be too old
    assert first <= second <= now_ms
    assert "x-sign" not in got[2].headers


async def test_without_a_key_nothing_signed_is_sent() -> None:
    handle, got = answers(200)
    async with assistant(handle) as rest:
        with pytest.raises(AuthError, match="must be signed, and there is no key"):
            await rest.call(RESTRequest("POST", "/x", is_signed=True))
    assert got == []


async def test_what_may_be_repeated_is_and_what_may_not_is_not() -> None:
    for failing in (503, hang_up):
        handle, got = answers(failing, failing, 200)
        async with assistant(handle) as rest:
            assert (await rest.call(GET)).data == {"ok": True}
            assert len(got) == 3
        handle, got = answers(failing, 200)
        async with assistant(handle) as rest:
            with pytest.raises(OutcomeUnknownError) as caught:
                await rest.call(POST)
            assert caught.value.is_ambiguous
            assert len(got) == 1
        handle, got = answers(failing)
        async with assistant(handle) as rest:
            with pytest.raises(TransportError):
                await rest.call(GET)
            assert len(got) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_dead_kept_connection_does_not_make_it_be_sent_twice(method: str) -> None:
    got: list[bytes] = []

    async def once_then_dead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        got.append(await reader.readuntil(b"\r\n\r\n"))  # taken, and no answer

    async with raw_server(once_then_dead) as host, assistant(host) as rest:
        await rest.call(GET)
        with pytest.raises(OutcomeUnknownError, match="the connection broke"):
            await rest.call(RESTRequest(method, "/order"))
        await asyncio.sleep(0.02)
    assert len(got) == 1


async def test_no_connection_is_certain_and_tried_again() -> None:
    async with assistant("localhost:9") as rest:
        with pytest.raises(NotSentError, match="no connection") as caught:
            await rest.call(POST)
        assert caught.value.is_retryable


async def test_a_reply_that_is_lost_late_or_cut_short() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{half")
        await writer.drain()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)

    talks = RESTDialect(timeout_s=0.05, attempts=2)
    for handle in (cut, trickle):
        async with raw_server(handle) as host, assistant(host, talks) as rest:
            with pytest.raises(OutcomeUnknownError):
                await rest.call(POST)
            with pytest.raises(TransportError):
                await rest.call(GET)


async def test_retry_after_is_honoured_and_holds_the_limit() -> None:
    slow = web.Response(status=429, headers={"Retry-After": "3"})
    handle, got = answers(slow, 200)
    limit = RateLimit("k", 100, 1.0)
    async with assistant(handle, limits=(limit,)) as rest:
        started = rest._clock.now_ns()
        assert (await rest.call(replace(GET, limits=("k",)))).status == 200
        assert rest._clock.now_ns() - started >= 3 * 10**9
    banned = web.Response(status=418, headers={"Retry-After": "600"})
    handle, got = answers(banned)
    async with assistant(handle, limits=(limit,)) as rest:
        with pytest.raises(RateLimitError, match="HTTP 418") as caught:
            await rest.call(replace(GET, limits=("k",)))
        assert caught.value.retry_after_s == 600
        assert len(got) == 1  # longer than it has patience for
        assert rest._throttler.delay_ns(["k"]) > 500 * 10**9
    handle, got = answers(web.Response(status=429))
    async with assistant(handle) as rest:
        with pytest.raises(RateLimitError):
            await rest.call(POST)
        assert len(got) == 1


async def test_the_venues_own_words_come_before_the_status() -> None:
    def check(request: RESTRequest, response: RESTResponse) -> None:
        if response.data["code"]:
            raise VenueRejectError(str(request), response.data["code"], "balance too low")

    seen: list[tuple[str, int]] = []
    talks = RESTDialect(
        check=check,
        observe=lambda request, response: seen.append((str(request), response.status)),
        pre_processors=[lambda request: replace(request, path=f"/v5{request.path}")],
        post_processors=[lambda r: RESTResponse(r.status, r.headers, b'{"code":110007}', r.sent_time_ns, 0)],
    )
    handle, got = answers(500)
    async with assistant(handle, talks) as rest:
        with pytest.raises(VenueRejectError, match=r"POST /v5/x: balance too low \[110007\]") as caught:
            await rest.call(POST)
    assert caught.value.code == 110007
    assert not caught.value.is_retryable
    assert seen == [("POST /v5/x", 500)]
    assert got[0].path == "/v5/x"


async def test_redirects_and_endless_bodies_are_refused() -> None:
    handle, got = answers(web.Response(status=302, headers={"Location": "/elsewhere"}))
    async with assistant(handle) as rest:
        with pytest.raises(VenueRejectError, match="check the host"):
            await rest.call(GET)
        assert len(got) == 1
    handle, got = answers(web.Response(body=b"x" * 5_000))
    async with assistant(handle, RESTDialect(max_body_size=4_999)) as rest:
        with pytest.raises(ProtocolError, match="more than 4999 bytes"):
            await rest.call(GET)
        with pytest.raises(OutcomeUnknownError, match="more than 4999 bytes"):
            await rest.call(POST)


async def test_garbage_for_an_answer_leaves_the_outcome_unknown() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x00\xffgarbage\r\n\r\n")
        await writer.drain()

    async with raw_server(babble) as host, assistant(host) as rest:
        with pytest.raises(
            OutcomeUnknownError, match=r"^POST http://.*/x: no proper answer: Bad status line .it may"
        ) as caught:
            await rest.call(POST)
        assert caught.value.is_ambiguous
        with pytest.raises(TransportError, match=r"GET http://.*/x: no proper answer"):
            await rest.call(GET)


async def test_what_waits_for_a_limit_goes_by_priority() -> None:
    handle, got = answers(200)
    async with assistant(handle, limits=(RateLimit("k", 1, 1.0),)) as rest:
        order = [Priority.HISTORY, Priority.QUERY, Priority.AMEND, Priority.CREATE, Priority.CANCEL]
        requests = [RESTRequest("GET", f"/{p.name}", limits=("k",), priority=p) for p in order]
        await rest.call(replace(GET, limits=()))  # the first of the others finds a connection
        # All in one turn of the loop: the first takes the limit, and the others wait.
        await asyncio.gather(*[rest.call(request) for request in (replace(GET, limits=("k",)), *requests)])
    assert [request.path for request in got[2:]] == [f"/{p.name}" for p in reversed(order)]


async def test_no_secret_is_shown_when_things_go_wrong(caplog: pytest.LogCaptureFixture) -> None:
    """Logs of everything, and tracebacks with all local variables, after failures of every kind."""
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    errors: list[BaseException] = []

    async def fail(rest: RESTAssistant) -> None:
        for request in (GET, POST):
            with pytest.raises(TtxtError) as caught:
                await rest.call(replace(request, is_signed=True))
            errors.append(caught.value)

    talks = RESTDialect(authenticator=Signer(CREDENTIALS), timeout_s=0.1, attempts=1)
    for step in (401, 429, 503, hang_up, lambda _: asyncio.sleep(0.3)):
        handle, _ = answers(step)
        async with assistant(handle, talks) as rest:
            await fail(rest)
    async with assistant("localhost:9", talks) as rest:
        await fail(rest)

    class Key(Login):
        def login(self, now_ms: int) -> Any:
            self.key = CREDENTIALS.api_key.reveal()
            return super().login(now_ms)

    async def cut(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        return await drop(socket)

    async with venue() as there:
        there.on_message = cut
        async with desk(there.url, talks=dialect(authenticator=Key())) as here:
            with pytest.raises(TtxtError) as caught:
                await here.assistant.wait_ready(0.1)
            await until(lambda: bool(here.reasons))
            errors.append(caught.value)
        assert there.told[0]["sign"] == SECRET  # it was there to be shown
        assert here.reasons
    shown = [caplog.text, repr(CREDENTIALS), repr(talks), *here.reasons]
    for error in errors:
        shown += [repr(error), str(error), "".join(traceback.format_exception(error))]
        own = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if "ttxt_core" in frame.f_code.co_filename]
        shown += [repr(value) for frame in own for value in frame.f_locals.values()]
        assert error.__cause__ is None
    assert len(shown) > 100
    for text in shown:
        assert SECRET not in text
        assert KEY not in text
