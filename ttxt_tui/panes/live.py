"""LivePane: a pane painted row by row from plain state.

Owns the cache of painted rows and finds which of them changed. A concrete pane says what its rows hold (`rows`) and how
one looks (`paint_row`); it must not parse, sort or do I/O. Nothing here repaints on its own: the frame clock calls
`flush`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ttxt_tui import _textual_compat
from ttxt_tui.theme.palette import Palette

Row = TypeVar("Row")

WHOLE_ABOVE: float = 0.6
"""When more than this share of the rows changed, the whole pane is repainted: one region is cheaper than many."""


class LivePane(Widget, Generic[Row], can_focus=True, inherit_bindings=False):
    """A pane of rows. Subclasses keep a reference to their state and never a copy of it."""

    ALLOW_MAXIMIZE: ClassVar[bool | None] = True

    def __init__(self, palette: Palette, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._palette = palette
        self._painted_for: tuple[int, int, int] | None = None
        self._seen: Hashable = None
        self._rows: Sequence[Row] = ()
        self._strips: list[Strip] = []

    @property
    def palette(self) -> Palette:
        """The styles of the current theme."""
        return self._palette

    @palette.setter
    def palette(self, palette: Palette) -> None:
        self._palette = palette
        self.refresh()

    # -- what a pane is made of ------------------------------------------------------------------------

    @abstractmethod
    def version(self) -> Hashable:
        """Changes whenever `rows` may give something new; cheap."""

    @abstractmethod
    def rows(self, width: int, height: int) -> Sequence[Row]:
        """What the pane shows: at most `height` rows, compared by `==` with those painted last."""

    @abstractmethod
    def paint_row(self, row: Row, width: int) -> Strip:
        """One row in exactly `width` cells."""

    def blank_row(self, width: int) -> Strip:
        """A row below the last one."""
        return Strip.blank(width, self._palette.style("text", "panel"))

    # -- painting --------------------------------------------------------------------------------------

    def flush(self) -> bool:
        """Repaint the rows that changed since the last call; True when there were any."""
        width, height = self.size
        if not width or not height or not self.is_attached or not self.display:
            return False
        seen = self.version()
        if self._painted_for != (width, height, self._palette.generation):
            self._repaint(width, height)
            self._seen = seen
            _textual_compat.paint_now(self, ())
            return True
        if seen == self._seen:
            return False
        self._seen = seen
        changed = self._update(width, height)
        if not changed:
            return False
        _textual_compat.paint_now(self, () if len(changed) > height * WHOLE_ABOVE else _regions(changed, width))
        return True

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        if self._painted_for != (width, height, self._palette.generation):
            self._repaint(width, height)
        return self._strips[y] if y < len(self._strips) else self.blank_row(width)

    def _repaint(self, width: int, height: int) -> None:
        self._rows = list(self.rows(width, height))[:height]
        self._strips = [self.paint_row(row, width) for row in self._rows]
        self._strips += [self.blank_row(width)] * (height - len(self._strips))
        self._painted_for = (width, height, self._palette.generation)

    def _update(self, width: int, height: int) -> list[int]:
        """Repaint the strips whose rows changed; their line numbers, rising."""
        before, after = self._rows, list(self.rows(width, height))[:height]
        changed = [y for y, row in enumerate(after) if y >= len(before) or (row is not before[y] and row != before[y])]
        for y in changed:
            self._strips[y] = self.paint_row(after[y], width)
        gone = range(len(after), len(before))
        for y in gone:
            self._strips[y] = self.blank_row(width)
        self._rows = after
        return [*changed, *gone]


def _regions(lines: Sequence[int], width: int) -> list[Region]:
    """Full-width regions over `lines` (rising), neighbours joined."""
    regions: list[Region] = []
    start = previous = lines[0]
    for y in lines[1:]:
        if y != previous + 1:
            regions.append(Region(0, start, width, previous - start + 1))
            start = y
        previous = y
    regions.append(Region(0, start, width, previous - start + 1))
    return regions
