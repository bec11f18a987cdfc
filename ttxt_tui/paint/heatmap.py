"""The depth heatmap: resting size through time, the touch, trades, own orders and fills, and the axes around them.

Owns the order in which a `HeatPicture` is drawn. Pure: the same picture, palette and layout give the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.style import Style
from textual.strip import Strip

from ttxt_tui.paint.candle_view import PriceLine, drawable
from ttxt_tui.paint.canvas import Canvas, RowCache
from ttxt_tui.paint.heat_margins import draw_legend, draw_price_axis, draw_time_axis
from ttxt_tui.paint.heat_ramp import ASK, BID, HeatRamp, Shading, ramp_of
from ttxt_tui.paint.heat_view import HeatLayout, HeatPicture
from ttxt_tui.state.heat_scale import UNKNOWN
from ttxt_tui.state.heatmap import HeatView, Print
from ttxt_tui.theme.palette import Palette

DOTS: Final = {True: "•●◉", False: "◦○◎"}
"""Is a buy → by size: filled for a buyer who took, hollow for a seller."""
_ASCII_DOTS: Final = {True: "+*B", False: "xoS"}


def paint_heatmap(
    picture: HeatPicture, palette: Palette, layout: HeatLayout, *, rows: RowCache | None = None
) -> list[Strip]:
    """The heatmap as `layout.height` strips of exactly `layout.width` cells.

    Args:
        rows: the pane's cache; with it, a row that did not change since the last call is the identical strip.
    """
    canvas = Canvas(layout.width, layout.height, palette.style("text", "panel"))
    view, ramp = picture.view, ramp_of(palette, layout.shading)
    if view is None:
        _say(canvas, layout, "no book yet", palette.style("text_faint", "panel"))
    else:
        plot = _Plot(picture, view, ramp, layout, canvas)
        plot.draw_heat()
        plot.draw_prints()
        for line in reversed(picture.lines):
            plot.draw_line(line)
        plot.draw_fills()
        draw_price_axis(canvas, picture, view, palette, layout)
        draw_time_axis(canvas, view, palette, layout)
        draw_legend(canvas, picture, view, ramp, layout)
    return (rows or RowCache()).strips(canvas)


@dataclass(frozen=True, slots=True, eq=False)
class _Plot:
    picture: HeatPicture
    view: HeatView
    ramp: HeatRamp
    layout: HeatLayout
    canvas: Canvas

    def column(self, slot: int) -> int:
        """The column of a slot; outside the plot it may be anything."""
        return self.layout.columns - 1 - (self.view.right - slot)

    def draw_heat(self) -> None:
        layout, stripes = self.layout, self.view.stripes[-self.layout.columns :]
        if not stripes or layout.price_rows != self.view.rows:
            return
        columns = []
        for stripe in stripes:
            pixels = stripe.levels
            if stripe.bid is not None or stripe.ask is not None:
                marked = bytearray(pixels)
                if stripe.bid is not None:
                    marked[stripe.bid] = BID
                if stripe.ask is not None:
                    marked[stripe.ask] = ASK
                pixels = bytes(marked)
            columns.append(self.ramp.column(pixels))
        left, right = self.column(stripes[0].slot), self.column(stripes[-1].slot) + 1
        chars = zip(*(column[0] for column in columns), strict=True)
        styles = zip(*(column[1] for column in columns), strict=True)
        for y, (row, row_styles) in enumerate(zip(chars, styles, strict=True), layout.legend_rows):
            self.canvas.chars[y][left:right] = row
            self.canvas.styles[y][left:right] = row_styles

    def draw_prints(self) -> None:
        """The largest trade of each cell. On the ground, not on the heat: it must be seen."""
        style, ground = self.ramp.palette.style, self.ramp.ground
        plain = self.ramp.palette.theme.colourless
        looks = {True: style("text" if plain else "up", ground), False: style("text" if plain else "down", ground)}
        shapes = _ASCII_DOTS if self.layout.shading is Shading.ASCII else DOTS
        chars, styles = self.canvas.chars, self.canvas.styles
        for stripe in self.view.stripes:
            x = self.column(stripe.slot)
            if not stripe.prints or not 0 <= x < self.layout.columns:
                continue
            largest: dict[int, Print] = {}
            for one in stripe.prints:
                y = self.layout.line(one.line)
                if y not in largest or one.rank > largest[y].rank:
                    largest[y] = one
            for y, one in largest.items():
                chars[y][x], styles[y][x] = shapes[one.is_buy][one.rank], looks[one.is_buy]

    def draw_line(self, line: PriceLine) -> None:
        """An own order, from when it was made to the right edge. Heat shows behind it, or between its strokes."""
        y = self.row(line.price)
        if y is None:
            return
        is_ascii, ramp = self.layout.shading is Shading.ASCII, self.ramp
        chars, styles = self.canvas.chars[y], self.canvas.styles[y]
        first, stripes = max(line.since_ns // self.view.width_ns, 0), self.view.stripes
        per_cell = self.layout.shading.rows_per_cell
        top = (y - self.layout.legend_rows) * per_cell
        begin = stripes[0].slot if stripes else self.view.right
        for x in range(max(self.column(first), 0), self.layout.columns):
            number = self.view.right - self.layout.columns + 1 + x - begin
            stripe = stripes[number] if 0 <= number < len(stripes) else None
            lines = range(top, top + per_cell)
            if stripe is not None and (stripe.bid in lines or stripe.ask in lines):
                continue  # the touch is what matters more
            heat = b"" if stripe is None else stripe.levels[top : top + per_cell]
            level = max((one for one in heat if one != UNKNOWN), default=0)
            if per_cell > 1 or (level == 0 and number % 2):
                chars[x], styles[x] = "-" if is_ascii else "╌", ramp.marked(line.role, level)

    def draw_fills(self) -> None:
        """Own fills: a buy points up, a sell down."""
        style = self.ramp.palette.style("own_order", self.ramp.ground, bold=True)
        is_ascii = self.layout.shading is Shading.ASCII
        for fill in self.picture.fills:
            x = self.column(fill.time_ns // self.view.width_ns)
            y = self.row(fill.price)
            if y is not None and 0 <= x < self.layout.columns:
                self.canvas.write(x, y, ("^" if is_ascii else "▲") if fill.is_buy else "v" if is_ascii else "▼", style)

    def row(self, price: float) -> int | None:
        """The line of the pane that a price is in; None out of sight."""
        if not drawable(price):
            return None
        line = self.view.top - round(price * self.picture.ticks_per_unit / self.view.group)
        return self.layout.line(line) if 0 <= line < self.layout.price_rows else None


def _say(canvas: Canvas, layout: HeatLayout, text: str, style: Style) -> None:
    canvas.write(max((layout.columns - len(text)) // 2, 0), layout.height // 2, text[: layout.columns], style)
