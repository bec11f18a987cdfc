"""The account panes' rows: positions, balances, and the line of the session's profit.

Owns their columns and in which order these give way to a narrow pane. A direction is a glyph and a letter at least, and
a gain or loss has its sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from ttxt_tui.paint.equity import LEAST_HEIGHT, LEAST_WIDTH
from ttxt_tui.paint.fields import fields_row
from ttxt_tui.paint.table import Align, Cell, Column, figure_cell, header_row, table_row
from ttxt_tui.paint.text import strip
from ttxt_tui.state.account import BalanceRow, PositionRow, ProfitRow
from ttxt_tui.state.fields import Field
from ttxt_tui.state.names import tiny_symbol
from ttxt_tui.state.tones import Tone
from ttxt_tui.theme.palette import Palette

_LEFT, _RIGHT = Align.LEFT, Align.RIGHT

_BALANCES_BESIDE: Final = 40
"""The width of the balances where the curve stands beside them."""
_BESIDE_FROM: Final = 66
_CURVE_BELOW: Final = 6
"""Rows from which the curve has a place of its own below everything."""

_POSITIONS: Final = (
    Column("Symbol", _LEFT, ((1, 6), (2, 9), (11, 14))),
    Column("Side", _LEFT, ((0, 2), (4, 7))),
    Column("Size", _RIGHT, ((0, 7), (12, 10))),
    Column("Entry", _RIGHT, ((3, 8), (5, 9), (13, 12))),
    Column("Mark", _RIGHT, ((6, 9), (14, 12))),
    Column("uPnL", _RIGHT, ((0, 10), (15, 12))),
    Column("of margin", _RIGHT, ((10, 9),)),
    Column("Realised", _RIGHT, ((7, 10), (16, 12))),
    Column("Liq", _RIGHT, ((8, 9), (17, 12))),
    Column("away", _RIGHT, ((18, 7),)),
    Column("Margin", _LEFT, ((9, 9), (19, 13))),
)
_BALANCES: Final = (
    Column("Asset", _LEFT, ((0, 5), (7, 6))),
    Column("Free", _RIGHT, ((1, 10), (6, 14))),
    Column("Held", _RIGHT, ((3, 10), (8, 14))),
    Column("Total", _RIGHT, ((0, 10), (5, 14))),
    Column("Value", _RIGHT, ((4, 12), (9, 14))),
    Column("", _LEFT, ((4, 4),)),
    Column("Note", _LEFT, ((2, 4),)),
)
_LONG: Final = {True: ("▲ LONG", "▲L"), False: ("▼ SHORT", "▼S")}


class AccountPlan(NamedTuple):
    """Where the account's parts are, in rows below the profit line.

    Attributes:
        balances: rows of them, their head included. curve: rows of the equity curve, its head included; 0 for none.
        is_beside: the curve stands at the right of the balances, not below them.
    """

    balances: int
    curve: int
    is_beside: bool = False

    def curve_width(self, width: int) -> int:
        """The cells that the curve has of a pane of `width`."""
        return width - _BALANCES_BESIDE if self.is_beside else width


def account_plan(width: int, height: int, positions: int, balances: int) -> AccountPlan:
    """What there is room for besides the profit line and the positions, of each so many rows."""
    rest = max(height - 2 - max(positions, 1), 0)
    wanted = balances + 1
    below = rest - wanted
    if below < _CURVE_BELOW and width >= _BESIDE_FROM and rest >= LEAST_HEIGHT:
        return AccountPlan(min(wanted, rest), rest, is_beside=True)
    curve = below if below >= LEAST_HEIGHT and width >= LEAST_WIDTH else 0
    return AccountPlan(min(wanted, rest) if rest > 1 else 0, curve)


def beside(left: Strip | None, curve: Strip | None, palette: Palette, width: int) -> list[Segment]:
    """A row of the balances and one of the curve, in one."""
    blank = palette.style("text", "panel")
    parts = ((left, _BALANCES_BESIDE), (curve, width - _BALANCES_BESIDE))
    return [
        segment for part, room in parts for segment in (part if part is not None else strip([], max(room, 0), blank))
    ]


def balances_width(width: int, *, is_beside: bool) -> int:
    """The cells of the balances in a pane of `width`."""
    return _BALANCES_BESIDE if is_beside else width


def positions_header(palette: Palette, width: int) -> Strip:
    """The titles of the columns."""
    return header_row(_POSITIONS, palette, width)


def position_row(row: PositionRow, palette: Palette, width: int) -> Strip:
    """An open position."""
    word, short = _LONG[row.is_long]
    return table_row(
        _POSITIONS,
        (
            Cell(row.symbol, Tone.STRONG, (row.short_symbol, tiny_symbol(row.short_symbol))),
            Cell(word, Tone.BUY if row.is_long else Tone.SELL, (short,)),
            figure_cell(row.size),
            figure_cell(row.entry),
            figure_cell(row.mark),
            figure_cell(row.profit, row.profit_tone),
            Cell(row.profit_share, row.profit_tone),
            figure_cell(row.realised, row.realised_tone),
            figure_cell(row.liquidation, Tone.DIM),
            Cell(row.liquidation_distance, Tone.DIM),
            Cell(row.margin, Tone.DIM),
        ),
        palette,
        width,
    )


def balances_header(palette: Palette, width: int) -> Strip:
    """The titles of the columns."""
    return header_row(_BALANCES, palette, width)


def balance_row(row: BalanceRow, palette: Palette, width: int) -> Strip:
    """A currency."""
    held = any(digit in row.held for digit in "123456789")
    return table_row(
        _BALANCES,
        (
            Cell(row.currency, Tone.STRONG),
            figure_cell(row.free),
            figure_cell(row.held, Tone.PLAIN if held else Tone.FAINT),
            figure_cell(row.total),
            figure_cell(row.value, Tone.DIM),
            Cell(row.value_currency if row.value else "", Tone.FAINT),
            Cell(row.note, Tone.DIM),
        ),
        palette,
        width,
    )


def profit_line(rows: Sequence[ProfitRow], palette: Palette, width: int) -> Strip:
    """The session's profit: the main currency with its parts, the totals of the others where there is room."""
    fields: list[Field] = []
    for at, row in enumerate(rows):
        label = "" if at else "Session"
        fields.append(Field(row.total, label, row.currency, row.total_tone, 11, rank=min(at, 1)))
        if at == 0:
            fields += [
                Field(row.realised, "realised", tone=Tone.DIM, width=11, rank=2),
                Field(row.unrealised, "open", tone=Tone.DIM, width=11, rank=3),
                Field(row.fees, "fees", tone=Tone.DIM, width=9, rank=4),
                Field(row.method, "cost", tone=Tone.FAINT, rank=5),
            ]
    return fields_row(fields, palette, width)
