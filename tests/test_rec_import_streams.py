"""``ttxt-rec import`` of captures with more than one stream of a book, connections opened again, and bad lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import bybit_frames as bybit
from tests.rec_support import LINEAR_BTC, SPOT_BTC, Command, Said, events_of, rec_command
from ttxt_core.events import BookState, Event, FeedGap, Kline, Orderbook
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.recording.summary import RecordingSummary

__all__ = ["rec_command"]

LINEAR_ETH = "BYBIT-LINEAR_ETH_USDT.bin"
OTHER = "BYBIT.ws.9"


def imported(rec: Command, folder: Path, *rows: dict[str, Any]) -> Said:
    capture = bybit.write_capture(folder / "x.jsonl", [*bybit.preamble("linear"), *rows])
    said = rec("import", capture, "--out", folder)
    assert said.status == 0
    return said


def book_events(path: Path) -> list[Event[Any]]:
    return [event for event in events_of(path) if type(event.data) is Orderbook]


def is_kept_whole(path: Path) -> bool:
    """No delta of it misses its predecessor."""
    summary = RecordingSummary()
    for event in events_of(path):
        summary.add(event)
    return not summary.book_gaps and summary.book.state is BookState.VALID


def both_depths(*, deep_first: bool) -> list[dict[str, Any]]:
    """Streams of depth 50 and 200, each with sequences of its own, message by message in turns."""
    starts = [(50, 9_000), (200, 100)]
    frames = []
    for depth, update in reversed(starts) if deep_first else starts:
        frames.append(bybit.snapshot(update, depth=depth))
    for number in range(1, 20):
        for depth, update in starts:
            frames.append(bybit.book(update + number, [("100.0", f"{number}.{depth}")], depth=depth))
    return bybit.received(bybit.LINEAR, *frames)


@pytest.mark.parametrize("deep_first", [True, False])
def test_of_two_depths_the_deeper_is_recorded_and_the_other_told(
    rec: Command, tmp_path: Path, *, deep_first: bool
) -> None:
    said = imported(rec, tmp_path, *both_depths(deep_first=deep_first))
    kept = book_events(tmp_path / LINEAR_BTC)
    first_shallow = [] if deep_first else [9_000]  # it came before anybody knew of the deeper one
    assert [event.data.sequence for event in kept] == [*first_shallow, *range(100, 120)]
    assert is_kept_whole(tmp_path / LINEAR_BTC)
    told = (
        "read the book of bybit linear BTC/USDT, depth 50: the recording has that of depth 200, and the two would mix"
    )
    assert told in said.complaints[0]
    skipped = 20 if deep_first else 19
    assert said.out.splitlines()[-1].endswith(f"{skipped} frames skipped")


def test_the_depths_of_different_instruments_are_their_own(rec: Command, tmp_path: Path) -> None:
    rows = bybit.received(
        bybit.LINEAR,
        bybit.snapshot(100, depth=50),
        bybit.snapshot(7, symbol="ETHUSDT"),
        bybit.book(101, [("100.0", "3")], depth=50),
        bybit.book(8, [("100.0", "3")], symbol="ETHUSDT"),
    )
    said = imported(rec, tmp_path, *rows)
    assert said.err == ""
    assert {event.data.depth for event in book_events(tmp_path / LINEAR_BTC)} == {50}
    assert {event.data.depth for event in book_events(tmp_path / LINEAR_ETH)} == {200}


def test_the_same_stream_on_two_connections_is_recorded_once(rec: Command, tmp_path: Path) -> None:
    address = bybit.ADDRESSES[bybit.LINEAR]
    rows = [bybit.connect(OTHER, address), *bybit.received(bybit.LINEAR, bybit.snapshot(100))]
    rows += bybit.received(OTHER, bybit.snapshot(100))
    for number in range(101, 110):
        for connection in (bybit.LINEAR, OTHER):
            rows += bybit.received(connection, bybit.book(number, [("100.0", f"{number}")]))
    said = imported(rec, tmp_path, *rows)
    kept = book_events(tmp_path / LINEAR_BTC)
    assert [event.data.sequence for event in kept] == [100, 100, *range(101, 110)]
    assert is_kept_whole(tmp_path / LINEAR_BTC)
    assert f"depth 200 on {OTHER}, and the two would mix" in said.complaints[0]


def reconnected(*, loses_one: bool) -> list[dict[str, Any]]:
    before = [bybit.snapshot(100), bybit.book(101, [("100.0", "2")]), bybit.snapshot(7, symbol="ETHUSDT")]
    after = [bybit.book(103, [("100.0", "3")])] if loses_one else [bybit.snapshot(500), bybit.book(501)]
    return [
        *bybit.received(bybit.LINEAR, *before),
        bybit.connect(bybit.LINEAR),
        *bybit.received(bybit.LINEAR, *after, bybit.kline(True)),
    ]


def test_a_connection_that_is_opened_again_leaves_a_gap_in_its_recordings(rec: Command, tmp_path: Path) -> None:
    said = imported(rec, tmp_path, *reconnected(loses_one=False))
    events = events_of(tmp_path / LINEAR_BTC)
    kinds = [type(event.data) for event in events]
    assert kinds == [Orderbook, Orderbook, FeedGap, Orderbook, Orderbook, Kline]
    gap = events[2]
    assert gap.data == FeedGap(f"the capture's connection {bybit.LINEAR} was opened again")
    assert gap.header.receive_time_ns == events[1].header.receive_time_ns + 2 * bybit.STEP_NS
    assert [event.header.sequence for event in events] == sorted(event.header.sequence for event in events)
    assert [type(event.data) for event in events_of(tmp_path / LINEAR_ETH)] == [Orderbook, FeedGap]
    (complaint,) = said.complaints
    assert f"read on from {bybit.LINEAR}: it was opened again" in complaint


def test_what_goes_on_after_it_without_a_snapshot_is_no_market(rec: Command, tmp_path: Path) -> None:
    imported(rec, tmp_path, *reconnected(loses_one=True))
    book = LocalOrderbook()
    for event in book_events(tmp_path / LINEAR_BTC):
        book.update(event)
    assert book.state is BookState.GAP


def test_a_connection_that_gave_nothing_yet_leaves_none(rec: Command, tmp_path: Path) -> None:
    rows = [bybit.connect(bybit.LINEAR), *bybit.received(bybit.LINEAR, bybit.snapshot(100))]
    said = imported(rec, tmp_path, *rows)
    assert said.err == ""
    assert [type(event.data) for event in events_of(tmp_path / LINEAR_BTC)] == [Orderbook]


def test_one_connection_opened_again_says_nothing_about_another(rec: Command, tmp_path: Path) -> None:
    rows = [
        *bybit.preamble(),
        *bybit.received(bybit.LINEAR, bybit.snapshot(100)),
        *bybit.received(bybit.SPOT, bybit.snapshot(100)),
        bybit.connect(bybit.LINEAR),
        *bybit.received(bybit.LINEAR, bybit.snapshot(300)),
        *bybit.received(bybit.SPOT, bybit.book(101)),
    ]
    assert rec("import", bybit.write_capture(tmp_path / "x.jsonl", rows), "--out", tmp_path).status == 0
    assert [type(event.data) for event in events_of(tmp_path / SPOT_BTC)] == [Orderbook, Orderbook]
    assert is_kept_whole(tmp_path / SPOT_BTC)


# -- lists of instruments --------------------------------------------------------------------------------------

BAD_ROW = bybit.LINEAR_BTC | {"symbol": "OLDUSDT", "baseCoin": "OLD", "priceFilter": {"tickSize": "0"}}


def test_a_bad_row_of_a_list_is_named_and_costs_no_other(rec: Command, tmp_path: Path) -> None:
    listed = bybit.instruments("linear", BAD_ROW, bybit.LINEAR_BTC)
    said = imported(
        rec, tmp_path, bybit.reply(listed, "linear"), *bybit.received(bybit.LINEAR, bybit.snapshot(), bybit.book(101))
    )
    (complaint,) = said.complaints
    assert "read the instrument OLDUSDT of bybit linear: its tick size is 0, which is not above zero" in complaint
    assert "left out" in complaint
    assert len(book_events(tmp_path / LINEAR_BTC)) == 2


def test_a_bad_row_of_a_file_is_named_and_costs_no_other(rec: Command, tmp_path: Path) -> None:
    capture = bybit.write_capture(tmp_path / "x.jsonl", bybit.received("a", bybit.snapshot()))
    saved = tmp_path / "list.json"
    saved.write_text(bybit.instruments("linear", BAD_ROW, bybit.LINEAR_BTC))
    said = rec("import", capture, "--out", tmp_path, "--instruments", saved)
    assert said.status == 0
    (complaint,) = said.complaints
    assert complaint.startswith("list.json: read the instrument OLDUSDT of bybit linear")
    assert len(book_events(tmp_path / LINEAR_BTC)) == 1


def test_a_file_of_nothing_but_bad_rows_is_one_error(rec: Command, tmp_path: Path) -> None:
    capture = bybit.write_capture(tmp_path / "x.jsonl", bybit.received("a", bybit.snapshot()))
    saved = tmp_path / "list.json"
    saved.write_text(bybit.instruments("linear", BAD_ROW))
    said = rec("import", capture, "--out", tmp_path, "--instruments", saved)
    assert said.status == 1
    (complaint,) = said.complaints
    assert f"read the instrument OLDUSDT of bybit linear from {saved}: its tick size is 0" in complaint
