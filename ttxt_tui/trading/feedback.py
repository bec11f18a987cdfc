"""What a key says back: one line and how grave it is."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How grave a line is."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class Feedback(NamedTuple):
    """The answer to a key. An empty text says nothing."""

    text: str
    level: Level = Level.INFO


SILENT = Feedback("")
