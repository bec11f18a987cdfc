"""What a benchmark is, what it returns, and how a figure is taken.

Owns the clock of the measurements. CPU time where a figure is work, wall time where it is waiting; medians over several
runs, since a shared machine has slow moments.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median, quantiles
from typing import NamedTuple


class Effort(NamedTuple):
    """How much work a benchmark may make of itself.

    Attributes:
        runs: of which the median is taken.
        events: of a long stream or recording.
    """

    runs: int
    events: int


FULL = Effort(runs=9, events=1_000_000)
QUICK = Effort(runs=3, events=50_000)


class Result(NamedTuple):
    """One figure.

    Attributes:
        name: what was measured. value: in `unit`; NaN when it could not be.
        target: None when there is none.
        higher_is_better: False for times and sizes.
        note: the input, what it is to be compared with; short.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    higher_is_better: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.higher_is_better else self.value <= self.target


Benchmark = Callable[[Effort], list[Result]]
"""Measures one thing, with what it is to be compared with. Its first docstring line is shown by ``--list``."""


class Figure(NamedTuple):
    """The median of several runs, and the least: what the same work takes in the machine's best moments."""

    median: float
    least: float


def cpu_us(work: Callable[[], object], count: int) -> float:
    """CPU time of `work`, in microseconds for each of the `count` things that it does."""
    with _own_garbage_only():
        start = time.process_time_ns()
        work()
        return (time.process_time_ns() - start) / count / 1_000


async def cpu_us_awaiting(work: Awaitable[object], count: int) -> float:
    """As `cpu_us`, of something to await."""
    with _own_garbage_only():
        start = time.process_time_ns()
        await work
        return (time.process_time_ns() - start) / count / 1_000


@contextmanager
def _own_garbage_only() -> Iterator[None]:
    """The garbage collector runs, but not over what was there before: a benchmark keeps its whole input in memory."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def wall_ms(work: Callable[[], object]) -> float:
    """Time until `work` is done, milliseconds."""
    start = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - start) / 1e6


def take_turns(contenders: Mapping[str, Callable[[], float]], runs: int) -> dict[str, Figure]:
    """The figures of all `contenders`, by name. They take turns, so that a slow moment of the machine hits all."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, contender in contenders.items():
            taken[name].append(contender())
    return {name: Figure(median(values), min(values)) for name, values in taken.items()}


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of `values` don't exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def per_second(figure_us: float) -> float:
    """How many a second when one takes so many microseconds."""
    return 1e6 / figure_us
