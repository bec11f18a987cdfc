"""How the workstation ends when it is not asked by a key: the recording whole, the terminal as it was."""

from __future__ import annotations

import os
import signal
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.terminal_support import PATIENCE_S, Terminal
from ttxt_core import read_events

RECORD = b"\x12"


@contextmanager
def recording_workstation(folder: Path) -> Iterator[Terminal]:
    """A workstation that records, with something on disk."""
    terminal = Terminal(folder, "-m", "ttxt_tui", "--seed", "7")
    try:
        terminal.until(b"ev/s")
        terminal.type(RECORD)
        terminal.until(b"REC")
        ends = time.monotonic() + PATIENCE_S
        while not files_of(folder):
            assert time.monotonic() < ends, "nothing is recorded"
            time.sleep(0.1)
            terminal.read()
        time.sleep(1.0)
        terminal.read()
        yield terminal
    finally:
        terminal.kill()


def files_of(folder: Path) -> list[Path]:
    return list(folder.rglob("PRACTICE-LINEAR_BTC_USDT.bin"))


def recorded(folder: Path) -> int:
    """How many events are in the recordings; every chunk of them is whole."""
    files = files_of(folder)
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
    assert recorded(tmp_path) > 0


def test_a_terminal_that_hangs_up_costs_no_recording(tmp_path: Path) -> None:
    with recording_workstation(tmp_path) as terminal:
        terminal.close()  # the kernel sends SIGHUP to whom the terminal belongs
        assert terminal.exit_status() == 128 + signal.SIGHUP
    assert recorded(tmp_path) > 0
