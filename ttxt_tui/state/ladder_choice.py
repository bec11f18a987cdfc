"""Choosing what a ladder shows and how it follows the market: the list that its dialog is.

Owns the choice in the making. Knows no key and no widget.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from ttxt_tui.config.ladder import AutoCentre, Ladder, LadderColumn

_COLUMNS: Final = {
    LadderColumn.LAST: "what traded last at each price",
    LadderColumn.VOLUME: "volume traded at each price",
    LadderColumn.CHANGE: "size pulled (−) and stacked (+) in the last seconds",
    LadderColumn.QUEUE: "size before your own orders, as a range",
}
_CENTRES: Final = {
    AutoCentre.OFF: "never by itself: Space centres",
    AutoCentre.EDGE: "when the market is within {rows} rows of an edge",
    AutoCentre.TIMED: "every {seconds:g} s",
}


class ChoiceLine(NamedTuple):
    """One line: a thing that is chosen or not, and what it means."""

    name: str
    told: str
    is_chosen: bool
    is_cursor: bool
    is_column: bool


class LadderChoice:
    """Columns, the most wanted first, those that are shown marked; then the ways to centre, one of them marked."""

    def __init__(self, now: Ladder) -> None:
        self._now = now
        self._columns = [*now.columns, *(column for column in LadderColumn if column not in now.columns)]
        self._shown = set(now.columns)
        self._centre = now.centre
        self._cursor = 0

    @property
    def chosen(self) -> Ladder:
        """What is chosen by now."""
        shown = [column for column in self._columns if column in self._shown]
        return msgspec.structs.replace(self._now, columns=shown, centre=self._centre)

    def lines(self) -> list[ChoiceLine]:
        """Columns, then ways to centre."""
        lines = [
            ChoiceLine(column, _COLUMNS[column], column in self._shown, at == self._cursor, is_column=True)
            for at, column in enumerate(self._columns)
        ]
        rows, seconds = self._now.centre_rows, self._now.centre_seconds
        lines += [
            ChoiceLine(
                way,
                _CENTRES[way].format(rows=rows, seconds=seconds),
                way is self._centre,
                at == self._cursor,
                is_column=False,
            )
            for at, way in enumerate(AutoCentre, len(self._columns))
        ]
        return lines

    def move(self, lines: int) -> None:
        """Go up or down, no further than there are lines."""
        self._cursor = min(max(self._cursor + lines, 0), len(self._columns) + len(AutoCentre) - 1)

    def mark(self) -> None:
        """Show or hide the column of this line, or centre in this way."""
        at = self._cursor - len(self._columns)
        if at >= 0:
            self._centre = list(AutoCentre)[at]
        else:
            self._shown ^= {self._columns[self._cursor]}

    def shift(self, lines: int) -> None:
        """Want the column of this line more (-1) or less (1)."""
        at, to = self._cursor, self._cursor + lines
        if at < len(self._columns) and 0 <= to < len(self._columns):
            self._columns[at], self._columns[to] = self._columns[to], self._columns[at]
            self._cursor = to
