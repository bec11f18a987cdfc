"""A sandbox in a process of its own, and clients that nobody here wrote, pointed at it as docs/sandbox.md says."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from queue import Empty, Queue
from typing import Any

import pytest

Row = dict[str, Any]


@contextmanager
def serve(*arguments: str) -> Iterator[Row]:
    """A sandbox with TLS; gives the line that it has printed."""
    command = [sys.executable, "-m", "ttxt_core.cli.sandbox", "bybit", "--tls", "--limit-scale", "5", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(30) == 0


def pointed_pybit(served: Row, monkeypatch: pytest.MonkeyPatch) -> Any:
    """pybit's module, its addresses replaced."""
    unified = pytest.importorskip("pybit.unified_trading")
    from pybit import _websocket_trading

    monkeypatch.setenv("WEBSOCKET_CLIENT_CA_BUNDLE", served["ca"])
    public = served["ws_public"]["linear"].replace("linear", "{CHANNEL_TYPE}")
    monkeypatch.setattr(unified, "PUBLIC_WSS", public)
    monkeypatch.setattr(unified, "PRIVATE_WSS", served["ws_private"])
    monkeypatch.setattr(_websocket_trading, "TRADE_WSS", served["ws_trade"])
    return unified


def pybit_session(pybit: Any, served: Row) -> Any:
    """pybit's REST client."""
    session = pybit.HTTP(api_key=served["api_key"], api_secret=served["api_secret"])
    session.endpoint = served["rest"]
    session.client.verify = served["ca"]
    return session


@asynccontextmanager
async def ccxt_exchange(served: Row) -> AsyncIterator[Any]:
    """ccxt.pro's exchange."""
    ccxt = pytest.importorskip("ccxt.pro")
    exchange = ccxt.bybit({"apiKey": served["api_key"], "secret": served["api_secret"], "enableRateLimit": False})
    sockets = served["ws_private"].removesuffix("/v5/private")
    exchange.urls["api"] = _replaced(exchange.urls["api"], served["rest"], sockets)
    exchange.cafile = served["ca"]
    try:
        yield exchange
    finally:
        await exchange.close()
        await asyncio.sleep(0.25)  # its TLS connections close after it


def wait_for(queue: Queue[Row], what: str, wanted: Callable[[Row], object]) -> Row:
    """The first message that is wanted."""
    while True:
        try:
            message = queue.get(timeout=30)
        except Empty:
            pytest.fail(f"no {what} within 30 s")
        if wanted(message):
            return message


def _replaced(value: Any, rest: str, sockets: str) -> Any:
    """ccxt's tree of addresses with the sandbox's hosts in it."""
    if isinstance(value, dict):
        return {name: _replaced(part, rest, sockets) for name, part in value.items()}
    if str(value).startswith("wss://"):
        return sockets + str(value)[str(value).index("/", len("wss://")) :]
    return rest
