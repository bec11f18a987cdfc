"""The order ticket: a form that keys drive completely. It makes a `TicketOrder`; the desk stages it, Enter sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from ttxt_core.events import Side
from ttxt_tui.screens.dialogs import Line

TYPES = ("limit", "post-only", "IOC", "FOK", "market")


class TicketOrder(NamedTuple):
    """What the form says; price and quantity as typed."""

    side: Side
    type: str
    price: str
    quantity: str
    reduce_only: bool


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
        self.chosen = (
            (0 if by > 0 else -1) % len(self.options) if self.chosen is None else (self.chosen + by) % len(self.options)
        )
        self.refresh()

    @property
    def value(self) -> str:
        """The chosen word; empty while none is."""
        return "" if self.chosen is None else self.options[self.chosen]


class TicketDialog(ModalScreen[TicketOrder | None], inherit_bindings=False):
    """Side, type, price, quantity. There is no default side: without one nothing is staged."""

    CSS_PATH = "dialogs.tcss"
    FIELDS: ClassVar[tuple[str, ...]] = ("side", "type", "price", "quantity", "reduce")

    def __init__(self, symbol: str, quantity: str, check: Callable[[TicketOrder], str]) -> None:
        """`check` gives what is wrong with an order, or nothing."""
        super().__init__()
        self._symbol = symbol
        self._quantity = quantity
        self._check = check

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = f"Ticket {self._symbol}"
            yield self._row("Side", Choice(("BUY", "SELL"), None, id="side"))
            yield self._row("Type", Choice(TYPES, 0, id="type"))
            yield self._row("Price", Line(placeholder="101.5 · bid · ask+2t · mid · -0.5%", id="price"))
            yield self._row("Quantity", Line(self._quantity, placeholder="0.5 · 500$ · 25% · max", id="quantity"))
            yield self._row("Reduce-only", Choice(("no", "yes"), 0, id="reduce"))
            yield Static(Content("↑↓ field · ←→ choose · Enter stages · Esc goes back"), classes="keys")

    def _row(self, label: str, field: Widget) -> Horizontal:
        return Horizontal(Static(Content(label), classes="label"), field, classes="row")

    def on_mount(self) -> None:
        self.query_one("#side").focus()

    def _order(self) -> TicketOrder | str:
        """What the form says, or what is missing."""
        side = self.query_one("#side", Choice).value
        if not side:
            return "no side: ←→ on Side"
        return TicketOrder(
            Side(side.lower()),
            self.query_one("#type", Choice).value,
            self.query_one("#price", Line).value,
            self.query_one("#quantity", Line).value,
            self.query_one("#reduce", Choice).value == "yes",
        )

    def on_key(self, event: events.Key) -> None:
        focused = self.focused
        name = focused.id if focused is not None and focused.id in self.FIELDS else "side"
        at = self.FIELDS.index(name)
        if event.key == "escape":
            self.dismiss(None)
        elif event.key in {"down", "tab"}:
            self.query_one(f"#{self.FIELDS[(at + 1) % len(self.FIELDS)]}").focus()
        elif event.key in {"up", "shift+tab"}:
            self.query_one(f"#{self.FIELDS[at - 1]}").focus()
        elif event.key in {"left", "right", "space"} and isinstance(focused, Choice):
            focused.step(-1 if event.key == "left" else 1)
        elif event.key in {"b", "s"} and isinstance(focused, Choice) and name == "side":
            focused.chosen = 0 if event.key == "b" else 1
            focused.refresh()
        elif event.key == "enter":
            self._stage()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_input_submitted(self) -> None:
        """Enter in a line."""
        self._stage()

    def _stage(self) -> None:
        order = self._order()
        fault = order if isinstance(order, str) else self._check(order)
        if not fault and isinstance(order, TicketOrder):
            self.dismiss(order)
            return
        keys = self.query_one(".keys", Static)
        keys.update(Content(fault))
        keys.add_class("-fault")
