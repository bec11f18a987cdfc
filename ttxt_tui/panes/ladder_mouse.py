"""The mouse on a ladder: a press aims, and takes hold of an own order, which a drag then stages at another price.

Owns what is held. Nothing is sent from here: what was dragged waits for Enter like all that is staged.
"""

from __future__ import annotations

from ttxt_core.events import Side
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback


class LadderMouse:
    """One ladder's mouse; lines are counted from its first price row."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._held: str | None = None
        self._from_line = 0
        self._is_staged = False

    def press(self, line: int, side: Side | None) -> bool:
        """Aim at a line; whether an own order is held now: the only one of `side`, whose column was pressed."""
        workspace, ladder = self._workspace, self._workspace.ladder
        self._held, self._is_staged = None, False
        if ladder is None or workspace.command_line.is_open:
            return False
        ladder.set_cursor_line(line)
        own = [order for order in workspace.aimed_orders() if order.side is side]
        if len(own) == 1:
            self._held, self._from_line = own[0].name, line
        return self._held is not None

    def drag(self, line: int) -> None:
        """Stage the held order at the price of another line. What was taken back meanwhile is not staged anew."""
        workspace, ladder, desk = self._workspace, self._workspace.ladder, self._workspace.desk
        if self._held is None or ladder is None or (line == self._from_line and not self._is_staged):
            return
        row = ladder.window.row_at(line)
        if row is None or row < 1 or not 0 <= line < ladder.window.height:
            return
        if not self._is_staged:
            why = workspace.session.view_only
            said = Feedback(why, LogLevel.WARN) if why else desk.edit(self._held)
            self._is_staged = True
            if desk.staged is None or desk.staged.edits != self._held:
                workspace.say(said)
                self._held = None
                return
        staged = desk.staged
        if staged is None or staged.edits != self._held:
            self._held = None
            return
        ladder.set_cursor_line(line)
        workspace.say(desk.move(row * ladder.group - staged.ticks))

    def release(self) -> None:
        """Let go of the order; what is staged waits for Enter."""
        self._held = None
