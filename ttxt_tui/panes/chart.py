"""The chart pane: candles, volume, own orders and fills of the active instrument."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual import events
from textual.strip import Strip

from ttxt_tui.paint.candles import ChartLayout, lay_out, paint_candles
from ttxt_tui.paint.canvas import RowCache
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.chart_view import candle_view
from ttxt_tui.panes.clicks import ClickAfterFocus
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.own_lines import own_fills, own_lines
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.theme.palette import Palette

_WHEEL = 3
"""Candles that a notch of the mouse wheel scrolls."""


class ChartPane(LivePane[Strip], ClickAfterFocus):
    """Draws `Workspace.chart`; its frame says how long a candle is."""

    def __init__(self, palette: Palette, workspace: Workspace, glyphs: Glyphs, *, id: str, title: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._glyphs = glyphs
        self._title = title
        self._cache = RowCache()
        self._layout: ChartLayout | None = None
        self._points = False

    def version(self) -> Hashable:
        workspace, chart = self._workspace, self._workspace.chart
        if chart is None:
            return None
        last = chart.series.last
        return chart.market.key, chart.version, last, chart.market.last_price, workspace.marks_version()

    def flush(self) -> bool:
        chart = self._workspace.chart
        if chart is not None:
            self.entitle(f"{self._title} {chart.interval}")
        return super().flush()

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        chart = self._workspace.chart
        if chart is None:
            return []
        view = candle_view(chart, own_lines(self._workspace, chart.market), own_fills(self._workspace, chart.market))
        layout = self._layout = lay_out(view, width, height)
        chart.slots = layout.slots
        return paint_candles(view, self.palette, width, height, self._glyphs, rows=self._cache, layout=layout)

    def paint_row(self, row: Strip, width: int) -> Strip:
        return row

    # -- mouse -----------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Point at what is clicked, once the pane has the focus; a click on what is pointed at lets go of it."""
        if self.takes_clicks:
            self._points = True
            self._point(event, is_click=True)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._points and event.button:
            self._point(event)

    def on_mouse_up(self) -> None:
        self._points = False

    def on_mouse_scroll_up(self) -> None:
        self._scroll(_WHEEL)

    def on_mouse_scroll_down(self) -> None:
        self._scroll(-_WHEEL)

    def _scroll(self, candles: int) -> None:
        if self._workspace.chart is not None:
            self._workspace.chart.scroll(candles)

    def _point(self, event: events.MouseEvent, *, is_click: bool = False) -> None:
        chart, layout = self._workspace.chart, self._layout
        place = event.get_content_offset(self)
        if chart is None or layout is None or place is None:
            return
        time_ns, price = layout.time_at(place.x), layout.price_at(place.y)
        if is_click and (time_ns, price) == (chart.crosshair_ns, chart.crosshair_price):
            chart.point_at(None)
        elif time_ns is not None:
            chart.point_at(time_ns, price)
