"""A stream in bad weather: it tells what happened, comes back by itself and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web

from tests.web_support import (
    PING,
    FastClock,
    Login,
    desk,
    dialect,
    drop,
    echo,
    frame,
    raw_server,
    say,
    until,
    upgrade,
    venue,
)
from ttxt_core.clock import NANOSECONDS, ManualClock, SystemClock
from ttxt_core.errors import ProtocolError
from ttxt_core.web.backoff import Backoff
from ttxt_core.web.requests import WSResponse
from ttxt_core.web.ws_assistant import StreamState


async def test_a_drop_before_the_login() -> None:
    async def early(socket: web.WebSocketResponse, number: int) -> bool:
        return number <= 3 and await drop(socket)

    async with venue() as there:
        there.on_connect = early
        async with desk(there.url, talks=dialect(authenticator=Login())) as here:
            here.assistant.subscribe(["a"])
            await until(lambda: here.assistant.state is StreamState.READY)
    assert there.connections == 4
    assert len(here.reasons) == 3
    assert here.count(StreamState.READY) == 1
    assert [m["op"] for m in there.told] == ["login", "subscribe"]


async def test_a_drop_in_the_middle_of_the_login() -> None:
    async def cut(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        return message["op"] == "login" and there.connections <= 2 and await drop(socket)

    async with venue() as there:
        there.on_message = cut
        async with desk(there.url, talks=dialect(authenticator=Login())) as here:
            await until(lambda: here.assistant.state is StreamState.READY)
    assert [m["op"] for m in there.told] == ["login"] * 3
    assert here.count(StreamState.SUBSCRIBING) == 1


async def test_a_drop_after_the_login() -> None:
    async def cut(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        return message["op"] == "subscribe" and there.connections <= 2 and await drop(socket)

    async with venue() as there:
        there.on_message = cut
        async with desk(there.url, talks=dialect(authenticator=Login())) as here:
            here.assistant.subscribe(["a"])
            await until(lambda: here.assistant.state is StreamState.READY and there.connections == 3)
    assert [m["op"] for m in there.told] == ["login", "subscribe"] * 3


async def test_a_login_that_is_not_answered() -> None:
    async def mute(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        return there.connections == 1

    async with venue() as there:
        there.on_message = mute
        async with desk(there.url, talks=dialect(authenticator=Login(), login_timeout_s=0.05)) as here:
            await until(lambda: here.assistant.state is StreamState.READY)
    assert here.reasons == ["log in on feed: no answer within 0.05 s"]


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        (1000, b"", "closed with code 1000"),
        (1001, b"maintenance", "closed with code 1001, 'maintenance'"),
        (1012, b"restart", "closed with code 1012, 'restart'"),
        (4004, b"no data received in 30s", "closed with code 4004, 'no data received in 30s'"),
    ],
)
async def test_the_reason_of_a_close_is_told(code: int, text: bytes, said: str) -> None:
    async def bye(socket: web.WebSocketResponse, number: int) -> bool:
        if number == 1:
            await say(socket, n=1)
            await socket.close(code=code, message=text)
        return number == 1

    async with venue() as there:
        there.on_connect = bye
        async with desk(there.url) as here:
            await until(lambda: there.connections == 2 and here.assistant.state is StreamState.READY)
    assert said in here.reasons[0]
    assert here.messages == [{"n": 1}]


@pytest.mark.parametrize(
    ("garbage", "said"),
    [
        (frame(b"half", declared=1_500), "closed with code 1006"),
        (b"\xde\xad\xbe\xef" * 100, "no proper frame"),
        (frame(b"z" * 3_000), "no proper frame"),
        (frame(b"\xff\xfe{not json"), "no JSON"),
    ],
)
async def test_half_oversized_and_garbage_frames(garbage: bytes, said: str) -> None:
    seen: list[Any] = []
    accepted = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        await upgrade(reader, writer)
        accepted += 1
        writer.write(frame(b'{"n":%d}' % accepted))
        if accepted < 3:
            writer.write(garbage)
            await writer.drain()
        else:
            await reader.read()

    def take(response: WSResponse) -> None:
        if not isinstance(response.data, dict):
            raise ProtocolError("read the feed", "no JSON")
        seen.append(response.data["n"])

    talks = dialect(max_message_size=2_000)
    async with raw_server(handle) as host, desk(f"ws://{host}/", talks=talks, on_response=take) as here:
        await until(lambda: seen == [1, 2, 3])
    assert len(here.reasons) == 2
    assert [said in reason for reason in here.reasons] == [True, True], here.reasons


async def test_a_stalled_server_is_given_up() -> None:
    async def silent(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        return there.connections == 1

    clock = FastClock(500)
    async with venue() as there:
        there.on_message = silent
        async with desk(there.url, clock=clock, talks=dialect(idle_timeout_s=60.0)) as here:
            await until(lambda: there.connections == 2)
    assert here.reasons[0].startswith("read feed: not a frame for ")


async def test_pings_of_the_protocol_are_signs_of_life() -> None:
    clock = ManualClock()
    async with venue() as there, desk(there.url, clock=clock, talks=dialect(idle_timeout_s=60.0)) as here:
        await here.ready()
        for _ in range(20):
            frames = here.assistant._vitals.frames
            await there.sockets[0].ping()
            await until(lambda before=frames: here.assistant._vitals.frames > before)
            await forward(clock, 15)
        assert here.reasons == []
        for _ in range(6):
            await forward(clock, 15)
        await until(lambda: here.reasons != [])
    assert "not a frame for" in here.reasons[0]
    assert here.messages == []


async def forward(clock: ManualClock, seconds: float) -> None:
    clock.advance_ns(round(seconds * NANOSECONDS))
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_pong_while_data_flows() -> None:
    clock = ManualClock()

    async def no_pong(socket: web.WebSocketResponse, message: dict[str, Any]) -> bool:
        return message["op"] == "ping" and there.connections == 1

    async with venue() as there:
        there.on_message = no_pong
        async with desk(there.url, clock=clock, talks=dialect(ping=PING)) as here:
            await here.ready()
            await forward(clock, 20)
            await until(lambda: len(there.ops("ping")) == 1)
            for n in range(4):
                await there.push(n=n)
                await until(lambda sent=n: len(here.messages) > sent)
                await forward(clock, 2.5)
            await until(lambda: there.connections == 2)
    assert here.reasons == ["ping feed: no pong within 10 s"]


async def test_a_consumer_that_holds_up_the_reading_is_not_taken_for_a_dead_venue() -> None:
    clock, gate, seen = ManualClock(), asyncio.Event(), []

    async def take(response: WSResponse) -> None:
        seen.append(response.data)
        await gate.wait()

    talks = dialect(ping=PING, idle_timeout_s=60.0)
    async with venue() as there, desk(there.url, clock=clock, talks=talks, on_response=take) as here:
        await here.ready()
        await there.push(n=1)
        await there.push(n=2)
        await until(lambda: len(seen) == 1)
        for _ in range(100):
            await forward(clock, 5)
        assert here.reasons == []
        assert len(seen) == 1  # the second one waits where it is
        gate.set()
        await until(lambda: len(seen) == 2)
        await until(lambda: here.assistant.round_trip_ns is not None)
    assert here.reasons == []


async def test_accept_then_close_loops_do_not_reset_the_backoff() -> None:
    async def shut(socket: web.WebSocketResponse, number: int) -> bool:
        if there.ops("subscribe"):
            there.told.clear()
        await socket.receive()  # takes the subscription: the stream gets READY each time
        await socket.close()
        return True

    waits: list[int] = []

    class Watched(Backoff):
        def lost(self, now_ns: int, retry_after_s: float | None = None) -> int:
            waits.append(super().lost(now_ns, retry_after_s))
            return 0  # the test does not wait

    clock = SystemClock()
    backoff = Watched(Random(3))
    async with venue() as there:
        there.on_connect = shut
        async with desk(there.url, clock=clock, backoff=backoff) as here:
            here.assistant.subscribe(["a"])
            await until(lambda: len(waits) >= 12)
    assert here.count(StreamState.READY) >= 10
    assert backoff.failures == len(waits)
    assert waits[0] == 0
    assert max(waits[8:]) > 10 * NANOSECONDS


async def test_a_refused_handshake_is_not_asked_again_before_its_time() -> None:
    clock = ManualClock()
    refusals = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal refusals
        await reader.readuntil(b"\r\n\r\n")
        refusals += 1
        writer.write(b"HTTP/1.1 429 Too Many\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with raw_server(refuse) as host, desk(f"ws://{host}/", clock=clock) as here:
        await until(lambda: here.assistant.state is StreamState.DISCONNECTED)
        await forward(clock, 89)
        assert refusals == 1
        await forward(clock, 1)
        await until(lambda: refusals == 2)
    assert "HTTP 429" in here.reasons[0]


async def test_a_hundred_reconnects_leave_nothing_behind() -> None:
    answered = 0

    async def vary(socket: web.WebSocketResponse, number: int) -> bool:
        """Every kind of end in turn."""
        if number % 4 == 0:
            return await drop(socket)
        if number % 4 == 1:
            await socket.close(code=1012, message=b"restart")
            return True
        return False

    def sockets() -> int:
        descriptors = Path("/proc/self/fd")
        if not descriptors.is_dir():
            pytest.skip("no /proc to count open sockets in")
        return sum(str(fd.readlink()).startswith("socket:") for fd in descriptors.iterdir() if fd.is_symlink())

    async with venue() as there:
        there.on_connect = vary
        talks = dialect(authenticator=Login(), ping=PING)
        async with desk(there.url, talks=talks) as here:
            here.assistant.subscribe(["a"])

            async def through(count: int) -> None:
                nonlocal answered
                while there.connections < count:
                    before = there.connections
                    await until(lambda: here.assistant.state is StreamState.READY)
                    await asyncio.gather(
                        *(here.assistant.request(echo(str(n)), 5.0) for n in range(3)), return_exceptions=True
                    )
                    here.assistant.reconnect("test")
                    await until(lambda seen=before: there.connections > seen)
                await until(lambda: here.assistant.state is StreamState.READY)
                answered = len(there.told)
                for kept in (there.told, here.states, here.reasons, here.messages, here.responses):
                    kept.clear()
                here.states.append(here.assistant.state)
                await asyncio.sleep(0.05)
                gc.collect()

            await through(20)  # caches and pools are filled
            tracemalloc.start()
            try:
                tasks, opened, memory = len(asyncio.all_tasks()), sockets(), tracemalloc.get_traced_memory()[0]
                await through(120)
                grown = tracemalloc.get_traced_memory()[0] - memory
            finally:
                tracemalloc.stop()
            assert answered > 100
            assert there.connections >= 120
            assert len(asyncio.all_tasks()) <= tasks
            assert sockets() <= opened
            assert grown < 100_000, f"{grown} bytes more after 100 reconnects"
    assert len(here.assistant._replies) == 0
