"""How long to wait before the next try: exponential, with full jitter, capped.

Owns the counting of tries. It reads no clock and makes no random numbers of its own, and it does not sleep.
"""

from __future__ import annotations

from random import Random

from ttxt_core.clock import NANOSECONDS


class Backoff:
    """Delays between connections to one place.

    The first try after a loss comes at once; each one after it waits a random part of a limit that doubles from
    `base_s` to `cap_s` ("full jitter", so that many clients do not come back together). The count begins again only
    after a connection that stayed healthy for `healthy_s`: one that is accepted and closed at once is a failure.
    """

    def __init__(self, random: Random, *, base_s: float = 0.5, cap_s: float = 30.0, healthy_s: float = 20.0) -> None:
        self._random = random
        self._base_s = base_s
        self._cap_s = cap_s
        self._healthy_ns = round(healthy_s * NANOSECONDS)
        self._failures = 0
        self._ready_ns: int | None = None

    @property
    def failures(self) -> int:
        """Losses since the last healthy connection."""
        return self._failures

    def ready(self, now_ns: int) -> None:
        """The connection is of use from now on (monotonic nanoseconds)."""
        self._ready_ns = now_ns

    def lost(self, now_ns: int, retry_after_s: float | None = None) -> int:
        """Count a loss and give the nanoseconds to wait before the next try.

        Args:
            now_ns: monotonic nanoseconds. retry_after_s: what the venue asked for; never undercut, cap or not.
        """
        if self._ready_ns is not None and now_ns - self._ready_ns >= self._healthy_ns:
            self._failures = 0
        self._ready_ns = None
        self._failures += 1
        delay_s = 0.0
        if self._failures > 1:
            doublings = min(self._failures - 2, 60)
            delay_s = self._random.uniform(0.0, min(self._cap_s, self._base_s * 2.0**doublings))
        return round(max(delay_s, retry_after_s or 0.0) * NANOSECONDS)
