"""Bybit's own frames through ``ttxt-rec import``: counts and final books as they must be, the candles and all."""

import hashlib
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ttxt_core.cli.rec import main
from ttxt_core.events import (
    BookState,
    Event,
    Instrument,
    InstrumentKey,
    Kline,
    MarketTrades,
    Orderbook,
    Side,
    Source,
    Ticker,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.recording.reader import RecordingReader

NAMES = [
    "BYBIT-LINEAR_BTC_USDT.bin",
    "BYBIT-LINEAR_DOGE_USDT.bin",
    "BYBIT-LINEAR_ETH_USDT.bin",
    "BYBIT-LINEAR_SOL_USDT.bin",
    "BYBIT_BTC_USDT.bin",
    "BYBIT_ETH_USDT.bin",
]
CONNECTIONS = {"linear": "BYBIT.ws.2", "spot": "BYBIT.ws.3"}


@pytest.fixture(scope="module")
def folder(bybit_capture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the capture gives."""
    out = tmp_path_factory.mktemp("imported") / "new" / "folder"
    assert main(["import", str(bybit_capture), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def events(folder: Path) -> list[Event[Any]]:
    """All events of all files, but the instruments that they begin with."""
    read: list[Event[Any]] = []
    for path in sorted(folder.iterdir()):
        with RecordingReader(path) as reader:
            read += [event for event in reader.events() if type(event.data) is not Instrument]
    return read


def test_a_file_for_each_pair_that_has_market_data(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == NAMES


def test_event_counts_are_those_of_the_capture(events: list[Event[Any]]) -> None:
    kinds = Counter(type(event.data) for event in events)
    books = [event.data for event in events if type(event.data) is Orderbook]
    candles = [event.data for event in events if type(event.data) is Kline]
    trades = [trade for event in events if type(event.data) is MarketTrades for trade in event.data.trades]
    assert set(kinds) == {Orderbook, MarketTrades, Kline, Ticker}
    assert (len(books), sum(book.is_snapshot for book in books)) == (2_148, 6)
    assert Counter(trade.side for trade in trades) == {Side.BUY: 120, Side.SELL: 227}
    assert Counter(candle.is_closed for candle in candles) == {False: 94, True: 6}
    assert kinds[Ticker] == 839
    assert {event.header.source for event in events} == {Source.IMPORT}


def test_record_numbers_rise_over_all_files(events: list[Event[Any]]) -> None:
    numbers = sorted(event.header.sequence for event in events)
    assert numbers == list(range(1, len(events) + 1))


def test_the_six_final_books(folder: Path, shared_data: Path, events: list[Event[Any]]) -> None:
    expected = expected_books(shared_data)
    books: dict[InstrumentKey, LocalOrderbook] = {}
    for event in events:
        if type(event.data) is Orderbook:
            assert books.setdefault(event.header.key, LocalOrderbook()).update(event) is BookState.VALID
    instruments = {}
    for path in folder.iterdir():
        with RecordingReader(path) as reader:
            instruments[reader.key] = InstrumentInfo.from_event(reader.instrument)
    assert len(books) == 6
    for key, book in books.items():
        symbol = instruments[key].spec.symbol
        wanted = expected[f"bybit/BYBIT.jsonl.zst|{CONNECTIONS[key.category]}|orderbook.200.{symbol}"]
        check_book(book, instruments[key], wanted, has_fixed_decimals=key.category == "linear")


def test_the_archive(shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = shared_data / "bybit" / "xrpusdt-ob500.data.zip"
    if not archive.is_file():
        pytest.skip(f"no archive at {archive}")
    assert main(["import", str(archive), "--out", str(tmp_path), "--infer-steps", "--category", "spot"]) == 0
    said = capsys.readouterr().err
    assert "bybit spot XRP/USDT: tick 0.0001 and lot 1 are inferred" in said
    with RecordingReader(tmp_path / "BYBIT_XRP_USDT.bin") as reader:
        info = InstrumentInfo.from_event(reader.instrument)
        book = LocalOrderbook()
        kinds = Counter(event.data.is_snapshot for event in map(_kept(book), reader.events()) if event is not None)
    assert kinds == {True: 1, False: 49}
    assert book.state is BookState.VALID
    key = "bybit/xrpusdt-ob500.data.zip|2024-12-01_XRPUSDT_ob500.data|orderbook.500.XRPUSDT"
    check_book(book, info, expected_books(shared_data)[key], has_fixed_decimals=True)


@pytest.mark.parametrize(
    "name",
    [
        "coinbase/COINBASE.jsonl.zst",
        "kraken/orderbook-v2.json",
        "okx/OKX.ws.1.0",
        "okx/OKX.0",
        "deribit/DERIBIT.ws.1.0",
        "binance-usdm/btcusdt_20240808.gz",
        "hyperliquid/btcusd_20250126.gz",
    ],
)
def test_other_venues_are_not_read_yet(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    capture = shared_data / name
    if not capture.is_file():
        pytest.skip(f"no capture at {capture}")
    assert main(["import", str(capture), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "those that are read: bybit spot, bybit linear" in said.err
    assert capture.name in said.err
    assert len(said.err.splitlines()) <= 3
    assert said.out == ""
    assert not (tmp_path / "out").exists()


# -- helpers ---------------------------------------------------------------------------------------------


def expected_books(shared_data: Path) -> dict[str, Any]:
    path = shared_data / "expected_books.json"
    if not path.is_file():
        pytest.skip(f"no expected books at {path}")
    expected: dict[str, Any] = json.loads(path.read_text())
    return expected


def _kept(book: LocalOrderbook) -> Any:
    """Keeps `book` from events; gives book events back, and None for others."""

    def keep(event: Event[Any]) -> Event[Any] | None:
        if type(event.data) is not Orderbook:
            return None
        book.update(event)
        return event

    return keep


def check_book(book: LocalOrderbook, info: InstrumentInfo, wanted: dict[str, Any], *, has_fixed_decimals: bool) -> None:
    """The whole book in the venue's own strings: fixed decimals, or the shortest that say the number."""

    def text(value: float, decimals: int) -> str:
        return f"{value:.{decimals}f}" if has_fixed_decimals else f"{Decimal(repr(value)).normalize():f}"

    def places(step: Decimal) -> int:
        return -int(step.as_tuple().exponent)  # of 0.10 they are two: Bybit prints them so

    def printed(levels: list[tuple[float, float]]) -> list[list[str]]:
        return [[text(price, places(info.tick_size)), text(size, places(info.lot_size))] for price, size in levels]

    bids, asks = printed(book.bids()), printed(book.asks())
    assert (len(bids), len(asks)) == (wanted["bids"], wanted["asks"])
    assert bids[:10] == wanted["top_bids"]
    assert asks[:10] == wanted["top_asks"]
    whole = "\n".join(f"{price}:{size}" for price, size in bids + asks)
    assert hashlib.sha256(whole.encode()).hexdigest() == wanted["sha256"]
