"""Candles of every interval, from the trades of one instrument.

Owns the minutes that were, and how they add up to longer intervals: Bybit's names, ``1`` to ``720`` minutes, ``D``,
``W`` (from Monday) and ``M``; all in UTC.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from ttxt_core.events.market import Kline

MINUTE_MS = 60_000
_DAY_MS = 1440 * MINUTE_MS
_MONDAY_MS = 4 * _DAY_MS
"""1970-01-05, the first Monday after the epoch."""
INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
_KEPT_MINUTES = 3 * 1440


class Candle(Struct):
    """One candle; times are Unix milliseconds, `volume` counts base and `turnover` quote currency."""

    start_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0
    turnover: float = 0.0
    last_trade_ms: int = 0

    def add(self, other: Candle) -> None:
        """Take in a candle that follows within this one's interval."""
        self.high = max(self.high, other.high)
        self.low = min(self.low, other.low)
        self.close = other.close
        self.volume += other.volume
        self.turnover += other.turnover
        self.last_trade_ms = max(self.last_trade_ms, other.last_trade_ms)


class Candles:
    """The minutes of one instrument: those before the start, and those that its trades make."""

    def __init__(self) -> None:
        self._minutes: deque[Candle] = deque(maxlen=_KEPT_MINUTES)

    def seed(self, kline: Kline) -> None:
        """A closed minute of the time before; others, and those that trades have made, are left out."""
        start_ms = kline.start_ns // 1_000_000
        is_next = not self._minutes or start_ms > self._minutes[-1].start_ms
        if kline.interval_ns == MINUTE_MS * 1_000_000 and kline.is_closed and is_next:
            figures = kline.open, kline.high, kline.low, kline.close, kline.volume, kline.turnover
            self._minutes.append(Candle(start_ms, *figures, last_trade_ms=start_ms))

    def trade(self, price: float, size: float, time_ms: int) -> None:
        """Take in one trade; one of a minute that is over counts for the running one."""
        self.roll(time_ms, price)
        self._minutes[-1].add(Candle(time_ms, price, price, price, price, size, price * size, time_ms))

    def roll(self, now_ms: int, first_price: float | None = None) -> None:
        """Begin the minute that `now_ms` is in, and those before it: without a trade they stand at the last price.

        The very first minute begins at `first_price`; without one there is none.
        """
        start_ms = now_ms - now_ms % MINUTE_MS
        if not self._minutes:
            if first_price is not None:
                self._minutes.append(Candle(start_ms, first_price, first_price, first_price, first_price))
            return
        while (last := self._minutes[-1]).start_ms < start_ms:
            begin = last.start_ms + MINUTE_MS
            if start_ms - begin > _KEPT_MINUTES * MINUTE_MS:
                begin = start_ms
            self._minutes.append(Candle(begin, last.close, last.close, last.close, last.close))

    def latest(self, interval: str, count: int = _KEPT_MINUTES) -> list[Candle]:
        """The last `count` candles of `interval`, oldest first; the last one is running."""
        found: list[Candle] = []
        for minutes in self._groups_from_end(interval):
            candle = minutes[-1]
            candle = replace(candle, start_ms=interval_start(interval, candle.start_ms))
            for minute in reversed(minutes[:-1]):
                candle.add(minute)
            found.append(candle)
            if len(found) == count:
                break
        return found[::-1]

    def _groups_from_end(self, interval: str) -> Iterator[list[Candle]]:
        """The minutes of each candle, newest first."""
        group: list[Candle] = []
        for minute in reversed(self._minutes):
            if group and minute.start_ms < interval_start(interval, group[0].start_ms):
                yield group
                group = []
            group.append(minute)
        if group:
            yield group


def interval_start(interval: str, time_ms: int) -> int:
    """The start of the candle of `interval` that `time_ms` is in."""
    if interval == "D":
        return time_ms - time_ms % _DAY_MS
    if interval == "W":
        return time_ms - (time_ms - _MONDAY_MS) % (7 * _DAY_MS)
    if interval == "M":
        month = datetime.fromtimestamp(time_ms / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return int(month.timestamp()) * 1000
    return time_ms - time_ms % (int(interval) * MINUTE_MS)


def interval_end(interval: str, start_ms: int) -> int:
    """The start of the candle after the one that starts at `start_ms`."""
    if interval == "M":
        return interval_start("M", start_ms + 32 * _DAY_MS)
    days = {"D": 1, "W": 7}.get(interval)
    return start_ms + (days * _DAY_MS if days else int(interval) * MINUTE_MS)
