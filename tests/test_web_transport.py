"""The aiohttp transport against real sockets on loopback: frames, TLS, proxies, limits, back-pressure."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trustme
from aiohttp import WSMsgType, web

from tests.web_support import frame, raw_server, serving, until, upgrade, venue
from ttxt_core.clock import SystemClock
from ttxt_core.errors import (
    AuthError,
    ConfigError,
    ConnectionClosedError,
    NotSentError,
    OutcomeUnknownError,
    ProtocolError,
    RateLimitError,
    TransportError,
)
from ttxt_core.web.connection_factory import ConnectionFactory
from ttxt_core.web.requests import Opcode
from ttxt_core.web.secrets import Secret

Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, host: str = "localhost") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def sends(*data: bytes, hold: bool = False) -> Raw:
    """Accept a WebSocket, send bytes as they are, hang up (or hold)."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        for part in data:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.005)
        if hold:
            await reader.read()

    return handle


# --- frames ---------------------------------------------------------------------------------------------------------


async def test_frames_come_as_bytes_with_their_kind_and_time() -> None:
    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("tëxt")
        await socket.send_bytes(b"\x00\x01")
        await socket.ping(b"alive?")
        assert (await socket.receive()).data == "from here"
        assert (await socket.receive()).data == b"\x02"
        await socket.close(code=4004, message=b"no login")
        return socket

    clock = SystemClock()
    async with serving({"/ws": talk}) as host, ConnectionFactory() as connections:
        before = clock.now_ns()
        connection = await connections.connect(f"ws://{host}/ws")
        frames = [await connection.receive() for _ in range(3)]
        assert [(f.data, f.opcode) for f in frames] == [
            ("tëxt".encode(), Opcode.TEXT),
            (b"\x00\x01", Opcode.BINARY),
            (b"alive?", Opcode.PING),
        ]
        assert before <= frames[0].receive_time_ns <= frames[1].receive_time_ns <= clock.now_ns()
        assert connection.close_code is None
        connection.send(b"from here")
        connection.send(b"\x02", Opcode.BINARY)
        with pytest.raises(ConnectionClosedError, match="closed with code 4004, 'no login'") as caught:
            await connection.receive()
        assert (connection.close_code, connection.close_reason) == (caught.value.code, caught.value.reason)
        with pytest.raises(NotSentError, match="the connection is closed"):
            connection.send(b"too late")
        with pytest.raises(ConnectionClosedError, match="4004"):
            await connection.receive()
        await connection.close()
        assert connection.close_code == 4004


@pytest.mark.parametrize("compression", [False, True])
async def test_messages_of_every_length_arrive_whole(compression: bool) -> None:
    """The lengths at which a frame's head changes its shape (RFC 6455, 5.2), and those of no whole mask."""
    sizes = [0, 1, 2, 3, 4, 5, 125, 126, 127, 65_535, 65_536, 300_001]

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=compression)
        await socket.prepare(request)
        async for message in socket:
            await socket.send_bytes(message.data)
        return socket

    async with serving({"/ws": talk}) as host, ConnectionFactory() as connections:
        connection = await connections.connect(f"ws://{host}/ws", compression=compression)
        payloads = [os.urandom(size) for size in sizes]
        for payload in payloads:
            connection.send(payload, Opcode.BINARY)
        assert [(await connection.receive()).data for _ in payloads] == payloads
        await connection.close()


async def test_a_ping_of_the_protocol_is_answered() -> None:
    pongs: list[bytes] = []

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await socket.ping(b"42")
        message = await socket.receive()
        assert message.type is WSMsgType.PONG
        pongs.append(message.data)
        return socket

    async with serving({"/ws": talk}) as host, ConnectionFactory() as connections:
        connection = await connections.connect(f"ws://{host}/ws")
        assert (await connection.receive()).opcode == Opcode.PING
        await until(lambda: bool(pongs))
        await connection.close()
    assert pongs == [b"42"]


async def test_compression_is_used_where_both_want_it() -> None:
    offered: list[str | None] = []

    async def talk(request: web.Request) -> web.WebSocketResponse:
        offered.append(request.headers.get("Sec-WebSocket-Extensions"))
        socket = web.WebSocketResponse(compress=True)
        await socket.prepare(request)
        await socket.send_str("a" * 50_000)
        assert (await socket.receive()).data == "b" * 50_000
        await socket.close()
        return socket

    async with serving({"/ws": talk}) as host, ConnectionFactory() as connections:
        for compression in (True, False):
            connection = await connections.connect(f"ws://{host}/ws", compression=compression)
            assert (await connection.receive()).data == b"a" * 50_000
            connection.send(b"b" * 50_000)
            with pytest.raises(ConnectionClosedError, match="code 1000"):
                await connection.receive()
    assert offered[0] is not None
    assert offered[0].startswith("permessage-deflate")
    assert offered[1] is None


@pytest.mark.parametrize(
    ("data", "error", "code"),
    [
        ((b"",), ConnectionClosedError, 1006),  # accepted, then gone
        ((frame(b"half of it", declared=400),), ConnectionClosedError, 1006),
        ((frame(b"\x03\xe8bye", 8),), ConnectionClosedError, 1000),
        ((frame(b"", 8),), ConnectionClosedError, 1005),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3,), ProtocolError, 1002),
        ((os.urandom(0) + b"\xff\xff\xff\xff" * 50,), ProtocolError, 1002),  # reserved bits
        ((frame(b"x", 3),), ProtocolError, 1002),  # an opcode that is none
        ((frame(b"x" * 2_000),), ProtocolError, 1009),
        ((frame(b"x" * 600, first=1), frame(b"x" * 600, first=0x80)), ProtocolError, 1009),  # too big in sum
        ((frame(b"", declared=1 << 62),), ProtocolError, 1009),
    ],
)
async def test_what_is_no_proper_frame_ends_the_connection(
    data: tuple[bytes, ...], error: type[Exception], code: int
) -> None:
    async with raw_server(sends(*data)) as host, ConnectionFactory() as connections:
        connection = await connections.connect(f"ws://{host}/", max_message_size=1_000)
        with pytest.raises(error):
            await connection.receive()
        assert connection.close_code == code
        with pytest.raises((ConnectionClosedError, ProtocolError)):
            await connection.receive()
        await connection.close()


async def test_fragments_are_joined() -> None:
    parts = (frame(b'{"a"', first=1), frame(b":", first=0), frame(b"1}", first=0x80))
    async with raw_server(sends(*parts)) as host, ConnectionFactory() as connections:
        connection = await connections.connect(f"ws://{host}/")
        assert (await connection.receive()).data == b'{"a":1}'
        await connection.close()


async def test_a_peer_that_takes_nothing_does_not_hold_up_the_goodbye() -> None:
    async def stuffed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade(reader, writer)
        reader._transport.pause_reading()
        await asyncio.sleep(60)

    async with raw_server(stuffed) as host, ConnectionFactory() as connections:
        connection = await connections.connect(f"ws://{host}/")
        for _ in range(20):
            connection.send(b"x" * 1_000_000)
        async with asyncio.timeout(60):
            await connection.close()
        with pytest.raises(NotSentError):
            connection.send(b"x")
        assert connection._socket._writer.transport.get_write_buffer_size() == 0  # given up, not kept for later


async def test_a_slow_reader_holds_up_the_sender_through_tcp() -> None:
    payload, written, wanted = b"x" * 10_000, 0, 5_000

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await upgrade(reader, writer)
        for _ in range(wanted):
            writer.write(frame(payload))
            await writer.drain()
            written += 1

    async with raw_server(flood) as host, ConnectionFactory() as connections:
        connection = await connections.connect(f"ws://{host}/")
        await connection.receive()
        before = -1
        while written != before:  # until the sender has come to a stand
            before = written
            await asyncio.sleep(0.1)
        assert written < wanted * 3 // 4
        # What waits on this side is bounded: the rest is in the buffers of the system.
        assert connection._socket._reader._size < 1_000_000
        for _ in range(wanted - 1):
            assert len((await connection.receive()).data) == 10_000
        await connection.close()
    assert written == wanted


# --- connecting -----------------------------------------------------------------------------------------------------


async def test_own_certificate_authority(authority: trustme.CA, ca_file: Path) -> None:
    async with venue(server_context(authority)) as there:
        assert there.url.startswith("wss://")
        async with ConnectionFactory(ca_file=ca_file) as connections:
            connection = await connections.connect(there.url)
            connection.send(b'{"op":"ping"}')
            assert (await connection.receive()).data == b'{"op":"pong"}'
            await connection.close()
            assert (await connections.request("GET", f"{there.rest}/absent")).status == 404
        async with ConnectionFactory(ssl_context=ssl.create_default_context(cafile=ca_file)) as connections:
            await (await connections.connect(there.url)).close()
        async with ConnectionFactory() as connections:
            with pytest.raises(
                TransportError, match=r"not trusted: .*\(check the host, or name the certificates to trust\)"
            ):
                await connections.connect(there.url)
            with pytest.raises(NotSentError, match="not trusted"):
                await connections.request("POST", there.rest)


async def test_a_certificate_of_another_host_is_not_trusted(authority: trustme.CA, ca_file: Path) -> None:
    async with (
        venue(server_context(authority, "other.example")) as there,
        ConnectionFactory(ca_file=ca_file) as connections,
    ):
        with pytest.raises(TransportError, match=r"not trusted: .*mismatch"):
            await connections.connect(there.url)


async def test_settings_that_cannot_work_are_refused_at_once(tmp_path: Path, ca_file: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for path in (tmp_path / "absent.pem", tmp_path / "empty.pem"):
        with pytest.raises(ConfigError, match="CA file"):
            ConnectionFactory(ca_file=path)
    with pytest.raises(ConfigError, match="give one of them"):
        ConnectionFactory(ca_file=ca_file, ssl_context=ssl.create_default_context())
    for proxy in ("socks5://h:1", "host:80", "http://", "http://h:port"):
        with pytest.raises(ConfigError, match="expected http://host:port"):
            ConnectionFactory(proxy=Secret(proxy))


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (429, RateLimitError, "HTTP 429"),
        (503, TransportError, "HTTP 503"),
        (401, AuthError, "HTTP 401"),
    ],
)
async def test_a_refused_handshake_says_how_long_to_wait(status: int, error: type[Exception], said: str) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "17"})

    async with serving({"/ws": refuse}) as host, ConnectionFactory() as connections:
        with pytest.raises(error, match=said) as caught:
            await connections.connect(f"ws://{host}/ws?listenKey=token")
        assert "token" not in repr(caught.value)
        assert status == 401 or caught.value.retry_after_s == 17


async def test_no_connection_is_one_clear_sentence() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")

    async with ConnectionFactory() as connections:
        with pytest.raises(TransportError, match=r"ws://localhost:9: no connection: .*\(check the network"):
            await connections.connect("ws://localhost:9/x")
        with pytest.raises(TransportError, match="the host is not known"):
            await connections.connect("ws://no.such.host.invalid/x")
        with pytest.raises(TransportError, match=r"no usable address|no connection"):
            await connections.connect("ws://")
        async with raw_server(silent) as host:
            with pytest.raises(TransportError, match=r"no connection within 0\.05 s"):
                await connections.connect(f"ws://{host}/", timeout_s=0.05)
            with pytest.raises(TransportError, match=r"no connection within 0\.05 s"):
                await connections.connect(f"wss://{host}/", timeout_s=0.05)
            with pytest.raises(NotSentError):  # TLS never came about, so nothing was sent
                await connections.request("POST", f"https://{host}/", timeout_s=0.05)
            with pytest.raises(OutcomeUnknownError):
                await connections.request("POST", f"http://{host}/", timeout_s=0.05)
        async with raw_server(babbles) as host:
            with pytest.raises(TransportError):
                await connections.connect(f"ws://{host}/")
            with pytest.raises(OutcomeUnknownError, match="no proper answer"):
                await connections.request("POST", f"http://{host}/")


async def test_a_proxy_is_asked_and_its_password_is_not_shown(authority: trustme.CA, ca_file: Path) -> None:
    asked: list[str] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head)
        if "Proxy-Authorization" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        host, _, port = head.split()[1].partition(":")
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                sink.write(data)

        await asyncio.wait(
            [asyncio.create_task(pump(reader, there_writer)), asyncio.create_task(pump(there_reader, writer))],
            return_when=asyncio.FIRST_COMPLETED,
        )
        there_writer.close()

    async with venue(server_context(authority)) as there, raw_server(proxy) as host:
        async with ConnectionFactory(ca_file=ca_file, proxy=Secret(f"http://user:pass-word@{host}")) as connections:
            connection = await connections.connect(there.url)
            connection.send(b'{"op":"ping"}')
            assert (await connection.receive()).data == b'{"op":"pong"}'
            await connection.close()
            assert "pass-word" not in repr(connections)
        async with ConnectionFactory(ca_file=ca_file, proxy=Secret(f"http://{host}")) as connections:
            with pytest.raises(AuthError, match="the proxy wants a user and a password"):
                await connections.connect(there.url)
        async with ConnectionFactory(proxy=Secret("http://localhost:9")) as connections:
            with pytest.raises(TransportError, match="no connection to the proxy"):
                await connections.connect(there.url)
    assert asked[0].startswith(f"CONNECT {there.rest.removeprefix('https://')} HTTP/1.1")
