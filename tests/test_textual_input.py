"""The terminal is read in the loop: every key arrives, also a lone escape, and none waits behind long work."""

from __future__ import annotations

import os
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60.0
PROGRAM = """
import sys, time
from textual.app import App
from ttxt_tui import _textual_compat as compat

class Keys(App):
    def get_driver_class(self):
        return compat.reading_in_loop(super().get_driver_class())

    def on_mount(self):
        self.told = open(sys.argv[1], "w", buffering=1)
        compat.take_keys(self, self.take)
        self.tell(type(self._driver).__name__)

    def tell(self, line):
        self.told.write(line + "\\n")

    def take(self, key):
        self.tell(key.key)
        if key.key == "w":
            self.call_later(self.work)
        if key.key == "q":
            self.exit()
        if key.key == "f":
            raise ValueError("a key that fails")
        return True

    def work(self):
        self.tell("begin")
        time.sleep(0.5)
        compat.read_keys(self)
        self.tell("end")

app = Keys()
app.run()
sys.exit(app.return_code)
"""


class Terminal:
    """The program above in a pseudo-terminal."""

    def __init__(self, folder: Path) -> None:
        self._told = folder / "told"
        self.written = b""
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            environment = {**os.environ, "TERM": "xterm-256color", "ESCDELAY": "50"}
            os.execve(sys.executable, [sys.executable, "-c", PROGRAM, str(self._told)], environment)
        os.set_blocking(self._end, False)
        self.mode = termios.tcgetattr(self._end)[3]

    def told(self) -> list[str]:
        return self._told.read_text().splitlines() if self._told.exists() else []

    def until(self, *lines: str) -> None:
        """Wait until the program has told `lines` at its end."""
        ends = time.monotonic() + PATIENCE_S
        while self.told()[-len(lines) :] != list(lines):
            assert time.monotonic() < ends, f"{lines} was not told: {self.told()} {self.written[-300:]!r}"
            time.sleep(0.01)
            self._read()

    def type(self, keys: bytes) -> None:
        os.write(self._end, keys)

    def status(self) -> int:
        """Wait for the program to end."""
        ends = time.monotonic() + PATIENCE_S
        while True:
            self._read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < ends, "it did not end"
            time.sleep(0.01)

    def local_mode(self) -> int:
        return int(termios.tcgetattr(self._end)[3])

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self._end)

    def _read(self) -> None:
        try:
            while data := os.read(self._end, 65_536):
                self.written += data
        except OSError:  # nothing waits, or the other end is closed
            pass


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    try:
        terminal.until("LoopDriver")
        yield terminal
    finally:
        terminal.close()


def test_every_key_arrives_and_the_terminal_is_given_back(terminal: Terminal) -> None:
    terminal.type(b"a")
    terminal.until("LoopDriver", "a")
    terminal.type(b"\x1b")
    terminal.until("a", "escape")
    terminal.type(b"\x1b[A")
    terminal.until("escape", "up")
    first, second = "é".encode()[:1], "é".encode()[1:]
    terminal.type(first)
    time.sleep(0.1)
    terminal.type(second)
    terminal.until("up", "é")
    assert terminal.local_mode() != terminal.mode
    terminal.type(b"q")
    assert terminal.status() == 0
    assert terminal.local_mode() == terminal.mode


def test_keys_do_not_wait_for_long_work(terminal: Terminal) -> None:
    terminal.type(b"w")
    terminal.until("begin")
    terminal.type(b"x")
    terminal.until("w", "begin", "x", "end")
    terminal.type(b"y")
    terminal.until("end", "y")


def test_a_key_that_fails_ends_the_program(terminal: Terminal) -> None:
    terminal.type(b"f")
    assert terminal.status() != 0
    assert b"a key that fails" in terminal.written
    assert terminal.local_mode() == terminal.mode
