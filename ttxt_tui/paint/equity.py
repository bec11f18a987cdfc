"""The equity curve: an area from zero, its crest brighter than its body, above zero in one colour and below in another.

Owns how the curve meets a size. A gain stands above the zero line and a loss hangs below it, so that no colour is
needed to tell them apart.
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import Final

from rich.style import Style
from textual.strip import Strip

from ttxt_tui.paint.canvas import Canvas, RowCache
from ttxt_tui.paint.cells import GRIDS, Glyphs
from ttxt_tui.paint.text import strip, width_of
from ttxt_tui.state.equity import EquityView
from ttxt_tui.state.figures import fixed, signed, span
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

LEAST_WIDTH: Final = 24
LEAST_HEIGHT: Final = 3
"""With its head: below that there is no curve."""
EMPTY_TEXT: Final = "the curve begins with the first second"

_ROWS: Final = 4
"""Dots of a cell, one above the other."""
_AXIS: Final = 10
_AXIS_FROM: Final = 34
_ROUND_FROM: Final = 10
_ROUND_EVERY: Final = 4
"""Rows between two round amounts."""
_RANGES: Final = tuple(
    [[sum(1 << (2 * dot + side) for dot in range(top, end + 1)) for end in range(_ROWS)] for top in range(_ROWS)]
    for side in range(2)
)
"""Left or right column of dots, first dot, last dot → the mask of all between."""


def plot_columns(width: int) -> int:
    """How many values a curve of `width` cells has room for: two a cell."""
    return max(_plot_width(width) * 2, 0)


def equity_head(view: EquityView | None, currency: str, palette: Palette, width: int) -> Strip:
    """What the curve is, how far it went and how deep it fell."""
    faint, dim = palette.style("text_faint", "panel"), palette.style("text_dim", "panel")
    runs = [(" Equity", faint)]
    if view is not None:
        runs.append((f" {currency} · {span(view.span_ns)}", faint))
        parts = ((" · high ", signed(view.high, 2)), (" low ", signed(view.low, 2)), (" fall ", fixed(view.fall, 2)))
        room = width - sum(width_of(text) for text, _ in runs)
        for label, figure in parts:
            room -= width_of(label) + width_of(figure)
            if room < 1:
                break
            runs += [(label, faint), (figure, dim)]
    return strip(runs, width, palette.style("text", "panel"))


def equity_curve(
    view: EquityView, palette: Palette, width: int, height: int, glyphs: Glyphs, *, rows: RowCache | None = None
) -> list[Strip]:
    """The area in `height` rows; `view` has `plot_columns(width)` columns."""
    canvas = Canvas(width, height, palette.style("text", "panel"))
    plot = _plot_width(width)
    if plot < 1 or height < 1:
        return (rows or RowCache()).strips(canvas)
    scale = _Scale(view, height)
    grid = GRIDS[glyphs]
    canvas.write(1, scale.zero_row, grid.dots * plot, palette.style("grid", "panel"))
    masks, crests = _masks(view, scale, plot, height)
    looks, braille = _Looks(palette), grid.braille
    for y, (row, crest) in enumerate(zip(masks, crests, strict=True)):
        chars, styles = canvas.chars[y], canvas.styles[y]
        for x, mask in enumerate(row, 1):
            if mask:
                is_gain = y < scale.zero_row if y != scale.zero_row else scale.is_above(mask, y)
                is_crest = crest[x - 1]
                chars[x] = braille[mask] if braille is not None else "#" if is_crest else ":"
                styles[x] = looks.of[is_gain, is_crest]
    if width >= _AXIS_FROM:
        _draw_axis(canvas, view, scale, palette, width)
    return (rows or RowCache()).strips(canvas)


class _Scale:
    """Dots from the top: which value is which."""

    def __init__(self, view: EquityView, height: int) -> None:
        values = [value for value in view.columns if value is not None]
        self.top = max(0.0, *values) if values else 0.0
        self.bottom = min(0.0, *values) if values else 0.0
        self.dots = height * _ROWS
        reach = self.top - self.bottom
        self.per_dot = (self.dots - 1) / reach if reach > 0 else 0.0
        self.zero = self.dot(0.0)
        self.zero_row = self.zero // _ROWS

    def dot(self, value: float) -> int:
        """The dot row of a value, 0 at the top; a curve that never left zero lies in the middle."""
        if not self.per_dot:
            return self.dots // 2
        return min(max(floor((self.top - value) * self.per_dot + 0.5), 0), self.dots - 1)

    def is_above(self, mask: int, row: int) -> bool:
        """The dots of `mask` in the row of zero that stand above it outweigh those below."""
        zero = self.zero - row * _ROWS
        above = sum(mask >> bit & 1 for bit in range(8) if bit // 2 < zero)
        below = sum(mask >> bit & 1 for bit in range(8) if bit // 2 > zero)
        return above >= below


class _Looks:
    """Crest and body of gains and losses."""

    def __init__(self, palette: Palette) -> None:
        plain = palette.theme.colourless
        crest: tuple[Role, Role] = ("text", "text") if plain else ("down", "up")
        body: tuple[Role, Role] = ("down_dim", "up_dim")
        self.of: dict[tuple[bool, bool], Style] = {
            (is_gain, is_crest): palette.style((crest if is_crest else body)[is_gain], "panel")
            for is_gain in (False, True)
            for is_crest in (False, True)
        }
        """By whether it is a gain, and whether the crest."""


def _masks(view: EquityView, scale: _Scale, plot: int, height: int) -> tuple[list[list[int]], list[list[bool]]]:
    """By row and cell: the dots there, and whether the curve itself passes."""
    masks = [[0] * plot for _ in range(height)]
    crests = [[False] * plot for _ in range(height)]
    before: int | None = None
    for at, value in enumerate(view.columns[: plot * 2]):
        if value is None:
            before = None
            continue
        x, ranges, dot = at // 2, _RANGES[at % 2], scale.dot(value)
        joined = dot if before is None else before
        first, last = min(dot, joined, scale.zero), max(dot, joined, scale.zero)
        top, bottom = first // _ROWS, last // _ROWS
        if top == bottom:
            masks[top][x] |= ranges[first % _ROWS][last % _ROWS]
        else:
            masks[top][x] |= ranges[first % _ROWS][-1]
            for row in masks[top + 1 : bottom]:
                row[x] |= ranges[0][-1]
            masks[bottom][x] |= ranges[0][last % _ROWS]
        for y in range(min(dot, joined) // _ROWS, max(dot, joined) // _ROWS + 1):
            crests[y][x] = True
        before = dot
    return masks, crests


def _round_values(scale: _Scale, rows: int) -> list[float]:
    """Round amounts between most and least, far enough apart to read."""
    reach = scale.top - scale.bottom
    if not reach or rows < _ROUND_FROM:
        return []
    least = reach * _ROUND_EVERY / rows
    power: float = 10.0 ** floor(log10(least))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= least)
    return [index * step for index in range(ceil(scale.bottom / step), floor(scale.top / step) + 1)]


def _draw_axis(canvas: Canvas, view: EquityView, scale: _Scale, palette: Palette, width: int) -> None:
    """Most, zero, least and round amounts, as far as each has room; where it stands now before all."""
    style = palette.style("text_faint", "panel")
    now = palette.style("text" if not view.value else "up" if view.value > 0 else "down", "panel", bold=True)
    labels = [(view.value, now), (scale.top, style), (scale.bottom, style), (0.0, style)]
    labels += [(value, style) for value in _round_values(scale, canvas.height)]
    taken: set[int] = set()
    for value, look in labels:
        row = scale.dot(value) // _ROWS
        if row not in taken:
            taken |= {row - 1, row, row + 1}
            text = signed(value, 2)
            canvas.write(width - _AXIS, row, f" {text[: _AXIS - 2]:>{_AXIS - 2}} ", look)


def _plot_width(width: int) -> int:
    return width - 2 - (_AXIS - 1 if width >= _AXIS_FROM else 0)
