"""The one place that touches Textual's private names. Each entry says why, and works on the versions it was tried with.

On another version everything here leaves Textual alone and falls back to its public ways, and `installed()` says so.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from functools import lru_cache
from threading import get_ident
from typing import Any, Final

import textual
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.cache import FIFOCache
from textual.color import Color
from textual.constants import ESCAPE_DELAY
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.geometry import Region
from textual.message import Message
from textual.renderables.background_screen import BackgroundScreen
from textual.strip import Strip
from textual.widget import Widget

from ttxt_tui._textual_crash import tell_no_variables
from ttxt_tui._textual_keys import count_keys_of_a_read, keep_an_escape_before_a_key

TRIED: Final = ((8, 2),)
"""The (major, minor) versions of Textual that these touches were tried with."""


_STRIP_CACHES: Final = {
    "_divide_cache": 4,
    "_crop_cache": 16,
    "_style_cache": 16,
    "_filter_cache": 4,
    "_line_length_cache": 4,
    "_crop_extend_cache": 4,
    "_offsets_cache": 4,
}
"""The caches of a `Strip` and their sizes."""


def tried_version(version: str = textual.__version__) -> bool:
    """Whether the private names are as they were when this was written."""
    major, minor, *_ = version.split(".")
    return (int(major), int(minor)) in TRIED


_TRIED: Final = tried_version()

_READ: Final = 4096
"""Bytes read from the terminal at once."""

_ESCAPE_S: Final = ESCAPE_DELAY * 1.01
"""An escape that was alone for `ESCAPE_DELAY` is a key; a timer may be early by its own resolution."""


def install() -> bool:
    """Patch Textual once, before the first screen is painted. Returns whether it was patched."""
    if _TRIED and not hasattr(Strip.divide, "_ttxt_original"):
        _leave_uncut_strips_uncached()
        _make_strips_without_caches()
        _shade_a_style_once()
        _point_at_a_cell_once()
        _outlive_a_terminal_that_has_gone()
        count_keys_of_a_read()
        keep_an_escape_before_a_key()
        tell_no_variables()
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


def _make_strips_without_caches() -> None:
    """`Strip` makes seven caches for each strip, over 1 KB, and a painted row hardly ever uses one of them.

    They are made when they are first asked for. A repaint of everything takes two thirds of the time.
    (textual/strip.py, `__init__`; first seen in 8.2.8.)
    """

    def __init__(self: Strip, segments: Iterable[Segment], cell_length: int | None = None) -> None:  # noqa: N807
        self._segments = list(segments)
        self._cell_length = cell_length
        self._render_cache = None
        self._link_ids = None
        self._cell_count = None

    def __getattr__(self: Strip, name: str) -> FIFOCache[Any, Any]:  # noqa: N807
        """Asked for slots that are not set."""
        size = _STRIP_CACHES.get(name)
        if size is None:
            raise AttributeError(name)
        cache: FIFOCache[Any, Any] = FIFOCache(size)
        setattr(self, name, cache)
        return cache

    Strip.__init__ = __init__  # type: ignore[method-assign]
    Strip.__getattr__ = __getattr__  # type: ignore[attr-defined]


def _shade_a_style_once() -> None:
    """Behind a dialog Textual works out the shade of every piece of text anew; the same styles come again and again.

    (textual/renderables/background_screen.py, `process_segments`; first seen in 8.2.8.)
    """
    original = BackgroundScreen.process_segments

    @lru_cache(4_096)
    def shaded(style: Style | None, color: Color) -> Style | None:
        (segment,) = original([Segment(" ", style)], color)
        return segment.style

    def process_segments(segments: Iterable[Segment], color: Color) -> Iterable[Segment]:
        for segment in segments:
            text, style, control = segment
            yield segment if control else Segment(text, shaded(style, color))

    BackgroundScreen.process_segments = staticmethod(process_segments)  # type: ignore[method-assign]


def _point_at_a_cell_once() -> None:
    """A move of the cursor is made anew for every row of every widget, 3 µs each (rich/control.py, `move_to`)."""
    Control.move_to = staticmethod(lru_cache(16_384)(Control.move_to))  # type: ignore[method-assign]


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


def keys_together(event: Key) -> int:
    """How many keys came in the same read of the terminal as `event`, itself among them; 1 where that is not known."""
    together: int = getattr(event, "_ttxt_together", 1)
    return together


def queued_writes(app: App[Any]) -> int:
    """How many writes wait for the terminal; 0 where that can't be seen (headless, another driver or version).

    The driver's writer thread holds up to 30 and then blocks the whole loop (textual/drivers/_writer_thread.py).
    """
    if not _TRIED:
        return 0
    thread = getattr(app._driver, "_writer_thread", None)
    return thread._queue.qsize() if thread is not None else 0


class _RenderedStrip(Strip):
    """A strip that is ready for the terminal; its segments are made when something else is to be done with it."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], list[Segment]], width: int, text: str) -> None:
        self._make = make
        self._cell_length = width
        self._render_cache = text
        self._link_ids = None
        self._cell_count = None

    def __getattr__(self, name: str) -> Any:
        if name != "_segments":
            return super().__getattr__(name)  # type: ignore[misc]
        self._segments = self._make()
        return self._segments


def rendered_strip(make: Callable[[], list[Segment]], width: int, text: str) -> Strip:
    """A strip that goes to the terminal as `text`: what shows the same as the segments that `make` gives.

    `text` begins and ends in the default style. Textual itself tells the terminal every colour of every segment.
    (textual/strip.py, `render`.)
    """
    return _RenderedStrip(make, width, text) if _TRIED else Strip(make(), width)


class Place:
    """Where on the terminal the content of a widget is; what was found holds as long as Textual's layout does.

    Textual's compositor renders every widget on the screen for each update, however small, and gathers updates for up
    to 1/60 s. A pane that writes its changed cells itself costs a tenth, holds the loop for a short stretch only, and
    what a key did is seen at once. It may only while nothing is above it and Textual has nothing else to paint.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._layout: object = None
        self._region: Region | None = None

    def region(self) -> Region | None:
        """Where the content may be written to now; None when Textual must paint."""
        if not _TRIED or not self._widget.is_attached:
            return None
        screen, app = self._widget.screen, self._widget.app
        if app.screen is not screen or app._driver is None or app.is_inline or app._batch_count:
            return None
        if screen._layout_required or screen._repaint_required:
            return None
        visible = screen._compositor.visible_widgets
        if visible is not self._layout:  # Textual makes a new one with every layout
            self._layout, self._region = visible, self._find(visible)
        return self._region

    def _find(self, visible: Mapping[Widget, tuple[Region, Region]]) -> Region | None:
        widget = self._widget
        if widget not in visible:
            return None
        region, clip = visible[widget]
        content = region.shrink(widget.styles.gutter)
        for other, (covered, _) in visible.items():  # the one on top comes first
            if other is widget:
                break
            if covered.overlaps(content):
                return None
        return content if clip.contains_region(region) else None


def write(widget: Widget, text: str) -> None:
    """Write what changed in `widget` to the terminal, and let Textual's own cache of its lines go.

    Raises:
        RuntimeError: the app has no terminal: `Place.region` says so beforehand.
    """
    app = widget.app
    if app._driver is None:
        raise RuntimeError("there is no terminal to write to")
    widget._styles_cache.clear()
    app._driver.write(f"{SYNC_START}{text}{SYNC_END}" if app._sync_available else text)
    app._driver.flush()


def tell_terminal(app: App[Any], text: str) -> None:
    """Write a control sequence that shows nothing; nothing comes of it where there is no terminal."""
    if app._driver is not None:
        app._driver.write(text)
        app._driver.flush()


class LoopDriver(LinuxDriver):
    """Textual's own driver, but the terminal is read in the loop.

    Textual reads it in a thread. While the loop is busy that thread waits for Python's lock after each of its system
    calls, and for whole pauses of the garbage collector: 1 ms in the middle and over 5 ms for one key of a hundred,
    before the loop has even heard of it. (textual/drivers/linux_driver.py, `run_input_thread`.)
    """

    _parser: XTermParser
    _decode: Callable[[bytes], str]
    _timer: asyncio.TimerHandle | None = None
    _waiting: Callable[[float], object] = staticmethod(lambda _timeout: None)

    def read(self) -> None:
        """Take in what has been typed, if anything has, without waiting for the loop to come to it."""
        if self._waiting(0):
            self._guarded(self._read)

    def _run_input_thread(self) -> None:
        """The thread has nothing to do, unless the input is one that a loop can't wait for, as a file."""
        if not self.input_tty:
            super()._run_input_thread()

    def start_application_mode(self) -> None:
        before = self._key_thread
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.input_tty and self._key_thread is not before:  # the same: refused, for it is in the background
            self._parser = XTermParser(self._debug)
            self._decode = getincrementaldecoder("utf-8")().decode
            poll = select.poll()
            poll.register(self.fileno, select.POLLIN)
            self._waiting = poll.poll
            self._loop.add_reader(self.fileno, self.read)

    def disable_input(self) -> None:
        self._stop_reading()
        super().disable_input()

    def _stop_reading(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self.fileno)
        self._waiting = lambda _timeout: None

    def _read(self) -> None:
        data = os.read(self.fileno, _READ)
        if not data:  # the end of a pipe, which would be told for ever
            self._stop_reading()
            return
        text = self._decode(data)
        if not text:  # the rest of the character is on its way
            return
        for message in self._parser.feed(text):
            self.process_message(message)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_ESCAPE_S, self._guarded, self._tick)

    def _tick(self) -> None:
        """An escape that nothing followed is a key of its own."""
        for message in self._parser.tick():
            self.process_message(message)

    def _guarded(self, work: Callable[[], None]) -> None:
        """A failure ends the app with its traceback, as one of a message handler does."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is shown and ends the program
            self._stop_reading()
            self._app._handle_exception(error)


def reading_in_loop(driver_class: type[Driver]) -> type[Driver]:
    """The driver to use for `driver_class`: `LoopDriver` where Textual's usual one is known to be as it was."""
    return LoopDriver if _TRIED and driver_class is LinuxDriver else driver_class


def read_keys(app: App[Any]) -> None:
    """Take in the keys that have been typed by now: asked before a long stretch of work, they don't wait for it.

    The loop itself would come to them only behind everything that was already due when they came.
    """
    if isinstance(app._driver, LoopDriver):
        app._driver.read()


def take_keys(app: App[Any], take: Callable[[Key], bool]) -> None:
    """Give keys to `take` as soon as the loop has them; those that it leaves go Textual's way.

    Textual hands a key through a task, a queue and another task: three or four turns of the loop, each as long as
    everything that is due in it. For an order that is too long while a market is busy.
    """
    driver = app._driver
    if not _TRIED or driver is None:
        return
    loop, context, send = asyncio.get_running_loop(), copy_context(), driver.send_message
    thread = get_ident()

    def deliver(event: Key) -> None:
        if not take(event):
            app.post_message(event)

    def send_message(message: Message) -> None:
        """Called where the terminal is read: in the loop, or in a thread."""
        if not isinstance(message, Key):
            send(message)
        elif get_ident() == thread:
            context.run(deliver, message)
        else:
            loop.call_soon_threadsafe(deliver, message, context=context)

    driver.send_message = send_message  # type: ignore[method-assign]
