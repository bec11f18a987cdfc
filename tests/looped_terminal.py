"""A program in a pseudo-terminal, for tests in whose loop something else runs: a sandbox, a proxy."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import pyte

PATIENCE_S = 60.0
WIDTH, HEIGHT = 160, 45


class LoopedTerminal:
    """Leave it, and the program is gone.

    Attributes:
        written: every byte that came.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.written = b""
        self._screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.ByteStream(self._screen)
        self._end, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        os.set_blocking(self._end, False)
        self._program = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            cwd=folder,
            start_new_session=True,
        )
        os.close(theirs)

    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def read(self) -> None:
        """Take what has come."""
        try:
            while data := os.read(self._end, 65_536):
                self.written += data
                self._stream.feed(data)
        except OSError:  # nothing waits, or the other end is closed
            pass

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until `condition` holds."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition():
                    await self.pause(0.05)
        except TimeoutError:
            raise AssertionError(f"in vain: {what}; the screen is\n{self.text()}") from None

    async def until_shown(self, text: str) -> None:
        """Wait until `text` is on the screen."""
        await self.until(lambda: text in self.text(), text)

    async def pause(self, seconds: float) -> None:
        """Let it go on for a while."""
        await asyncio.sleep(seconds)
        self.read()

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._end, keys.encode())

    async def type_until(self, keys: str, condition: Callable[[], bool], what: str) -> None:
        """Press keys until `condition` holds: what is typed too soon is no answer."""
        for _ in range(round(PATIENCE_S / 2)):
            self.type(keys)
            for _ in range(20):
                await self.pause(0.1)
                if condition():
                    return
        raise AssertionError(f"in vain: {what}; the screen is\n{self.text()}")

    async def exit_status(self) -> int:
        """Wait for its end."""
        await self.until(lambda: self._program.poll() is not None, "the end of the program")
        self.read()
        return int(self._program.returncode)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._program.poll() is None:
            self._program.kill()
        self._program.wait()
        os.close(self._end)
