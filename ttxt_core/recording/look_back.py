"""The last minutes of a session, recorded all the time so that they can be kept afterwards.

Owns the short recordings that follow one another, which of them are still young enough, and joining them to one. They
lie in a temporary folder, which goes with the session; nothing is kept that nobody asked for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import ConfigError, QueueError, RecordingError
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.queues.fanout import FanOut
from ttxt_core.recording.live_recording import LiveRecording
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.storage import make_folder
from ttxt_core.recording.writer import RecordingWriter

_PARTS: Final = 5
"""In how many recordings the time is; what is kept may be longer by one of them."""


class Kept(NamedTuple):
    """What was kept: the recordings, an instrument each, and from when to when."""

    files: tuple[Path, ...]
    events: int
    first_ns: int
    last_ns: int


class _Part(NamedTuple):
    """One of the recordings that follow one another."""

    folder: Path
    recording: LiveRecording
    task: asyncio.Task[None]
    begun_ns: int


class LookBack:
    """Records what a session publishes for as long as `run` runs, and forgets what is older than some minutes."""

    def __init__(self, events: FanOut, *, clock: Clock, errors: IQueuePublisher, minutes: float) -> None:
        """A look back that begins with `run`.

        Args:
            events: what is recorded.
            clock: the session's.
            errors: where what goes wrong on the disk is told.
            minutes: how far it goes back at least.

        Raises:
            ConfigError: that is no time.
        """
        if not 0 < minutes < float("inf"):
            raise ConfigError("look back", f"minutes is {minutes}", "minutes, above 0")
        self._events = events
        self._clock = clock
        self._errors = errors
        self._length_ns = int(minutes * 60 * NANOSECONDS)
        self._parts: deque[_Part] = deque()
        self._count = 0
        self._folder: Path | None = None
        self._turning = asyncio.Lock()

    async def run(self) -> None:
        """Record until the task is cancelled, or the session's queue is closed.

        Raises:
            OSError: there is no temporary folder to be had.
        """
        with TemporaryDirectory(prefix="ttxt-", ignore_cleanup_errors=True) as folder:
            self._folder = Path(folder)
            try:
                while True:
                    async with self._turning:
                        await self._begin_part()
                    await self._clock.sleep_until(self._clock.now_ns() + self._length_ns // _PARTS)
            except QueueError:
                return  # the session has ended
            finally:
                self._folder = None
                for part in self._parts:
                    part.recording.close()
                await asyncio.gather(*(part.task for part in self._parts), return_exceptions=True)

    async def keep(self, folder: Path) -> Kept:
        """Keep the last minutes: as recordings in a folder of `folder` that is named by the time.

        Raises:
            RecordingError: nothing was recorded yet, or it can't be written.
        """
        asked = f"keep the last minutes in {folder}"
        async with self._turning:
            if self._folder is None or not self._parts:
                raise RecordingError(asked, "nothing has been recorded yet")
            await self._begin_part()
            folders = [part.folder for part in list(self._parts)[:-1]]
            now = datetime.fromtimestamp(self._clock.now_ns() // NANOSECONDS, UTC)
            kept = await asyncio.to_thread(_join, folders, folder / f"kept-{now:%Y%m%dT%H%M%S}")
        if not kept.files:
            raise RecordingError(asked, "nothing has been recorded yet")
        return kept

    async def _begin_part(self) -> None:
        """Begin the next part before the last one ends, so that nothing is between them; forget what is too old."""
        if self._folder is None:
            return
        self._count += 1
        folder = self._folder / f"{self._count:06}"
        name = f"look back {self._count}"
        recording = LiveRecording(self._events, folder, clock=self._clock, errors=self._errors, name=name)
        before = self._parts[-1] if self._parts else None
        now_ns = self._clock.now_ns()
        self._parts.append(_Part(folder, recording, asyncio.create_task(recording.run(), name=name), now_ns))
        if before is not None:
            before.recording.close()
            await before.task
        while len(self._parts) > 2 and self._parts[1].begun_ns <= now_ns - self._length_ns:
            await asyncio.to_thread(_remove, self._parts.popleft().folder)


def _join(folders: Sequence[Path], target: Path) -> Kept:
    """The recordings in `folders`, which follow one another, as one an instrument in `target`."""
    names = sorted({path.name for folder in folders for path in folder.glob("*.bin")})
    files: list[Path] = []
    times: list[int] = []
    events = 0
    if target.exists():
        raise RecordingError(f"keep the last minutes in {target}", "something was kept there in the same second")
    if names:
        make_folder(target)
    for name in names:
        parts = [path for folder in folders if (path := folder / name).exists()]
        with RecordingReader(parts[0]) as first, RecordingWriter(target / name, first.instrument) as writer:
            for path in parts:
                with RecordingReader(path) as reader:
                    times += (reader.first_ns, reader.last_ns)
                    for event in reader.events():
                        writer.append(event)
        events += writer.events
        files.append(writer.path)
    return Kept(tuple(files), events, min(times, default=0), max(times, default=0))


def _remove(folder: Path) -> None:
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)
    folder.rmdir()
