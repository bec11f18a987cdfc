"""``ttxt-rec import`` on captures that the tests make: routing, targets, appending, the instruments' sources."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests import bybit_frames as bybit
from tests.rec_support import LINEAR_BTC, SPOT_BTC, Command, events_of, rec_command, short_capture
from ttxt_core.events import BookState, Instrument, Kline, Orderbook
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.recording.reader import RecordingReader

__all__ = ["rec_command"]
SECOND_NS = 1_000_000_000


def test_the_same_symbol_on_two_categories_goes_to_two_files(rec: Command, tmp_path: Path) -> None:
    capture = short_capture(tmp_path / "x.jsonl.zst")
    said = rec("import", capture, "--out", tmp_path / "out")
    assert (said.status, said.err) == (0, "")
    # ETH is in both instrument lists, but has no market data.
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [LINEAR_BTC, SPOT_BTC]
    for name, category, count in ((LINEAR_BTC, "linear", 47), (SPOT_BTC, "spot", 43)):
        events = events_of(tmp_path / "out" / name)
        assert {event.header.category for event in events} == {category}
        assert len(events) == count
        books = [event.data.sequence for event in events if type(event.data) is Orderbook]
        first = 100 if category == "linear" else 9_100
        assert books == list(range(first, first + 42))


def test_the_table_and_the_summary(rec: Command, tmp_path: Path) -> None:
    said = rec("import", short_capture(tmp_path / "x.jsonl"), "--out", tmp_path)
    header, linear, spot, both, summary = said.out.splitlines()
    assert header.split() == [
        *("file", "events", "Orderbook", "MarketTrades", "Kline", "Ticker", "trades", "levels/book", "gaps"),
        *("bytes", "bytes/event"),
    ]
    assert linear.split()[:8] == [LINEAR_BTC, "47", "42", "1", "2", "2", "3", "1.2"]
    assert spot.split()[:8] == [SPOT_BTC, "43", "42", "1", "0", "0", "1", "1.2"]
    assert both.split()[:7] == ["all", "90", "84", "2", "2", "2", "4"]
    sizes = [(tmp_path / name).stat().st_size for name in (LINEAR_BTC, SPOT_BTC)]
    assert [int(line.split()[9].replace(",", "")) for line in (linear, spot, both)] == [*sizes, sum(sizes)]
    assert float(linear.split()[10]) == round(sizes[0] / 47, 1)
    assert summary == "91 frames, 0 frames skipped"


def test_receive_times_are_exact(rec: Command, tmp_path: Path) -> None:
    rec("import", short_capture(tmp_path / "x.jsonl", first_ns=bybit.START_NS + 123), "--out", tmp_path)
    times = [event.header.receive_time_ns for event in events_of(tmp_path / LINEAR_BTC)]
    assert all((time - bybit.START_NS) % bybit.STEP_NS == 123 for time in times)
    assert times == sorted(times)


def test_only_the_pairs_asked_for(rec: Command, tmp_path: Path) -> None:
    rows = bybit.preamble()
    for symbol in ("BTCUSDT", "ETHUSDT"):
        rows += bybit.received(bybit.LINEAR, bybit.snapshot(symbol=symbol))
    capture = bybit.write_capture(tmp_path / "x.jsonl", rows)
    said = rec("import", capture, "--out", tmp_path / "out", "--pairs", "eth/usdt,SOL/USDT")
    assert said.status == 0
    assert said.complaints == ["import SOL/USDT from x.jsonl: it has no market data of that pair"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["BYBIT-LINEAR_ETH_USDT.bin"]


def test_chunks_of_the_size_asked_for(rec: Command, tmp_path: Path) -> None:
    capture = short_capture(tmp_path / "x.jsonl")
    rec("import", capture, "--out", tmp_path, "--chunk-events", "10")
    with RecordingReader(tmp_path / LINEAR_BTC) as reader:
        assert [chunk.header.rows for chunk in reader.chunks[1:]] == [10, 10, 10, 10, 7]


def test_two_candles_of_one_frame_are_both_there(rec: Command, tmp_path: Path) -> None:
    rec("import", short_capture(tmp_path / "x.jsonl"), "--out", tmp_path)
    candles = [event.data for event in events_of(tmp_path / LINEAR_BTC) if type(event.data) is Kline]
    assert [candle.is_closed for candle in candles] == [True, False]


# -- targets ---------------------------------------------------------------------------------------------


def test_a_target_that_exists_is_left_alone_and_the_others_written(rec: Command, tmp_path: Path) -> None:
    capture = short_capture(tmp_path / "x.jsonl")
    (tmp_path / LINEAR_BTC).write_bytes(b"mine")
    said = rec("import", capture, "--out", tmp_path)
    assert said.status == 1
    assert said.complaints == [
        (
            f"open {tmp_path / LINEAR_BTC} for writing: it exists (append to it, or choose another name); "
            "its events are left out"
        )
    ]
    assert (tmp_path / LINEAR_BTC).read_bytes() == b"mine"
    assert len(events_of(tmp_path / SPOT_BTC)) == 43
    assert SPOT_BTC in said.out


def test_appending_something_later_goes_on_with_the_file(rec: Command, tmp_path: Path) -> None:
    rec("import", short_capture(tmp_path / "1.jsonl"), "--out", tmp_path)
    size = (tmp_path / LINEAR_BTC).stat().st_size
    later = short_capture(tmp_path / "2.jsonl", first_ns=bybit.START_NS + 60 * SECOND_NS, update=500)
    assert rec("import", later, "--out", tmp_path).status == 1
    said = rec("import", later, "--out", tmp_path, "--append")
    assert (said.status, said.err) == (0, "")
    assert len(events_of(tmp_path / LINEAR_BTC)) == 2 * 47
    added = (tmp_path / LINEAR_BTC).stat().st_size - size
    assert f"{added:,}" in said.out.splitlines()[1].split()


def test_deltas_that_follow_the_file_need_no_snapshot(rec: Command, tmp_path: Path) -> None:
    rec("import", short_capture(tmp_path / "1.jsonl"), "--out", tmp_path)
    rows = bybit.preamble("linear") + bybit.received(bybit.LINEAR, bybit.book(142), bybit.book(143))
    later = bybit.write_capture(tmp_path / "2.jsonl", rows, bybit.START_NS + 60 * SECOND_NS)
    said = rec("import", later, "--out", tmp_path, "--append")
    assert (said.status, said.err) == (0, "")
    book = LocalOrderbook()
    for event in events_of(tmp_path / LINEAR_BTC):
        if type(event.data) is Orderbook:
            book.update(event)
    assert (book.state, book.sequence) == (BookState.VALID, 143)


@pytest.mark.parametrize("shift_ns", [-60 * SECOND_NS, 0])
def test_appending_something_earlier_is_refused(rec: Command, tmp_path: Path, shift_ns: int) -> None:
    rec("import", short_capture(tmp_path / "1.jsonl"), "--out", tmp_path)
    before = [(tmp_path / name).read_bytes() for name in (LINEAR_BTC, SPOT_BTC)]
    again = short_capture(tmp_path / "2.jsonl", first_ns=bybit.START_NS + shift_ns)
    said = rec("import", again, "--out", tmp_path, "--append")
    assert said.status == 1
    assert [complaint.split(":")[0] for complaint in said.complaints] == [
        f"append to {tmp_path / LINEAR_BTC}",
        f"append to {tmp_path / SPOT_BTC}",
    ]
    assert (
        "its last event is of 2026-08-09T21:26:5" in said.err or "its last event is of 2026-08-09T21:27:0" in said.err
    )
    assert [(tmp_path / name).read_bytes() for name in (LINEAR_BTC, SPOT_BTC)] == before


def test_appending_makes_what_is_not_there_and_goes_on_with_an_empty_file(rec: Command, tmp_path: Path) -> None:
    (tmp_path / SPOT_BTC).touch()
    said = rec("import", short_capture(tmp_path / "1.jsonl"), "--out", tmp_path, "--append")
    assert (said.status, said.err) == (0, "")
    assert len(events_of(tmp_path / SPOT_BTC)) == 43


def test_appending_to_something_else_is_refused(rec: Command, tmp_path: Path) -> None:
    (tmp_path / SPOT_BTC).write_bytes(b"a letter to my aunt")
    said = rec("import", short_capture(tmp_path / "1.jsonl"), "--out", tmp_path, "--append")
    assert said.status == 1
    (complaint,) = said.complaints
    assert "does not begin with a recording's chunk" in complaint
    assert (tmp_path / SPOT_BTC).read_bytes() == b"a letter to my aunt"
    assert len(events_of(tmp_path / LINEAR_BTC)) == 47


def test_a_newer_instrument_is_recorded(rec: Command, tmp_path: Path) -> None:
    finer = bybit.LINEAR_BTC | {"priceFilter": {"tickSize": "0.01"}}
    rows = bybit.preamble("linear") + bybit.received(bybit.LINEAR, bybit.snapshot())
    rows += [bybit.reply(bybit.instruments("linear"), "linear")]  # the same again says nothing
    rows += [bybit.reply(bybit.instruments("linear", finer), "linear")]
    rec("import", bybit.write_capture(tmp_path / "x.jsonl", rows), "--out", tmp_path)
    with RecordingReader(tmp_path / LINEAR_BTC) as reader:
        ticks = [event.data.tick_size for event in reader.events() if type(event.data) is Instrument]
    assert ticks == [Decimal("0.10"), Decimal("0.01")]


# -- instruments that are not in the capture ---------------------------------------------------------------


def without_addresses(path: Path, *frames: str) -> Path:
    return bybit.write_capture(path, bybit.received(bybit.SPOT, *frames))


def test_without_instruments_both_ways_are_named(rec: Command, tmp_path: Path) -> None:
    capture = without_addresses(tmp_path / "x.jsonl", bybit.snapshot())
    said = rec("import", capture, "--out", tmp_path / "out")
    assert said.status == 1
    (complaint,) = said.complaints
    assert "--instruments FILE" in complaint
    assert "--infer-steps --category spot" in complaint
    assert not (tmp_path / "out").exists()
    (complaint,) = rec("import", capture, "--out", tmp_path / "out", "--category", "linear").complaints
    assert "--infer-steps --category linear" in complaint


@pytest.mark.parametrize("names_category", [True, False])
def test_instruments_from_a_file(rec: Command, tmp_path: Path, names_category: bool) -> None:
    capture = without_addresses(tmp_path / "x.jsonl", bybit.snapshot())
    body = bybit.instruments("linear")
    saved = tmp_path / "list.json"
    options = [] if names_category else ["--category", "linear"]
    saved.write_text(body if names_category else body.replace('"category": "linear", ', ""))
    said = rec("import", capture, "--out", tmp_path, "--instruments", saved, *options)
    assert (said.status, said.err) == (0, "")
    with RecordingReader(tmp_path / LINEAR_BTC) as reader:
        assert reader.instrument.data.tick_size == Decimal("0.10")
        assert reader.instrument.header.receive_time_ns == reader.first_ns


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nonsense", "JSON is malformed"),
        (b'{"retCode":0,"retMsg":"","result":{"list":[]}}', "does not name its category"),
        (bybit.instruments("option").encode(), "no normalizer reads category 'option' yet"),
        (b'{"retCode":10006,"retMsg":"slow down","result":{"category":"spot"}}', "code 10006: slow down"),
        (None, "No such file"),
    ],
)
def test_a_bad_file_of_instruments_is_one_error(
    rec: Command, tmp_path: Path, content: bytes | None, message: str
) -> None:
    saved = tmp_path / "list.json"
    if content is not None:
        saved.write_bytes(content)
    capture = without_addresses(tmp_path / "x.jsonl", bybit.snapshot())
    said = rec("import", capture, "--out", tmp_path, "--instruments", saved)
    assert said.status == 1
    (complaint,) = said.complaints
    assert message in complaint
    assert str(saved) in complaint


def test_steps_are_inferred_from_all_frames_before_the_first_is_written(rec: Command, tmp_path: Path) -> None:
    capture = without_addresses(
        tmp_path / "x.jsonl",
        bybit.book(1, [("100", "1")], [("101", "2")], kind="snapshot", symbol="SOLUSDC"),
        bybit.book(2, [("99.5", "0.25")], symbol="SOLUSDC"),
        bybit.book(3, [("99", "3")], symbol="SOLUSDC"),
        bybit.trades("Buy", symbol="ETHBTC"),
        bybit.trades("Buy", symbol="WHATEVER"),
    )
    said = rec("import", capture, "--out", tmp_path, "--infer-steps", "--category", "spot")
    assert said.status == 0
    inferred = [complaint for complaint in said.complaints if "inferred" in complaint]
    assert inferred == [
        (
            "bybit spot ETH/BTC: tick 0.01 and lot 0.001 are inferred from the decimals in x.jsonl, "
            "the pair from the symbol ETHBTC"
        ),
        (
            "bybit spot SOL/USDC: tick 0.1 and lot 0.01 are inferred from the decimals in x.jsonl, "
            "the pair from the symbol SOLUSDC"
        ),
    ]
    assert (
        "infer the pair of WHATEVER: it ends with no known quote currency (give --instruments FILE)" in said.complaints
    )
    assert any("unknown symbol WHATEVER" in complaint for complaint in said.complaints)
    assert {path.name for path in tmp_path.glob("*.bin")} == {"BYBIT_SOL_USDC.bin", "BYBIT_ETH_BTC.bin"}
    with RecordingReader(tmp_path / "BYBIT_SOL_USDC.bin") as reader:
        spec = reader.instrument.data
    assert (spec.tick_size, spec.lot_size) == (Decimal("0.1"), Decimal("0.01"))


def test_linear_names_are_inferred_too(rec: Command, tmp_path: Path) -> None:
    symbols = ["BTCPERP", "BTCUSDT-25DEC26", "BTC-25DEC26"]
    capture = without_addresses(tmp_path / "x.jsonl", *[bybit.snapshot(symbol=symbol) for symbol in symbols])
    said = rec("import", capture, "--out", tmp_path, "--infer-steps", "--category", "linear")
    assert said.status == 0
    assert {path.name for path in tmp_path.glob("*.bin")} == {
        "BYBIT-LINEAR_BTC_USDC.bin",
        "BYBIT-LINEAR_BTC_USDT_20261225.bin",
        "BYBIT-LINEAR_BTC_USDC_20261225.bin",
    }


def test_what_is_listed_is_not_inferred(rec: Command, tmp_path: Path) -> None:
    capture = short_capture(tmp_path / "x.jsonl")
    said = rec("import", capture, "--out", tmp_path, "--infer-steps", "--category", "spot")
    assert (said.status, said.err) == (0, "")


# -- interrupted -----------------------------------------------------------------------------------------

INTERRUPTED = """
import signal, sys
from ttxt_core.cli import rec_import
from ttxt_core.cli.rec import main
real = rec_import.read_capture
def interrupted(*arguments):
    for number, frame in enumerate(real(*arguments)):
        if number == 60:
            signal.raise_signal(signal.SIGINT)
        yield frame
rec_import.read_capture = interrupted
sys.exit(main())
"""


def test_ctrl_c_is_one_line_and_what_was_written_is_whole(tmp_path: Path) -> None:
    capture = short_capture(tmp_path / "x.jsonl")
    arguments = ["import", str(capture), "--out", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *arguments], capture_output=True, text=True, check=False, env=os.environ
    )
    assert (run.returncode, run.stderr) == (130, "ttxt-rec: interrupted: what was written is whole\n")
    assert len(events_of(tmp_path / LINEAR_BTC)) > 20


def test_one_line_of_a_capture_is_enough_to_see_the_shape(tmp_path: Path) -> None:
    """The captures of these tests are in the shape of real ones: time and all."""
    line = json.loads(bybit.capture_lines(bybit.received(bybit.SPOT, bybit.ACK))[0])
    assert line == {"t": "recv", "conn": "BYBIT.ws.3", "ts": 1786310819.0, "data": bybit.ACK}
