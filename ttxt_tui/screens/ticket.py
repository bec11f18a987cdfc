"""The order ticket: a form that keys drive completely, and under it what the order would do, anew on every key.

It makes a `TicketForm`; the desk stages it, Enter sends it. Only the fields that a type of order has are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from ttxt_core.events import Side, TriggerBy
from ttxt_tui.screens.dialogs import Line
from ttxt_tui.trading.expressions import PRICE_FORMS, QUANTITY_FORMS
from ttxt_tui.trading.tickets import IN_FORCE, TYPES, TicketForm, fields_of

_REFRESH_SECONDS: Final = 0.5
_KEYS: Final = "↑↓ field · ←→ choose · Enter stages · Esc goes back"


class TicketPreview(NamedTuple):
    """What the order at hand would do, a line each; `fault` is what is missing or wrong."""

    lines: tuple[str, ...] = ()
    fault: str = ""


class Choice(Static, can_focus=True):
    """One of a few words; ← → choose. Nothing is chosen at first unless given."""

    def __init__(self, options: tuple[str, ...], chosen: int | None, *, id: str) -> None:
        super().__init__(id=id, classes="choice")
        self.options = options
        self.chosen = chosen

    def render(self) -> Content:
        parts = []
        for at, option in enumerate(self.options):
            style = "reverse" if at == self.chosen else ""
            style += " underline" if self.has_focus and at == self.chosen else ""
            parts.append(Content.styled(f" {option} ", style.strip()))
        return Content(" ").join(parts)

    def step(self, by: int) -> None:
        """Choose the next option, or the previous one."""
        self.choose(
            (0 if by > 0 else -1) % len(self.options) if self.chosen is None else (self.chosen + by) % len(self.options)
        )

    def choose(self, chosen: int) -> None:
        """Choose an option by its place."""
        self.chosen = chosen
        self.refresh()

    @property
    def value(self) -> str:
        """The chosen word; empty while none is."""
        return "" if self.chosen is None else self.options[self.chosen]


class TicketDialog(ModalScreen[TicketForm | None], inherit_bindings=False):
    """Side, type, prices, quantity. There is no default side: without one nothing is staged."""

    CSS_PATH = "dialogs.tcss"
    LABELS: ClassVar[dict[str, str]] = {
        "side": "Side",
        "type": "Type",
        "trigger": "Trigger",
        "by": "Watches",
        "price": "Limit",
        "quantity": "Quantity",
        "in_force": "In force",
        "reduce": "Reduce-only",
        "stop": "Stop",
        "target": "Target",
        "rests": "The target",
    }

    def __init__(
        self,
        symbol: str,
        quantity: str,
        preview: Callable[[TicketForm], TicketPreview],
        watched: tuple[str, ...] = tuple(TriggerBy),
    ) -> None:
        """`preview` tells what an order would do; `watched` are the prices that a trigger can go by."""
        super().__init__()
        self._symbol = symbol
        self._quantity = quantity
        self._preview = preview
        self._watched = watched

    def compose(self) -> ComposeResult:
        exit_forms = "101.5, or from the entry 20t · 15bp · 0.5%"
        widgets: dict[str, Widget] = {
            "side": Choice(("BUY", "SELL"), None, id="side"),
            "type": Choice(TYPES, 0, id="type"),
            "trigger": Line(placeholder=PRICE_FORMS, id="trigger"),
            "by": Choice(self._watched, 0, id="by"),
            "price": Line(placeholder=PRICE_FORMS, id="price"),
            "quantity": Line(self._quantity, placeholder=QUANTITY_FORMS, id="quantity"),
            "in_force": Choice(IN_FORCE, 0, id="in_force"),
            "reduce": Choice(("no", "yes"), 0, id="reduce"),
            "stop": Line(placeholder=exit_forms, id="stop"),
            "target": Line(placeholder=exit_forms, id="target"),
            "rests": Choice(("waits for its price", "rests in the book"), 0, id="rests"),
        }
        with Vertical(classes="dialog") as box:
            box.border_title = f"Ticket {self._symbol}"
            for name, widget in widgets.items():
                yield Horizontal(Static(Content(self.LABELS[name]), classes="label"), widget, classes="row")
            with Vertical(classes="preview"):
                yield Static(id="does")
                yield Static(id="fault")
            yield Static(Content(_KEYS), classes="keys")

    def on_mount(self) -> None:
        self._show()
        self.query_one("#side").focus()
        self.set_interval(_REFRESH_SECONDS, self._judge)

    def _form(self) -> TicketForm:
        """What the form says."""

        def chosen(name: str) -> str:
            return self.query_one(f"#{name}", Choice).value

        def line(name: str) -> str:
            return self.query_one(f"#{name}", Line).value

        return TicketForm(
            side=Side(chosen("side").lower()) if chosen("side") else None,
            type=chosen("type"),
            price=line("price"),
            quantity=line("quantity"),
            in_force=chosen("in_force"),
            reduce_only=chosen("reduce") == "yes",
            trigger=line("trigger"),
            by=TriggerBy(chosen("by")),
            stop=line("stop"),
            target=line("target"),
            rests=chosen("rests") == "rests in the book",
        )

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that there are now, from above."""
        form = self._form()
        return fields_of(form.type, reduce_only=form.reduce_only)

    def _show(self) -> None:
        """Show the fields that the type has, and what the order would do."""
        shown = self.fields
        for name in self.LABELS:
            row = self.query_one(f"#{name}").parent
            if isinstance(row, Widget):
                row.display = name in shown
        self._judge()

    def _judge(self) -> None:
        preview = self._preview(self._form())
        self.query_one("#does", Static).update(Content("\n".join(preview.lines)))
        fault = self.query_one("#fault", Static)
        fault.update(Content(preview.fault))
        fault.set_class(bool(preview.lines), "-fault")

    def on_key(self, event: events.Key) -> None:
        focused, fields = self.focused, self.fields
        name = focused.id if focused is not None and focused.id in fields else fields[0]
        at = fields.index(name)
        if event.key == "escape":
            self.dismiss(None)
        elif event.key in {"down", "tab"}:
            self.query_one(f"#{fields[(at + 1) % len(fields)]}").focus()
        elif event.key in {"up", "shift+tab"}:
            self.query_one(f"#{fields[at - 1]}").focus()
        elif event.key in {"left", "right", "space"} and isinstance(focused, Choice):
            focused.step(-1 if event.key == "left" else 1)
            self._show()
        elif event.key in {"b", "s"} and isinstance(focused, Choice) and name == "side":
            focused.choose(0 if event.key == "b" else 1)
            self._judge()
        elif event.key == "enter":
            self._stage()
        else:
            return
        event.stop()
        event.prevent_default()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._judge()

    def on_input_submitted(self) -> None:
        """Enter in a line."""
        self._stage()

    def _stage(self) -> None:
        form = self._form()
        preview = self._preview(form)
        if preview.lines:
            self.dismiss(form)
            return
        keys = self.query_one(".keys", Static)
        keys.update(Content(preview.fault))
        keys.add_class("-fault")
