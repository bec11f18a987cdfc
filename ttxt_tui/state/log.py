"""The log: every status, acknowledgement, reject, error and fill, each with its time.

Owns the entries and what of them is shown: the filter and where the reader has scrolled to. It decides nothing about
what deserves an entry; whoever adds one says how grave it is.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from itertools import islice, takewhile
from typing import Final, NamedTuple

from ttxt_tui.state.figures import time_of_day, wrapped

LOG_LIMIT: Final = 2_000
"""How many entries are kept."""
_LOOK_BACK: Final = 8
_SAME_WITHIN_NS: Final = 60_000_000_000


class LogLevel(StrEnum):
    """How grave an entry is; in rising order `INFO, OK, WARN, ERROR`."""

    INFO = "info"
    OK = "ok"
    WARN = "warn"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS: Final = {LogLevel.INFO: 0, LogLevel.OK: 1, LogLevel.WARN: 2, LogLevel.ERROR: 3}


class LogEntry(NamedTuple):
    """One entry. `number` rises with every entry; `times` is how often it came of late."""

    number: int
    time_ns: int
    level: LogLevel
    topic: str
    text: str
    times: int = 1


class LogRow(NamedTuple):
    """One line of the log. `times` is empty, or `×3`."""

    time: str
    level: LogLevel
    topic: str
    text: str
    times: str


class Log:
    """The entries, newest last, and the view of them.

    Attributes:
        version: changes with every entry and every change of the view.
        errors: how many errors were added since `mark_seen`; repeated ones count.
        lost: entries that are no longer kept.
    """

    def __init__(self, limit: int = LOG_LIMIT) -> None:
        self.version = 0
        self.errors = 0
        self.lost = 0
        self._entries: deque[LogEntry] = deque()
        self._limit = limit
        self._next = 0
        self._least = LogLevel.INFO
        self._topic: str | None = None
        self._wanted = ""
        self._last_shown: int | None = None

    def add(self, time_ns: int, level: LogLevel, topic: str, text: str) -> None:
        """Add an entry. One that came within the last minute, few entries ago, moves to the end and is counted."""
        times = 1
        for back in range(1, min(_LOOK_BACK, len(self._entries)) + 1):
            before = self._entries[-back]
            if (before.level, before.topic, before.text) == (level, topic, text):
                if abs(time_ns - before.time_ns) <= _SAME_WITHIN_NS:
                    del self._entries[-back]
                    times = before.times + 1
                break
        self._entries.append(LogEntry(self._next, time_ns, level, topic, text, times))
        self._next += 1
        self.errors += level is LogLevel.ERROR
        if len(self._entries) > self._limit:
            self._entries.popleft()
            self.lost += 1
        self.version += 1

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def newest(self) -> LogEntry | None:
        """The entry that was added last."""
        return self._entries[-1] if self._entries else None

    def after(self, number: int) -> list[LogEntry]:
        """The entries with a higher number, the newest first."""
        return list(takewhile(lambda entry: entry.number > number, reversed(self._entries)))

    # -- what is shown ---------------------------------------------------------------------------------

    @property
    def filter_text(self) -> str:
        """What the view is narrowed to, in words; empty when everything is shown."""
        parts = [f"{self._least} and worse" if self._least is not LogLevel.INFO else "", self._topic or ""]
        parts.append(f'"{self._wanted}"' if self._wanted else "")
        return " · ".join(part for part in parts if part)

    def show(self, least: LogLevel = LogLevel.INFO, topic: str | None = None, containing: str = "") -> None:
        """Show only entries at least as grave as `least`, of `topic` (None: any), whose text has `containing`."""
        self._least, self._topic, self._wanted = least, topic, containing.casefold()
        self._last_shown = None
        self.version += 1

    def show_next_level(self) -> LogLevel:
        """Show one level less, or everything again after errors alone; gives the least level that is shown."""
        levels = list(LogLevel)
        self.show(levels[(self._least.rank + 1) % len(levels)], self._topic, self._wanted)
        return self._least

    @property
    def is_following(self) -> bool:
        """Whether the newest entry is in view; else the view stands still while entries come."""
        return self._last_shown is None

    def scroll(self, lines: int, height: int) -> None:
        """Move the view of `height` lines by `lines`, up (older) when negative; at the end it follows again."""
        shown = [entry.number for entry in self._entries if self._is_shown(entry)]
        if not shown:
            self._last_shown = None
            return
        last = len(shown) - 1
        at = last if self._last_shown is None else sum(number <= self._last_shown for number in shown) - 1
        wanted = max(min(at + lines, last), min(height, len(shown)) - 1)
        self._last_shown = None if wanted >= last else shown[wanted]
        self.version += 1

    def mark_seen(self) -> None:
        """The log was looked at."""
        self.errors = 0

    def follow(self) -> None:
        """Show the newest entries again."""
        self._last_shown = None
        self.version += 1

    def rows(self, height: int, text_width: int = 0) -> list[LogRow]:
        """The last `height` lines up to where the view stands, oldest first.

        A text longer than `text_width` cells is continued in lines of its own, without time; 0 leaves it whole.
        """
        newest_first = (
            entry
            for entry in reversed(self._entries)
            if (self._last_shown is None or entry.number <= self._last_shown) and self._is_shown(entry)
        )
        lines: list[LogRow] = []
        for entry in islice(newest_first, height):
            lines += reversed(_lines(entry, text_width))
            if len(lines) >= height:
                break
        return lines[:height][::-1]

    def _is_shown(self, entry: LogEntry) -> bool:
        return (
            entry.level.rank >= self._least.rank
            and (self._topic is None or entry.topic == self._topic)
            and (not self._wanted or self._wanted in entry.text.casefold())
        )


def _lines(entry: LogEntry, text_width: int) -> list[LogRow]:
    times = f"×{min(entry.times, 9999)}" if entry.times > 1 else ""
    first, *more = wrapped(entry.text, text_width)
    time = time_of_day(entry.time_ns, with_ms=True)
    return [
        LogRow(time, entry.level, entry.topic, first, times),
        *(LogRow("", entry.level, "", text, "") for text in more),
    ]
