"""The interlock: a market that can't be trusted any more stops entries until they are armed again by hand.

Owns the moment at which a good book turned bad, and that nobody is disarmed in silence: what the session itself stops
entries for (a lost account, a loss over its limit) is said as well. Orders that work stay, exits and cancels pass.
"""

from __future__ import annotations

from ttxt_core.events import InstrumentKey
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.feedback import SILENT, Feedback


class Interlock:
    """Watches the market that is traded, and whether entries pass."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._was_good: InstrumentKey | None = None
        self._was_armed = context.router.is_armed

    def poll(self, key: InstrumentKey | None) -> Feedback:
        """Look at the market of `key`. Something to say when entries were stopped, else nothing."""
        said = self._watch_market(key)
        router, was_armed = self._context.router, self._was_armed
        self._was_armed = router.is_armed
        if said is SILENT and was_armed and not router.is_armed:
            return Feedback(f"DISARMED: {router.disarmed_because}; A arms again", LogLevel.WARN)
        return said

    def armed(self) -> None:
        """Entries pass from now on; should they be stopped before the next look, that is said."""
        self._was_armed = True

    def disarmed(self) -> None:
        """Entries were stopped by somebody who says so."""
        self._was_armed = False

    def forget(self) -> None:
        """The stream begins anew: what comes next is not compared with what was."""
        self._was_good = None

    def _watch_market(self, key: InstrumentKey | None) -> Feedback:
        trust = None if key is None else self._context.trust(key)
        if trust is None or trust.is_good:
            self._was_good = key
            return SILENT
        fell, self._was_good = key == self._was_good, None
        router = self._context.router
        if not fell or key is None or not router.is_armed:
            return SILENT
        router.interlock(f"{trust.text} {key.pair}")
        return Feedback(f"DISARMED: {trust.text} {key.pair} ({trust.reason}); A arms again", LogLevel.WARN)
