"""How the workstation ends when it is not asked by a key: the recording whole, the terminal as it was."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ttxt_core import read_events

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

PATIENCE_S = 20.0
RECORD = b"\x12"


class Terminal:
    """A workstation in a pseudo-terminal of its own: what it wrote, and how it ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = b""
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
            environment = {**os.environ, **homes, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
            os.execve(sys.executable, [sys.executable, "-m", "ttxt_tui", "--seed", "7"], environment)
        os.set_blocking(self._end, False)
        self.mode = termios.tcgetattr(self._end)[3]

    def read(self) -> None:
        """Take what was written."""
        try:
            while data := os.read(self._end, 65_536):
                self.written += data
        except OSError:  # nothing waits, or the other end is closed
            pass

    def until(self, what: bytes) -> None:
        """Wait until `what` was written."""
        ends = time.monotonic() + PATIENCE_S
        while what not in self.written:
            assert time.monotonic() < ends, f"{what!r} was not written: {self.written[-500:]!r}"
            time.sleep(0.05)
            self.read()

    def type(self, keys: bytes) -> None:
        os.write(self._end, keys)

    def local_mode(self) -> int:
        return int(termios.tcgetattr(self._end)[3])

    def close(self) -> None:
        os.close(self._end)
        self._end = -1

    def exit_status(self) -> int:
        """Wait for the end; negative for a signal that it died of."""
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            if self._end >= 0:
                self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        raise AssertionError("it does not end")

    def kill(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._end >= 0:
            os.close(self._end)


@contextmanager
def recording_workstation(folder: Path) -> Iterator[Terminal]:
    """A workstation that records, with something on disk."""
    terminal = Terminal(folder)
    try:
        terminal.until(b"ev/s")
        terminal.type(RECORD)
        terminal.until(b"REC")
        time.sleep(1.0)
        terminal.read()
        yield terminal
    finally:
        terminal.kill()


def recorded(folder: Path) -> int:
    """How many events are in the recordings; every chunk of them is whole."""
    files = list(folder.rglob("PRACTICE-LINEAR_BTC_USDT.bin"))
    assert len(files) == 1
    return sum(1 for _ in read_events(files[0]))


def test_asked_to_end_it_gives_the_terminal_back(tmp_path: Path) -> None:
    with recording_workstation(tmp_path) as terminal:
        assert terminal.local_mode() & termios.ECHO == 0
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.exit_status() == 128 + signal.SIGTERM
        assert terminal.local_mode() == terminal.mode
        tail = terminal.written[-400:]
        assert b"\x1b[?1049l" in tail, "the screen of before is back"
        assert b"\x1b[?25h" in tail, "the cursor is shown"
        assert b"Traceback" not in terminal.written
    assert recorded(tmp_path) > 50


def test_a_terminal_that_hangs_up_costs_no_recording(tmp_path: Path) -> None:
    with recording_workstation(tmp_path) as terminal:
        terminal.close()  # the kernel sends SIGHUP to whom the terminal belongs
        assert terminal.exit_status() == 128 + signal.SIGHUP
    assert recorded(tmp_path) > 50
