"""The ladder pane: heads, price rows, and a line about the cursor."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from ttxt_core.clock import NANOSECONDS
from ttxt_tui.config.ladder import LadderColumn
from ttxt_tui.paint.ladder import ladder_footer, ladder_header, ladder_line
from ttxt_tui.paint.ladder_layout import LadderLayout
from ttxt_tui.paint.table import message_rows
from ttxt_tui.panes.clicks import ClickAfterFocus
from ttxt_tui.panes.ladder_mouse import LadderMouse
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import LADDERS, Workspace
from ttxt_tui.state.ladder_rows import LadderRow
from ttxt_tui.theme.palette import Palette

_AROUND = 2
"""Rows of the pane that are not prices: heads and foot."""
_WATCHED_NS = NANOSECONDS // 10
_WHEEL = 3
"""Rows that a notch of the mouse wheel scrolls."""


class LadderPane(LivePane[object], ClickAfterFocus):
    """Draws the ladder of the instrument that it is linked to.

    Once it has the focus, a click aims and a drag stages an own order at another price.
    """

    def __init__(self, palette: Palette, workspace: Workspace, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._linked_as = id
        self._phase_ns = LADDERS.index(id) * _WATCHED_NS // 2
        self._looked: tuple[int, Hashable] = (-1, None)
        self._layout: LadderLayout | None = None
        self._columns: Sequence[LadderColumn] = ()
        self._mouse = LadderMouse(workspace)

    def version(self) -> Hashable:
        """A ladder that is not traded on is looked at ten times a second, the next one in another frame."""
        if self._linked_as == self._workspace.active_ladder:
            return self._current_version()
        turn = (self._workspace.human_ns() + self._phase_ns) // _WATCHED_NS
        if turn != self._looked[0]:
            self._looked = turn, self._current_version()
        return self._looked[1]

    def _current_version(self) -> Hashable:
        workspace = self._workspace
        ladder = workspace.ladder_in(self._linked_as)
        if ladder is None:
            return None
        stamp = ladder.stamp(workspace.now_ns(), workspace.human_ns())
        return stamp, workspace.marks_version(), tuple(workspace.ladder_settings.columns)

    def rows(self, width: int, height: int) -> Sequence[object]:
        workspace = self._workspace
        ladder = workspace.ladder_in(self._linked_as)
        if ladder is None:
            return message_rows("waiting for the market", self.palette, width)
        layout, price_width, columns = self._layout, ladder.price_width, workspace.ladder_settings.columns
        if layout is None or layout.width != width or layout.price != price_width or columns is not self._columns:
            layout = self._layout = LadderLayout.for_width(width, price_width, columns)
            self._columns, self._rows = columns, []
        now_ns = workspace.now_ns()
        prices = ladder.rows(
            max(height - _AROUND, 0),
            workspace.marks(ladder.market),
            cells=layout.cells,
            now_ns=now_ns,
            human_ns=workspace.human_ns(),
        )
        foot = (ladder.cursor_info(), ladder.group_text, ladder.off_screen)
        return [ladder.market.trust(now_ns).text, *prices, foot]

    def paint_row(self, row: object, width: int) -> Iterable[Segment]:
        if isinstance(row, Strip):
            return row
        layout = self._layout or LadderLayout.for_width(width, width // 5)
        if isinstance(row, LadderRow):
            return ladder_line(row, self.palette, layout)
        if isinstance(row, str):
            return ladder_header(self.palette, layout, row)
        info, group, hidden = row  # type: ignore[misc]
        return ladder_footer(info, group, hidden, self.palette, width)  # type: ignore[has-type]

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A first click only focuses."""
        layout, workspace = self._layout, self._workspace
        if not self.takes_clicks or layout is None or workspace.ladder_in(self._linked_as) is not workspace.ladder:
            return
        place = event.get_content_offset_capture(self)
        if self._mouse.press(place.y - 1, layout.side_at(place.x)):
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.app.mouse_captured is self:
            self._mouse.drag(event.get_content_offset_capture(self).y - 1)

    def on_mouse_up(self) -> None:
        self._mouse.release()
        if self.app.mouse_captured is self:
            self.release_mouse()

    def on_mouse_scroll_down(self) -> None:
        self._scroll(-_WHEEL)

    def on_mouse_scroll_up(self) -> None:
        self._scroll(_WHEEL)

    def _scroll(self, rows: int) -> None:
        """What is looked at; the price aimed at stays."""
        ladder = self._workspace.ladder_in(self._linked_as)
        if ladder is not None:
            ladder.scroll(rows)
