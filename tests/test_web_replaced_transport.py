"""Another transport in aiohttp's place: what the web layer asks of one, and nothing of aiohttp is loaded."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from random import Random
from ssl import SSLContext
from typing import Any

import orjson

from tests.conftest import REPOSITORY
from tests.web_support import desk, echo, until
from ttxt_core.clock import ManualClock
from ttxt_core.errors import ConnectionClosedError
from ttxt_core.web.connection import HTTPRequest, Transport, WSConnection, WSFrame
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.dialect import RESTDialect
from ttxt_core.web.factory import WebAssistantFactory
from ttxt_core.web.requests import Opcode, RESTRequest, RESTResponse
from ttxt_core.web.secrets import Secret
from ttxt_core.web.throttle import Throttler


class Loopback(WSConnection):
    """What is sent comes back a moment later."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self._frames: asyncio.Queue[WSFrame | None] = asyncio.Queue()

    def send(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        self.sent.append(orjson.loads(data))
        asyncio.get_running_loop().call_later(0.01, self._frames.put_nowait, WSFrame(data, opcode, 5))

    async def receive(self) -> WSFrame:
        frame = await self._frames.get()
        if frame is None:
            raise ConnectionClosedError("read", 1006)
        return frame

    async def close(self, code: int = 1000) -> None:
        self.close_code = code

    def abort(self) -> None:
        self._frames.put_nowait(None)


class LoopbackTransport(Transport):
    def __init__(self) -> None:
        self.connections: list[Loopback] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    async def connect(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        max_message_size: int,
        compression: bool,
        proxy: Secret | None,
        ssl: SSLContext | None,
        timeout_s: float,
    ) -> WSConnection:
        self.connections.append(Loopback())
        return self.connections[-1]

    async def request(self, request: HTTPRequest) -> RESTResponse:
        self.asked.append((request.method, request.url, dict(request.headers), request.body))
        return RESTResponse(200, {}, b'{"ok":true}', 1, 2)

    async def close(self) -> None:
        self.connections.clear()


async def test_topics_are_told_in_the_order_in_which_they_are_asked_for() -> None:
    transport = LoopbackTransport()
    async with desk("any:", connections=ConnectionFactory(transport)) as here:
        here.assistant.subscribe(["a"])
        await until(lambda: bool(transport.connections and transport.connections[0].sent))
        here.assistant.subscribe(["b"])
        here.assistant.unsubscribe(["a"])
        await here.ready()
        assert [(m["op"], m["topics"]) for m in transport.connections[0].sent] == [
            ("subscribe", ["a"]),
            ("subscribe", ["b"]),
            ("unsubscribe", ["a"]),
        ]


async def test_requests_and_reconnects_need_no_aiohttp() -> None:
    transport = LoopbackTransport()
    async with desk("any:", connections=ConnectionFactory(transport)) as here:
        assistant = await here.ready()
        assert (await assistant.request(echo("1"), 10.0)).data["id"] == "1"
        assistant.reconnect("test")
        await until(lambda: len(transport.connections) == 2)
        assert transport.connections[0].close_code == 1000
        await here.ready()
    assert transport.connections == []


async def test_one_that_is_cancelled_while_its_connection_breaks_ends() -> None:
    transport = LoopbackTransport()
    async with desk("any:", connections=ConnectionFactory(transport)) as here:
        await here.ready()
        transport.connections[0].abort()
        here.task.cancel()
        await asyncio.wait([here.task], timeout=60)
        assert here.task.cancelled()
        assert len(transport.connections) == 1


async def test_requests_over_http_pass_through_whole() -> None:
    transport, clock = LoopbackTransport(), ManualClock()
    factory = WebAssistantFactory(ConnectionFactory(transport), Throttler([], clock), clock=clock, random=Random(1))
    rest = factory.rest("https://host.example/", RESTDialect(headers={"a": "1"}))
    params = (("symbol", "A/B C"), ("limit", "5"))
    response = await rest.call(RESTRequest("POST", "/v1/x", params, b"body", {"b": "2"}))
    assert response.data == {"ok": True}
    assert transport.asked == [
        ("POST", "https://host.example/v1/x?symbol=A%2FB+C&limit=5", {"a": "1", "b": "2"}, b"body")
    ]


def test_nothing_of_aiohttp_is_loaded_before_the_first_connection() -> None:
    probe = (
        "import sys; from ttxt_core import *; from ttxt_core import ConnectionFactory, WSAssistant, RESTAssistant\n"
        "import ttxt_core.web.rest_assistant, ttxt_core.web.secrets\n"
        "ConnectionFactory(); print(sorted({n.split('.')[0] for n in sys.modules} & "
        "{'aiohttp', 'yarl', 'multidict', 'keyring', 'textual', 'rich', 'uvloop'}))"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert ran.stdout == "[]\n"
