"""The same frames through other libraries: those that can be imported. None of them is needed, or installed by us.

A peer reads linear order book frames with its own code, from bytes to its own kept book, with no network. Its parts are
called as its connection would call them, so a new release may need a change here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import orjson

from benchmarks.measure import Benchmark, Effort, Result, cpu_us, cpu_us_awaiting, take_turns
from benchmarks.traffic import Frame, Traffic, traffic
from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import Instrument
from ttxt_core.orderbook import LocalOrderbook

_LINEAR = "linear"


def other_libraries(effort: Effort) -> list[Result]:
    """Bybit's linear book deltas through ccxt and cryptofeed, where they are installed."""
    now = traffic()
    snapshots, deltas = ([frame for frame in each if frame.category == _LINEAR] for each in now.book_frames())
    peers = {"ccxt": _ccxt, "cryptofeed": _cryptofeed}
    present = {name: peer for name, peer in peers.items() if find_spec(name) is not None}
    contenders: dict[str, Callable[[], float]] = {"ours": partial(_ours, now, snapshots, deltas)}
    contenders |= {name: partial(peer, now, snapshots, deltas) for name, peer in present.items()}
    taken = take_turns(contenders, effort.runs) if present else {}
    results = []
    for name in peers:
        if name in taken:
            figure, ours = taken[name].median, taken["ours"].median
            results.append(Result(f"peer: {name}", figure, "µs CPU", note=f"{now.origin}; {figure / ours:.1f}× ours"))
        else:
            results.append(Result(f"peer: {name}", float("nan"), "µs CPU", note="not installed"))
    return results


BENCHMARKS: list[Benchmark] = [other_libraries]


def _ours(now: Traffic, snapshots: list[Frame], deltas: list[Frame]) -> float:
    normalize = now.normalizers()[_LINEAR].normalize
    books: dict[str, LocalOrderbook] = {}

    def feed(frames: list[Frame]) -> None:
        for _, payload, time_ns in frames:
            for event in normalize(payload, time_ns):
                books.setdefault(event.header.pair, LocalOrderbook()).update(event)

    feed(snapshots)
    return cpu_us(lambda: feed(deltas), len(deltas))


def _ccxt(now: Traffic, snapshots: list[Frame], deltas: list[Frame]) -> float:
    """The handler of ccxt.pro; its connection parses with orjson when that is installed."""

    class Connection:
        """What the handler asks of a connection."""

        url = "wss://stream.example/v5/public/linear"

        def resolve(self, result: object, name: str) -> None:
            """Nobody waits."""

    async def run() -> float:
        exchange = import_module("ccxt.pro").bybit()
        exchange.set_markets([exchange.safe_market_structure(_ccxt_market(spec)) for spec in _specs(now)])
        connection = Connection()

        def feed(frames: list[Frame]) -> None:
            for frame in frames:
                exchange.handle_message(connection, orjson.loads(frame.payload))

        feed(snapshots)
        figure = cpu_us(lambda: feed(deltas), len(deltas))
        assert len(exchange.orderbooks) == len(snapshots), list(exchange.orderbooks)
        await exchange.close()
        return figure

    return asyncio.run(run())


def _ccxt_market(spec: Instrument) -> dict[str, Any]:
    return {
        "id": spec.symbol,
        "symbol": f"{spec.base}/{spec.quote}:{spec.settle}",
        "base": spec.base,
        "quote": spec.quote,
        "settle": spec.settle,
        "type": "swap",
        "swap": True,
        "spot": False,
        "contract": True,
        "linear": True,
    }


def _cryptofeed(now: Traffic, snapshots: list[Frame], deltas: list[Frame]) -> float:
    """The handler of cryptofeed, with a callback that does nothing."""
    bybit = import_module("cryptofeed.exchanges").Bybit
    channel = import_module("cryptofeed.defines").L2_BOOK

    class Connection:
        """What the handler asks of a connection."""

        address = "wss://stream.example/v5/public/linear"
        uuid = "benchmark"

    async def ignore(book: object, receipt_timestamp: float) -> None:
        """Nobody looks."""

    async def run() -> float:
        names = {f"{spec.base}-{spec.quote}-PERP": spec.symbol for spec in _specs(now)}
        import_module("cryptofeed.symbols").Symbols.set(
            bybit.id, names, {"instrument_type": dict.fromkeys(names, "perpetual")}
        )
        feed = bybit(symbols=list(names), channels=[channel], callbacks={channel: ignore})
        connection = Connection()

        async def read(frames: list[Frame]) -> None:
            for frame in frames:
                await feed.message_handler(frame.payload.decode(), connection, frame.receive_time_ns / NANOSECONDS)

        await read(snapshots)
        return await cpu_us_awaiting(read(deltas), len(deltas))

    return asyncio.run(run())


def _specs(now: Traffic) -> list[Instrument]:
    return [event.data for key, event in now.instruments().items() if key.category == _LINEAR]
