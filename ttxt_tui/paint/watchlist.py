"""The watchlist as strips: heads and rows.

Owns its columns and in which order these give way to a narrow pane. A direction is a glyph as well as a colour, and so
is what is ours, what is linked and a book that is no market.
"""

from __future__ import annotations

from typing import Final

from textual.strip import Strip

from ttxt_tui.paint.cells import VERTICAL_EIGHTHS
from ttxt_tui.paint.table import Align, Cell, Column, figure_cell, header_row, lay_out, table_row
from ttxt_tui.state.names import tiny_symbol
from ttxt_tui.state.tones import Tone
from ttxt_tui.state.watchlist import SPARK_MINUTES, WatchColumn, WatchRow
from ttxt_tui.theme.palette import Palette

NO_MARKET: Final = "✗"
LINKED: Final = "▸"
ALERTED: Final = "!"
_LEFT, _RIGHT = Align.LEFT, Align.RIGHT
_SPARK, _ORDERS = 4, 6
_COLUMNS: Final = (
    Column("", _LEFT, ((0, 1),)),
    Column(WatchColumn.SYMBOL, _LEFT, ((0, 6), (2, 8), (9, 14))),
    Column(WatchColumn.LAST, _RIGHT, ((0, 8), (5, 9), (11, 12))),
    Column(WatchColumn.CHANGE, _RIGHT, ((1, 7), (12, 8))),
    Column("", _LEFT, ((4, 6), (8, 8), (14, 20))),
    Column("", _LEFT, ((3, 2), (6, 9))),
    Column("", _LEFT, ((6, 3),)),
    Column(WatchColumn.SPREAD, _RIGHT, ((7, 7), (13, 9))),
    Column(WatchColumn.VOLUME, _RIGHT, ((10, 7), (15, 9))),
    Column("Alerts", _RIGHT, ((13, 6),)),
)


def watchlist_header(palette: Palette, width: int, column: WatchColumn, *, is_rising: bool) -> Strip:
    """The titles; the one that rows are sorted by has an arrow, up where the least comes first."""
    arrow = "↑" if is_rising else "↓"
    columns = [
        one._replace(title=f"{one.title}{arrow}" if one.align is _LEFT else f"{arrow}{one.title}")
        if one.title == column
        else one
        for one in _COLUMNS
    ]
    columns[_SPARK] = columns[_SPARK]._replace(title=f"{spark_points(width) * SPARK_MINUTES} min")
    return header_row(tuple(columns), palette, width)


def watchlist_row(row: WatchRow, palette: Palette, width: int) -> Strip:
    """One instrument, in exactly `width` cells."""
    is_stale = bool(row.trust)
    return table_row(
        _COLUMNS,
        (
            _mark(row),
            Cell(
                row.symbol,
                Tone.DIM if is_stale else Tone.STRONG if row.is_linked else Tone.PLAIN,
                (row.short_symbol, tiny_symbol(row.short_symbol)),
            ),
            figure_cell(row.last, row.last_tone),
            Cell(row.change, row.last_tone),
            _spark(row, width),
            _own(row, width),
            Cell(row.orders, Tone.OWN),
            Cell(row.spread, Tone.DIM),
            figure_cell(row.volume, Tone.DIM),
            Cell(row.alerts, Tone.WARNING if row.is_alerted else Tone.DIM),
        ),
        palette,
        width,
        selected=row.is_cursor,
    )


def column_at(x: int, width: int) -> WatchColumn | None:
    """The column whose head is at the cell `x`, if rows can be sorted by it."""
    left = 1
    for at, (index, gap, size) in enumerate(lay_out(_COLUMNS, width)):
        left += gap if at else 0
        if left <= x < left + size:
            title = _COLUMNS[index].title
            return WatchColumn(title) if title in set(WatchColumn) else None
        left += size
    return None


def spark_points(width: int) -> int:
    """How many points a sparkline has room for."""
    return _room(_SPARK, width)


def _room(column: int, width: int) -> int:
    return next((placed.width for placed in lay_out(_COLUMNS, width) if placed.column == column), 0)


def _mark(row: WatchRow) -> Cell:
    """The gravest of: no market, an alert that fired, what the list's group shows."""
    if row.trust:
        return Cell(NO_MARKET, Tone.ERROR)
    if row.is_alerted:
        return Cell(ALERTED, Tone.WARNING)
    return Cell(LINKED if row.is_linked else "", Tone.ACCENT)


def _spark(row: WatchRow, width: int) -> Cell:
    """The line against the right; where the book is no market, that instead."""
    if row.trust:
        return Cell(row.trust, Tone.ERROR, (row.trust.partition(" ")[0],))
    return Cell("".join(VERTICAL_EIGHTHS[height] for height in row.spark).rjust(_room(_SPARK, width)), row.spark_tone)


def _own(row: WatchRow, width: int) -> Cell:
    """The position, in its direction alone where there is no room for more; orders where these have no column."""
    if row.position:
        glyph, letter = ("▲", "L") if row.is_long else ("▼", "S")
        return Cell(f"{glyph} {row.position}", Tone.BUY if row.is_long else Tone.SELL, (f"{glyph}{letter}",))
    return Cell("" if _room(_ORDERS, width) else row.orders, Tone.OWN, (row.orders[:1],))
