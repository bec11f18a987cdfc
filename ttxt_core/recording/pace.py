"""The pace of a replay: which market time should be reached by now, and how long to wait for the next event.

Owns that arithmetic. It moves no clock and waits for nothing itself.
"""

from __future__ import annotations

import math
from typing import Final

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS, Clock
from ttxt_core.errors import ConfigError

MAX_SPEED: Final = math.inf
"""As fast as the queue takes it."""

_SHORTEST_NAP_NS: Final = 4 * MILLISECOND_NS
"""Few enough wakes that waking costs nothing; events that fall due meanwhile go out together."""
_LONGEST_NAP_NS: Final = 50 * MILLISECOND_NS
"""The clock moves at least this often, so that ages run."""


class Pace:
    """Market seconds a second, counted from where it was last restarted."""

    def __init__(self, wall: Clock, speed: float, skip_idle_s: float | None) -> None:
        """Not counting yet: see `restart`.

        Raises:
            ConfigError: a speed, or a stretch to skip, that is not above zero.
        """
        self._wall = wall
        self._skip_ns: int | None = None
        self._from_wall_ns = wall.monotonic_ns()
        self._from_ns = 0
        self.speed = speed
        self.skip_idle_s = skip_idle_s

    @property
    def speed(self) -> float:
        """Market seconds a second. Set it and restart; not above zero is a `ConfigError`."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if not speed > 0:  # NaN too
            raise ConfigError("set the speed of the replay", f"it is {speed}", "0.1 to 1000 is usual, or MAX_SPEED")
        self._speed = speed

    @property
    def skip_idle_s(self) -> float | None:
        """Longer stretches without an event, in market seconds, are passed over; not above zero is a `ConfigError`."""
        return None if self._skip_ns is None else self._skip_ns / NANOSECONDS

    @skip_idle_s.setter
    def skip_idle_s(self, seconds: float | None) -> None:
        if seconds is not None and not 0 < seconds < math.inf:
            raise ConfigError("pass over idle stretches", f"longer than {seconds} s", "seconds, above zero")
        self._skip_ns = None if seconds is None else int(seconds * NANOSECONDS)

    def restart(self, now_ns: int) -> None:
        """Market time is `now_ns`: from here on the time that has passed counts from now."""
        self._from_wall_ns = self._wall.monotonic_ns()
        self._from_ns = now_ns

    def due_ns(self, last_ns: int) -> int:
        """The market time that should be reached by now, `last_ns` at the latest."""
        if self._speed == MAX_SPEED:
            return last_ns
        passed_ns = self._wall.monotonic_ns() - self._from_wall_ns
        return min(self._from_ns + int(passed_ns * self._speed), last_ns)

    def is_idle(self, stretch_ns: int) -> bool:
        """A stretch without an event that is passed over."""
        return self._skip_ns is not None and stretch_ns > self._skip_ns

    def nap_ns(self, wait_ns: int) -> int:
        """How long to sleep at most when the next event is `wait_ns` of market time away."""
        return min(max(int(wait_ns / self._speed), _SHORTEST_NAP_NS), _LONGEST_NAP_NS)
