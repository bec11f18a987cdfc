"""The market stream of a connector: frames in, events out, and only books that can be trusted.

Owns the state of each book, the repair of a broken one (that symbol alone), silence, and what a new connection means to
consumers. How a frame is read and how a topic is called is the venue's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.book_guard import BookGuard, shown_age
from ttxt_core.connectors.config import StreamSettings
from ttxt_core.connectors.kit import ConnectorKit
from ttxt_core.connectors.market_history import MarketHistory
from ttxt_core.connectors.silence import SilenceWatch, Topic
from ttxt_core.errors import ProtocolError
from ttxt_core.events import (
    BookState,
    ConnectionState,
    Event,
    FeedGap,
    InstrumentKey,
    Kline,
    MarketTrades,
    Orderbook,
    ResetReason,
    StreamReset,
    Ticker,
)
from ttxt_core.web.requests import WSResponse
from ttxt_core.web.ws_assistant import StreamState, WSAssistant

STREAM: Final = "market"
_TRIES_BEFORE_RECONNECT: Final = 3

Normalize = Callable[[bytes, int], list[Event[Any]]]
TopicNames = Callable[[type, str], Sequence[str]]
"""The venue's topics of a kind of data of a pair; none where it is not subscribed."""


class MarketFeed:
    """What a market stream's messages come to. `attach` gives it its stream."""

    def __init__(
        self,
        pairs: Sequence[str],
        streams: StreamSettings,
        normalize: Normalize,
        topic_names: TopicNames,
        history: MarketHistory,
        *,
        kit: ConnectorKit,
    ) -> None:
        self._normalize = normalize
        self._topic_names = topic_names
        self._pairs = tuple(pairs)
        self._history = history
        self._kit = kit
        wanted = (
            (Orderbook, streams.book),
            (MarketTrades, streams.trades),
            (Ticker, streams.tickers),
            (Kline, streams.klines),
        )
        self._topics: list[Topic] = [(kind, pair) for pair in pairs for kind, is_wanted in wanted if is_wanted]
        venue, category, timings = kit.reports.venue, kit.reports.category, kit.timings
        self._guards = {
            pair: BookGuard(InstrumentKey(venue, category, pair)) for kind, pair in self._topics if kind is Orderbook
        }
        seconds: dict[type, float] = {
            Orderbook: timings.book_silence_s,
            Ticker: timings.ticker_silence_s,
            Kline: timings.kline_silence_s,
            MarketTrades: timings.trade_silence_s,
        }
        allowed = {kind: round(s * NANOSECONDS) for kind, s in seconds.items()}
        self._silence = SilenceWatch(allowed, round(timings.most_silence_s * NANOSECONDS))
        self._repairs: dict[str, asyncio.Task[None]] = {}
        self._backoffs = {pair: kit.backoff() for pair in self._guards}
        self._catching_up: asyncio.Task[None] | None = None
        self._stream: WSAssistant | None = None
        self._connections = 0
        self._began_ns: int | None = None

    @property
    def topics(self) -> list[str]:
        """Everything that is subscribed, as the venue calls it."""
        return [name for topic in self._topics for name in self._topic_names(*topic)]

    def attach(self, stream: WSAssistant) -> None:
        """Let `stream` be the one that is repaired."""
        self._stream = stream

    def begin_anew(self, reason: str) -> None:
        """Take nothing for known any more: connect again."""
        if self._stream is not None:
            self._stream.reconnect(reason)

    def book_state(self, pair: str) -> BookState | None:
        """The state of a pair's book; None where none is subscribed."""
        guard = self._guards.get(pair)
        return None if guard is None else guard.state

    @property
    def repeated_deltas(self) -> int:
        """How many changes of books came again after they had been applied, and were left out."""
        return sum(guard.repeated for guard in self._guards.values())

    # -- what the stream says ----------------------------------------------------------------------------

    def on_response(self, response: WSResponse) -> Awaitable[None] | None:
        """A message came; what is returned is waited for before the next is read."""
        now_ns = self._kit.clock.monotonic_ns()
        try:
            events = self._normalize(response.raw, response.receive_time_ns)
        except ProtocolError as error:
            # A book message that is lost with it shows as a gap in its book's sequence.
            self._kit.reports.error(error)
            return None
        passed: list[Event[Any]] = []
        for event in events:
            kind, pair = type(event.data), event.header.pair
            self._silence.heard((kind, pair), now_ns)
            if kind is Orderbook:
                guard = self._guards.get(pair)
                if guard is not None:
                    passed += self._guarded(guard, event)
            elif not self._history.holds(event):
                passed.append(event)
        if not passed:
            return None
        if self._kit.outbox.is_idle:
            return self._kit.outbox.forward(passed)
        for event in passed:
            self._kit.outbox.put(event)
        return self._kit.outbox.drained()

    def on_state(self, state: StreamState, reason: str) -> None:
        """The stream changed its state."""
        if state is StreamState.CONNECTING:
            again = self._connections > 0
            self._kit.reports.status(STREAM, ConnectionState.RECONNECTING if again else ConnectionState.CONNECTING)
        elif state is StreamState.SUBSCRIBING:
            self._begin()
        elif state is StreamState.READY:
            self._kit.reports.status(STREAM, ConnectionState.CONNECTED)
        elif state in {StreamState.DISCONNECTED, StreamState.STOPPED}:
            self._end(reason or "stopped")

    def _begin(self) -> None:
        """A connection, before anything is subscribed on it: what was known is not continued."""
        self._connections += 1
        self._history.begin()
        if self._connections > 1:
            self._kit.reports.tell(StreamReset(ResetReason.RECONNECT))
            for pair in self._pairs:
                self._kit.reports.tell(FeedGap("the connection was lost"), pair)
        for pair, guard in self._guards.items():
            self._kit.reports.tell(guard.reset("waiting for a snapshot"), pair)
        self._began_ns = self._kit.clock.monotonic_ns()
        self._silence.begin(self._topics, self._began_ns)
        self._catching_up = self._kit.spawn(self._history.catch_up(), "market history")

    def _end(self, reason: str) -> None:
        self._began_ns = None
        self._silence.end()
        for task in (*self._repairs.values(), self._catching_up):
            if task is not None:
                task.cancel()
        self._repairs.clear()
        for pair, guard in self._guards.items():
            if guard.state is BookState.VALID:
                self._kit.reports.tell(guard.mark_stale(reason), pair)
        self._kit.reports.status(STREAM, ConnectionState.DISCONNECTED, reason)

    # -- books -------------------------------------------------------------------------------------------

    def _guarded(self, guard: BookGuard, event: Event[Orderbook]) -> Sequence[Event[Any]]:
        was = guard.state
        passed = guard.take(event)
        if guard.state is not was:
            pair = event.header.pair
            if was is BookState.VALID:
                self._repair(pair, guard)
            elif guard.state is BookState.VALID:
                self._backoffs[pair].ready(self._kit.clock.monotonic_ns())
                if guard.unchanged:
                    self._silence.was_idle((Orderbook, pair))
        return passed

    def _repair(self, pair: str, guard: BookGuard) -> None:
        if pair not in self._repairs:
            task = self._repairs[pair] = self._kit.spawn(self._resync(pair, guard), f"resync {pair}")
            task.add_done_callback(lambda done: self._repaired(pair, done))

    def _repaired(self, pair: str, task: asyncio.Task[None]) -> None:
        if self._repairs.get(pair) is task:
            del self._repairs[pair]

    async def _resync(self, pair: str, guard: BookGuard) -> None:
        """Ask for a new snapshot of one book until it comes; after a few tries give the connection up."""
        stream, backoff = self._stream, self._backoffs[pair]
        for _ in range(_TRIES_BEFORE_RECONNECT):
            wait_ns = backoff.lost(self._kit.clock.monotonic_ns())
            await self._kit.clock.sleep_until(self._kit.clock.now_ns() + wait_ns)
            if stream is None or guard.state is BookState.VALID:
                return
            stream.resubscribe(self._topic_names(Orderbook, pair))
            try:
                async with asyncio.timeout(self._kit.timings.answer_s):
                    await guard.became_valid.wait()
            except TimeoutError:
                continue
            if guard.became_valid.is_set():  # else it broke again before this was woken
                return
        if stream is not None:
            stream.reconnect(f"no snapshot of {pair} after {_TRIES_BEFORE_RECONNECT} subscriptions: {guard.reason}")

    # -- silence -----------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Look after silent and late topics until cancelled."""
        step_ns = round(min(self._kit.timings.book_silence_s, self._kit.timings.data_age_s) / 4 * NANOSECONDS)
        while True:
            now_ns = self._kit.clock.monotonic_ns()
            for (kind, pair), silence_ns in self._silence.silent(now_ns):
                await self._on_silence(kind, pair, f"silent for {shown_age(silence_ns)}")
            for pair, guard in self._guards.items():
                age_ns = guard.age_ns(self._kit.clock_offset.offset_ns)
                if guard.state is BookState.VALID and age_ns > self._kit.timings.data_age_s * NANOSECONDS:
                    self._go_stale(pair, guard, f"its messages are {shown_age(age_ns)} old")
                elif guard.state is not BookState.VALID and self._was_given_time(now_ns):
                    self._repair(pair, guard)  # the first snapshot was lost, and changes of it are no silence
            await self._kit.clock.sleep_until(self._kit.clock.now_ns() + step_ns)

    def _was_given_time(self, now_ns: int) -> bool:
        """Whether there is a connection, and what was subscribed on it has had time to come."""
        return self._began_ns is not None and now_ns - self._began_ns > self._kit.timings.answer_s * NANOSECONDS

    async def _on_silence(self, kind: type, pair: str, reason: str) -> None:
        guard = self._guards.get(pair)
        if kind is Orderbook and guard is not None:
            if guard.state is BookState.VALID:
                self._go_stale(pair, guard, reason)
            else:
                self._repair(pair, guard)
        elif self._stream is not None:
            self._silence.was_idle((kind, pair))  # nothing tells whether it is the instrument or the venue
            self._stream.resubscribe(self._topic_names(kind, pair))

    def _go_stale(self, pair: str, guard: BookGuard, reason: str) -> None:
        self._kit.reports.tell(guard.mark_stale(reason), pair)
        self._repair(pair, guard)
