"""The tape pane: pressure, heads, prints."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from rich.segment import Segment
from textual import events

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import InstrumentKey
from ttxt_tui.paint.delta import Line
from ttxt_tui.paint.table import message_rows
from ttxt_tui.paint.tape import TapeLayout, pressure_bar, tape_header, tape_row
from ttxt_tui.panes.clicks import ClickAfterFocus
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.tape import Pressure, TapeRow
from ttxt_tui.theme.palette import Palette

_PRINTS_KEPT = 512
LINKED_AS = "tape"


class TapePane(LivePane[object], ClickAfterFocus):
    """Draws the tape of the instrument that it is linked to; a click on a print aims at its price.

    Painted prints are kept by what they show, not by their line.
    """

    def __init__(self, palette: Palette, workspace: Workspace, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._layout: TapeLayout | None = None
        self._shown: InstrumentKey | None = None
        self._kept: dict[int, tuple[TapeRow, Line]] = {}
        self._kept_for: tuple[TapeLayout, int] | None = None

    def version(self) -> Hashable:
        market = self._workspace.market_in(LINKED_AS)
        if market is None:
            return None
        return market.key, market.tape.version, self._workspace.now_ns() // NANOSECONDS

    def rows(self, width: int, height: int) -> Sequence[object]:
        market = self._workspace.market_in(LINKED_AS)
        if market is None:
            return []
        ladder = self._workspace.ladder_in(LINKED_AS)
        price_width = ladder.price_width if ladder is not None else width // 4
        layout = self._layout
        if layout is None or layout.width != width or layout.price != price_width or market.key != self._shown:
            layout = self._layout = TapeLayout.for_width(width, price_width, market.info)
            self._shown = market.key
            self._rows = []
        tape = market.tape
        least = market.info.format_quantity(tape.min_size) if tape.min_size else ""
        prints = tape.rows(max(height - 2, 0))
        none = f"no prints from {least}" if least else "no trades yet"
        heads = [tape.pressure(self._workspace.now_ns()), (layout, least)]
        return [*heads, *(prints or message_rows(none, self.palette, width))]

    def paint_row(self, row: object, width: int) -> Iterable[Segment]:
        if isinstance(row, TapeRow) and self._layout is not None:
            return self._print(row, self._layout)
        if isinstance(row, Pressure):
            return pressure_bar(row, self.palette, width)
        if isinstance(row, tuple):
            layout, least = row
            return tape_header(self.palette, layout, least)
        return row  # type: ignore[return-value]

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Aim at the price of the print that is clicked, as it was painted."""
        ladder, line = self._workspace.ladder_in(LINKED_AS), event.get_content_offset_capture(self).y
        if not self.takes_clicks or ladder is None or not 0 <= line < len(self._rows):
            return
        row = self._rows[line]
        if isinstance(row, TapeRow) and row.traded_at is not None:
            ladder.set_cursor(ladder.market.ticks_of(row.traded_at))

    def _print(self, row: TapeRow, layout: TapeLayout) -> Line:
        """A painted print. Kept with its row, which the tape makes once and which moves down line by line."""
        kept_for = (layout, self.palette.generation)
        if kept_for != self._kept_for or len(self._kept) >= _PRINTS_KEPT:
            self._kept_for = kept_for
            self._kept.clear()
        kept = self._kept.get(id(row))
        if kept is None:
            kept = self._kept[id(row)] = (row, tuple(tape_row(row, self.palette, layout)))
        return kept[1]
