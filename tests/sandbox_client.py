"""A bare client of the Bybit sandbox, and a sandbox whose market stands still: what its tests are made of."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import orjson
from aiohttp import ClientSession, ClientWebSocketResponse

from ttxt_core.sandbox.bybit.auth import ApiKey
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings

Row = dict[str, Any]
WINDOW = "5000"


def signature(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Socket:
    """A socket that keeps what it has received."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[Row] = []

    async def send(self, command: Row) -> None:
        await self.socket.send_bytes(orjson.dumps(command))

    async def next(self) -> Row:
        frame: Row = orjson.loads((await self.socket.receive(30)).data)
        self.frames.append(frame)
        return frame

    async def until(self, wanted: Callable[[Row], bool]) -> Row:
        """The first frame from now on that is wanted."""
        while True:
            frame = await self.next()
            if wanted(frame):
                return frame

    async def ask(self, command: Row) -> Row:
        """Send a command, and return its answer."""
        await self.send(command)
        return await self.until(lambda frame: "topic" not in frame)

    async def topic(self, name: str) -> Row:
        return await self.until(lambda frame: frame.get("topic") == name)

    async def order(self, status: str) -> Row:
        """The next row of an order with that status."""
        frame = await self.until(
            lambda frame: frame.get("topic") == "order" and frame["data"][0]["orderStatus"] == status
        )
        return dict(frame["data"][0])


class Client:
    """Signs requests and opens sockets."""

    def __init__(self, sandbox: BybitSandbox, http: ClientSession) -> None:
        self.sandbox = sandbox
        self.http = http
        self.key: ApiKey = sandbox.keys["main"]
        self.headers: dict[str, str] = {}

    def sign(self, payload: str, *, stamp_ms: int | None = None) -> dict[str, str]:
        stamp, key = str(stamp_ms or now_ms()), self.key
        return {
            "X-BAPI-API-KEY": key.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": WINDOW,
            "X-BAPI-SIGN": signature(key.secret, stamp + key.key + WINDOW + payload),
        }

    async def get(self, path: str, **fields: Any) -> Row:
        query = urlencode(fields)
        async with self.http.get(f"{self.sandbox.rest}{path}?{query}", headers=self.sign(query)) as reply:
            self.headers = dict(reply.headers)
            return dict(orjson.loads(await reply.read()))

    async def post(self, path: str, **fields: Any) -> Row:
        body = orjson.dumps(fields).decode()
        async with self.http.post(f"{self.sandbox.rest}{path}", data=body, headers=self.sign(body)) as reply:
            self.headers = dict(reply.headers)
            return dict(orjson.loads(await reply.read()))

    async def create(self, category: str = "linear", **fields: Any) -> Row:
        """A limit buy of 0.01 BTC far below the market, with `fields` changed."""
        order = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "60000"}
        wanted = {name: value for name, value in (order | fields).items() if value is not None}
        return await self.post("/v5/order/create", category=category, **wanted)

    async def public(self, category: str = "linear") -> Socket:
        return Socket(await self.http.ws_connect(self.sandbox.ws_public[category], max_msg_size=0))

    async def login(self, address: str) -> Socket:
        socket = Socket(await self.http.ws_connect(address, max_msg_size=0))
        answer = await socket.ask(self.login_command())
        assert answer.get("success") or answer.get("retCode") == 0, answer
        return socket

    def login_command(self, expires_ms: int | None = None) -> Row:
        expires = expires_ms or now_ms() + 5000
        return {"op": "auth", "args": [self.key.key, expires, signature(self.key.secret, f"GET/realtime{expires}")]}

    async def private(self, *topics: str) -> Socket:
        socket = await self.login(self.sandbox.ws_private)
        command = {"op": "subscribe", "args": list(topics or ("order", "execution", "position", "wallet"))}
        assert (await socket.ask(command))["success"]
        return socket

    async def trade(self) -> Socket:
        return await self.login(self.sandbox.ws_trade)


def command(request_id: str, operation: str, **fields: Any) -> Row:
    header = {"X-BAPI-TIMESTAMP": str(now_ms()), "X-BAPI-RECV-WINDOW": WINDOW}
    return {"reqId": request_id, "header": header, "op": f"order.{operation}", "args": [fields]}


LIMIT = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "orderType": "Limit",
    "qty": "0.01",
    "price": "60000",
}


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Client]:
    """A client of a sandbox with a quiet market (5 events a second) unless told otherwise."""
    chosen = {"rate": 5.0, "kept_books": 1000} | settings
    async with BybitSandbox(BybitSandboxSettings(**chosen)) as sandbox, ClientSession() as http:
        yield Client(sandbox, http)
