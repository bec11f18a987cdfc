"""LivePane: a pane painted row by row from plain state.

Owns the painted rows, finds which of them changed and writes their changed cells. A concrete pane says what
its rows hold (`rows`) and how one looks (`paint_row`); it must not parse, sort or do I/O. Nothing here repaints on its
own: the frame clock calls `flush`. A new size or theme is Textual's to paint, through `render_line`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from typing import ClassVar, Final, Generic, NamedTuple, TypeVar

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.geometry import Region, Spacing
from textual.strip import Strip
from textual.widget import Widget

from ttxt_tui import _textual_compat
from ttxt_tui.paint.delta import Line, Look, RowChange, RowWriter, joined, look_of
from ttxt_tui.theme.palette import Palette

Row = TypeVar("Row")

_PLAIN: Final = Style.null()
_COLOR_SYSTEMS: Final = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


class _Frame(NamedTuple):
    """What stands around the rows of a pane: the lines above and below, and the ends of every row. `key`: made for."""

    key: tuple[object, ...]
    head: list[Strip]
    foot: list[Strip]
    left: list[Segment]
    right: list[Segment]


class LivePane(Widget, Generic[Row], can_focus=True, inherit_bindings=False):
    """A pane of rows. Subclasses keep a reference to their state and never a copy of it."""

    ALLOW_MAXIMIZE: ClassVar[bool | None] = True

    def __init__(self, palette: Palette, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._palette = palette
        self._painted_for: tuple[int, int, int] | None = None
        self._seen: Hashable = None
        self._rows: Sequence[Row] = ()
        self._painted: list[Line] = []
        self._writer: RowWriter | None = None
        self._behind: Color | None = None
        self._written_for: tuple[str, Color] | None = None
        self._kept_styles: dict[int, tuple[Style | None, Style]] = {}
        self._frame: _Frame | None = None
        self._place = _textual_compat.Place(self)
        self._head = self._tag = ""

    @property
    def palette(self) -> Palette:
        """The styles of the current theme."""
        return self._palette

    @palette.setter
    def palette(self, palette: Palette) -> None:
        self._palette = palette
        self.refresh()

    def entitle(self, title: str) -> None:
        """What stands in the frame, before the tag."""
        self._set_head(title, self._tag)

    def tag(self, text: str) -> None:
        """What follows the title: the group that the pane is linked in."""
        self._set_head(self._head, text)

    def _set_head(self, title: str, tag: str) -> None:
        """The same title again would paint everything again."""
        if (title, tag) != (self._head, self._tag):
            self._head, self._tag = title, tag
            self.border_title = f"{title} {tag}" if tag else title

    # -- what a pane is made of ------------------------------------------------------------------------

    @abstractmethod
    def version(self) -> Hashable:
        """Changes whenever `rows` may give something new; cheap."""

    @abstractmethod
    def rows(self, width: int, height: int) -> Sequence[Row]:
        """What the pane shows: at most `height` rows, compared by `==` with those painted last.

        A pane that paints equal rows in another way from now on empties `_rows` here.
        """

    @abstractmethod
    def paint_row(self, row: Row, width: int) -> Iterable[Segment]:
        """One row in exactly `width` cells: a strip, or its segments. Styles are the palette's own."""

    def blank_row(self, width: int) -> Iterable[Segment]:
        """A row below the last one."""
        return (Segment(" " * width, self._palette.style("text", "panel")),)

    # -- painting --------------------------------------------------------------------------------------

    def flush(self) -> bool:
        """Paint the rows that changed since the last call; True when there were any."""
        seen = self.version()
        if seen == self._seen:
            return False
        place = self._place.region()
        if place is None and not (self.is_attached and self.display):
            return False
        width, height = self.size if place is None else place.size
        if not width or not height:
            return False
        self._seen = seen
        if self._painted_for != (width, height, self._palette.generation):
            self.refresh()
            return True
        changes = self._update(width, height)
        if changes:
            self._show(changes, width, place)
        return bool(changes)

    def render_lines(self, crop: Region) -> list[Strip]:
        """As Textual's, for a fraction of its time: a row goes into the frame as it is, and the frame is kept.

        Textual works the frame out anew for every line, 50 µs each.
        """
        width, height = self.region.size
        gutter = self.styles.gutter
        inside = height - gutter.top - gutter.bottom
        if crop != Region(0, 0, width, height) or inside < 1 or max(gutter) > 1:
            return super().render_lines(crop)
        frame = self._frame_around(width, height, gutter)
        lines = self._current_lines()[:inside]
        writer, strip = self._row_writer(), _textual_compat.rendered_strip
        before, after = _rendered(frame.left, self.app), _rendered(frame.right, self.app)
        body = [
            strip(partial(self._framed, line, frame), width, f"{before}{writer.row(line)}{after}") for line in lines
        ]
        return [*frame.head, *body, *frame.foot]

    def notify_style_update(self) -> None:
        """Another focus or theme: another frame."""
        super().notify_style_update()
        self._frame = self._behind = None

    def _frame_around(self, width: int, height: int, gutter: Spacing) -> _Frame:
        """The frame as Textual draws it; the two ends of the first row are those of all."""
        key = (width, height, gutter, self.border_title, self.border_subtitle, self.app.theme)
        if self._frame is None or self._frame.key != key:
            top, right, bottom, left = gutter
            head = super().render_lines(Region(0, 0, width, top + 1))
            foot = super().render_lines(Region(0, height - bottom, width, bottom)) if bottom else []
            first = list(head[-1])
            self._frame = _Frame(key, head[:-1], foot, first[:left], first[len(first) - right :])
        return self._frame

    def render_line(self, y: int) -> Strip:
        lines = self._current_lines()
        width = self.size.width
        return Strip(lines[y] if y < len(lines) else self.blank_row(width), width)

    def _current_lines(self) -> list[Line]:
        """The painted rows, made anew for another size or theme."""
        width, height = self.size
        if self._painted_for != (width, height, self._palette.generation):
            self._repaint(width, height)
        return self._painted

    def _repaint(self, width: int, height: int) -> None:
        self._rows = list(self.rows(width, height))[:height]
        self._painted = [self._line(row, width) for row in self._rows]
        self._painted += [tuple(self.blank_row(width))] * (height - len(self._painted))
        self._painted_for = (width, height, self._palette.generation)
        colours = (self.app.theme, self._background())
        if colours != self._written_for:
            self._written_for, self._writer = colours, None
            self._kept_styles.clear()

    def _background(self) -> Color:
        """The colour behind the rows; Textual works it out anew from all that the pane is in."""
        if self._behind is None:
            self._behind = self.background_colors[1]
        return self._behind

    def _line(self, row: Row, width: int) -> Line:
        return tuple(self.paint_row(row, width))

    def _update(self, width: int, height: int) -> list[RowChange]:
        """Paint the rows that are not as they were; all, where `rows` has put away those before."""
        after = list(self.rows(width, height))[:height]
        before, lines = self._rows, self._painted
        known = len(before)
        changes = [
            RowChange(y, lines[y], self._line(row, width))
            for y, row in enumerate(after)
            if y >= known or (row is not before[y] and row != before[y])
        ]
        changes += [RowChange(y, lines[y], tuple(self.blank_row(width))) for y in range(len(after), known or height)]
        for y, _, line in changes:
            lines[y] = line
        self._rows = after
        return changes

    def _show(self, changes: Sequence[RowChange], width: int, place: Region | None) -> None:
        """Write the changed cells to the terminal; where that can't be, leave the rows to Textual."""
        if place is None:
            self.refresh(*(Region(0, change.line, width, 1) for change in changes))
            return
        text = self._row_writer().text(place.x, place.y, changes)
        if text:
            _textual_compat.write(self, text)

    def _row_writer(self) -> RowWriter:
        if self._writer is None:
            self._writer = RowWriter(self._terminal_look)
        return self._writer

    def _framed(self, line: Line, frame: _Frame) -> list[Segment]:
        """A row in its frame, as Textual's filters leave it."""
        row = [Segment(text, self._filtered(style)) for text, style, _ in joined(line)]
        return [*frame.left, *row, *frame.right]

    def _terminal_look(self, style: Style) -> Look:
        system = _COLOR_SYSTEMS.get(self.app.console.color_system or "", ColorSystem.TRUECOLOR)
        return look_of(self._filtered(style), system)

    def _filtered(self, style: Style | None) -> Style:
        """What Textual makes of a style on its way to the terminal, by the app's filters."""
        kept = self._kept_styles.get(id(style))
        if kept is None:
            segments = [Segment(" ", style or _PLAIN)]
            for line_filter in self.get_line_filters():
                segments = line_filter.apply(segments, self._background())
            # With the style itself, so that its id means no other one.
            kept = self._kept_styles[id(style)] = (style, segments[0].style or _PLAIN)
        return kept[1]


def _rendered(segments: list[Segment], app: App[object]) -> str:
    """The end of a row, a part of the frame, as Textual writes it."""
    return Strip(segments).render(app.console) if segments else ""
