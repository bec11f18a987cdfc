"""The tape pane: pressure, heads, prints."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual.strip import Strip

from ttxt_core.clock import NANOSECONDS
from ttxt_tui.paint.table import message_rows
from ttxt_tui.paint.tape import TapeLayout, pressure_bar, tape_header, tape_row
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.tape import Pressure
from ttxt_tui.theme.palette import Palette

_STRIPS_KEPT = 512


class TapePane(LivePane[object]):
    """Draws the tape of the active instrument. Painted prints are kept by what they show, not by their line."""

    def __init__(self, palette: Palette, workspace: Workspace, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._kept: dict[tuple[object, ...], Strip] = {}

    def version(self) -> Hashable:
        market = self._workspace.market
        if market is None:
            return None
        return market.key, market.tape.version, self._workspace.now_ns() // NANOSECONDS

    def rows(self, width: int, height: int) -> Sequence[object]:
        market = self._workspace.market
        if market is None:
            return []
        ladder = self._workspace.ladder
        price_width = ladder.price_width if ladder is not None else width // 4
        layout = TapeLayout.for_width(width, price_width, market.info)
        pressure = market.tape.pressure(self._workspace.now_ns())
        prints = market.tape.rows(max(height - 2, 0))
        if not prints:
            return [pressure, layout, *message_rows("no trades yet", self.palette, width)]
        return [pressure, layout, *((layout, row) for row in prints)]

    def paint_row(self, row: object, width: int) -> Strip:
        if isinstance(row, Strip):
            return row
        if isinstance(row, Pressure):
            return pressure_bar(row, self.palette, width)
        if isinstance(row, TapeLayout):
            return tape_header(self.palette, row)
        key = (row, self.palette.generation)
        painted = self._kept.get(key)
        if painted is None:
            if len(self._kept) >= _STRIPS_KEPT:
                del self._kept[next(iter(self._kept))]
            layout, print_row = row  # type: ignore[misc]
            painted = self._kept[key] = tape_row(print_row, self.palette, layout)  # type: ignore[has-type]
        return painted
