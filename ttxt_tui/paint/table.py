"""Tables: a header strip and row strips whose columns stand where they stand, whatever the figures are.

Owns which columns a width has room for and how a cell meets its column. A column's width follows from the table's
width alone, never from what is in it. Knows nothing of what the columns mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from rich.style import Style
from textual.strip import Strip

from ttxt_tui.paint.text import Run, bar, fit, fit_right, strip, width_of
from ttxt_tui.paint.tones import ROLE_OF, tone_style
from ttxt_tui.state.figures import MINUS, scaled, trimmed, wrapped
from ttxt_tui.state.tones import Tone
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

MARKER: Final = "▌"
_MAX_GAP: Final = 2
_MARGIN_FROM: Final = 80
_SCALED_FROM: Final = 6
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class Align(Enum):
    """Where a text stands in its column."""

    LEFT = "left"
    RIGHT = "right"
    """For figures: with blanks behind those with fewer decimals (`figures.on_the_point`), points line up."""


class Column(NamedTuple):
    """One column.

    Attributes:
        sizes: rank and width, in rising order of both: the column is there from its first rank on, and wider from each
            further one. Ranks are of the whole table: steps are taken in their order as long as the width lasts.
        grows: takes what is left over when every step was taken.
    """

    title: str
    align: Align
    sizes: tuple[tuple[int, int], ...]
    grows: bool = False


class Cell(NamedTuple):
    """What stands in one column of a row.

    Attributes:
        shorter: texts to use in turn where the column is too narrow for `text`.
        share: above 0, a bar behind the text over this share of the column, as filled quantities have it.
    """

    text: str
    tone: Tone = Tone.PLAIN
    shorter: tuple[str, ...] = ()
    share: float = 0.0
    bar_role: Role = "field"


def figure_cell(text: str, tone: Tone = Tone.PLAIN, share: float = 0.0) -> Cell:
    """A figure: it gives up its thousands separators first, then the zeros at its end, and then its last digits."""
    plain = text.replace(",", "").strip()
    bare = trimmed(plain)
    number = bare.replace(MINUS, "-")
    shortest = (scaled(float(number)),) if len(bare) > _SCALED_FROM and _NUMBER.fullmatch(number) else ()
    return Cell(text, tone, (plain, bare, *shortest), share)


class Placed(NamedTuple):
    """A column that is shown: its place in the table's columns, the blanks before it and its width."""

    column: int
    gap: int
    width: int


@lru_cache(maxsize=128)
def lay_out(columns: tuple[Column, ...], width: int) -> tuple[Placed, ...]:
    """The columns that `width` cells have room for, in the table's order; the first cell is the marker's."""
    steps = sorted((rank, index, size) for index, column in enumerate(columns) for rank, size in column.sizes)
    sizes: dict[int, int] = {}
    room = width - (width >= _MARGIN_FROM)  # a blank at the right edge
    for _, index, size in steps:
        # Each column costs one cell more: the marker's for the first, a gap for the others.
        cost = size - sizes[index] if index in sizes else size + 1
        if cost > room:
            break
        sizes[index] = size
        room -= cost

    shown = sorted(sizes)
    growing = next((index for index in shown if columns[index].grows), None)
    if growing is not None:
        sizes[growing] += room
        room = 0
    gaps = max(len(shown) - 1, 1)
    gap = 1 + min(room // gaps, _MAX_GAP - 1)
    return tuple(Placed(index, 1 if at == 0 else gap, sizes[index]) for at, index in enumerate(shown))


def header_row(columns: tuple[Column, ...], palette: Palette, width: int, surface: Role = "panel") -> Strip:
    """The titles over their columns; one that does not fit is left out."""
    style = palette.style("text_faint", surface)
    runs: list[Run] = []
    for index, gap, size in lay_out(columns, width):
        column = columns[index]
        title = column.title if width_of(column.title) <= size else ""
        runs.append((" " * gap + (fit_right(title, size) if column.align is Align.RIGHT else fit(title, size)), style))
    return strip(runs, width, style)


def table_row(
    columns: tuple[Column, ...], cells: Sequence[Cell], palette: Palette, width: int, *, selected: bool = False
) -> Strip:
    """One row: a cell for each column of the table, shown or not. The selected row has a mark and its own surface."""
    surface: Role = "panel_alt" if selected else "panel"
    blank = palette.style("text", surface)
    mark = (MARKER, palette.style("accent", surface)) if selected else (" ", blank)
    runs: list[Run] = [mark]
    for at, (index, gap, size) in enumerate(lay_out(columns, width)):
        if at:
            runs.append((" " * gap, blank))
        runs += _cell(cells[index], columns[index].align, size, palette, surface)
    return strip(runs, width, blank)


def message_rows(text: str, palette: Palette, width: int, tone: Tone = Tone.FAINT) -> list[Strip]:
    """What an empty pane says, in as many rows as it takes."""
    style = tone_style(palette, tone, "panel")
    return [strip([(f" {line}", style)], width, style) for line in wrapped(text, max(width - 2, 1))]


def _cell(cell: Cell, align: Align, width: int, palette: Palette, surface: Role) -> list[Run]:
    text = cell.text
    if width_of(text) > width:
        bare = text.strip()
        text = next((other for other in (bare, *cell.shorter) if width_of(other) <= width), bare)
    text = fit_right(text, width) if align is Align.RIGHT else fit(text, width)
    style: Style = tone_style(palette, cell.tone, surface)
    if cell.share <= 0:
        if cell.tone is not Tone.ERROR:
            return [(text, style)]
        bare = text.rstrip()  # a theme may underline errors: not the blanks behind them
        return [(bare, style), (text[len(bare) :], palette.style("text", surface))]
    return bar(
        palette, text, width, cell.share,
        text_role=ROLE_OF[cell.tone], bar_role=cell.bar_role, surface=surface, bold=cell.tone is Tone.STRONG,
    )  # fmt: skip
