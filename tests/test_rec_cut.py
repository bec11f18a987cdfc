"""``ttxt-rec cut``: the span asked for, which replays alone and gives the same book as the whole."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import astuple

from tests import recording_support as recordings
from tests.rec_support import Command, events_of, rec_command
from ttxt_core.events import Event, Kline, Orderbook, Ticker
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.state import MarketState

__all__ = ["rec_command"]
COUNT = 4_000


@pytest.fixture(name="whole", scope="module")
def whole_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 s, an event every 10 ms, with keyframes."""
    return recordings.write(tmp_path_factory.mktemp("whole") / "x.bin", recordings.market(COUNT), keyframe_events=700)


def book_after(events: list[Event[Any]]) -> LocalOrderbook:
    book = LocalOrderbook()
    for event in events:
        if type(event.data) is Orderbook:
            book.update(event)
    return book


@pytest.mark.parametrize(("start", "end"), [("+10s", "+20s"), ("21:27:09.005", "2026-08-09T21:27:19Z"), ("+0s", "+5s")])
def test_a_cut_holds_its_span_and_begins_with_what_was_known(
    rec: Command, whole: Path, tmp_path: Path, start: str, end: str
) -> None:
    target = tmp_path / "cut.bin"
    said = rec("cut", whole, "--from", start, "--to", end, "--out", target)
    assert (said.status, said.err) == (0, "")
    all_events = events_of(whole)
    cut = events_of(target)
    with RecordingReader(target) as reader:
        first_ns = reader.first_ns
        assert reader.instrument.data == recordings.instrument().data
    last_ns = cut[-1].header.receive_time_ns
    before = [event for event in all_events if event.header.receive_time_ns < first_ns]
    within = [event for event in all_events if first_ns <= event.header.receive_time_ns <= last_ns]
    assert cut[len(cut) - len(within) :] == within
    known = cut[: len(cut) - len(within)]
    if before:
        assert {event.header.receive_time_ns for event in known} == {first_ns}
        assert {type(event.data) for event in known} == {Kline, Ticker, Orderbook}
    else:
        assert known == []
    book, expected = book_after(cut), book_after(before + within)
    assert (book.state, book.bids(), book.asks()) == (expected.state, expected.bids(), expected.asks())
    assert ticker(cut) == ticker(before + within)


def ticker(events: list[Event[Any]]) -> tuple[Any, ...]:
    state = MarketState()
    state.update(events)
    return next(astuple(event.data) for event in state.events() if type(event.data) is Ticker)


def test_from_is_included_and_to_is_not(rec: Command, whole: Path, tmp_path: Path) -> None:
    times = [event.header.receive_time_ns for event in events_of(whole)]
    target = tmp_path / "cut.bin"
    rec("cut", whole, "--from", str(times[100]), "--to", str(times[200]), "--out", target)
    numbers = [event.header.sequence for event in events_of(target) if event.header.sequence > 100]
    assert numbers == list(range(101, 201))


def test_without_times_it_is_a_copy(rec: Command, whole: Path, tmp_path: Path) -> None:
    said = rec("cut", whole, "--out", tmp_path / "cut.bin")
    assert events_of(tmp_path / "cut.bin") == events_of(whole)
    assert said.out.startswith(f"{tmp_path / 'cut.bin'}: 4,000 events, ")


def test_a_cut_verifies(rec: Command, whole: Path, tmp_path: Path) -> None:
    rec("cut", whole, "--from", "+33s", "--out", tmp_path / "cut.bin")
    assert rec("verify", tmp_path / "cut.bin").status == 0


def test_a_target_that_exists_is_refused(rec: Command, whole: Path, tmp_path: Path) -> None:
    target = tmp_path / "cut.bin"
    target.write_bytes(b"mine")
    for out in (target, whole):
        content = out.read_bytes()
        said = rec("cut", whole, "--from", "+1s", "--out", out)
        assert said.status == 1
        (complaint,) = said.complaints
        assert f"open {out} for writing: it exists" in complaint
        assert out.read_bytes() == content


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (("--from", "+50s"), "it has nothing there (it goes from 2026-08-09T21:26:59"),
        (("--to", "2020-01-01"), "it has nothing there"),
        (("--to", "+0s"), "it has nothing there"),
        (("--from", "+20s", "--to", "+10s"), "that ends before it begins"),
        (("--from", "+20s", "--to", "+20s"), "that ends before it begins"),
        (("--from", "soon"), "it is no time"),
    ],
)
def test_a_span_that_can_not_be_is_one_message_and_no_file(
    rec: Command, whole: Path, tmp_path: Path, times: tuple[str, ...], message: str
) -> None:
    said = rec("cut", whole, *times, "--out", tmp_path / "cut.bin")
    assert said.status == 1
    (complaint,) = said.complaints
    assert message in complaint
    assert not (tmp_path / "cut.bin").exists()


def test_a_damaged_source_is_cut_and_told(rec: Command, whole: Path, tmp_path: Path) -> None:
    with RecordingReader(whole) as reader:
        chunk = reader.chunks[10]
    damaged = tmp_path / "damaged.bin"
    content = bytearray(whole.read_bytes())
    content[chunk.end - 3] ^= 1
    damaged.write_bytes(content)
    said = rec("cut", damaged, "--out", tmp_path / "cut.bin")
    assert said.status == 0
    (complaint,) = said.complaints
    assert f"damaged at byte {chunk.offset}" in complaint
    assert rec("verify", tmp_path / "cut.bin").status == 0
