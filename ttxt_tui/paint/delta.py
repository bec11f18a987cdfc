"""What to write to a terminal so that painted rows become others: only the cells that changed, each style once.

Owns the control sequences of that. Knows no widget: where the rows are, and what filters and depth of colour a style
goes through on its way to the terminal, is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


class RowChange(NamedTuple):
    """A row as it is on the terminal, and as it is to be; both of one width. `line` counts from the first row."""

    line: int
    before: Strip
    after: Strip


class Look(NamedTuple):
    """A style as a terminal knows it: parameters of SGR sequences, the attributes apart from the colours."""

    attributes: str
    ink: str
    paper: str


def look_of(style: Style, system: ColorSystem) -> Look:
    """What `style` is on a terminal with the colours of `system`."""
    flags = (("1", style.bold), ("2", style.dim), ("3", style.italic), ("4", style.underline), ("7", style.reverse))
    ink, paper = style.color, style.bgcolor
    return Look(
        ";".join(code for code, is_set in flags if is_set),
        "39" if ink is None else ";".join(ink.downgrade(system).get_ansi_codes()),
        "49" if paper is None else ";".join(paper.downgrade(system).get_ansi_codes(foreground=False)),
    )


def changed_part(before: Iterable[Segment], after: Iterable[Segment]) -> tuple[int, Sequence[Segment]]:
    """Where two rows of one width begin to differ, and what stands there in `after` up to the last difference."""
    old, new = list(before), list(after)
    first = start = 0
    for was, is_now in zip(old, new, strict=False):
        if was != is_now:
            break
        start += _width(is_now.text)
        first += 1
    last_old, last_new = len(old), len(new)
    while last_old > first and last_new > first and old[last_old - 1] == new[last_new - 1]:
        last_old -= 1
        last_new -= 1
    old, new = old[first:last_old], new[first:last_new]
    if old and new and old[0].style == new[0].style:
        same = _shared(old[0].text, new[0].text)
        start += same
        old[0], new[0] = _from(old[0], same), _from(new[0], same)
    if old and new and old[-1].style == new[-1].style:
        same = _shared(old[-1].text[::-1], new[-1].text[::-1])
        new[-1] = _until(new[-1], len(new[-1].text) - same)
    return start, [segment for segment in new if segment.text]


class RowWriter:
    """Writes changes of rows; keeps what it takes to get from one style to another."""

    def __init__(self, look: Callable[[Style], Look]) -> None:
        """`look` tells what a style is on the terminal; equal styles are asked for once."""
        self._look = look
        self._looks: dict[Style, Look] = {}
        self._turns: dict[tuple[Style | None, Style], str] = {}

    def text(self, x: int, y: int, changes: Iterable[RowChange]) -> str:
        """The sequences that make `changes`, with the first cell of line 0 at column `x`, row `y` (from 0).

        They end in the terminal's default style, which is also what they expect to begin with. Empty when nothing
        differs.
        """
        parts: list[str] = []
        turns, now = self._turns, None
        for line, before, after in changes:
            start, segments = changed_part(before, after)
            if not segments:
                continue
            parts.append(f"\x1b[{y + line + 1};{x + start + 1}H")
            for text, style, _ in segments:
                wanted = style or _PLAIN
                if wanted is not now:
                    turn = turns.get((now, wanted))
                    parts.append(self._turn(now, wanted) if turn is None else turn)
                    now = wanted
                parts.append(text)
        if now is not None:
            parts.append(_RESET)
        return "".join(parts)

    def _turn(self, now: Style | None, wanted: Style) -> str:
        after = self._look_of(wanted)
        if now is None:
            changed = [code for code in after if code]
        else:
            before = self._look_of(now)
            if before.attributes != after.attributes:
                changed = ["0", *(code for code in after if code)]
            else:
                changed = [code for old, code in zip(before, after, strict=True) if code != old]
        turn = self._turns[now, wanted] = f"\x1b[{';'.join(changed)}m" if changed else ""
        return turn

    def _look_of(self, style: Style) -> Look:
        look = self._looks.get(style)
        if look is None:
            look = self._looks[style] = self._look(style)
        return look


_PLAIN = Style.null()
_RESET = "\x1b[0m"


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _shared(one: str, other: str) -> int:
    """How many leading characters are the same; 0 where characters and cells are not one to one."""
    if _width(one) != len(one) or _width(other) != len(other):
        return 0
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return shared


def _from(segment: Segment, start: int) -> Segment:
    return Segment(segment.text[start:], segment.style) if start else segment


def _until(segment: Segment, end: int) -> Segment:
    return Segment(segment.text[:end], segment.style) if end < len(segment.text) else segment
