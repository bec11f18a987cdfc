"""When a kept book is the market and when not, and that real books come out right."""

from __future__ import annotations

import hashlib
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.market_events import delta, event, snapshot
from ttxt_core.events import BookState, Event, InstrumentKey, MessageHeader, Orderbook
from ttxt_core.orderbook import LocalOrderbook


def valid_book() -> LocalOrderbook:
    book = LocalOrderbook()
    book.update(snapshot(10, bids=[(100.0, 1.0), (99.0, 2.0)], asks=[(101.0, 1.0), (102.0, 2.0)]))
    assert book.state is BookState.VALID
    return book


def test_a_delta_before_any_snapshot_waits() -> None:
    book = LocalOrderbook()
    assert book.update(delta(5, bids=[(100.0, 1.0)])) is BookState.SYNCING
    assert "before a snapshot" in book.reason
    assert book.bids() == []
    assert book.ignored == 1
    assert book.update(snapshot(6)) is BookState.VALID
    assert book.reason == ""


def test_a_gap_drops_the_delta_and_all_after_it_until_a_snapshot() -> None:
    book = valid_book()
    before = book.bids()
    assert book.update(delta(12, bids=[(100.5, 1.0)])) is BookState.GAP
    assert "11" in book.reason
    assert "10" in book.reason
    assert book.update(delta(11, bids=[(100.5, 1.0)])) is BookState.GAP
    assert (book.bids(), book.sequence, book.ignored) == (before, 10, 2)
    assert book.update(snapshot(20, bids=[(90.0, 1.0)], asks=[(91.0, 1.0)])) is BookState.VALID
    assert (book.bids(), book.asks()) == ([(90.0, 1.0)], [(91.0, 1.0)])
    assert book.update(delta(21, bids=[(90.5, 1.0)])) is BookState.VALID


def test_without_a_sequence_deltas_are_taken_as_they_come() -> None:
    book = valid_book()
    assert book.update(delta(500, bids=[(100.0, 3.0)], previous=None)) is BookState.VALID
    assert book.best_bid == (100.0, 3.0)


@pytest.mark.parametrize("ask", [100.0, 99.5])
def test_a_crossed_book_is_not_the_market(ask: float) -> None:
    book = valid_book()
    assert book.update(delta(11, asks=[(ask, 1.0)])) is BookState.GAP
    assert book.reason.startswith("crossed")
    assert book.update(delta(12, asks=[(ask, 0.0)])) is BookState.GAP


def test_a_crossed_snapshot_is_not_the_market() -> None:
    book = valid_book()
    assert book.update(snapshot(11, bids=[(101.0, 1.0)], asks=[(100.0, 1.0)])) is BookState.GAP
    assert book.reason.startswith("crossed")


BAD_LEVELS = [(math.nan, 1.0), (0.0, 1.0), (-1.0, 1.0), (math.inf, 1.0), (101.5, math.nan), (101.5, -0.5)]


@pytest.mark.parametrize("level", BAD_LEVELS)
@pytest.mark.parametrize("is_snapshot", [False, True])
def test_a_message_with_a_bad_level_is_not_applied_at_all(level: tuple[float, float], is_snapshot: bool) -> None:
    for bids, asks in (([(100.0, 9.0), level], []), ([(100.0, 9.0)], [(101.0, 9.0), level])):
        book = valid_book()
        before = book.bids(), book.asks()
        assert book.update(event(Orderbook(bids, asks, is_snapshot, 11, 10))) is BookState.GAP
        assert "bad level" in book.reason
        assert (book.bids(), book.asks()) == before
        assert book.sequence == 10


def test_stale_and_reset() -> None:
    book = valid_book()
    book.mark_stale("silent for 5 s")
    assert (book.state, book.reason) == (BookState.STALE, "silent for 5 s")
    assert book.best_bid == (100.0, 1.0)
    assert book.update(delta(11, bids=[(100.0, 2.0)])) is BookState.STALE
    assert book.best_bid == (100.0, 1.0)
    book.update(snapshot(12))
    book.mark_gap("mailbox was full")
    assert (book.state, book.reason) == (BookState.GAP, "mailbox was full")
    book.reset("seek")
    assert (book.state, book.reason, book.best_bid, book.sequence) == (BookState.SYNCING, "seek", None, 0)


def captured_books(capture: Path) -> list[tuple[str, dict[str, Any]]]:
    with capture.open("rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8").readlines()
    rows = (json.loads(line) for line in lines)
    frames = ((row["conn"], json.loads(row["data"])) for row in rows if row["t"] == "recv")
    return [(conn, frame) for conn, frame in frames if frame.get("topic", "").startswith("orderbook")]


def captured_event(connection: str, frame: dict[str, Any]) -> Event[Orderbook]:
    data = frame["data"]
    bids, asks = ([(float(price), float(size)) for price, size in data[side]] for side in "ba")
    is_snapshot = frame["type"] == "snapshot"
    previous = None if is_snapshot else data["u"] - 1
    return Event(
        MessageHeader("bybit", connection, data["s"]),
        Orderbook(bids, asks, is_snapshot, data["u"], previous, 200),
    )


def decimals_of(texts: list[str]) -> int:
    return max(len(text.partition(".")[2]) for text in texts)


def test_real_books_end_as_two_other_readers_say(bybit_capture: Path, shared_data: Path) -> None:
    expected = json.loads((shared_data / "expected_books.json").read_text())
    frames = captured_books(bybit_capture)
    books: dict[str, LocalOrderbook] = {}
    for connection, frame in frames:
        key = f"bybit/{bybit_capture.name}|{connection}|{frame['topic']}"
        book = books.setdefault(key, LocalOrderbook(InstrumentKey("bybit", connection, frame["data"]["s"])))
        assert book.update(captured_event(connection, frame)) is BookState.VALID
    assert len(frames) == 2148
    assert len(books) == 6
    for key, book in books.items():
        want = expected[key]
        assert (len(book.bids()), len(book.asks())) == (want["bids"], want["asks"]) == (200, 200)
        assert book.sequence == want["seq"]
        tops = [*want["top_bids"], *want["top_asks"]]
        if "ws.2" in key:
            prices, sizes = (decimals_of([level[i] for level in tops]) for i in (0, 1))
            lines = [f"{price:.{prices}f}:{size:.{sizes}f}" for price, size in [*book.bids(), *book.asks()]]
        else:
            lines = [f"{plain(price)}:{plain(size)}" for price, size in [*book.bids(), *book.asks()]]
        assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == want["sha256"], key


def plain(value: float) -> str:
    """The shortest plain decimal of a float: no exponent, no trailing zeros."""
    digits = next(n for n in range(25) if float(f"{value:.{n}f}") == value)
    return f"{value:.{digits}f}"


def test_one_lost_delta_of_a_real_stream_is_noticed(bybit_capture: Path) -> None:
    frames = [frame for frame in captured_books(bybit_capture) if frame[0] == "BYBIT.ws.2"]
    events = [captured_event(*frame) for frame in frames if frame[1]["topic"] == "orderbook.200.BTCUSDT"]
    for lost in range(1, len(events) - 1, 97):
        book = LocalOrderbook()
        for index, message in enumerate(events):
            if index != lost:
                book.update(message)
                assert (book.state is BookState.VALID) is (index < lost)
        assert book.ignored == len(events) - lost - 1
