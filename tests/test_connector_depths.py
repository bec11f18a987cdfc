"""Every order book depth that Bybit offers, on every category, from a sandbox exchange; others are refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.connector_support import QUICK, sandbox_config
from tests.live_support import until
from ttxt_core.connectors.bybit.connector import BybitConnector
from ttxt_core.connectors.config import parse_config
from ttxt_core.connectors.registry import connect
from ttxt_core.errors import ConfigError
from ttxt_core.events import BookState, InstrumentKey
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.fanout import FanOut
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
from ttxt_core.simulation.practice_pairs import BTC_INVERSE, BTC_LINEAR, BTC_SPOT

PAIRS = {pair.key.category: pair for pair in (BTC_SPOT, BTC_LINEAR, BTC_INVERSE)}


@asynccontextmanager
async def books(category: str, depth: int) -> AsyncIterator[LocalOrderbook]:
    pair = PAIRS[category]
    async with BybitSandbox(BybitSandboxSettings(seed=3, rate=100, pairs=(pair,))) as sandbox:
        streams = {"book": depth, "klines": [], "trades": False, "tickers": False}
        config = sandbox_config(
            sandbox,
            category,
            pairs=[pair.key.pair],
            trading="none",
            environment="mainnet",
            history=0,
            streams=streams,
        )
        fan = FanOut("books")
        running = asyncio.create_task(connect(config, fan, timings=QUICK).run())
        key = InstrumentKey("bybit", category, pair.key.pair)
        try:
            await until(lambda: (book := fan.book(key)) is not None and book.state is BookState.VALID, "a book")
            book = fan.book(key)
            assert book is not None
            yield book
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("category", list(PAIRS))
@pytest.mark.parametrize("depth", [1, 50, 200, 1000])
async def test_a_book_has_the_depth_that_was_chosen(category: str, depth: int) -> None:
    async with books(category, depth) as book:
        first = book.sequence
        await until(lambda: book.sequence > first + 3, "changes")
        assert book.state is BookState.VALID
        levels = len(book.bids()), len(book.asks())
    assert max(levels) <= depth
    assert min(levels) >= min(depth, 100)


@pytest.mark.parametrize("category", BybitConnector.offer.categories)
@pytest.mark.parametrize("depth", [500, 25, 2])
def test_another_depth_is_refused_in_one_sentence(category: str, depth: int) -> None:
    document = {"venue": "bybit", "category": category, "pairs": ["BTC/USDT"], "streams": {"book": depth}}
    with pytest.raises(ConfigError) as raised:
        connect(parse_config(document), AsyncioQueue())
    assert str(raised.value) == f"key streams.book: expected one of 0, 1, 50, 200, 1000, got {depth}"
