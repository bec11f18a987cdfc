"""What is measured on: Bybit's own frames where a capture is present, else frames made in their shape.

The capture is found through the environment variable TTXT_SHARED_DATA, else in ../shared/data beside the repository.
Made frames come from the practice market's order flow, whose figures were calibrated with that capture.
"""

from __future__ import annotations

import os
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from msgspec.structs import replace

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.captures import FrameKind, read_capture
from ttxt_core.events import Event, Instrument, InstrumentKey, MarketTrades, Orderbook, Side, Source
from ttxt_core.simulation.order_flow import OrderFlow
from ttxt_core.simulation.practice_pairs import BTC_LINEAR, BTC_SPOT, ETH_LINEAR, PracticePair

_START_NS = 1_786_310_819_000_000_000
_MADE_PAIRS = (BTC_LINEAR, ETH_LINEAR, BTC_SPOT)
_MADE_STEPS = 700
_MADE_RATE = 20.0
_MADE_DEPTH = 1_000

Book = tuple[tuple[str, str], Event[Orderbook]]


class Frame(NamedTuple):
    """One frame as it came from the venue."""

    category: str
    payload: bytes
    receive_time_ns: int


class Traffic(NamedTuple):
    """Frames of about 42 s, with the instrument lists that name their symbols.

    Attributes:
        origin: ``captured`` or ``made``.
    """

    origin: str
    lists: list[Frame]
    frames: list[Frame]

    def normalizers(self) -> dict[str, BybitNormalizer]:
        """A normalizer a category, which knows all symbols."""
        found = {category: BybitNormalizer(category, Source.IMPORT) for category in ("linear", "spot")}
        for reply in self.lists:
            found[reply.category].instruments(reply.payload, reply.receive_time_ns)
        return found

    def book_frames(self) -> tuple[list[Frame], list[Frame]]:
        """The order book's snapshots, and its deltas."""
        books = [frame for frame in self.frames if b'"topic":"orderbook.' in frame.payload[:40]]
        snapshots = [frame for frame in books if b'"type":"snapshot"' in frame.payload[:100]]
        return snapshots, [frame for frame in books if b'"type":"delta"' in frame.payload[:100]]

    def events(self) -> list[Event[Any]]:
        """The market events in all frames, in order."""
        normalizers = self.normalizers()
        read = [normalizers[frame.category].normalize(frame.payload, frame.receive_time_ns) for frame in self.frames]
        return list(chain.from_iterable(read))

    def tracks(self) -> dict[InstrumentKey, list[Event[Any]]]:
        """The events of each instrument."""
        tracks: dict[InstrumentKey, list[Event[Any]]] = {}
        for event in self.events():
            tracks.setdefault(event.header.key, []).append(event)
        return tracks

    def busiest(self) -> tuple[InstrumentKey, list[Event[Any]]]:
        """The instrument with the most events, and they."""
        return max(self.tracks().items(), key=lambda track: len(track[1]))

    def instruments(self) -> dict[InstrumentKey, Event[Instrument]]:
        """What the lists say of the instruments that there are frames of."""
        named: dict[InstrumentKey, Event[Instrument]] = {}
        for reply in self.lists:
            events = BybitNormalizer(reply.category, Source.IMPORT).instruments(reply.payload, reply.receive_time_ns)
            named.update((event.header.key, event) for event in events)
        return {key: named[key] for key in self.tracks()}


@cache
def traffic() -> Traffic:
    """The capture, or made frames where it is absent."""
    folder = Path(os.environ.get("TTXT_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    capture = folder / "bybit" / "BYBIT.jsonl.zst"
    return _captured(capture) if capture.is_file() else made()


def _captured(path: Path) -> Traffic:
    lists, received, categories = [], [], {}
    for frame in read_capture(path):
        if frame.kind is FrameKind.CONNECTED:
            categories[frame.connection] = frame.payload.decode().rsplit("/", 1)[-1]
        elif frame.kind is FrameKind.REPLY:
            category = orjson.loads(frame.payload)["result"]["category"]
            lists.append(Frame(category, frame.payload, frame.receive_time_ns))
        elif frame.kind is FrameKind.RECEIVED:
            received.append(frame)
    frames = [Frame(categories[frame.connection], frame.payload, frame.receive_time_ns) for frame in received]
    return Traffic("captured", lists, frames)


# -- made frames -----------------------------------------------------------------------------------------


def made() -> Traffic:
    """Frames in the shape of Bybit's: books, trades and instrument lists of three instruments."""
    frames = []
    for pair in _MADE_PAIRS:
        flow = OrderFlow(pair, seed=1, rate=_MADE_RATE, start_time_ns=_START_NS)
        events = [*flow.opening(), *chain.from_iterable(flow.step() for _ in range(_MADE_STEPS))]
        frames += [frame for event in events if (frame := _frame(pair, event)) is not None]
    frames.sort(key=lambda frame: frame.receive_time_ns)
    lists = [
        _frame_of(
            pair.key.category,
            {
                "retCode": 0,
                "retMsg": "OK",
                "result": {"category": pair.key.category, "list": [_instrument_row(pair)]},
                "time": _START_NS // MILLISECOND_NS,
            },
            _START_NS,
        )
        for pair in _MADE_PAIRS
    ]
    return Traffic("made", lists, frames)


def _frame(pair: PracticePair, event: Event[Any]) -> Frame | None:
    """The frame that Bybit would have sent for `event`; None for what is not made here."""
    data = event.data
    time_ns = event.header.receive_time_ns
    time_ms = time_ns // MILLISECOND_NS
    symbol = pair.spec.symbol
    if type(data) is Orderbook:
        topic = f"orderbook.{_MADE_DEPTH}.{symbol}"
        kind = "snapshot" if data.is_snapshot else "delta"
        sides = {"s": symbol, "b": _texts(data.bids), "a": _texts(data.asks), "u": data.sequence + 10, "seq": time_ms}
        content = {"topic": topic, "type": kind, "ts": time_ms, "data": sides, "cts": time_ms}
    elif type(data) is MarketTrades:
        rows = [
            {
                "T": time_ms,
                "s": symbol,
                "S": "Buy" if trade.side is Side.BUY else "Sell",
                "v": f"{trade.size:.10g}",
                "p": f"{trade.price:.10g}",
                "i": trade.trade_id,
                "BT": False,
            }
            for trade in data.trades
        ]
        content = {"topic": f"publicTrade.{symbol}", "type": "snapshot", "ts": time_ms, "data": rows}
    else:
        return None
    return _frame_of(pair.key.category, content, time_ns)


def _frame_of(category: str, content: dict[str, Any], time_ns: int) -> Frame:
    return Frame(category, orjson.dumps(content), time_ns)


def _texts(levels: list[tuple[float, float]]) -> list[tuple[str, str]]:
    return [(f"{price:.10g}", f"{size:.10g}") for price, size in levels]


def _instrument_row(pair: PracticePair) -> dict[str, Any]:
    spec = pair.spec
    lots = {"minOrderQty": str(spec.lot_size), "minNotionalValue": "5", "minOrderAmt": "5"}
    lots["basePrecision" if pair.key.category == "spot" else "qtyStep"] = str(spec.lot_size)
    return {
        "symbol": spec.symbol,
        "baseCoin": spec.base,
        "quoteCoin": spec.quote,
        "status": "Trading",
        "priceFilter": {"tickSize": str(spec.tick_size)},
        "lotSizeFilter": lots,
    }


# -- long streams ----------------------------------------------------------------------------------------


def repeated(events: list[Event[Any]], count: int) -> list[Event[Any]]:
    """`count` events: `events` again and again, each time later. A book begins anew with its snapshot each time."""
    span_ns = events[-1].header.receive_time_ns - events[0].header.receive_time_ns + MILLISECOND_NS
    repeats = -(-count // len(events))
    stream = list(events)
    for number in range(1, repeats):
        later_ns = number * span_ns
        stream += [Event(_later(event, later_ns), event.data) for event in events]
    return stream[:count]


def _later(event: Event[Any], by_ns: int) -> Any:
    header = event.header
    venue_time_ns = header.venue_time_ns + by_ns
    return replace(header, venue_time_ns=venue_time_ns, receive_time_ns=header.receive_time_ns + by_ns)
