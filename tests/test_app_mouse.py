"""The mouse on the desk: a first click only focuses; then clicks aim and point, the wheel scrolls, a drag stages."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from textual import events

from tests.app_support import Driver, workstation
from ttxt_core.events import OrderState, Side
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.config.ladder import AutoCentre, Ladder
from ttxt_tui.config.settings import Settings
from ttxt_tui.panes.clicks import ClickAfterFocus
from ttxt_tui.state.chart import ChartState
from ttxt_tui.state.ladder import LadderState

STILL = Settings(ladder=Ladder(centre=AutoCentre.OFF))
"""A ladder that stays where it is: rows are counted on screen."""

_HOPS = 50
"""Turns of the loop that a message has to get from the terminal to its pane, however slow they are."""

Mouse = TypeVar("Mouse", bound=events.MouseEvent)


class Hand:
    """A mouse over one pane; places are cells inside its frame."""

    def __init__(self, driver: Driver, pane: str) -> None:
        self._driver = driver
        self._pane = pane

    async def _send(self, kind: type[Mouse], column: int, line: int, button: int) -> None:
        region = self._driver.app.desk_screen.pane(self._pane).content_region
        x, y = region.x + column, region.y + line
        driver = self._driver.app._driver
        assert driver is not None
        driver.send_message(kind(None, x, y, 0, 0, button, False, False, False, x, y))
        for _ in range(_HOPS):
            await asyncio.sleep(0)
        await self._driver.pilot.pause(0.03)

    async def is_minded(self) -> None:
        """Wait until clicks into the pane count."""
        pane = self._driver.app.desk_screen.pane(self._pane)
        await self._driver.until(lambda: isinstance(pane, ClickAfterFocus) and pane.takes_clicks, "clicks count")

    async def down(self, column: int, line: int) -> None:
        await self._send(events.MouseMove, column, line, 0)
        await self._send(events.MouseDown, column, line, 1)

    async def move(self, column: int, line: int) -> None:
        await self._send(events.MouseMove, column, line, 1)

    async def up(self, column: int, line: int) -> None:
        await self._send(events.MouseUp, column, line, 1)

    async def click(self, column: int, line: int) -> None:
        await self.down(column, line)
        await self.up(column, line)

    async def wheel(self, *, up: bool) -> None:
        await self._send(events.MouseScrollUp if up else events.MouseScrollDown, 10, 8, 0)


def _ladder(driver: Driver) -> LadderState:
    ladder = driver.app.workspace.ladder
    assert ladder is not None
    return ladder


def _chart(driver: Driver) -> ChartState:
    chart = driver.app.workspace.chart
    assert chart is not None
    return chart


def _staged(driver: Driver) -> tuple[str | None, int] | None:
    """Which order is staged to be amended, and its price in ticks."""
    staged = driver.app.workspace.desk.staged
    return None if staged is None else (staged.edits, staged.ticks)


def _pointed(driver: Driver) -> tuple[int | None, float | None]:
    chart = _chart(driver)
    return chart.crosshair_ns, chart.crosshair_price


def _ticks_at(driver: Driver, line: int) -> int:
    """The price of a line inside the ladder's frame; the heads are the first."""
    window = _ladder(driver).window
    row = window.row_at(line - 1)
    assert row is not None
    return row * window.group


def _line_of(driver: Driver, order: ManagedOrder) -> int:
    window, info = _ladder(driver).window, _ladder(driver).market.info
    assert order.price is not None
    assert window.top is not None
    return window.top - window.row_of(order.side, info.to_ticks(order.price)) + 1


async def test_a_first_click_only_focuses_and_the_next_aims() -> None:
    async with workstation(settings=STILL) as driver:
        hand, chart = Hand(driver, "ladder"), Hand(driver, "chart")
        await chart.click(5, 5)
        await driver.until(lambda: driver.app.desk_screen.focused_name == "chart")
        assert _chart(driver).crosshair_ns is None, "that click was for the focus"
        before = _ladder(driver).cursor_ticks
        await hand.click(20, 3)
        await driver.until(lambda: driver.app.desk_screen.focused_name == "ladder")
        await hand.is_minded()
        assert _ladder(driver).cursor_ticks == before
        await hand.click(20, 3)
        await driver.until(lambda: _ladder(driver).cursor_ticks == _ticks_at(driver, 3), "the second click aims")


async def test_the_wheel_scrolls_the_ladder_and_leaves_the_price_aimed_at() -> None:
    async with workstation(settings=STILL) as driver:
        ladder, hand = _ladder(driver), Hand(driver, "ladder")
        aimed, top = ladder.cursor_ticks, ladder.window.top
        assert top is not None
        await hand.wheel(up=True)
        assert (ladder.window.top, ladder.cursor_ticks) == (top + 3, aimed)
        for _ in range(12):
            await hand.wheel(up=True)
        await driver.until(lambda: "cursor" in [hidden.name for hidden in ladder.off_screen], "it is out of sight")
        await hand.wheel(up=False)
        assert (ladder.window.top, ladder.cursor_ticks) == (top + 36, aimed)
        await driver.press("space")
        await driver.until(lambda: ladder.window.top is not None and ladder.window.top < top + 36, "Space centres")


async def _working(driver: Driver) -> ManagedOrder:
    """A bid some rows below the market."""
    await driver.press("home", "pagedown", "b", "enter")
    await driver.until(lambda: [o.state for o in driver.session.orders.working()] == [OrderState.NEW], "order works")
    return driver.session.orders.working()[0]


async def test_an_own_order_is_dragged_to_another_price_and_sent_by_enter() -> None:
    async with workstation(settings=STILL) as driver:
        order, hand = await _working(driver), Hand(driver, "ladder")
        await hand.is_minded()
        price = order.price
        assert order.side is Side.BUY
        line = _line_of(driver, order)
        await hand.down(3, line)
        assert _staged(driver) is None, "a press alone stages nothing"
        await hand.move(3, line + 1)
        await hand.move(3, line + 2)
        target = _ticks_at(driver, line + 2)
        assert _staged(driver) == (order.name, target)
        assert _ladder(driver).cursor_ticks == target
        await hand.up(3, line + 2)
        assert order.price == price, "nothing was sent"
        assert "Enter amends" in await driver.painted()
        await driver.pilot.pause(0.4)
        await driver.press("enter")
        info = _ladder(driver).market.info
        await driver.until(lambda: order.price is not None and info.to_ticks(order.price) == target, "it is there")


async def test_a_drag_that_was_taken_back_stays_taken_back() -> None:
    async with workstation(settings=STILL) as driver:
        order, hand = await _working(driver), Hand(driver, "ladder")
        await hand.is_minded()
        line = _line_of(driver, order)
        await hand.down(3, line)
        await hand.move(3, line + 1)
        assert _staged(driver) is not None
        await driver.press("escape")
        assert _staged(driver) is None
        await hand.move(3, line + 3)
        await hand.up(3, line + 3)
        assert _staged(driver) is None
        await hand.click(20, line)
        await hand.move(20, line + 2)
        assert _staged(driver) is None, "a press beside the order holds nothing"


async def test_a_drag_never_takes_and_does_nothing_while_a_command_is_typed() -> None:
    async with workstation(settings=STILL) as driver:
        order, hand = await _working(driver), Hand(driver, "ladder")
        await hand.is_minded()
        line = _line_of(driver, order)
        await driver.press(":")
        await hand.down(3, line)
        await hand.move(3, line + 1)
        await hand.up(3, line + 1)
        assert _staged(driver) is None
        await driver.press("escape")
        await hand.down(3, line)
        await hand.move(3, 2)
        ask = _ladder(driver).market.book.best_ask
        staged = _staged(driver)
        assert staged is not None
        assert ask is not None
        assert staged[1] < _ladder(driver).market.ticks_of(ask[0])


async def test_a_click_points_at_a_candle_and_a_price_and_the_wheel_goes_back_in_time() -> None:
    async with workstation((200, 60)) as driver:
        hand, chart = Hand(driver, "chart"), _chart(driver)
        await driver.press(";", "2")
        await driver.until(lambda: driver.app.desk_screen.focused_name == "chart")
        await hand.is_minded()
        await hand.click(40, 6)
        await driver.until(lambda: None not in _pointed(driver), "a candle and a price are pointed at")
        time_ns, price = _pointed(driver)
        assert time_ns is not None
        assert price is not None
        assert f"{price:,.1f}" in await driver.painted()
        await hand.down(44, 6)
        await hand.move(46, 8)
        await hand.up(46, 8)
        dragged = _pointed(driver)
        assert (dragged[0] or 0) > time_ns, "it goes along with the button held"
        assert (dragged[1] or 0) < price
        await hand.move(60, 9)
        assert _pointed(driver) == dragged
        await hand.click(46, 8)
        assert _pointed(driver) == (None, None), "the same place again lets go"
        await hand.wheel(up=True)
        assert chart.offset >= 3
        await hand.wheel(up=False)
        await driver.until(lambda: chart.offset == 0)


async def test_a_click_on_a_print_aims_at_its_price() -> None:
    async with workstation((200, 60), settings=STILL) as driver:
        hand, ladder = Hand(driver, "tape"), _ladder(driver)
        market = ladder.market
        await driver.until(lambda: len(market.tape.rows(6)) == 6, "some prints")
        await driver.press("pageup", "pageup", ";", "5")
        await hand.is_minded()
        before = ladder.cursor_ticks
        assert before is not None
        await hand.click(5, 0)
        assert ladder.cursor_ticks == before, "the pressure bar has no price"
        await hand.click(5, 4)
        await driver.until(lambda: ladder.cursor_ticks != before, "the cursor is where it traded")
        traded = {market.ticks_of(row.traded_at) for row in market.tape.rows(2_000) if row.traded_at is not None}
        assert ladder.cursor_ticks is not None
        assert any(abs(ladder.cursor_ticks - ticks) < ladder.group for ticks in traded)
