"""What ends the workstation besides a key: a request from outside (SIGINT, SIGTERM), a terminal that has gone (SIGHUP).

Owns the signals; what is done about them is the app's.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import termios
from collections.abc import Callable
from types import FrameType

STANDARD_STREAMS = (0, 1, 2)
_ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP")


def catch_endings(end: Callable[[int], None]) -> None:
    """From now on call `end` in the running loop with the number of a signal that asks the program to end.

    Must be called in the main thread. Ctrl+C is no such signal: on a screen it is a key.
    """
    loop = asyncio.get_running_loop()

    def caught(number: int, _frame: FrameType | None) -> None:
        if any(_has_gone(stream) for stream in STANDARD_STREAMS):
            _let_go_of_terminal()
        loop.call_soon_threadsafe(end, number)

    for name in _ENDINGS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), caught)


def _has_gone(stream: int) -> bool:
    """Whether this is a terminal that nobody is at any more; a signal alone does not tell, anyone may send it."""
    try:
        termios.tcgetattr(stream)
    except termios.error as error:
        return bool(error.args[0] == errno.EIO)
    return False


def _let_go_of_terminal() -> None:
    """Writing to a terminal that has gone kills the thread that writes, and who waits for it waits for ever.

    It must be done here and now: the SIGCONT that comes with a hang-up makes Textual set the terminal up anew.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in STANDARD_STREAMS:
        os.dup2(nowhere, stream)
    os.close(nowhere)
