"""Round values for the axes of a chart: a price scale whose rows fall on them, and the times to print.

Owns arithmetic only: which price is which row, which times are round, how they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from math import ceil, floor, log10
from typing import Final

from ttxt_tui.paint.text import price_text

NS_PER_SECOND: Final = 1_000_000_000
_DAY: Final = 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_STEPS: Final = (
    1, 2, 5, 10, 15, 30,
    60, 120, 300, 600, 900, 1800,
    3600, 7200, 10_800, 14_400, 21_600, 43_200,
    _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY, 56 * _DAY, 112 * _DAY, 364 * _DAY,
)  # fmt: skip
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class PriceScale:
    """Which price is which row. Each `rows_per_step`-th row is a round price, in the middle of the row."""

    rows: int
    decimals: int
    tick_row: float
    """How many of the smallest printable price steps (`10**-decimals`) one row spans."""
    top_row: int
    """The middle of the first row is `top_row * tick_row` such steps."""
    rows_per_step: int

    def position(self, price: float) -> float:
        """How many rows `price` is below the upper edge of the first row; 0.5 is the middle of that row."""
        return self.top_row + 0.5 - price * 10.0**self.decimals / self.tick_row

    def pixels(self, per_row: int) -> tuple[float, float]:
        """The pixel row of a price is the first number less the price times the second, at `per_row` pixels a row."""
        return (self.top_row + 0.5) * per_row, 10.0**self.decimals / self.tick_row * per_row

    def row(self, price: float) -> int | None:
        """The row that `price` falls in, or None where the scale does not reach it."""
        position = self.position(price)
        return int(position) if 0 <= position < self.rows else None

    def price(self, row: int) -> float:
        """The price in the middle of `row`, which need not be one that can be traded."""
        return (self.top_row - row) * self.tick_row / 10.0**self.decimals

    def label(self, row: int) -> str | None:
        """The round price of `row`, or None where that row has none."""
        index = self.top_row - row
        if index % self.rows_per_step:
            return None
        return price_text(index * self.tick_row / 10.0**self.decimals, self.decimals)


def price_scale(low: float, high: float, rows: int, decimals: int) -> PriceScale:
    """The tightest scale of `rows` rows that shows `low` to `high` with a round price (1, 2 or 5 × 10ⁿ) every few rows.

    The scale moves only when the range moves by a whole row, so a chart that ticks keeps most of its rows.
    """
    low_ticks, high_ticks = low * 10.0**decimals, high * 10.0**decimals
    # One row of slack: the range may begin and end anywhere inside a row.
    least = (high_ticks - low_ticks) / max(rows - 1, 1)
    tick_row, rows_per_step = _row_height(least, rows)
    middle = (low_ticks + high_ticks) / 2 / tick_row
    top_row = round(middle + (rows - 1) / 2)
    return PriceScale(rows, decimals, tick_row, top_row, rows_per_step)


def _row_height(least: float, rows: int) -> tuple[float, int]:
    """The smallest round step divided by a whole number of rows that is at least `least` ticks a row."""
    closest = min(max(rows // 5, 1), 3)
    spacings = range(closest, closest + 4)
    if least <= 1 / spacings[-1]:
        return 1 / spacings[-1], spacings[-1]
    first = max(0, floor(log10(least * spacings[0])))
    candidates = (
        (mantissa * 10.0**exponent / spacing, spacing)
        for exponent, mantissa, spacing in product(range(first, first + 3), (1, 2, 5), spacings)
    )
    return min(candidate for candidate in candidates if candidate[0] >= least)


def time_step(interval_ns: int, cells_per_candle: int, room: int) -> int:
    """The seconds between printed times so that each has at least `room` cells.

    Args:
        interval_ns: the time that one candle spans.
        cells_per_candle: how many cells a candle takes.
        room: the cells that a printed time needs, its margin included.
    """
    least = ceil(room / cells_per_candle) * interval_ns / NS_PER_SECOND
    return next((step for step in _TIME_STEPS if step >= least), ceil(least / _TIME_STEPS[-1]) * _TIME_STEPS[-1])


def time_text(time_ns: int, step: int) -> str:
    """A time (UTC) as the axis prints it: `14:30`, seconds where steps need them, `Nov 22` at midnight.

    Empty for a time that no calendar holds.
    """
    seconds = time_ns // NS_PER_SECOND
    try:
        when = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    if seconds % _DAY == 0 or step >= _DAY:
        return f"{_MONTHS[when.month - 1]} {when.day:02d}"
    if step % 60:
        return f"{when.hour:02d}:{when.minute:02d}:{when.second:02d}"
    return f"{when.hour:02d}:{when.minute:02d}"


def moment_text(time_ns: int, interval_ns: int) -> str:
    """A time (UTC) in full, for the candle under the crosshair: `Nov 22 14:30`, seconds where candles need them."""
    day = time_text(time_ns, _DAY)
    if not day or interval_ns % (_DAY * NS_PER_SECOND) == 0:
        return day
    seconds = time_ns // NS_PER_SECOND % _DAY
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{day} {clock}" if interval_ns % (60 * NS_PER_SECOND) == 0 else f"{day} {clock}:{seconds % 60:02d}"
