"""Pasted text on the desk: nothing of it places or changes an order, however it comes; no dialog takes its Enter."""

from __future__ import annotations

from textual._xterm_parser import XTermParser
from textual.events import Key

from tests.app_support import Driver, workstation
from ttxt_tui import _textual_compat
from ttxt_tui.actions import ACTIONS, BY_ID, Group


def paste(driver: Driver, text: str, piece: int = 4096) -> None:
    """`text` as a terminal without bracketed paste sends it, in pieces of so many characters."""
    _textual_compat.install()
    parser, terminal = XTermParser(), driver.app._driver
    assert terminal is not None
    for at in range(0, len(text), piece):
        for message in parser.feed(text[at : at + piece]):
            terminal.send_message(message)


def test_a_key_knows_how_many_came_in_its_read() -> None:
    assert _textual_compat.install()
    parser = XTermParser()
    read = [message for message in parser.feed("bq\r\x1b[A") if isinstance(message, Key)]
    assert [key.key for key in read] == ["b", "q", "enter", "up"]
    assert {_textual_compat.keys_together(key) for key in read} == {4}
    assert [_textual_compat.keys_together(key) for key in parser.feed("b") if isinstance(key, Key)] == [1]
    assert _textual_compat.keys_together(Key("b", "b")) == 1


def test_all_that_acts_on_orders_is_known_as_such() -> None:
    named = {action.id for action in ACTIONS if action.acts}
    assert {
        "send",
        "stage_buy",
        "size_1",
        "flatten_100",
        "move_up",
        "arm_confirm",
    } <= named
    assert not {"back_out", "cursor_up", "help", "hold", "record", "cancel_here", "cancel_newest", "disarm"} & named
    assert all(action.acts for action in ACTIONS if action.group in (Group.BUY, Group.SELL))
    assert BY_ID["cancel_everywhere"].panic


async def test_pasted_text_stages_sends_and_sizes_nothing() -> None:
    async with workstation() as driver:
        await driver.press("home", "pagedown", "b", "enter")
        await driver.until(lambda: len(driver.session.orders.working()) == 1)
        await driver.pilot.pause(0.5)
        sent = len(driver.session.orders.history) + 1
        chosen = driver.app.workspace.desk.size
        for text, piece in (("t\r", 9), ("be\r", 9), ("5q\rxcXta", 9), ("be\r" * 2000, 4096), ("5be\rtv", 2)):
            paste(driver, text, piece)
            await driver.pilot.pause(0.15)
            assert driver.app.workspace.desk.staged is None, text
        assert "pasted text is ignored" in driver.screen()
        assert len(driver.session.orders.working()) == 1
        assert len(driver.session.orders.history) + 1 == sent
        assert driver.app.workspace.desk.size == chosen


async def test_a_cancel_gets_through_with_whatever_came_before_it() -> None:
    async with workstation() as driver:
        await driver.press("home", "pagedown", "b", "enter")
        await driver.until(lambda: len(driver.session.orders.working()) == 1)
        paste(driver, "jkc")  # quick keys, which a slow line brings in one piece
        await driver.until(lambda: not driver.session.orders.working())


async def test_text_that_comes_letter_by_letter_does_no_more_than_its_first_letter() -> None:
    async with workstation() as driver:
        paste(driver, "b\r\rq\re\r", 1)
        await driver.pilot.pause(0.2)
        assert driver.app.workspace.desk.staged is None
        assert not driver.session.orders.working()
        paste(driver, "f\r", 1)
        await driver.pilot.pause(0.2)
        assert not driver.app.workspace.asked


async def test_no_dialog_is_confirmed_by_pasted_text() -> None:
    async with workstation() as driver:
        await driver.press("home", "pagedown", "b", "enter")
        await driver.until(lambda: len(driver.session.orders.working()) == 1)
        await driver.press("!")
        await driver.until(lambda: "Cancel everything" in driver.screen())
        paste(driver, "yes\r")
        await driver.pilot.pause(0.2)
        assert "Cancel everything" in driver.screen()
        assert len(driver.session.orders.working()) == 1
        await driver.pilot.pause(0.2)
        await driver.press("enter")
        await driver.until(lambda: not driver.session.orders.working())
