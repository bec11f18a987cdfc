"""The public sockets: who has subscribed to what, and the clock that sends it.

Owns subscriptions and commands of one category. What a topic sends is the topic's.
"""

from __future__ import annotations

import orjson

from ttxt_core.sandbox.bybit.book_stream import CADENCES_MS, BookStream
from ttxt_core.sandbox.bybit.errors import Refusal, bad_parameter
from ttxt_core.sandbox.bybit.login import read_command
from ttxt_core.sandbox.bybit.topics import (
    KlineStream,
    PriceLimitStream,
    SilentStream,
    TickerStream,
    TopicStream,
    TradeStream,
)
from ttxt_core.sandbox.bybit.wire import Row
from ttxt_core.sandbox.candles import INTERVALS
from ttxt_core.sandbox.connection import Connection
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.faults import Channel, FaultKind, Faults, ServerClock, is_due
from ttxt_core.sandbox.public_market import PublicMarket, ShownTrade

_MOST_SPOT_TOPICS = 10
_MOST_CHARACTERS = 21_000
_FIRST_AFTER_MS = 20
"""A subscription's first message comes that long after its ack, as over a network."""
_COIN_TOPICS = frozenset({"adlAlert", "insurance"})
"""Of a coin's contracts; nothing happens in them here."""


class PublicSocket:
    """One category's public socket."""

    channel = Channel.PUBLIC

    def __init__(
        self, category: str, exchange: SandboxExchange, faults: Faults, clock: ServerClock, kept_books: int = 0
    ) -> None:
        """Books of the last `kept_books` messages of every topic are kept for comparison."""
        self._category = category
        self._exchange = exchange
        self._faults = faults
        self._clock = clock
        self._kept_books = kept_books
        self._streams: dict[str, TopicStream] = {}
        self._books: dict[tuple[str, int], BookStream] = {}
        self._subscribers: dict[str, list[Connection]] = {}
        self._newcomers: list[tuple[int, Connection, str]] = []

    # -- SocketService ---------------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        """Nothing is said to a client that has asked nothing."""

    def closed(self, connection: Connection) -> None:
        """Forget its subscriptions."""
        for topic in connection.topics:
            self._leave(connection, topic)

    def received(self, connection: Connection, text: bytes) -> None:
        """Carry out a command and answer it."""
        command: Row = {}
        try:
            command = read_command(text)
            answer = self._answer(connection, command)
        except Refusal as refusal:
            answer = {"success": False, "ret_msg": refusal.text, "op": command.get("op", "")}
        answer = {**answer, "conn_id": connection.id, "req_id": command.get("req_id", "")}
        connection.reply(orjson.dumps(answer))

    def _answer(self, connection: Connection, command: Row) -> Row:
        operation = command.get("op")
        if operation == "ping":
            return {"success": True, "ret_msg": "pong", "op": "ping"}
        if operation not in {"subscribe", "unsubscribe"}:
            raise bad_parameter("error:invalid op")
        topics = command.get("args")
        if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
            raise bad_parameter("error:args must be a list of topics")
        if operation == "subscribe":
            self._subscribe(connection, topics)
        else:
            for topic in topics:
                self._leave(connection, topic)
                connection.topics.discard(topic)
        return {"success": True, "ret_msg": operation if self._category == "spot" else "", "op": operation}

    def _subscribe(self, connection: Connection, topics: list[str]) -> None:
        if self._category == "spot" and len(topics) > _MOST_SPOT_TOPICS:
            raise bad_parameter("args size >10")
        if sum(map(len, connection.topics)) + sum(map(len, topics)) > _MOST_CHARACTERS:
            raise bad_parameter("args length exceeds the limit")
        new = {topic: self._stream(topic) for topic in topics}
        now_ms = self._clock.now_ms()
        for topic, stream in new.items():
            if topic in connection.topics:
                continue
            self._streams[topic] = stream
            connection.topics.add(topic)
            self._newcomers.append((now_ms + _FIRST_AFTER_MS, connection, topic))

    def _leave(self, connection: Connection, topic: str) -> None:
        self._newcomers = [n for n in self._newcomers if (n[1], n[2]) != (connection, topic)]
        if connection in (subscribers := self._subscribers.get(topic, [])):
            subscribers.remove(connection)

    # -- what is sent ----------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Send what is due."""
        now_ms = self._clock.now_ms()
        for topic, subscribers in self._subscribers.items():
            if not subscribers:
                continue
            stream = self._streams[topic]
            payload = stream.tick(now_ms)
            if payload is None:
                continue
            if isinstance(stream, BookStream) and self._faults.strikes(FaultKind.BOOK_RESTART, Channel.PUBLIC):
                payload = stream.restart(now_ms)
            for connection in subscribers:
                connection.send(payload, topic)
        if self._newcomers:
            self._welcome(now_ms)

    def on_trades(self, market: PublicMarket, trades: list[ShownTrade]) -> None:
        """Others traded."""
        topic = f"publicTrade.{market.symbol}"
        subscribers = self._subscribers.get(topic)
        stream = self._streams.get(topic)
        if subscribers and isinstance(stream, TradeStream):
            self.broadcast(topic, stream.message(trades, self._clock.now_ms()))

    def broadcast(self, topic: str, payload: bytes) -> None:
        """Send `payload` to all who have subscribed to `topic`."""
        for connection in self._subscribers.get(topic, ()):
            connection.send(payload, topic)

    @property
    def subscriptions(self) -> int:
        """How many topics clients have subscribed to and get, counting each client's."""
        return sum(map(len, self._subscribers.values()))

    async def has_room(self) -> None:
        """Wait until no client is far behind."""
        for connection in {connection for clients in self._subscribers.values() for connection in clients}:
            await connection.has_room()

    def serve(self, topic: str, stream: TopicStream) -> None:
        """Let `stream` be the one of `topic`, instead of what the markets give."""
        self._streams[topic] = stream

    def book_stream(self, symbol: str, depth: int) -> BookStream:
        """The order book stream that clients of `depth` follow; without one it shows the book as it is.

        Raises:
            Refusal: an unknown symbol.
        """
        key = symbol, depth
        stream = self._books.get(key)
        topic = f"orderbook.{depth}.{symbol}"
        if stream is None:
            stream = self._books[key] = BookStream(self._market(symbol, topic), depth, self._kept_books)
        if not self._subscribers.get(topic):
            stream.resume(self._clock.now_ms())
        return stream

    def _welcome(self, now_ms: int) -> None:
        waiting = []
        for due_ms, connection, topic in self._newcomers:
            if not is_due(due_ms, now_ms, _FIRST_AFTER_MS):
                waiting.append((due_ms, connection, topic))
                continue
            stream = self._streams[topic]
            if not self._subscribers.get(topic):
                stream.resume(now_ms)
            payload = stream.first(now_ms)
            if payload is not None:
                connection.send(payload, topic)
            self._subscribers.setdefault(topic, []).append(connection)
        self._newcomers = waiting

    def _stream(self, topic: str) -> TopicStream:
        if topic in self._streams:
            return self._streams[topic]
        kind, *middle = topic.split(".")
        is_contract = self._category != "spot"
        if is_contract and kind in _COIN_TOPICS and len(middle) == 1:
            return SilentStream()
        if is_contract and kind == "allLiquidation" and len(middle) == 1:
            self._market(middle[0], topic)
            return SilentStream()
        if kind == "priceLimit" and len(middle) == 1:
            return PriceLimitStream(self._market(middle[0], topic))
        if kind == "orderbook" and len(middle) == 2 and middle[0] in map(str, CADENCES_MS):
            return self.book_stream(middle[1], int(middle[0]))
        if kind == "kline" and len(middle) == 2 and middle[0] in INTERVALS:
            return KlineStream(self._market(middle[1], topic), middle[0])
        if kind == "publicTrade" and len(middle) == 1:
            return TradeStream(self._market(middle[0], topic))
        if kind == "tickers" and len(middle) == 1:
            return TickerStream(self._market(middle[0], topic))
        raise bad_parameter(f"error:handler not found,topic:{topic}")

    def _market(self, symbol: str, topic: str) -> PublicMarket:
        market = self._exchange.markets.get((self._category, symbol))
        if market is None:
            raise bad_parameter(f"Invalid symbol :[{topic}]")
        return market
