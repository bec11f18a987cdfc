"""What a sandbox's market is made of: the practice market, or recordings played again.

Owns pacing only. Where the events go, they are taken for the sandbox's own venue, at the time they arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import replace

from ttxt_core.clock import Clock
from ttxt_core.errors import ConfigError
from ttxt_core.events import Event, Kline, Orderbook
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.recording.timeline import Timeline
from ttxt_core.simulation.practice_market import PracticeMarket
from ttxt_core.simulation.practice_pairs import PracticePair

_MINUTE_NS = 60 * 1_000_000_000
_HISTORY = 600
"""Closed one-minute candles that the practice market begins with."""
_SLICE = 200
"""Events after which others on the loop get their turn."""


class Feed(Protocol):
    """A source of market events.

    Attributes:
        opened: set when all that a market begins with was published.
    """

    opened: asyncio.Event

    async def run(self) -> None:
        """Publish until the feed ends or the task is cancelled."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...


class PracticeFeed(IQueuePublisher):
    """The practice market, endless and seeded."""

    def __init__(
        self, publisher: IQueuePublisher, clock: Clock, pairs: Sequence[PracticePair], *, seed: int, rate: float
    ) -> None:
        """See `PracticeMarket`."""
        self.opened = asyncio.Event()
        self._publisher = publisher
        self._market = PracticeMarket(pairs, clock, self, seed=seed, rate=rate, history=_HISTORY)
        # Of each pair first come instrument, book and ticker, then its candles.
        self._opening = len(pairs) * (3 + _HISTORY)

    async def run(self) -> None:
        """See `Feed`."""
        await self._market.run()

    def close(self) -> None:
        """Nothing is held open."""

    async def publish(self, event: Event[Any]) -> None:
        """Pass an event on."""
        self.publish_nowait(event)

    def publish_nowait(self, event: Event[Any]) -> None:
        """Pass an event on, and count those that the market begins with."""
        self._publisher.publish_nowait(event)
        self._opening -= 1
        if self._opening == 0:
            self.opened.set()


class RecordingFeed:
    """Recordings, played once at their own pace or faster; then the market stands still."""

    def __init__(self, publisher: IQueuePublisher, clock: Clock, paths: Sequence[Path], speed: float = 1.0) -> None:
        """Open `paths`.

        Raises:
            ConfigError: a speed that is not above zero.
            RecordingError: a file can't be read.
        """
        if not speed > 0:
            raise ConfigError("play a recording", f"at speed {speed}", "the speed must be above zero")
        self.opened = asyncio.Event()
        self._publisher = publisher
        self._clock = clock
        self._timeline = Timeline(paths)
        self._speed = speed

    async def run(self) -> None:
        """See `Feed`."""
        moment = self._timeline.start()
        first_ns, begun_ns = self._timeline.first_ns, self._clock.now_ns()
        shift_ns = (begun_ns - first_ns) // _MINUTE_NS * _MINUTE_NS
        for event in moment.state:
            self._publisher.publish_nowait(_shifted(event, shift_ns))
        for count, event in enumerate(moment.rest):
            due_ns = begun_ns + int((event.header.receive_time_ns - first_ns) / self._speed)
            if due_ns > self._clock.now_ns():
                await self._clock.sleep_until(due_ns)
            elif count % _SLICE == 0:
                await asyncio.sleep(0)
            self._publisher.publish_nowait(_shifted(event, shift_ns))
            if type(event.data) is Orderbook:
                self.opened.set()
        self.opened.set()

    def close(self) -> None:
        """Close the files."""
        self._timeline.close()


def _shifted(event: Event[Any], shift_ns: int) -> Event[Any]:
    """A candle of the past, moved so that it lies before now."""
    if type(event.data) is not Kline:
        return event
    return Event(event.header, replace(event.data, start_ns=event.data.start_ns + shift_ns))
