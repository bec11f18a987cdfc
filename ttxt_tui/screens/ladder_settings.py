"""The dialog about the ladder: which columns, and when it centres by itself. What is marked shows behind it at once."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ttxt_tui.config.ladder import Ladder
from ttxt_tui.state.ladder_choice import ChoiceLine, LadderChoice
from ttxt_tui.theme.palette import Palette

_KEYS = "Space marks · K J put a column first or last · Enter saves · Esc goes back"
_NAME_WIDTH = 8


class LadderDialog(ModalScreen[Ladder | None], inherit_bindings=False):
    """Enter gives what is chosen, Esc nothing."""

    CSS_PATH = "dialogs.tcss"

    def __init__(self, now: Ladder, preview: Callable[[Ladder], None], palette: Palette) -> None:
        """`preview` is told of every change."""
        super().__init__()
        self._choice = LadderChoice(now)
        self._preview = preview
        self._palette = palette

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = "Ladder"
            yield Static(self._content(), classes="lines")
            yield Static(Content(_KEYS), classes="keys")

    def on_key(self, event: events.Key) -> None:
        event.stop()
        choice, key = self._choice, event.key
        before = choice.chosen
        if key == "escape":
            self.dismiss(None)
        elif key == "enter":
            self.dismiss(choice.chosen)
        elif key in {"down", "j", "up", "k"}:
            choice.move(1 if key in {"down", "j"} else -1)
        elif key in {"shift+down", "J", "shift+up", "K"}:
            choice.shift(1 if key in {"shift+down", "J"} else -1)
        elif key == "space":
            choice.mark()
        if choice.chosen != before:
            self._preview(choice.chosen)
        self.query_one(".lines", Static).update(self._content())

    def _content(self) -> Content:
        colour, lines = self._palette.colour, self._choice.lines()
        columns = [self._line(line) for line in lines if line.is_column]
        ways = [self._line(line) for line in lines if not line.is_column]
        heads = [
            Content.styled(text, f"bold {colour('accent')}") for text in ("Columns, the most wanted first", "Centring")
        ]
        return Content("\n").join([heads[0], *columns, Content(""), heads[1], *ways])

    def _line(self, line: ChoiceLine) -> Content:
        colour = self._palette.colour
        box = ("[×]" if line.is_chosen else "[ ]") if line.is_column else ("(•)" if line.is_chosen else "( )")
        name = f"{'▸' if line.is_cursor else ' '} {box} {line.name:<{_NAME_WIDTH}}"
        style = colour("accent") if line.is_cursor else colour("text")
        return Content.assemble((name, style), (line.told, colour("text" if line.is_chosen else "text_dim")))
