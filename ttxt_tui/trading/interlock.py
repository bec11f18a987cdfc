"""The stale-data interlock: a market that can't be trusted any more stops entries until they are armed again by hand.

Owns the moment at which a good book turned bad. Orders that work stay, exits and cancels pass.
"""

from __future__ import annotations

from ttxt_core.events import InstrumentKey
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.feedback import SILENT, Feedback


class Interlock:
    """Watches the market that is traded."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._was_good: InstrumentKey | None = None

    def poll(self, key: InstrumentKey | None) -> Feedback:
        """Look at the market of `key`. Something to say when entries were stopped, else nothing."""
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

    def forget(self) -> None:
        """The stream begins anew: what comes next is not compared with what was."""
        self._was_good = None
