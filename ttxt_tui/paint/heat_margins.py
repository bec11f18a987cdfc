"""What stands around the plot of a heatmap: legend, price axis, time axis."""

from __future__ import annotations

from typing import Final

from rich.style import Style

from ttxt_tui.paint.axes import NS_PER_SECOND, time_step, time_text
from ttxt_tui.paint.candle_view import drawable
from ttxt_tui.paint.canvas import Canvas
from ttxt_tui.paint.heat_ramp import HeatRamp, Shading
from ttxt_tui.paint.heat_view import HeatLayout, HeatPicture
from ttxt_tui.paint.text import Run, compact, fit_right, price_text, single_width
from ttxt_tui.state.figures import MINUS
from ttxt_tui.state.heat_scale import LEVELS
from ttxt_tui.state.heatmap import HeatView
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

_TIME_ROOM: Final = 12
_LABEL_EVERY: Final = 2
"""Lines from a price of the axis to the next, at least."""


def draw_price_axis(canvas: Canvas, picture: HeatPicture, view: HeatView, palette: Palette, layout: HeatLayout) -> None:
    """Round prices, then the tags of last price and lines; those out of sight stand at the end with an arrow."""
    if not layout.axis_width:
        return
    cells, x = layout.axis_width - 2, layout.columns
    faint, decimals = palette.style("text_faint", "panel"), picture.price_decimals
    every = _round_rows(_LABEL_EVERY * layout.shading.rows_per_cell)
    for row in range(view.top - view.top % every, view.top - layout.price_rows, -every):
        text = price_text(row * view.group / picture.ticks_per_unit, decimals)
        if row > 0 and len(text) <= cells:
            canvas.write(x, layout.line(view.top - row), f" {text:>{cells}} ", faint)
    tags = [(line.price, line.role) for line in picture.lines]
    if picture.last is not None:
        tags.insert(0, picture.last)
    placed = [(_lines_down(price, picture, view), price, role) for price, role in tags if drawable(price)]
    taken: set[int] = set()
    # Those in sight first, then the nearest of those beyond.
    for down, price, role in sorted(placed, key=lambda tag: _beyond(tag[0], layout.price_rows)):
        beyond = _beyond(down, layout.price_rows)
        y = layout.line(min(max(down, 0), layout.price_rows - 1))
        if y in taken or (beyond and role in ("up", "down")):
            continue
        taken.add(y)
        text = fit_right(price_text(price, decimals), cells)
        if beyond:
            is_ascii = layout.shading is Shading.ASCII
            arrow = ("^" if is_ascii else "▲") if down < 0 else "v" if is_ascii else "▼"
            canvas.write(x, y, f"{arrow}{text} ", palette.style(role, "panel"))
        else:
            canvas.write(x, y, f" {text} ", palette.style("tag_text", role, bold=True))


def draw_time_axis(canvas: Canvas, view: HeatView, palette: Palette, layout: HeatLayout) -> None:
    """Round times, each below its column."""
    if not layout.time_rows:
        return
    style, y = palette.style("text_faint", "panel"), layout.height - 1
    step = time_step(view.width_ns, 1, _TIME_ROOM)
    step_ns = step * NS_PER_SECOND
    first = view.right - layout.columns + 1
    newest = view.stripes[-1].slot if view.stripes else view.right
    begin = -(-first * view.width_ns // step_ns) * step_ns
    for time_ns in range(begin, (newest + 1) * view.width_ns, step_ns):
        text = time_text(time_ns, step)
        x = layout.columns - 1 - (view.right - time_ns // view.width_ns) - len(text) // 2
        if x >= 0 and x + len(text) <= layout.columns:
            canvas.write(x, y, text, style)


def draw_legend(canvas: Canvas, picture: HeatPicture, view: HeatView, ramp: HeatRamp, layout: HeatLayout) -> None:
    """Whether it stands still, the steps of both axes, the scale of heat, what dots mean. What lacks room is left out.

    What says that it is not the market now comes first.
    """
    if not layout.legend_rows:
        return
    style = ramp.palette.style
    faint, dim = style("text_faint", "panel"), style("text_dim", "panel")
    groups: list[list[Run]] = []
    if view.trouble:
        groups.append([(single_width(view.trouble), style("warning", "panel"))])
    if view.behind_ns is not None:
        seconds = view.behind_ns // NS_PER_SECOND
        text = f"PAUSED {MINUS}{seconds // 60}:{seconds % 60:02d}"
        groups.append([(text, style("warning", "panel"))])
    row = price_text(view.group / picture.ticks_per_unit, picture.price_decimals)
    groups.append([(row, dim), (" a row", faint)])
    groups.append(_scale(view, ramp, faint, dim, picture.currency))
    groups.append(_dots(ramp, faint))
    x = 1
    for runs in groups:
        if x + sum(len(text) for text, _ in runs) > layout.width:
            continue
        for text, look in runs:
            canvas.write(x, 0, text, look)
            x += len(text)
        x += 2


def _scale(view: HeatView, ramp: HeatRamp, faint: Style, dim: Style, currency: str) -> list[Run]:
    """The ramp between the sizes that it begins and ends with."""
    low, high = view.ends
    cells = [ramp.cell(level, level) for level in range(1, LEVELS)]
    ends = (f"{compact(low)} ", dim), (f" {compact(high)}", dim)
    return [ends[0], *cells, ends[1], (f" {single_width(currency)}", faint)]


def _dots(ramp: HeatRamp, faint: Style) -> list[Run]:
    buy, sell = ("*", "o") if ramp.shading is Shading.ASCII else ("●", "○")
    plain = ramp.palette.theme.colourless
    up: Role = "text" if plain else "up"
    down: Role = "text" if plain else "down"
    style = ramp.palette.style
    return [(buy, style(up, "panel")), (" buys ", faint), (sell, style(down, "panel")), (" sells", faint)]


def _lines_down(price: float, picture: HeatPicture, view: HeatView) -> int:
    return view.top - round(price * picture.ticks_per_unit / view.group)


def _beyond(down: int, rows: int) -> int:
    """How many rows of price a place is out of sight; 0 within."""
    return -down if down < 0 else max(down - rows + 1, 0)


def _round_rows(least: int) -> int:
    """The next of 1, 2, 5 × 10ⁿ at or above `least`."""
    decade = 1
    while True:
        for mantissa in (1, 2, 5):
            if mantissa * decade >= least:
                return mantissa * decade
        decade *= 10
