"""The command line on screen: what it stages while one types, what Enter sends, what stays and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace
from textual.events import Paste

from tests.app_support import Driver, workstation
from tests.test_app_paste import paste
from ttxt_core.events import OrderState, OrderType, TimeInForce
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.commandline.editor import CommandLine

D = Decimal
SIZES = [(80, 24), (120, 40), (200, 60)]


def line_of(driver: Driver) -> CommandLine:
    return driver.app.workspace.command_line


def type_(driver: Driver, text: str) -> None:
    """Open the command line with `text` in it, without waiting for every key."""
    driver.app.handlers.open_command("")
    for char in text:
        driver.app.handlers.command_key(char, char)


async def run(driver: Driver, text: str) -> None:
    """Type a line and send it. The guard on a repeated Enter has tests of its own."""
    type_(driver, text)
    driver.app.handlers.command_key("enter", "")
    await driver.pilot.pause(0.02)


def working(driver: Driver) -> list[ManagedOrder]:
    return driver.session.orders.working()


def position(driver: Driver) -> Decimal:
    market = driver.app.workspace.market
    assert market is not None
    return driver.app.workspace.desk.context.position(market.key)


async def test_an_order_is_shown_as_it_is_typed_and_enter_sends_just_that() -> None:
    async with workstation() as driver:
        await driver.press(":", *"buy 0.02 at bid-300t pos")
        desk = driver.app.workspace.desk
        assert desk.staged is None, "not while its last word is half typed"
        await driver.press("t")
        staged = desk.staged
        assert staged is not None
        name, ticks = staged.client_order_id, staged.ticks
        screen = await driver.painted()
        assert ":buy 0.02 at bid-300t post" in screen
        assert "BUY 0.02 post-only @" in screen
        assert "Enter sends, Esc drops" in screen
        await driver.press("enter")
        await driver.until(lambda: [order.standing for order in working(driver)] == [OrderState.NEW])
        (order,) = working(driver)
        assert (order.client_order_id, order.quantity, order.post_only) == (name, D("0.02"), True)
        market = driver.app.workspace.market
        assert market is not None
        assert order.price == market.info.price(ticks)
        assert not line_of(driver).is_open
        assert "sent" in await driver.painted()


@pytest.mark.parametrize("size", SIZES)
async def test_the_ladder_is_not_covered_and_nothing_is_clipped(size: tuple[int, int]) -> None:
    async with workstation(size) as driver:
        await driver.press(":")
        lines = (await driver.painted()).splitlines()
        assert len(lines) == size[1]
        assert all(len(line) == size[0] for line in lines)
        assert any(line.startswith(" :") for line in lines)
        hint, ladder = (driver.app.desk_screen.pane(name).region for name in ("hint", "ladder"))
        assert not hint.overlaps(ladder)
        await driver.press("escape")
        assert not any(line.startswith(" :") for line in (await driver.painted()).splitlines())


async def test_a_ladder_alone_keeps_its_cursor_in_sight() -> None:
    async with workstation((80, 24)) as driver:
        await driver.press("z")
        for key in ("pagedown", "pageup"):
            await driver.press(key, key, ":")
            await driver.painted()
            ladder = driver.app.workspace.ladder
            assert ladder is not None
            window, pane = ladder.window, driver.app.desk_screen.pane("ladder")
            assert window.top is not None
            assert window.cursor_row is not None
            cursor_y = pane.region.y + 2 + window.top - window.cursor_row
            hint = driver.app.desk_screen.pane("hint").region
            assert not hint.y <= cursor_y < hint.bottom
            await driver.press("escape")


async def test_no_key_trades_while_a_line_is_typed_but_ctrl_x_cancels() -> None:
    async with workstation() as driver:
        await run(driver, "buy 0.01 at bid-300t")
        await driver.until(lambda: len(working(driver)) == 1)
        await driver.press(":", *"xXcqwe5")
        assert line_of(driver).text == "xXcqwe5"
        assert driver.app.workspace.desk.staged is None
        assert len(working(driver)) == 1
        await driver.press("ctrl+x")
        await driver.until(lambda: not working(driver))
        assert line_of(driver).is_open


async def test_esc_and_an_empty_line_drop_what_was_typed() -> None:
    async with workstation() as driver:
        type_(driver, "buy 0.01 at bid")
        assert driver.app.workspace.desk.staged is not None
        await driver.press("escape")
        assert driver.app.workspace.desk.staged is None
        assert not line_of(driver).is_open
        await driver.press(":", "backspace")
        assert not line_of(driver).is_open
        await driver.pilot.pause(0.45)
        await driver.press(":", "enter")
        assert not line_of(driver).is_open
        assert not driver.session.orders.history


async def test_a_wrong_line_stays_and_says_what_was_expected() -> None:
    async with workstation() as driver:
        await run(driver, "buy 0.01 att bid")
        assert line_of(driver).is_open
        assert "att: expected at, market or when" in await driver.painted()
        await run(driver, "buy 0.01")
        assert "next: at, market or when" in await driver.painted()
        await run(driver, "cancel 77")
        assert "no working order has that number" in await driver.painted()
        assert line_of(driver).is_open
        assert not driver.session.orders.history


async def test_disarmed_entries_are_refused_and_exits_pass() -> None:
    async with workstation() as driver:
        await run(driver, "buy 0.05 market")
        await driver.until(lambda: position(driver) == D("0.05"))
        await run(driver, "disarm")
        assert not driver.session.commands.is_armed
        await run(driver, "buy 0.01 at bid")
        assert "disarmed: A arms" in await driver.painted()
        assert not working(driver)
        await driver.press("escape")
        await run(driver, "sell 0.02 market reduce")
        await driver.until(lambda: position(driver) == D("0.03"))
        await run(driver, "flatten")
        await driver.until(lambda: position(driver) == 0)


async def test_a_limit_that_would_be_broken_is_said_and_nothing_is_sent() -> None:
    async with workstation((200, 60)) as driver:
        commands = driver.session.commands
        commands.limits = replace(commands.limits, max_order_notional=D(100))
        await run(driver, "buy 1 at bid-300t")
        await driver.pilot.pause(0.1)
        assert not working(driver)
        assert line_of(driver).is_open
        assert "not sent:" in await driver.painted()


async def test_an_order_that_was_no_longer_staged_is_shown_again_first() -> None:
    async with workstation() as driver:
        type_(driver, "buy 0.01 at bid-300t")
        driver.app.workspace.desk.unstage()  # as after fifteen seconds
        await driver.press("enter")
        assert not working(driver)
        assert "Enter sends" in await driver.painted()
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        await driver.until(lambda: len(working(driver)) == 1)


Check = Callable[[ManagedOrder], bool]


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("sell 500$ market", lambda order: order.order_type is OrderType.MARKET and order.quantity < D("0.02")),
        ("buy 0.01 at ask+3t ioc", lambda order: order.time_in_force is TimeInForce.IOC),
        ("buy 0.01 at ask+3t fok", lambda order: order.time_in_force is TimeInForce.FOK),
        ("sell 0.01 at +0.5%", lambda order: order.time_in_force is TimeInForce.GTC and order.price is not None),
        ("buy 1% at bid-300t reduce", lambda order: order.reduce_only),
    ],
)
async def test_every_kind_of_order(text: str, check: Check) -> None:
    async with workstation() as driver:
        sent = len(driver.session.orders.history)
        await run(driver, text)
        orders = driver.session.orders
        await driver.until(lambda: bool(orders.working()) or len(orders.history) > sent)
        (order,) = [*orders.working(), *orders.history][:1]
        assert check(order), order


async def test_pasted_lines_send_nothing_however_they_come() -> None:
    async with workstation() as driver:
        for text, piece in (
            ("buy 0.01 market\rsell 0.01 market\r", 4096),
            ("buy 0.01 market\r", 4096),
            ("buy 0.01 market\r", 3),
            ("buy 0.01 market\r", 1),
        ):
            await driver.pilot.pause(0.45)
            driver.app.handlers.open_command("")
            paste(driver, text, piece)
            await driver.pilot.pause(0.1)
            assert not driver.session.orders.history, (text, piece)
            assert not working(driver)
            assert line_of(driver).text.startswith("buy 0.01 market")
            assert "press it alone" in await driver.painted()
        driver.app.handlers.open_command("")
        driver.app.post_message(Paste("buy 0.01 market\nsell 0.01 market\n"))
        await driver.until(lambda: "several lines were pasted" in driver.screen())
        assert line_of(driver).text == ""
        driver.app.post_message(Paste("buy 0.01 at bid-300t\n"))
        await driver.until(lambda: line_of(driver).text == "buy 0.01 at bid-300t")
        assert not working(driver)
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        await driver.until(lambda: len(working(driver)) == 1)


async def test_a_held_enter_sends_once() -> None:
    async with workstation() as driver:
        await driver.pilot.pause(0.45)
        type_(driver, "buy 0.01 at bid-300t")
        await driver.press("enter", "enter", "enter", "enter")
        await driver.until(lambda: len(working(driver)) == 1)
        await driver.pilot.pause(0.2)
        assert len(working(driver)) == 1


async def test_earlier_lines_come_back_with_the_up_key() -> None:
    async with workstation() as driver:
        await run(driver, "group 5")
        await driver.press(":", "up")
        assert line_of(driver).text == "group 5"
        await driver.press("down")
        assert line_of(driver).text == ""
