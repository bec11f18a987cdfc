"""What a terminal can't tell us about keys: holds, pastes and Alt. Judged by when they came and what came with them.

Pure: takes a key and when it came, gives what it is to be taken for. A terminal sends the same bytes for a held key as
for one pressed again, sends pasted text as keys where it has no bracketed paste, and sends Alt+b for a quick `Esc b`.

Pasted text comes in one piece, a typed key alone. So a key that can place, change or close something counts only when
it is alone: no other came in the same read of the terminal or just before it. No key is made to wait for that. What
can't be known of a key that is alone is whether another will follow: text that comes letter by letter can do what its
first letter does and no more; it can send nothing, as that takes two keys, unless one-key mode was turned on. Cancels
are not held to that: over a slow line quick keys come in one read too, and a cancel must get through.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Final

from ttxt_core.clock import MILLISECOND_NS

REPEAT_SILENCE_NS: Final = 400 * MILLISECOND_NS
"""A guarded key counts again only after it has been quiet for this long."""

PASTE_KEYS: Final = 4
PASTE_WINDOW_NS: Final = 20 * MILLISECOND_NS
"""More than `PASTE_KEYS` keys within this window are a paste, not typing."""


ALONE_NS: Final = 10 * MILLISECOND_NS
"""A key that acts does not count so soon after another: two keys of one hand are farther apart."""

AFTER_PASTE_NS: Final = 100 * MILLISECOND_NS
"""Nor so soon after pasted text, whose end may come in a piece of its own."""


class Verdict(Enum):
    """What a key is to be taken for."""

    KEY = auto()
    ESCAPE = auto()
    REPEAT = auto()
    PASTE = auto()


class KeyGuard:
    """Judges keys in the order they come."""

    def __init__(self) -> None:
        self._last_key = ""
        self._last_ns = -REPEAT_SILENCE_NS
        self._recent: deque[int] = deque(maxlen=PASTE_KEYS)
        self._pasted_ns = -AFTER_PASTE_NS

    def judge(self, key: str, now_ns: int, *, guarded: bool, acts: bool = False, together: int = 1) -> Verdict:
        """What `key`, pressed at `now_ns` (a monotonic clock), is.

        Args:
            key: its name.
            now_ns: when it came.
            guarded: it could send or size an order, and so must not repeat by itself.
            acts: it can place, change or close something, and so must not come out of pasted text.
            together: how many keys came in the same read of the terminal, it among them.
        """
        is_paste = together > PASTE_KEYS or (
            len(self._recent) == PASTE_KEYS and now_ns - self._recent[0] <= PASTE_WINDOW_NS
        )
        if acts and not is_paste:
            is_paste = together > 1 or (bool(self._recent) and now_ns - self._recent[-1] < ALONE_NS)
        is_end_of_paste = acts and now_ns - self._pasted_ns < AFTER_PASTE_NS
        self._recent.append(now_ns)
        is_repeat = key == self._last_key and now_ns - self._last_ns < REPEAT_SILENCE_NS
        self._last_key, self._last_ns = key, now_ns
        if is_paste:
            self._pasted_ns = now_ns
        if is_paste or is_end_of_paste:
            return Verdict.PASTE
        if key.startswith("alt+"):
            return Verdict.ESCAPE
        return Verdict.REPEAT if guarded and is_repeat else Verdict.KEY
