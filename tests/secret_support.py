"""What a search for a secret looks for, and where: every form of it in every byte that a program has written."""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

import pytest

from ttxt_core.sandbox.bybit.auth import KeyRing

# Long, without a repetition, and with characters that URLs, JSON and reprs write in another way.
API_KEY = "kY7+qv/Zr2&m%P9w=Xb4"
API_SECRET = 's3/Gt+u8&"W%yq=Nf5\\Lz0'
PROXY_USER = "proxy-user"
PROXY_PASSWORD = "pW8x-Tr4v_Qm7c-Zk2n"
"""Without special characters: it stands in a URL as it is."""


def forms(secret: str) -> dict[str, bytes]:
    """What `secret` looks like when it is written as it is, or in one of the usual codes."""
    raw = secret.encode()
    found = {
        "plain": raw,
        "UTF-16": secret.encode("utf-16-le"),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "repr": repr(secret)[1:-1].encode(),
        "URL": quote(secret, safe="").encode(),
        "URL with slashes": quote(secret).encode(),
        "form": quote_plus(secret).encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "reversed": raw[::-1],
    }
    for shift in range(3):  # base64 of a text that it stands in: it may begin at any of three places
        whole = base64.b64encode(bytes(shift) + raw)
        inner = whole[(4 if shift else 0) : len(whole) - 4]
        found[f"base64 {shift}"] = inner
        found[f"base64 {shift} for URLs"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    return found


def places(data: bytes, secrets: dict[str, str]) -> Iterator[str]:
    """Which of the named secrets are in `data`, and how they are written."""
    for name, secret in secrets.items():
        for form, written in forms(secret).items():
            if (at := data.find(written)) >= 0:
                context = data[max(0, at - 60) : at + len(written) + 20]
                yield f"{name} as {form}: {context!r}"


def unpacked(data: bytes) -> Iterator[bytes]:
    """`data`, and what is compressed in it."""
    yield data
    at = -1
    while (at := data.find(b"\x28\xb5\x2f\xfd", at + 1)) >= 0:  # zstandard, of which recordings are made
        zstandard = pytest.importorskip("zstandard")
        with suppress(zstandard.ZstdError):
            yield zstandard.ZstdDecompressor().decompressobj().decompress(data[at:])
    for start in (b"\x1f\x8b", b"\x78\x9c"):
        if data.startswith(start):
            with suppress(zlib.error):
                yield zlib.decompress(data, 47)


def found_in(folder: Path, streams: dict[str, bytes], secrets: dict[str, str]) -> list[str]:
    """Where one of the secrets is: in a file under `folder`, in a file's name, or in one of the named streams."""
    found = []
    for path in sorted(folder.rglob("*")):
        found += [f"the name {path}: {place}" for place in places(str(path).encode(), secrets)]
        if path.is_file():
            for data in unpacked(path.read_bytes()):
                found += [f"{path.relative_to(folder)}: {place}" for place in places(data, secrets)]
    for name, data in streams.items():
        found += [f"{name}: {place}" for place in places(data, secrets)]
    return found


def note_signatures(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every signature that a sandbox of this process is sent from now on."""
    seen: set[str] = set()
    check = KeyRing._check_signature

    def noting(key: object, sign: str, signed: bytes) -> None:
        seen.add(sign)
        check(key, sign, signed)  # type: ignore[arg-type]

    monkeypatch.setattr(KeyRing, "_check_signature", staticmethod(noting))
    return seen


class _Proxy:
    """Passes requests on: for plain HTTP one a connection, for sockets whatever comes."""

    def __init__(self, *, refuses: bool) -> None:
        self._wanted = b"Basic " + base64.b64encode(f"{PROXY_USER}:{PROXY_PASSWORD}".encode())
        self._refuses = refuses
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            if self._refuses or self._wanted not in head:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
            else:
                await self._forward(head, reader, writer)
        writer.close()

    async def _forward(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, url, rest = head.split(b" ", 2)
        target = urlsplit(url.decode())
        if b"\r\nUpgrade:" not in rest:
            rest = rest.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        ahead, back = await asyncio.open_connection(target.hostname, target.port)
        try:
            back.write(b" ".join((method, url[len(f"{target.scheme}://{target.netloc}") :], rest)))
            await asyncio.gather(_pass_on(reader, back), _pass_on(ahead, writer))
        finally:
            back.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def forwarding_proxy(*, refuses: bool = False) -> AsyncIterator[str]:
    """A proxy on loopback that wants `PROXY_USER` and `PROXY_PASSWORD`; its URL with both."""
    proxy = _Proxy(refuses=refuses)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{PROXY_USER}:{PROXY_PASSWORD}@{host}:{port}"
    finally:
        server.close()
        for task in proxy.tasks:
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # sockets are closed in a later turn of the loop
