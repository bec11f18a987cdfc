"""Recordings made short, for the tests of the recorder, the reader and the replayer."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tests.market_events import BTC
from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import (
    Event,
    FeedGap,
    Instrument,
    InstrumentKey,
    Kline,
    MarketTrade,
    MarketTrades,
    MessageHeader,
    Orderbook,
    Side,
    Source,
    Ticker,
)
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.writer import RecordingWriter
from ttxt_core.simulation.order_flow import OrderFlow
from ttxt_core.simulation.practice_pairs import BTC_LINEAR

START_NS = 1_786_310_819_000_000_000
STEP_NS = 10_000_000
MINUTE_NS = 60_000_000_000


def instrument(key: InstrumentKey = BTC, *, tick: str = "0.1", time_ns: int = START_NS) -> Event[Instrument]:
    base, quote = key.pair.split("/")
    spec = Instrument(base + quote, base, quote, quote, Decimal(tick), Decimal("0.001"))
    return Event(MessageHeader(*key, 0, time_ns), spec)


def made_recording(folder: Path, seconds: int, start_ns: int) -> Path:
    """So many seconds of the practice market's bitcoin perpetual, in a recording in `folder`."""
    flow = OrderFlow(BTC_LINEAR, 5, 60.0, start_ns)
    events: list[Event[Any]] = [*flow.opening(), *flow.history(60)]
    while flow.next_time_ns < start_ns + seconds * NANOSECONDS:
        events += flow.step()
    path = folder / "PRACTICE-LINEAR_BTC_USDT.bin"
    with RecordingWriter(path, events[0], keyframe_events=300) as writer:
        for event in events[1:]:
            writer.append(event)
    return path


def market(count: int, key: InstrumentKey = BTC, *, seed: int = 1, first_ns: int = START_NS) -> list[Event[Any]]:
    """A book that is kept whole by its deltas, with trades, candles and partial tickers, an event every 10 ms."""
    made = random.Random(seed)
    sequence = made.randrange(1_000, 9_000)
    book: dict[Side, dict[float, float]] = {Side.BUY: {}, Side.SELL: {}}
    for level in range(20):
        book[Side.BUY][round(100.0 - level / 10, 1)] = round(made.uniform(1, 9), 3)
        book[Side.SELL][round(100.1 + level / 10, 1)] = round(made.uniform(1, 9), 3)
    events: list[Event[Any]] = []
    for number in range(count):
        time_ns = first_ns + number * STEP_NS + made.randrange(1_000)
        kind = made.random()
        data: Any
        if number == 0:
            bids, asks = book[Side.BUY], book[Side.SELL]
            data = Orderbook(list(bids.items()), list(asks.items()), True, sequence, None, 0)
        elif kind < 0.6:
            changes: dict[Side, list[tuple[float, float]]] = {Side.BUY: [], Side.SELL: []}
            for _ in range(made.randrange(1, 5)):
                side = made.choice(list(Side))
                price = made.choice(list(book[side]))
                changes[side].append((price, made.choice([round(made.uniform(1, 9), 3), 0.0])))
            sequence += 1
            data = Orderbook(changes[Side.BUY], changes[Side.SELL], False, sequence, sequence - 1, 0)
        elif kind < 0.7:
            side = made.choice(list(Side))
            data = MarketTrades([MarketTrade(100.0, made.random(), side, f"t{number}", time_ns)])
        elif kind < 0.8:
            start_ns = time_ns // MINUTE_NS * MINUTE_NS
            data = Kline(MINUTE_NS, start_ns, 100.0, 101.0, 99.0, 100.5, float(number), number * 100.0, False)
        else:
            data = Ticker(
                last=100 + made.random(), bid=made.choice([None, 99.9]), funding_rate=made.choice([None, 1e-4])
            )
        header = MessageHeader(*key, time_ns - 3_000_000, time_ns, number + 1, Source.LIVE)
        events.append(Event(header, data))
    return events


def write(path: Path, events: Iterable[Event[Any]], *, key: InstrumentKey = BTC, **options: Any) -> Path:
    """A recording of `events` at `path`."""
    with RecordingWriter(path, instrument(key), **options) as writer:
        for event in events:
            writer.append(event)
    return path


def read(path: Path) -> list[Event[Any]]:
    """All events of the recording at `path` but the instrument that it begins with."""
    with RecordingReader(path) as reader:
        events = list(reader.events())
    assert type(events[0].data) is Instrument
    return events[1:]


def own_events(events: Sequence[Event[Any]]) -> list[Event[Any]]:
    """`events` without what a reader adds about damage: gaps, and the state that follows them."""
    return [event for event in events if type(event.data) not in (FeedGap, Instrument) and event.header.sequence]


def with_source(events: Iterable[Event[Any]], source: Source) -> list[Event[Any]]:
    return [Event(replace(event.header, source=source), event.data) for event in events]


def same_bits(left: float, right: float) -> bool:
    return left == right and math.copysign(1, left) == math.copysign(1, right)


def no_instruments(events: list[Event[Any]]) -> list[Event[Any]]:
    return [event for event in events if type(event.data) is not Instrument]
