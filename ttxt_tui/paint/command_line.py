"""The command line: the row that is typed, and above it what could be typed next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.style import Style
from textual.strip import Strip

from ttxt_tui.commandline.completion import Candidate, Stage
from ttxt_tui.commandline.editor import CommandLine
from ttxt_tui.paint.text import Run, fit, printable, strip, width_of
from ttxt_tui.paint.tones import tone_style
from ttxt_tui.state.figures import wrapped
from ttxt_tui.state.tones import Tone
from ttxt_tui.theme.palette import Palette

MOST_ROWS: Final = 8
"""Of the hints."""

_PROMPT: Final = ":"
_ANSWER_ROWS: Final = 3
_LEAST_ROOM: Final = 12
_NAME_WIDTH: Final = 18


def input_row(line: CommandLine, palette: Palette, width: int) -> Strip:
    """What was typed, with the cursor and the word that is wrong; the usage of its form behind it."""
    surface = palette.style("text", "panel_alt")
    left, room = _in_sight(line, max(width - 3, 1))
    text, cursor = printable(line.text)[left : left + room], line.cursor - left
    reading = line.reading
    faulty = range(reading.start - left, reading.end - left) if reading.stage is Stage.WRONG else range(0)
    prompt = palette.style("accent", "panel_alt", bold=True)
    runs: list[Run] = [(f" {_PROMPT}", prompt)]
    for at, char in enumerate(text):
        runs.append((char, _look(palette, is_cursor=at == cursor, is_faulty=at in faulty)))
    if cursor >= len(text):
        runs.append((" ", _look(palette, is_cursor=True, is_faulty=False)))
    taken = sum(width_of(run) for run, _ in runs)
    note = _note(line)
    if note and width - taken - 2 >= min(width_of(note), _LEAST_ROOM):
        runs.append(("  " + note, palette.style("text_dim", "panel_alt")))
    return strip(runs, width, surface)


def hint_height(line: CommandLine, palette: Palette, width: int) -> int:
    """The rows that the hints take."""
    return min(len(line.candidates) + len(_answer(line, palette, width)), MOST_ROWS)


def hint_rows(line: CommandLine, palette: Palette, width: int, height: int) -> list[Strip]:
    """The candidates, and at the bottom what is said of the line."""
    surface = palette.style("text", "panel_alt")
    answer = _answer(line, palette, width)[: max(height - 1, 1)]
    room = max(height - len(answer), 0)
    first = 0 if line.chosen is None else max(line.chosen - room + 1, 0)
    candidates = line.candidates[first : first + room]
    names = max((width_of(each.text) for each in line.candidates), default=0)
    names = min(max(names, 4), max(width // 2, 4), _NAME_WIDTH)
    rows = [
        _candidate(each, palette, width, names, is_chosen=first + at == line.chosen)
        for at, each in enumerate(candidates)
    ]
    more = len(line.candidates) - first - len(candidates)
    if more > 0 and rows:
        text = f"… {more + 1} more"
        rows[-1] = strip([(f" {fit(text, width - 1)}", palette.style("text_faint", "panel_alt"))], width, surface)
    blank = strip([], width, surface)
    return [*([blank] * (room - len(rows))), *rows, *answer][:height]


def _in_sight(line: CommandLine, room: int) -> tuple[int, int]:
    """Which part of a long line is shown: the one with the cursor."""
    return max(line.cursor - room + 1, 0), room


def _look(palette: Palette, *, is_cursor: bool, is_faulty: bool) -> Style:
    if is_cursor:
        return palette.style("tag_text", "accent", bold=True)
    return palette.style("error" if is_faulty else "text", "panel_alt", bold=is_faulty)


def _note(line: CommandLine) -> str:
    """The usage of the form that is being typed; nothing while there is no command yet or it is whole."""
    return "" if line.reading.typed is not None else line.reading.usage


def _candidate(each: Candidate, palette: Palette, width: int, names: int, *, is_chosen: bool) -> Strip:
    surface = palette.style("text", "panel_alt")
    name, meaning = fit(each.text, names), fit(each.meaning, max(width - names - 3, 0))
    if is_chosen:
        style = palette.style("tag_text", "accent", bold=True)
        return strip([(f" {name} ", style), (f" {meaning}", surface)], width, surface)
    return strip(
        [
            (f" {name} ", palette.style("text", "panel_alt", bold=True)),
            (f" {meaning}", tone_style(palette, Tone.DIM, "panel_alt")),
        ],
        width,
        surface,
    )


def _answer(line: CommandLine, palette: Palette, width: int) -> Sequence[Strip]:
    is_wrong = line.is_fault or (not line.answer and line.reading.stage is Stage.WRONG)
    tone = Tone.ERROR if is_wrong else Tone.OK if line.reading.typed is not None else Tone.PLAIN
    glyph = {Tone.ERROR: "✗", Tone.OK: "✓"}.get(tone, "›")
    text = line.answer or line.reading.hint
    style, blank = tone_style(palette, tone, "panel_alt"), palette.style("text", "panel_alt")
    lines = wrapped(text, max(width - 4, 8))[:_ANSWER_ROWS]
    return [
        strip([(f" {glyph if at == 0 else ' '} ", style), (fit(each, max(width - 3, 0)), style)], width, blank)
        for at, each in enumerate(lines)
    ]
