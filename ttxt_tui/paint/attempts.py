"""The comparison of attempts: labels at the left, a column an attempt, the newest at the right.

Owns how many columns a width has room for. Text and tone only: a dialog puts in the colours.
"""

from __future__ import annotations

from typing import Final

from ttxt_tui.paint.text import fit, fit_right
from ttxt_tui.state.attempts import Comparison, Figure
from ttxt_tui.state.tones import Tone

LABEL_WIDTH: Final = 17
COLUMN_WIDTH: Final = 14

Line = list[tuple[str, Tone]]
"""Texts from the left, each with its tone."""


def columns_in(width: int) -> int:
    """How many attempts a width has room for; one at least."""
    return max((width - LABEL_WIDTH) // COLUMN_WIDTH, 1)


def comparison_lines(table: Comparison, width: int, first: int) -> list[Line]:
    """The table in `width` cells, from the attempt at index `first` on."""
    count = columns_in(width)
    lines = [_line("attempt", table.heads[first : first + count])]
    lines += [_line(label, figures[first : first + count]) for label, figures in table.rows]
    if table.note:
        lines += [[(fit("fill model", LABEL_WIDTH), Tone.DIM), (table.note, Tone.DIM)]]
    return lines


def newest_first_index(table: Comparison, width: int) -> int:
    """The index from which on all of the newest attempts have room."""
    return max(len(table.heads) - columns_in(width), 0)


def _line(label: str, figures: tuple[Figure, ...]) -> Line:
    return [
        (fit(label, LABEL_WIDTH), Tone.DIM),
        *((fit_right(figure.text, COLUMN_WIDTH), figure.tone) for figure in figures),
    ]
