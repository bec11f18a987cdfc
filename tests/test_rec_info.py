"""``ttxt-rec info`` and ``verify``: what is in a recording, and whether all of it can be read."""

import json
from pathlib import Path

import pytest

from tests import recording_support as recordings
from tests.market_events import BTC_LINEAR, delta, snapshot, trade
from tests.rec_support import Command, rec_command
from ttxt_core.events import Event, FeedGap, MessageHeader, Orderbook
from ttxt_core.recording.reader import RecordingReader

__all__ = ["rec_command"]


def recording(folder: Path, count: int = 1_000) -> Path:
    return recordings.write(folder / "BYBIT_BTC_USDT.bin", recordings.market(count))


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


# -- info ------------------------------------------------------------------------------------------------


def test_info_as_json_counts_everything(rec: Command, tmp_path: Path) -> None:
    path = recording(tmp_path)
    said = rec("info", path, "--json")
    assert (said.status, said.err) == (0, "")
    facts = json.loads(said.out)
    events = recordings.market(1_000)
    names = [type(event.data).__name__ for event in events]
    books = [event.data for event in events if type(event.data).__name__ == "Orderbook"]
    trades = [event.data.trades[0] for event in events if type(event.data).__name__ == "MarketTrades"]
    times = [event.header.receive_time_ns for event in events]
    assert (facts["venue"], facts["category"], facts["pair"], facts["symbol"]) == (
        *("bybit", "spot", "BTC/USDT", "BTCUSDT"),
    )
    assert (facts["tick"], facts["lot"]) == ("0.1", "0.001")
    assert (facts["first_ns"], facts["last_ns"]) == (times[0], times[-1])
    assert facts["first_time"].startswith("2026-08-09T21:26:59.0000")
    assert facts["duration_s"] == pytest.approx((times[-1] - times[0]) / 1e9)
    assert facts["events"] == 1_000
    assert facts["events_by_type"] == {name: names.count(name) for name in sorted(set(names), key=names.count)[::-1]}
    assert (facts["book"]["snapshots"], facts["book"]["deltas"]) == (1, len(books) - 1)
    levels = sum(len(book.bids) + len(book.asks) for book in books)
    assert facts["book"]["levels_per_event"] == round(levels / len(books), 2)
    buys = sum(trade.side.value == "buy" for trade in trades)
    assert facts["trades"] == {
        "events": len(trades),
        "count": len(trades),
        "buy": buys,
        "sell": len(trades) - buys,
    }
    assert facts["klines"] == {"count": names.count("Kline"), "open": names.count("Kline"), "closed": 0}
    assert (facts["chunks"], facts["keyframes"]) == (8, 1)
    assert facts["bytes"] == path.stat().st_size
    assert facts["bytes_per_event"] == round(path.stat().st_size / 1_000, 2)
    assert facts["gaps"] == {"feed": [], "book": [], "damage": []}


def test_several_files_are_a_json_line_each_and_a_bad_one_spoils_none(rec: Command, tmp_path: Path) -> None:
    good = recording(tmp_path)
    said = rec("info", "--json", good, tmp_path / "none.bin", good)
    assert said.status == 1
    assert [json.loads(line)["events"] for line in said.out.splitlines()] == [1_000, 1_000]
    (complaint,) = said.complaints
    assert complaint.startswith(f"open {tmp_path / 'none.bin'}: No such file")


def test_info_for_people(rec: Command, tmp_path: Path) -> None:
    said = rec("info", recording(tmp_path))
    rows = dict(line.split(maxsplit=1) for line in said.out.splitlines()[1:])
    assert said.out.splitlines()[0] == str(tmp_path / "BYBIT_BTC_USDT.bin")
    assert rows["instrument"] == "bybit spot BTC/USDT (BTCUSDT)"
    assert rows["first"].startswith("2026-08-09T21:26:59.")
    assert rows["events"].startswith("1,000: ")
    assert rows["chunks"] == "8, of them 1 keyframe"
    assert rows["gaps"] == "0 in the feed, 0 in the book; 0 damaged places"


def gappy(folder: Path) -> Path:
    """Early deltas, a missed sequence, and a gap that the feed told."""
    start = recordings.START_NS
    events = [
        delta(3, [(99.0, 1.0)]),
        snapshot(10),
        delta(11, [(99.0, 1.0)]),
        delta(15, [(98.0, 1.0)]),
        delta(16, [(98.0, 1.0)]),
        trade(1),
        snapshot(20),
        Event(MessageHeader("bybit", "spot", "BTC/USDT"), FeedGap("connection lost", 3)),
        delta(21, [(98.0, 1.0)]),
    ]
    timed = [
        Event(MessageHeader(*event.header.key, 0, start + number), event.data) for number, event in enumerate(events)
    ]
    return recordings.write(folder / "gappy.bin", timed)


def test_gaps_are_told_where_they_are(rec: Command, tmp_path: Path) -> None:
    path = gappy(tmp_path)
    facts = json.loads(rec("info", path, "--json").out)
    assert facts["book"]["deltas_before_snapshot"] == 1
    assert facts["gaps"]["book"] == [
        {"time_ns": recordings.START_NS + 3, "reason": "gap: a delta follows 14, the book is at 11"}
    ]
    assert facts["gaps"]["feed"] == [{"time_ns": recordings.START_NS + 7, "reason": "connection lost"}]
    said = rec("verify", path)
    assert said.status == 0  # what the feed has not is no fault of the file
    notes = [line.strip() for line in said.out.splitlines()[1:]]
    assert notes == [
        "note: 1 deltas came before any snapshot of the book",
        "note: gap in the feed at 2026-08-09T21:26:59.000000007Z: connection lost",
        "note: gap in the book at 2026-08-09T21:26:59.000000003Z: gap: a delta follows 14, the book is at 11",
    ]


def test_a_recording_without_any_event(rec: Command, tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x.bin", [], key=BTC_LINEAR)
    facts = json.loads(rec("info", path, "--json").out)
    assert (facts["events"], facts["bytes_per_event"], facts["book"]["levels_per_event"]) == (0, None, None)
    assert rec("info", path).status == rec("verify", path).status == 0


# -- verify ----------------------------------------------------------------------------------------------


def test_a_whole_recording_verifies(rec: Command, tmp_path: Path) -> None:
    path = recording(tmp_path)
    said = rec("verify", path)
    size = path.stat().st_size
    assert (said.status, said.out, said.err) == (0, f"{path}: whole: 8 chunks, 1,000 events, {size:,} bytes\n", "")


def test_a_damaged_chunk_is_named_by_number_and_offset(rec: Command, tmp_path: Path) -> None:
    path = recording(tmp_path)
    with RecordingReader(path) as reader:
        third = reader.chunks[2]
    flip(path, third.offset + 100)
    said = rec("verify", path)
    assert said.status == 1
    first, *rest = said.out.splitlines()
    assert first.startswith(f"{path}: DAMAGED in 1 of 8 places: 8 chunks, 850 events")
    length = third.end - third.offset
    assert rest == [
        (
            f"  chunk 3 at byte {third.offset}: its checksum does not match its contents, "
            f"{length:,} bytes; 150 events are lost"
        )
    ]


def test_a_damaged_header_and_a_torn_tail_are_named(rec: Command, tmp_path: Path) -> None:
    path = recording(tmp_path)
    with RecordingReader(path) as reader:
        third, last = reader.chunks[2], reader.chunks[-1]
    flip(path, third.offset + 20)
    with path.open("r+b") as file:
        file.truncate(last.end - 5)
    said = rec("verify", path)
    assert said.status == 1
    assert [line.split(",")[0] for line in said.out.splitlines()[1:3]] == [
        f"  chunk 3 at byte {third.offset}: damaged header",
        f"  chunk 8 at byte {last.offset}: torn tail",
    ]
    facts = json.loads(rec("info", path, "--json").out)
    assert [hole["offset"] for hole in facts["gaps"]["damage"]] == [third.offset, last.offset]
    # What is missing because of damage is no gap of the feed.
    assert facts["gaps"]["book"] == []


def test_after_damage_the_book_goes_on_from_the_next_keyframe(rec: Command, tmp_path: Path) -> None:
    events = recordings.market(1_000)
    books = [place for place, event in enumerate(events) if type(event.data) is Orderbook]
    del events[books[-20]]  # one delta near the end never came
    path = recordings.write(tmp_path / "x.bin", events, keyframe_events=300)
    with RecordingReader(path) as reader:
        flip(path, reader.chunks[2].end - 1)
    facts = json.loads(rec("info", path, "--json").out)
    assert len(facts["gaps"]["damage"]) == len(facts["gaps"]["book"]) == 1
    assert facts["gaps"]["book"][0]["reason"].startswith("gap: a delta follows")


def test_a_damaged_keyframe_fails_though_no_event_is_lost(rec: Command, tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x.bin", recordings.market(900), keyframe_events=300)
    with RecordingReader(path) as reader:
        keyframe = next(chunk for chunk in reader.chunks[1:] if chunk.header.kind == 2)
    flip(path, keyframe.end - 1)
    said = rec("verify", path)
    assert said.status == 1
    assert "900 events" in said.out
    assert "0 events are lost" in said.out


def test_every_flipped_byte_fails(rec: Command, tmp_path: Path) -> None:
    path = recording(tmp_path, 160)
    content = path.read_bytes()
    for offset in range(0, len(content), max(1, len(content) // 60)):
        path.write_bytes(content)
        flip(path, offset)
        assert rec("verify", path).status == 1, offset


@pytest.mark.parametrize("content", [b"", b"a letter", b"\x89TTXT\r\n\x1a"])
def test_what_is_no_recording_is_one_line(rec: Command, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    for command in ("verify", "info"):
        said = rec(command, path)
        assert (said.status, said.out) == (1, "")
        (complaint,) = said.complaints
        assert str(path) in complaint


def test_one_bad_file_of_several_fails_and_all_are_checked(rec: Command, tmp_path: Path) -> None:
    good = recording(tmp_path)
    bad = tmp_path / "bad.bin"
    bad.write_bytes(good.read_bytes()[:-1])
    said = rec("verify", bad, good)
    assert said.status == 1
    assert f"{good}: whole" in said.out
    assert f"{bad}: DAMAGED" in said.out
