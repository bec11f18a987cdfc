"""What a terminal can't tell us about keys: holds, pastes and Alt. Judged by time alone.

Pure: takes a key and when it came, gives what it is to be taken for. A terminal sends the same bytes for a held key as
for one pressed again, sends pasted text as keys where it has no bracketed paste, and sends Alt+b for a quick `Esc b`.
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

    def judge(self, key: str, now_ns: int, *, guarded: bool) -> Verdict:
        """What `key`, pressed at `now_ns` (a monotonic clock), is; `guarded`: it could send or size an order."""
        is_paste = len(self._recent) == PASTE_KEYS and now_ns - self._recent[0] <= PASTE_WINDOW_NS
        self._recent.append(now_ns)
        is_repeat = key == self._last_key and now_ns - self._last_ns < REPEAT_SILENCE_NS
        self._last_key, self._last_ns = key, now_ns
        if is_paste:
            return Verdict.PASTE
        if key.startswith("alt+"):
            return Verdict.ESCAPE
        return Verdict.REPEAT if guarded and is_repeat else Verdict.KEY
