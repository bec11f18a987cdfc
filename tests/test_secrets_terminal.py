"""LIVE in a terminal: neither what it shows, nor what it leaves behind, nor its crash has a secret in it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("pty", reason="there are no pseudo-terminals here")

from tests.conftest import REPOSITORY
from tests.looped_terminal import LoopedTerminal
from tests.secret_support import forwarding_proxy, found_in, note_signatures
from tests.test_secrets_search import SANDBOX, SECRETS, Place
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox

pytestmark = pytest.mark.timeout(240)

RECORD = "\x12"
_CODES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_LAYOUT = re.compile(r"[\s│╭╮╰╯─]")


def settings(sandbox: BybitSandbox, proxy: str, recordings: Path) -> str:
    """The workstation's config file."""
    return f"""
[limits]
order_quantity = {{ "BTC/USDT" = 1 }}
order_notional = 200000
price_band = 0.1
position_notional = 500000
leverage = 20
liquidation_distance = 0.01
orders_per_second = 50
daily_loss = 10000

[recording]
folder = "{recordings}"

[venues.bybit]
proxy = "{proxy}"

[venues.bybit.hosts]
rest = "{sandbox.rest}"
ws_public = "{sandbox.ws_public["linear"]}"
ws_private = "{sandbox.ws_private}"
ws_trade = "{sandbox.ws_trade}"
"""


def shown(written: bytes) -> dict[str, bytes]:
    """The terminal's bytes as they came, without colours, and without lines and line breaks: a long word is broken."""
    plain = _CODES.sub(b"", written)
    joined = _LAYOUT.sub("", plain.decode(errors="replace")).encode()
    return {"the terminal": written, "the terminal without colours": plain, "the terminal in one line": joined}


async def trade(terminal: LoopedTerminal) -> None:
    """Arm, send an order, record."""
    await terminal.until_shown("● private")
    await terminal.type_until("A", lambda: "Enter arms" in terminal.text(), "the account's sheet")
    await terminal.type_until("\r", lambda: re.search(r"main +ARMED", terminal.text()) is not None, "ARMED")
    await terminal.type_until("1", lambda: "no size" not in terminal.text(), "a size")
    await terminal.type_until("q", lambda: "Enter sends," in terminal.text(), "an order staged")
    await terminal.type_until("\r", lambda: "Working 0    Fills 0    History 0" not in terminal.text(), "an order")
    await terminal.type_until(RECORD, lambda: "REC " in terminal.text(), "a recording")
    await terminal.pause(1.0)


async def test_nothing_that_a_live_workstation_shows_or_leaves_has_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signatures, place = note_signatures(monkeypatch), Place(tmp_path)
    place.keep_in_file()
    recordings, crash = place.written / "recordings", tmp_path / "crash"
    place.environment["CRASH"] = str(crash)
    async with BybitSandbox(SANDBOX) as sandbox, forwarding_proxy() as proxy:
        (place.kept / "ttxt" / "config.toml").write_text(settings(sandbox, proxy, recordings))
        command = [sys.executable, "-m", "tests.secret_workstation", "live", "bybit", "BTC/USDT"]
        command += ["--category", "linear", "--testnet"]
        with LoopedTerminal(command, place.environment, REPOSITORY) as terminal:
            await trade(terminal)
            crash.touch()
            status = await terminal.exit_status()
        assert sandbox.state()["orders"], "an order was sent"
    assert status == 1
    streams = shown(terminal.written)
    assert b"UnexpectedError: a crash on purpose" in streams["the terminal without colours"]
    assert b"locals" not in terminal.written
    assert len(signatures) > 10
    names = {path.suffix for path in place.written.rglob("*")}
    assert {".bin", ".day"} <= names
    secrets = SECRETS | {f"signature {number}": sign for number, sign in enumerate(sorted(signatures))}
    assert found_in(place.written, streams, secrets) == []
