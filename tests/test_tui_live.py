"""LIVE on screen, against a sandbox exchange on loopback: header, sheet, arming, orders, disarming, leaving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from tests.app_support import Driver, workstation
from tests.connector_support import sandbox_config
from tests.live_support import KEY, LIMITS, QUICK
from tests.sandbox_client import Client
from ttxt_core.events import BookState, OrderState
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.sandbox.faults import Channel
from ttxt_core.session.live import Access, LiveSession, live
from ttxt_core.web.secrets import Credentials, Secret
from ttxt_tui.config.settings import Live
from ttxt_tui.screens.arming import ArmingSheet
from ttxt_tui.screens.leaving import LeaveDialog

SANDBOX = BybitSandboxSettings(seed=7, rate=150)


def session_of(sandbox: BybitSandbox, state: Path, key: str = "main", **changes: Any) -> LiveSession:
    chosen = sandbox.keys[key]
    credentials = Credentials(Secret(chosen.key), Secret(chosen.secret))
    return live(
        sandbox_config(sandbox, dead_man_switch_s=10), credentials, LIMITS, state=state, timings=QUICK, **changes
    )


@asynccontextmanager
async def desk(state: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Driver, BybitSandbox]]:
    """The workstation, its account reconciled."""
    async with BybitSandbox(SANDBOX) as sandbox:
        session = session_of(sandbox, state)
        async with workstation(size, session) as driver:
            await driver.until(
                lambda: "sheet" in (session.why_not_arm() or ""), f"ready for a sheet: {session.why_not_arm()}"
            )
            yield driver, sandbox


async def arm(driver: Driver) -> None:
    """Read the sheet, and agree."""
    await driver.press("A")
    await driver.until(lambda: "Enter arms" in driver.screen(), "the sheet")
    await driver.press("enter")
    await driver.until(lambda: driver.session.commands.is_armed, "armed")


def header(driver: Driver) -> str:
    return " ".join((driver.screen().splitlines() or [""])[0].split())


def log(driver: Driver) -> list[str]:
    return [entry.text for entry in driver.app.store.log.after(-1)]


def prompt(driver: Driver) -> str:
    return driver.app.workspace.spoken().text


def aim(driver: Driver, factor: float) -> None:
    """Put the cursor at the middle of the market times `factor`."""
    market, ladder = driver.app.workspace.market, driver.app.workspace.ladder
    assert market is not None
    assert market.book.mid is not None
    assert ladder is not None
    ladder.set_cursor(market.ticks_of(market.book.mid * factor))


async def place(driver: Driver) -> None:
    """A bid 2 % below the market, where nothing fills it."""
    orders, workspace = driver.session.orders, driver.app.workspace
    before = len(orders.entries())
    while len(orders.entries()) == before:  # on a slow machine keys may come so close that they are taken for a paste
        aim(driver, 0.98)
        await driver.press("escape", "1", "b")
        if workspace.desk.staged is not None:
            await driver.press("enter")
        await driver.pilot.pause(0.5)
    await driver.until(lambda: [o.state for o in orders.entries()] == [OrderState.NEW] * (before + 1), "the bid")


async def take(driver: Driver) -> None:
    """A long position."""
    workspace = driver.app.workspace
    while not driver.session.orders.history and not driver.session.orders.working():
        await driver.press("escape", "1", "e")
        if workspace.desk.staged is not None:
            await driver.press("enter")
        await driver.pilot.pause(0.5)
    await driver.until(lambda: workspace.desk.context.position(KEY) != 0, "the position")


async def test_it_begins_disarmed_without_a_size_and_says_whose_account_it_is(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, _):
        assert header(driver).startswith("LIVE bybit testnet main DISARMED BTC/USDT perp")
        await driver.press("b")
        await driver.until(lambda: prompt(driver).startswith("disarmed: A arms (not armed yet)"), "why it is refused")
        await arm(driver)
        await driver.press("b")
        await driver.until(lambda: "1–5" in prompt(driver), "that there is no size")
        assert driver.app.workspace.desk.staged is None
        await driver.until(lambda: header(driver).startswith("LIVE bybit testnet main ARMED BTC/USDT"))


async def test_the_sheet_shows_the_account_and_only_a_read_one_arms(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, sandbox):
        sandbox.faults.set("slow@rest:1:0.6")
        await driver.press("A", "enter", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ArmingSheet), "the sheet")
        assert not driver.session.commands.is_armed
        await driver.until(lambda: "protection dead-man 10 s" in " ".join(driver.screen().split()), "the sheet")
        text = " ".join(driver.screen().replace("│", " ").split())
        for words in (
            "Arm LIVE bybit testnet main?",
            "account main · id ",
            "venue bybit linear · TESTNET · at 127.0.0.1:",
            "key may trade · no withdrawals · from ANY IP · ends 2",
            "margin cross",
            "BTC/USDT one-way · leverage 10× · maker 0.02 % taker 0.055 %",
            "orders none",
            "positions none",
            "limits order 200,000 · of 1 BTC · band 10 % · 50/s",
            "day's loss 10,000",
        ):
            assert words in text, text
        await driver.press("escape")
        assert not driver.session.commands.is_armed
        await arm(driver)


async def test_keys_do_not_wait_for_the_venue_and_a_failed_question_is_one_sentence(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, sandbox):
        sandbox.faults.set("maintenance@rest:1:30")
        await driver.press("A")
        await driver.until(lambda: "REFUSED" in driver.screen(), "why there is no sheet")
        await driver.press("enter")
        assert isinstance(driver.app.screen, ArmingSheet)
        await driver.press("escape", "3")
        await driver.until(lambda: driver.app.workspace.desk.size is not None, "the size")
        assert not driver.session.commands.is_armed


async def test_an_order_is_placed_moved_and_cancelled_by_keys(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, sandbox):
        await arm(driver)
        await place(driver)
        (order,) = driver.session.orders.entries()
        assert not order.is_external
        before = order.price
        assert before is not None
        await driver.press("tab", "K")
        await driver.until(lambda: order.price is not None and order.price > before, "the new price")
        await driver.press("c")
        await driver.until(lambda: order.state is OrderState.CANCELED, "the cancel")
        (row,) = (row for row in sandbox.state()["orders"] if row["orderLinkId"] == order.client_order_id)
        assert row["orderStatus"] == "Cancelled"


async def test_disarm_cancels_entries_keeps_stops_and_counts_them(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, _):
        await arm(driver)
        await take(driver)
        await place(driver)
        aim(driver, 0.97)
        await driver.press("t")
        await driver.until(lambda: bool(driver.session.orders.protective()), "the stop")
        held = driver.app.workspace.desk.context.position(KEY)
        await driver.press("a")
        said = f"DISARMED · 1 cancelled · 1 stop kept (LONG {held} BTC/USDT)"
        await driver.until(lambda: said in log(driver), "what was done")
        await driver.until(lambda: not driver.session.orders.entries(), "the entry gone")
        assert len(driver.session.orders.protective()) == 1


async def test_an_order_made_elsewhere_is_shown_as_such(tmp_path: Path) -> None:
    async with desk(tmp_path, size=(200, 60)) as (driver, sandbox), ClientSession() as http:
        answer = await Client(sandbox, http).create(orderLinkId="from-a-phone")
        assert answer["retCode"] == 0
        await driver.until(lambda: bool(driver.session.orders.working()), "the order")
        assert driver.session.orders.working()[0].is_external
        await driver.until(lambda: " ext" in driver.screen(), "its mark")


# -- when nobody is there ------------------------------------------------------------------------------------


async def test_without_a_key_for_too_long_it_disarms_and_says_so_in_header_and_log(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, _):
        await arm(driver)
        await place(driver)
        assert driver.app.attendance is not None
        assert driver.app.attendance.after_minutes == Live().disarm_after_minutes == 15
        driver.app.attendance.after_minutes = 0.005
        await driver.until(lambda: not driver.session.commands.is_armed, "disarmed")
        await driver.until(lambda: not driver.session.orders.entries(), "the entry gone")
        await driver.until(lambda: "DISARMED no key for 0.005 min" in header(driver), "the header")
        assert "DISARMED: no key for 0.005 min · 1 cancelled" in log(driver)


# -- a market that can't be trusted --------------------------------------------------------------------------


async def test_stale_then_syncing_then_good_and_arming_stays_by_hand(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, sandbox):
        await arm(driver)
        await driver.press("1")
        sandbox.faults.set("ban@public:1:30")
        for connection in sandbox.server.connections:
            if connection.channel is Channel.PUBLIC:
                connection.cut()
        await driver.until(lambda: "STALE" in driver.screen(), "STALE on the ladder")
        assert not driver.session.commands.is_armed
        await driver.until(lambda: "DISARMED" in header(driver) and "stale market" in header(driver), "the header")
        sandbox.faults.clear()
        sandbox.faults.set("drop@public:1")  # connected, and no snapshot comes
        await driver.until(
            lambda: (
                driver.app.workspace.market is not None and driver.app.workspace.market.book.state is BookState.SYNCING
            ),
            "SYNCING",
        )
        await driver.until(lambda: "SYNCING" in driver.screen(), "SYNCING on the ladder")
        await driver.press("b", "enter")
        assert not driver.session.orders.working()
        sandbox.faults.clear()
        await driver.until(
            lambda: "SYNCING" not in driver.screen() and "STALE" not in driver.screen(), "the market again"
        )
        assert not driver.session.commands.is_armed
        await driver.press("b", "enter")
        assert not driver.session.orders.working()
        await arm(driver)


async def test_what_the_session_disarms_for_is_said(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, sandbox):
        await arm(driver)
        for connection in sandbox.server.connections:
            if connection.channel is Channel.PRIVATE:
                connection.cut()
        await driver.until(lambda: not driver.session.commands.is_armed, "disarmed")
        said = "DISARMED: the account is not reconciled"
        await driver.until(lambda: any(text.startswith(said) for text in log(driver)), "said")


# -- leaving -------------------------------------------------------------------------------------------------


async def test_ctrl_c_asks_and_enter_follows_the_exit_policy(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, sandbox):
        await arm(driver)
        await take(driver)
        await place(driver)
        for key in ("ctrl+c", "ctrl+q"):
            await driver.press(key)
            await driver.until(lambda: isinstance(driver.app.screen, LeaveDialog), "the dialog")
            await driver.until(lambda: "1 entry will be cancelled" in driver.screen(), "the policy")
            assert "no protective order stays" in driver.screen()
            assert "stays open, WITHOUT a protective order" in driver.screen()
            assert "dead-man 10 s" in driver.screen()
            await driver.press("escape")
            await driver.until(lambda: driver.app.screen is driver.app.desk_screen, "the desk")
            assert driver.session.orders.entries()
        await driver.press("ctrl+c", "enter", "enter")
        for _ in range(500):
            if driver.session.exit_summary and not driver.app.is_running:
                break
            await asyncio.sleep(0.02)
        assert driver.session.exit_summary.startswith("1 cancelled")
        assert {row["orderStatus"] for row in sandbox.state()["orders"]} == {"Filled", "Cancelled"}


# -- looking on ----------------------------------------------------------------------------------------------


async def test_a_second_process_only_looks_on_and_every_money_key_says_why(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox:
        async with session_of(sandbox, tmp_path) as first:
            second = session_of(sandbox, tmp_path, access=Access.TRADE_OR_VIEW)
            async with workstation((120, 40), second) as driver:
                assert first.view_only == ""
                await driver.until(
                    lambda: header(driver).startswith("LIVE VIEW-ONLY bybit testnet main BTC/USDT perp"), "the header"
                )
                for key in ("b", "s", "q", "p", "e", "i", "x", "c", "X", "f", "v", "t", "!", "A", "a", "n", "1", "K"):
                    driver.app.workspace.said = driver.app.workspace.said._replace(text="")
                    await driver.press(key)
                    await driver.until(lambda: driver.app.workspace.said.text == second.view_only, key)
                    assert driver.app.screen is driver.app.desk_screen, key
                assert "disarmed" not in driver.screen()
                assert driver.screen().splitlines()[-2].rstrip().endswith("view-only")
                await driver.press("ctrl+q")
                await driver.until(lambda: "view-only: process" in driver.screen(), "the dialog")
                assert "nothing is sent" in driver.screen()
            assert not sandbox.state()["orders"]
        assert second.exit_summary == "view-only: nothing was cancelled"
