"""Panes that are lists of rows: orders, log. Each begins with its own header rows."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual.strip import Strip

from ttxt_tui.paint.log import EMPTY_TEXT as EMPTY_LOG
from ttxt_tui.paint.log import log_row, text_width
from ttxt_tui.paint.orders import orders_header, orders_row, orders_tabs
from ttxt_tui.paint.table import message_rows
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.log import LogRow
from ttxt_tui.state.order_rows import FillRow, OrderRow
from ttxt_tui.state.orders import EMPTY_TEXT, OrdersTab
from ttxt_tui.theme.palette import Palette

_HEAD_ROWS = 2


class OrdersPane(LivePane[object]):
    """Working orders, fills, history: one tab at a time."""

    def __init__(self, palette: Palette, workspace: Workspace, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self.state = workspace.store.orders

    def version(self) -> Hashable:
        return self.state.version(self._workspace.now_ns()), tuple(self.state.counts().values())

    def rows(self, width: int, height: int) -> Sequence[object]:
        state, room = self.state, max(height - _HEAD_ROWS, 0)
        body = state.rows(room, self._workspace.now_ns())
        head = (tuple(state.counts().items()), state.tab, state.range_text(room))
        if not body:
            return [head, *message_rows(EMPTY_TEXT[state.tab], self.palette, width)]
        return [head, state.tab, *body]

    def paint_row(self, row: object, width: int) -> Strip:
        if isinstance(row, Strip):
            return row
        if isinstance(row, OrderRow | FillRow):
            return orders_row(row, self.state.tab, self.palette, width)
        if isinstance(row, OrdersTab):
            return orders_header(row, self.palette, width)
        counts, tab, note = row  # type: ignore[misc]
        return orders_tabs(dict(counts), tab, self.palette, width, note=note)  # type: ignore[has-type]


class LogPane(LivePane[object]):
    """The log, newest at the bottom."""

    def __init__(self, palette: Palette, workspace: Workspace, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._log = workspace.store.log

    def version(self) -> Hashable:
        return self._log.version, self.has_focus

    def rows(self, width: int, height: int) -> Sequence[object]:
        if self.has_focus:
            self._log.mark_seen()
        return self._log.rows(height, text_width(width)) or message_rows(EMPTY_LOG, self.palette, width)

    def paint_row(self, row: object, width: int) -> Strip:
        return log_row(row, self.palette, width) if isinstance(row, LogRow) else row  # type: ignore[return-value]
