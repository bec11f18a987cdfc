"""The frame clock: when the screen is painted. One clock for all panes; no pane has a timer of its own.

Panes only say whether they have something to show; the clock asks them one after another, so that no stretch of
painting is longer than one pane, and asks nobody while the terminal is behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from msgspec import Struct

from ttxt_core.clock import NANOSECONDS, Clock

MAX_QUEUED_WRITES: Final = 3
"""More writes than this waiting for the terminal: frames are skipped. One frame is up to three writes."""

BLURRED_RATE: Final = 10.0
"""Frames a second while the terminal window has no focus."""


class Flushable(Protocol):
    """What the clock paints."""

    def flush(self) -> bool:
        """Paint what changed since the last call; True when anything was painted."""
        ...


class FrameStats(Struct):
    """Counters since the start: frames asked for, painted (some pane changed), skipped (terminal behind)."""

    frames: int = 0
    painted: int = 0
    skipped: int = 0


class FrameClock:
    """Asks the panes to paint, `rate` times a second."""

    def __init__(
        self,
        panes: Callable[[], Iterable[Flushable]],
        queued_writes: Callable[[], int],
        clock: Clock,
        rate: float = 20.0,
    ) -> None:
        """`panes` gives those on screen, in painting order; `clock` is human time, not the market's."""
        self._panes = panes
        self._queued_writes = queued_writes
        self._clock = clock
        self._behind_since_ns: int | None = None
        self.rate = rate
        self.blurred = False
        self.stats = FrameStats()
        self.before_frame: Callable[[int], None] = lambda _now_ns: None
        """Called with human time before each frame, also before a skipped one: time-outs live here."""
        self.before_pane: Callable[[], None] = lambda: None
        """Called before each pane is asked to paint, which may hold the loop for long: keys come before it."""

    @property
    def behind_ns(self) -> int:
        """For how long the terminal has not kept up, in nanoseconds; 0 when it does."""
        if self._queued_writes() == 0:
            self._behind_since_ns = None
        if self._behind_since_ns is None:
            return 0
        return self._clock.monotonic_ns() - self._behind_since_ns

    def can_paint(self) -> bool:
        """Whether the terminal has taken nearly all that was written to it."""
        waiting = self._queued_writes()
        if waiting == 0:
            self._behind_since_ns = None
        elif self._behind_since_ns is None:
            self._behind_since_ns = self._clock.monotonic_ns()
        return waiting <= MAX_QUEUED_WRITES

    def flush_now(self, *panes: Flushable) -> None:
        """Paint `panes` at once, outside the frame: what a key touched. Nothing while the terminal is behind."""
        if self.can_paint():
            for pane in panes:
                pane.flush()

    async def run(self) -> None:
        """Paint until cancelled."""
        next_ns = self._clock.monotonic_ns()
        while True:
            await self.frame()
            rate = min(self.rate, BLURRED_RATE) if self.blurred else self.rate
            next_ns = max(next_ns + int(NANOSECONDS / rate), self._clock.monotonic_ns())
            await asyncio.sleep(max(0, next_ns - self._clock.monotonic_ns()) / NANOSECONDS)

    async def frame(self) -> None:
        """One frame, yielding to the loop after every pane that painted."""
        self.before_frame(self._clock.monotonic_ns())
        self.stats.frames += 1
        painted = False
        for pane in list(self._panes()):
            if not self.can_paint():
                self.stats.skipped += 1
                break
            self.before_pane()
            if pane.flush():
                painted = True
                await asyncio.sleep(0)
        self.stats.painted += painted
