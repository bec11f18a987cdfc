"""What an import could not use: each kind of problem is told once, where it was met first, and counted.

Owns which problems are of one kind. Pure but for the function that it tells them to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ttxt_core.connectors.captures import CapturedFrame
from ttxt_core.errors import TtxtError

MOST_KINDS_TOLD = 20
"""Further kinds of problems are only counted: the first ones say what is wrong with a capture."""

_DIGITS = re.compile(r"\d+")


@dataclass
class _Kind:
    text: str
    first_line: int
    last_line: int
    count: int = 1


class ImportProblems:
    """The problems of one capture.

    Attributes:
        skipped: frames that could not be used.
    """

    def __init__(self, capture: Path, tell: Callable[[str], None]) -> None:
        """`tell` is given each message."""
        self.skipped = 0
        self._name = capture.name
        self._tell = tell
        self._kinds: dict[tuple[str, str, str], _Kind] = {}

    def skip(self, frame: CapturedFrame, error: TtxtError) -> None:
        """`frame` can't be used, because of `error`."""
        self.skipped += 1
        self.note(frame, error)

    def note(self, frame: CapturedFrame, error: TtxtError) -> None:
        """`frame` was used, but `error` is to be known."""
        # Positions and numbers differ from frame to frame; the kind of problem does not.
        key = (frame.connection, error.asked, _DIGITS.sub("#", error.answered))
        kind = self._kinds.get(key)
        if kind is not None:
            kind.count += 1
            kind.last_line = frame.line
            return
        where = f", {frame.connection}" if frame.connection else ""
        self._kinds[key] = _Kind(f"{error.asked}: {error.answered}", frame.line, frame.line)
        if len(self._kinds) <= MOST_KINDS_TOLD:
            self._tell(f"{self._name} line {frame.line}{where}: {error}")

    def finish(self) -> None:
        """Tell how often each problem came again."""
        kinds = list(self._kinds.values())
        for kind in kinds[:MOST_KINDS_TOLD]:
            if kind.count > 1:
                self._tell(
                    f"{self._name}: {kind.count - 1:,} more like line {kind.first_line}, up to line {kind.last_line}: "
                    f"{kind.text}"
                )
        if others := kinds[MOST_KINDS_TOLD:]:
            count = sum(kind.count for kind in others)
            self._tell(
                f"{self._name}: {count:,} more problems of {len(others):,} other kinds, from line "
                f"{others[0].first_line} on"
            )
