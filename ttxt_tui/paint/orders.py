"""The Orders pane's rows: columns of its three tabs.

Owns which columns there are and in which order they give way to a narrow pane. The side is a glyph and a letter at
least, the filled part a bar behind the quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.strip import Strip

from ttxt_core.events.market import Side
from ttxt_core.events.orders import OrderState
from ttxt_core.orders.oco import LOCAL_MARK
from ttxt_tui.paint.table import Align, Cell, Column, figure_cell, header_row, table_row
from ttxt_tui.paint.tabs import Tab, tab_row
from ttxt_tui.state.names import SIDE_SHORT, SIDE_WORD, STATE_SHORT, STATE_WORD, tiny_symbol
from ttxt_tui.state.order_rows import FillRow, OrderRow
from ttxt_tui.state.orders import OrdersTab
from ttxt_tui.state.tones import Tone
from ttxt_tui.theme.palette import Palette

_LEFT, _RIGHT = Align.LEFT, Align.RIGHT

_WORKING: Final = (
    Column("#", _RIGHT, ((6, 3), (13, 5))),
    Column("Symbol", _LEFT, ((1, 6), (3, 9), (13, 14))),
    Column("Side", _LEFT, ((0, 2), (3, 6))),
    Column("Type", _LEFT, ((10, 6),)),
    Column("Price", _RIGHT, ((0, 8), (5, 9), (14, 12))),
    Column("Qty", _RIGHT, ((0, 6), (4, 8), (15, 11))),
    Column("Filled", _RIGHT, ((6, 8), (16, 11))),
    Column("Average", _RIGHT, ((12, 9), (17, 12))),
    Column("State", _LEFT, ((0, 7), (11, 10))),
    Column("Age", _RIGHT, ((7, 4),)),
    Column("Away", _RIGHT, ((9, 7),)),
    Column("Note", _LEFT, ((6, 4), (11, 13), (18, 19)), grows=True),
)
_FILLS: Final = (
    Column("Time", _LEFT, ((2, 5), (5, 8), (11, 12))),
    Column("Symbol", _LEFT, ((1, 6), (5, 9), (10, 14))),
    Column("Side", _LEFT, ((0, 2), (4, 6))),
    Column("Price", _RIGHT, ((0, 8), (6, 9), (14, 12))),
    Column("Qty", _RIGHT, ((0, 6), (6, 8), (15, 11))),
    Column("Fee", _RIGHT, ((8, 9), (13, 11))),
    Column("", _LEFT, ((12, 4),)),
    Column("Realised", _RIGHT, ((7, 10),)),
    Column("By", _LEFT, ((9, 6), (16, 11))),
)
_HISTORY: Final = (
    Column("Time", _LEFT, ((7, 8),)),
    Column("Symbol", _LEFT, ((1, 6), (3, 9), (13, 14))),
    Column("Side", _LEFT, ((0, 2), (3, 6))),
    Column("Type", _LEFT, ((10, 6),)),
    Column("Price", _RIGHT, ((0, 8), (5, 9), (14, 12))),
    Column("Qty", _RIGHT, ((0, 6), (4, 8), (15, 11))),
    Column("Filled", _RIGHT, ((6, 8), (16, 11))),
    Column("Average", _RIGHT, ((11, 9), (17, 12))),
    Column("State", _LEFT, ((0, 7), (8, 9))),
    Column("Reason", _LEFT, ((9, 12), (12, 24)), grows=True),
)
_COLUMNS: Final = {OrdersTab.WORKING: _WORKING, OrdersTab.FILLS: _FILLS, OrdersTab.HISTORY: _HISTORY}
_SIDE_TONE: Final = {Side.BUY: Tone.BUY, Side.SELL: Tone.SELL}
_FLAG_LETTER: Final = {"R": "R", "POS": "P", "ext": "x", "LOCAL": "L", "loses queue": "Q"}


def orders_tabs(
    counts: Mapping[OrdersTab, int], shown: OrdersTab, palette: Palette, width: int, *, note: str = ""
) -> Strip:
    """The three tabs with their counts; `note` says which rows of a long list are in view."""
    tabs = [Tab(tab.value.capitalize(), counts.get(tab, 0)) for tab in OrdersTab]
    return tab_row(tabs, list(OrdersTab).index(shown), palette, width, note=note)


def orders_header(tab: OrdersTab, palette: Palette, width: int) -> Strip:
    """The titles of the columns."""
    return header_row(_COLUMNS[tab], palette, width)


def orders_row(row: OrderRow | FillRow, tab: OrdersTab, palette: Palette, width: int) -> Strip:
    """A row of `tab`."""
    if isinstance(row, FillRow):
        return table_row(_FILLS, _fill_cells(row), palette, width)
    cells = _working_cells(row) if tab is OrdersTab.WORKING else _history_cells(row)
    return table_row(_COLUMNS[tab], cells, palette, width, selected=row.selected)


def _side(side: Side) -> Cell:
    return Cell(SIDE_WORD[side], _SIDE_TONE[side], (SIDE_SHORT[side],))


def _symbol(full: str, short: str) -> Cell:
    return Cell(full, Tone.STRONG, (short, tiny_symbol(short)))


def _state(row: OrderRow) -> Cell:
    """The state in a word; of an order that waits, what it waits for: a narrow pane has no other column for that."""
    if row.state is OrderState.UNTRIGGERED and row.kind.startswith("TP"):
        return Cell("target", row.tone)
    return Cell(STATE_WORD[row.state], row.tone, (STATE_SHORT.get(row.state, ""),))


def _working_cells(row: OrderRow) -> tuple[Cell, ...]:
    nothing_filled = row.share <= 0
    letters = [_FLAG_LETTER[flag] for flag in row.flags]
    flags = " · ".join(row.flags)
    whole = " · ".join(LOCAL_MARK if flag == "LOCAL" else flag for flag in row.flags)
    notes = [" · ".join(text for text in texts if text) for texts in _notes(row, whole, flags)]
    notes += [" ".join([*letters, row.links])] if row.links else []
    return (
        Cell(row.number, Tone.DIM),
        _symbol(row.symbol, row.short_symbol),
        _side(row.side),
        Cell(row.kind, Tone.DIM),
        figure_cell(row.price),
        figure_cell(row.quantity, share=row.share),
        figure_cell(row.filled, Tone.FAINT if nothing_filled else Tone.OWN),
        figure_cell(row.average),
        _state(row),
        Cell(row.age, Tone.DIM),
        Cell(row.distance, Tone.DIM),
        Cell(notes[0], _note_tone(row), (*notes[1:], " ".join(letters), "".join(letters))),
    )


def _notes(row: OrderRow, whole: str, flags: str) -> list[tuple[str, ...]]:
    """What the last column says, the longest first: it gives up the terms before the links, and the links last."""
    full = [(whole, row.links, row.terms), (flags, row.links, row.terms), (flags, row.links)]
    return full if row.links else [*full, (flags,)]


def _note_tone(row: OrderRow) -> Tone:
    return Tone.WARNING if {"loses queue", "LOCAL"} & set(row.flags) else Tone.DIM


def _fill_cells(row: FillRow) -> tuple[Cell, ...]:
    return (
        Cell(row.time, Tone.DIM, (row.time[:8], row.time[:5])),
        _symbol(row.symbol, row.short_symbol),
        _side(row.side),
        figure_cell(row.price),
        figure_cell(row.quantity),
        figure_cell(row.fee, Tone.DIM),
        Cell(row.fee_currency, Tone.FAINT),
        figure_cell(row.realised, row.realised_tone),
        Cell(row.note, Tone.DIM),
    )


def _history_cells(row: OrderRow) -> tuple[Cell, ...]:
    return (
        Cell(row.time, Tone.DIM),
        _symbol(row.symbol, row.short_symbol),
        _side(row.side),
        Cell(row.kind, Tone.DIM),
        figure_cell(row.price),
        figure_cell(row.quantity, share=row.share),
        figure_cell(row.filled, Tone.FAINT if row.share <= 0 else Tone.PLAIN),
        figure_cell(row.average),
        _state(row),
        Cell(row.reason, Tone.DIM),
    )
