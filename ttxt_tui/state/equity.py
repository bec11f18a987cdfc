"""The equity curve: what the session has made, through market time, in its main currency.

Owns the samples and how they are thinned out so that a day takes no more room than an hour. It computes no profit: that
is the account's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS

STEP_NS: Final = NANOSECONDS
"""The finest step of the curve."""
MOST_POINTS: Final = 2_048


class Point(NamedTuple):
    """What was made by the end of a step, and the least and most within it."""

    time_ns: int
    value: float
    low: float
    high: float


class EquityView(NamedTuple):
    """The curve as it is drawn: `columns` of equal time, and its figures.

    Attributes:
        columns: one value each, the last at the right; None where there was no market time.
        value, low, high: now, and the extremes. fall: the deepest fall from an earlier high, above zero.
        span_ns: market time from the first column to the last.
    """

    columns: tuple[float | None, ...]
    value: float
    low: float
    high: float
    fall: float
    span_ns: int


class EquityCurve:
    """The samples of one attempt. `version` changes with every step; within one the last point moves."""

    def __init__(self) -> None:
        self.version = 0
        self._step_ns = STEP_NS
        self._points: list[Point] = []
        self._high = self._low = self._fall = 0.0

    def clear(self) -> None:
        """A new attempt begins at nothing."""
        self._points.clear()
        self._step_ns = STEP_NS
        self._high = self._low = self._fall = 0.0
        self.version += 1

    def add(self, time_ns: int, value: float) -> None:
        """What was made by `time_ns`; a time before the last one belongs to the last step."""
        if not self._points:
            self._high = self._low = value
        self._high, self._low = max(self._high, value), min(self._low, value)
        self._fall = max(self._fall, self._high - value)
        start_ns = time_ns - time_ns % self._step_ns
        last = self._points[-1] if self._points else None
        if last is not None and start_ns <= last.time_ns:
            if value != last.value:
                self._points[-1] = Point(last.time_ns, value, min(last.low, value), max(last.high, value))
                self.version += 1
            return
        self._points.append(Point(start_ns, value, value, value))
        self.version += 1
        if len(self._points) > MOST_POINTS:
            self._thin_out()

    @property
    def points(self) -> Sequence[Point]:
        """The steps that have passed; where market time jumped, some are missing."""
        return self._points

    def view(self, width: int, now: float) -> EquityView | None:
        """The curve in `width` columns, `now` being what is made at this moment; None before there are two steps."""
        points = self._points
        if len(points) < 2 or width < 1:
            return None
        first_ns, last_ns = points[0].time_ns, points[-1].time_ns
        span_ns = last_ns - first_ns
        columns: list[float | None] = [None] * width
        for point in points:
            columns[(point.time_ns - first_ns) * (width - 1) // span_ns] = point.value
        before: float | None = None
        for at, value in enumerate(columns):  # a step may be longer than a column
            before = columns[at] = before if value is None else value
        columns[-1] = now
        high = max(self._high, now)
        return EquityView(tuple(columns), now, min(self._low, now), high, max(self._fall, high - now), span_ns)

    def _thin_out(self) -> None:
        """Steps twice as long: two points become one."""
        self._step_ns *= 2
        thinned: list[Point] = []
        for point in self._points:
            start_ns = point.time_ns - point.time_ns % self._step_ns
            if thinned and thinned[-1].time_ns == start_ns:
                before = thinned[-1]
                thinned[-1] = Point(start_ns, point.value, min(before.low, point.low), max(before.high, point.high))
            else:
                thinned.append(point._replace(time_ns=start_ns))
        self._points = thinned
