"""The help screen: every key, from the registry of actions."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ttxt_tui.actions import ACTIONS, Action, Group, Scope
from ttxt_tui.commandline.reference import command_lines
from ttxt_tui.keymap import Keymap, shown
from ttxt_tui.screens.scrolling import scrolled
from ttxt_tui.theme.palette import Palette

_KEY_WIDTH = 16
_WHERE = {
    Scope.ORDERS: "in Orders",
    Scope.CHART: "in the chart",
    Scope.TAPE: "in the tape",
    Scope.LOG: "in the log",
    Scope.AFTER_FLATTEN: "after f",
    Scope.AFTER_FOCUS: "after ;",
    Scope.AFTER_ARM: "after A",
    Scope.AFTER_RECORD: "after Ctrl+R",
}


def help_lines(keymap: Keymap, *, is_replay: bool) -> list[tuple[str, str]]:
    """`(keys, what they do)` in the order of the registry and of the commands' table, headings as `(heading, "")`."""
    lines: list[tuple[str, str]] = []
    for group in Group:
        if group is Group.REPLAY and not is_replay:
            continue
        actions = [action for action in ACTIONS if action.group is group and keymap.keys(action.id)]
        lines += [("", ""), (group.value, "")] if lines else [(group.value, "")]
        lines += [(" ".join(shown(key) for key in keymap.keys(action.id)), _told(action)) for action in actions]
    lines += [("", ""), ("Command line", "")]
    lines += [(f":{usage}", meaning) for usage, meaning in command_lines()]
    return lines


def _told(action: Action) -> str:
    where = _WHERE.get(action.scope)
    return f"{action.help} ({where})" if where else action.help


class HelpDialog(ModalScreen[None], inherit_bindings=False):
    """Every key, to scroll through; Esc goes back."""

    CSS_PATH = "dialogs.tcss"

    def __init__(self, lines: Sequence[tuple[str, str]], palette: Palette) -> None:
        super().__init__()
        self._lines = lines
        self._palette = palette

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = "Keys"
            with VerticalScroll(classes="lines", can_focus=False):
                yield Static(self._content())
            yield Static(Content("↑↓ PgUp PgDn scroll · Esc goes back"), classes="keys")

    def _content(self) -> Content:
        accent, key, text = (self._palette.colour(role) for role in ("accent", "key_hint", "text"))
        parts: list[Content] = []
        for keys, told in self._lines:
            if told:
                parts.append(Content.assemble((f"{keys:<{_KEY_WIDTH}} ", key), (told, text)))
            else:
                parts.append(Content.styled(keys, f"bold {accent}"))
        return Content("\n").join(parts)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key in {"escape", "question_mark", "enter", "q"}:
            self.dismiss(None)
        else:
            scrolled(self.query_one(VerticalScroll), event.key)
