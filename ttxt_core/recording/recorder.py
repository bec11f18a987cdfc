"""The recorder: market events from a queue to one recording an instrument.

Owns routing, the thread that writes, and what becomes of errors. It must not know the format, and never lets an
error of a disk reach the session: those become events.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import EventError, QueueClosedError, QueueError, TtxtError
from ttxt_core.events import (
    MARKET_EVENTS,
    ConnectorError,
    Event,
    EventLike,
    FeedGap,
    MessageHeader,
    Source,
)
from ttxt_core.queues.base import IQueueConsumer, IQueuePublisher
from ttxt_core.recording.track import RecordingTrack
from ttxt_core.recording.writer import CHUNK_EVENTS

CHUNK_SECONDS = 2.0
"""What a killed process may lose of a quiet market. Shorter costs bytes: the fewer events a chunk, the more each."""
NOT_RECORDED: frozenset[type] = frozenset(get_args(EventLike)) - MARKET_EVENTS
"""Orders and the account have a journal of their own; event types of others are recorded."""

_BATCH = 2 * CHUNK_EVENTS
"""Events handed to the thread at once: it holds the interpreter for about a millisecond."""
_PAUSE_S = 0.05
"""Rest after a small batch: a wake of the thread for every event would cost more than writing it."""

_log = logging.getLogger(__name__)


class MarketDataRecorder:
    """Records the market events that it consumes, to a file an instrument in one folder.

    A file is named by `file_name` and begun, or gone on with, when the instrument is known; what comes before is
    kept until then. Files are written by a thread of their own, so that a slow disk holds up nothing else.
    """

    def __init__(
        self,
        consumer: IQueueConsumer,
        folder: str | Path,
        *,
        clock: Clock,
        publisher: IQueuePublisher | None = None,
        chunk_events: int = CHUNK_EVENTS,
        chunk_seconds: float = CHUNK_SECONDS,
    ) -> None:
        """A recorder that works while `run` does.

        Args:
            consumer: where the events come from; a mailbox that began with instruments and book snapshots.
            folder: where the files go; made when it is missing.
            clock: the session's: the time between flushes, and the time of errors.
            publisher: where errors go, as `ConnectorError` events of kind ``recording``.
            chunk_events: events a chunk.
            chunk_seconds: how long an event may wait for its chunk to fill.
        """
        self._consumer = consumer
        self._folder = Path(folder)
        self._clock = clock
        self._publisher = publisher
        self._chunk_events = chunk_events
        self._chunk_ns = int(chunk_seconds * NANOSECONDS)
        self._events = 0
        self._tracks: dict[tuple[str, str, str], RecordingTrack] = {}
        self._errors: deque[Event[ConnectorError]] = deque()
        self._pool: ThreadPoolExecutor | None = None
        self._stopping = asyncio.Event()
        self._finished = asyncio.Event()

    # -- what it has done ------------------------------------------------------------------------------

    @property
    def events(self) -> int:
        """Events taken in for recording."""
        return self._events

    @property
    def bytes(self) -> int:
        """Bytes that were added to its files."""
        return sum(track.size for track in list(self._tracks.values()))

    @property
    def files(self) -> list[Path]:
        """The files that have been begun or gone on with."""
        paths = [track.path for track in list(self._tracks.values())]
        return [path for path in paths if path is not None]

    @property
    def failed(self) -> int:
        """Instruments that can't be written at the moment."""
        return sum(track.failure is not None for track in list(self._tracks.values()))

    @property
    def lost(self) -> int:
        """Events that were taken in and will not be in any file."""
        return sum(track.lost for track in list(self._tracks.values()))

    # -- running it ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Record until the queue is closed and empty, `stop` is called or the task is cancelled.

        However it ends, everything that was taken in and what still waits in the queue is written first.
        """
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")
        self._finished.clear()
        tasks = [
            asyncio.ensure_future(work) for work in (self._consume(), self._flush_regularly(), self._stopping.wait())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            await self._finish()
            for result in ended:
                if isinstance(result, Exception):
                    raise result

    async def stop(self) -> None:
        """Write what was taken in and what waits in the queue, close the files, and end `run`."""
        self._stopping.set()
        if self._pool is not None:
            await self._finished.wait()

    async def _consume(self) -> None:
        while True:
            try:
                batch = await self._consumer.get_batch(_BATCH)
            except QueueClosedError:
                return
            await self._in_thread(self._record, batch)
            if len(batch) < self._chunk_events:
                await asyncio.sleep(_PAUSE_S)

    async def _flush_regularly(self) -> None:
        while True:
            await self._clock.sleep_until(self._clock.now_ns() + self._chunk_ns)
            await self._in_thread(self._flush, None)

    async def _finish(self) -> None:
        try:
            while batch := self._consumer.get_batch_nowait(_BATCH):
                await self._in_thread(self._record, batch)
            await self._in_thread(self._close, None)
        finally:
            if self._pool is not None:
                self._pool.shutdown()
                self._pool = None
            self._finished.set()

    async def _in_thread(self, work: Callable[[Any], None], argument: Any) -> None:
        """Run `work` in the thread, after all that was given to it before; being cancelled does not drop it."""
        loop = asyncio.get_running_loop()
        await asyncio.shield(loop.run_in_executor(self._pool, work, argument))
        while self._errors:
            self._publish(self._errors.popleft())

    def _publish(self, error: Event[ConnectorError]) -> None:
        if self._publisher is None:
            return
        try:
            self._publisher.publish_nowait(error)
        except QueueError as refusal:
            _log.error("%s: %s; not told: %s", error.data.asked, error.data.answered, refusal)

    # -- in the thread -----------------------------------------------------------------------------------

    def _record(self, batch: list[Event[Any]]) -> None:
        for event in batch:
            kind = type(event.data)
            if kind in NOT_RECORDED:
                continue
            header = event.header
            if header.pair:
                self._add((header.venue, header.category, header.pair), event)
            elif kind is FeedGap:
                # A gap about no pair concerns every recording of its venue.
                for key in list(self._tracks):
                    if header.venue in ("", key[0]):
                        own = MessageHeader(*key, header.venue_time_ns, header.receive_time_ns, 0, header.source)
                        self._add(key, Event(own, event.data))

    def _add(self, key: tuple[str, str, str], event: Event[Any]) -> None:
        self._events += 1
        header = event.header
        if not header.sequence:
            # Merging files takes equal receive times in the order of these numbers.
            header = MessageHeader(*key, header.venue_time_ns, header.receive_time_ns, self._events, header.source)
            event = Event(header, event.data)
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = RecordingTrack(header.key, self._folder, self._clock, self._chunk_events)
        was_failing = track.failure is not None
        try:
            track.add(event)
        except TtxtError as error:
            self._tell(track, error, is_news=not was_failing)

    def _flush(self, _: None) -> None:
        for track in self._tracks.values():
            was_failing = track.failure is not None
            try:
                track.flush()
            except TtxtError as error:
                self._tell(track, error, is_news=not was_failing)

    def _close(self, _: None) -> None:
        for track in self._tracks.values():
            try:
                track.close()
            except TtxtError as error:
                self._tell(track, error, is_news=True)

    def _tell(self, track: RecordingTrack, error: TtxtError, *, is_news: bool) -> None:
        """Make an event of `error`, unless it is one that has been told and lasts."""
        if is_news or isinstance(error, EventError):
            header = MessageHeader(*track.key, 0, self._clock.now_ns(), 0, Source.CLIENT)
            data = ConnectorError("recording", error.asked, error.answered, error.hint)
            self._errors.append(Event(header, data))
