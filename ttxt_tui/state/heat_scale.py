"""From the code of a size to a heat level, on a scale that stands still.

Owns the scale: logarithmic, between two quantiles of the sizes that are seen. It is looked at again only when asked,
and moves only when the market has moved far from it, so that a colour changes when its size does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from ttxt_tui.state.heat_history import LARGEST_CODE, SIZE_OF

LEVELS: Final = 16
"""Heat levels: 0 is nothing, 1 the smallest sizes, 15 the largest."""

UNKNOWN: Final = 255
"""In place of a level: not known, which is not nothing."""

_LOW_QUANTILE: Final = 0.20
_HIGH_QUANTILE: Final = 0.99
_CONTRAST: Final = 1.6
"""Above 1: most sizes are cool, and the few large ones stand out."""
_LEAST_SPAN: Final = 12
"""An octave and a half: where all sizes are alike, none is hot."""
_SLACK: Final = 5
"""Codes that an end of the scale may be off before it moves."""


class HeatScale:
    """A table from codes to levels.

    Attributes:
        table: 256 bytes, for `bytes.translate`. low, high: the codes of its ends.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The sizes that follow are of another kind."""
        self.low = self.high = 0
        self.table = bytes(256)

    def observe(self, codes: Iterable[bytes]) -> bool:
        """Look at the sizes in sight; whether the scale moved."""
        counts = Counter(b"".join(codes))
        del counts[0], counts[UNKNOWN]
        total = sum(counts.values())
        if not total:
            return False
        high = _quantile(counts, total * _HIGH_QUANTILE)
        low = min(_quantile(counts, total * _LOW_QUANTILE), high - _LEAST_SPAN)
        if self.high and abs(low - self.low) <= _SLACK and abs(high - self.high) <= _SLACK:
            return False
        self.low, self.high = low, high
        top = LEVELS - 1
        shares = (min(max((code - low) / (high - low), 0.0), 1.0) for code in range(1, LARGEST_CODE + 1))
        self.table = bytes((0, *(1 + round(share**_CONTRAST * (top - 1)) for share in shares), UNKNOWN))
        return True

    @property
    def ends(self) -> tuple[float, float]:
        """The sizes, in lots, at which the scale begins and ends."""
        return SIZE_OF[max(self.low, 1)], SIZE_OF[max(self.high, 1)]


def _quantile(counts: Counter[int], wanted: float) -> int:
    """The first code that so many sizes are not above."""
    seen = 0
    for code in sorted(counts):
        seen += counts[code]
        if seen >= wanted:
            return code
    return 0
