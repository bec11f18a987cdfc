"""Alerts on the screen: made and listed by command, told while the trader does something else, never in the way."""

from __future__ import annotations

from pathlib import Path

from tests.app_support import Driver, workstation
from tests.recording_support import made_recording
from tests.test_tui_commandline_orders import run, type_
from ttxt_core.clock import NANOSECONDS
from ttxt_core.session import replay
from ttxt_tui.config.alerts import AlertKind, AlertRule, AlertSettings, Channel
from ttxt_tui.config.settings import Settings
from ttxt_tui.state.alerts import Alerts, Phase


def alerts_of(driver: Driver) -> Alerts:
    return driver.app.store.alerts


def fired(driver: Driver) -> bool:
    return any(entry.topic == "alert" for entry in driver.app.store.log.after(-1))


async def test_an_alert_is_made_listed_muted_and_removed() -> None:
    async with workstation() as driver:
        await run(driver, "alert crosses bid-5000t once")
        assert "alert 1: BTC/USDT perp crosses" in await driver.painted()
        await run(driver, "alert prints 250m")
        await run(driver, "alert mute desktop")
        await run(driver, "alert mute bell")
        assert alerts_of(driver).muted == {Channel.DESKTOP, Channel.BELL}
        await run(driver, "alert unmute bell")
        await run(driver, "alert list")
        shown = await driver.painted()
        assert "#2  BTC/USDT perp prints from 250,000,000 USDT · armed" in shown
        assert "log on · bar on · desktop muted · bell on" in shown
        await driver.press("escape")
        await run(driver, "alert remove 1")
        assert [alert.number for alert in alerts_of(driver).listed()] == [2]
        await run(driver, "alert remove 1")
        assert "there is none of that number" in await driver.painted()
        await driver.press("escape")
        await run(driver, "alert clear")
        assert len(alerts_of(driver)) == 0


async def test_an_alert_takes_no_key_and_moves_no_focus() -> None:
    rules = [AlertRule(AlertKind.PRINTS, 0.01)]
    async with workstation(settings=Settings(alerts=AlertSettings(watch=rules))) as driver:
        type_(driver, "buy 0.01 at bid")
        before = driver.app.screen, driver.app.desk_screen.focused_name
        line = driver.app.workspace.command_line.text
        await driver.until(lambda: fired(driver) and bool(driver.app.store.status.alerts))
        assert (driver.app.screen, driver.app.desk_screen.focused_name) == before
        assert driver.app.workspace.command_line.text == line
        assert driver.app.workspace.desk.staged is not None
        assert "alert" in (await driver.painted()).splitlines()[-2]


async def test_what_fired_once_is_armed_again() -> None:
    rules = [AlertRule(AlertKind.PRINTS, 0.01, "BTC/USDT", once=True)]
    async with workstation(settings=Settings(alerts=AlertSettings(watch=rules))) as driver:
        await driver.until(lambda: alerts_of(driver).listed()[0].phase is Phase.FIRED)
        first = alerts_of(driver).listed()[0].fired_ns
        await run(driver, "alert rearm 1")
        await driver.until(lambda: alerts_of(driver).listed()[0].fired_ns != first)


async def test_in_a_replay_alerts_fire_at_the_times_of_the_recording(tmp_path: Path) -> None:
    """As fast as it goes, with the clock ahead of what was taken in: a book that never paused is never stale."""
    start_ns = 1_790_000_000 * NANOSECONDS
    session = replay([made_recording(tmp_path, 40, start_ns)], speed=float("inf"))
    rules = [AlertRule(AlertKind.STALE, 5.0), AlertRule(AlertKind.PRINTS, 0.01)]
    async with workstation(session=session, settings=Settings(alerts=AlertSettings(watch=rules))) as driver:
        player = driver.session.replayer
        assert player is not None
        await driver.until(lambda: player.at_end and fired(driver))
        told = [entry for entry in driver.app.store.log.after(-1) if entry.topic == "alert"]
        assert all("large print" in entry.text for entry in told)
        assert all(start_ns <= entry.time_ns <= start_ns + 40 * NANOSECONDS for entry in told)
