"""One-key mode: a key that stages an order sends it as well, while armed and up to a worth that was set before.

Owns whether the mode is on and what it lets through. It ends with the arming and is never remembered: whoever is armed
again stages again.
"""

from __future__ import annotations

from decimal import Decimal

from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.state.figures import fixed, money, trimmed
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.pretrade import Pretrade
from ttxt_tui.trading.staging import Intent, Staged


class OneKey:
    """The mode of one desk."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._most: Decimal | None = None

    @property
    def is_on(self) -> bool:
        """A key sends; never while disarmed."""
        return self._most is not None and self._context.router.is_armed

    def use(self, most: Decimal | None) -> Feedback:
        """Send by one key what is worth up to `most` in quote currency; None: stage everything again."""
        router = self._context.router
        if most is not None and not router.is_armed:
            return Feedback(f"1-key needs to be armed: A arms ({router.disarmed_because})", LogLevel.WARN)
        self._most = most
        if most is None:
            return Feedback("1-key is off: every order is staged, Enter sends")
        return Feedback(f"ARMED 1-KEY: one key sends, up to {trimmed(fixed(most, 2))} an order", LogLevel.WARN)

    def end(self) -> None:
        """Stage everything again."""
        self._most = None

    def poll(self) -> None:
        """End with the arming."""
        if not self._context.router.is_armed:
            self.end()

    def why_staged(self, staged: Staged, pretrade: Pretrade, info: InstrumentInfo) -> str:
        """Why what a key staged waits for Enter all the same; empty when it is to be sent."""
        if staged.intent is Intent.LIMIT and not staged.was_passive:
            return "it would take now"
        if self._most is None or pretrade.notional > self._most:
            quote = info.spec.quote
            most = "nothing" if self._most is None else money(self._most, quote)
            return f"1-key sends up to {most}, this is {money(pretrade.notional, quote)} {quote}"
        return ""
