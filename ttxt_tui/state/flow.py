"""What happened at each price: volume traded since the session began, and size that came and went of late.

Owns both tallies, in integer ticks. They are fed by `MarketState` and read by the ladder.
"""

from __future__ import annotations

from typing import Final

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.market import Side
from ttxt_tui.state.grouping import row_of

CHANGES_WINDOW_NS: Final = 5 * NANOSECONDS
"""For how long a change of a level counts, at most; at least half of it."""

PRICES_KEPT: Final = 50_000
"""On each side, 5 MB. Bitcoin's ticks are 0.015 bp: so many of them are 7 % of the price."""


class TradedVolume:
    """Volume by price in base currency. A buy counts where the asks are that it took, a sell where the bids are.

    A session has no end, but its memory has one: of more than `PRICES_KEPT` prices on a side the half is forgotten
    that is farthest from the last trade.
    """

    __slots__ = ("_by_price", "_group", "_rows")

    def __init__(self) -> None:
        self._by_price: dict[Side, dict[int, float]] = {Side.BUY: {}, Side.SELL: {}}
        self._group = 0
        """Of `_rows`; 0 before they were asked for."""
        self._rows: dict[int, float] = {}

    def add(self, side: Side, ticks: int, size: float) -> None:
        """Take in a trade; `side` is the aggressor's."""
        prices = self._by_price[side]
        prices[ticks] = prices.get(ticks, 0.0) + size
        if len(prices) > PRICES_KEPT:
            near = sorted(prices, key=lambda price: abs(price - ticks))[: PRICES_KEPT // 2]
            self._by_price[side] = {price: prices[price] for price in near}
            self._group = 0
        elif self._group:
            row = row_of(side.opposite, ticks, self._group)
            self._rows[row] = self._rows.get(row, 0.0) + size

    def by_row(self, group: int) -> dict[int, float]:
        """Row → volume. The sums are kept for one grouping: the one that was asked for last."""
        if group != self._group:
            self._group, self._rows = group, {}
            for side, prices in self._by_price.items():
                for ticks, size in prices.items():
                    row = row_of(side.opposite, ticks, group)
                    self._rows[row] = self._rows.get(row, 0.0) + size
        return self._rows

    def clear(self) -> None:
        """Forget everything."""
        for prices in self._by_price.values():
            prices.clear()
        self._rows.clear()


class LevelChanges:
    """Size added to (above zero) and pulled from (below) each level in the last seconds. What traded is no change.

    It costs a look-up for each level of every book message, so it is only kept while `is_wanted`.
    """

    __slots__ = ("_current", "_earlier", "_turn_ns", "is_wanted")

    def __init__(self) -> None:
        self.is_wanted = False
        self._turn_ns = 0
        self._current: dict[Side, dict[int, float]] = {Side.BUY: {}, Side.SELL: {}}
        self._earlier: dict[Side, dict[int, float]] = {Side.BUY: {}, Side.SELL: {}}

    def note(self, side: Side, ticks: int, change: float) -> None:
        """A level of the book's `side` grew by `change`."""
        changes = self._current[side]
        changes[ticks] = changes.get(ticks, 0.0) + change

    def turn(self, now_ns: int) -> None:
        """Let go of what is too old."""
        if now_ns - self._turn_ns < CHANGES_WINDOW_NS // 2:
            return
        is_idle = now_ns - self._turn_ns >= CHANGES_WINDOW_NS
        self._turn_ns = now_ns
        self._earlier = {Side.BUY: {}, Side.SELL: {}} if is_idle else self._current
        self._current = {Side.BUY: {}, Side.SELL: {}}

    def by_row(self, side: Side, group: int, low: int, high: int) -> dict[int, float]:
        """Row → net change on the book's `side`, of the rows from `low` to `high`."""
        rows: dict[int, float] = {}
        first, last = (low - 1) * group, (high + 1) * group
        for changes in (self._earlier[side], self._current[side]):
            for ticks, change in changes.items():
                if first < ticks < last:
                    row = row_of(side, ticks, group)
                    rows[row] = rows.get(row, 0.0) + change
        return rows

    def clear(self) -> None:
        """Forget everything."""
        for changes in (*self._current.values(), *self._earlier.values()):
            changes.clear()
