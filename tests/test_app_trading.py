"""A trader's session by keyboard: place, amend, cancel, take, protect, flatten."""

from __future__ import annotations

from decimal import Decimal

from tests.app_support import Driver, workstation
from ttxt_core.events import OrderState, Side
from ttxt_tui.trading.staging import Intent


def working(driver: Driver) -> list[OrderState]:
    return [order.state for order in driver.session.orders.working()]


def position(driver: Driver) -> Decimal:
    key = driver.app.store.active
    assert key is not None
    return driver.session.orders.accounts.held(key, driver.session.account)


async def test_a_limit_order_is_placed_moved_and_cancelled() -> None:
    async with workstation() as driver:
        desk = driver.app.workspace.desk
        await driver.press("home", "pagedown", "b")
        assert desk.staged is not None
        assert desk.staged.side is Side.BUY
        assert "BUY" in await driver.painted()
        assert "Enter sends, Esc drops" in driver.screen()
        await driver.press("enter")
        await driver.until(lambda: working(driver) == [OrderState.NEW], "order works")
        order = driver.session.orders.working()[0]
        price = order.price
        assert price is not None
        await driver.press("tab", "K")
        assert driver.app.workspace.desk.ghosts
        await driver.until(lambda: order.price is not None and order.price > price, "order moved up")
        await driver.until(lambda: not driver.app.workspace.desk.ghosts, "the ghost goes when the order is there")
        await driver.press("x")
        await driver.until(lambda: order.state is OrderState.CANCELED, "order cancelled")
        assert [ended.client_order_id for ended in driver.session.orders.history] == [order.client_order_id]


async def test_take_protect_and_flatten() -> None:
    async with workstation() as driver:
        await driver.press("3", "e")
        staged = driver.app.workspace.desk.staged
        assert staged is not None
        assert staged.intent is Intent.TAKE
        await driver.press("enter")
        await driver.until(lambda: position(driver) > 0, "long")
        await driver.press("home", "pagedown", "t")
        await driver.until(lambda: OrderState.UNTRIGGERED in working(driver), "stop waits")
        assert "LONG" in await driver.painted()
        await driver.press("X")
        await driver.pilot.pause(0.3)
        assert working(driver) == [OrderState.UNTRIGGERED], "cancelling entries keeps the stop"
        await driver.press("f")
        assert driver.app.handlers.awaited is not None
        await driver.press("enter")
        await driver.until(lambda: position(driver) == 0, "flat")


async def test_escape_drops_and_nothing_is_sent() -> None:
    async with workstation() as driver:
        await driver.press("b", "escape", "enter")
        assert driver.app.workspace.desk.staged is None
        assert not driver.session.orders.working()
        assert not driver.session.orders.history


async def test_a_held_enter_sends_once() -> None:
    async with workstation() as driver:
        await driver.press("home", "pagedown", "b")
        await driver.press("enter", "enter", "enter", "b", "b", "b")
        await driver.until(lambda: len(working(driver)) >= 1)
        await driver.pilot.pause(0.2)
        assert len(driver.session.orders.working()) == 1


async def test_disarmed_refuses_entries_and_lets_exits_pass() -> None:
    async with workstation() as driver:
        await driver.press("3", "e", "enter")
        await driver.until(lambda: position(driver) > 0)
        await driver.press("a", "b")
        assert driver.app.workspace.desk.staged is None
        assert "disarmed" in await driver.painted()
        await driver.press("f", "4")
        await driver.until(lambda: position(driver) == 0, "flat while disarmed")
        await driver.press("A", "enter")
        assert driver.session.commands.is_armed


async def test_changing_the_symbol_drops_what_is_staged() -> None:
    async with workstation() as driver:
        await driver.until(lambda: len(driver.app.store.markets) >= 2)
        before = driver.app.store.active
        await driver.press("b", "/", "e", "t", "h", "enter")
        assert driver.app.store.active != before
        assert driver.app.workspace.desk.staged is None


async def test_panic_lists_then_closes_everything() -> None:
    async with workstation() as driver:
        await driver.press("3", "e", "enter")
        await driver.until(lambda: position(driver) > 0)
        await driver.press("home", "pagedown", "b", "enter")
        await driver.until(lambda: len(working(driver)) == 1)
        await driver.press("!")
        assert "close LONG" in await driver.painted()
        await driver.press("enter")
        await driver.until(lambda: position(driver) == 0 and not working(driver), "all closed")


async def test_the_ticket_stages_what_was_typed() -> None:
    async with workstation() as driver:
        await driver.press("n", "enter")
        assert "no side" in await driver.painted()
        await driver.press("s", "down", "down", *"ask+20t", "down")
        await driver.press("ctrl+u", *"0.02", "enter")
        staged = driver.app.workspace.desk.staged
        assert staged is not None, driver.screen()
        assert (staged.side, staged.quantity) == (Side.SELL, Decimal("0.02"))
        await driver.press("enter")
        assert working(driver) == [], "an Enter that is held in the ticket sends nothing"
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        await driver.until(lambda: working(driver) == [OrderState.NEW])


async def test_what_became_of_an_order_is_said_where_the_log_is_out_of_sight() -> None:
    async with workstation((120, 40)) as driver:
        await driver.press("n", "s", "down", "right", "down", "down", "right", "enter")
        assert driver.app.workspace.desk.staged is not None
        await driver.pilot.pause(0.45)
        await driver.press("enter")
        await driver.until(lambda: "✗ create rejected" in driver.screen(), "the answer is in the prompt line")
        assert "no position to reduce" in driver.screen()
        assert driver.app.store.log.errors == 1, "and in the log once"
