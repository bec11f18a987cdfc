"""A practice session that records on screen while the disk takes nothing: it says so, goes on, and loses nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app_support import Driver, workstation
from tests.full_disk import files_no_longer_than
from ttxt_core.events import FeedGap
from ttxt_core.recording.reader import RecordingReader, read_events
from ttxt_core.session import practice
from ttxt_core.simulation.practice_pairs import BTC_LINEAR
from ttxt_tui.config.settings import Recording, Settings
from ttxt_tui.state.log import LogLevel

FILE = "PRACTICE-LINEAR_BTC_USDT.bin"


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nobody may make a file."""
    folder = tmp_path / "kept"
    folder.mkdir()
    folder.chmod(0o555)
    if not os.access(folder, os.W_OK):
        yield folder
        return
    # Permissions don't bind root; a read-only file system does.
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "none", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"this user may write anywhere, and not mount: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def recording_to(folder: Path) -> Settings:
    return Settings(recording=Recording(str(folder)))


def errors(driver: Driver) -> list[str]:
    return [entry.text for entry in driver.app.store.log._entries if entry.level is LogLevel.ERROR]


async def test_a_disk_that_fills_is_told_and_freed_space_is_used(tmp_path: Path) -> None:
    session = practice([BTC_LINEAR], seed=11, rate=2_000, history=60)
    async with workstation(session=session, settings=recording_to(tmp_path)) as driver:
        await driver.press("ctrl+r")
        await driver.until(lambda: session.recording is not None and session.recording.bytes > 5_000, "it records")
        with files_no_longer_than(session.recording.bytes + 1_000 if session.recording else 0):
            await driver.until(lambda: "REC FAILS" in driver.screen(), "the status bar says so")
            await driver.until(lambda: bool(errors(driver)), "the log says so")
            assert len(errors(driver)) == 1, "once, not with every chunk"
            assert f"{tmp_path / FILE}: File too large (EFBIG)" in errors(driver)[0]
            assert "what was written before is whole" in errors(driver)[0]
            await driver.press("3", "e", "enter")
            await driver.until(lambda: bool(session.orders.history), "trading goes on")
        await driver.until(lambda: "REC FAILS" not in driver.screen(), "it is written again")
        await driver.press("ctrl+r", "enter")
        await driver.until(lambda: session.recording is None, "recording ended")
        assert "LOST" not in await driver.painted()
    assert session.troubles == []
    assert not [event for event in read_events(tmp_path / FILE) if type(event.data) is FeedGap]


async def test_stopping_on_a_full_disk_says_what_is_lost(tmp_path: Path) -> None:
    session = practice([BTC_LINEAR], seed=11, rate=1_000, history=60)
    async with workstation(session=session, settings=recording_to(tmp_path)) as driver:
        await driver.press("ctrl+r")
        await driver.until(lambda: session.recording is not None and session.recording.bytes > 5_000, "it records")
        with files_no_longer_than(1_000):
            await driver.until(lambda: "REC FAILS" in driver.screen(), "the status bar says so")
            await driver.press("ctrl+r", "enter")
            await driver.until(lambda: session.recording is None, "recording ended")
            assert "LOST: PRACTICE-LINEAR_BTC_USDT.bin" in await driver.painted()
            await driver.until(lambda: any("events are lost: File too large" in text for text in errors(driver)))
    with RecordingReader(tmp_path / FILE) as reader:
        assert reader.count > 0
        assert reader.damage == [], "what was written before is whole"


async def test_quitting_on_a_full_disk_leaves_word_of_what_is_lost(tmp_path: Path) -> None:
    session = practice([BTC_LINEAR], seed=11, rate=1_000, history=60)
    async with workstation(session=session, settings=recording_to(tmp_path)) as driver:
        await driver.press("ctrl+r")
        await driver.until(lambda: session.recording is not None and session.recording.bytes > 5_000, "it records")
        with files_no_longer_than(1_000):
            await driver.until(lambda: "REC FAILS" in driver.screen(), "the status bar says so")
            await session.stop()
    assert len(session.troubles) == 1
    assert f"close {tmp_path / FILE}: " in session.troubles[0]
    assert "events are lost: File too large (EFBIG)" in session.troubles[0]


async def test_a_folder_that_may_not_be_written_is_said_at_once(read_only: Path) -> None:
    async with workstation((200, 40), settings=recording_to(read_only)) as driver:
        await driver.press("ctrl+r")
        assert f"can't record: write to the folder {read_only}: you may not" in await driver.painted()
        assert driver.session.recording is None
        assert "REC" not in driver.screen()
        await driver.press("3", "e", "enter")
        await driver.until(lambda: bool(driver.session.orders.history), "trading goes on")


async def test_a_folder_that_becomes_read_only_is_told_with_its_files(read_only: Path) -> None:
    """The check is for people; what the system refuses later is told like a full disk."""
    async with workstation((200, 60)) as driver:
        driver.session.start_recording(read_only)
        await driver.until(lambda: "REC FAILS" in driver.screen(), "the status bar says so")
        await driver.until(lambda: bool(errors(driver)))
        assert any(str(read_only) in text for text in errors(driver))
        stats = await driver.session.stop_recording()
        assert stats.files == ()
