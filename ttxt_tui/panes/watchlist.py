"""The watchlist pane: heads and a row for each instrument."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from textual import events
from textual.message import Message
from textual.strip import Strip

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import InstrumentKey
from ttxt_tui.paint.table import message_rows
from ttxt_tui.paint.watchlist import column_at, spark_points, watchlist_header, watchlist_row
from ttxt_tui.panes.clicks import ClickAfterFocus
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.watchlist import WatchColumn, WatchRow
from ttxt_tui.theme.palette import Palette

_SHOWN_NS: Final = NANOSECONDS // 4
_HEAD_ROWS: Final = 1
LINKED_AS: Final = "watchlist"


class WatchlistPane(LivePane[object], ClickAfterFocus):
    """Draws the watchlist, four times a second, and at once what it is linked to. A click chooses."""

    class Chosen(Message):
        """An instrument was clicked at."""

        def __init__(self, key: InstrumentKey) -> None:
            super().__init__()
            self.key = key

    def __init__(self, palette: Palette, workspace: Workspace, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._list = workspace.watchlist

    def version(self) -> Hashable:
        workspace = self._workspace
        market = workspace.market_in(LINKED_AS)
        last = None if market is None else (market.key, market.last_price)
        return self._list.version, last, workspace.human_ns() // _SHOWN_NS

    def rows(self, width: int, height: int) -> Sequence[object]:
        workspace = self._workspace
        rows = self._list.rows(height - _HEAD_ROWS, self._linked(), workspace.now_ns(), spark_points(width))
        head = (self._list.column, self._list.is_rising)
        return [head, *(rows or message_rows("no instrument yet", self.palette, width))]

    def paint_row(self, row: object, width: int) -> Strip:
        if isinstance(row, WatchRow):
            return watchlist_row(row, self.palette, width)
        if isinstance(row, Strip):
            return row
        column, is_rising = row  # type: ignore[misc]
        return watchlist_header(self.palette, width, WatchColumn(column), is_rising=is_rising)  # type: ignore[has-type]

    def _linked(self) -> InstrumentKey | None:
        market = self._workspace.market_in(LINKED_AS)
        return None if market is None else market.key

    def on_focus(self) -> None:
        self._list.enter(self._linked())

    def on_blur(self) -> None:
        self._list.leave()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A first click only focuses; then one on a head sorts, one on a row chooses."""
        if not self.takes_clicks:
            return
        at = event.get_content_offset_capture(self)
        if at.y < _HEAD_ROWS:
            column = column_at(at.x, self.size.width)
            if column is not None:
                self._list.sort_by(column)
            return
        key = self._list.point_at(at.y - _HEAD_ROWS)
        if key is not None:
            self.post_message(self.Chosen(key))

    def on_mouse_scroll_down(self) -> None:
        self._list.move(1)

    def on_mouse_scroll_up(self) -> None:
        self._list.move(-1)
