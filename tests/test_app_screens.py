"""The screen at all sizes: plans, tabs, zoom, focus, themes, and every key once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key
from textual.geometry import Region

from tests.app_support import Driver, workstation
from ttxt_tui.actions import ACTIONS
from ttxt_tui.config.settings import Recording, Settings
from ttxt_tui.keymap import Keymap
from ttxt_tui.screens.layout import LEAST, NUMBERS, TOO_SMALL, View, plan, tabs
from ttxt_tui.state.log import LogLevel

SIZES = [(80, 24), (120, 40), (200, 60)]


@given(
    width=st.integers(1, 400),
    height=st.integers(1, 150),
    tab=st.sampled_from([*NUMBERS, "nothing"]),
    zoomed=st.sampled_from([None, *NUMBERS]),
    is_replay=st.booleans(),
)
def test_a_plan_fills_the_terminal_without_overlap(
    width: int, height: int, tab: str, zoomed: str | None, is_replay: bool
) -> None:
    known = tab if tab in (tabs(width) or ("orders",)) else "orders"
    places = plan(width, height, View(known, zoomed, is_replay))
    screen = Region(0, 0, width, height)
    if width < LEAST.width or height < LEAST.height:
        assert list(places) == [TOO_SMALL]
    assert sum(region.area for region in places.values()) == screen.area
    assert all(screen.contains_region(region) for region in places.values())
    regions = list(places.values())
    for at, region in enumerate(regions):
        assert not any(region.overlaps(other) for other in regions[at + 1 :])
    if list(places) != [TOO_SMALL] and zoomed is None:
        assert places["ladder"].height >= height - 12


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_clipped_and_the_session_is_named(size: tuple[int, int]) -> None:
    async with workstation(size) as driver:
        text = await driver.painted()
        lines = text.splitlines()
        assert len(lines) == size[1]
        assert all(len(line) == size[0] for line in lines)
        assert lines[0].startswith(" PRACTICE  ARMED ")
        assert "1 Ladder" in text
        assert "live" not in lines[0].lower()


async def test_too_small_says_so_and_panic_keys_work() -> None:
    async with workstation((100, 30)) as driver:
        await driver.press("home", "pagedown", "b", "enter")
        await driver.until(lambda: len(driver.session.orders.entries()) == 1)
        await driver.pilot.resize_terminal(70, 20)
        text = await driver.painted()
        assert "70×20 is too small" in text
        assert "needs 80×24" in text
        await driver.press("ctrl+x")
        await driver.until(lambda: not driver.session.orders.entries())
        await driver.pilot.resize_terminal(200, 60)
        assert "5 Tape" in await driver.painted()


async def test_tabs_share_a_place_when_narrow() -> None:
    async with workstation((80, 24)) as driver:
        assert "3 Orders" in await driver.painted()
        await driver.press(";", "5")
        text = await driver.painted()
        assert "5 Tape" in text
        assert "Working" not in text
        assert driver.app.desk_screen.focused_name == "tape"
        await driver.press(";", ";")
        assert driver.app.desk_screen.focused_name == "ladder"


async def test_zoom_shows_one_pane_and_escape_brings_all_back() -> None:
    async with workstation((120, 40)) as driver:
        await driver.press(";", "2", "z")
        text = await driver.painted()
        assert "2 Chart" in text
        assert "1 Ladder" not in text
        await driver.press("escape")
        assert "1 Ladder" in await driver.painted()


def _shows(driver: Driver, text: str) -> bool:
    return text in driver.screen()


async def test_every_tab_comes_to_the_front_and_names_the_others() -> None:
    async with workstation((80, 24)) as driver:
        for key, title in (("4", "4 Account"), ("2", "2 Chart 1m"), ("6", "6 Log"), ("3", "3 Orders")):
            await driver.press(";", key)
            await driver.until(partial(_shows, driver, f"╭─ {title} ─"), title)
            frame = driver.screen().splitlines()[17]
            assert "…" not in frame, "the frame names the other panes in full"
        await driver.press("]")
        await driver.press(";", "2")
        await driver.until(lambda: "2 Chart 5m" in driver.screen(), "the frame says how long a candle is")


async def test_errors_are_counted_until_the_log_is_looked_at() -> None:
    async with workstation() as driver:
        log = driver.app.store.log
        log.add(1, LogLevel.ERROR, "data", "something broke")
        await driver.until(lambda: "errors 1" in driver.screen(), "the status bar counts it")
        await driver.press(";", "6")
        await driver.until(lambda: "errors" not in driver.screen().splitlines()[-2], "it was looked at")
        log.add(2, LogLevel.ERROR, "data", "something else broke")
        await driver.until(lambda: log.errors == 0 and "something else" in driver.screen(), "seen as it comes")


async def test_the_footer_names_the_help() -> None:
    async with workstation((100, 40)) as driver:
        assert "? keys" in (await driver.painted()).splitlines()[-1]


async def test_a_key_that_does_nothing_says_so() -> None:
    async with workstation() as driver:
        await driver.press("@")
        assert "@ does nothing here" in await driver.painted()


async def test_pasted_text_enters_no_order() -> None:
    async with workstation() as driver:
        for key in "bbsbeqwbsb":
            driver.app.post_message(Key(key, key))
        await driver.pilot.pause(0.05)
        assert driver.app.workspace.desk.staged is None
        assert not driver.session.orders.working()


async def test_themes_change_at_once() -> None:
    async with workstation() as driver:
        for name in ("ttxt-colorblind", "ttxt-light", "ansi256", "no-color", "ttxt-dark"):
            driver.app.use_theme(name)
            assert "1 Ladder" in await driver.painted()
            assert driver.app.theme == name


async def test_every_key_can_be_pressed(tmp_path: Path) -> None:
    settings = Settings(recording=Recording(str(tmp_path)))
    keymap = Keymap()
    async with workstation((200, 60), settings=settings) as driver:
        for action in ACTIONS:
            if action.id == "quit":
                continue
            for key in keymap.keys(action.id):
                await driver.press(key)
                if driver.app.screen is not driver.app.desk_screen or driver.app.workspace.command_line.is_open:
                    await driver.press("escape")
        assert driver.app.is_running
        assert "PRACTICE" in await driver.painted()


async def test_recording_is_counted_and_stopping_asks(tmp_path: Path) -> None:
    settings = Settings(recording=Recording(str(tmp_path / "recordings")))
    async with workstation(settings=settings) as driver:
        await driver.press("ctrl+r")
        await driver.until(lambda: "REC" in driver.screen())
        await driver.pilot.pause(0.5)
        await driver.press("ctrl+r")
        assert "Enter stops" in await driver.painted()
        await driver.press("enter")
        await driver.until(lambda: driver.session.recording is None)
        assert (tmp_path / "recordings" / "PRACTICE-LINEAR_BTC_USDT.bin").stat().st_size > 1_000


async def test_a_folder_that_can_not_be_made_gives_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = Settings(recording=Recording(str(tmp_path / "file" / "recordings")))
    async with workstation(settings=settings) as driver:
        await driver.press("ctrl+r")
        assert "can't record: make the folder" in await driver.painted()
        assert driver.session.recording is None


async def test_quitting_asks_while_orders_work() -> None:
    async with workstation() as driver:
        await driver.press("home", "pagedown", "b", "enter")
        await driver.until(lambda: len(driver.session.orders.entries()) == 1)
        await driver.press("ctrl+q")
        assert "Quit?" in await driver.painted()
        await driver.press("escape")
        assert driver.app.is_running
        await driver.press("ctrl+c")
        assert "Quit?" in await driver.painted()
