"""Leaving: cancels, closing, protective stops, the last resort. None of these is ever refused for being disarmed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ttxt_tui.actions import Scope
from ttxt_tui.screens.dialogs import AskDialog
from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback


class ExitHandlers(HandlerBase):
    """The keys that take orders and positions away."""

    # -- cancelling and closing --------------------------------------------------------------------------

    def cancel_here(self) -> None:
        self._cancelled(self._workspace.desk.cancel_aimed(self._workspace.aimed_orders()))

    def cancel_selected(self) -> None:
        selected = self._workspace.store.orders.selected
        if selected is None:
            self._say(Feedback("no order selected: j k", LogLevel.WARN))
        else:
            self._cancelled(self._workspace.desk.cancel_order(selected))

    def cancel_newest(self) -> None:
        self._cancelled(self._workspace.desk.cancel_newest())

    def cancel_symbol(self) -> None:
        self._cancelled(self._workspace.desk.cancel_symbol())

    def cancel_everywhere(self) -> None:
        self._cancelled(self._workspace.desk.cancel_everywhere())

    def _cancelled(self, feedback: Feedback) -> None:
        if feedback.level is LogLevel.OK:
            self._workspace.coach.did("cancel")
        self._say(feedback)

    def flatten(self) -> None:
        feedback = self._workspace.desk.flatten_prompt()
        if feedback.level is LogLevel.WARN:
            self._say(feedback)
        else:
            self.expect(Scope.AFTER_FLATTEN, feedback.text)

    def flatten_25(self) -> None:
        self._flatten(Decimal("0.25"))

    def flatten_50(self) -> None:
        self._flatten(Decimal("0.5"))

    def flatten_75(self) -> None:
        self._flatten(Decimal("0.75"))

    def flatten_100(self) -> None:
        self._flatten(Decimal(1))

    def _flatten(self, fraction: Decimal) -> None:
        desk = self._workspace.desk
        feedback = desk.flatten(fraction)
        if desk.asks_at_market:
            self.expect(Scope.AFTER_FLATTEN, feedback.text)
            return
        self._workspace.coach.did("flatten")
        self._say(feedback)

    def protect(self) -> None:
        self._at_cursor(self._workspace.desk.protect)

    def target(self) -> None:
        self._at_cursor(self._workspace.desk.target)

    def _at_cursor(self, put: Callable[[int], Feedback]) -> None:
        ladder = self._workspace.ladder
        ticks = None if ladder is None else ladder.cursor_ticks
        self._say(Feedback("no price aimed at: ↑ ↓", LogLevel.WARN) if ticks is None else put(ticks))

    def panic(self) -> None:
        lines = self._workspace.desk.panic_listing()
        if not lines:
            self._say(Feedback("nothing works and all is flat", LogLevel.INFO))
            return
        self._screen.app.push_screen(AskDialog("Cancel everything and close all", lines, "does it"), self._panic_if)

    def _panic_if(self, yes: bool | None) -> None:
        if yes:
            self._say(self._workspace.desk.panic())
