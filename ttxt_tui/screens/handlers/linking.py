"""Several symbols at once: the watchlist, ladders side by side, and which panes show the same instrument."""

from __future__ import annotations

from typing import Final

from ttxt_tui.actions import Scope
from ttxt_tui.panes.workspace import LINKED
from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.screens.layout import ladder_count
from ttxt_tui.state.links import GROUPS
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback

_LETTERS: Final = ", ".join(group.lower() for group in GROUPS)


class LinkingHandlers(HandlerBase):
    """The keys that choose what is shown where."""

    # -- watchlist ---------------------------------------------------------------------------------------

    def watch_up(self) -> None:
        self._workspace.watchlist.move(-1)

    def watch_down(self) -> None:
        self._workspace.watchlist.move(1)

    def watch_sort_left(self) -> None:
        self._workspace.watchlist.sort_next(-1)

    def watch_sort_right(self) -> None:
        self._workspace.watchlist.sort_next(1)

    def watch_turn(self) -> None:
        self._workspace.watchlist.sort_by(self._workspace.watchlist.column)

    # -- ladders side by side ----------------------------------------------------------------------------

    def next_ladder(self) -> None:
        if ladder_count(self._screen.size.width, self._screen.ladders) < 2:
            self._say(Feedback("one ladder: :ladders 2 shows two side by side", LogLevel.INFO))
        else:
            self._screen.show_ladder_at(1)

    def show_ladders(self, count: int) -> None:
        """So many ladders side by side."""
        shown = self._screen.show_ladders(count)
        if shown < count:
            room = f"no room for more than {shown} at {self._screen.size.width} columns"
            self._say(Feedback(room, LogLevel.WARN))

    # -- groups ------------------------------------------------------------------------------------------

    def link(self) -> None:
        name = self._screen.focused_name
        if name not in LINKED:
            self._say(Feedback("this pane shows all symbols: it is in no group", LogLevel.INFO))
            return
        self.expect(Scope.AFTER_LINK, f"link this pane in group {_LETTERS}")

    def link_a(self) -> None:
        self.link_focused("A")

    def link_b(self) -> None:
        self.link_focused("B")

    def link_c(self) -> None:
        self.link_focused("C")

    def link_d(self) -> None:
        self.link_focused("D")

    def link_focused(self, group: str) -> None:
        """Put the focused pane into a group."""
        name = self._screen.focused_name
        if name not in LINKED:
            self.link()
            return
        self._workspace.link(name, group)
        self._screen.show_links()
