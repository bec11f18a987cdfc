"""Every key that changes what ladder, chart and tape show, pressed on the desk."""

from __future__ import annotations

from tests.app_support import Driver, workstation
from ttxt_tui.actions import ACTIONS, Scope
from ttxt_tui.config.ladder import AutoCentre, Ladder
from ttxt_tui.config.settings import Settings
from ttxt_tui.state.chart import ChartState

STILL = Settings(ladder=Ladder(centre=AutoCentre.OFF))


def _chart(driver: Driver) -> ChartState:
    chart = driver.app.workspace.chart
    assert chart is not None
    return chart


async def _focus(driver: Driver, number: str, name: str) -> None:
    await driver.press(";", number)
    await driver.until(lambda: driver.app.desk_screen.focused_name == name)


def test_the_keys_of_chart_and_tape_are_all_pressed_here() -> None:
    pressed = {
        Scope.CHART: ["left", "right", "up", "down", "pageup", "pagedown", "home", "end", "O", "E", "W", "D", "V"],
        Scope.TAPE: ["up", "down"],
    }
    for scope, keys in pressed.items():
        assert sorted(keys) == sorted(key for action in ACTIONS if action.scope is scope for key in action.keys)


async def test_overlays_and_profile_each_have_a_key_and_stand_in_the_legend() -> None:
    async with workstation((200, 60)) as driver:
        chart = _chart(driver)
        await _focus(driver, "2", "chart")
        for key, name in (("E", "EMA20"), ("W", "VWAP"), ("D", "BB20")):
            await driver.press(key)
            assert chart.shown_overlays == [name]
            assert f"{name} on" in driver.app.workspace.said.text
            legend = {"BB20": "BB "}.get(name, name)
            await driver.until(lambda legend=legend: legend in driver.screen(), name)  # type: ignore[misc]
            await driver.press(key)
            assert chart.shown_overlays == []
        await driver.press("V")
        await driver.until(lambda: "POC " in driver.screen(), "the profile's fullest price")
        await driver.press("V")
        assert not chart.has_profile
        for shown in (["EMA20"], ["EMA20", "VWAP"], ["EMA20", "VWAP", "BB20"], []):
            await driver.press("O")
            assert chart.shown_overlays == shown


async def test_the_crosshair_moves_is_told_and_goes_with_escape() -> None:
    async with workstation((200, 60)) as driver:
        chart = _chart(driver)
        await _focus(driver, "2", "chart")
        await driver.press("left")
        first = chart.crosshair_ns
        assert first is not None
        await driver.press("left", "left")
        assert chart.crosshair_ns == first - 2 * chart.interval_ns
        await driver.press("right")
        assert chart.crosshair_ns == first - chart.interval_ns
        pointed = next(candle for candle in chart.series.candles if candle.time_ns == chart.crosshair_ns)
        close = f"{pointed.close:,.1f}"
        await driver.until(lambda: driver.screen().count(close) >= 2, "its close in the legend and on the axis")
        await driver.press("escape")
        assert _chart(driver).crosshair_ns is None
        assert driver.app.desk_screen.focused_name == "chart", "one step at a time"
        await driver.press("escape")
        assert driver.app.desk_screen.focused_name == "ladder"


async def test_the_chart_goes_back_in_time_and_zooms() -> None:
    async with workstation((120, 40)) as driver:
        chart = _chart(driver)
        await _focus(driver, "2", "chart")
        await driver.press("pageup")
        back = chart.offset
        assert back > 1
        await driver.press("pagedown")
        assert chart.offset <= 1
        await driver.press("home")
        oldest = chart.series.candles[0].time_ns
        await driver.until(lambda: chart.offset >= len(chart.series.candles) - chart.slots, "the first candles")
        await driver.press("end", "left")
        assert chart.offset == 0
        assert chart.crosshair_ns is not None
        assert chart.crosshair_ns > oldest
        await driver.press("end")
        assert _chart(driver).crosshair_ns is None
        await driver.press("up")
        assert chart.pitch == 3
        await driver.press("down", "down")
        assert chart.pitch == 1
        await driver.press("]")
        assert chart.interval == "5m"
        await driver.press("[", "[")
        assert chart.interval == "5s"


async def test_the_tapes_filter_stands_over_it() -> None:
    async with workstation((200, 60)) as driver:
        market = driver.app.workspace.market
        assert market is not None
        await _focus(driver, "5", "tape")
        await driver.press(*["up"] * 7)
        assert market.tape.min_size == 0.1
        await driver.until(lambda: "≥ 0.10" in driver.screen(), "the filter in the heads")
        await driver.press(*["up"] * 20)
        await driver.until(lambda: "no prints from" in driver.screen(), "nothing is that large")
        await driver.press(*["down"] * 27)
        assert market.tape.min_size == 0.0
        await driver.until(lambda: "≥" not in driver.screen().split("Watch", maxsplit=1)[0], "all prints")


async def test_the_ladders_view_keys() -> None:
    async with workstation((120, 40), settings=STILL) as driver:
        ladder = driver.app.workspace.ladder
        assert ladder is not None
        group, window = ladder.group, ladder.window
        await driver.press("g")
        assert ladder.group > group
        await driver.press("G")
        assert ladder.group == group
        cursor = ladder.cursor_ticks
        assert cursor is not None
        await driver.press("k", "k", "j")
        assert ladder.cursor_ticks == cursor + group
        await driver.press("pageup", "pageup", "pageup")
        top = window.top
        assert top is not None
        assert ladder.cursor_ticks == cursor + 31 * group
        await driver.press("space")
        await driver.until(lambda: window.top is not None and window.top < top, "Space centres, always")
        await driver.press("home")
        bid = ladder.cursor_ticks
        await driver.press("end")
        assert bid is not None
        assert ladder.cursor_ticks is not None
        assert ladder.cursor_ticks > bid
