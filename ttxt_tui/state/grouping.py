"""Rows of a price ladder: how many ticks one row stands for, and which row a price falls in.

Owns that arithmetic, in integer ticks. Row `r` at a grouping of `g` is printed as the price of `r * g` ticks. Bids
round down to their row and asks up, so that an order at the printed price never stands before what the row sums up.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log10
from typing import Final

from ttxt_core.events.market import Side

BASIS_POINT: Final = 1e-4
MOST_TICKS: Final = 10**9
"""The coarsest grouping."""
_MANTISSAS: Final = (1, 2, 5)


def coarser(group: int) -> int:
    """The next grouping of 1, 2, 5, 10, 20 … ticks above `group`."""
    return next((step for step in _steps() if step > group), MOST_TICKS)


def finer(group: int) -> int:
    """The next grouping below `group`; 1 tick at least."""
    return max((step for step in _steps() if step < group), default=1)


def first_grouping(price_ticks: int, reach_ticks: int, rows: int) -> int:
    """The grouping to begin with: about a basis point a row, finer where the known book would leave most rows unknown.

    Args:
        price_ticks: the price now.
        reach_ticks: how far the book is known on its shallower side.
        rows: rows on the screen.
    """
    wanted = log10(max(price_ticks * BASIS_POINT, 1.0))
    group = min(_steps(), key=lambda step: abs(log10(step) - wanted))
    while group > 1 and reach_ticks > 0 and group * rows > 2 * reach_ticks:
        group = finer(group)
    return group


def row_of(side: Side, ticks: int, group: int) -> int:
    """The row that an order at `ticks` stands in: a buy in the one below or at its price, a sell above or at it."""
    return ticks // group if side is Side.BUY else -(-ticks // group)


def nearest_row(ticks: float, group: int) -> int:
    """The row whose printed price is nearest to `ticks`."""
    return round(ticks / group)


def group_levels(
    levels: Iterable[tuple[float, float]], ticks_per_unit: float, side: Side, *, group: int, low: int, high: int
) -> dict[int, float]:
    """Sizes summed by row.

    Args:
        levels: ``(price, size)``, best first.
        side: the book's own.
        ticks_per_unit: how many ticks one unit of the quote currency has.
        low, high: the rows wanted, both included; the levels behind the last of them are not looked at.
    """
    # Levels come sorted, so a row is worked out once, and then only left where a price passes its end.
    sums: dict[int, float] = {}
    row = 0
    if side is Side.BUY:
        end = inf
        for price, size in levels:
            if price >= end:
                sums[row] += size
                continue
            row = int(price * ticks_per_unit + 0.5) // group
            if row < low:
                break
            end = (row * group - 0.5) / ticks_per_unit
            sums[row] = size
    else:
        end = -inf
        for price, size in levels:
            if price <= end:
                sums[row] += size
                continue
            row = -(-int(price * ticks_per_unit + 0.5) // group)
            if row > high:
                break
            end = (row * group + 0.5) / ticks_per_unit
            sums[row] = size
    return {row: size for row, size in sums.items() if low <= row <= high}


def _steps() -> Iterable[int]:
    decade = 1
    while decade <= MOST_TICKS:
        yield from (mantissa * decade for mantissa in _MANTISSAS if mantissa * decade <= MOST_TICKS)
        decade *= 10
