"""What others recorded of Bybit, served over real sockets: connectors end with the books that it must give."""

import asyncio
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.connector_support import QUICK, Desk, sandbox_config
from tests.test_rec_import_real import check_book, expected_books
from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.registry import connect
from ttxt_core.events import (
    BookState,
    BookStatus,
    ConnectorError,
    FeedGap,
    InstrumentKey,
    Kline,
    MarketTrades,
    Orderbook,
    Side,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings

CONNECTIONS = {"linear": "BYBIT.ws.2", "spot": "BYBIT.ws.3"}
PAIRS = {"linear": ["BTC/USDT", "ETH/USDT", "SOL/USDT", "DOGE/USDT"], "spot": ["BTC/USDT", "ETH/USDT"]}
UNHURRIED = replace(QUICK, data_age_s=1e12, book_silence_s=60.0, ticker_silence_s=60.0)
"""What was captured is old, and comes to its end."""


def books_of(desk: Desk) -> dict[str, LocalOrderbook]:
    connector = desk.connector
    books = {pair: LocalOrderbook() for pair in connector.config.pairs}
    for event in desk.events:
        if type(event.data) is Orderbook:
            assert books[event.header.pair].update(event) is BookState.VALID
    return books


async def test_real_frames_over_a_socket_give_the_expected_books(
    bybit_capture: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both connectors must have subscribed before the first frame, on a busy machine too.
    monkeypatch.setattr("ttxt_core.sandbox.bybit.capture_feed._SETTLE_NS", NANOSECONDS)
    expected = expected_books(shared_data)
    async with BybitSandbox(BybitSandboxSettings(capture=bybit_capture, speed=0.0)) as sandbox:
        desks: dict[str, Desk] = {}
        tasks: list[asyncio.Task[None]] = []
        for category, pairs in PAIRS.items():
            queue = AsyncioQueue(capacity=100_000, name=category)
            wanted: dict[str, Any] = {"pairs": pairs, "trading": "none", "environment": "mainnet", "history": 0}
            config = sandbox_config(sandbox, category, **wanted, streams={"book": 200})
            desks[category] = Desk(sandbox, connect(config, queue, timings=UNHURRIED), queue)
            tasks += [asyncio.create_task(desks[category].connector.run())]
            tasks += [asyncio.create_task(desks[category].collect())]
        for category, desk in desks.items():
            seq = {pair: wanted_book(expected, category, pair)["seq"] for pair in PAIRS[category]}
            await desk.until(partial(has_come_to, desk, seq), f"the last messages of {category}", 60.0)
        for category, desk in desks.items():
            for pair, book in books_of(desk).items():
                info = InstrumentInfo(InstrumentKey("bybit", category, pair), desk.connector.symbols.instrument(pair))
                check_book(book, info, wanted_book(expected, category, pair), has_fixed_decimals=category == "linear")
            assert desk.of(ConnectorError) == []
            assert desk.of(FeedGap) == []
            assert {status.state for status in desk.of(BookStatus)} == {BookState.SYNCING, BookState.VALID}
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    events = [event.data for desk in desks.values() for event in desk.events]
    trades = [trade for data in events if type(data) is MarketTrades for trade in data.trades]
    assert Counter(trade.side for trade in trades) == {Side.BUY: 120, Side.SELL: 227}
    assert sum(type(data) is Kline for data in events) == 100


def wanted_book(expected: dict[str, Any], category: str, pair: str) -> dict[str, Any]:
    symbol = pair.replace("/", "")
    book: dict[str, Any] = expected[f"bybit/BYBIT.jsonl.zst|{CONNECTIONS[category]}|orderbook.200.{symbol}"]
    return book


def has_come_to(desk: Desk, sequences: dict[str, int]) -> bool:
    last = {event.header.pair: event.data.sequence for event in desk.events if type(event.data) is Orderbook}
    return last == sequences
