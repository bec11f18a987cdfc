"""Progress of long work: one line on stderr that is drawn over, and nothing at all when that is no terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from ttxt_core.cli.console import complain, printable
from ttxt_core.clock import NANOSECONDS, Clock, SystemClock

_EVERY_NS = NANOSECONDS // 10
_ERASE = "\r\x1b[K"


class Progress:
    """How far a piece of work is. Use it in a ``with``: what it drew is gone afterwards."""

    def __init__(self, label: str, total: int, *, clock: Clock | None = None) -> None:
        """`label` names the work; `total` is in the unit that `update` is told, 0 when it is not known."""
        self._label = printable(label)
        self._total = total
        self._clock = clock or SystemClock()
        self._stream = sys.stderr
        self._is_shown = self._stream.isatty()
        self._drawn_ns = self._clock.monotonic_ns()
        self._is_drawn = False

    def update(self, done: int) -> None:
        """Say how much is done; drawn ten times a second at most, and not for work that is done before that."""
        if not self._is_shown:
            return
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._drawn_ns < _EVERY_NS:
            return
        self._drawn_ns = now_ns
        self._is_drawn = True
        share = f"{min(done / self._total, 1.0):4.0%}" if self._total else f"{done:,}"
        self._stream.write(f"{_ERASE}{self._label}  {share}")
        self._stream.flush()

    def complain(self, message: str) -> None:
        """Print `message` on a line of its own."""
        self._erase()
        complain(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._erase()

    def _erase(self) -> None:
        if self._is_drawn:
            self._stream.write(_ERASE)
            self._stream.flush()
            self._is_drawn = False
