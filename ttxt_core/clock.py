"""Time as a value that is handed in. Integer nanoseconds, UTC; nothing else in the library reads a clock.

Market time (data age, order age, candles, the simulator) is the session's clock. Human time (key repeats,
frames, toasts) is the system's monotonic clock.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

NANOSECONDS = 1_000_000_000
MILLISECOND_NS = 1_000_000


class Clock(Protocol):
    """What every part that needs time is given."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC, in this clock's own time."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back; the origin means nothing."""
        ...

    async def sleep_until(self, when_ns: int) -> None:
        """Return when `now_ns()` has reached `when_ns`; at once when it already has."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """UTC by the system's wall clock, which may be set."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """The system's monotonic clock."""
        return time.monotonic_ns()

    async def sleep_until(self, when_ns: int) -> None:
        """Sleep in real time; let other tasks run even when there is nothing to wait for."""
        delay_ns = when_ns - time.time_ns()
        await asyncio.sleep(delay_ns / NANOSECONDS if delay_ns > 0 else 0)


class ManualClock:
    """A clock that stands still until it is told to move; sleepers wake in the order of their times."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now_ns(self) -> int:
        """The time that was last set."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """The same as `now_ns`."""
        return self._now_ns

    def set_ns(self, now_ns: int) -> None:
        """Move to `now_ns`, forward or (for a seek) back, and wake who waited for it."""
        self._now_ns = now_ns
        if not self._sleepers:
            return
        due = sorted((s for s in self._sleepers if s[0] <= now_ns), key=lambda s: s[0])
        self._sleepers = [s for s in self._sleepers if s[0] > now_ns]
        for _, sleeper in due:
            if not sleeper.done():
                sleeper.set_result(None)

    def advance_ns(self, delta_ns: int) -> None:
        """Move forward by `delta_ns`."""
        self.set_ns(self._now_ns + delta_ns)

    async def sleep_until(self, when_ns: int) -> None:
        """Wait until the clock is set to `when_ns` or later; let other tasks run in any case."""
        if when_ns <= self._now_ns:
            await asyncio.sleep(0)
            return
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((when_ns, sleeper))
        await sleeper


class ReplayClock(ManualClock):
    """Market time of a replay: it stands at the last event that was published and moves with the replayer.

    While the replay is held the clock stands too, so data does not grow stale in a pause. Between events the
    replayer moves it on, so that ages and timers run at the replay's speed.
    """
