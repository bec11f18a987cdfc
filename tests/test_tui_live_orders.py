"""Stops, targets, brackets and pairs of a LIVE session on screen, against a sandbox exchange; and looking on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.app_support import Driver, workstation
from tests.live_support import KEY
from tests.test_tui_commandline_orders import line_of, run, type_, working
from tests.test_tui_live import SANDBOX, aim, arm, desk, session_of
from ttxt_core.events import OrderState, OrderType, TriggerBy
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox
from ttxt_core.session.live import Access

pytestmark = pytest.mark.timeout(180)
D = Decimal


def held(driver: Driver) -> Decimal:
    return driver.app.workspace.desk.context.position(KEY)


def exits(driver: Driver) -> list[ManagedOrder]:
    """What waits to close the position: the stop first."""
    found = [order for order in working(driver) if order.is_position_exit and order.state is OrderState.UNTRIGGERED]
    return sorted(found, key=lambda order: order.is_take_profit)


async def put(driver: Driver, factor: float, key: str, count: int) -> None:
    """Press a key at the market times `factor` until so many orders wait."""
    for _ in range(20):
        aim(driver, factor)
        await driver.press(key)
        await driver.pilot.pause(0.6)
        if sum(order.is_waiting for order in working(driver)) >= count:
            return
    raise AssertionError(f"{key} did nothing: {driver.app.workspace.said.text}")


async def test_an_entry_with_exits_a_stop_moved_a_target_moved_and_all_of_it_cancelled(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, sandbox):
        await arm(driver)
        await run(driver, "buy 0.05 market stop 5% target 5%")
        await driver.until(lambda: held(driver) == D("0.05"), "the position")
        await driver.until(lambda: len(exits(driver)) == 2, "its exits, from the venue")
        stop, target = exits(driver)
        assert (stop.parent, target.parent) == (driver.session.orders.history[-1].client_order_id,) * 2
        before = stop.trigger_price, target.trigger_price
        await run(driver, "stop last-1500t")
        await driver.until(lambda: exits(driver)[0].trigger_price != before[0], "the stop moved")
        await run(driver, "target last+1500t")
        await driver.until(lambda: exits(driver)[1].trigger_price != before[1], "the target moved")
        assert [order.quantity for order in exits(driver)] == [D("0.05")] * 2
        await run(driver, "cancel stops")
        await driver.until(lambda: not working(driver), "no exit is left")
        assert held(driver) == D("0.05")
        waiting = [row for row in sandbox.state()["orders"] if row["orderStatus"] == "Untriggered"]
        assert waiting == []


async def test_stop_and_target_keys_make_a_pair_at_the_venue(tmp_path: Path) -> None:
    async with desk(tmp_path) as (driver, _):
        await arm(driver)
        await run(driver, "buy 0.05 market")
        await driver.until(lambda: held(driver) == D("0.05"), "the position")
        await put(driver, 0.98, "t", 1)
        await driver.until(lambda: [order.state for order in working(driver)] == [OrderState.UNTRIGGERED], "the stop")
        (alone,) = working(driver)
        assert not alone.is_position_exit
        assert alone.trigger_by is TriggerBy.MARK
        await put(driver, 1.02, "T", 2)
        await driver.until(lambda: alone.standing is OrderState.CANCELED, "the venue's stands in its place")
        await driver.until(lambda: len(exits(driver)) == 2 and len(working(driver)) == 2, "the pair")
        stop, _ = exits(driver)
        assert (stop.trigger_price, stop.trigger_by) == (alone.trigger_price, TriggerBy.MARK)
        await run(driver, "flatten")
        await driver.until(lambda: held(driver) == 0 and not working(driver), "both go with the position")


async def test_a_stop_with_a_limit_is_amended_and_a_local_pair_fills_one_leg(tmp_path: Path) -> None:
    async with desk(tmp_path, (200, 60)) as (driver, _):
        await arm(driver)
        await run(driver, "buy 0.05 market")
        await driver.until(lambda: held(driver) == D("0.05"), "the position")
        await run(driver, "stop last-1000t limit last-1100t")
        await driver.until(lambda: [order.state for order in working(driver)] == [OrderState.UNTRIGGERED], "the stop")
        (stop,) = working(driver)
        assert stop.order_type is OrderType.LIMIT
        assert stop.price is not None
        number, before = driver.app.store.orders.number_of(stop), stop.trigger_price
        await run(driver, f"amend {number} trigger last-1500t price last-1700t")
        await driver.until(lambda: stop.trigger_price != before and not stop.in_flight, "both prices amended")
        assert stop.trigger_price is not None
        assert stop.price < stop.trigger_price
        await run(driver, f"cancel {number}")
        await driver.until(lambda: not working(driver), "cancelled")
        await run(driver, "oco stop last-1500t target last+500t rests")
        await driver.until(lambda: [leg.is_working for leg in working(driver)] == [True, True], "the pair")
        (pair,) = driver.session.oco.pairs
        target = driver.app.store.orders.number_of(pair.target)
        await driver.until(lambda: pair.target.state is OrderState.NEW, "the target rests")
        await run(driver, f"amend {target} price bid-20t")
        driver.app.handlers.command_key("enter", "")  # it would take now: Enter again
        await driver.until(lambda: held(driver) == 0 and not working(driver), "the target filled, the stop is out")


# -- looking on ----------------------------------------------------------------------------------------------


async def test_looking_on_no_key_and_no_command_makes_changes_or_takes_anything(tmp_path: Path) -> None:
    async with BybitSandbox(SANDBOX) as sandbox, session_of(sandbox, tmp_path):
        second = session_of(sandbox, tmp_path, access=Access.TRADE_OR_VIEW)
        async with workstation((120, 40), second) as driver:
            await driver.until(lambda: bool(second.view_only), "looking on")
            for key in ("t", "T", "B"):
                driver.app.workspace.said = driver.app.workspace.said._replace(text="")
                await driver.press(key)
                await driver.until(lambda: driver.app.workspace.said.text == second.view_only, key)
            for text in (
                "buy 0.01 at bid stop 20t target 40t",
                "sell 0.01 when last-300t reduce",
                "stop 60000 limit 59990",
                "target 70000",
                "oco stop 60000 target 70000",
                "bracket tight",
                "amend 1 trigger 60000",
                "move 1 1t",
                "cancel stops",
                "cancel all",
                "flatten",
                "reverse",
                "onekey on",
                "arm",
            ):
                type_(driver, text)
                driver.app.handlers.command_key("enter", "")
                assert line_of(driver).is_open, text
                await driver.until(lambda: second.view_only[:40] in driver.screen(), text)
                driver.app.handlers.command_key("escape", "")
                assert driver.app.workspace.desk.staged is None, text
                assert driver.app.screen is driver.app.desk_screen, text
            assert driver.app.workspace.desk.stager.brackets.name is None
        assert not sandbox.state()["orders"]
