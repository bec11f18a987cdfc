"""Figures about a session for a status bar.

Owns the rate, which is of real time; everything else is read where it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.orders.blotter import Blotter
from ttxt_core.queues.base import QueueStats

MailboxStats = Callable[[], dict[str, QueueStats]]
"""The counters of each mailbox by name; `FanOut.stats` is one."""


class Health(Struct, frozen=True):
    """The figures.

    Attributes:
        events_per_second: market events, in real time.
        feed_lag_ns: from the venue's time to here, of the last book or trade; None before one.
        order_last_ns, order_p99_ns: from the send of a command to its answer, in market time; None before one.
        dropped: events that the mailboxes there are have lost.
        troubles: what failed and stays so, oldest first.
    """

    events_per_second: float
    feed_lag_ns: int | None
    order_last_ns: int | None
    order_p99_ns: int | None
    dropped: int
    troubles: tuple[str, ...]


class HealthMeter:
    """Reads the figures whenever it is asked."""

    def __init__(self, blotter: Blotter, mailboxes: MailboxStats, troubles: Sequence[str], wall: Clock) -> None:
        """`troubles` is the session's own list; `wall` is real time."""
        self._blotter = blotter
        self._mailboxes = mailboxes
        self._troubles = troubles
        self._wall = wall
        self._since_ns = wall.monotonic_ns()
        self._counted = 0
        self._events_per_second = 0.0

    def read(self) -> Health:
        """The figures now; the rate is that of the last second, or longer where nobody asked."""
        blotter, now_ns = self._blotter, self._wall.monotonic_ns()
        passed_ns = now_ns - self._since_ns
        if passed_ns >= NANOSECONDS:
            self._events_per_second = (blotter.market_events - self._counted) * NANOSECONDS / passed_ns
            self._since_ns, self._counted = now_ns, blotter.market_events
        return Health(
            events_per_second=self._events_per_second,
            feed_lag_ns=blotter.feed_lag_ns,
            order_last_ns=blotter.last_round_trip_ns,
            order_p99_ns=blotter.p99_round_trip_ns,
            dropped=sum(stats.dropped for stats in self._mailboxes().values()),
            troubles=tuple(self._troubles),
        )
