"""What ends the workstation besides a key: a request of the system (SIGTERM) and a terminal that has gone (SIGHUP).

Owns the signals; what is done about them is the app's.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from types import FrameType

STANDARD_STREAMS = (0, 1, 2)


def catch_endings(end: Callable[[int], None]) -> None:
    """From now on call `end` in the running loop with the number of a signal that asks the program to end.

    Must be called in the main thread.
    """
    loop = asyncio.get_running_loop()

    def caught(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGTERM:
            _let_go_of_terminal()
        loop.call_soon_threadsafe(end, number)

    signal.signal(signal.SIGTERM, caught)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, caught)


def _let_go_of_terminal() -> None:
    """Writing to a terminal that has gone kills the thread that writes, and who waits for it waits for ever.

    It must be done here and now: the SIGCONT that comes with a hang-up makes Textual set the terminal up anew.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in STANDARD_STREAMS:
        os.dup2(nowhere, stream)
    os.close(nowhere)
