"""A recording of what a session publishes: a recorder with a mailbox of its own.

Owns the mailbox, and so when the recording begins and ends.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from ttxt_core.clock import Clock
from ttxt_core.queues.base import FullPolicy, IQueuePublisher
from ttxt_core.queues.fanout import FanOut
from ttxt_core.recording.recorder import NOT_RECORDED, MarketDataRecorder

MAILBOX_CAPACITY = 100_000
"""Events that wait while the disk is slow: 20 s of 5,000 a second. Beyond that the oldest go; the recording says so."""


class RecordingStats(Struct, frozen=True):
    """What is being recorded: the files, events taken in, bytes written, events lost, instruments that fail now."""

    files: tuple[Path, ...]
    events: int
    bytes: int
    lost: int
    failed: int


class LiveRecording:
    """Records from the moment it is made, beginning with the instruments and books as they stand."""

    def __init__(
        self, events: FanOut, folder: Path, *, clock: Clock, errors: IQueuePublisher, name: str = "recorder"
    ) -> None:
        """Subscribe to `events` under `name`; the files go to `folder`, what goes wrong to `errors`."""
        self._events = events
        self._mailbox = events.subscribe(
            name,
            capacity=MAILBOX_CAPACITY,
            policy=FullPolicy.DROP_OLDEST,
            ignores=NOT_RECORDED,  # what is left are market events and events of others' types
            snapshot=True,
        )
        self._recorder = MarketDataRecorder(self._mailbox, folder, clock=clock, publisher=errors)

    async def run(self) -> None:
        """Record until `close` is called or the task is cancelled; all that was published before is written."""
        try:
            await self._recorder.run()
        finally:
            self.close()

    def close(self) -> None:
        """Record nothing more that is published, so that `run` ends when what waits is written."""
        self._events.unsubscribe(self._mailbox)

    @property
    def stats(self) -> RecordingStats:
        """What was recorded so far."""
        recorder, dropped = self._recorder, self._mailbox.stats.dropped
        files = tuple(recorder.files)
        return RecordingStats(files, recorder.events, recorder.bytes, recorder.lost + dropped, recorder.failed)
