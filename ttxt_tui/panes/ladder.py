"""The ladder pane: heads, price rows, and a line about the cursor."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from ttxt_tui.paint.ladder import ladder_footer, ladder_header, ladder_line
from ttxt_tui.paint.ladder_layout import LadderLayout
from ttxt_tui.paint.table import message_rows
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.ladder_rows import LadderRow
from ttxt_tui.theme.palette import Palette

_AROUND = 2
"""Rows of the pane that are not prices: heads and foot."""


class LadderPane(LivePane[object]):
    """Draws the active ladder. A click aims, once the pane has the focus."""

    def __init__(self, palette: Palette, workspace: Workspace, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._layout: LadderLayout | None = None
        self._aims_by_clicks = False

    def version(self) -> Hashable:
        workspace = self._workspace
        ladder = workspace.ladder
        if ladder is None:
            return None
        return ladder.stamp(workspace.now_ns(), workspace.human_ns()), workspace.marks_version()

    def rows(self, width: int, height: int) -> Sequence[object]:
        workspace = self._workspace
        ladder = workspace.ladder
        if ladder is None:
            return message_rows("waiting for the market", self.palette, width)
        layout, price_width = self._layout, ladder.price_width
        if layout is None or layout.width != width or layout.price != price_width:
            layout = self._layout = LadderLayout.for_width(width, price_width)
            self._rows = []
        now_ns = workspace.now_ns()
        prices = ladder.rows(
            max(height - _AROUND, 0),
            workspace.marks(),
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

    def on_focus(self) -> None:
        """The focus may come from a click, which then waits behind this: it is to find no pane that aims."""
        self.call_later(self._aim_by_clicks)

    def on_blur(self) -> None:
        self._aims_by_clicks = False

    def _aim_by_clicks(self) -> None:
        self._aims_by_clicks = self.has_focus

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A first click only focuses."""
        ladder = self._workspace.ladder
        if self._aims_by_clicks and ladder is not None:
            ladder.set_cursor_line(event.get_content_offset_capture(self).y - 1)

    def on_mouse_scroll_down(self) -> None:
        if self._workspace.ladder is not None:
            self._workspace.ladder.move_cursor(-3)

    def on_mouse_scroll_up(self) -> None:
        if self._workspace.ladder is not None:
            self._workspace.ladder.move_cursor(3)
