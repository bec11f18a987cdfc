"""Heatmap and depth chart on the screen: where they are, their keys, replays, themes with few colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app_support import Driver, workstation
from tests.recording_support import made_recording
from ttxt_core.clock import NANOSECONDS
from ttxt_core.session import replay
from ttxt_tui.state.depth import DepthState
from ttxt_tui.state.heatmap import HeatmapState

START_NS = 1_790_000_000 * NANOSECONDS


def heatmap_of(driver: Driver) -> HeatmapState:
    heatmap = driver.app.workspace.heatmap
    assert heatmap is not None
    return heatmap


def depth_of(driver: Driver) -> DepthState:
    depth = driver.app.workspace.depth
    assert depth is not None
    return depth


def columns(driver: Driver) -> int:
    """How many columns of the heatmap there are by now."""
    heatmap = heatmap_of(driver)
    return len(heatmap.market.heat.columns(NANOSECONDS))


async def test_both_have_a_place_on_a_wide_screen_and_share_the_charts_on_a_medium_one() -> None:
    async with workstation((200, 60)) as driver:
        await driver.until(lambda: "a row" in driver.screen() and "% bids" in driver.screen(), "both are drawn")
        text = driver.screen()
        assert all(title in text for title in ("2 Chart 1m", "7 Heatmap 1s", "8 Depth", "5 Tape", "3 Orders"))
        await driver.pilot.resize_terminal(120, 40)
        text = await driver.painted()
        assert "2 Chart 1m" in text
        assert "7 Heatmap 8 Depth" in text, "the chart's frame names what shares its place"
        await driver.press(";", "7")
        text = await driver.painted()
        assert "7 Heatmap 1s" in text
        assert "3 Orders" in text, "what is below stays"
        await driver.press(";", "8")
        assert "─ 8 Depth" in await driver.painted()
        await driver.press(";", "2")
        assert "2 Chart 1m" in await driver.painted()


async def test_on_a_narrow_screen_they_are_alone_and_esc_brings_the_ladder_back() -> None:
    async with workstation((80, 24)) as driver:
        for number, title in (("7", "7 Heatmap 1s"), ("8", "8 Depth")):
            await driver.press(";", number)
            text = await driver.painted()
            assert title in text
            assert "1 Ladder" not in text
            await driver.press("escape")
            assert "1 Ladder" in await driver.painted()
            assert driver.app.desk_screen.focused_name == "ladder"
        await driver.press(";", "7", ";", ";")
        text = await driver.painted()
        assert "1 Ladder" in text
        assert "3 Orders" in text


async def test_the_heatmaps_keys() -> None:
    async with workstation((200, 60)) as driver:
        await driver.until(lambda: columns(driver) >= 2, "two columns")
        await driver.press(";", "7")
        heatmap = heatmap_of(driver)
        await driver.press("P")
        assert "PAUSED" in await driver.painted()
        await driver.press("P")
        assert "PAUSED" not in await driver.painted()
        await driver.press("left")
        assert "PAUSED" in await driver.painted()
        for _ in range(20):
            await driver.press("right")
        assert heatmap.is_following
        await driver.press("]")
        assert heatmap.width == "2s"
        assert "7 Heatmap 2s" in await driver.painted()
        await driver.press("[", "[")
        assert heatmap.width == "250ms"
        group = heatmap.group
        await driver.press("down")
        assert heatmap.group > group
        await driver.press("up")
        assert heatmap.group == group
        await driver.press("left", "backspace")
        assert heatmap.is_following
        ladder = driver.app.workspace.ladder
        assert ladder is not None
        assert driver.app.workspace.chart is not None
        assert driver.app.workspace.chart.interval == "1m", "the brackets were the heatmap's"


async def test_the_depth_charts_keys() -> None:
    async with workstation((200, 60)) as driver:
        await driver.press(";", "8")
        depth = depth_of(driver)
        before = depth.view(10, 0).range_bps
        await driver.press("]")
        assert depth.view(10, 0).range_bps > before
        await driver.press("left")
        assert depth.view(10, 0).range_bps == before
        assert f"+{before} bp" in await driver.painted()


async def test_money_keys_act_on_the_ladder_from_both() -> None:
    async with workstation((200, 60)) as driver:
        for number in ("7", "8"):
            await driver.press(";", number, "q")
            assert driver.app.workspace.desk.staged is not None
            await driver.press("escape")


@pytest.mark.parametrize("theme", ["no-color", "ttxt-light", "ttxt-colorblind", "ansi256"])
async def test_every_theme_shows_them(theme: str) -> None:
    async with workstation((200, 60)) as driver:
        await driver.until(lambda: columns(driver) >= 2, "two columns")
        driver.app.use_theme(theme)
        await driver.until(lambda: "a row" in driver.screen() and "% bids" in driver.screen(), theme)


async def test_a_replay_is_drawn_to_now_and_a_seek_begins_anew(tmp_path: Path) -> None:
    session = replay([made_recording(tmp_path, 20, START_NS)])
    async with workstation((200, 60), session=session) as driver:
        await driver.until(lambda: columns(driver) >= 3, "three seconds were played")
        player = session.replayer
        assert player is not None
        await driver.press("h")
        newest = heatmap_of(driver).market.heat.columns(NANOSECONDS)[-1].slot
        assert newest <= player.position_ns // NANOSECONDS, "nothing right of now"
        version = heatmap_of(driver).market.epoch
        await driver.press(",")
        await driver.until(lambda: heatmap_of(driver).market.epoch != version, "a step back is another time")
        await driver.until(lambda: "Heatmap" in driver.screen())
        slots = [column.slot for column in heatmap_of(driver).market.heat.columns(NANOSECONDS)]
        assert all(slot <= player.position_ns // NANOSECONDS for slot in slots)
