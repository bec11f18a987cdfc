"""What all handlers share: the workspace, the answer to a key, the key that is asked for next."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ttxt_core.errors import TtxtError
from ttxt_tui.actions import Scope
from ttxt_tui.keymap import Keymap
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.screens.desk_screen import DeskScreen
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback


class HandlerBase:
    """Handlers of one desk screen.

    Attributes:
        awaited: the scope that the next key is looked up in first; None when no key is asked for.
    """

    def __init__(self, screen: DeskScreen, keymap: Keymap) -> None:
        self.awaited: Scope | None = None
        self._screen = screen
        self._keymap = keymap

    @property
    def _workspace(self) -> Workspace:
        return self._screen.workspace

    def _say(self, feedback: Feedback) -> None:
        self._workspace.say(feedback)

    def expect(self, scope: Scope | None, text: str = "") -> None:
        """Look the next key up in `scope` first, and say what is asked for."""
        self.awaited = scope
        self._workspace.ask(text)

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something that has to wait, in the background; what goes wrong is said."""

        async def done() -> None:
            try:
                await work
            except TtxtError as error:
                self._say(Feedback(str(error), LogLevel.ERROR))

        self._screen.run_worker(done(), group="session")
