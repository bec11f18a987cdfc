"""What a key says back: one line and how grave it is."""

from __future__ import annotations

from typing import NamedTuple

from ttxt_tui.state.log import LogLevel


class Feedback(NamedTuple):
    """The answer to a key. An empty text says nothing."""

    text: str
    level: LogLevel = LogLevel.INFO


SILENT = Feedback("")
