"""docs/web.md: its code runs as it stands."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.web_support import KEY, serving, venue
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.dialect import RESTDialect
from ttxt_core.web.requests import RESTRequest
from ttxt_core.web.secrets import Credentials, Secret


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the document's code defines."""
    text = (REPOSITORY / "docs" / "web.md").read_text(encoding="utf-8")
    defined: dict[str, Any] = {}
    exec("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), defined)
    return defined


async def test_the_stream(names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    async with venue() as there:
        await asyncio.gather(names["watch"](there.url, 0.05))
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "connecting "
    assert "got {'op': 'subscribe', 'topics': ['trades']}" in printed
    assert "reply {'op': 'echo', 'id': '1'}" in printed
    assert printed[-1] == "stopped "


async def test_the_authenticator(names: dict[str, Any]) -> None:
    authenticator = names["ExampleAuthenticator"](Credentials(Secret(KEY), Secret("testsecret456")))
    signed = authenticator.sign(RESTRequest("GET", "/x", (("a", "1"),), headers={"b": "2"}), 1_700_000_000_000)
    assert signed.headers["b"] == "2"
    # HMAC-SHA256 of 1700000000000/xa=1, made with openssl
    assert signed.headers["X-SIGN"] == "d725b8a93cd14cec4bcc82c4f62b8e15fd58d126c2052e1fcc7fa28fd76ab4e2"
    assert authenticator.login(5).payload["op"] == "login"
    assert RESTDialect(authenticator=authenticator).authenticator is authenticator


async def test_the_transport(names: dict[str, Any]) -> None:
    transport = names["CountingTransport"]()
    async with venue() as there, serving({}) as host, ConnectionFactory(transport) as connections:
        connection = await connections.connect(there.url)
        connection.send(b'{"op":"ping"}')
        frame = await connection.receive()
        assert transport.bytes_in == len(frame.data) == 13
        response = await connections.request("GET", f"http://{host}/absent")
        assert transport.bytes_in == 13 + len(response.body)
        await connection.close()
