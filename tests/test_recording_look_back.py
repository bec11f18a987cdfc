"""Keeping the last minutes: what is kept, from when, and that nothing is missing between its parts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.app_support import workstation
from tests.session_support import PAIRS, START_NS, Trader
from ttxt_core.clock import NANOSECONDS, ManualClock
from ttxt_core.errors import ConfigError, RecordingError
from ttxt_core.events import MarketTrades
from ttxt_core.recording.reader import RecordingReader, read_events
from ttxt_core.session import Session, practice
from ttxt_tui.config.settings import Recording, Settings


def session_that_keeps(minutes: float | None, clock: ManualClock, folder: Path) -> Session:
    return practice(PAIRS, clock=clock, wall=clock, rate=100, history=5, recordings=folder, keep_minutes=minutes)


async def test_what_is_kept_is_the_last_stretch_without_a_hole(tmp_path: Path) -> None:
    clock = ManualClock(START_NS)
    session = session_that_keeps(0.1, clock, tmp_path)  # six seconds, in parts of 1.2 s
    seen = session.events.subscribe("seen", accepts=frozenset({MarketTrades}), capacity=100_000)
    async with session:
        trader = Trader(session, clock)
        for _ in range(22):
            await trader.wait(0.5)
            await asyncio.sleep(0.1)  # files are written by a thread, in real time
        kept = await session.keep()
        await trader.wait(0.5)
    assert kept.first_ns <= START_NS + 5 * NANOSECONDS, "all of the six seconds is there"
    assert kept.files[0].parent.parent == tmp_path
    assert kept.files[0].parent.name.startswith("kept-2026")
    assert [path.name for path in kept.files] == ["PRACTICE-LINEAR_BTC_USDT.bin", "PRACTICE_BTC_USDT.bin"]
    published = seen.get_batch_nowait(100_000)
    for path in kept.files:
        with RecordingReader(path) as reader:
            assert not reader.gaps
            assert not reader.damage
            key = reader.key
        found = [event for event in read_events(path) if type(event.data) is MarketTrades]
        trades = [event.data.trades for event in found]
        expected = [event.data.trades for event in published if event.header.key == key]
        at = expected.index(trades[0])
        assert trades == expected[at : at + len(trades)], "all in a row, each once"
        assert found[0].header.receive_time_ns > START_NS + 3 * NANOSECONDS, "what is older is forgotten"
        assert found[-1].header.receive_time_ns > START_NS + 10.5 * NANOSECONDS


async def test_it_can_be_kept_again_while_it_is_recorded_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    clock = ManualClock(START_NS)
    session = session_that_keeps(1, clock, tmp_path / "kept")
    async with session:
        trader = Trader(session, clock)
        session.start_recording()
        await trader.wait(1)
        first = await session.keep()
        await trader.wait(1)
        second = await session.keep()
        assert second.events > first.events
        assert second.files[0].parent != first.files[0].parent
        assert list(temporary.iterdir())
        with pytest.raises(RecordingError, match="in the same second"):
            await session.keep()
    assert list(temporary.iterdir()) == []


async def test_a_session_that_looks_back_at_nothing_says_so(tmp_path: Path) -> None:
    clock = ManualClock(START_NS)
    async with session_that_keeps(None, clock, tmp_path) as session:
        with pytest.raises(RecordingError, match="keeps nothing of the past"):
            await session.keep()
    early = session_that_keeps(5, clock, tmp_path)
    with pytest.raises(RecordingError, match="nothing has been recorded yet"):
        await early.keep()
    await early.stop()
    with pytest.raises(ConfigError, match="above 0"):
        session_that_keeps(0, clock, tmp_path)


async def test_the_key_keeps_and_says_where(tmp_path: Path) -> None:
    settings = Settings(recording=Recording(folder=str(tmp_path)))
    session = practice(seed=11, rate=150, history=60, keep_minutes=5)
    async with workstation((200, 60), session=session, settings=settings) as driver:
        await driver.press("M")
        await driver.until(lambda: "kept the last 0:0" in driver.screen())
        entries = [entry.text for entry in driver.app.store.log.after(-1) if entry.topic == "record"]
        assert len(entries) == 1
        assert "PRACTICE-LINEAR_BTC_USDT.bin" in entries[0]
        assert str(tmp_path / "kept-") in entries[0]


async def test_the_key_says_why_nothing_is_kept(tmp_path: Path) -> None:
    settings = Settings(recording=Recording(folder=str(tmp_path), keep_minutes=0))
    async with workstation((200, 60), settings=settings) as driver:
        await driver.press("M")
        assert "keep_minutes is 0" in await driver.painted()
