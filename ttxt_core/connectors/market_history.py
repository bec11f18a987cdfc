"""What the market did before the stream began: candles and recent trades, asked for over REST.

Owns the order of the two: what the stream brings of the same kinds waits until the past has been published.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ttxt_core.connectors.config import StreamSettings
from ttxt_core.connectors.outbox import Outbox
from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.connectors.reports import Reports
from ttxt_core.errors import TtxtError
from ttxt_core.events import Event, Kline, MarketTrades

_HELD_MOST: Final = 20_000
_HELD_KINDS: Final = frozenset({Kline, MarketTrades})


class MarketHistory:
    """The past of `pairs`, published once a connection; trades only at the first."""

    def __init__(
        self,
        pairs: Sequence[str],
        streams: StreamSettings,
        candles: int,
        queries: VenueQueries,
        *,
        outbox: Outbox,
        reports: Reports,
    ) -> None:
        """`candles` is how many of each interval."""
        self._pairs = pairs
        self._streams = streams
        self._candles = candles
        self._queries = queries
        self._outbox = outbox
        self._reports = reports
        self._held: list[Event[Any]] | None = None
        self._wants_trades = streams.trades

    def begin(self) -> None:
        """Hold what the stream brings from now on."""
        self._held = []

    def holds(self, event: Event[Any]) -> bool:
        """Whether `event` has to wait for the past; it has been taken then."""
        if self._held is None or type(event.data) not in _HELD_KINDS:
            return False
        self._held.append(event)
        if len(self._held) > _HELD_MOST:
            self._release(set())
        return True

    async def catch_up(self) -> None:
        """Publish the past, then what waited. What can't be had is told and left out."""
        known: set[tuple[str, str]] = set()
        try:
            for pair in self._pairs:
                await self._ask_for(pair, known)
            self._wants_trades = False
        finally:
            self._release(known)

    async def _ask_for(self, pair: str, known: set[tuple[str, str]]) -> None:
        try:
            if self._wants_trades:
                for event in await self._queries.trades(pair):
                    known.update((pair, trade.trade_id) for trade in event.data.trades)
                    self._outbox.put(event)
            for interval in self._streams.klines if self._candles else ():
                for candle in await self._queries.klines(pair, interval, self._candles):
                    self._outbox.put(candle)
        except TtxtError as error:
            self._reports.error(error, f"fetch the history of {pair}")

    def _release(self, known: set[tuple[str, str]]) -> None:
        """Publish what waited, without the trades that the past had already."""
        held, self._held = self._held or [], None
        for event in held:
            if type(event.data) is not MarketTrades or not known:
                self._outbox.put(event)
                continue
            pair = event.header.pair
            new = [trade for trade in event.data.trades if (pair, trade.trade_id) not in known]
            if new:
                self._outbox.put(Event(event.header, MarketTrades(new)))
