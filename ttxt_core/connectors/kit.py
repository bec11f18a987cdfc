"""ConnectorKit: what the parts of one connector work with, handed to each as one."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from ttxt_core.clock import Clock
from ttxt_core.connectors.outbox import Outbox
from ttxt_core.connectors.reports import Reports
from ttxt_core.connectors.timings import ConnectorTimings, Spawn
from ttxt_core.web.backoff import Backoff
from ttxt_core.web.clock_offset import ClockOffset


class ConnectorKit(NamedTuple):
    """The same for all parts of a connector.

    Attributes:
        clock: our time. clock_offset: from it to the venue's.
        random: for jitter. timings: how long is waited for what.
        outbox: where events go that are made where nobody may wait. reports: what is told through it of ourselves.
        spawn: starts a task that lives no longer than the connector.
    """

    clock: Clock
    clock_offset: ClockOffset
    random: Random
    timings: ConnectorTimings
    outbox: Outbox
    reports: Reports
    spawn: Spawn

    def backoff(self) -> Backoff:
        """The waits between tries of one thing."""
        return Backoff(self.random, cap_s=self.timings.retry_cap_s)
