"""From a frame to the book: Bybit's order book deltas through the normalizer and the kept book."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import msgspec
import orjson

from benchmarks.measure import Benchmark, Effort, Result, cpu_us, take_turns
from benchmarks.traffic import Frame, Traffic, traffic
from ttxt_core.connectors.bybit.messages import BookFrame
from ttxt_core.events import BookState, Event, InstrumentKey, MessageHeader, Orderbook
from ttxt_core.orderbook import LocalOrderbook

_KEY = InstrumentKey("made", "linear", "BTC/USDT")
_CHANGES = 9
"""Levels a delta: Bybit's have 8.6 on average."""


def frame_to_book(effort: Effort) -> list[Result]:
    """A delta's frame to the changed book, its parts, and plain ways of doing the same."""
    now = traffic()
    snapshots, deltas = now.book_frames()
    contenders = {
        "ours": partial(_ours, now, snapshots, deltas),
        "decode": partial(_decode, deltas),
        "normalise": partial(_normalise, now, deltas),
        "orjson": partial(_plain, snapshots, deltas, orjson.loads, float),
        "json": partial(_plain, snapshots, deltas, json.loads, Decimal),
    }
    taken = take_turns(contenders, effort.runs)
    ours, decode = taken["ours"], taken["decode"]
    levels = _levels(now, deltas)
    return [
        Result(
            "frame to applied book delta",
            ours.median,
            "µs CPU",
            7.0,
            note=f"{now.origin}, {levels:.1f} levels; best {ours.least:.1f}; {ours.median / decode.median:.1f}× decode",
        ),
        Result("  typed decode only", decode.median, "µs CPU", note=f"{now.origin}; best {decode.least:.1f}"),
        Result("  frame to event", taken["normalise"].median, "µs CPU", note=now.origin),
        *(
            Result(name, taken[key].median, "µs CPU", note=f"{taken[key].median / ours.median:.1f}× ours")
            for name, key in (
                ("  plain: orjson, float, dict book", "orjson"),
                ("  plain: json, Decimal, dict book", "json"),
            )
        ),
    ]


def book_update(effort: Effort) -> list[Result]:
    """A delta applied to books of 200 and of 1,000 levels a side."""
    deltas = {depth: _made_deltas(depth) for depth in (200, 1_000)}
    taken = take_turns({str(depth): partial(_apply, each) for depth, each in deltas.items()}, effort.runs)
    return [
        Result(
            f"book update, {int(depth):,} levels a side",
            figure.median,
            "µs CPU",
            note=f"made, {_CHANGES} levels; best {figure.least:.1f}",
        )
        for depth, figure in taken.items()
    ]


BENCHMARKS: list[Benchmark] = [frame_to_book, book_update]


# -- frames ----------------------------------------------------------------------------------------------


def _ours(now: Traffic, snapshots: list[Frame], deltas: list[Frame]) -> float:
    normalizers = now.normalizers()
    books: dict[str, dict[str, LocalOrderbook]] = {category: {} for category in normalizers}

    def feed(frames: Iterable[Frame]) -> None:
        for category, payload, time_ns in frames:
            for event in normalizers[category].normalize(payload, time_ns):
                books[category][event.header.pair].update(event)

    for category, payload, time_ns in snapshots:
        for event in normalizers[category].normalize(payload, time_ns):
            book = books[category][event.header.pair] = LocalOrderbook()
            book.update(event)
    figure = cpu_us(lambda: feed(deltas), len(deltas))
    states = {book.state for kept in books.values() for book in kept.values()}
    assert states == {BookState.VALID}, states
    return figure


def _decode(deltas: list[Frame]) -> float:
    decode = msgspec.json.Decoder(BookFrame, strict=False).decode

    def run() -> None:
        for _, payload, _ in deltas:
            decode(payload)

    return cpu_us(run, len(deltas))


def _normalise(now: Traffic, deltas: list[Frame]) -> float:
    normalizers = now.normalizers()

    def run() -> None:
        for category, payload, time_ns in deltas:
            normalizers[category].normalize(payload, time_ns)

    return cpu_us(run, len(deltas))


def _plain(
    snapshots: list[Frame], deltas: list[Frame], load: Callable[[bytes], Any], number: Callable[[str], Any]
) -> float:
    """What is usually written first: a dict a side, best prices by min and max, nothing checked."""
    books: dict[tuple[str, str], tuple[dict[Any, Any], dict[Any, Any]]] = {}

    def feed(frames: Iterable[Frame]) -> None:
        for category, payload, _ in frames:
            message = load(payload)
            data = message["data"]
            bids, asks = books.setdefault((category, data["s"]), ({}, {}))
            for book, levels in ((bids, data["b"]), (asks, data["a"])):
                for price_text, size_text in levels:
                    price, size = number(price_text), number(size_text)
                    if size:
                        book[price] = size
                    else:
                        book.pop(price, None)
            _best = max(bids), min(asks)

    feed(snapshots)
    return cpu_us(lambda: feed(deltas), len(deltas))


def _levels(now: Traffic, deltas: list[Frame]) -> float:
    normalizers = now.normalizers()
    events = [normalizers[frame.category].normalize(frame.payload, frame.receive_time_ns)[0] for frame in deltas]
    return sum(len(event.data.bids) + len(event.data.asks) for event in events) / len(deltas)


# -- books -----------------------------------------------------------------------------------------------


def _made_deltas(depth: int) -> list[Event[Orderbook]]:
    """A snapshot of `depth` levels a side and deltas: most change a level, some remove one, which then comes back."""
    random = Random(depth)
    header = MessageHeader(*_KEY)
    bids = [(1_000.0 - tick / 10, 1.0 + tick) for tick in range(1, depth + 1)]
    asks = [(1_000.0 + tick / 10, 1.0 + tick) for tick in range(1, depth + 1)]
    events = [Event(header, Orderbook(bids, asks, True, 1, None, depth))]
    removed: list[tuple[bool, float]] = []
    for sequence in range(2, 1_002):
        sides: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        for is_ask, price in removed:
            sides[is_ask].append((price, random.uniform(0.1, 9.0)))
        removed.clear()
        while len(sides[0]) + len(sides[1]) < _CHANGES:
            is_ask = random.random() < 0.5
            price = (asks if is_ask else bids)[min(depth - 1, int(random.expovariate(1 / 30)))][0]
            is_removed = len(removed) < 1
            sides[is_ask].append((price, 0.0 if is_removed else random.uniform(0.1, 9.0)))
            if is_removed:
                removed.append((is_ask, price))
        events.append(Event(header, Orderbook(*sides, False, sequence, sequence - 1, depth)))
    return events


def _apply(events: list[Event[Orderbook]]) -> float:
    book = LocalOrderbook()
    book.update(events[0])
    deltas = events[1:]

    def run() -> None:
        for event in deltas:
            book.update(event)

    figure = cpu_us(run, len(deltas))
    assert book.state is BookState.VALID, book.reason
    return figure
