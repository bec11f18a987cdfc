"""A grid of characters and styles that becomes strips; rows that did not change give the identical strip.

Owns how cells are merged into segments and the cache of rows. Knows nothing of what is drawn.
"""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_RowKey = tuple[str, tuple[int, ...]]


class RowCache:
    """The rows of the frame before, by content: a pane keeps one, and repaints the rows whose strip is a new object.

    It holds one frame, so its size is bounded by the height of the pane.
    """

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: dict[_RowKey, Strip] = {}

    def strips(self, canvas: Canvas) -> list[Strip]:
        """The canvas's rows, each the identical strip as in the frame before where its content is the same."""
        fresh: dict[_RowKey, Strip] = {}
        strips: list[Strip] = []
        for chars, styles in zip(canvas.chars, canvas.styles, strict=True):
            # A strip holds its styles, so an id in a key of the cache always means the style it meant before.
            key = ("".join(chars), tuple(map(id, styles)))
            strip = fresh.get(key) or self._rows.get(key)
            if strip is None:
                strip = _merge(chars, styles, canvas.blank)
            fresh[key] = strip
            strips.append(strip)
        self._rows = fresh
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


def _merge(chars: list[str], styles: list[Style], blank: Style) -> Strip:
    """One segment for each run of a style. Blanks join the run before them where that looks the same: fewer bytes."""
    segments: list[Segment] = []
    start, style = 0, styles[0] if styles else blank
    joins = _looks_blank(style, blank)
    for x in range(1, len(chars)):
        other = styles[x]
        if other is style or (other is blank and joins and chars[x] == " "):
            continue
        segments.append(Segment("".join(chars[start:x]), style))
        start, style = x, other
        joins = _looks_blank(style, blank)
    segments.append(Segment("".join(chars[start:]), style))
    return Strip(segments, len(chars))


def _looks_blank(style: Style, blank: Style) -> bool:
    """Whether a blank in `style` looks like one in `blank`."""
    return style.bgcolor == blank.bgcolor and bool(style.reverse) == bool(blank.reverse) and not style.underline
