"""Candles and 24-hour figures of the practice market.

Owns the running minute, the closed ones of the last day, and the made-up day before the session began. It must
not know of books or of how trades come about.
"""

from __future__ import annotations

import math
from collections import deque
from random import Random

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.market import Kline
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.simulation.flow_model import Returns

MINUTE_NS = 60 * NANOSECONDS
DAY_MINUTES = 1440
_STEPS_A_MINUTE = 4
_VOLUME_SPREAD = 0.7


def made_up_day(
    info: InstrumentInfo, returns: Returns, random: Random, *, last_price: float, end_ns: int, minute_lots: float
) -> list[Kline]:
    """The day's closed one-minute candles that end at `end_ns` and at `last_price`, oldest first.

    Drawn from the process that moves the fair value, not from a run of the order flow. Each opens where the one
    before it closed; `minute_lots` is the mean volume.
    """
    tick = float(info.tick_size)
    candles: list[Kline] = []
    price = last_price
    for index in range(1, DAY_MINUTES + 1):
        path = [price]
        for _ in range(_STEPS_A_MINUTE):
            price *= math.exp(-returns.next_return(1 / _STEPS_A_MINUTE))
            path.append(price)
        ticks = [round(value / tick) for value in path]
        # The second term brings the mean back to `minute_lots`.
        size = random.gauss(0.0, _VOLUME_SPREAD) - _VOLUME_SPREAD**2 / 2
        volume = info.float_size(1 + int(minute_lots * math.exp(size)))
        candles.append(
            Kline(
                interval_ns=MINUTE_NS,
                start_ns=end_ns - index * MINUTE_NS,
                open=info.float_price(ticks[-1]),
                high=info.float_price(max(ticks)),
                low=info.float_price(min(ticks)),
                close=info.float_price(ticks[0]),
                volume=volume,
                turnover=_turnover(info, volume, tick * sum(ticks) / len(ticks)),
                is_closed=True,
            )
        )
    candles.reverse()
    return candles


class Candles:
    """The running one-minute candle and the closed ones of the last 24 hours.

    Attributes:
        closed: oldest first, at most a day of them.
        is_touched: whether a trade changed the running candle since it was last looked at.
    """

    def __init__(self, info: InstrumentInfo, closed: list[Kline], start_ns: int) -> None:
        """`closed` are the candles before the one that `start_ns` is in; at least one."""
        self._info = info
        self.closed = deque(closed, maxlen=DAY_MINUTES)
        self.is_touched = False
        self._start_ns = start_ns - start_ns % MINUTE_NS
        self._open = self._high = self._low = self._close = info.to_ticks(closed[-1].close)
        self._lots = self._tick_lots = 0
        self._sum_up()

    def trade(self, tick: int, lots: int) -> None:
        """Take in one trade of the running minute."""
        self._close = tick
        self._high = max(self._high, tick)
        self._low = min(self._low, tick)
        self._lots += lots
        self._tick_lots += tick * lots
        self.is_touched = True

    def roll(self, time_ns: int) -> list[Kline]:
        """Close the minutes that have ended by `time_ns`; one without a trade stands still at the last price."""
        ended: list[Kline] = []
        while time_ns >= self._start_ns + MINUTE_NS:
            candle = self.running(is_closed=True)
            ended.append(candle)
            self.closed.append(candle)
            self._start_ns += MINUTE_NS
            self._open = self._high = self._low = self._close
            self._lots = self._tick_lots = 0
        if ended:
            self._sum_up()
        return ended

    def running(self, *, is_closed: bool = False) -> Kline:
        """The running minute as it stands."""
        self.is_touched = False
        price = self._info.float_price
        return Kline(
            interval_ns=MINUTE_NS,
            start_ns=self._start_ns,
            open=price(self._open),
            high=price(self._high),
            low=price(self._low),
            close=price(self._close),
            volume=self._info.float_size(self._lots),
            turnover=self._turnover,
            is_closed=is_closed,
        )

    @property
    def last(self) -> float:
        """Price of the last trade."""
        return self._info.float_price(self._close)

    @property
    def day_volume(self) -> float:
        """`InstrumentInfo.quantity_currency`, last 24 hours."""
        return self._info.float_size(self._day_lots + self._lots)

    @property
    def day_turnover(self) -> float:
        """Quote currency, of inverse contracts base currency, last 24 hours."""
        return self._day_turnover + self._turnover

    @property
    def day_range(self) -> tuple[float, float]:
        """Lowest and highest price of the last 24 hours."""
        price = self._info.float_price
        return min(self._day_low, price(self._low)), max(self._day_high, price(self._high))

    @property
    def day_change(self) -> float:
        """Fraction by which the price changed in the last 24 hours."""
        return self.last / self.closed[0].open - 1.0

    @property
    def _turnover(self) -> float:
        """Of the running minute."""
        if not self._lots:
            return 0.0
        average = self._tick_lots / self._lots * float(self._info.tick_size)
        return _turnover(self._info, self._info.float_size(self._lots), average)

    def _sum_up(self) -> None:
        self._day_high = max(candle.high for candle in self.closed)
        self._day_low = min(candle.low for candle in self.closed)
        self._day_lots = sum(self._info.to_lots(candle.volume) for candle in self.closed)
        self._day_turnover = sum(candle.turnover for candle in self.closed)


def _turnover(info: InstrumentInfo, volume: float, average: float) -> float:
    """What `volume` at an `average` price comes to."""
    return volume / average if info.is_inverse else volume * average
