"""Recordings that are damaged, or none, as ``ttxt-tui replay`` meets them: one message, and all that is whole plays."""

from __future__ import annotations

import asyncio
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.app_support import Driver, workstation
from tests.recording_support import instrument, market, write
from ttxt_core.events import BookState, Orderbook
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.session import Session
from ttxt_tui import cli
from ttxt_tui.config.settings import Settings
from ttxt_tui.opening import open_replay
from ttxt_tui.state.log import LogLevel


class Opened(NamedTuple):
    """What the command makes of its arguments before there is a screen."""

    session: Session
    notices: list[str]


def opened(*arguments: str | Path) -> Opened:
    notices: list[str] = []
    options = cli._parser().parse_args(["replay", *map(str, arguments)])
    return Opened(open_replay(options, Settings(), notices), notices)


def logged(driver: Driver, level: LogLevel = LogLevel.WARN) -> list[str]:
    """What the log says, as grave as `level` or worse."""
    return [entry.text for entry in driver.app.store.log._entries if entry.level.rank >= level.rank]


def chunk_at(path: Path, number: int) -> tuple[int, int]:
    """Where a chunk begins and ends; 0 is the keyframe that the file begins with."""
    with RecordingReader(path) as reader:
        return reader.chunks[number].offset, reader.chunks[number].end


def empty_file(path: Path) -> None:
    path.touch()


def flipped(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 4
    path.write_bytes(content)


def cut_off_in(path: Path, number: int) -> int:
    """Cut the file in the middle of a chunk; gives how much of that is left."""
    begin, end = chunk_at(path, number)
    left = (end - begin) // 2
    path.write_bytes(path.read_bytes()[: begin + left])
    return left


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Six seconds of a market in chunks of 20, a keyframe every 100 events."""
    return write(tmp_path / "market.bin", market(600), chunk_events=20, keyframe_events=100)


@pytest.mark.parametrize(
    ("content", "answered"),
    [
        (b"", "it is empty (nothing has been recorded to it yet)"),
        (b"time,price\n1,2\n" * 99, "it does not begin with a recording's chunk (name a file that ttxt has recorded)"),
        (b"\x89TTXT\r\n\x1a\x01", "its first chunk is cut off (nothing in it can be read)"),
    ],
    ids=["empty", "no recording", "nothing but a beginning"],
)
def test_what_can_not_be_played_is_one_line_and_status_1(
    tmp_path: Path, content: bytes, answered: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "market.bin"
    path.write_bytes(content)
    assert cli.main(["replay", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"ttxt-tui: read {path}: {answered}\n")
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.bin"], "none.bin: No such file or directory"),
        (["folder"], "replay {tmp}/folder: there is no recording in this folder"),
        (["market.bin", "--speed", "fast"], "--speed fast: it is no speed"),
        (["market.bin", "--speed", "-1"], "--speed -1: it is no speed"),
        (["market.bin", "--speed", "nan"], "--speed nan: it is no speed"),
        (["market.bin", "--skip-idle", "nan"], "--skip-idle nan: it is out of range"),
        (["market.bin", "--skip-idle", "0"], "--skip-idle 0: it is out of range"),
    ],
)
def test_arguments_that_can_not_be_are_one_line(
    recording: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (recording.parent / "folder").mkdir()
    path, *options = arguments
    assert cli.main(["replay", str(recording.parent / path), *options]) == 2
    err = capsys.readouterr().err
    assert err.startswith("ttxt-tui: ")
    assert err.count("\n") == 1
    assert told.format(tmp=recording.parent) in err


async def plays_to_the_end(driver: Driver) -> None:
    player = driver.session.replayer
    assert player is not None
    await driver.until(lambda: player.at_end, "the end of the recording")
    await asyncio.sleep(0)


async def test_a_truncated_recording_says_so_and_plays_up_to_there(recording: Path) -> None:
    begin, _ = chunk_at(recording, 20)
    left = cut_off_in(recording, 20)
    session, notices = opened(recording, "--speed", "50")
    assert notices == [f"{recording}: torn tail, {left} bytes from byte {begin}: what is before it plays"]
    async with workstation(session=session, notices=notices) as driver:
        assert logged(driver) == notices
        assert f"! {str(recording)[:60]}" in await driver.painted()
        await plays_to_the_end(driver)
        shown = driver.app.workspace.market
        assert shown is not None
        await driver.until(lambda: shown.book.state is BookState.VALID, "a book")
        assert logged(driver, LogLevel.ERROR) == []
    with RecordingReader(recording) as reader:
        assert reader.size == begin + left, "who reads does not repair"


async def test_a_flipped_bit_is_told_and_costs_one_chunk(recording: Path) -> None:
    begin, end = chunk_at(recording, 4)
    flipped(recording, (begin + end) // 2)
    session, notices = opened(recording, "--speed", "50")
    assert notices == []
    async with workstation((200, 60), session=session) as driver:
        await plays_to_the_end(driver)
        wanted = f"market.bin is damaged at byte {begin}: its checksum does not match its contents, 20 events missed"
        await driver.until(lambda: any(wanted in text for text in logged(driver)), wanted)
        shown = driver.app.workspace.market
        assert shown is not None
        truth = [event.data for event in market(600) if type(event.data) is Orderbook][-1].sequence
        await driver.until(lambda: shown.book.sequence == truth, "the next keyframe makes the book whole")
        assert shown.book.state is BookState.VALID


@pytest.mark.parametrize("number", [0, 1, 2, 4])
@pytest.mark.parametrize("where", [2, 60], ids=["header", "payload"])
async def test_a_short_recording_plays_whichever_chunk_is_damaged(tmp_path: Path, number: int, where: int) -> None:
    path = write(tmp_path / "market.bin", market(120), chunk_events=30)
    with RecordingReader(path) as reader:
        offsets = list(chain.from_iterable(chunk.offsets for chunk in reader.chunks))
    flipped(path, offsets[number] + where)
    session, notices = opened(path, "--speed", "50")
    assert notices == []
    async with workstation(session=session, has_book=number != 2) as driver:
        await plays_to_the_end(driver)
        shown = driver.app.workspace.market
        assert shown is not None
        if number != 2:  # that one holds the book's only snapshot
            truth = [event.data for event in market(120) if type(event.data) is Orderbook]
            wanted = truth[-1].sequence
            if number == 4:
                await driver.until(lambda: shown.book.state is BookState.GAP, "what is lost is no market")
            else:
                await driver.until(lambda: shown.book.sequence == wanted, "the whole book")


async def test_of_a_folder_what_can_be_read_plays(recording: Path) -> None:
    empty_file(recording.parent / "empty.bin")
    empty_file(recording.parent / "other.bin")
    session, notices = opened(recording.parent)
    assert [notice.partition(": ")[2].partition(" (")[0] for notice in notices] == [
        f"read {recording.parent}/empty.bin: it is empty",
        f"read {recording.parent}/other.bin: it is empty",
    ]
    async with workstation(session=session, notices=notices) as driver:
        assert logged(driver) == notices
        assert "REPLAY" in await driver.painted()


@pytest.mark.parametrize("is_alone", [True, False])
def test_what_was_named_itself_must_be_readable(
    recording: Path, *, is_alone: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = recording.parent / "zz.bin"
    bad.touch()
    arguments = [str(bad)] if is_alone else [str(recording), str(bad)]
    assert cli.main(["replay", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"ttxt-tui: read {bad}: it is empty")


def test_a_folder_of_nothing_readable_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).touch()
    assert cli.main(["replay", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"ttxt-tui: read {tmp_path}/b.bin: it is empty (nothing has been recorded to it yet)\n"
    )


def test_without_its_instrument_a_recording_is_refused_by_name(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RecordingReader(recording) as reader:
        keyframes = [chunk.offsets for chunk in reader.chunks if chunk.header.kind == 2]
    for offset in chain.from_iterable(keyframes):
        flipped(recording, offset + 60)
    assert cli.main(["replay", str(recording)]) == 2
    assert f"read {recording}: no whole chunk holds the instrument" in capsys.readouterr().err


async def test_deltas_before_any_snapshot_show_no_market_and_trade_nothing(tmp_path: Path) -> None:
    deltas = [event for event in market(600) if type(event.data) is Orderbook and not event.data.is_snapshot]
    path = write(tmp_path / "market.bin", deltas)
    session, notices = opened(path, "--speed", "50")
    async with workstation(session=session, notices=notices, has_book=False) as driver:
        await plays_to_the_end(driver)
        assert "SYNCING" in await driver.painted()
        shown = driver.app.workspace.market
        assert shown is not None
        assert (shown.book.state, shown.book.bids(), shown.book.asks()) == (BookState.SYNCING, [], [])
        await driver.press("e")
        assert "SYNCING: no entries (deltas came before a snapshot)" in await driver.painted()
        await driver.press("enter")
        assert not session.orders.working()
        assert not session.orders.history
        assert driver.app.is_running


async def test_an_unknown_symbol_is_not_shown_and_the_known_go_on(tmp_path: Path) -> None:
    path = write(tmp_path / "market.bin", market(600))
    session, _ = opened(path)
    async with workstation(session=session) as driver:
        before = driver.app.store.active
        stranger = instrument().header.key._replace(pair="XYZ/USDT")
        for event in market(20, stranger):
            await session.events.publish(event)
        await driver.until(lambda: bool(logged(driver)), "a word about it")
        await driver.pilot.pause(0.1)
        assert logged(driver) == [f"{stranger}: data before the instrument is known; they are not shown"]
        await driver.press("/", *"xyz", "enter", "escape")
        assert driver.app.store.active == before
