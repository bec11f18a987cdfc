"""When things happen and what a coin is worth: the two random processes under the practice market.

Pure: everything follows from a seed. Owns the arrival process and the fair value; it must not know of books,
events or clocks.

Figures taken from captures:

- Binance USD-M BTCUSDT, 343 s of 2024-08-08 (5,436 aggressor orders): a Hawkes process with one exponential
  kernel fits best with branching ratio 0.5 and a decay of 3.2 times the mean rate; counts have a Fano factor
  of 7 over 0.1 s, 26 over 1 s and 50 over 10 s (1 would be Poisson), so a slower kernel is added; it is kept weak,
  for at a calm rate the same figures would mean silences of a minute. Mid-price returns over 1 s have a
  kurtosis of 24.
- Volatility, in basis points per square root of a minute: 6 to 10 there, a wild day. From the 24-hour ranges
  in the Bybit tickers of 2026-08-09, a calm one: BTC 1.4, ETH 1.3, SOL 3.8, DOGE 2.8 (Parkinson's estimate).
"""

from __future__ import annotations

import math
from random import Random

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS

FAIR_VALUE_STEP_NS = 50 * MILLISECOND_NS
MINUTE_NS = 60 * NANOSECONDS

_FAST_BRANCHING, _FAST_DECAY = 0.5, 3.0
_SLOW_BRANCHING, _SLOW_DECAY = 0.15, 0.05
_BASE_INTENSITY = 1.0 - _FAST_BRANCHING - _SLOW_BRANCHING

_MARKET_SHARE = 0.8
"""Correlation of a coin's returns with those of the whole market; two coins have its square."""
_REGIMES = (0.6, 1.0, 1.8)
_REGIME_MINUTES = 15.0
_LOG_VOLATILITY_SPREAD, _LOG_VOLATILITY_MINUTES = 0.3, 15.0
_SHOCK_CHANCE, _SHOCK_SIZE = 0.004, 6.0
_ANCHOR_MINUTES = 3 * 24 * 60.0


class Arrivals:
    """A Hawkes process of mean rate 1 with a fast and a slow exponential kernel, simulated by thinning.

    Its time counts in mean intervals: divide a gap by a rate to get seconds. So one process is as clustered
    at 5 events per second as at 5,000, and the rate can change between any two arrivals.
    """

    __slots__ = ("_fast", "_random", "_slow")

    def __init__(self, random: Random) -> None:
        self._random = random.random
        self._fast = _FAST_BRANCHING
        self._slow = _SLOW_BRANCHING

    def next_gap(self) -> float:
        """Time to the next arrival, in mean intervals."""
        random, fast, slow = self._random, self._fast, self._slow
        gap = 0.0
        while True:
            # Intensity only falls until the next arrival, so its value now bounds it.
            bound = _BASE_INTENSITY + fast + slow
            wait = -math.log(1.0 - random()) / bound
            gap += wait
            fast *= math.exp(-_FAST_DECAY * wait)
            slow *= math.exp(-_SLOW_DECAY * wait)
            if random() * bound <= _BASE_INTENSITY + fast + slow:
                self._fast = fast + _FAST_BRANCHING * _FAST_DECAY
                self._slow = slow + _SLOW_BRANCHING * _SLOW_DECAY
                return gap


class Returns:
    """Log returns of one coin: volatility in regimes, mean-reverting around them, and rare large shocks.

    Coins of one seed share the market's shocks and its volatility; an instrument's spot and linear pair, asked
    for the same intervals, get the same returns.
    """

    __slots__ = ("_log_volatility", "_market", "_own", "_regime", "_volatility")

    def __init__(self, seed: int, purpose: str, base: str, volatility_bp: float) -> None:
        """`volatility_bp`: basis points per square root of a minute, on average."""
        self._market = Random(f"{seed}/{purpose}/market")
        self._own = Random(f"{seed}/{purpose}/{base}")
        self._volatility = volatility_bp * 1e-4
        self._log_volatility = 0.0
        self._regime = 1.0

    def next_return(self, minutes: float) -> float:
        """The log return of the next interval of `minutes`."""
        market = self._market
        if market.random() < minutes / _REGIME_MINUTES:
            self._regime = market.choice(_REGIMES)
        decay = minutes / _LOG_VOLATILITY_MINUTES
        shake = market.gauss(0.0, _LOG_VOLATILITY_SPREAD) * math.sqrt(2.0 * decay)
        self._log_volatility += shake - decay * self._log_volatility
        common = market.gauss(0.0, 1.0)
        if market.random() < _SHOCK_CHANCE:
            common *= _SHOCK_SIZE
        shock = _MARKET_SHARE * common + math.sqrt(1.0 - _MARKET_SHARE**2) * self._own.gauss(0.0, 1.0)
        return self._volatility * self._regime * math.exp(self._log_volatility) * math.sqrt(minutes) * shock


class FairValue:
    """What the coin is worth at a market time: the price that trading makes visible.

    It steps every 50 ms, whoever asks and how often, so that flows of one coin agree. A slow pull towards the
    start price keeps an endless session in the neighbourhood it began in.
    """

    __slots__ = ("_log_change", "_next_step_ns", "_returns", "_start_price")

    def __init__(self, returns: Returns, start_price: float, start_ns: int) -> None:
        self._returns = returns
        self._start_price = start_price
        self._next_step_ns = start_ns + FAIR_VALUE_STEP_NS
        self._log_change = 0.0

    def at(self, time_ns: int) -> float:
        """The value at `time_ns`, which never goes back."""
        while self._next_step_ns <= time_ns:
            self._next_step_ns += FAIR_VALUE_STEP_NS
            minutes = FAIR_VALUE_STEP_NS / MINUTE_NS
            pull = self._log_change * minutes / _ANCHOR_MINUTES
            self._log_change += self._returns.next_return(minutes) - pull
        return self._start_price * math.exp(self._log_change)

    def skip(self, duration_ns: int) -> None:
        """Let `duration_ns` of market time pass in which the value stands still."""
        self._next_step_ns += duration_ns
