"""The prompt line: what is half typed or why a key did nothing; and the coach line of the first minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.strip import Strip

from ttxt_tui.paint.fields import SEPARATOR
from ttxt_tui.paint.text import Run, fit, strip, width_of
from ttxt_tui.paint.tones import tone_style
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.tones import Tone
from ttxt_tui.theme.palette import Palette
from ttxt_tui.trading.coach import CoachStep
from ttxt_tui.trading.feedback import Feedback

_GLYPH: Final = {Tone.ERROR: "✗", Tone.WARNING: "!", Tone.OK: "✓", Tone.BUY: "▲", Tone.SELL: "▼"}
_DONE: Final = "✓"
_DASH: Final = " — "
_LEAST: Final = 20
_LEVEL_TONE: Final = {
    LogLevel.OK: Tone.OK,
    LogLevel.INFO: Tone.PLAIN,
    LogLevel.WARN: Tone.WARNING,
    LogLevel.ERROR: Tone.ERROR,
}


def prompt_line(text: str, tone: Tone, palette: Palette, width: int) -> Strip:
    """`text` behind the glyph of its tone, in exactly `width` cells.

    Of a text too long, an ellipsis stands for the end of what comes before a dash: which key sends it is never cut.
    """
    style, blank = tone_style(palette, tone, "panel"), palette.style("text", "panel")
    if not text:
        return strip([], width, blank)
    glyph, room = _GLYPH.get(tone, "›"), max(width - 3, 0)
    what, dash, keys = text.rpartition(_DASH)
    left = room - width_of(dash + keys)
    if dash and width_of(text) > room and left >= _LEAST:
        text = fit(what, left) + dash + keys
    return strip([(f" {glyph} ", style), (fit(text, room), style)], width, blank)


def feedback_line(feedback: Feedback, palette: Palette, width: int) -> Strip:
    """The answer to a key."""
    return prompt_line(feedback.text, _LEVEL_TONE[feedback.level], palette, width)


def coach_line(intro: str, steps: Sequence[CoachStep], palette: Palette, width: int) -> Strip:
    """The first steps behind `intro`; those that were done have a tick instead of their key.

    Where there is no room the intro goes first, then the steps that are done, then the last ones.
    """
    blank, faint = palette.style("text", "panel"), palette.style("text_faint", "panel")
    left = list(steps)
    while left and _coach_width(intro, left) > width:
        done = next((at for at, step in enumerate(left) if step.is_done), None)
        if intro:
            intro = ""
        elif done is not None:
            del left[done]
        else:
            del left[-1]
    runs: list[Run] = [(" ", blank)]
    if intro:
        runs += [(intro, palette.style("text_dim", "panel")), (SEPARATOR if left else "", faint)]
    for at, step in enumerate(left):
        key, _, label = step.text.rpartition(" ")
        runs.append((SEPARATOR if at else "", faint))
        if step.is_done:
            runs += [(f"{_DONE} ", palette.style("ok", "panel")), (label, faint)]
        else:
            runs += [(key, palette.style("key_hint", "panel")), (f" {label}", palette.style("text", "panel"))]
    return strip([run for run in runs if run[0]], width, blank)


def _coach_width(intro: str, steps: Sequence[CoachStep]) -> int:
    words = [f"{_DONE} {step.text.rpartition(' ')[2]}" if step.is_done else step.text for step in steps]
    return 2 + sum(width_of(word) + len(SEPARATOR) for word in ([intro] if intro else []) + words) - len(SEPARATOR)
