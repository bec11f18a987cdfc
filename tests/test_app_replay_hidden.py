"""Practice on a recording without knowing what it is: symbol, date and price level hidden, and shown again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from tests.app_support import Driver, workstation
from tests.recording_support import made_recording
from ttxt_core.clock import NANOSECONDS
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.session import Session, replay

START_NS = 1_790_000_000 * NANOSECONDS
SECONDS = 20


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of a made market."""
    return made_recording(tmp_path_factory.mktemp("recordings"), SECONDS, START_NS)


def player_of(session: Session) -> MarketDataReplayer:
    player = session.replayer
    assert player is not None
    return player


def hidden(recording: Path) -> Session:
    session = replay([recording])
    player_of(session).hide(Random(3))
    return session


def is_shown(driver: Driver, *words: str) -> Callable[[], bool]:
    return lambda: all(word in driver.screen() for word in words)


async def test_a_replay_begun_hidden_says_neither_symbol_nor_date_nor_level(recording: Path) -> None:
    async with workstation(size=(200, 60), session=hidden(recording)) as driver:
        await driver.until(is_shown(driver, "AAA/USDT perp", "symbol, date hidden"))
        await driver.press("4", "b", "enter")
        await driver.until(lambda: bool(driver.session.orders.working()))
        await driver.press("e", "enter")
        await driver.until(lambda: bool(driver.session.orders.fills))
        screen = await driver.painted()
        assert "BTC" not in screen.replace(" BTC  ", "")  # the account's own coins may be seen
        assert "2026" not in screen
        market = driver.app.workspace.market
        assert market is not None
        assert 10 < float(market.last_price or 0) < 1000


async def test_money_and_steps_are_those_of_the_recording(recording: Path) -> None:
    plain = replay([recording])
    really = player_of(plain).instruments
    plain.replayer.stop()  # type: ignore[union-attr]
    async with workstation(session=hidden(recording)) as driver:
        player, market = player_of(driver.session), driver.app.workspace.market
        assert market is not None
        assert player.disguise is not None
        (key,) = really
        factor, spec = player.disguise.price_factor(key), really[key].data
        assert market.info.tick_size == spec.tick_size * factor
        assert market.info.lot_size * market.info.tick_size == spec.lot_size * spec.tick_size
        assert market.info.spec.min_notional == spec.min_notional
        assert player.first_ns % (86_400 * NANOSECONDS) == START_NS % (86_400 * NANOSECONDS)
        await driver.press("1", "e")
        line = driver.app.workspace.desk.pretrade()
        assert line is not None
        assert 0 <= Decimal(500) - line.notional <= market.info.lot_size * line.price


async def test_a_key_hides_and_shows_and_each_begins_a_new_attempt(recording: Path) -> None:
    async with workstation(size=(200, 60), session=replay([recording])) as driver:
        player = player_of(driver.session)
        await driver.until(is_shown(driver, "BTC/USDT perp"))
        await driver.press("m")
        at = player.position_ns
        await driver.press("h", "H")
        await driver.until(is_shown(driver, "AAA/USDT perp", "symbol, date hidden"))
        assert player.really_ns >= at
        assert list(driver.app.store.markets) == list(player.instruments)
        assert "BTC" not in driver.screen().splitlines()[0]
        await driver.press("4", "e", "enter")
        await driver.press("h")
        await driver.until(lambda: bool(driver.session.orders.fills))
        await driver.press("H")
        await driver.until(is_shown(driver, "Begin a new attempt?"))
        await driver.press("enter")
        await driver.until(is_shown(driver, "BTC/USDT perp", "it was 2026-09-21, AAA perp = practice BTC/USDT perp ×"))
        assert not driver.session.orders.fills
        assert len(driver.session.attempts) == 1
        assert driver.app.workspace.replay is not None
        assert driver.app.workspace.replay.previous_mark() in range(START_NS, START_NS + SECONDS * NANOSECONDS)


async def test_a_loop_goes_round_the_same_stretch_under_other_dates(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        player, control = player_of(driver.session), driver.app.workspace.replay_control
        await driver.press("l")
        await driver.pilot.pause(0.5)
        await driver.press("l")
        began = control.loop_from_ns
        assert began is not None
        await driver.press("H")
        await driver.until(lambda: player.disguise is not None and control.loop_from_ns != began)
        disguise = player.disguise
        assert disguise is not None
        assert control.loop_from_ns == began + disguise.later_ns
        await driver.pilot.pause(0.3)
        assert player.first_ns <= player.position_ns <= player.last_ns


async def test_the_end_says_what_it_was_and_what_can_be_done(recording: Path) -> None:
    async with workstation(size=(200, 60), session=hidden(recording)) as driver:
        player = player_of(driver.session)
        await player.seek(player.last_ns - NANOSECONDS // 2)
        player.go()
        await driver.until(is_shown(driver, "It was 2026-09-21, AAA perp = practice BTC/USDT perp ×"), "told")
        lines = [entry.text for entry in driver.app.store.log.after(-1) if entry.topic == "replay"]
        assert len(lines) == 1
        assert "2026-09-21" in lines[0]
        await driver.press("escape", "h")
        await driver.until(is_shown(driver, "The recording ends here: , back"))
        assert player.at_end
        await driver.press("escape", ".")
        await driver.until(is_shown(driver, "The recording ends here: "))
