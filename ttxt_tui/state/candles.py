"""Candles of one instrument in every interval that a chart offers.

Owns the series and where their candles come from: what the venue sends in an interval, else what can be put together
from the longest shorter interval that it sends, else the trades. Trades move the last candle between two messages of
the venue, so that a chart's last price is the tape's. A candle that never came is not made up: it is a gap.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.market import Kline, MarketTrade

INTERVALS: Final = {
    "1s": NANOSECONDS,
    "5s": 5 * NANOSECONDS,
    "1m": 60 * NANOSECONDS,
    "5m": 300 * NANOSECONDS,
    "15m": 900 * NANOSECONDS,
    "1h": 3_600 * NANOSECONDS,
    "4h": 14_400 * NANOSECONDS,
    "1d": 86_400 * NANOSECONDS,
}
"""The intervals of a chart by name, rising; in nanoseconds."""

MOST_CANDLES: Final = 5_000
_SLACK: Final = 500


class Candle(NamedTuple):
    """A candle. `time_ns` is when it begins; prices in quote, volume in base currency."""

    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    closed: bool


class CandleSeries:
    """Candles of one interval, oldest first, about `MOST_CANDLES` at most.

    Attributes:
        candles: read it, don't change it.
        version: changes with every change.
        revision: changes when more than the last candle changed or was added: what was computed from the candles
            before the last one is void.
    """

    __slots__ = ("candles", "interval_ns", "revision", "version")

    def __init__(self, interval_ns: int) -> None:
        self.interval_ns = interval_ns
        self.candles: list[Candle] = []
        self.version = 0
        self.revision = 0

    @property
    def last(self) -> Candle | None:
        return self.candles[-1] if self.candles else None

    def put(self, candle: Candle) -> None:
        """Take in a candle: in place of the one of its time, or where it belongs."""
        candles = self.candles
        self.version += 1
        if not candles or candle.time_ns > candles[-1].time_ns:
            candles.append(candle)
            if len(candles) > MOST_CANDLES + _SLACK:
                del candles[:_SLACK]
                self.revision += 1
            return
        if candle.time_ns == candles[-1].time_ns:
            candles[-1] = candle
            return
        self.revision += 1
        index = bisect_left(candles, candle.time_ns, key=_time_of)
        if candles[index].time_ns == candle.time_ns:
            candles[index] = candle
        else:
            candles.insert(index, candle)

    def between(self, start_ns: int, end_ns: int) -> Sequence[Candle]:
        """The candles that begin from `start_ns` on and before `end_ns`."""
        first = bisect_left(self.candles, start_ns, key=_time_of)
        return self.candles[first : bisect_left(self.candles, end_ns, lo=first, key=_time_of)]

    def clear(self, from_ns: int | None = None) -> None:
        """Forget all candles, or those that begin at `from_ns` or later."""
        first = 0 if from_ns is None else bisect_left(self.candles, from_ns, key=_time_of)
        del self.candles[first:]
        self.version += 1
        self.revision += 1


class CandleStore:
    """The series of all `INTERVALS`."""

    def __init__(self) -> None:
        self._series = {interval: CandleSeries(interval) for interval in INTERVALS.values()}
        self._source = dict.fromkeys(self._series, 0)
        """The interval that a series' candles are made of; 0 for trades."""
        self._stale: dict[int, set[int]] = {interval: set() for interval in self._series}
        """Beginnings of candles whose parts changed since they were put together."""
        self._from_trades: dict[int, int] = {}
        """The beginning of the last candle of an interval, while trades are all that is known of it."""
        self._last_trade: MarketTrade | None = None

    def series(self, interval_ns: int) -> CandleSeries:
        """The candles of one of the `INTERVALS`, up to date.

        Raises:
            KeyError: not one of them.
        """
        series, source = self._series[interval_ns], self._source[interval_ns]
        stale = self._stale[interval_ns]
        if stale:
            parts = self._series[source]
            for start_ns in sorted(stale):
                inside = parts.between(start_ns, start_ns + interval_ns)
                if inside:
                    is_closed = inside[-1].closed and inside[-1].time_ns + source == start_ns + interval_ns
                    series.put(self._with_last_trade(interval_ns, _joined(start_ns, inside, is_closed)))
            stale.clear()
            self._from_trades.pop(interval_ns, None)
        return series

    def apply_kline(self, kline: Kline) -> None:
        """Take in a candle that the venue sent. One in another interval than `INTERVALS` is not kept."""
        interval = kline.interval_ns
        if interval not in self._series or kline.start_ns % interval:
            return
        self._make_source_of(interval, interval, kline.start_ns)
        candle = Candle(kline.start_ns, kline.open, kline.high, kline.low, kline.close, kline.volume, kline.is_closed)
        self._from_trades.pop(interval, None)
        self._series[interval].put(candle if kline.is_closed else self._with_last_trade(interval, candle))
        for longer in self._series:
            if longer > interval and longer % interval == 0 and self._source[longer] <= interval:
                start_ns = kline.start_ns - kline.start_ns % longer
                self._make_source_of(longer, interval, start_ns)
                self._stale[longer].add(start_ns)
                if kline.is_closed and kline.start_ns + interval == start_ns + longer:
                    self.series(longer)  # complete: put together while all of its parts are still kept

    def apply_trades(self, trades: Sequence[MarketTrade]) -> None:
        """Take in the trades of one message, oldest first."""
        for second, run in groupby(trades, key=_second_of):
            self._apply_run(second * NANOSECONDS, list(run))

    def clear(self) -> None:
        """Forget all candles and where they came from."""
        for interval, series in self._series.items():
            series.clear()
            self._source[interval] = 0
            self._stale[interval].clear()
        self._from_trades.clear()
        self._last_trade = None

    # -- inside ----------------------------------------------------------------------------------------

    def _make_source_of(self, interval: int, source: int, from_ns: int) -> None:
        """A better source than before: the candles that it tells of, from its first one on, replace the others."""
        if self._source[interval] < source:
            self._source[interval] = source
            self._stale[interval].clear()
            self._series[interval].clear(from_ns)

    def _apply_run(self, time_ns: int, trades: list[MarketTrade]) -> None:
        """Trades of one second, which is in one candle of every interval."""
        last = self._last_trade
        if last is not None and trades[-1].time_ns < last.time_ns:
            return  # an old trade that came late: its candle has gone on
        self._last_trade = trades[-1]
        prices = [trade.price for trade in trades]
        piece = Candle(
            time_ns, prices[0], max(prices), min(prices), prices[-1], sum(trade.size for trade in trades), False
        )
        for interval, series in self._series.items():
            start_ns = time_ns - time_ns % interval
            running = series.last
            if running is None or start_ns > running.time_ns:
                self._close_last(series)
                series.put(piece._replace(time_ns=start_ns))
                self._from_trades[interval] = start_ns
            elif start_ns == running.time_ns and not running.closed:
                # Volume that the venue counts is not counted here again.
                volume = piece.volume if self._from_trades.get(interval) == start_ns else 0.0
                series.put(
                    Candle(
                        start_ns,
                        running.open,
                        max(running.high, piece.high),
                        min(running.low, piece.low),
                        piece.close,
                        running.volume + volume,
                        False,
                    )
                )

    def _close_last(self, series: CandleSeries) -> None:
        """A candle made of trades is complete when a later one begins; the venue says so of its own."""
        running = series.last
        if running is not None and self._from_trades.get(series.interval_ns) == running.time_ns:
            series.put(running._replace(closed=True))

    def _with_last_trade(self, interval: int, candle: Candle) -> Candle:
        """A running candle with the last trade as its close: the venue may have sent it before that trade."""
        last = self._last_trade
        if candle.closed or last is None or not candle.time_ns <= last.time_ns < candle.time_ns + interval:
            return candle
        return candle._replace(high=max(candle.high, last.price), low=min(candle.low, last.price), close=last.price)


def _time_of(candle: Candle) -> int:
    return candle.time_ns


def _second_of(trade: MarketTrade) -> int:
    return trade.time_ns // NANOSECONDS


def _joined(start_ns: int, parts: Sequence[Candle], closed: bool) -> Candle:
    return Candle(
        start_ns,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        _sum(part.volume for part in parts),
        closed,
    )


def _sum(volumes: Iterable[float]) -> float:
    return sum(volumes, 0.0)
