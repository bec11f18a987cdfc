"""How a LIVE workstation ends when no key asks for it: the exit policy followed and told, the terminal as it was."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.conftest import REPOSITORY
from tests.terminal_support import Terminal

ARGUMENTS = ("live", "bybit", "BTC/USDT", "--category", "linear", "--testnet")
CTRL_Z, HOME, DOWN, ENTER = b"\x1a", b"\x1b[H", b"\x1b[B", b"\r"

_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")
CRASHING = """
import sys
from pathlib import Path
from ttxt_tui.app import Workstation
from ttxt_tui.cli import main

before = Workstation._before_frame

def failing(self, human_ns):
    if Path(sys.argv[1]).exists():
        raise RuntimeError("a part of the screen is broken")
    before(self, human_ns)

Workstation._before_frame = failing
sys.exit(main(sys.argv[2:]))
"""


class Exchange:
    """A sandbox in a process of its own, and a config that names it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "ttxt_core.cli.sandbox", "bybit", "--tls", "--seed", "7", "--rate", "100"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def config(self, folder: Path) -> Path:
        path, ready = folder / "config.toml", self.ready
        path.write_text(
            f"""
            [limits]
            order_quantity = {{ "BTC/USDT" = 1 }}
            order_notional = 100000
            position_notional = 200000
            price_band = 0.1
            leverage = 10
            liquidation_distance = 0.01
            orders_per_second = 20
            daily_loss = 1000
            [venues.bybit]
            ca_path = "{ready["ca"]}"
            [venues.bybit.hosts]
            rest = "{ready["rest"]}"
            ws_public = "{ready["ws_public"]["linear"]}"
            ws_private = "{ready["ws_private"]}"
            ws_trade = "{ready["ws_trade"]}"
            """
        )
        return path

    def keys(self) -> dict[str, str]:
        return {f"TTXT_BYBIT_TESTNET_API_{name}": self.ready[f"api_{name.lower()}"] for name in ("KEY", "SECRET")}

    def newest_order(self) -> str:
        """The state of the order that was made last."""
        trusted = ssl.create_default_context(cafile=self.ready["ca"])
        with urlopen(f"{self.ready['admin']}/state", context=trusted) as answer:
            return str(json.load(answer)["orders"][0]["orderStatus"])


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    made = Exchange()
    yield made
    with made.process:
        made.process.terminate()


@contextmanager
def armed(exchange: Exchange, folder: Path, *program: str) -> Iterator[Terminal]:
    """A workstation with a bid that works; it was never told to end."""
    terminal = Terminal(folder, *program, *ARGUMENTS, "--config", str(exchange.config(folder)), **exchange.keys())
    try:
        terminal.until_shown("LIVE  bybit testnet main  DISARMED")
        ends = time.monotonic() + 60
        while "ARMED" not in terminal.screen().replace("DISARMED", "") and time.monotonic() < ends:
            terminal.press(b"A")
            terminal.until_shown("Enter arms")
            terminal.press(ENTER)
            time.sleep(0.3)
        terminal.press(b"1", *[b"g"] * 6, HOME, *[DOWN] * 8, b"b")
        terminal.until_shown("Enter sends")
        terminal.press(ENTER)
        terminal.until_shown("working")
        yield terminal
    finally:
        terminal.kill()


def is_as_before(terminal: Terminal) -> bool:
    return terminal.local_mode() == terminal.mode and b"\x1b[?1049l" in terminal.written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_from_outside_cancels_entries_and_says_so(exchange: Exchange, tmp_path: Path, number: int) -> None:
    with armed(exchange, tmp_path, "-m", "ttxt_tui") as terminal:
        assert exchange.newest_order() == "New"
        terminal.press(CTRL_Z)
        assert "Working" in terminal.screen()
        os.kill(terminal.pid, number)
        assert terminal.exit_status() == 128 + number
        assert b"ttxt-tui: exit policy: 1 cancelled" in terminal.written
        assert b"Traceback" not in terminal.written
        assert is_as_before(terminal)
    assert exchange.newest_order() == "Cancelled"


def test_a_crash_follows_the_exit_policy_too(exchange: Exchange, tmp_path: Path) -> None:
    breaks = tmp_path / "break"
    with armed(exchange, tmp_path, "-c", CRASHING, str(breaks)) as terminal:
        breaks.touch()
        assert terminal.exit_status() == 1
        told = terminal.written[terminal.written.rindex(b"\x1b[?1049l") :]
        assert b"RuntimeError: a part of the screen is broken" in _COLOURS.sub(b"", told)
        assert told.index(b"broken") < told.index(b"ttxt-tui: exit policy: 1 cancelled"), "what was done comes last"
        assert b"locals" not in told, "the values of variables are an account's"
        assert told.count(b"\n") < 200
        assert is_as_before(terminal)
        for secret in exchange.keys().values():
            assert secret.encode() not in terminal.written
    assert exchange.newest_order() == "Cancelled"


def test_a_terminal_that_is_lost_cancels_entries(exchange: Exchange, tmp_path: Path) -> None:
    with armed(exchange, tmp_path, "-m", "ttxt_tui") as terminal:
        terminal.close()
        assert terminal.exit_status() == 128 + signal.SIGHUP
    assert exchange.newest_order() == "Cancelled"
