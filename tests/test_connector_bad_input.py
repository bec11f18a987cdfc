"""Wrong keys, hosts, pairs and settings: one clear sentence each, before anything runs."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from tests.connector_support import QUICK, sandbox_config
from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.registry import connect, connector_class, venues
from ttxt_core.errors import AuthError, ConfigError, InstrumentError, TtxtError, WebError
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.web.secrets import Credentials, Secret

pytestmark = pytest.mark.timeout(60)


def connector(sandbox: BybitSandbox, key: str = "main", secret: str = "", **changes: Any) -> ConnectorBase:
    given = sandbox.keys[key]
    credentials = Credentials(Secret(given.key), Secret(secret or given.secret))
    config = sandbox_config(sandbox, **changes)
    return connect(config, AsyncioQueue(name="test"), credentials, timings=QUICK, random=Random(1))


async def failure(work: Callable[[], Awaitable[None]], kind: type[TtxtError]) -> str:
    with pytest.raises(kind) as caught:
        async with asyncio.timeout(60):
            await work()
    return str(caught.value)


async def test_keys_that_the_venue_does_not_accept() -> None:
    async with BybitSandbox(BybitSandboxSettings(seed=7)) as sandbox:
        wrong = connector(sandbox, secret="not-the-secret")
        said = await failure(wrong.run, AuthError)
        assert "10004" in said
        assert "not-the-secret" not in said
        expired = connector(sandbox, key="expired")
        assert "expired" in (await failure(expired.run, AuthError)).lower()


async def test_a_pair_that_is_not_traded_there() -> None:
    async with BybitSandbox(BybitSandboxSettings(seed=7)) as sandbox:
        said = await failure(connector(sandbox, pairs=["BTC/EUR"]).run, InstrumentError)
        assert "BTC/EUR" in said
        assert "BTC/USDT" in said


async def test_no_venue_at_that_address() -> None:
    async with BybitSandbox(BybitSandboxSettings(seed=7)) as sandbox:
        gone = connector(sandbox)
    assert "127.0.0.1" in await failure(gone.run, WebError)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"streams": {"book": 25}}, "key streams.book: expected one of 0, 1, 50, 200, 1000, got 25"),
        ({"streams": {"klines": ["10m"]}}, "key streams.klines: expected one of 1m, 3m"),
        ({"venue": "kraken"}, "key venue: expected one of bybit, got 'kraken'"),
        ({"category": "linear", "trading": "none", "environment": "mainnet"}, ""),
    ],
)
async def test_settings_that_the_venue_does_not_offer(changes: dict[str, Any], said: str) -> None:
    async with BybitSandbox(BybitSandboxSettings(seed=7)) as sandbox:
        config = sandbox_config(sandbox, **changes)
    if not said:
        assert connect(config, AsyncioQueue()).config is config
        return
    with pytest.raises(ConfigError) as caught:
        connect(config, AsyncioQueue())
    assert str(caught.value).startswith(said)


async def test_trading_needs_a_key_and_leave() -> None:
    async with BybitSandbox(BybitSandboxSettings(seed=7)) as sandbox:
        with pytest.raises(ConfigError, match="no credentials"):
            connect(sandbox_config(sandbox), AsyncioQueue())
        config = sandbox_config(sandbox, trading="none", environment="mainnet")
        with pytest.raises(ConfigError, match="key trading is 'none'"):
            connect(config, AsyncioQueue()).trading()


def test_every_venue_in_the_registry_can_be_loaded() -> None:
    for name in venues():
        assert connector_class(name).venue == name
