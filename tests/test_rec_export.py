"""``ttxt-rec export``: every event as JSON or as rows, by name, and nothing lost on the way."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from tests import recording_support as recordings
from tests.market_events import BTC, snapshot
from tests.rec_support import Command, events_of, rec_command
from ttxt_core.cli.export_rows import csv_columns
from ttxt_core.cli.rec import main
from ttxt_core.events import (
    BookState,
    BookStatus,
    Event,
    EventData,
    FeedGap,
    Instrument,
    MarketTrades,
    MessageHeader,
    Orderbook,
    UnknownEvent,
    register_event,
)
from ttxt_core.events.registry import registry

__all__ = ["rec_command"]


@pytest.fixture(name="path", scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events of every kind that a market has."""
    events = recordings.market(400)
    header = events[-1].header
    events += [
        Event(header, Orderbook([], [], False, 7, 6)),  # it moves the sequence and nothing else
        Event(header, BookStatus(BookState.STALE, "silent, for 5 s")),
        Event(header, FeedGap('lost "some"\nthings', None)),
        Event(header, UnknownEvent("tests.never", b"\x92\xabtests.never\x01")),
    ]
    return recordings.write(tmp_path_factory.mktemp("export") / "x.bin", events)


def as_json(event: Event[Any]) -> dict[str, Any]:
    """What `event` is in JSON, found another way than the program finds it."""
    import msgspec

    data = asdict(event.data)
    if isinstance(event.data, MarketTrades):
        data["trades"] = [asdict(trade) for trade in event.data.trades]
    if isinstance(event.data, UnknownEvent):
        data["raw"] = event.data.raw.hex()
    named = {"type": type(event.data).__name__, "header": asdict(event.header), "data": data}
    decoded: dict[str, Any] = json.loads(msgspec.json.encode(named))
    return decoded


def test_jsonl_is_an_object_an_event_with_all_fields(rec: Command, path: Path) -> None:
    said = rec("export", path, "--format", "jsonl")
    assert (said.status, said.err) == (0, "")
    instrument, *objects = [json.loads(line) for line in said.out.splitlines()]
    assert (instrument["type"], instrument["data"]["tick_size"]) == ("Instrument", "0.1")
    assert objects == [as_json(event) for event in events_of(path)]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def numbers(event: Event[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows that a book or trades must have."""
    time_ns = str(event.header.receive_time_ns)
    if isinstance(event.data, MarketTrades):
        for trade in event.data.trades:
            yield time_ns, trade.side.value, trade.price, trade.size, trade.trade_id
    elif isinstance(event.data, Orderbook):
        for name, levels in (("bid", event.data.bids), ("ask", event.data.asks)):
            for price, size in levels:
                yield time_ns, name, price, size, ""


def test_csv_has_a_row_a_level_and_a_row_a_trade(rec: Command, path: Path) -> None:
    rows = rows_of(rec("export", path, "--format", "csv", "--types", "Orderbook,markettrades").out)
    assert list(rows[0]) == csv_columns([Orderbook, MarketTrades])
    found = [
        (row["receive_time_ns"], row["side"], float(row["price"]), float(row["size"]), row["trade_id"])
        for row in rows
        if row["side"]
    ]
    assert found == [row for event in events_of(path) for row in numbers(event)]
    (empty,) = [row for row in rows if not row["side"]]
    assert (empty["sequence"], empty["previous_sequence"], empty["price"]) == ("7", "6", "")


def test_csv_of_all_types_has_every_event(rec: Command, path: Path) -> None:
    rows = rows_of(rec("export", path, "--format", "csv").out)
    assert {row["type"] for row in rows} == {
        *("Orderbook", "MarketTrades", "Kline", "Ticker", "Instrument", "BookStatus", "FeedGap", "UnknownEvent"),
    }
    (gap,) = [row for row in rows if row["type"] == "FeedGap"]
    assert (gap["reason"], gap["missed"]) == ('lost "some"\nthings', "")
    (status,) = [row for row in rows if row["type"] == "BookStatus"]
    assert (status["state"], status["reason"]) == ("stale", "silent, for 5 s")
    (unknown,) = [row for row in rows if row["type"] == "UnknownEvent"]
    assert json.loads(unknown["data"])["tag"] == "tests.never"
    ticker = next(row for row in rows if row["type"] == "Ticker")
    assert (ticker["last"] != "", ticker["mark"]) == (True, "")
    candle = next(row for row in rows if row["type"] == "Kline")
    assert (candle["is_closed"], candle["interval_ns"]) == ("false", "60000000000")


def test_types_of_your_own_are_rows_too(rec: Command, tmp_path: Path) -> None:
    class TestsMood(EventData, frozen=True, tag="tests.mood"):
        mood: str
        reasons: list[str]

    register_event(TestsMood, "tests.mood")
    try:
        header = MessageHeader(*BTC, 0, recordings.START_NS)
        path = recordings.write(tmp_path / "x.bin", [snapshot(), Event(header, TestsMood("calm", ["rain", "tea"]))])
        said = rec("export", path, "--format", "csv", "--types", "TestsMood")
    finally:
        del registry._types["tests.mood"]
        registry._events = registry._data = None
        registry.generation += 1
    (row,) = rows_of(said.out)
    assert json.loads(row["data"]) == {"mood": "calm", "reasons": ["rain", "tea"]}


def test_a_span_of_time(rec: Command, path: Path) -> None:
    times = [event.header.receive_time_ns for event in events_of(path)]
    out = rec("export", path, "--format", "jsonl", "--from", str(times[100]), "--to", str(times[200])).out
    assert [json.loads(line)["header"]["sequence"] for line in out.splitlines()] == list(range(101, 201))
    assert rec("export", path, "--format", "csv", "--from", "+1h").out.count("\n") == 1  # the names of the columns


def test_to_a_new_file_only(rec: Command, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    said = rec("export", path, "--format", "csv", "--out", target)
    assert (said.status, said.out, said.err) == (0, "", "")
    assert target.read_text() == rec("export", path, "--format", "csv").out
    for out in (target, path):
        before = out.read_bytes()
        said = rec("export", path, "--format", "csv", "--out", out)
        assert (said.status, said.complaints) == (1, [f"export to {out}: it exists (choose another name)"])
        assert out.read_bytes() == before
    assert rec("export", path, "--format", "csv", "--out", tmp_path / "no" / "x").complaints == [
        f"export to {tmp_path / 'no' / 'x'}: No such file or directory"
    ]


def test_an_unknown_type_is_one_message_that_names_the_known(rec: Command, path: Path) -> None:
    said = rec("export", path, "--format", "csv", "--types", "Orderbook,Weather")
    assert said.status == 1
    (complaint,) = said.complaints
    assert complaint.startswith(
        "export events of type 'Weather': there is no such type (known: Orderbook, MarketTrades"
    )


def test_damage_is_told_and_the_rest_exported(rec: Command, path: Path, tmp_path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "x.bin"
    damaged.write_bytes(content)
    said = rec("export", damaged, "--format", "jsonl")
    assert said.status == 0
    (complaint,) = said.complaints
    assert "damaged at byte" in complaint
    kinds = [json.loads(line)["type"] for line in said.out.splitlines()]
    assert kinds.count("FeedGap") == 2  # one was recorded, one stands for the damage
    assert len(kinds) > 200


def test_the_help_names_every_column_and_type(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    text = capsys.readouterr().out
    for types in ([Orderbook], [MarketTrades]):
        assert set(csv_columns(types)) <= set(text.split())
    assert "Orderbook,MarketTrades,Kline,Ticker,Instrument,BookStatus,FeedGap" in text
    assert Instrument.__name__ in text
