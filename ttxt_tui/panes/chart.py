"""The chart pane: candles, volume, own orders and fills of the active instrument."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual.strip import Strip

from ttxt_core.events import Side
from ttxt_tui.paint.candles import Fill, PriceLine, paint_candles
from ttxt_tui.paint.canvas import RowCache
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.chart_view import candle_view
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.market import MarketState
from ttxt_tui.theme.palette import Palette


class ChartPane(LivePane[Strip]):
    """Draws `Workspace.chart`; its frame says how long a candle is."""

    def __init__(self, palette: Palette, workspace: Workspace, glyphs: Glyphs, *, id: str, title: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._glyphs = glyphs
        self._title = title
        self._titled = ""
        self._cache = RowCache()

    def version(self) -> Hashable:
        workspace, chart = self._workspace, self._workspace.chart
        if chart is None:
            return None
        last = chart.series.last
        return chart.market.key, chart.version, last, chart.market.last_price, workspace.marks_version()

    def flush(self) -> bool:
        chart = self._workspace.chart
        if chart is not None and chart.interval != self._titled:
            self._titled = chart.interval
            self.border_title = f"{self._title} {chart.interval}"  # the same title again would paint everything again
        return super().flush()

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        chart = self._workspace.chart
        if chart is None:
            return []
        view = candle_view(chart, self._lines(chart.market), self._fills(chart.market))
        return paint_candles(view, self.palette, width, height, self._glyphs, rows=self._cache)

    def paint_row(self, row: Strip, width: int) -> Strip:
        return row

    def _lines(self, market: MarketState) -> list[PriceLine]:
        marks, info = self._workspace.marks(), market.info
        lines: list[PriceLine] = []
        if marks.entry is not None:
            lines.append(PriceLine(float(marks.entry), "entry", "position"))
        for order in marks.orders:
            word = "stop" if order.is_stop else order.side.upper()
            label = f"{word} {info.format_quantity(order.quantity)}"
            lines.append(PriceLine(info.float_price(order.ticks), label, "stop" if order.is_stop else "own_order"))
        if marks.liquidation is not None:
            lines.append(PriceLine(float(marks.liquidation), "liq", "liquidation"))
        return lines

    def _fills(self, market: MarketState) -> list[Fill]:
        fills = self._workspace.store.fills_of(market.key)
        return [Fill(fill.time_ns, fill.price, fill.side is Side.BUY) for fill in fills]
