"""Keys, secrets, signatures and passwords are in nothing that a program writes: every byte of it is searched."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import zstandard

from tests.conftest import REPOSITORY
from tests.secret_support import (
    API_KEY,
    API_SECRET,
    PROXY_PASSWORD,
    forwarding_proxy,
    found_in,
    note_signatures,
)
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings

pytestmark = pytest.mark.timeout(120)

SECRETS = {"the key": API_KEY, "the secret": API_SECRET, "the proxy's password": PROXY_PASSWORD}
SANDBOX = BybitSandboxSettings(seed=7, rate=200, api_key=API_KEY, api_secret=API_SECRET)
KEYRING = """
import json, pathlib

def get_password(service, username):
    assert service == "ttxt-bybit-testnet", service
    return json.loads(pathlib.Path(__file__).with_name("keyring.json").read_text())[username]
"""


class Place:
    """Two folders: `kept` has the secrets where a user keeps them, `written` has all that a program writes."""

    def __init__(self, folder: Path) -> None:
        self.kept, self.written = folder / "kept", folder / "written"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TTXT_BYBIT")},
            "HOME": str(self.written),
            "XDG_CONFIG_HOME": str(self.kept),
            **{f"XDG_{kind}_HOME": str(self.written / kind.lower()) for kind in ("DATA", "STATE", "CACHE")},
            "PYTHONFAULTHANDLER": "1",
            "PYTHONUNBUFFERED": "1",
        }
        for path in (self.kept / "ttxt", self.written):
            path.mkdir(parents=True)

    def keep_in_environment(self, secret: str = API_SECRET) -> None:
        self.environment |= {"TTXT_BYBIT_TESTNET_API_KEY": API_KEY, "TTXT_BYBIT_TESTNET_API_SECRET": secret}

    def keep_in_file(self) -> None:
        path = self.kept / "ttxt" / "credentials.toml"
        rows = [f"api_key = {json.dumps(API_KEY)}", f"api_secret = {json.dumps(API_SECRET)}"]
        path.write_text("\n".join(["[bybit.testnet]", *rows]))
        path.chmod(0o600)

    def keep_in_keyring(self) -> None:
        (self.kept / "keyring.json").write_text(json.dumps({"api_key": API_KEY, "api_secret": API_SECRET}))
        (self.kept / "keyring.py").write_text(KEYRING)
        self.environment["PYTHONPATH"] = str(self.kept)

    def config(self, sandbox: BybitSandbox, proxy: str) -> Path:
        """A client's config file."""
        path = self.kept / "client.toml"
        path.write_text(f"""
[connector]
venue = "bybit"
category = "linear"
pairs = ["BTC/USDT"]
history = 5
trading = "test"
environment = "testnet"
recording = "{self.written / "recordings"}"
proxy = "{proxy}"

[connector.hosts]
rest = "{sandbox.rest}"
ws_public = "{sandbox.ws_public["linear"]}"
ws_private = "{sandbox.ws_private}"
ws_trade = "{sandbox.ws_trade}"

[limits]
max_order_quantity = {{"BTC/USDT" = "1"}}
max_order_notional = "200000"
price_band = "0.1"
max_position_notional = "500000"
max_leverage = "20"
min_liquidation_distance = "0.01"
orders_per_second = 50
daily_loss = "10000"
max_data_age_ns = 5000000000
""")
        return path

    async def run(self, *command: str) -> tuple[int, bytes, bytes]:
        """Status, standard output and standard error of a Python program, in development mode."""
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", *command),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment,
            cwd=REPOSITORY,
        )
        try:
            out, errors = await asyncio.wait_for(program.communicate(), 90)
        except TimeoutError:
            program.kill()
            out, errors = await program.communicate()
            raise AssertionError(f"it does not end: {out!r} {errors[-2_000:]!r}") from None
        assert program.returncode is not None
        return program.returncode, out, errors


def test_the_search_finds_a_secret_in_every_form_and_in_recordings(tmp_path: Path) -> None:
    raw = API_SECRET.encode()
    written = {
        "plain": b"a log of " + raw,
        "json": json.dumps({"secret": API_SECRET}).encode(),
        "url": f"https://host/?secret={quote(API_SECRET, safe='')}".encode(),
        "hex": raw.hex().encode(),
        "repr": repr([API_SECRET]).encode(),
        **{f"base64-{n}": base64.b64encode(b"user:"[:n] + raw + b"and more") for n in range(6)},
        "url-base64": base64.urlsafe_b64encode(raw),
        "packed": b"TTXT" + zstandard.compress(b"events " + raw),
    }
    for name, data in written.items():
        (tmp_path / name).write_bytes(data)
    found = found_in(tmp_path, {"errors": b"Basic " + base64.b64encode(raw)}, {"the secret": API_SECRET})
    for name in written:
        assert any(place.startswith(f"{name}: the secret as ") for place in found), name
    assert any(place.startswith("errors: ") for place in found)
    assert found_in(tmp_path, {}, {"another": "not-there-at-all"}) == []


@pytest.mark.parametrize(
    ("kept_in", "how"),
    [("environment", "trade"), ("file", "crash"), ("keyring", "crash")],
    ids=str,
)
async def test_nothing_that_a_trading_client_writes_has_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_in: str, how: str
) -> None:
    signatures, place = note_signatures(monkeypatch), Place(tmp_path)
    getattr(place, f"keep_in_{kept_in}")()
    async with BybitSandbox(SANDBOX) as sandbox, forwarding_proxy() as proxy:
        command = ("-m", "tests.secret_program", str(place.config(sandbox, proxy)), str(place.written), how)
        status, out, errors = await place.run(*command)
    shown = errors.decode(errors="replace")
    assert b"objects " in out, shown[-3_000:]
    assert (status == 0) is (how == "trade"), shown[-3_000:]
    if how == "crash":
        assert "UnexpectedError" in shown
        assert shown.count("Traceback (most recent call last)") >= 3
        assert "credentials" in shown
    assert len(signatures) > 10
    names = {path.name for path in place.written.rglob("*")}
    assert {"debug.log", "log-pane.txt", "objects.bin", "BYBIT-LINEAR_BTC_USDT.bin"} <= names
    assert any(name.endswith(".day") for name in names)
    secrets = SECRETS | {f"signature {number}": sign for number, sign in enumerate(sorted(signatures))}
    assert found_in(place.written, {"output": out, "errors": errors}, secrets) == []


async def test_nothing_that_a_refused_client_writes_has_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signatures, place = note_signatures(monkeypatch), Place(tmp_path)
    async with BybitSandbox(SANDBOX) as sandbox, forwarding_proxy() as proxy, forwarding_proxy(refuses=True) as closed:
        for url, secret, said in ((proxy, "another-" + API_SECRET, b"10004"), (closed, API_SECRET, b"the proxy wants")):
            place.keep_in_environment(secret)
            config = str(place.config(sandbox, url))
            status, out, errors = await place.run("-m", "tests.secret_program", config, str(place.written), "trade")
            assert status == 1
            assert said in errors
            assert b"locals" in errors
            secrets = SECRETS | {f"signature {number}": sign for number, sign in enumerate(sorted(signatures))}
            assert found_in(place.written, {"output": out, "errors": errors}, secrets) == []
    assert signatures
