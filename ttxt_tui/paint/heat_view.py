"""What a heatmap is told besides its columns, and how it lays itself out in a number of cells. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ttxt_tui.paint.candle_view import Fill, PriceLine
from ttxt_tui.paint.heat_ramp import Shading
from ttxt_tui.state.heatmap import HeatView
from ttxt_tui.theme.roles import Role

_LEAST_PLOT = 10


@dataclass(frozen=True, slots=True)
class HeatLayout:
    """Where things are. From the top: legend, prices, times; price axis at the right."""

    width: int
    height: int
    axis_width: int
    legend_rows: int
    plot_rows: int
    time_rows: int
    shading: Shading

    @property
    def columns(self) -> int:
        """Columns of time: left of the price axis."""
        return self.width - self.axis_width

    @property
    def price_rows(self) -> int:
        """Rows of price."""
        return self.plot_rows * self.shading.rows_per_cell

    def line(self, price_line: int) -> int:
        """The line of the pane that a row of price, counted from the top, is in."""
        return self.legend_rows + price_line // self.shading.rows_per_cell


def lay_out(width: int, height: int, price_width: int, shading: Shading) -> HeatLayout:
    """The layout in `width` × `height` cells, each at least 1, with prices of `price_width` cells."""
    legend_rows, time_rows = int(height >= 7), int(height >= 5)
    axis_width = price_width + 2
    if width - axis_width < _LEAST_PLOT:
        axis_width = 0
    return HeatLayout(width, height, axis_width, legend_rows, height - legend_rows - time_rows, time_rows, shading)


@dataclass(frozen=True, slots=True)
class HeatPicture:
    """All that is drawn. Prices are floats of market data.

    Attributes:
        view: None before anything is known.
        lines: own orders, entry and stops, the most important first.
        fills: own fills.
        last: the last price and the role of its tag.
        currency: of sizes.
    """

    view: HeatView | None
    price_decimals: int
    ticks_per_unit: float
    lines: Sequence[PriceLine] = ()
    fills: Sequence[Fill] = ()
    last: tuple[float, Role] | None = None
    currency: str = ""
