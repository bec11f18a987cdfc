"""Attendance: real orders are entered only while somebody is there to see what becomes of them.

Owns when nobody is: no key for too long, or the terminal's client has gone. Entries are cancelled and refused then,
protective orders stay.
"""

from __future__ import annotations

from ttxt_core.clock import NANOSECONDS
from ttxt_tui.trading.desk import TradingDesk
from ttxt_tui.trading.feedback import SILENT, Feedback

_MINUTE_NS = 60 * NANOSECONDS


class Attendance:
    """Watches over one desk; all times are monotonic human time.

    Attributes:
        after_minutes: without a key for so long nobody is there.
    """

    def __init__(self, desk: TradingDesk, after_minutes: float, now_ns: int) -> None:
        """As if a key had been pressed at `now_ns`."""
        self._desk = desk
        self.after_minutes = after_minutes
        self._seen_ns = now_ns
        self._is_away = False

    def seen(self, now_ns: int) -> None:
        """A key was pressed."""
        self._seen_ns = now_ns
        self._is_away = False

    def poll(self, now_ns: int) -> Feedback:
        """Disarm when no key has come for too long; what there is to say."""
        if self._is_away or now_ns - self._seen_ns < self.after_minutes * _MINUTE_NS:
            return SILENT
        self._is_away = True
        return self._leave(f"no key for {self.after_minutes:g} min")

    def left(self, name: str) -> Feedback:
        """The client of the terminal multiplexer `name` has gone; what there is to say."""
        return self._leave(f"{name} client detached")

    def _leave(self, reason: str) -> Feedback:
        context = self._desk.context
        if not context.router.is_armed and not context.orders.entries():
            return SILENT
        return self._desk.disarm(reason)
