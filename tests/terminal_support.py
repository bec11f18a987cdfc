"""The workstation in a pseudo-terminal: a program of its own, with a screen that can be read."""

from __future__ import annotations

import os
import pty
import signal
import sys
import termios
import time
from pathlib import Path

import pyte

PATIENCE_S = 60.0
WIDTH, HEIGHT = 100, 30


class Terminal:
    """A program of Python in a pseudo-terminal of its own: what it wrote, and how it ended.

    Attributes:
        written: everything. mode: the terminal's before the program changed it.
    """

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        """Run Python with `arguments`; what it keeps for its user goes to `folder`."""
        self.written = b""
        self._screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
            chosen = {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": str(HEIGHT), **environment}
            kept = {name: value for name, value in os.environ.items() if name not in {"TMUX", "STY", "NO_COLOR"}}
            os.execve(sys.executable, [sys.executable, *arguments], {**kept, **homes, **chosen})
        os.set_blocking(self._end, False)
        self.mode = termios.tcgetattr(self._end)[3]

    def read(self) -> None:
        """Take what was written."""
        try:
            while data := os.read(self._end, 65_536):
                self.written += data
                self._stream.feed(data)
        except OSError:  # nothing waits, or the other end is closed
            pass

    def until(self, what: bytes) -> None:
        """Wait until `what` was written."""
        ends = time.monotonic() + PATIENCE_S
        while what not in self.written:
            assert time.monotonic() < ends, f"{what!r} was not written: {self.written[-500:]!r}"
            time.sleep(0.05)
            self.read()

    def screen(self) -> str:
        """What is on screen now."""
        self.read()
        return "\n".join(self._screen.display)

    def until_shown(self, what: str) -> None:
        """Wait until `what` is on screen."""
        ends = time.monotonic() + PATIENCE_S
        while what not in self.screen():
            assert time.monotonic() < ends, f"{what!r} was not shown:\n{self.screen()}"
            time.sleep(0.05)

    def press(self, *keys: bytes) -> None:
        """Keys at the pace of a person."""
        for key in keys:
            self.type(key)
            time.sleep(0.06)

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
