"""What each action does: one method an action, by its id. A method looks at the workspace and calls the desk.

Nothing here sends, prices or limits anything.
"""

from __future__ import annotations

from collections.abc import Callable

from ttxt_tui.actions import ACTIONS, Scope
from ttxt_tui.keymap import Keymap, shown
from ttxt_tui.screens.desk_screen import DeskScreen
from ttxt_tui.screens.dialogs import ChooseDialog
from ttxt_tui.screens.handlers.entry import EntryHandlers
from ttxt_tui.screens.handlers.exits import ExitHandlers
from ttxt_tui.screens.handlers.ladder import LadderHandlers
from ttxt_tui.screens.handlers.replay import ReplayHandlers
from ttxt_tui.screens.handlers.session import SessionHandlers
from ttxt_tui.screens.handlers.view import ViewHandlers
from ttxt_tui.theme.palette import Palette


class Handlers(EntryHandlers, ExitHandlers, LadderHandlers, SessionHandlers, ReplayHandlers, ViewHandlers):
    """All actions of one desk screen."""

    def __init__(
        self, screen: DeskScreen, keymap: Keymap, choose_theme: Callable[[], None], palette: Callable[[], Palette]
    ) -> None:
        super().__init__(screen, keymap, choose_theme, palette)
        self._table: dict[str, Callable[[], None]] = {action.id: getattr(self, action.id) for action in ACTIONS}

    def run(self, id: str) -> None:
        """Do the action `id`."""
        self._table[id]()

    def palette(self) -> None:
        options = [
            (action.id, f"{action.help}  {' '.join(shown(key) for key in self._keymap.keys(action.id))}")
            for action in ACTIONS
            if action.scope in {Scope.GLOBAL, Scope.REPLAY} and action.id != "palette"
        ]
        self._screen.app.push_screen(ChooseDialog("Actions", options), self._run_chosen)

    def _run_chosen(self, chosen: str | None) -> None:
        if chosen is not None:
            self.run(chosen)
