"""The one place that touches Textual's private names. Each entry says why, and works on the versions it was tried with.

On another version everything here leaves Textual alone and falls back to its public ways, and `installed()` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import textual
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen
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
    """Patch Textual once, before the first screen is painted. Returns whether it was patched.

    `Strip.divide` caches, on an uncut strip, a list that holds the strip itself. Every painted strip becomes a
    reference cycle, and the garbage collector's pauses grow to over 100 ms. An uncut strip is returned uncached
    instead. (textual/strip.py, `divide`; first seen in 8.2.8.)
    """
    if not _TRIED or getattr(Strip.divide, "_ttxt", False):
        return _TRIED
    original = Strip.divide

    def divide(self: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
        cuts = list(cuts)
        if cuts == [self.cell_length]:
            return [self]
        return original(self, cuts)

    divide._ttxt = True  # type: ignore[attr-defined]
    Strip.divide = divide  # type: ignore[method-assign]
    return True


def queued_writes(app: App[Any]) -> int:
    """How many writes wait for the terminal; 0 where that can't be seen (headless, another driver or version).

    The driver's writer thread holds up to 30 and then blocks the whole loop (textual/drivers/_writer_thread.py).
    """
    if not _TRIED:
        return 0
    thread = getattr(app._driver, "_writer_thread", None)
    return thread._queue.qsize() if thread is not None else 0


def paint_now(widget: Widget, regions: Sequence[Region]) -> None:
    """Paint `regions` of `widget` (content coordinates; none: all of it) to the terminal at once.

    Textual would gather the dirty widgets of up to 1/60 s and paint them in one go: a long stretch in which no key is
    handled. Painting pane by pane keeps each stretch short, and puts what a key did on the screen without waiting.
    """
    screen = widget.screen
    if not _can_paint(screen):
        widget.refresh(*regions)
        return
    widget._set_dirty(*regions)
    screen._compositor.update_widgets({widget})
    screen._compositor_refresh()


def _can_paint(screen: Screen[Any]) -> bool:
    return (
        _TRIED
        and screen.is_current
        and not screen._layout_required
        and not screen._repaint_required
        and not screen.app._batch_count
    )
