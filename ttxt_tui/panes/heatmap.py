"""The heatmap pane: resting size through time on the active instrument."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual.strip import Strip

from ttxt_core.events import Side
from ttxt_tui.paint.canvas import RowCache
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.heat_view import HeatPicture, lay_out
from ttxt_tui.paint.heatmap import paint_heatmap
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.own_lines import own_fills, own_lines
from ttxt_tui.panes.shading import shading_of
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

_WHEEL_COLUMNS = 6


class HeatmapPane(LivePane[Strip]):
    """Draws `Workspace.heatmap`; its frame says how long a column is. It is painted once a tick of the history."""

    def __init__(self, palette: Palette, workspace: Workspace, glyphs: Glyphs, *, id: str, title: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._glyphs = glyphs
        self._title = title
        self._cache = RowCache()

    def version(self) -> Hashable:
        workspace, heatmap = self._workspace, self._workspace.heatmap
        if heatmap is None:
            return None
        market, now_ns = heatmap.market, workspace.now_ns()
        market.pass_quiet_time(now_ns)
        fills = workspace.store.fills_of(market.key)
        ours = workspace.marks_version(), len(fills), fills[-1] if fills else None
        return market.key, market.heat.version, heatmap.version, ours, market.trust(now_ns).text

    def flush(self) -> bool:
        heatmap = self._workspace.heatmap
        if heatmap is not None:
            self.entitle(f"{self._title} {heatmap.width}")
        return super().flush()

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        workspace, heatmap = self._workspace, self._workspace.heatmap
        if heatmap is None:
            return []
        market = heatmap.market
        ladder = workspace.store.ladder_of(market.key)
        layout = lay_out(width, height, ladder.price_width if ladder is not None else 0, shading_of(self, self._glyphs))
        view = heatmap.view(layout.columns, layout.price_rows, workspace.now_ns())
        last = market.last_trade
        role: Role = "up" if last is not None and last.side is Side.BUY else "down"
        picture = HeatPicture(
            view,
            market.info.price_decimals,
            market.ticks_per_unit,
            own_lines(workspace, market),
            own_fills(workspace, market),
            None if last is None or not heatmap.is_following else (last.price, role),
            market.info.quantity_currency,
        )
        return paint_heatmap(picture, self.palette, layout, rows=self._cache)

    def paint_row(self, row: Strip, width: int) -> Strip:
        return row

    def on_mouse_scroll_down(self) -> None:
        if self._workspace.heatmap is not None:
            self._workspace.heatmap.scroll(-_WHEEL_COLUMNS)

    def on_mouse_scroll_up(self) -> None:
        if self._workspace.heatmap is not None:
            self._workspace.heatmap.scroll(_WHEEL_COLUMNS)
