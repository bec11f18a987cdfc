"""LivePane: a pane painted row by row from plain state.

Owns the cache of painted rows, finds which of them changed and writes their changed cells. A concrete pane says what
its rows hold (`rows`) and how one looks (`paint_row`); it must not parse, sort or do I/O. Nothing here repaints on its
own: the frame clock calls `flush`. A new size or theme is Textual's to paint, through `render_line`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import ClassVar, Final, Generic, TypeVar

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ttxt_tui import _textual_compat
from ttxt_tui.paint.delta import Look, RowChange, RowWriter, look_of
from ttxt_tui.theme.palette import Palette

Row = TypeVar("Row")

_PLAIN: Final = Style.null()
_COLOR_SYSTEMS: Final = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


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
        self._writer: RowWriter | None = None
        self._filtered: dict[Style, Style] = {}

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
        """Paint the rows that changed since the last call; True when there were any."""
        seen = self.version()
        if seen == self._seen or not self.is_attached or not self.display:
            return False
        width, height = self.size
        if not width or not height:
            return False
        self._seen = seen
        if self._painted_for != (width, height, self._palette.generation):
            self.refresh()
            return True
        changes = self._update(width, height)
        if changes:
            self._show(changes, width)
        return bool(changes)

    def render_lines(self, crop: Region) -> list[Strip]:
        """As Textual's, for a fraction of its time: a row goes into the frame as it is.

        Textual works the frame out anew for every line, 50 µs each. All rows have the same, so the one of the first
        serves for the rest.
        """
        width, height = self.region.size
        top, right, bottom, left = self.styles.gutter
        last = height - bottom - 1
        if crop != Region(0, 0, width, height) or last <= top or left > 1 or right > 1:
            return super().render_lines(crop)
        head = super().render_lines(Region(0, 0, width, top + 1))
        foot = super().render_lines(Region(0, height - bottom, width, bottom)) if bottom else []
        first = list(head[-1])
        before, after = first[:left], first[len(first) - right :]
        style_of = self._style_on_terminal
        body = [
            Strip([*before, *(Segment(text, style_of(style)) for text, style, _ in self.render_line(y)), *after], width)
            for y in range(1, last - top + 1)
        ]
        return [*head, *body, *foot]

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
        self._writer = None
        self._filtered.clear()

    def _update(self, width: int, height: int) -> list[RowChange]:
        """Repaint the strips whose rows changed."""
        before, after = self._rows, list(self.rows(width, height))[:height]
        changes: list[RowChange] = []
        for y, row in enumerate(after):
            if y >= len(before) or (row is not before[y] and row != before[y]):
                changes.append(RowChange(y, self._strips[y], self.paint_row(row, width)))
        changes += [RowChange(y, self._strips[y], self.blank_row(width)) for y in range(len(after), len(before))]
        for y, _, strip in changes:
            self._strips[y] = strip
        self._rows = after
        return changes

    def _show(self, changes: Sequence[RowChange], width: int) -> None:
        """Write the changed cells to the terminal; where that can't be, leave the rows to Textual."""
        place = _textual_compat.place_of(self)
        if place is None:
            self.refresh(*(Region(0, change.line, width, 1) for change in changes))
            return
        if self._writer is None:
            self._writer = RowWriter(self._terminal_look)
        text = self._writer.text(place.x, place.y, changes)
        if text:
            _textual_compat.write(self, text)

    def _terminal_look(self, style: Style) -> Look:
        system = _COLOR_SYSTEMS.get(self.app.console.color_system or "", ColorSystem.TRUECOLOR)
        return look_of(self._style_on_terminal(style), system)

    def _style_on_terminal(self, style: Style | None) -> Style:
        """What Textual makes of a style on its way to the terminal, by the app's filters."""
        plain = style or _PLAIN
        filtered = self._filtered.get(plain)
        if filtered is None:
            segments = [Segment(" ", plain)]
            for line_filter in self.get_line_filters():
                segments = line_filter.apply(segments, self.background_colors[1])
            filtered = self._filtered[plain] = segments[0].style or _PLAIN
        return filtered
