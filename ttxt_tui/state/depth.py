"""Cumulative depth: how much rests within each distance of the middle, on both sides.

Owns the range of distances and the scale. The book is the market's.
"""

from __future__ import annotations

from math import floor, log10
from typing import Final, NamedTuple

from ttxt_core.events.market import Side
from ttxt_core.events.status import BookState
from ttxt_tui.state.grouping import BASIS_POINT
from ttxt_tui.state.market import MarketState

RANGES_BPS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Distances from the middle that a chart can reach to, in basis points."""

_SHRINK_AT: Final = 0.5
_REACHED: Final = 1.001
"""For floats that should be equal."""
_STEPS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0)


class DepthView(NamedTuple):
    """What a depth chart shows.

    Attributes:
        mid: halfway between the touch; None when there is none, and then nothing else either.
        range_bps: the distance at both ends.
        bids, asks: cumulative size, base currency, from the touch to the outer end of each column, the column at the
            middle first; None where it is not known.
        full: the size at the top of the scale.
        trouble: why the book is not to be trusted; empty when all is well.
    """

    mid: float | None
    range_bps: int
    bids: tuple[float | None, ...]
    asks: tuple[float | None, ...]
    full: float
    trouble: str


class DepthState:
    """What a depth chart shows of a market. `version` changes with the settings; the market has its own."""

    def __init__(self, market: MarketState) -> None:
        self.market = market
        self.version = 0
        self._range: int | None = None
        self._full = 0.0
        self._epoch = market.epoch

    def show(self, market: MarketState) -> None:
        """Show another market, as far as its book reaches."""
        self.market = market
        self._begin()
        self.version += 1

    def _begin(self) -> None:
        self._epoch = self.market.epoch
        self._range, self._full = None, 0.0

    def step_range(self, steps: int) -> int:
        """A wider (1) or narrower (-1) range, as far as there are any; gives it in basis points."""
        now = self._range_bps()
        self._range = RANGES_BPS[min(max(RANGES_BPS.index(now) + steps, 0), len(RANGES_BPS) - 1)]
        self._full = 0.0
        self.version += 1
        return self._range

    def view(self, columns: int, now_ns: int) -> DepthView:
        """The chart with `columns` on each side of the middle. `now_ns` is market time."""
        market = self.market
        if market.epoch != self._epoch:
            self._begin()
        mid = market.book.mid if market.book.state is not BookState.SYNCING else None
        trouble = market.trust(now_ns).text
        range_bps = self._range_bps()
        if mid is None or columns < 1:
            return DepthView(None, range_bps, (), (), 0.0, trouble)
        step = mid * range_bps * BASIS_POINT / columns
        bids, asks = (self._side(side, mid, step, columns) for side in Side)
        self._fit(max((size for size in (*bids, *asks) if size is not None), default=0.0))
        return DepthView(mid, range_bps, bids, asks, self._full, trouble)

    def _range_bps(self) -> int:
        """What was chosen; before, the widest that the book fills."""
        if self._range is not None:
            return self._range
        book = self.market.book
        mid, bid, ask = book.mid, book.deepest(Side.BUY), book.deepest(Side.SELL)
        if mid is None or bid is None or ask is None:
            return RANGES_BPS[3]
        reach = min(mid - bid[0], ask[0] - mid) / mid / BASIS_POINT
        self._range = max((bps for bps in RANGES_BPS if bps <= reach * _REACHED), default=RANGES_BPS[0])
        return self._range

    def _side(self, side: Side, mid: float, step: float, columns: int) -> tuple[float | None, ...]:
        book, sign = self.market.book, -1.0 if side is Side.BUY else 1.0
        sums: list[float | None] = []
        total, number, distance = 0.0, 1, 0.0
        for price, size in book.levels(side):
            distance = (price - mid) * sign
            while number <= columns and distance > number * step:
                sums.append(total)
                number += 1
            if number > columns:
                break
            total += size
        # Up to the deepest level it is known; beyond it only where the stream would have told of more.
        while len(sums) < columns:
            is_known = (len(sums) + 1) * step <= distance or 0 < book.level_count(side) < book.depth
            sums.append(total if is_known or len(sums) * step < distance else None)
        return tuple(sums)

    def _fit(self, largest: float) -> None:
        if not _SHRINK_AT * self._full <= largest <= self._full:
            self._full = _round_up(largest)


def _round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 7 × 10ⁿ at or above `value`."""
    if value <= 0.0:
        return 0.0
    decade: float = 10.0 ** floor(log10(value))
    return next(step * decade for step in (*_STEPS, 20.0) if step * decade >= value)
