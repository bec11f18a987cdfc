"""What counts as a large size on a ladder, and how long its bars are.

Owns two thresholds and the scale of the bars. All follow the sizes on screen slowly and in steps, so that a bar changes
when its size does and not because another one did.
"""

from __future__ import annotations

from math import floor, log10
from typing import Final

from ttxt_core.clock import MILLISECOND_NS

LARGE_QUANTILE: Final = 0.90
HUGE_QUANTILE: Final = 0.98
_EVERY_NS: Final = 500 * MILLISECOND_NS
_WEIGHT: Final = 0.2
_LEAST_SAMPLE: Final = 8
_SHRINK_AT: Final = 0.55
_STEPS: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)


class SizeScale:
    """Thresholds and bar scale of one ladder, in base currency."""

    __slots__ = ("_due_ns", "full", "huge", "large")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew: the sizes that follow are of another kind (another grouping, another market)."""
        self._due_ns: int | None = None
        self.large = self.huge = self.full = 0.0

    def observe(self, sizes: list[float], now_ns: int) -> None:
        """Take a look at the sizes on screen, twice a second at most; `now_ns` is human time."""
        if not sizes or (self._due_ns is not None and now_ns < self._due_ns):
            return
        ordered = sorted(sizes)
        if len(ordered) < _LEAST_SAMPLE:
            self._fit(ordered[-1])
            return
        last, middle = len(ordered) - 1, ordered[len(ordered) // 2]
        # Where all sizes are alike, none is large.
        large = max(ordered[int(LARGE_QUANTILE * last)], 2 * middle)
        huge = max(ordered[int(HUGE_QUANTILE * last)], 4 * middle)
        weight = 1.0 if self._due_ns is None else _WEIGHT
        self.large += weight * (large - self.large)
        self.huge += weight * (huge - self.huge)
        self._due_ns = now_ns + _EVERY_NS
        self._fit(self.huge)

    def rank(self, size: float) -> int:
        """0 for an ordinary size, 1 for a large and 2 for a huge one."""
        if not self.large or size < self.large:
            return 0
        return 2 if size >= self.huge else 1

    def eighths(self, size: float, cells: int) -> int:
        """The length of the bar of `size` in eighths of a cell, 1 to `cells` × 8; 0 for no size."""
        if size <= 0.0:
            return 0
        most = cells * 8
        return min(max(int(size / self.full * most + 0.5), 1), most) if self.full else 1

    def _fit(self, longest: float) -> None:
        """A scale on which a bar of `longest` has about the full length."""
        if not _SHRINK_AT * self.full <= longest <= self.full:
            self.full = _round_up(longest)


def _round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7 × 10ⁿ at or above `value`."""
    if value <= 0.0:
        return 0.0
    decade: float = 10.0 ** floor(log10(value))
    return next(step * decade for step in (*_STEPS, 20.0) if step * decade >= value)
