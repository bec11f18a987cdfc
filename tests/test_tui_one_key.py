"""One-key mode: what one key sends, what it stages all the same, and when the mode ends."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.app_support import workstation
from tests.test_tui_commandline_orders import run, working
from tests.trading_support import Floor
from ttxt_core.events import BookState, Side
from ttxt_tui.config.settings import Settings, Trading
from ttxt_tui.state.log import LogLevel

D = Decimal
MOST = D(1_000)


@pytest.fixture
def floor() -> Floor:
    """A desk in one-key mode; size preset 1 is 50 USDT, about 0.499 at a hundred."""
    floor = Floor()
    said = floor.desk.use_one_key(MOST)
    assert said.text == "ARMED 1-KEY: one key sends, up to 1,000 an order"
    return floor


def test_join_improve_take_and_a_price_aimed_at_go_by_one_key(floor: Floor) -> None:
    for act in (
        lambda: floor.desk.join(Side.BUY),
        lambda: floor.desk.improve(Side.SELL),
        lambda: floor.desk.take(Side.BUY),
        lambda: floor.desk.stage(Side.BUY, 900),
    ):
        before = len(floor.creates)
        assert act().level is LogLevel.OK
        assert floor.desk.staged is None
        assert len(floor.creates) == before + 1
        floor.wait()
    assert [order.post_only for order in floor.creates] == [True, True, False, False]


def test_without_the_mode_the_same_keys_only_stage() -> None:
    floor = Floor()
    floor.desk.join(Side.BUY)
    assert floor.desk.staged is not None
    assert not floor.creates
    floor.desk.use_one_key(MOST)
    floor.desk.use_one_key(None)
    floor.desk.take(Side.BUY)
    assert not floor.creates


def test_what_is_worth_more_is_staged_and_says_so(floor: Floor) -> None:
    floor.desk.use_one_key(D(40))
    said = floor.desk.join(Side.BUY)
    assert "1-key sends up to 40.00" in said.text
    assert said.level is LogLevel.WARN
    assert floor.desk.staged is not None
    assert not floor.creates
    assert floor.desk.send().level is LogLevel.OK
    assert len(floor.creates) == 1


def test_a_price_aimed_at_that_would_take_is_staged(floor: Floor) -> None:
    assert "would take now" in floor.desk.stage(Side.BUY, 1020).text
    assert not floor.creates
    assert floor.desk.staged is not None


def test_a_reversal_is_always_staged(floor: Floor) -> None:
    floor.hold("0.5")
    before = len(floor.creates)
    floor.desk.reverse()
    assert floor.desk.staged is not None
    assert len(floor.creates) == before


def test_limits_hold_for_one_key_as_for_two(floor: Floor) -> None:
    floor.router.interlock("said the test")
    assert "disarmed" in floor.desk.join(Side.BUY).text
    assert not floor.creates


def test_it_ends_with_the_arming_and_does_not_come_back(floor: Floor) -> None:
    assert floor.desk.is_one_key
    floor.desk.disarm()
    assert not floor.desk.is_one_key
    floor.wait()
    floor.desk.arm()
    assert not floor.desk.is_one_key
    floor.desk.use_one_key(MOST)
    floor.status(BookState.GAP)
    floor.wait()
    assert not floor.router.is_armed
    floor.book()
    floor.desk.arm()
    assert not floor.desk.is_one_key, "the interlock ended it too"


def test_it_does_not_survive_a_disarm_and_arm_between_two_frames(floor: Floor) -> None:
    floor.desk.disarm()
    floor.desk.arm()
    assert not floor.desk.is_one_key


def test_it_is_refused_while_disarmed() -> None:
    floor = Floor()
    floor.desk.disarm()
    assert "needs to be armed" in floor.desk.use_one_key(MOST).text
    floor.desk.arm()
    assert not floor.desk.is_one_key


async def test_header_and_ladder_say_it_and_one_key_sends() -> None:
    settings = Settings(trading=Trading(onekey_max=D(1_000)))
    async with workstation(settings=settings) as driver:
        await run(driver, "onekey on")
        screen = await driver.painted()
        assert screen.splitlines()[0].startswith(" PRACTICE  ARMED 1-KEY ")
        assert "1 Ladder · ARMED 1-KEY" in screen
        await driver.press("home", "pagedown", "b")
        await driver.until(lambda: len(working(driver)) == 1)
        await driver.press("3", "q")
        assert "1-key sends up to 1,000.00," in await driver.painted()
        assert len(working(driver)) == 1
        await driver.press("escape", "a")
        screen = await driver.painted()
        assert screen.splitlines()[0].startswith(" PRACTICE  DISARMED ")
        assert "1-KEY" not in screen
        await run(driver, "onekey on")
        assert "needs to be armed" in await driver.painted()


async def test_it_goes_off_by_its_word() -> None:
    async with workstation() as driver:
        await run(driver, "onekey on")
        assert driver.app.workspace.desk.is_one_key, "without a maximum the limit of an order counts"
        await run(driver, "onekey off")
        assert not driver.app.workspace.desk.is_one_key
        assert "ARMED 1-KEY" not in await driver.painted()
