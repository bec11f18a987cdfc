"""PAPER on screen, against a sandbox exchange on loopback; and what is said before there is a screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.app_support import Driver, workstation
from tests.conftest import REPOSITORY
from tests.connector_support import QUICK
from tests.test_session_paper import config_of
from ttxt_core.events import OrderState
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.session import paper
from ttxt_tui.state.header import SessionWord

SANDBOX = BybitSandboxSettings(rate=150)


def status_line(driver: Driver) -> str:
    """The status bar; nothing while the screen is being painted anew."""
    return next((line for line in driver.screen().splitlines() if "feed" in line and "simulated" in line), "")


async def test_the_word_the_market_and_the_streams_are_on_screen() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        session = paper(config_of(sandbox, pairs=["BTC/USDT", "ETH/USDT"]), timings=QUICK)
        async with workstation((160, 45), session) as driver:
            await driver.until(lambda: "BTC/USDT perp" in driver.screen().splitlines()[0], "the instrument")
            assert driver.screen().split()[:3] == ["PAPER", "ARMED", "paper"]
            await driver.until(lambda: "● market" in status_line(driver), "the stream")
            assert "simulated" in status_line(driver)
            await driver.until(lambda: len(driver.app.store.markets) == 2)
            view = driver.app.workspace.market
            assert view is not None
            assert view.book.mid is not None


async def test_an_order_by_keys_goes_to_the_simulator_alone() -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        async with workstation((120, 40), paper(config_of(sandbox), timings=QUICK)) as driver:
            await driver.press("q", "enter")
            await driver.until(lambda: bool(driver.session.orders.working()) or bool(driver.session.orders.history))
            await driver.until(lambda: driver.session.health().order_last_ns is not None)
            order = (*driver.session.orders.working(), *driver.session.orders.history)[0]
            assert order.account == "paper"
            assert order.state in {OrderState.NEW, OrderState.PARTIALLY_FILLED, OrderState.FILLED}
        assert not sandbox.state()["orders"]
        assert not sandbox.state()["executions"]


async def test_a_lost_connection_is_stale_on_the_ladder_and_in_the_bar_and_comes_back() -> None:
    async with (
        BybitSandbox(SANDBOX) as sandbox,
        workstation((160, 45), paper(config_of(sandbox), timings=QUICK)) as driver,
    ):
        sandbox.faults.set("ban@public")
        for connection in sandbox.server.connections:
            connection.cut()
        await driver.until(lambda: "STALE" in driver.screen(), "STALE on the screen")
        await driver.until(lambda: "○ market" in status_line(driver), "the stream's state in the bar")
        await driver.press("b", "enter")
        assert not driver.session.orders.working()
        sandbox.faults.clear()
        await driver.until(lambda: "● market" in status_line(driver), "the stream again")
        await driver.until(lambda: "STALE" not in driver.screen().splitlines()[0], "the market again")


def test_each_session_word_has_a_frame_of_its_own() -> None:
    from ttxt_tui.paint.header import SESSION_ROLE
    from ttxt_tui.theme.loader import load_theme

    roles = load_theme("ttxt-dark").roles
    colours = {roles[SESSION_ROLE[word]] for word in SessionWord}
    assert len(colours) == len(SessionWord)


NOWHERE = '[venues.bybit.hosts]\nrest = "http://127.0.0.1:9"\nws_public = "ws://127.0.0.1:9"\n'


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        ("bybit BTC/USDT", NOWHERE, "no connection: "),
        ("bitby BTC/USDT", NOWHERE, "argument VENUE: expected one of bybit, got 'bitby'"),
        ("bybit BTC/USDT --category futures", NOWHERE, "option --category: expected one of "),
        ("bybit BTCUSDT", NOWHERE, "argument PAIR: expected BASE/QUOTE"),
        (
            "bybit BTC/USDT",
            '[venues.bybit.hosts]\nrest = "localhost"',
            "key venues.bybit.hosts.rest: expected https://HOST or http://HOST, got 'localhost'",
        ),
        (
            "bybit BTC/USD:BTC --category inverse",
            NOWHERE,
            "argument PAIR: BTC/USD:BTC is an inverse contract: what it wins and is worth, the screen can't show yet",
        ),
        (
            "bybit BTC/USDT --category linear",
            "[venues.bybit]\nbook = 30",
            "key venues.bybit.book: expected one of 0, 1, 50, 200, 1000, got 30",
        ),
        ("bybit BTC/USDT", "[venues.bybit]\nhost = 1", "key venues.bybit.host: no such setting"),
    ],
)
def test_what_is_wrong_before_the_screen_is_one_sentence(
    tmp_path: Path, arguments: str, settings: str, said: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(settings)
    command = [sys.executable, "-m", "ttxt_tui", "paper", *arguments.split(), "--config", str(config)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("ttxt-tui: ")
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1


async def test_a_pair_that_is_not_traded_is_said_before_the_screen(tmp_path: Path) -> None:
    import asyncio

    async with BybitSandbox(SANDBOX) as sandbox:
        config = tmp_path / "config.toml"
        hosts = f'rest = "{sandbox.rest}"\nws_public = "{sandbox.ws_public["spot"]}"\n'
        config.write_text(f"[venues.bybit.hosts]\n{hosts}")
        command = ["-m", "ttxt_tui", "paper", "bybit", "SOL/USDT", "--category", "spot", "--config", str(config)]
        ran = await asyncio.create_subprocess_exec(
            sys.executable, *command, stderr=asyncio.subprocess.PIPE, cwd=REPOSITORY
        )
        _, errors = await ran.communicate()
    assert ran.returncode == 2
    assert errors.decode().startswith("ttxt-tui: find bybit spot SOL/USDT: bybit trades no such pair there")
