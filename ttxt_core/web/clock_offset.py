"""How far a venue's clock is from ours.

Owns the estimate; asking the venue for its time is the caller's business. Signed requests carry the venue's time, and
are refused outside a window of a few seconds.
"""

from __future__ import annotations

from collections import deque

from ttxt_core.clock import MILLISECOND_NS


class ClockOffset:
    """The offset of the sample with the least round trip among the last few (Cristian's algorithm).

    The true offset differs from a sample's by at most half of its round trip.
    """

    def __init__(self, samples: int = 8) -> None:
        self._samples: deque[tuple[int, int]] = deque(maxlen=samples)
        self._best: tuple[int, int] | None = None

    def add(self, sent_ns: int, received_ns: int, server_ns: int) -> None:
        """Take a sample: our clock when it was asked and answered, and the venue's in between (UTC nanoseconds).

        A sample whose answer came before its question (our clock was set in between) says nothing and is left out.
        """
        round_trip = received_ns - sent_ns
        if round_trip < 0:
            return
        self._samples.append((round_trip, server_ns - (sent_ns + round_trip // 2)))
        self._best = min(self._samples)

    def clear(self) -> None:
        """Forget all samples: the venue says that our time is wrong, so that they mislead."""
        self._samples.clear()
        self._best = None

    @property
    def offset_ns(self) -> int:
        """Nanoseconds to add to our time to get the venue's; 0 before the first sample."""
        return self._best[1] if self._best else 0

    @property
    def round_trip_ns(self) -> int | None:
        """The round trip of the sample that is used: the estimate is good to half of it. None before the first."""
        return self._best[0] if self._best else None

    def server_ms(self, now_ns: int) -> int:
        """The venue's time in milliseconds when our clock says `now_ns`."""
        best = self._best
        return (now_ns + best[1] if best else now_ns) // MILLISECOND_NS
