"""What is printed of a crash: where it happened, and no variable. Installed by `_textual_compat`."""

from __future__ import annotations

from typing import Any

import rich
import textual
from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App


def tell_no_variables() -> None:
    """Textual prints the variables of every frame of a crash.

    They are an account's figures, which are nobody else's business where the text ends up, and pages of them that hide
    the error.
    """

    def _fatal_error(self: App[Any]) -> None:
        self.bell()
        traceback = Traceback(show_locals=False, width=None, suppress=[rich, textual])
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

    App._fatal_error = _fatal_error  # type: ignore[method-assign]
