"""The account pane on screen: entry and profit by the method that is chosen, and the equity curve."""

from __future__ import annotations

import re

from tests.app_support import Driver, workstation
from tests.test_app_coherent import number, pane_text
from ttxt_core.orders.cost_basis import CostMethod
from ttxt_tui.config.settings import Settings, Trading


async def scale_in_and_out(driver: Driver) -> None:
    """Two buys, and half of it sold."""
    session, key = driver.session, driver.app.store.active
    assert key is not None
    for fills in (1, 2):
        await driver.press("4", "e", "enter")
        await driver.until(lambda: session.result.trips.count == 1 and session.result.fills >= fills)  # noqa: B023
        await driver.pilot.pause(0.5)
    held = session.orders.accounts.held(key, session.account)
    await driver.press("f", "2")
    await driver.until(lambda: 0 < session.orders.accounts.held(key, session.account) < held, "half of it")


def shown_entries(driver: Driver) -> tuple[str, str]:
    """The entry in the positions and in the position line, of one moment."""
    for pane in driver.app.desk_screen.visible_panes():
        pane.flush()
    row = next(line for line in pane_text(driver, "account") if "LONG" in line)
    line = driver.screen().splitlines()[1]
    told = re.search(r"@([\d,.]+)", line)
    assert told is not None
    return re.findall(r"[\d,]+\.\d+", row)[1], told[1]


async def test_entry_and_profit_are_told_by_one_method_in_every_pane() -> None:
    settings = Settings(trading=Trading(cost=CostMethod.FIFO))
    async with workstation((200, 60), settings=settings) as driver:
        account = driver.app.store.account
        await scale_in_and_out(driver)
        entries = []
        for method in CostMethod:
            await driver.press(":", *"cost", "space", *method.value, "enter")
            assert account.method is method
            await driver.pilot.pause(0.4)
            in_positions, in_line = shown_entries(driver)
            assert number(in_positions) == number(in_line)
            entries.append(account.profits()[0])
        assert abs(entries[0].fees - entries[1].fees) < 1e-9


async def test_the_configured_method_counts_from_the_start() -> None:
    async with workstation((200, 60), settings=Settings(trading=Trading(cost=CostMethod.FIFO))) as driver:
        assert driver.app.store.account.method is CostMethod.FIFO


async def test_the_curve_ends_with_what_the_profit_line_tells() -> None:
    async with workstation((200, 60)) as driver:
        await scale_in_and_out(driver)
        await driver.press(";", "4", "z")
        await driver.until(lambda: len(driver.app.workspace.equity.points) > 2, "seconds pass")
        await driver.pilot.pause(0.3)
        for pane in driver.app.desk_screen.visible_panes():
            pane.flush()
        lines = pane_text(driver, "account")
        told = re.search(r"Session ([+−]?[\d,.]+)", lines[0])
        assert told is not None
        assert any(line.rstrip().endswith(told[1]) for line in lines[5:])
