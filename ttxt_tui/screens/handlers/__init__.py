"""What each action does: one method an action, by its id. A method looks at the workspace and calls the desk.

Nothing here sends, prices or limits anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ttxt_tui.actions import ACTIONS, MONEY, Scope
from ttxt_tui.commandline.table import COMMANDS
from ttxt_tui.keymap import Keymap, shown
from ttxt_tui.screens.desk_screen import DeskScreen
from ttxt_tui.screens.dialogs import ChooseDialog
from ttxt_tui.screens.handlers.command_line import CommandLineHandlers
from ttxt_tui.screens.handlers.view import Themes
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback

_SENDING: Final = frozenset(
    {action.id for action in ACTIONS if action.group in MONEY and action.id != "back_out"}
    | {"move_up", "move_down", "arm", "disarm"}
)
"""What sends, or makes ready to send."""


_COMMAND: Final = ":"
"""Before the name of a command, among the ids of actions."""


class Handlers(CommandLineHandlers):
    """All actions of one desk screen."""

    def __init__(self, screen: DeskScreen, keymap: Keymap, themes: Themes) -> None:
        super().__init__(screen, keymap, themes)
        self._table: dict[str, Callable[[], None]] = {action.id: getattr(self, action.id) for action in ACTIONS}

    def run(self, id: str) -> None:
        """Do the action `id`; where nothing is sent, say why instead of what can't come of it."""
        view_only = self._workspace.session.view_only
        if view_only and id in _SENDING:
            self.expect(None)
            self._say(Feedback(view_only, LogLevel.WARN))
        else:
            self._table[id]()

    def palette(self) -> None:
        options = [(f"{_COMMAND}{command.name}", f"{command.meaning}  :{command.name}") for command in COMMANDS]
        options += [
            (action.id, f"{action.help}  {' '.join(shown(key) for key in self._keymap.keys(action.id))}")
            for action in ACTIONS
            if action.scope in {Scope.GLOBAL, Scope.REPLAY} and action.id != "palette"
        ]
        self._screen.app.push_screen(ChooseDialog("Actions and commands", options), self._run_chosen)

    def _run_chosen(self, chosen: str | None) -> None:
        if chosen is None:
            return
        if chosen.startswith(_COMMAND):
            self.open_command(f"{chosen.removeprefix(_COMMAND)} ")
        else:
            self.run(chosen)
