"""What a user gets wrong on the way to a venue, and the one sentence that each must be answered with.

The table is read by the tests of the library and of every program: a program is added to one list, a mistake to one
table.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any, NamedTuple

import trustme

from tests.conftest import REPOSITORY

ALL_KINDS = ("library", "client", "paper", "live")
WITH_KEY = ("library", "client", "live")
ENVIRONMENTS = "mainnet, testnet and demo have keys of their own"


class Mistake(NamedTuple):
    """Something that is wrong, and what is said of it.

    Attributes:
        said: the whole sentence; ``{rest}`` stands for the address that was asked, ``{folder}`` for the test's folder.
        kinds: the programs that can make this mistake.
        key, secret: whose of the sandbox's keys; a secret in place of its own.
        rest: ``sandbox``, or another address in `Addresses`. pair, category: what is traded.
        records: whether it records to a folder that can't be.
    """

    said: str
    kinds: tuple[str, ...] = ALL_KINDS
    key: str = "main"
    secret: str = ""
    rest: str = "sandbox"
    pair: str = "BTC/USDT"
    category: str = "linear"
    records: bool = False


_CLOCK = "ask bybit for its time (GET {rest}/v5/market/time): "
MISTAKES = {
    "unknown key": Mistake(
        f"{{key_asked}}: API key is invalid [10003] (the key is wrong, or of another environment: {ENVIRONMENTS})",
        WITH_KEY,
        key="unknown",
    ),
    "wrong secret": Mistake(
        "{key_asked}: error sign! please check your signature generation algorithm [10004] "
        "(the signature is wrong: check that the secret is the one of this key)",
        WITH_KEY,
        secret="not-the-secret",
    ),
    "expired key": Mistake(
        "{key_asked}: Your api key has expired [33004] (the key has expired: make a new one)", WITH_KEY, key="expired"
    ),
    "IP not allowed": Mistake(
        "{key_asked}: Unmatched IP, please check your API key's bound IP addresses [10010] "
        "(the key is bound to other IP addresses: add this one at the venue)",
        WITH_KEY,
        key="bound",
    ),
    "nobody there": Mistake(
        _CLOCK + "no connection: connection refused (check the network and the host)",
        rest="nobody",
    ),
    "unknown host": Mistake(_CLOCK + "the host is not known (check its name and the network)", rest="nameless"),
    "another server": Mistake(
        _CLOCK + "20 bytes that are no answer of bybit: JSON is malformed: invalid character (byte 0) (check the host)",
        rest="web",
    ),
    "a server without the path": Mistake(_CLOCK + "HTTP Not Found [404] (check the host)", rest="pathless"),
    "TLS of another name": Mistake(
        _CLOCK + "not trusted: Hostname mismatch, certificate is not valid for 'localhost'. "
        "(check the host, or name the certificates to trust)",
        rest="impostor",
    ),
    "TLS where there is none": Mistake(
        _CLOCK + "no TLS there: wrong version number (check the scheme, the host and its port)", rest="plain"
    ),
    "unknown pair": Mistake(
        "find bybit linear ABC/USDT: bybit trades no such pair there "
        "(nothing of ABC is traded there; other categories: {others})",
        pair="ABC/USDT",
    ),
    "pair of another category": Mistake(
        "find bybit spot DOGE/USDT: bybit trades no such pair there "
        "(nothing of DOGE is traded there; other categories: {others})",
        pair="DOGE/USDT",
        category="spot",
    ),
    "unwritable recording folder": Mistake(
        "make the folder {folder}/file/recordings: {folder}/file is a file, not a folder (choose another folder)",
        ("client",),
        records=True,
    ),
}


class Addresses(NamedTuple):
    """Where things are; `rest` by the name that `Mistake.rest` has."""

    sandbox: dict[str, Any]
    rest: dict[str, str]
    ca_path: str


@contextmanager
def sandbox_process() -> Iterator[dict[str, Any]]:
    """A sandbox exchange in a process of its own, so that programs can run in this one: what its line says."""
    command = [sys.executable, "-m", "ttxt_core.cli.sandbox", "bybit", "--rate", "50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as running:
        assert running.stdout is not None
        try:
            yield json.loads(running.stdout.readline())
        finally:
            running.terminate()


@contextmanager
def web_server(status: int, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of an HTTP server that is no venue."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = b"<html>Welcome</html>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def addresses(folder: Path) -> Iterator[Addresses]:
    """A sandbox, and what a user may take for it."""
    authority = trustme.CA()
    ca_path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("other.example").configure_cert(context)
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = unused.getsockname()[1]
    with (
        sandbox_process() as sandbox,
        web_server(200) as web,
        web_server(404) as pathless,
        web_server(200, context) as impostor,
    ):
        rest = {
            "sandbox": sandbox["rest"],
            "nobody": f"http://127.0.0.1:{nobody}",
            "nameless": "https://api.bybit.invalid",
            "web": f"http://127.0.0.1:{web}",
            "pathless": f"http://127.0.0.1:{pathless}",
            "impostor": f"https://localhost:{impostor}",
            "plain": sandbox["rest"].replace("http:", "https:"),
        }
        yield Addresses(sandbox, rest, str(ca_path))


def key_of(mistake: Mistake, sandbox: dict[str, Any]) -> tuple[str, str]:
    """Key and secret as the mistake has them."""
    if mistake.key == "unknown":
        return "nobody-knows-this-key", "nor-its-secret"
    keys = {"main": sandbox, **sandbox["other_keys"]}
    given = keys[mistake.key]
    return given["api_key"], mistake.secret or given["api_secret"]


def hosts_of(mistake: Mistake, at: Addresses) -> dict[str, str]:
    """The addresses of the venue as the mistake has them."""
    return {
        "rest": at.rest[mistake.rest],
        "ws_public": at.sandbox["ws_public"][mistake.category],
        "ws_private": at.sandbox["ws_private"],
        "ws_trade": at.sandbox["ws_trade"],
    }
