"""The replay bar: where the replay stands, and a timeline that can be clicked into."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from ttxt_tui.paint.replay_bar import Hints, replay_bar, timeline_column, timeline_width
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.theme.palette import Palette


class ReplayPane(LivePane[Strip], can_focus=False):
    """Draws `Workspace.replay`; empty in other sessions."""

    class Pointed(Message):
        """A moment of the timeline was clicked at."""

        def __init__(self, time_ns: int) -> None:
            super().__init__()
            self.time_ns = time_ns

    def __init__(self, palette: Palette, workspace: Workspace, hints: Hints, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._hints = hints

    def version(self) -> Hashable:
        replay = self._workspace.replay
        return None if replay is None else replay.version

    def rows(self, width: int, height: int) -> Sequence[Strip]:
        replay = self._workspace.replay
        if replay is None:
            return []
        return replay_bar(replay.view(timeline_width(width)), self.palette, width, height, self._hints)

    def paint_row(self, row: Strip, width: int) -> Strip:
        return row

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """What is hidden can't be pointed at: blind, a click right of now means nothing."""
        replay, at = self._workspace.replay, event.get_content_offset_capture(self)
        column = timeline_column(at.x, at.y, self.size.width)
        if replay is None or column is None:
            return
        time_ns = replay.time_at(column, timeline_width(self.size.width))
        if not replay.is_blind or time_ns <= self._workspace.now_ns():
            self.post_message(self.Pointed(time_ns))
