"""The result sheet of all attempts of a session, compared."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ttxt_tui.paint.attempts import Line, columns_in, comparison_lines, newest_first_index
from ttxt_tui.paint.tones import ROLE_OF
from ttxt_tui.screens.scrolling import scrolled
from ttxt_tui.state.attempts import Comparison
from ttxt_tui.state.tones import Tone

_AROUND = 6
"""Cells of a row that the frame, its padding and a scroll bar take."""
_MOST_WIDTH = 96


class AttemptsSheet(ModalScreen[None], inherit_bindings=False):
    """It only tells: ← → go through the attempts where there are more than there is room for."""

    CSS_PATH = "dialogs.tcss"

    def __init__(self, table: Comparison) -> None:
        super().__init__()
        self._table = table
        self._first: int | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog attempts") as box:
            box.border_title = "Attempts"
            with VerticalScroll(classes="lines", can_focus=False):
                yield Static(id="rows")
            yield Static(id="hint", classes="keys")

    def on_mount(self) -> None:
        self._write()

    def on_resize(self) -> None:
        self._write()

    @property
    def _width(self) -> int:
        return min(_MOST_WIDTH, self.app.size.width * 94 // 100) - _AROUND

    def _write(self) -> None:
        """The newest attempts, until one goes back."""
        last = newest_first_index(self._table, self._width)
        first = last if self._first is None else min(max(self._first, 0), last)
        lines = comparison_lines(self._table, self._width, first)
        self.query_one("#rows", Static).update(Content("\n").join(_written(line) for line in lines))
        count, room = len(self._table.heads), columns_in(self._width)
        more = f"← → {first + 1} to {min(first + room, count)} of {count} · " if count > room else ""
        self.query_one("#hint", Static).update(Content(f"{more}Esc goes back"))

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if scrolled(self.query_one(VerticalScroll), event.key):
            return
        if event.key in {"left", "right"}:
            last = newest_first_index(self._table, self._width)
            at = last if self._first is None else self._first
            self._first = min(max(at + (1 if event.key == "right" else -1), 0), last)
            self._write()
        elif event.key in {"escape", "enter"}:
            self.dismiss(None)


def _written(line: Line) -> Content:
    """A line in the colours of the theme."""
    parts = [(text, f"$ttxt-{ROLE_OF[tone].replace('_', '-')}{_weight(tone)}") for text, tone in line]
    return Content.assemble(*parts)


def _weight(tone: Tone) -> str:
    return " bold" if tone in {Tone.STRONG, Tone.ACCENT} else ""
