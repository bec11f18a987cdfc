"""Telling alerts: in the log, in the status bar, by the terminal's notification and its bell.

Owns which ways are taken and for how long the bar shows an alert. It takes no key and moves no focus.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ttxt_core.clock import NANOSECONDS
from ttxt_tui.config.alerts import Channel
from ttxt_tui.state.alerts import MOST_FIRINGS
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.store import Store

SHOWN_NS: Final = 20 * NANOSECONDS
"""How long, in human time, an alert stays in the status bar."""
SOUND_NS: Final = 2 * NANOSECONDS
"""How long, in human time, bell and notification pause after one: what fires meanwhile is told with the next."""


class Announcer:
    """Tells what a store's alerts have to say; `poll` it every frame."""

    def __init__(self, store: Store, notify: Callable[[str], None], ring: Callable[[], None]) -> None:
        """`notify` asks the terminal for a notification of a text, `ring` rings its bell."""
        self._store = store
        self._notify = notify
        self._ring = ring
        self._until_ns = 0
        self._sounded_ns: int | None = None
        self._waiting: list[str] = []

    def poll(self, human_ns: int, now_ns: int | None) -> None:
        """Tell what there is to tell.

        Args:
            human_ns: monotonic human time.
            now_ns: the market's time; None where only events tell it: a replay's runs ahead of what was taken in.
        """
        store, alerts = self._store, self._store.alerts
        if now_ns is not None:
            alerts.pass_time(now_ns)
        firings = alerts.take()
        if firings:
            if Channel.LOG not in alerts.muted:
                for firing in firings:
                    store.log.add(firing.time_ns, LogLevel.WARN, "alert", firing.text)
            if Channel.BAR not in alerts.muted:
                store.status.alerts = (*store.status.alerts, *firings)[-MOST_FIRINGS:]
                self._until_ns = human_ns + SHOWN_NS
            self._waiting += [firing.text for firing in firings]
        if store.status.alerts and human_ns >= self._until_ns:
            store.status.alerts = ()
        if self._waiting and (self._sounded_ns is None or human_ns - self._sounded_ns >= SOUND_NS):
            self._sound(human_ns)

    def _sound(self, human_ns: int) -> None:
        """The newest in words; of more than one how many."""
        muted, texts = self._store.alerts.muted, self._waiting
        self._waiting, self._sounded_ns = [], human_ns
        if Channel.DESKTOP not in muted:
            more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
            self._notify(f"{texts[-1]}{more}")
        if Channel.BELL not in muted:
            self._ring()
