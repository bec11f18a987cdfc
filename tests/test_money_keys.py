"""Input hazards on screen: what a key, a click or another focus must never do to an order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.app_support import Driver, workstation
from ttxt_core.events import Side

pytestmark = pytest.mark.timeout(60)


async def staged(driver: Driver) -> None:
    """A bid is staged at the ladder's cursor."""
    await driver.press("1", "b")
    desk = driver.app.workspace.desk
    await driver.until(lambda: desk.staged is not None, "a staged order")
    assert desk.staged is not None
    assert desk.staged.side is Side.BUY


@pytest.mark.parametrize("keys", [(";", "2"), (";", "3"), (";", "6")], ids=["chart", "orders", "log"])
async def test_another_focus_drops_what_is_staged(keys: tuple[str, ...]) -> None:
    async with workstation() as driver:
        await staged(driver)
        await driver.press(*keys)
        assert driver.app.workspace.desk.staged is None
        await driver.press("enter")
        assert not driver.session.orders.working()


async def test_a_click_into_another_pane_drops_what_is_staged_and_a_first_click_only_focuses() -> None:
    async with workstation() as driver:
        await staged(driver)
        await driver.pilot.click("#chart")
        await driver.until(lambda: driver.app.desk_screen.focused_name == "chart", "the chart's focus")
        assert driver.app.workspace.desk.staged is None
        ladder = driver.app.workspace.ladder
        assert ladder is not None
        aimed = ladder.cursor_ticks
        await driver.pilot.click("#ladder", offset=(5, 5))
        await driver.until(lambda: driver.app.desk_screen.focused_name == "ladder", "the ladder's focus")
        assert ladder.cursor_ticks == aimed
        await driver.pilot.click("#ladder", offset=(5, 5))
        await driver.until(lambda: ladder.cursor_ticks != aimed, "the second click aims")
        assert not driver.session.orders.working()


@pytest.mark.parametrize("opened", ["question_mark", "n", "ctrl+q"], ids=["help", "ticket", "quit"])
async def test_no_key_trades_while_a_dialog_is_open(opened: str) -> None:
    async with workstation() as driver:
        await driver.press("1", opened)
        await driver.until(
            lambda: len(driver.app.screen_stack) > 1 or driver.app.workspace.asked is not None, "a dialog"
        )
        await driver.press("q", "e", "b", "f")
        await driver.press("escape", "escape")
        assert driver.app.workspace.desk.staged is None
        assert not driver.session.orders.working()
        assert not driver.session.orders.history


async def test_ctrl_z_and_function_keys_do_nothing() -> None:
    async with workstation() as driver:
        await staged(driver)
        for key in ("ctrl+z", "f5", "ctrl+a"):
            await driver.press(key)
            assert driver.app.is_running
        assert not driver.session.orders.working()


async def test_an_order_that_is_refused_here_is_said_once_in_the_log() -> None:
    async with workstation() as driver:
        await staged(driver)
        router, log = driver.session.commands, driver.app.workspace.store.log
        router.limits = replace(router.limits, max_order_notional=Decimal(1))
        await driver.press("enter")
        await driver.until(lambda: log.errors > 0, "the refusal")
        await driver.pilot.pause(0.3)
        (entry,) = [entry for entry in log.rows(100) if "max_order_notional is 1 USDT" in entry.text]
        assert (entry.times, entry.text.partition(":")[0]) == ("", "not sent")
        assert not driver.session.orders.working()
