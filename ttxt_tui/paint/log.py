"""The log's rows: time, how grave it is as a glyph and a colour, the text."""

from __future__ import annotations

from typing import Final

from rich.style import Style
from textual.strip import Strip

from ttxt_tui.paint.text import Run, fit, strip, width_of
from ttxt_tui.paint.tones import tone_style
from ttxt_tui.state.log import LogLevel, LogRow
from ttxt_tui.state.tones import Tone
from ttxt_tui.theme.palette import Palette

EMPTY_TEXT: Final = "nothing has been logged yet"
_GLYPH: Final = {LogLevel.INFO: "·", LogLevel.OK: "✓", LogLevel.WARN: "!", LogLevel.ERROR: "✗"}
_GLYPH_TONE: Final = {
    LogLevel.INFO: Tone.FAINT,
    LogLevel.OK: Tone.OK,
    LogLevel.WARN: Tone.WARNING,
    LogLevel.ERROR: Tone.ERROR,
}
_TOPIC_WIDTH: Final = 10
_WITH_TOPIC: Final = 72
_WITH_MS: Final = 60


def text_width(width: int) -> int:
    """The cells that the text of an entry has in a pane of `width`: what `Log.rows` is to break texts at."""
    return max(width - _before(width) - 1, 1)


def log_row(row: LogRow, palette: Palette, width: int) -> Strip:
    """One line; what continues an entry stands under its text."""
    blank = palette.style("text", "panel")
    if not row.time:
        return strip([(" " * _before(width), blank), (row.text, _text_style(row, palette))], width, blank)
    faint = palette.style("text_faint", "panel")
    runs: list[Run] = [(" " + row.time[: _time_width(width)], faint)]
    runs += [(" ", blank), (_GLYPH[row.level], tone_style(palette, _GLYPH_TONE[row.level], "panel")), (" ", blank)]
    if width >= _WITH_TOPIC:
        runs.append((fit(row.topic, _TOPIC_WIDTH) + " ", palette.style("text_dim", "panel")))
    room = text_width(width) - (width_of(row.times) + 1 if row.times else 0)
    text = fit(row.text, max(room, 0)) if row.times or width_of(row.text) > room else row.text
    runs.append((text, _text_style(row, palette)))
    if row.times:
        runs.append((f" {row.times}", palette.style("text_dim", "panel")))
    return strip(runs, width, blank)


def _text_style(row: LogRow, palette: Palette) -> Style:
    return tone_style(palette, Tone.ERROR if row.level is LogLevel.ERROR else Tone.PLAIN, "panel")


def _time_width(width: int) -> int:
    return 12 if width >= _WITH_MS else 8


def _before(width: int) -> int:
    """The cells before the text."""
    return 1 + _time_width(width) + 3 + (_TOPIC_WIDTH + 1 if width >= _WITH_TOPIC else 0)
