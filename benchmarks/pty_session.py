"""The terminal's end of a pty: starts a program in it, drains what it writes, types keys.

Answers no query, so a program sees a terminal that tells nothing about itself. Knows nothing of the program.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

_READ = 65_536
_NOT_PASSED_ON = ("NO_COLOR", "COLUMNS", "LINES", "TMUX", "PYTHONDONTWRITEBYTECODE")
_PATIENCE_S = 3.0
_SLICES_A_SECOND = 50
"""A slow terminal takes its bytes in so many portions a second."""


class Chunk(NamedTuple):
    """What was read at once, and when (monotonic, ns)."""

    time_ns: int
    data: bytes


class PtySession:
    """A program with a pty for standard input, output and error, as in a terminal window.

    Attributes:
        pid: of the program. started_ns: monotonic, just before it was started.
        chunks: what it wrote, when `keeps` was asked for. count: how many bytes it wrote.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (200, 60),
        home: Path,
        folder: Path,
        bytes_a_second: int | None = None,
        keeps: bool = False,
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Start `command` in `folder`.

        Args:
            command: program and arguments.
            size: columns and rows.
            home: the program's home, so that nobody's own settings are used.
            folder: where it runs.
            bytes_a_second: how much is drained; as fast as it comes when None.
            keeps: whether to keep what it writes, in `chunks`.
            pass_fds: descriptors that stay open in the program.
        """
        self.chunks: list[Chunk] = []
        self.count = 0
        self._keeps = keeps
        self._slice = None if bytes_a_second is None else max(bytes_a_second // _SLICES_A_SECOND, 1)
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "HOME": str(home),
            "PYTHONPYCACHEPREFIX": str(home / "byte code"),
            **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")},
        }
        for name in _NOT_PASSED_ON:
            environment.pop(name, None)
        self.started_ns = time.monotonic_ns()
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            _set_size(0, size)
            for descriptor in pass_fds:
                os.set_inheritable(descriptor, True)
            os.chdir(folder)
            os.execve(command[0], list(command), environment)
        self._is_open, self._has_ended = True, False
        self._reader = threading.Thread(target=self._drain, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def type(self, keys: bytes) -> int:
        """Type `keys`; gives when (monotonic, ns)."""
        now_ns = time.monotonic_ns()
        os.write(self._end, keys)
        return now_ns

    def resize(self, size: tuple[int, int]) -> None:
        """Change columns and rows; the program is told by the system."""
        _set_size(self._end, size)

    def cpu_seconds(self) -> float:
        """CPU time of the program so far, in the system's ticks (10 ms); not a number where the system has no /proc."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.is_file():
            return float("nan")
        after_name = stat.read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def wait(self, seconds: float) -> bool:
        """Wait until the program has ended; False when it has not by then."""
        for _ in range(int(seconds * 100) + 1):
            if self._has_ended or os.waitpid(self.pid, os.WNOHANG)[0]:
                self._has_ended = True
                return True
            time.sleep(0.01)
        return False

    def close(self) -> None:
        """End the program, if it has not ended by itself."""
        if not self.wait(0):
            os.kill(self.pid, signal.SIGTERM)
            if not self.wait(_PATIENCE_S):
                os.kill(self.pid, signal.SIGKILL)
                self.wait(_PATIENCE_S)
        self._is_open = False
        self._reader.join(timeout=2)
        os.close(self._end)

    def _drain(self) -> None:
        while self._is_open:
            if not select.select([self._end], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(self._end, _READ if self._slice is None else self._slice)
            except OSError:  # the program has ended: Linux says EIO
                return
            if not data:
                return
            self.count += len(data)
            if self._keeps:
                self.chunks.append(Chunk(time.monotonic_ns(), data))
            if self._slice is not None:
                time.sleep(len(data) / self._slice / _SLICES_A_SECOND)


def _set_size(descriptor: int, size: tuple[int, int]) -> None:
    columns, rows = size
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
