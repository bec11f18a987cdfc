"""The candle chart: candles and volume, axes, lines of own orders, fills, overlays and a crosshair.

Owns the order in which a `CandleView` is drawn. Pure: the same view, palette, size and glyphs give the same cells.
"""

from __future__ import annotations

from textual.strip import Strip

from ttxt_tui.paint.candle_layers import (
    draw_candles,
    draw_crosshair,
    draw_fills,
    draw_grid,
    draw_last_price,
    draw_order_lines,
    draw_overlay,
    draw_volume,
)
from ttxt_tui.paint.candle_margins import (
    draw_beginning,
    draw_legend,
    draw_order_labels,
    draw_price_axis,
    draw_time_axis,
    round_times,
)
from ttxt_tui.paint.candle_sheet import Sheet
from ttxt_tui.paint.candle_view import (
    Candle,
    CandleLike,
    CandleView,
    ChartLayout,
    Fill,
    Overlay,
    PriceLine,
    lay_out,
)
from ttxt_tui.paint.canvas import Canvas, RowCache
from ttxt_tui.paint.cells import GRIDS, Glyphs
from ttxt_tui.paint.volume_profile import draw_profile, volume_profile
from ttxt_tui.theme.palette import Palette

__all__ = [
    "Candle",
    "CandleLike",
    "CandleView",
    "ChartLayout",
    "Fill",
    "Overlay",
    "PriceLine",
    "lay_out",
    "paint_candles",
]


def paint_candles(
    view: CandleView,
    palette: Palette,
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    rows: RowCache | None = None,
    layout: ChartLayout | None = None,
) -> list[Strip]:
    """The chart as `height` strips of exactly `width` cells; both at least 1.

    Args:
        rows: the pane's cache; with it, a row that did not change since the last call is the identical strip.
        layout: what `lay_out` gave for this view and this size, where it is known.
    """
    layout = layout or lay_out(view, width, height)
    canvas = Canvas(width, height, palette.style("text", "panel"))
    _draw(Sheet(view, palette, GRIDS[glyphs], layout, canvas))
    return (rows or RowCache()).strips(canvas)


def _draw(sheet: Sheet) -> None:
    """Draw all layers, the lowest first."""
    times = round_times(sheet.layout)
    draw_grid(sheet, [sheet.middle(slot) for slot, _ in times])
    draw_crosshair(sheet)
    draw_last_price(sheet)
    draw_order_lines(sheet)
    for overlay in sheet.view.overlays:
        draw_overlay(sheet, overlay)
    draw_candles(sheet)
    draw_volume(sheet)
    profile = volume_profile(sheet) if sheet.view.has_profile else None
    if profile is not None:
        draw_profile(sheet, profile)
    draw_fills(sheet)
    draw_beginning(sheet)
    draw_order_labels(sheet)
    draw_price_axis(sheet)
    draw_time_axis(sheet, times)
    draw_legend(sheet, profile)
    if not sheet.layout.visible:
        _say_empty(sheet)


def _say_empty(sheet: Sheet) -> None:
    layout, text = sheet.layout, "no candles yet"
    column = max((layout.plot_width - len(text)) // 2, 0)
    row = layout.legend_rows + layout.price_rows // 2
    sheet.canvas.write(column, row, text[: layout.plot_width], sheet.style("text_faint"))
