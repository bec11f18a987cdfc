"""Orders that wait, exits and pairs on screen: their keys, the ticket, the command line, ladder and blotter."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.app_support import Driver, workstation
from tests.test_tui_commandline_orders import line_of, run, type_, working
from ttxt_core.events import OrderState, OrderType, Side, TriggerBy
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.oco import LOCAL_MARK
from ttxt_tui.screens.dialogs import Line
from ttxt_tui.screens.ticket import TicketDialog
from ttxt_tui.trading.tickets import TYPES, fields_of

pytestmark = pytest.mark.timeout(120)
D = Decimal
UNTRIGGERED = OrderState.UNTRIGGERED


def held(driver: Driver) -> Decimal:
    market = driver.app.workspace.market
    assert market is not None
    return driver.app.workspace.desk.context.position(market.key)


async def take(driver: Driver, quantity: str = "0.05") -> None:
    """A long position."""
    await run(driver, f"buy {quantity} market")
    await driver.until(lambda: held(driver) == D(quantity), "the position")


def aim(driver: Driver, factor: float) -> None:
    """Put the cursor at the middle of the market times `factor`."""
    market, ladder = driver.app.workspace.market, driver.app.workspace.ladder
    assert market is not None
    assert market.book.mid is not None
    assert ladder is not None
    ladder.set_cursor(market.ticks_of(market.book.mid * factor))


async def waiting(driver: Driver, count: int) -> list[ManagedOrder]:
    """The orders that wait for their price, once there are so many, and nothing else works."""
    await driver.until(
        lambda: [order.state for order in working(driver)] == [UNTRIGGERED] * count, f"{count} that wait"
    )
    return working(driver)


# -- keys ----------------------------------------------------------------------------------------------------


async def test_stop_and_target_at_the_cursor_become_a_pair_that_is_shown_moved_and_cancelled() -> None:
    async with workstation((200, 60)) as driver:
        await take(driver)
        aim(driver, 0.99)
        await driver.press("t")
        await waiting(driver, 1)
        aim(driver, 1.01)
        await driver.pilot.pause(0.45)
        await driver.press("T")
        await driver.until(
            lambda: sorted(order.is_position_exit for order in working(driver)) == [True, True], "the venue's pair"
        )
        stop, target = sorted(await waiting(driver, 2), key=lambda order: order.is_take_profit)
        assert target.trigger_price is not None
        assert stop.trigger_price is not None
        await shown(driver, "⇄ #", "STOP", "TP")
        await driver.until(lambda: " target " in driver.screen().splitlines()[1], "the position line")
        driver.app.workspace.desk.select(target.name)
        at = target.trigger_price
        await driver.press("K")
        await driver.until(lambda: (target.trigger_price or at) > at, "moved up a row")
        ladder = driver.app.workspace.ladder
        assert ladder is not None
        ladder.set_cursor(ladder.market.info.to_ticks(target.trigger_price))
        await driver.press("x")
        await driver.until(lambda: not target.is_working, "cancelled at the cursor")
        await run(driver, "cancel stops")
        await driver.until(lambda: not working(driver), "no exit is left")
        assert held(driver) == D("0.05")


async def test_the_bracket_key_goes_round_and_an_entry_takes_the_exits_along() -> None:
    async with workstation((120, 40)) as driver:
        await driver.press("B")
        await shown(driver, "bracket tight: entries take stop 10bp · target 20bp along")
        await driver.press("3", "e")
        await shown(driver, " · stop ", " · target ")
        await driver.press("enter")
        exits = await waiting(driver, 2)
        assert held(driver) > 0
        assert sorted(order.is_take_profit for order in exits) == [False, True]
        await driver.press("B", "B")
        await shown(driver, "no bracket: entries go without exits")


# -- the ticket ----------------------------------------------------------------------------------------------

PLACES = {name: at for at, name in enumerate(TYPES)}


async def fill_in(driver: Driver, kind: str, side: str, values: dict[str, str]) -> TicketDialog:
    """Open a ticket, choose type and side, and type `values` into the fields of that name; → chooses in a choice."""
    await driver.press("n")
    await driver.until(lambda: isinstance(driver.app.screen, TicketDialog), "the ticket")
    dialog = driver.app.screen
    assert isinstance(dialog, TicketDialog)
    if side:
        await driver.press(side)
    for name, value in {"type": "right" * PLACES[kind], **values}.items():
        for _ in dialog.fields:  # ↓ goes through all of them
            if dialog.focused is not None and dialog.focused.id == name:
                break
            before = dialog.focused
            await driver.press("down")
            await driver.until(lambda before=before: dialog.focused is not before, "another field")  # type: ignore[misc]
        widget = dialog.query_one(f"#{name}")
        if isinstance(widget, Line):
            await driver.press("ctrl+u", *value)
            await driver.until(lambda widget=widget, value=value: widget.value == value, value)  # type: ignore[misc]
        else:
            await driver.press(*["right"] * value.count("right"))
    return dialog


async def shown(driver: Driver, *texts: str) -> None:
    """Wait until the screen shows all of them."""
    for text in texts:
        await driver.until(lambda text=text: text in driver.screen(), text)  # type: ignore[misc]


async def send(driver: Driver) -> None:
    await driver.press("enter")
    await driver.until(lambda: driver.app.workspace.desk.staged is not None, "staged")
    await driver.pilot.pause(0.45)
    await driver.press("enter")


@pytest.mark.parametrize(
    ("kind", "side", "values", "expected"),
    [
        ("stop", "s", {"trigger": "last-300t", "reduce": "right"}, (OrderType.STOP_MARKET, Side.SELL, True, False)),
        ("stop-limit", "b", {"trigger": "last+300t", "price": "last+350t"}, (OrderType.LIMIT, Side.BUY, True, True)),
        ("TP", "s", {"trigger": "last+300t", "reduce": "right"}, (OrderType.STOP_MARKET, Side.SELL, False, False)),
        ("TP-limit", "s", {"trigger": "+0.5%", "price": "+0.4%"}, (OrderType.LIMIT, Side.SELL, False, True)),
    ],
)
async def test_every_order_that_waits_has_its_form(
    kind: str, side: str, values: dict[str, str], expected: tuple[OrderType, Side, bool, bool]
) -> None:
    async with workstation((120, 40)) as driver:
        await take(driver)
        await fill_in(driver, kind, side, {**values, "quantity": "0.02"})
        await shown(driver, f"{'SELL' if side == 's' else 'BUY'} 0.02", " when last ", "waits")
        await send(driver)
        (order,) = await waiting(driver, 1)
        kinds = (order.order_type, order.side, order.is_stop, order.price is not None)
        assert kinds == expected
        assert order.quantity == D("0.02")
        assert order.trigger_by is TriggerBy.LAST
        assert order.reduce_only == ("reduce" in values)


async def test_the_ticket_says_what_an_order_would_do_on_every_key() -> None:
    async with workstation((120, 40)) as driver:
        dialog = await fill_in(driver, "market", "b", {"quantity": "0.5"})
        await shown(driver, "BUY 0.5 MARKET → LONG 0.5", "fills 0.5 @")
        await driver.press("backspace", "backspace", "backspace", "5", "0")
        await shown(driver, "BUY 50 MARKET", "max_order_notional is 1,000,000")
        await driver.press("backspace", "backspace", "0", ".", "5")
        await shown(driver, "BUY 0.5 MARKET")
        dialog.query_one("#stop").focus()
        await driver.press(*"1%")
        await shown(driver, "stop ", " = −")
        dialog.query_one("#target").focus()
        await driver.press(*"3%")
        await shown(driver, " R ")
        await driver.press("escape")
        assert driver.app.workspace.desk.staged is None


async def test_an_attached_exit_goes_along_and_comes_back_with_its_entry() -> None:
    async with workstation((200, 60)) as driver:
        await fill_in(driver, "limit", "b", {"price": "bid-300t", "quantity": "0.02", "stop": "100t", "target": "400t"})
        await send(driver)
        await driver.until(lambda: [order.state for order in working(driver)] == [OrderState.NEW], "the entry")
        (entry,) = working(driver)
        assert entry.price is not None
        market = driver.app.workspace.market
        assert market is not None
        tick = market.info.tick_size
        assert (entry.stop_loss, entry.take_profit) == (entry.price - 100 * tick, entry.price + 400 * tick)
        await shown(driver, "· stop ", "· target ")


async def test_a_pair_from_the_ticket_needs_no_side_and_takes_the_whole_position() -> None:
    async with workstation((120, 40)) as driver:
        await take(driver)
        await fill_in(driver, "OCO", "", {"stop": "last-400t", "target": "last+400t", "quantity": "max"})
        await shown(driver, "SELL 0.05 (closes) MARKET one cancels the other → flat")
        await send(driver)
        exits = await waiting(driver, 2)
        assert all(order.is_position_exit for order in exits)


@pytest.mark.long
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_form_fits_the_screen_and_shows_the_fields_of_its_type(size: tuple[int, int]) -> None:
    async with workstation(size) as driver:
        await driver.press("n", "down")
        dialog = driver.app.screen
        assert isinstance(dialog, TicketDialog)
        for kind in TYPES:
            await driver.painted()
            for name in TicketDialog.LABELS:
                widget = dialog.query_one(f"#{name}")
                is_shown = name in fields_of(kind, reduce_only=False)
                assert (widget.region.height > 0) == is_shown, (kind, name)
                assert not is_shown or dialog.region.contains_region(widget.region), (kind, name)
            assert dialog.region.contains_region(dialog.query_one(".dialog").region), kind
            await driver.press("right")


# -- the command line ----------------------------------------------------------------------------------------


async def test_stop_and_target_by_command_and_another_trigger_for_a_stop_limit() -> None:
    async with workstation((120, 40)) as driver:
        await take(driver)
        await run(driver, "stop last-400t limit last-420t")
        (stop,) = await waiting(driver, 1)
        assert (stop.order_type, stop.is_stop, stop.reduce_only) == (OrderType.LIMIT, True, True)
        number = driver.app.store.orders.number_of(stop)
        assert stop.trigger_price is not None
        assert stop.price is not None
        distance, before = stop.price - stop.trigger_price, stop.trigger_price
        await run(driver, f"amend {number} trigger last-500t")
        await driver.until(lambda: stop.trigger_price != before, "moved")
        assert stop.trigger_price is not None
        assert stop.price - stop.trigger_price == distance
        await run(driver, f"amend {number} trigger last-300t price last-350t")
        await driver.until(lambda: (stop.price or D(0)) - (stop.trigger_price or D(0)) != distance, "amended")
        await run(driver, "target last+500t")
        await driver.until(lambda: sum(order.is_take_profit for order in working(driver)) == 1, "the target")
        await run(driver, "cancel stops")
        await driver.until(lambda: not working(driver), "all exits")


async def test_entries_with_exits_and_triggers_by_command() -> None:
    async with workstation((200, 60)) as driver:
        await run(driver, "buy 0.02 at bid-300t stop 100t target bid+200t")
        await driver.until(lambda: [order.state for order in working(driver)] == [OrderState.NEW], "the entry")
        assert working(driver)[0].stop_loss is not None
        await run(driver, "buy 0.03 when last+300t at last+310t mark")
        await driver.until(lambda: len(working(driver)) == 2, "the breakout")
        breakout = working(driver)[1]
        assert (breakout.is_stop, breakout.trigger_by, breakout.reduce_only) == (True, TriggerBy.MARK, False)
        await run(driver, "sell 0.01 when last+400t reduce")
        await driver.until(lambda: "no position to reduce" in driver.screen() or len(working(driver)) == 3)
        await run(driver, "bracket wide")
        assert driver.app.workspace.desk.stager.brackets.name == "wide"
        await run(driver, "bracket none")
        told = [entry.text for entry in driver.app.store.log.after(-1)]
        assert any(text.startswith("no bracket is called none: there is tight, wide") for text in told)
        await run(driver, "bracket off")
        assert driver.app.workspace.desk.stager.brackets.name is None


async def test_a_pair_that_this_process_keeps_says_so_in_prompt_blotter_and_log() -> None:
    async with workstation((200, 60)) as driver:
        await take(driver)
        type_(driver, "oco stop last-400t target last+400t 0.02 rests")
        await shown(driver, LOCAL_MARK)
        driver.app.handlers.command_key("enter", "")
        await driver.until(lambda: len(working(driver)) == 2, "both legs")
        assert not line_of(driver).is_open
        stop, target = working(driver)
        assert (stop.linked_to, target.order_type) == (target.name, OrderType.LIMIT)
        await shown(driver, "R L ⇄ #")
        await driver.press(*[";", "3", "j", "x"])
        await driver.until(lambda: not stop.is_working, "the stop is cancelled by hand")
        await driver.until(lambda: "stands alone" in driver.screen(), "it is told")
