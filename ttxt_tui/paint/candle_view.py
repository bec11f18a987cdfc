"""What a candle chart is told, and how it lays itself out in a number of cells.

Owns the plain inputs, which candles are visible and where rows and columns go. Draws nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from ttxt_tui.paint.axes import PriceScale, price_scale
from ttxt_tui.paint.text import price_text
from ttxt_tui.theme.roles import Role

MAX_PITCH: Final = 4
_MAX_PRICE: Final = 1e15
_RIGHT_MARGIN: Final = 1
_LEAST_PLOT: Final = 10


class CandleLike(Protocol):
    """A candle: any object with these fields. A missing candle is simply not in the sequence."""

    @property
    def time_ns(self) -> int: ...
    @property
    def open(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def close(self) -> float: ...
    @property
    def volume(self) -> float: ...
    @property
    def closed(self) -> bool: ...


class Candle(NamedTuple):
    """A candle. `time_ns` is when it begins; `closed` is False while it may still change."""

    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    closed: bool = True


class PriceLine(NamedTuple):
    """A line at a price across the chart: an own order, the position's entry, a stop.

    `since_ns` is when an order was made; candles don't show it.
    """

    price: float
    label: str
    role: Role
    since_ns: int = 0


class Overlay(NamedTuple):
    """A dotted line: a value for each candle of the view in the same order, None where there is none yet."""

    name: str
    role: Role
    values: Sequence[float | None]


class Fill(NamedTuple):
    """An own fill."""

    time_ns: int
    price: float
    is_buy: bool


@dataclass(frozen=True, slots=True)
class CandleView:
    """All that a candle chart shows. Times are ns UTC, prices and volumes floats of market data.

    Raises:
        ValueError: `interval_ns` under 1, `price_decimals` outside 0 to 18, `pitch` outside 1 to 4, `offset` negative.
    """

    candles: Sequence[CandleLike]
    """Oldest first."""
    interval_ns: int
    price_decimals: int
    last_price: float | None = None
    """The price of the last-price line; None draws none."""
    lines: Sequence[PriceLine] = ()
    """Most important first: where two would stand in one row of the axis, the first has the tag."""
    overlays: Sequence[Overlay] = ()
    fills: Sequence[Fill] = ()
    crosshair: int | None = None
    """A time in the candle to point out (`ChartLayout.time_at` gives it for a column); None points at none."""
    crosshair_price: float | None = None
    """The price to point out; None is the close of the candle under the crosshair."""
    has_profile: bool = False
    """Whether to draw how much traded at each price."""
    pitch: int = 2
    """Cells per candle: the zoom."""
    offset: int = 0
    """How many candles of time the right edge lies before the newest."""

    def __post_init__(self) -> None:
        if self.interval_ns < 1:
            raise ValueError(f"interval_ns must be at least 1, not {self.interval_ns}")
        if not 0 <= self.price_decimals <= 18:
            raise ValueError(f"price_decimals must be 0 to 18, not {self.price_decimals}")
        if not 1 <= self.pitch <= MAX_PITCH:
            raise ValueError(f"pitch must be 1 to {MAX_PITCH}, not {self.pitch}")
        if self.offset < 0:
            raise ValueError(f"offset must not be negative, not {self.offset}")


@dataclass(frozen=True, slots=True)
class ChartLayout:
    """Where things are in a chart of one size. From the top: legend, prices, volume, times; prices at the right."""

    width: int
    height: int
    axis_width: int
    legend_rows: int
    price_rows: int
    volume_rows: int
    time_rows: int
    interval_ns: int
    pitch: int
    last_slot: int
    """The candle interval at the right edge, counted from the epoch."""
    visible: dict[int, int]
    """The candles that are drawn, newest first: interval counted from the epoch → index in the view."""
    scale: PriceScale

    @property
    def plot_width(self) -> int:
        """The columns left of the price axis."""
        return self.width - self.axis_width

    @property
    def first_slot(self) -> int:
        """The candle interval at the left edge."""
        return self.last_slot - max((self.plot_width - _RIGHT_MARGIN) // self.pitch, 1) + 1

    def column(self, slot: int) -> int:
        """The first column of a candle interval."""
        return max(self.plot_width - _RIGHT_MARGIN, self.pitch) - (self.last_slot - slot + 1) * self.pitch

    @property
    def slots(self) -> int:
        """How many candle intervals there is room for."""
        return self.last_slot - self.first_slot + 1

    def price_at(self, row: int) -> float | None:
        """The price in the middle of a row of the chart, for the crosshair; None outside the price rows."""
        inside = self.legend_rows <= row < self.legend_rows + self.price_rows
        return self.scale.price(row - self.legend_rows) if inside else None

    def time_at(self, column: int) -> int | None:
        """When the candle interval at `column` begins, for the crosshair; None outside the plot."""
        slot = self.first_slot + (column - self.column(self.first_slot)) // self.pitch
        inside = 0 <= column < self.plot_width and self.first_slot <= slot <= self.last_slot
        return slot * self.interval_ns if inside else None


def lay_out(view: CandleView, width: int, height: int) -> ChartLayout:
    """The layout of `view` in `width` × `height` cells (each at least 1): the same that is drawn."""
    legend_rows = int(height >= 7)
    time_rows = int(height >= 5)
    volume_rows = 0 if height < 10 else max(2, round(height * 0.18))
    price_rows = height - legend_rows - time_rows - volume_rows

    # The axis is as wide as the widest price needs, before it is known which candles fit beside it.
    last_slot = _last_slot(view)
    visible = _visible(view, last_slot, max(width // view.pitch, 1))
    low, high = _price_range(view, visible)
    axis_width = max(len(price_text(price, view.price_decimals)) for price in (low, high + (high - low) / 4)) + 2
    if width - axis_width < _LEAST_PLOT:
        axis_width = 0
    slots = max((width - axis_width - _RIGHT_MARGIN) // view.pitch, 1)
    fitting = {slot: index for slot, index in visible.items() if slot > last_slot - slots}
    if len(fitting) < len(visible):
        visible = fitting
        low, high = _price_range(view, visible)
    return ChartLayout(
        width, height, axis_width, legend_rows, price_rows, volume_rows, time_rows, view.interval_ns, view.pitch,
        last_slot, visible, price_scale(low, high, price_rows, view.price_decimals),
    )  # fmt: skip


def drawable(price: float | None) -> bool:
    """Whether a price has a place on a chart: a finite number of a size that prices have."""
    return price is not None and -_MAX_PRICE <= price <= _MAX_PRICE


def _last_slot(view: CandleView) -> int:
    newest = view.candles[-1].time_ns // view.interval_ns if view.candles else 0
    return newest - view.offset


def _visible(view: CandleView, last_slot: int, slots: int) -> dict[int, int]:
    """The drawable candles of the last `slots` intervals."""
    candles, interval_ns, first = view.candles, view.interval_ns, last_slot - slots
    end = bisect_right(candles, (last_slot + 1) * interval_ns - 1, key=lambda candle: candle.time_ns)
    found: dict[int, int] = {}
    for index in range(end - 1, -1, -1):
        candle = candles[index]
        slot = candle.time_ns // interval_ns
        if slot <= first:
            break
        if slot <= last_slot and slot not in found and _is_drawable(candle):
            found[slot] = index
    return found


def _is_drawable(candle: CandleLike) -> bool:
    return (
        -_MAX_PRICE <= candle.open <= _MAX_PRICE
        and -_MAX_PRICE <= candle.high <= _MAX_PRICE
        and -_MAX_PRICE <= candle.low <= _MAX_PRICE
        and -_MAX_PRICE <= candle.close <= _MAX_PRICE
    )


def _price_range(view: CandleView, visible: dict[int, int]) -> tuple[float, float]:
    """The lowest and highest price to show: the candles, the last price, and lines that are near."""
    shown = [view.candles[index] for index in visible.values()]
    prices = [min(candle.low, candle.open, candle.close) for candle in shown]
    prices += [max(candle.high, candle.open, candle.close) for candle in shown]
    if view.last_price is not None and drawable(view.last_price) and (view.offset == 0 or not prices):
        prices.append(view.last_price)
    if not prices:
        prices = [line.price for line in view.lines if drawable(line.price)][:1] or [0.0]
    low, high = min(prices), max(prices)
    near = max((high - low) / 4, 4 * 10.0**-view.price_decimals)
    lines = [line.price for line in view.lines if low - near <= line.price <= high + near]
    return min([low, *lines]), max([high, *lines])
