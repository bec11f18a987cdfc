"""The venue's time as a session of real money counts it, and whether this machine's clock was set meanwhile.

Owns the noticing. What is not allowed while the time is in doubt, the session decides.
"""

from __future__ import annotations

from typing import Final

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.web.clock_offset import ClockOffset

_JUMP_NS: Final = NANOSECONDS // 2
"""Wall clock and monotonic clock that part by more than this between two looks: the wall clock was set, or the machine
slept."""


class VenueTime(Clock):
    """A clock that shows the venue's time.

    Attributes:
        is_sure: the venue was asked since this machine's clock was last set.
    """

    def __init__(self, clock: Clock, offset: ClockOffset) -> None:
        self.is_sure = True
        self._clock = clock
        self._offset = offset
        self._apart_ns = self._apart()

    def now_ns(self) -> int:
        """UTC as the venue counts it, as far as its last answers tell."""
        return self._clock.now_ns() + self._offset.offset_ns

    def monotonic_ns(self) -> int:
        """This machine's monotonic clock."""
        return self._clock.monotonic_ns()

    async def sleep_until(self, when_ns: int) -> None:
        """See `Clock`."""
        await self._clock.sleep_until(when_ns - self._offset.offset_ns)

    def jumped_ns(self) -> int:
        """By how much this machine's clock was set since the last look, 0 when it was not; then nothing is sure."""
        apart_ns = self._apart()
        jumped_ns, self._apart_ns = apart_ns - self._apart_ns, apart_ns
        if abs(jumped_ns) < _JUMP_NS:
            return 0
        self.is_sure = False
        return jumped_ns

    def _apart(self) -> int:
        clock = self._clock
        while True:
            before_ns, now_ns, after_ns = clock.monotonic_ns(), clock.now_ns(), clock.monotonic_ns()
            if after_ns - before_ns < _JUMP_NS // 4:  # else this process was halted between the two
                return now_ns - after_ns
