"""The sheet that the layers of a candle chart draw on: canvas, layout and the few strokes they share."""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style

from ttxt_tui.paint.candle_view import CandleLike, CandleView, ChartLayout, drawable
from ttxt_tui.paint.canvas import Canvas
from ttxt_tui.paint.cells import CellGrid
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One frame of a chart in the making."""

    view: CandleView
    palette: Palette
    grid: CellGrid
    layout: ChartLayout
    canvas: Canvas

    def style(self, role: Role, bold: bool = False, dim: bool = False) -> Style:
        """The style of `role` on the pane's background."""
        return self.palette.style(role, "panel", bold, dim)

    def row(self, price: float) -> int | None:
        """The canvas row of `price`, None where the scale does not reach it."""
        row = self.layout.scale.row(price) if drawable(price) else None
        return None if row is None else self.layout.legend_rows + row

    def middle(self, slot: int) -> int:
        """The column of the wick of a candle interval."""
        return self.layout.column(slot) + (self.layout.pitch - 1) // 2

    def crosshair_slot(self) -> int | None:
        """The candle interval under the crosshair, None where there is no crosshair in sight."""
        if self.view.crosshair is None:
            return None
        slot = self.view.crosshair // self.layout.interval_ns
        return slot if self.layout.first_slot <= slot <= self.layout.last_slot else None

    def crosshair_price(self) -> float | None:
        """The price that is pointed out, None where there is no crosshair in sight."""
        slot = self.crosshair_slot()
        if slot is None:
            return None
        candle = self.candle(slot)
        pointed = self.view.crosshair_price
        if pointed is None and candle is not None:
            pointed = candle.close
        return pointed if drawable(pointed) else None

    def candle(self, slot: int) -> CandleLike | None:
        """The candle that is drawn in an interval."""
        index = self.layout.visible.get(slot)
        return None if index is None else self.view.candles[index]

    def across(self, row: int, char: str, style: Style) -> None:
        """A line across the plot in a canvas row."""
        self.canvas.write(0, row, char * self.layout.plot_width, style)

    def down(self, column: int, style: Style) -> None:
        """A line down the price rows of the plot."""
        if not 0 <= column < self.layout.plot_width:
            return
        chars, styles, char = self.canvas.chars, self.canvas.styles, self.grid.vertical
        top = self.layout.legend_rows
        for y in range(top, top + self.layout.price_rows):
            chars[y][column], styles[y][column] = char, style


def falls(candle: CandleLike) -> bool:
    """Whether a candle closed below its open; one that closed where it opened counts as rising."""
    return candle.close < candle.open
