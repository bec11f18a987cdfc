"""Where the columns of a ladder are: fixed by the pane's width and the instrument, never by a figure in a row.

Owns the widths. The price stands in the middle of its two sides; optional columns come as there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from ttxt_core.events.market import Side
from ttxt_tui.config.ladder import DEFAULT_COLUMNS, LadderColumn
from ttxt_tui.state.ladder_rows import LadderCells

_CELLS: Final = {LadderColumn.LAST: 8, LadderColumn.VOLUME: 10, LadderColumn.CHANGE: 14, LadderColumn.QUEUE: 11}
_SIDES: Final = 36
"""Cells of own orders and sizes, both sides, under which no optional column is shown by itself."""
_LEAST_SIDES: Final = 28
"""The same for columns that were chosen: they are worth shorter bars."""
_WORD_SIDES: Final = 32
"""The same for the words of markers: a letter has to be learnt."""
_MOST_OWN, _MOST_SIZE, _MOST_VOLUME = 10, 16, 16
_WORD: Final = 6
"""Cells that the words of markers need, a blank before them."""


@dataclass(frozen=True, eq=False)
class LadderLayout:
    """The widths of one ladder, in cells; a column that is not shown has 0.

    `width` is the sum of all but for blanks at the right end. `own`, `size` and `change` are there twice.
    """

    width: int
    own: int
    size: int
    price: int
    marker: int
    last: int = 0
    volume: int = 0
    change: int = 0
    queue: int = 0

    @classmethod
    def for_width(cls, width: int, price_width: int, columns: Sequence[LadderColumn] = DEFAULT_COLUMNS) -> Self:
        """The layout of a pane `width` cells wide.

        Args:
            price_width: `LadderState.price_width`.
            columns: the optional columns that are wanted, the most wanted first.
        """
        room = width - price_width - 2  # the cursor's glyph and a marker's letter
        sides = _SIDES if tuple(columns) == DEFAULT_COLUMNS else _LEAST_SIDES
        shown: set[LadderColumn] = set()
        for column in columns:
            margin = 0 if shown else 1
            if room - _CELLS[column] - margin >= sides:
                room -= _CELLS[column] + margin
                shown.add(column)
        marker = 1
        if room - (_WORD - 1) >= min(sides, _WORD_SIDES):
            room -= _WORD - 1
            marker = _WORD
        half = max(room, 0) // 2
        own = min((half * 4 + 4) // 9, _MOST_OWN)
        size = min(half - own, _MOST_SIZE)
        left = max(room, 0) - 2 * (own + size)
        volume = 0
        if LadderColumn.VOLUME in shown:
            more = min(left, _MOST_VOLUME - _CELLS[LadderColumn.VOLUME])
            volume = _CELLS[LadderColumn.VOLUME] + more
        return cls(
            width,
            own,
            size,
            price_width,
            marker,
            _CELLS[LadderColumn.LAST] if LadderColumn.LAST in shown else 0,
            volume,
            _CELLS[LadderColumn.CHANGE] // 2 if LadderColumn.CHANGE in shown else 0,
            _CELLS[LadderColumn.QUEUE] if LadderColumn.QUEUE in shown else 0,
        )

    @cached_property
    def room(self) -> int:
        """The blanks at the right end."""
        sides = 2 * (self.own + self.size + self.change)
        return self.width - sides - self.price - self.marker - self.last - self.volume - self.queue - 1

    def side_at(self, column: int) -> Side | None:
        """Whose own orders stand in a column of the pane; None in all other columns."""
        sells = self.width - self.room - self.last - self.volume - self.queue - self.own
        if 0 <= column < self.own:
            return Side.BUY
        return Side.SELL if sells <= column < sells + self.own else None

    @cached_property
    def cells(self) -> LadderCells:
        """How many cells texts have: optional columns begin with a blank, asks end with one."""
        return LadderCells(
            own=self.own,
            size=self.size,
            volume=max(self.volume - 1, 0),
            last=max(self.last - 1, 0),
            change=max(self.change - 1, 0),
            queue=max(self.queue - 1, 0),
        )
