"""The depth pane: cumulative size of both sides of the active instrument's book."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual.strip import Strip

from ttxt_core.clock import NANOSECONDS
from ttxt_tui.paint.canvas import RowCache
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.depth import columns_of, paint_depth
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.shading import shading_of
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.theme.palette import Palette

_EVERY_NS = NANOSECONDS // 4


class DepthPane(LivePane[Strip]):
    """Draws `Workspace.depth`, four times a second at most; its frame says how far it reaches."""

    def __init__(self, palette: Palette, workspace: Workspace, glyphs: Glyphs, *, id: str, title: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._glyphs = glyphs
        self._title = title
        self._looked: tuple[int, Hashable] = (-1, None)
        self._cache = RowCache()

    def version(self) -> Hashable:
        workspace, depth = self._workspace, self._workspace.depth
        if depth is None:
            return None
        turn = workspace.human_ns() // _EVERY_NS
        if turn != self._looked[0]:
            self._looked = (turn, (depth.market.version, depth.market.trust(workspace.now_ns()).text))
        return depth.market.key, depth.version, self._looked[1]

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        workspace, depth = self._workspace, self._workspace.depth
        if depth is None:
            return []
        info = depth.market.info
        return paint_depth(
            depth.view(columns_of(width), workspace.now_ns()),
            self.palette,
            width,
            height,
            shading_of(self, self._glyphs),
            price_decimals=info.price_decimals,
            currency=info.quantity_currency,
            rows=self._cache,
        )

    def paint_row(self, row: Strip, width: int) -> Strip:
        return row
