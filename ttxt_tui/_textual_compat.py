"""The one place that touches Textual's private names. Each entry says why, and works on the versions it was tried with.

On another version everything here leaves Textual alone and falls back to its public ways, and `installed()` says so.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from typing import Any, Final

import textual
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.events import Key
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

TRIED: Final = ((8, 2),)
"""The (major, minor) versions of Textual that these touches were tried with."""


def tried_version(version: str = textual.__version__) -> bool:
    """Whether the private names are as they were when this was written."""
    major, minor, *_ = version.split(".")
    return (int(major), int(minor)) in TRIED


_TRIED: Final = tried_version()


def install() -> bool:
    """Patch Textual once, before the first screen is painted. Returns whether it was patched."""
    if _TRIED and not hasattr(Strip.divide, "_ttxt_original"):
        _leave_uncut_strips_uncached()
        _outlive_a_terminal_that_has_gone()
    return _TRIED


def _leave_uncut_strips_uncached() -> None:
    """`Strip.divide` caches, on an uncut strip, a list that holds the strip itself.

    Every painted strip becomes a reference cycle, and the garbage collector's pauses grow to over 100 ms. An uncut
    strip is returned uncached instead. (textual/strip.py, `divide`; first seen in 8.2.8.)
    """
    original = Strip.divide

    def divide(self: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
        cuts = list(cuts)
        if cuts == [self.cell_length]:
            return [self]
        return original(self, cuts)

    divide._ttxt_original = original  # type: ignore[attr-defined]
    Strip.divide = divide  # type: ignore[method-assign]


def _outlive_a_terminal_that_has_gone() -> None:
    """The thread that writes to the terminal dies of a failed write, and the loop then waits for it for ever.

    It takes what is written from then on, to nowhere, and ends the program the way a hang-up does: the write may
    fail before the signal of the system has been noticed. (textual/drivers/_writer_thread.py, `run`.)
    """
    original = WriterThread.run

    def run(self: WriterThread) -> None:
        try:
            original(self)
        except OSError:
            if hasattr(signal, "SIGHUP"):
                os.kill(os.getpid(), signal.SIGHUP)
            while self._queue.get() is not None:
                pass

    WriterThread.run = run  # type: ignore[method-assign]


def queued_writes(app: App[Any]) -> int:
    """How many writes wait for the terminal; 0 where that can't be seen (headless, another driver or version).

    The driver's writer thread holds up to 30 and then blocks the whole loop (textual/drivers/_writer_thread.py).
    """
    if not _TRIED:
        return 0
    thread = getattr(app._driver, "_writer_thread", None)
    return thread._queue.qsize() if thread is not None else 0


def place_of(widget: Widget) -> Region | None:
    """Where on the terminal the content of `widget` is, if it may be written to now; None when Textual must paint.

    Textual's compositor renders every widget on the screen for each update, however small, and gathers updates for up
    to 1/60 s. A pane that writes its changed cells itself costs a tenth, holds the loop for a short stretch only, and
    what a key did is seen at once. It may only while nothing is above it and Textual has nothing else to paint.
    """
    screen, app = widget.screen, widget.app
    if not _TRIED or app.screen is not screen or app._driver is None or app.is_inline or app._batch_count:
        return None
    if screen._layout_required or screen._repaint_required:
        return None
    visible = screen._compositor.visible_widgets
    if widget not in visible:
        return None
    region, clip = visible[widget]
    for other, (covered, _) in visible.items():  # the one on top comes first
        if other is widget:
            break
        if covered.overlaps(region):
            return None
    return region.shrink(widget.styles.gutter) if clip.contains_region(region) else None


def write(widget: Widget, text: str) -> None:
    """Write what changed in `widget` to the terminal, and let Textual's own cache of its lines go.

    Raises:
        RuntimeError: the app has no terminal: `place_of` says so beforehand.
    """
    app = widget.app
    if app._driver is None:
        raise RuntimeError("there is no terminal to write to")
    widget._styles_cache.clear()
    app._driver.write(f"{SYNC_START}{text}{SYNC_END}" if app._sync_available else text)
    app._driver.flush()


def take_keys(app: App[Any], take: Callable[[Key], bool]) -> None:
    """Give keys to `take` in the next turn of the loop; those that it leaves go Textual's way.

    Textual hands a key through a task, a queue and another task: three or four turns of the loop, each as long as
    everything that is due in it. For an order that is too long while a market is busy.
    """
    driver = app._driver
    if not _TRIED or driver is None:
        return
    loop, context, send = asyncio.get_running_loop(), copy_context(), driver.send_message

    def deliver(event: Key) -> None:
        if not take(event):
            app.post_message(event)

    def send_message(message: Message) -> None:
        """Called in the thread that reads the terminal."""
        if isinstance(message, Key):
            loop.call_soon_threadsafe(deliver, message, context=context)
        else:
            send(message)

    driver.send_message = send_message  # type: ignore[method-assign]
