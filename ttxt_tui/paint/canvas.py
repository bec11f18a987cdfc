"""A grid of characters and styles that becomes strips; rows that did not change give the identical strip.

Owns how cells are merged into segments and the cache of rows. Knows nothing of what is drawn.
"""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


class RowCache:
    """The frame before: a pane keeps one, and repaints the rows whose strip is a new object."""

    __slots__ = ("_blank", "_chars", "_strips", "_styles")

    def __init__(self) -> None:
        self._blank: Style | None = None
        self._chars: list[list[str]] = []
        self._styles: list[list[Style]] = []
        self._strips: list[Strip] = []

    def strips(self, canvas: Canvas) -> list[Strip]:
        """The canvas's rows, each the identical strip as in the frame before where its content is the same.

        The canvas is kept: nothing may be drawn on it any more.
        """
        # Another palette: its styles are other objects, and equal ones would be found out cell by cell.
        known = len(self._strips) if canvas.blank is self._blank else 0
        looks = _BlankLooks(canvas.blank)
        strips = [
            self._strips[y]
            if y < known and chars == self._chars[y] and styles == self._styles[y]
            else _merge(chars, styles, looks)
            for y, (chars, styles) in enumerate(zip(canvas.chars, canvas.styles, strict=True))
        ]
        self._blank, self._chars, self._styles, self._strips = canvas.blank, canvas.chars, canvas.styles, strips
        return strips


class Canvas:
    """A grid of cells; every character is one cell wide (`text.single_width` sees to that for foreign text).

    Painters set `chars[y][x]` and `styles[y][x]` themselves where speed counts.
    """

    __slots__ = ("blank", "chars", "height", "styles", "width")

    def __init__(self, width: int, height: int, blank: Style) -> None:
        self.width: Final = width
        self.height: Final = height
        self.blank: Final = blank
        self.chars: Final = [[" "] * width for _ in range(height)]
        self.styles: Final = [[blank] * width for _ in range(height)]

    def write(self, x: int, y: int, text: str, style: Style) -> None:
        """Write `text`, one cell per character, from cell (x, y) to the right; what falls outside is left out."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            return
        text = text[: self.width - x]
        self.chars[y][x : x + len(text)] = text
        self.styles[y][x : x + len(text)] = [style] * len(text)


class _BlankLooks(dict[int, bool]):
    """Style's id → whether a blank in it looks like one in `blank`; for styles that live as long as this does."""

    def __init__(self, blank: Style) -> None:
        self.blank = blank

    def of(self, style: Style) -> bool:
        known = self.get(id(style))
        if known is None:
            blank = self.blank
            is_same = style.bgcolor == blank.bgcolor and bool(style.reverse) == bool(blank.reverse)
            known = self[id(style)] = is_same and not style.underline
        return known


def _merge(chars: list[str], styles: list[Style], looks: _BlankLooks) -> Strip:
    """One segment for each run of a style. Blanks join the run before them where that looks the same: fewer bytes."""
    segments: list[Segment] = []
    blank = looks.blank
    start, style = 0, styles[0] if styles else blank
    joins = looks.of(style)
    for x, other in enumerate(styles):
        if other is style or (other is blank and joins and chars[x] == " "):
            continue
        segments.append(Segment("".join(chars[start:x]), style))
        start, style = x, other
        joins = looks.of(style)
    segments.append(Segment("".join(chars[start:]), style))
    return Strip(segments, len(chars))
