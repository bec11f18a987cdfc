"""Panes of one to three lines: header, position line, prompt, ticket, status bar, footer, replay bar."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from textual.strip import Strip

from ttxt_tui.panes.live import LivePane
from ttxt_tui.theme.palette import Palette

Painter = Callable[[Palette, int, int], Sequence[Strip]]
"""(palette, width, height) → the lines."""


class LinesPane(LivePane[Strip], can_focus=False):
    """Lines painted by a function. They are repainted when they differ: there are too few to look for less."""

    def __init__(
        self, palette: Palette, paint: Painter, *, id: str, version: Callable[[], Hashable] | None = None
    ) -> None:
        super().__init__(palette, id=id)
        self._paint = paint
        self._version_of = version
        self._turn = 0

    def version(self) -> Hashable:
        if self._version_of is not None:
            return self._version_of()
        self._turn += 1
        return self._turn

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        return self._paint(self.palette, width, height)

    def paint_row(self, row: Strip, width: int) -> Strip:
        return row
