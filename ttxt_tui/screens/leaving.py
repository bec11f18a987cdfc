"""The dialog before a LIVE session is left: the exit policy as it stands, then how it is followed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ttxt_tui.screens.scrolling import scrolled

_LOOK_S = 0.1


class LeaveDialog(ModalScreen[bool], inherit_bindings=False):
    """Enter leaves, and the dialog stays until that is done; Esc goes back. Its lines follow what happens meanwhile."""

    CSS_PATH = "dialogs.tcss"

    def __init__(
        self,
        title: str,
        lines: Callable[[], Sequence[str]],
        leave: Callable[[], Awaitable[None]],
        progress: Callable[[], str],
    ) -> None:
        """`lines` says what would be done, `leave` does it, `progress` says how far that has come."""
        super().__init__()
        self._title = title
        self._lines = lines
        self._leave = leave
        self._progress = progress
        self._is_leaving = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            with VerticalScroll(classes="lines", can_focus=False):
                yield Static(id="policy")
            yield Static(Content("Enter quits as said · Esc goes back"), classes="keys")

    def on_mount(self) -> None:
        self._show()
        self.set_interval(_LOOK_S, self._show)

    def _show(self) -> None:
        if self._is_leaving:
            self.query_one(".keys", Static).update(Content(f"quitting · {self._progress()}"))
        else:
            self.query_one("#policy", Static).update(Content("\n".join(self._lines())))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if self._is_leaving or scrolled(self.query_one(VerticalScroll), event.key):
            return
        if event.key == "enter":
            self._is_leaving = True
            self._show()
            self.run_worker(self._leave_and_go(), group="leave")
        elif event.key == "escape":
            self.dismiss(False)

    async def _leave_and_go(self) -> None:
        await self._leave()
        self.dismiss(True)
