"""Chart overlays: moving average, volume-weighted average price, Bollinger bands.

Owns their arithmetic, and keeps what was computed: a tick of the last candle computes one value anew, not thousands.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import sqrt
from typing import Final

from ttxt_tui.state.candles import Candle, CandleSeries

DAY_NS: Final = 86_400_000_000_000

Values = Sequence[float | None]
"""A value for each candle, in the same order; None where there is none yet."""


class Study(ABC):
    """One overlay of one series at a time: one or more named lines."""

    name: str
    """What the chart's legend says."""

    def __init__(self, *lines: str) -> None:
        self._names = lines
        self._values: list[list[float | None]] = [[] for _ in lines]
        self._seen: tuple[int, int] | None = None
        self._series: CandleSeries | None = None

    def lines(self, series: CandleSeries) -> list[tuple[str, Values]]:
        """The lines as (name, values), up to date with `series`."""
        candles = series.candles
        seen = (series.revision, series.version)
        if series is not self._series or self._seen is None or self._seen[0] != seen[0]:
            first = 0
        elif self._seen == seen:
            first = len(candles)
        else:
            first = max(len(self._values[0]) - 1, 0)
        self._series, self._seen = series, seen
        if first < len(candles):
            for values in self._values:
                del values[first:]
            self._extend(candles, first)
        elif not candles:
            for values in self._values:
                values.clear()
        return list(zip(self._names, self._values, strict=True))

    @abstractmethod
    def _extend(self, candles: Sequence[Candle], first: int) -> None:
        """Append the values of the candles from the index `first` on; those before it are there."""


class Ema(Study):
    """Exponential moving average of the close; the first value is the mean of the first `length` closes."""

    def __init__(self, length: int = 20) -> None:
        super().__init__(f"EMA{length}")
        self.name = f"EMA{length}"
        self.length = length

    def _extend(self, candles: Sequence[Candle], first: int) -> None:
        (values,) = self._values
        share = 2.0 / (self.length + 1)
        for index in range(first, len(candles)):
            before = values[index - 1] if index else None
            if before is not None:
                values.append(before + share * (candles[index].close - before))
            elif index + 1 < self.length:
                values.append(None)
            else:
                values.append(sum(candle.close for candle in candles[: index + 1]) / (index + 1))


class Vwap(Study):
    """Volume-weighted average of (high + low + close) / 3 since the UTC day began."""

    def __init__(self) -> None:
        super().__init__("VWAP")
        self.name = "VWAP"
        self._sums: list[tuple[float, float]] = []
        """Σ price × volume and Σ volume of the day, for each candle."""

    def _extend(self, candles: Sequence[Candle], first: int) -> None:
        (values,) = self._values
        del self._sums[first:]
        for index in range(first, len(candles)):
            candle = candles[index]
            is_same_day = index > 0 and candles[index - 1].time_ns // DAY_NS == candle.time_ns // DAY_NS
            turnover, volume = self._sums[index - 1] if is_same_day else (0.0, 0.0)
            turnover += (candle.high + candle.low + candle.close) / 3 * candle.volume
            volume += candle.volume
            self._sums.append((turnover, volume))
            values.append(turnover / volume if volume > 0 else None)


class Bollinger(Study):
    """The mean of the last `length` closes, and the bands `width` standard deviations above and below it."""

    def __init__(self, length: int = 20, width: float = 2.0) -> None:
        super().__init__("BB", "BB upper", "BB lower")
        self.name = f"BB{length}"
        self.length = length
        self.width = width

    def _extend(self, candles: Sequence[Candle], first: int) -> None:
        middle, upper, lower = self._values
        for index in range(first, len(candles)):
            if index + 1 < self.length:
                for values in self._values:
                    values.append(None)
                continue
            closes = [candle.close for candle in candles[index + 1 - self.length : index + 1]]
            mean = sum(closes) / self.length
            spread = self.width * sqrt(sum((close - mean) ** 2 for close in closes) / self.length)
            middle.append(mean)
            upper.append(mean + spread)
            lower.append(mean - spread)
