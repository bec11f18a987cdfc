"""Captured frames served as they were: what others recorded of Bybit's public sockets, to whoever subscribes.

Owns the pace, and which frame belongs to which topic of which category. Frames are sent byte for byte; the markets
behind them are kept too, so that orders can be placed on a captured market.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.captures import CapturedFrame, FrameKind, read_capture
from ttxt_core.errors import ConfigError, ProtocolError
from ttxt_core.events import Event, Instrument
from ttxt_core.sandbox.bybit.captured_topic import CapturedTopic
from ttxt_core.sandbox.bybit.public_socket import PublicSocket
from ttxt_core.sandbox.bybit.wire import CATEGORIES
from ttxt_core.sandbox.exchange import SandboxExchange

_ARCHIVE_CATEGORY = "linear"
"""Bybit's archive of 500 levels is of derivatives; nothing in the file says so."""
_QUOTES = ("USDT", "USDC", "USD", "EUR", "BTC")
_SETTLE_NS = NANOSECONDS * 3 // 10
"""The capture begins when nobody has subscribed to anything more for so long."""
_POLL_S = 0.02
_SLICE = 50


class _Envelope(msgspec.Struct, gc=False):
    topic: str = ""


class _Levels(msgspec.Struct, gc=False):
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]


class _BookFrame(msgspec.Struct, gc=False):
    data: _Levels


class _Contents(NamedTuple):
    """What a capture holds: instruments as their lists were answered, topics by category, a book of each."""

    instruments: dict[str, list[bytes]]
    topics: dict[str, set[str]]
    books: dict[tuple[str, str], bytes]


_topic_decoder = msgspec.json.Decoder(_Envelope)
_book_decoder = msgspec.json.Decoder(_BookFrame)


class CaptureFeed:
    """One capture, served once; it begins when the first client has subscribed.

    Attributes:
        opened: see `Feed`. unreadable: frames that were sent but that the markets behind could not take in.
    """

    def __init__(
        self, exchange: SandboxExchange, sockets: Mapping[str, PublicSocket], clock: Clock, path: Path, speed: float
    ) -> None:
        """Read what is in the capture at `path`. `speed` 0 is as fast as the clients read.

        Raises:
            ConfigError: the speed is below zero, or the capture has no public Bybit frame.
            ProtocolError: it can't be read.
        """
        if speed < 0:
            raise ConfigError("serve a capture", f"at speed {speed}", "0 is as fast as clients read, 1 as it was")
        self.opened = asyncio.Event()
        self.unreadable = 0
        self._exchange = exchange
        self._sockets = sockets
        self._clock = clock
        self._path = path
        self._speed = speed
        self._streams: dict[tuple[str, str], CapturedTopic] = {}
        self._normalizers = {category: BybitNormalizer(category) for category in CATEGORIES}
        self._contents = contents = _read_contents(path)
        if not any(contents.topics.values()):
            raise ConfigError(f"serve the capture {path}", "it has no frame of Bybit's public spot or linear sockets")
        for category, topics in contents.topics.items():
            for topic in topics:
                stream = self._streams[category, topic] = CapturedTopic(topic)
                sockets[category].serve(topic, stream)

    async def run(self) -> None:
        """See `Feed`."""
        for category in CATEGORIES:
            for event in self._instruments(category):
                self._exchange.publish_nowait(event)
        self.opened.set()
        await self._first_clients()
        first_ns = 0
        begun_ns = self._clock.now_ns()
        for count, (category, frame, topic) in enumerate(_data_frames(self._path)):
            if count % _SLICE == 0:
                await asyncio.sleep(0)
                for socket in self._sockets.values():
                    await socket.has_room()
            if self._speed:
                first_ns = first_ns or frame.receive_time_ns
                due_ns = begun_ns + int((frame.receive_time_ns - first_ns) / self._speed)
                if due_ns > self._clock.now_ns():
                    await self._clock.sleep_until(due_ns)
            self._serve(category, topic, frame.payload)

    def close(self) -> None:
        """Nothing is held open."""

    # -- inside ----------------------------------------------------------------------------------------------

    async def _first_clients(self) -> None:
        """Wait until somebody has subscribed, and nobody subscribes any more."""
        known, changed_ns = 0, 0
        while not known or self._clock.now_ns() - changed_ns < _SETTLE_NS:
            await asyncio.sleep(_POLL_S)
            count = sum(socket.subscriptions for socket in self._sockets.values())
            if count != known:
                known, changed_ns = count, self._clock.now_ns()

    def _serve(self, category: str, topic: str, payload: bytes) -> None:
        self._streams[category, topic].take(payload)
        self._sockets[category].broadcast(topic, payload)
        try:
            events = self._normalizers[category].normalize(payload, self._clock.now_ns())
        except ProtocolError:
            self.unreadable += 1
            return
        for event in events:
            self._exchange.publish_nowait(event)

    def _instruments(self, category: str) -> list[Event[Instrument]]:
        """Those that the capture has topics of."""
        normalizer, now_ns = self._normalizers[category], self._clock.now_ns()
        symbols = {topic.rpartition(".")[2] for topic in self._contents.topics[category]}
        replies = self._contents.instruments[category] or [
            _made_up_list(category, topic.rpartition(".")[2], payload, now_ns)
            for (book_category, topic), payload in self._contents.books.items()
            if book_category == category
        ]
        events = [event for reply in replies for event in normalizer.instruments(reply, now_ns)]
        return [event for event in events if type(event.data) is Instrument and event.data.symbol in symbols]


def _read_contents(path: Path) -> _Contents:
    contents = _Contents({c: [] for c in CATEGORIES}, {c: set() for c in CATEGORIES}, {})
    for frame in read_capture(path):
        if frame.kind is FrameKind.REPLY and "instruments-info" in frame.url:
            for category in CATEGORIES:
                if f"category={category}" in frame.url:
                    contents.instruments[category].append(frame.payload)
    for category, frame, topic in _data_frames(path):
        contents.topics[category].add(topic)
        if topic.startswith("orderbook."):
            contents.books.setdefault((category, topic), frame.payload)
    return contents


def _data_frames(path: Path) -> Iterator[tuple[str, CapturedFrame, str]]:
    """Category, frame and topic of all public data frames."""
    categories: dict[str, str] = {}
    is_archive = path.suffix == ".zip"
    for frame in read_capture(path):
        if frame.kind is FrameKind.CONNECTED:
            categories[frame.connection] = urlsplit(frame.payload.decode("utf-8", "replace")).path.rpartition("/")[2]
        elif frame.kind is FrameKind.RECEIVED:
            category = _ARCHIVE_CATEGORY if is_archive else categories.get(frame.connection, "")
            if category not in CATEGORIES:
                continue
            try:
                topic = _topic_decoder.decode(frame.payload).topic
            except ValueError:
                continue
            if topic:
                yield category, frame, topic


def _made_up_list(category: str, symbol: str, book: bytes, now_ns: int) -> bytes:
    """An instrument list for a capture without one: steps as fine as the numbers of its first book."""
    levels = _book_decoder.decode(book).data
    prices, sizes = zip(*(levels.b + levels.a), strict=True)
    quote = next((quote for quote in _QUOTES if symbol.endswith(quote)), symbol[-3:])
    lot = _step(sizes)
    row = {
        "symbol": symbol,
        "status": "Trading",
        "baseCoin": symbol.removesuffix(quote),
        "quoteCoin": quote,
        "settleCoin": quote,
        "contractType": "LinearPerpetual",
        "priceFilter": {"tickSize": _step(prices)},
        "lotSizeFilter": {"qtyStep": lot, "basePrecision": lot},
    }
    result = {"category": category, "list": [row]}
    return msgspec.json.encode({"retCode": 0, "retMsg": "OK", "result": result, "time": now_ns // 1_000_000})


def _step(numbers: tuple[str, ...]) -> str:
    decimals = max(len(number.partition(".")[2]) for number in numbers)
    return f"{Decimal(1).scaleb(-decimals):f}"
