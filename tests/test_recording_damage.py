"""Whichever chunk of a recording is damaged, the rest of it plays: the library, the replayer and the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rec_support import Command, rec_command
from tests.recording_support import START_NS, instrument, market, own_events, with_source, write
from ttxt_core.clock import ManualClock, ReplayClock
from ttxt_core.errors import NotARecordingError, RecordingError
from ttxt_core.events import Event, FeedGap, Instrument, Source
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.recording.codec import HEADER_SIZE
from ttxt_core.recording.index import Damage
from ttxt_core.recording.pace import MAX_SPEED
from ttxt_core.recording.reader import RecordingReader, read_events
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.recording.writer import RecordingWriter

__all__ = ["rec_command"]

CHUNK = 30
EVENTS = market(120)
"""Fewer than a keyframe needs: the instrument is at the beginning and nowhere else."""


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("short") / "short.bin", EVENTS, chunk_events=CHUNK)


def pieces(path: Path) -> list[tuple[int, int]]:
    """Where each chunk begins and ends, the first and its repetition apart."""
    with RecordingReader(path) as reader:
        first, *others = reader.chunks
        assert first.is_repeated
        middle = first.offsets[1]
        return [(0, middle), (middle, first.end), *((chunk.offset, chunk.end) for chunk in others)]


def flipped(path: Path, offset: int, target: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    target.write_bytes(content)
    return target


def without(number: int) -> list[Event[Any]]:
    """The events that are left when the piece of this number is damaged."""
    lost = number - 2
    return EVENTS if lost < 0 else [*EVENTS[: lost * CHUNK], *EVENTS[(lost + 1) * CHUNK :]]


PLACES = [(number, part) for number in range(6) for part in ("magic", "header", "payload", "end")]


@pytest.fixture(params=PLACES, ids=lambda place: f"{place[0]}-{place[1]}")
def damaged(request: pytest.FixtureRequest, short: Path, tmp_path: Path) -> tuple[Path, list[Event[Any]]]:
    """A recording with one flipped bit, and the events that it still has."""
    number, part = request.param
    begin, end = pieces(short)[number]
    offset = {"magic": begin, "header": begin + 20, "payload": begin + HEADER_SIZE + 9, "end": end - 1}[part]
    return flipped(short, offset, tmp_path / "damaged.bin"), without(number)


def test_the_rest_is_read_and_the_damage_named(damaged: tuple[Path, list[Event[Any]]]) -> None:
    path, left = damaged
    with RecordingReader(path) as reader:
        assert reader.instrument == instrument()
        back = list(reader.events())
        assert len(reader.damage) == 1
    assert own_events(back) == left
    first = next(event for event in back if type(event.data) is not FeedGap)
    assert first == instrument()


async def test_the_rest_is_replayed(damaged: tuple[Path, list[Event[Any]]]) -> None:
    path, left = damaged
    queue = AsyncioQueue(capacity=1_000)
    replayer = MarketDataReplayer([path], queue, ReplayClock(), speed=MAX_SPEED, wall=ManualClock(START_NS))
    await replayer.run()
    assert list(replayer.instruments.values()) == with_source([instrument()], Source.REPLAY)
    await replayer.seek(left[-1].header.receive_time_ns)
    replayer.stop()
    played = queue.get_batch_nowait(1_000)
    reset = next(place for place, event in enumerate(played) if type(event.data).__name__ == "StreamReset")
    assert own_events(played[:reset]) == with_source(left, Source.REPLAY)
    assert Instrument in {type(event.data) for event in played[reset:]}


def test_a_writer_goes_on_with_it(damaged: tuple[Path, list[Event[Any]]]) -> None:
    path, left = damaged
    later = market(9, first_ns=START_NS + 2 * 10**9)  # soon enough that no keyframe is due
    with RecordingWriter(path, instrument(), append=True) as writer:
        for event in later:
            writer.append(event)
    assert own_events(list(read_events(path))) == [*left, *later]


@pytest.mark.parametrize("number", range(6))
def test_the_commands_say_it_and_go_on(rec: Command, short: Path, number: int, tmp_path: Path) -> None:
    begin, end = pieces(short)[number]
    path = flipped(short, begin + HEADER_SIZE + 9, tmp_path / "damaged.bin")
    said = rec("export", path, "--format", "jsonl")
    assert said.status == 0
    kinds = [json.loads(line)["type"] for line in said.out.splitlines()]
    assert len(kinds) - kinds.count("Instrument") - kinds.count("FeedGap") == len(without(number))
    assert any(f"damaged at byte {begin}" in complaint for complaint in said.complaints)
    verified = rec("verify", path)
    assert verified.status == 1
    assert f"at byte {begin}: its checksum does not match its contents, {end - begin:,} bytes" in verified.out
    assert rec("info", path).status == 0


def test_both_copies_damaged_leave_the_events(short: Path, tmp_path: Path) -> None:
    (_, middle), *_ = pieces(short)
    path = flipped(flipped(short, HEADER_SIZE + 9, tmp_path / "a.bin"), middle + HEADER_SIZE + 9, tmp_path / "b.bin")
    with RecordingReader(path) as reader:
        assert own_events(list(reader.events())) == EVENTS
        assert [damage.offset for damage in reader.damage] == [0, middle]
        with pytest.raises(RecordingError, match="no whole chunk holds the instrument"):
            _ = reader.instrument


def test_a_recording_that_begins_with_one_copy_is_read_as_ever(short: Path, tmp_path: Path) -> None:
    """As they were written before."""
    (_, middle), *_ = pieces(short)
    path = tmp_path / "old.bin"
    path.write_bytes(short.read_bytes()[middle:])
    with RecordingReader(path) as reader:
        assert not reader.chunks[0].is_repeated
        assert reader.instrument == instrument()
        assert own_events(list(reader.events())) == EVENTS
        assert reader.damage == []


def test_a_recording_cut_off_in_the_repetition_is_whole(short: Path, tmp_path: Path) -> None:
    (_, middle), (_, end), *_ = pieces(short)
    path = tmp_path / "torn.bin"
    path.write_bytes(short.read_bytes()[: end - 1])
    with RecordingReader(path) as reader:
        assert reader.instrument == instrument()
        assert reader.damage == [Damage(middle, end - 1 - middle, "torn tail", None, START_NS, is_tail=True)]
    path.write_bytes(short.read_bytes()[: middle - 1])
    with pytest.raises(NotARecordingError):
        RecordingReader(path)
