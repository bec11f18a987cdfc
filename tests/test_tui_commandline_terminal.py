"""Typing and pasting in a real terminal: what comes of keys that tmux merges, and of text that comes all at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

TMUX = shutil.which("tmux")
PATIENCE_S = 30.0

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")


class Terminal:
    """A practice session in a tmux server of its own."""

    def __init__(self, folder: Path) -> None:
        self._socket = str(folder / "tmux")
        homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
        self._environment = {**os.environ, **homes, "TMUX": ""}
        program = f"{sys.executable} -m ttxt_tui --seed 7"
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", "120", "-y", "40", "-c", str(REPOSITORY), program
        )

    def _tmux(self, *arguments: str) -> str:
        command = [TMUX or "tmux", "-S", self._socket, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=self._environment).stdout

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p", "-t", "s")

    def until(self, text: str) -> str:
        """Wait until `text` is on the screen."""
        ends = time.monotonic() + PATIENCE_S
        while text not in (screen := self.screen()):
            assert time.monotonic() < ends, f"{text!r} did not come:\n{screen}"
            time.sleep(0.05)
        return screen

    def keys(self, *names: str) -> None:
        """Keys by their tmux names, all at once."""
        self._tmux("send-keys", "-t", "s", *names)

    def type(self, text: str) -> None:
        """Characters one after another, as from a hand."""
        for char in text:
            self._tmux("send-keys", "-t", "s", "-l", char)
            time.sleep(0.02)

    def paste(self, text: str, *, bracketed: bool) -> None:
        self._tmux("set-buffer", text)
        self._tmux("paste-buffer", "-r", *(["-p"] if bracketed else []), "-t", "s")

    def kill(self) -> None:
        self._tmux("kill-server")


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path_factory.mktemp("tmux"))
    try:
        terminal.until("Working 0")
        terminal.until("Σ")
        yield terminal
    finally:
        terminal.kill()


def reach(terminal: Terminal, key: str, text: str) -> None:
    """Press Esc, then `key`, until `text` is there: on a busy machine the two may be read as one, which only drops."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        terminal.keys("Escape")
        time.sleep(0.5)
        terminal.keys(key)
        shown_by = time.monotonic() + 2
        while time.monotonic() < shown_by:
            if text in terminal.screen():
                return
            time.sleep(0.05)
    raise AssertionError(f"{key} does not bring {text!r}:\n{terminal.screen()}")


def command(terminal: Terminal, text: str = "") -> None:
    """An open command line with `text` in it."""
    reach(terminal, ":", "› type a command")
    terminal.type(text)


def test_a_typed_line_is_sent_by_an_enter_that_comes_alone(terminal: Terminal) -> None:
    command(terminal, "buy 0.01 at bid-300t post")
    terminal.until("BUY 0.01 post-only @")
    time.sleep(0.1)
    terminal.keys("Enter")
    terminal.until("Working 1")


def test_several_lines_pasted_by_a_terminal_that_says_so_are_dropped(terminal: Terminal) -> None:
    command(terminal)
    terminal.paste("buy 0.02 market\nsell 0.02 market\n", bracketed=True)
    screen = terminal.until("several lines were pasted")
    assert "Working 1" in screen
    assert "Fills 0" in screen


def test_lines_that_come_as_keys_send_nothing(terminal: Terminal) -> None:
    command(terminal)
    terminal.paste("buy 0.02 market\rsell 0.02 market\r", bracketed=False)
    screen = terminal.until("press it alone")
    assert "Fills 0" in screen
    command(terminal, "buy 0.02 market")
    terminal.keys("x", "Enter")
    screen = terminal.until("press it alone")
    assert "Fills 0" in screen


def test_a_line_with_its_enter_pasted_on_the_desk_is_ignored(terminal: Terminal) -> None:
    terminal.keys("Escape")
    time.sleep(0.3)
    for bracketed in (False, True):
        terminal.paste(":buy 0.02 market\r", bracketed=bracketed)
    terminal.type("j")
    screen = terminal.until("pasted text is ignored")
    assert "Fills 0" in screen


@pytest.mark.parametrize("quick", [("Escape", "Enter"), ("Escape", "b"), ("Escape", ":"), ("Escape", "1")])
def test_a_quick_esc_before_a_key_drops_what_is_staged(terminal: Terminal, quick: tuple[str, str]) -> None:
    """tmux and terminals send both as one: what Enter means must not be left of it."""
    reach(terminal, "b", "Enter sends, Esc drops")
    time.sleep(0.5)
    terminal.keys(*quick)
    terminal.until("dropped")
    screen = terminal.screen()
    assert "Enter sends, Esc drops" not in screen
    assert "Working 1" in screen
    assert "Fills 0" in screen


def test_a_quick_esc_before_a_key_closes_the_line(terminal: Terminal) -> None:
    command(terminal, "buy 0.02 market")
    terminal.until("BUY 0.02")
    time.sleep(0.5)
    terminal.keys("Escape", "Enter")
    ends = time.monotonic() + PATIENCE_S
    while ":buy 0.02 market" in terminal.screen():
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert "Fills 0" in terminal.screen()


def test_ctrl_x_cancels_while_a_line_is_typed(terminal: Terminal) -> None:
    command(terminal, "can")
    terminal.keys("C-x")
    terminal.until("Working 0")
    assert ":can" in terminal.screen()
