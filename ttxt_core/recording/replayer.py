"""The replayer: recordings published to a queue again, at any speed, with hold, steps and seeks.

Owns pace and control. It must not read files itself, and everything it publishes says that it is a replay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from ttxt_core.clock import NANOSECONDS, Clock, ReplayClock, SystemClock
from ttxt_core.errors import ConfigError
from ttxt_core.events import (
    Event,
    Instrument,
    InstrumentKey,
    MessageHeader,
    Orderbook,
    ResetReason,
    Source,
    StreamReset,
)
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.recording.disguise import Disguise, DisguisedTimeline
from ttxt_core.recording.index import Damage
from ttxt_core.recording.pace import Pace
from ttxt_core.recording.reader import Gap
from ttxt_core.recording.timeline import Timeline

_BATCH = 500
"""Events after which others on the loop get their turn."""


class MarketDataReplayer:
    """Publishes the events of one or more recordings, merged by receive time, and moves the replay's clock.

    The clock stands at the last event that was published, runs on between events at the replay's speed, and
    stands still while the replay is held. Controls may be called from other tasks while `run` runs, or without it.
    Every seek publishes `StreamReset` and then the state of that time: instruments, candles, tickers, books.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        publisher: IQueuePublisher,
        clock: ReplayClock,
        *,
        speed: float = 1.0,
        skip_idle_s: float | None = None,
        hold_at_end: bool = False,
        wall: Clock | None = None,
    ) -> None:
        """Open `paths` and set `clock` to where they begin; nothing is published before `run` or a step.

        Args:
            paths: recordings.
            publisher: where the events go; under BLOCK the replay waits for its consumers.
            clock: market time.
            speed: market seconds a second; `MAX_SPEED` does not wait at all.
            skip_idle_s: pass over stretches without an event that are longer, in market seconds.
            hold_at_end: at the end, hold instead of returning from `run`, so that one can seek back.
            wall: the time that is waited by; the system's when not given.

        Raises:
            ConfigError: no path, or a speed that is not above zero.
            NotARecordingError, RecordingError: a file can't be read.
        """
        self._wall = wall if wall is not None else SystemClock()
        self._pace = Pace(self._wall, speed, skip_idle_s)
        self._plain = Timeline(paths, source=Source.REPLAY)
        self._timeline: Timeline | DisguisedTimeline = self._plain
        self._disguise: Disguise | None = None
        self._publisher = publisher
        self._clock = clock
        self._hold_at_end = hold_at_end
        self._opening, self._events = self._timeline.start()
        self._next = next(self._events, None)
        self._is_held = False
        self._is_stopped = False
        self._has_begun = False
        self._controls = 0
        """Rises with every control, so that a batch that is under way notices."""
        self._publishing = asyncio.Lock()
        self._changed = asyncio.Event()
        self._nap: asyncio.Future[None] | None = None
        clock.set_ns(self.first_ns)

    # -- where it is -----------------------------------------------------------------------------------

    @property
    def instruments(self) -> dict[InstrumentKey, Event[Instrument]]:
        """What the recordings are about.

        Raises:
            RecordingError: a recording's instrument can't be read.
        """
        return self._timeline.instruments

    @property
    def first_ns(self) -> int:
        """The receive time of the first event."""
        return self._timeline.first_ns

    @property
    def last_ns(self) -> int:
        """The receive time of the last event."""
        return self._timeline.last_ns

    @property
    def position_ns(self) -> int:
        """Market time: all events up to it, and none after, have been published."""
        return self._clock.now_ns()

    @property
    def speed(self) -> float:
        """Market seconds a second."""
        return self._pace.speed

    @property
    def skip_idle_s(self) -> float | None:
        """Longer stretches without an event, in market seconds, are passed over; None passes over none."""
        return self._pace.skip_idle_s

    @property
    def held(self) -> bool:
        """It waits for `go` or a step."""
        return self._is_held

    @property
    def at_end(self) -> bool:
        """No event is left."""
        return self._next is None

    @property
    def disguise(self) -> Disguise | None:
        """What hides names, dates and price levels; None while all is as recorded."""
        return self._disguise

    @property
    def really(self) -> list[InstrumentKey]:
        """The instruments as they are called without a disguise, in the order of the paths."""
        return list(self._plain.instruments)

    @property
    def really_ns(self) -> int:
        """Market time without a disguise."""
        return self.position_ns - (0 if self._disguise is None else self._disguise.later_ns)

    @property
    def gaps(self) -> list[Gap]:
        """Where events are missing, for a timeline."""
        return self._timeline.gaps

    @property
    def damage(self) -> list[tuple[Path, Damage]]:
        """What of the recordings can't be read, with the file that it is in, as far as it has been met."""
        return self._timeline.damage

    def activity(self, buckets: int) -> list[int]:
        """Events in each of `buckets` equal parts of the time, for a timeline."""
        return self._timeline.activity(buckets)

    # -- running it ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Publish until the end, until `stop`, or until the task is cancelled.

        Raises:
            QueueClosedError: the queue was closed. QueueFullError: its policy is ERROR and it is full.
            RecordingError: a file can't be read any more.
        """
        self._restart_pace()
        while not self._is_stopped:
            if self._is_held:
                self._changed.clear()
                await self._changed.wait()
                continue
            async with self._publishing:
                is_more_due = await self._publish_due()
            if not self._may_publish():
                continue
            if self.at_end:
                if not self._hold_at_end:
                    return
                self._is_held = True
            elif is_more_due:
                await asyncio.sleep(0)
            else:
                await self._wait_for_next()

    def stop(self) -> None:
        """End `run`, as soon as the queue has taken the event that is being published, and close the files."""
        self._is_stopped = True
        self._control()
        self._plain.close()

    def hold(self) -> None:
        """Stand still: no event goes out and the clock stops."""
        self._is_held = True
        self._control()

    def go(self) -> None:
        """Go on after `hold` or a step."""
        self._is_held = False
        self._restart_pace()
        self._control()

    def set_speed(self, speed: float) -> None:
        """Change the speed from here on.

        Raises:
            ConfigError: it is not above zero.
        """
        self._pace.speed = speed
        self._restart_pace()
        self._control()

    def skip_idle(self, seconds: float | None) -> None:
        """Pass over stretches without an event that are longer, in market seconds; None passes over none.

        Raises:
            ConfigError: it is not above zero.
        """
        self._pace.skip_idle_s = seconds
        self._control()

    # -- moving in it ----------------------------------------------------------------------------------

    async def step(self) -> Event[Any] | None:
        """Hold, and publish one event; None at the end."""
        self.hold()
        async with self._publishing:
            return await self._publish_next()

    async def step_book(self) -> Event[Any] | None:
        """Hold, and publish up to and including the next `Orderbook`; None when no other comes."""
        self.hold()
        async with self._publishing:
            while (event := await self._publish_next()) is not None:
                if type(event.data) is Orderbook:
                    return event
        return None

    async def step_seconds(self, seconds: float) -> None:
        """Hold, and move by `seconds` of market time: forward with every event between, or back by a seek."""
        self.hold()
        target_ns = min(self.position_ns + int(seconds * NANOSECONDS), self.last_ns)
        if target_ns < self.position_ns:
            await self.seek(target_ns)
            return
        async with self._publishing:
            while self._next is not None and self._next.header.receive_time_ns <= target_ns:
                await self._publish_next()
            self._clock.set_ns(max(target_ns, self.position_ns))

    async def step_back(self) -> None:
        """Hold, and take back the last event (with all of the same time): a seek to the one before it."""
        self.hold()
        last_ns = self._timeline.last_time_before(self.position_ns + 1)
        before_ns = None if last_ns is None else self._timeline.last_time_before(last_ns)
        await self.seek(self.first_ns if before_ns is None else before_ns)

    async def step_book_back(self) -> None:
        """Hold, and take back the last change of a book, and all that came after it: a seek to the one before it."""
        self.hold()
        last_ns = self._timeline.last_book_before(self.position_ns + 1)
        before_ns = None if last_ns is None else self._timeline.last_book_before(last_ns)
        await self.seek(self.first_ns if before_ns is None else before_ns)

    async def seek(self, time_ns: int) -> None:
        """Go to `time_ns`, within the recordings: publish `StreamReset` and the state, and go on from there.

        Raises:
            QueueClosedError, QueueFullError, RecordingError: as `run`.
        """
        self._control()
        async with self._publishing:
            self._go_to(time_ns)
            await self._publish_opening()

    def hide(self, random: Random) -> None:
        """Begin in a disguise drawn from `random`: names, dates and price levels of its own. Before `run` only.

        Raises:
            ConfigError: something was published as it is.
            RecordingError: a recording's instrument can't be read.
        """
        if self._has_begun:
            raise ConfigError("begin the replay in disguise", "it has begun", "use `wear`, which seeks")
        self._wear(Disguise.of(self._plain, random))
        self._opening, self._events = self._timeline.start()
        self._next = next(self._events, None)
        self._clock.set_ns(self.first_ns)

    async def wear(self, random: Random | None) -> None:
        """Go on from here in a disguise drawn from `random`, or with None as recorded: a seek to this very moment.

        Raises:
            QueueClosedError, QueueFullError, RecordingError: as `run`.
        """
        self._control()
        async with self._publishing:
            time_ns = self.really_ns
            self._wear(None if random is None else Disguise.of(self._plain, random))
            self._go_to(time_ns + (0 if self._disguise is None else self._disguise.later_ns))
            await self._publish_opening()

    def _wear(self, disguise: Disguise | None) -> None:
        self._disguise = disguise
        self._timeline = self._plain if disguise is None else DisguisedTimeline(self._plain, disguise)

    # -- inside ----------------------------------------------------------------------------------------

    def _go_to(self, time_ns: int) -> None:
        """Stand at `time_ns`; what is told first is that all before is void, and the state there."""
        time_ns = min(max(time_ns, self.first_ns), self.last_ns)
        state, self._events = self._timeline.state_at(time_ns)
        self._next = next(self._events, None)
        header = MessageHeader("", "", "", 0, time_ns, 0, Source.REPLAY)
        self._opening = [Event(header, StreamReset(ResetReason.SEEK)), *state]
        self._clock.set_ns(time_ns)
        self._restart_pace()

    def _control(self) -> None:
        """Something changed: no more of a batch, nap or wait that is under way."""
        self._controls += 1
        self._changed.set()
        if self._nap is not None:
            self._nap.cancel()

    def _restart_pace(self) -> None:
        """From here on the time that has passed counts from now."""
        self._pace.restart(self._clock.now_ns())

    async def _publish_due(self) -> bool:
        """Publish what is due, up to a batch; True when more is."""
        if not self._may_publish():  # any more, since the lock was asked for
            return False
        await self._publish_opening()
        controls = self._controls
        due_ns = self._pace.due_ns(self.last_ns)
        clock, publish = self._clock, self._publisher.publish
        for _ in range(_BATCH):
            event = self._next
            if event is None or event.header.receive_time_ns > due_ns:
                clock.set_ns(max(clock.now_ns(), self.last_ns if event is None else due_ns))
                return False
            if event.header.receive_time_ns > clock.now_ns():
                clock.set_ns(event.header.receive_time_ns)
            await publish(event)
            self._advance()
            if self._controls != controls:
                return False
        return True

    async def _publish_next(self) -> Event[Any] | None:
        await self._publish_opening()
        event = self._next
        if event is not None:
            self._clock.set_ns(max(event.header.receive_time_ns, self._clock.now_ns()))
            await self._publisher.publish(event)
            self._advance()
        return event

    def _advance(self) -> None:
        self._next = None if self._is_stopped else next(self._events, None)

    def _may_publish(self) -> bool:
        return not (self._is_held or self._is_stopped)

    async def _publish_opening(self) -> None:
        self._has_begun = True
        while self._opening:
            await self._publisher.publish(self._opening[0])
            del self._opening[0]

    async def _wait_for_next(self) -> None:
        """Sleep until the next event is due or the clock should move, or a control is used."""
        event = self._next
        if event is None:
            return
        if self._pace.is_idle(event.header.receive_time_ns - self.position_ns):
            self._clock.set_ns(event.header.receive_time_ns)
            self._restart_pace()
            return
        nap_ns = self._pace.nap_ns(event.header.receive_time_ns - self._pace.due_ns(self.last_ns))
        self._nap = asyncio.ensure_future(self._wall.sleep_until(self._wall.now_ns() + nap_ns))
        try:
            await asyncio.wait((self._nap,))
        finally:
            self._nap.cancel()
            self._nap = None
