"""The cumulative depth chart: stairs of bids to the left of the middle and of asks to its right.

Owns how a `DepthView` is drawn. Pure: the same view, palette, size and shading give the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rich.color import Color
from rich.style import Style
from textual.strip import Strip

from ttxt_tui.paint.canvas import Canvas, RowCache
from ttxt_tui.paint.cells import VERTICAL_EIGHTHS
from ttxt_tui.paint.heat_ramp import HATCH, Shading
from ttxt_tui.paint.text import Run, compact, fit_right, price_text, single_width
from ttxt_tui.state.depth import DepthView
from ttxt_tui.state.figures import MINUS
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

AXIS_WIDTH: Final = 8
_LEAST_PLOT: Final = 12
_FAINTEST, _STRONGEST = 0.22, 0.62
"""How much of the side's colour is in the lowest and in the highest row."""
_ASCII_LEVELS: Final = tuple("  ..::||#")


def columns_of(width: int) -> int:
    """How many columns each side of the middle has in `width` cells."""
    return max((_plot_width(width) - 1) // 2, 0)


def _plot_width(width: int) -> int:
    return width - AXIS_WIDTH if width - AXIS_WIDTH >= _LEAST_PLOT else width


def paint_depth(
    view: DepthView,
    palette: Palette,
    width: int,
    height: int,
    shading: Shading,
    *,
    price_decimals: int,
    currency: str = "",
    rows: RowCache | None = None,
) -> list[Strip]:
    """The chart as `height` strips of exactly `width` cells; both at least 1.

    Args:
        view: with `columns_of(width)` columns a side.
        currency: of sizes.
        rows: the pane's cache; with it, a row that did not change since the last call is the identical strip.
    """
    canvas = Canvas(width, height, palette.style("text", "panel"))
    legend, times = int(height >= 5), int(height >= 3)
    plot = range(legend, height - times)
    faint = palette.style("text_faint", "panel")
    columns = columns_of(width)
    if view.mid is None:
        text = view.trouble or "no book yet"
        canvas.write(max((width - len(text)) // 2, 0), height // 2, single_width(text)[:width], faint)
        return (rows or RowCache()).strips(canvas)
    _draw_grid(canvas, view, palette, plot, shading)
    stairs = _Stairs(canvas, palette, shading, plot, view.full)
    for number, (bid, ask) in enumerate(zip(view.bids[:columns], view.asks[:columns], strict=False)):
        stairs.draw(columns - 1 - number, bid, is_bid=True)
        stairs.draw(columns + 1 + number, ask, is_bid=False)
    for y in plot:
        canvas.write(columns, y, ":" if shading is Shading.ASCII else "┊", palette.style("crosshair", "panel"))
    if legend:
        _draw_legend(canvas, view, palette, currency)
    if times:
        _draw_distances(canvas, view, palette, columns, price_decimals)
    return (rows or RowCache()).strips(canvas)


def _draw_grid(canvas: Canvas, view: DepthView, palette: Palette, plot: range, shading: Shading) -> None:
    """The sizes of the axis: the top, and half of it."""
    width = _plot_width(canvas.width)
    if width == canvas.width or not plot or view.full <= 0:
        return
    faint, grid = palette.style("text_faint", "panel"), palette.style("grid", "panel")
    char = "." if shading is Shading.ASCII else "┈"
    for y, size in ((plot[0], view.full), (plot[len(plot) // 2], view.full * (1 - len(plot) // 2 / len(plot)))):
        if not palette.theme.colourless:
            canvas.write(0, y, char * width, grid)
        canvas.write(width, y, fit_right(compact(size), AXIS_WIDTH - 1), faint)


@dataclass(frozen=True, slots=True, eq=False)
class _Stairs:
    """Where stairs are drawn. `plot` are the lines from the top, `full` the size that fills them."""

    canvas: Canvas
    palette: Palette
    shading: Shading
    plot: range
    full: float

    def draw(self, x: int, size: float | None, *, is_bid: bool) -> None:
        """A stair, from below; hatched where its height is not known."""
        write, count = self.canvas.write, len(self.plot)
        if size is None:
            style, char = self.palette.style("hatch", "panel"), "/" if self.shading is Shading.ASCII else HATCH
            for y in self.plot:
                write(x, y, char, style)
            return
        if not size > 0.0 or not self.full > 0.0:
            return
        eighths = max(int(min(size / self.full, 1.0) * count * 8 + 0.5), 1)
        for step in range((eighths + 7) // 8):
            part = min(eighths - step * 8, 8)
            char, style = _stair(self.palette, self.shading, is_bid, min(step * 16 // max(count, 1), 15), part)
            if step < count:
                write(x, self.plot[count - 1 - step], char, style)


@lru_cache(maxsize=4_096)
def _stair(palette: Palette, shading: Shading, is_bid: bool, level: int, part: int) -> tuple[str, Style]:
    """A cell of a stair that is filled by `part` eighths, at one of 16 heights."""
    role: Role = "up_dim" if is_bid else "down_dim"
    if shading is Shading.ASCII:
        return ("#" if part == 8 and not is_bid else _ASCII_LEVELS[min(part, 7)]), palette.style(role, "panel")
    if palette.theme.colourless:
        # Full cells of the two sides must differ; a terminal's dim block does.
        return VERTICAL_EIGHTHS[part], palette.style("text", "panel", dim=not is_bid)
    if shading is Shading.GLYPHS:
        return VERTICAL_EIGHTHS[part], palette.style(role, "panel")
    roles = palette.theme.roles
    ground, ink = roles["panel"].colour, roles["bid" if is_bid else "ask"].colour
    share = _FAINTEST + (_STRONGEST - _FAINTEST) * level / 15
    colour = _mixed(ground, ink, share)
    if part == 8:
        return " ", Style(color=colour, bgcolor=colour)
    return VERTICAL_EIGHTHS[part], Style(color=_mixed(ground, ink, 0.85), bgcolor=ground)


def _mixed(ground: Color, ink: Color, share: float) -> Color:
    pairs = zip(ground.get_truecolor(), ink.get_truecolor(), strict=True)
    return Color.from_rgb(*(round(a + (b - a) * share) for a, b in pairs))


def _draw_legend(canvas: Canvas, view: DepthView, palette: Palette, currency: str) -> None:
    """What rests on each side within the range, and the share of the bids. What lacks room is left out."""
    faint = palette.style("text_faint", "panel")
    groups: list[list[Run]] = []
    if view.trouble:
        groups.append([(single_width(view.trouble), palette.style("warning", "panel"))])
    sums = [next((size for size in reversed(side) if size is not None), 0.0) for side in (view.bids, view.asks)]
    roles: tuple[Role, Role] = ("text", "text") if palette.theme.colourless else ("bid", "ask")
    groups += [
        [(f"{word} ", faint), (f"{compact(size):>6}", palette.style(role, "panel"))]
        for word, size, role in zip(("bids", "asks"), sums, roles, strict=True)
    ]
    if sum(sums) > 0:
        share = sums[0] / sum(sums) * 100
        groups.append([(f"{share:3.0f}%", palette.style("text_dim", "panel")), (" bids", faint)])
    groups.append([(single_width(currency), faint)])
    x = 1
    for runs in groups:
        if x + sum(len(text) for text, _ in runs) > canvas.width:
            continue
        for text, style in runs:
            canvas.write(x, 0, text, style)
            x += len(text)
        x += 2


def _draw_distances(canvas: Canvas, view: DepthView, palette: Palette, middle: int, decimals: int) -> None:
    """How far from the middle both ends are, and its price."""
    y, faint = canvas.height - 1, palette.style("text_faint", "panel")
    price = price_text(view.mid or 0.0, decimals + 1)
    left, right = f"{MINUS}{view.range_bps}", f"+{view.range_bps} bp"
    start = max(middle - len(price) // 2, 0)
    end = min(2 * middle + 1, canvas.width)
    canvas.write(start, y, price, palette.style("text_dim", "panel"))
    if len(left) + 1 < start:
        canvas.write(0, y, left, faint)
    if start + len(price) + 1 + len(right) <= end:
        canvas.write(end - len(right), y, right, faint)
