"""What is shown of configs, requests and answers, also by tracebacks that show variables, as Textual's do."""

from __future__ import annotations

import io
import pickle
import tomllib
from collections.abc import Mapping
from pathlib import Path
from ssl import SSLContext

import msgspec
import orjson
import pytest
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from tests.connector_support import sandbox_config
from tests.secret_support import API_KEY, API_SECRET, PROXY_PASSWORD, PROXY_USER, places
from ttxt_core.connectors.config import ConnectorConfig, parse_config
from ttxt_core.connectors.registry import connect
from ttxt_core.errors import ConfigError
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox
from ttxt_core.web.connection import HTTPRequest, Transport, WSConnection
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.requests import Headers, RESTRequest, RESTResponse, WSJSONRequest, WSResponse
from ttxt_core.web.secrets import Credentials, Secret
from ttxt_tui.config.settings import load_settings

PROXY = f"http://{PROXY_USER}:{PROXY_PASSWORD}@127.0.0.1:9"
SECRETS = {"the key": API_KEY, "the secret": API_SECRET, "the proxy's password": PROXY_PASSWORD}
BASE = {"venue": "bybit", "category": "linear", "pairs": ["BTC/USDT"]}


def shown_of(value: object) -> bytes:
    """`value` in every way in which it may get into a file."""
    texts = [repr(value), str(value), f"{value}", "%s %r" % (value, value), pretty_repr(value)]  # noqa: UP031
    written = [text.encode() for text in texts]
    for encode in (pickle.dumps, msgspec.json.encode, msgspec.msgpack.encode, orjson.dumps):
        try:
            written.append(encode(value))
        except TypeError as error:
            written.append(str(error).encode())
    return b"\n".join(written)


@pytest.mark.parametrize(
    "value",
    [
        Secret(API_SECRET),
        Credentials(Secret(API_KEY), Secret(API_SECRET)),
        Headers({"X-BAPI-API-KEY": API_KEY, "X-BAPI-SIGN": API_SECRET}),
        parse_config({**BASE, "proxy": PROXY}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_a_secret_is_shown_without_it(value: object) -> None:
    if isinstance(value, Headers):
        assert [*places(repr(value).encode() + pretty_repr(value).encode(), SECRETS)] == []
    else:
        assert [*places(shown_of(value), SECRETS)] == []


def test_what_is_sent_and_what_comes_back_is_shown_without_its_content() -> None:
    text = f'{{"op":"auth","args":["{API_KEY}",1,"{PROXY_PASSWORD}"]}}'
    for value in (
        WSJSONRequest(orjson.loads(text), label="auth"),
        WSResponse(text.encode(), 1, "private-1", 1),
        RESTRequest("GET", "/v5/x", (("apiKey", API_KEY),), text.encode(), {"X-SIGN": API_KEY}, is_signed=True),
        RESTResponse(200, {"x": API_KEY}, text.encode(), 1, 2, "GET /v5/x"),
    ):
        assert [*places((repr(value) + str(value) + pretty_repr(value)).encode(), SECRETS)] == []


def test_settings_of_the_workstation_hide_the_proxys_password(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[venues.bybit]\nproxy = "{PROXY}"')
    settings = load_settings(path)
    proxy = settings.venues["bybit"].proxy
    assert proxy is not None
    assert proxy.reveal() == PROXY
    assert [*places(shown_of(settings), SECRETS)] == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (f'proxy = ["{PROXY}"]', "key proxy"),
        ('[hosts]\nrest = "https://user:' + PROXY_PASSWORD + '@host"', "key hosts.rest: a user or a password in an"),
        (f'api_secret = "{PROXY_PASSWORD}"', "key api_secret: no such setting"),
    ],
)
def test_a_bad_value_is_told_without_it(lines: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({**BASE, **tomllib.loads(lines)})
    assert said in str(caught.value)
    assert PROXY_PASSWORD not in str(caught.value)


def test_a_proxy_that_is_none_is_told_without_it() -> None:
    with pytest.raises(ConfigError, match="key proxy: it is no URL of an HTTP proxy") as caught:
        ConnectionFactory(proxy=Secret(f"socks5://{PROXY_USER}:{PROXY_PASSWORD}@host:1"))
    assert PROXY_PASSWORD not in str(caught.value)
    assert PROXY_PASSWORD not in repr(ConnectionFactory(proxy=Secret(PROXY)))


class Broken(Transport):
    """Fails in a way that nobody expects."""

    signature = ""

    async def request(self, request: HTTPRequest) -> RESTResponse:
        self.signature = request.headers["X-BAPI-SIGN"]
        raise RuntimeError("nobody expects this")

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
        raise RuntimeError("nobody expects this")

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_crash_inside_a_signed_request_shows_no_secret_with_its_variables() -> None:
    transport = Broken()
    credentials = Credentials(Secret(API_KEY), Secret(API_SECRET))
    config: ConnectorConfig = sandbox_config(BybitSandbox(), hosts={}, proxy=PROXY)
    connections = ConnectionFactory(transport, proxy=Secret(PROXY))
    connector = connect(config, AsyncioQueue(), credentials, connections=connections)
    with pytest.raises(RuntimeError) as caught:
        await connector.queries.wallet()
    error, output = caught.value, io.StringIO()
    shown = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=10_000, locals_max_length=1_000
    )
    Console(file=output, width=500).print(shown)
    text = output.getvalue().encode()
    assert b"HTTPRequest(" in text
    assert b"nobody expects this" in text
    assert len(transport.signature) == 64
    secrets = SECRETS | {"the signature": transport.signature}
    assert [*places(text, secrets)] == []
