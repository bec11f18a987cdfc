"""Dialogs: a question, a list to choose from, a line to type. Each is dismissed with its answer, Esc with none.

While a dialog is open no key reaches the desk but the panic keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option


class Line(Input, inherit_bindings=False):
    """A line to type in. The editing keys that terminals have; none that means an order."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "cursor_left", show=False),
        Binding("right", "cursor_right", show=False),
        Binding("home", "home", show=False),
        Binding("end", "end", show=False),
        Binding("backspace", "delete_left", show=False),
        Binding("delete", "delete_right", show=False),
        Binding("ctrl+u", "delete_left_all", show=False),
        Binding("ctrl+w", "delete_left_word", show=False),
        Binding("enter", "submit", show=False),
    ]

    def on_mount(self) -> None:
        """A blinking cursor would blend the whole desk behind the dialog anew, twice a second."""
        self.cursor_blink = False


class AskDialog(ModalScreen[bool], inherit_bindings=False):
    """A question with what it is about: Enter is yes, Esc is no. Without a word for yes it only tells."""

    CSS_PATH = "dialogs.tcss"

    def __init__(self, question: str, lines: Sequence[str], yes: str = "") -> None:
        super().__init__()
        self._question = question
        self._lines = lines
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._question
            with VerticalScroll(classes="lines", can_focus=False):
                yield Static(Content("\n".join(self._lines)))
            yield Static(
                Content(f"Enter {self._yes} · Esc goes back" if self._yes else "Esc goes back"), classes="keys"
            )

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key in {"enter", "escape"}:
            self.dismiss(event.key == "enter")


class LineDialog(ModalScreen[str | None], inherit_bindings=False):
    """A line to type. `check` says what is wrong with it, or nothing; only a line without fault is taken."""

    CSS_PATH = "dialogs.tcss"

    def __init__(self, title: str, hint: str, check: Callable[[str], str], value: str = "") -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._check = check
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            yield Line(self._value, select_on_focus=False)
            yield Static(Content(self._hint), classes="keys")

    @on(Input.Changed)
    def _show_fault(self, event: Input.Changed) -> None:
        fault = self._check(event.value) if event.value.strip() else ""
        self.query_one(".keys", Static).update(Content(fault or self._hint))
        self.query_one(".keys", Static).set_class(bool(fault), "-fault")

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        if event.value.strip() and not self._check(event.value):
            self.dismiss(event.value.strip())

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(None)


class ChooseDialog(ModalScreen[str | None], inherit_bindings=False):
    """A list that typing narrows; Enter takes the marked line."""

    CSS_PATH = "dialogs.tcss"

    def __init__(self, title: str, options: Sequence[tuple[str, str]]) -> None:
        """`options` are (id, text)."""
        super().__init__()
        self._title = title
        self._options = options

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            yield Line(placeholder="type to narrow, ↑↓ choose, Enter takes, Esc goes back")
            yield OptionList()

    def on_mount(self) -> None:
        self._show("")
        self.query_one(OptionList).can_focus = False

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, typed: str) -> None:
        words = typed.lower().split()
        found = [(name, text) for name, text in self._options if all(word in text.lower() for word in words)]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(Content(text), id=name) for name, text in found])
        options.highlighted = 0 if found else None

    @on(Input.Submitted)
    def _take(self) -> None:
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(options.get_option_at_index(options.highlighted).id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def on_key(self, event: events.Key) -> None:
        options = self.query_one(OptionList)
        if event.key in {"up", "down"}:
            event.stop()
            event.prevent_default()
            options.action_cursor_up() if event.key == "up" else options.action_cursor_down()
        elif event.key == "escape":
            event.stop()
            self.dismiss(None)
