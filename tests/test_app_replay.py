"""A recording on screen: hold, step, speed, seek, marks, attempts, and orders against the simulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app_support import Driver, workstation
from tests.recording_support import made_recording
from ttxt_core.clock import NANOSECONDS
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.session import replay

START_NS = 1_790_000_000 * NANOSECONDS
SECONDS = 40


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds of a made market."""
    return made_recording(tmp_path_factory.mktemp("recordings"), SECONDS, START_NS)


def player_of(driver: Driver) -> MarketDataReplayer:
    player = driver.session.replayer
    assert player is not None
    return player


def second(player: MarketDataReplayer) -> Callable[[], float]:
    return lambda: (player.position_ns - START_NS) / NANOSECONDS


async def test_hold_step_and_speed(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        player = player_of(driver)
        assert driver.screen().splitlines()[0].startswith(" REPLAY  ARMED ")
        await driver.press("h")
        assert player.held
        held_at = player.position_ns
        assert "HELD" in await driver.painted()
        assert player.position_ns == held_at
        await driver.press(".")
        await driver.until(lambda: player.position_ns > held_at, "a step")
        stepped = player.position_ns
        await driver.press("u")
        await driver.until(lambda: player.position_ns >= stepped + NANOSECONDS, "a second")
        await driver.press(">")
        assert player.speed == 2.0
        await driver.press("<", "<")
        assert player.speed == 0.5
        await driver.press("h")
        assert not player.held


async def test_seek_by_typed_time_says_what_is_wrong(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        now = second(player_of(driver))
        await driver.press("h", "y", *"nonsense")
        assert "2026-08-09T21:27:05.5" in await driver.painted()
        await driver.press("enter", "ctrl+u", *"+25s", "enter")
        await driver.until(lambda: 24.9 <= now() <= 25.1, "at 25 s")
        await driver.press("m", "}", "{")
        await driver.until(lambda: now() < 1 or now() <= 25.1)


async def test_a_seek_with_fills_asks_and_begins_a_new_attempt(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        session, player = driver.session, player_of(driver)
        await driver.press("3", "e", "enter")
        await driver.until(lambda: session.result.fills == 1, "a fill")
        await driver.press("h", "y", *"+1s", "enter")
        assert "Begin a new attempt?" in await driver.painted()
        await driver.press("escape")
        assert session.result.attempt == 1
        await driver.press("y", *"+1s", "enter")
        await driver.painted()
        await driver.press("enter")
        await driver.until(lambda: session.result.attempt == 2, "attempt 2")
        assert player.position_ns < START_NS + 2 * NANOSECONDS
        assert [sheet.attempt for sheet in session.attempts] == [1]
        assert not session.orders.working()
        key = driver.app.store.active
        assert key is not None
        assert session.orders.accounts.held(key, session.account) == 0
        await driver.press("r")
        text = await driver.painted()
        lines = [line.split() for line in text.splitlines()]
        assert any(line[1:5] == ["attempt", "1", "now", "2"] for line in lines)
        assert "fill model       back of the queue, 50±10 ms" in text
        await driver.press("escape")
        assert driver.app.screen is driver.app.desk_screen


async def test_it_holds_at_a_fill_when_asked(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        await driver.press("d", "3", "e", "enter")
        await driver.until(lambda: player_of(driver).held, "held")
        assert "held at a fill" in await driver.painted()


async def test_a_loop_goes_round(recording: Path) -> None:
    async with workstation(session=replay([recording], speed=5)) as driver:
        player = player_of(driver)
        control = driver.app.workspace.replay_control
        await driver.press("l")
        start = control.loop_from_ns
        assert start is not None
        await driver.until(lambda: player.position_ns > start + 2 * NANOSECONDS)
        await driver.press("l")
        end = control.loop_to_ns
        assert end is not None
        await driver.until(lambda: start <= player.position_ns < end - NANOSECONDS, "gone back")
        await driver.press("l")
        assert driver.app.workspace.replay_control.loop_target(end) is None


async def test_recording_a_replay_is_refused_with_the_other_way(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        await driver.press("ctrl+r")
        assert "recorded already" in await driver.painted()
        assert driver.session.recording is None


async def test_nothing_right_of_now_is_drawn(recording: Path) -> None:
    async with workstation((120, 40), session=replay([recording])) as driver:
        await driver.press("h")
        lines = (await driver.painted()).splitlines()
        at = next(number for number, line in enumerate(lines) if "HELD" in line)
        timeline = lines[at + 1]
        now = timeline.index("┃")
        assert set(timeline[now + 1 :]) <= {" ", "│"}


async def test_back_by_event_by_book_and_by_second(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        player = player_of(driver)
        await driver.press("h")
        await player.seek(START_NS + 20 * NANOSECONDS)
        for key, least, most in ((",", 0.0, 1.0), ("left", 0.0, 2.0), ("U", 1.0, 1.0)):
            before = player.position_ns
            await driver.press(key)
            await driver.until(lambda: player.position_ns < before, key)  # noqa: B023 - awaited in its own round
            assert least <= (before - player.position_ns) / NANOSECONDS <= most
            assert player.held


async def test_one_jumps_by_a_list_that_typing_narrows(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        player = player_of(driver)
        await driver.press("h")
        await player.seek(START_NS + 10 * NANOSECONDS)
        await driver.press("m")
        await player.seek(START_NS + 20 * NANOSECONDS)
        await driver.press("Y")
        text = await driver.painted()
        assert "start of the recording" in text
        assert "end of the recording" not in text, "it is blind"
        await driver.press(*"bookm", "enter")
        await driver.until(lambda: player.position_ns == START_NS + 10 * NANOSECONDS, "at the bookmark")
        await driver.press("E", "Y")
        assert "end of the recording" in await driver.painted()


async def test_a_click_into_the_timeline_goes_there_and_none_goes_where_it_is_hidden(recording: Path) -> None:
    async with workstation(session=replay([recording])) as driver:
        player = player_of(driver)
        await driver.press("h")
        await player.seek(START_NS + 20 * NANOSECONDS)
        await driver.painted()
        width = driver.app.desk_screen.pane("replay").size.width - 2
        await driver.pilot.click("#replay", offset=(2 + width * 3 // 4, 2))
        await driver.pilot.pause(0.3)
        assert player.position_ns == START_NS + 20 * NANOSECONDS
        await driver.pilot.click("#replay", offset=(2 + width // 4, 2))
        await driver.until(lambda: abs(player.position_ns - START_NS - 10 * NANOSECONDS) < NANOSECONDS, "a click")


async def test_holding_skipping_and_the_future_by_command(recording: Path) -> None:
    async with workstation((200, 40), session=replay([recording])) as driver:
        player = player_of(driver)
        for line in ("hold stop", "skip 3", "future shown"):
            await driver.press(":", *(("space" if char == " " else char) for char in line), "enter")
        text = await driver.painted()
        assert "future shown  holds at stop  skips > 3 s" in text
        assert player.skip_idle_s == 3
        await driver.press(":", *"skip", "space", *"off", "enter")
        assert player.skip_idle_s is None
