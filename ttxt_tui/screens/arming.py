"""The arming sheet: what real orders would be under, asked of the venue and read before they may be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ttxt_core.errors import TtxtError
from ttxt_tui.paint.tones import ROLE_OF
from ttxt_tui.screens.scrolling import scrolled
from ttxt_tui.state.account_sheet import SheetRow
from ttxt_tui.state.figures import wrapped
from ttxt_tui.state.tones import Tone

if TYPE_CHECKING:
    from ttxt_core.session.account_sheet import AccountSheet

_LABEL_WIDTH = 10
_MOST_TEXT = 68
_AROUND = 6
"""Cells of a row that the frame, its padding and a scroll bar take."""


class ArmingSheet(ModalScreen["AccountSheet | None"], inherit_bindings=False):
    """Enter gives the sheet that was read, Esc none. Nothing is given before there is something to read."""

    CSS_PATH = "dialogs.tcss"

    def __init__(
        self,
        title: str,
        ask: Callable[[], Awaitable[AccountSheet]],
        rows: Callable[[AccountSheet], Sequence[SheetRow]],
    ) -> None:
        """`ask` asks the venue; `rows` is how its answer is written."""
        super().__init__()
        self._title = title
        self._ask = ask
        self._rows = rows
        self._sheet: AccountSheet | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog sheet") as box:
            box.border_title = self._title
            with VerticalScroll(classes="lines", can_focus=False):
                yield Static(Content("asking the venue for the terms of the account …"), id="rows")
            yield Static(Content("Esc goes back"), classes="keys")

    def on_mount(self) -> None:
        self.run_worker(self._load(), group="sheet")

    async def _load(self) -> None:
        """In the background: the venue may take its time, keys don't wait."""
        try:
            sheet = await self._ask()
        except TtxtError as error:
            self._write([SheetRow("REFUSED", str(error), Tone.ERROR)], "Esc goes back; A asks again")
            return
        if sheet.refusal:
            self._write(self._rows(sheet), "it can't be armed · ↑↓ scroll · Esc goes back")
            return
        self._write(self._rows(sheet), "Enter arms: orders are REAL · ↑↓ scroll · Esc goes back")
        self._sheet = sheet

    def _write(self, rows: Sequence[SheetRow], keys: str) -> None:
        if not self.is_mounted:
            return
        width = min(_MOST_TEXT, self.size.width * 94 // 100 - _AROUND - _LABEL_WIDTH)
        self.query_one("#rows", Static).update(Content("\n").join(_written(row, width) for row in rows))
        self.query_one(".keys", Static).update(Content(keys))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if scrolled(self.query_one(VerticalScroll), event.key):
            return
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter" and self._sheet is not None:
            self.dismiss(self._sheet)


def _written(row: SheetRow, width: int) -> Content:
    """The row in the colours of the theme; a long text goes on under itself."""
    role = ROLE_OF[row.tone].replace("_", "-")
    first, *more = wrapped(row.text, width)
    lines = [(f"{row.label:<{_LABEL_WIDTH}} ", "$ttxt-text-dim"), (first, f"$ttxt-{role}")]
    lines += [(f"\n{'':<{_LABEL_WIDTH}} {line}", f"$ttxt-{role}") for line in more]
    return Content.assemble(*lines)
