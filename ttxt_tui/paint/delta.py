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

Line = Sequence[Segment]
"""A painted row. Styles are compared by identity, as a palette gives the identical one for the same look."""


class RowChange(NamedTuple):
    """A row as it is on the terminal, and as it is to be; both of one width. `line` counts from the first row."""

    line: int
    before: Line
    after: Line


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


def joined(line: Line) -> list[Segment]:
    """The same row with neighbours of one style in one segment."""
    joint: list[Segment] = []
    for segment in line:
        if joint and segment[1] is joint[-1][1]:
            joint[-1] = Segment(joint[-1][0] + segment[0], segment[1])
        else:
            joint.append(segment)
    return joint


def changed_part(old: Line, new: Line) -> tuple[int, Line]:
    """Where two rows of one width begin to differ, and what stands there in `new` up to the last difference."""
    first = start = 0
    for was, now in zip(old, new, strict=False):
        if was is not now and (was[0] != now[0] or was[1] is not now[1]):
            break
        start += _width(now[0])
        first += 1
    last_old, last_new = len(old), len(new)
    while last_old > first and last_new > first:
        was, now = old[last_old - 1], new[last_new - 1]
        if was is not now and (was[0] != now[0] or was[1] is not now[1]):
            break
        last_old -= 1
        last_new -= 1
    changed = list(new[first:last_new])
    if not changed or last_old == first:
        return start, changed
    # The first and the last of them may still be partly the same.
    was, now = old[first], changed[0]
    if was[1] is now[1] and was[0][:1] == now[0][:1] and (same := _shared(was[0], now[0])):
        start += same
        changed[0] = now = Segment(now[0][same:], now[1])
        was = Segment(was[0][same:], was[1])
    if last_old > first + 1:
        was = old[last_old - 1]
    if len(changed) > 1:
        now = changed[-1]
    if was[1] is now[1] and was[0][-1:] == now[0][-1:] and (same := _shared(was[0][::-1], now[0][::-1])):
        changed[-1] = Segment(now[0][: len(now[0]) - same], now[1])
    return start, [segment for segment in changed if segment[0]]


class RowWriter:
    """Writes changes of rows; keeps what it takes to get from one style to another."""

    def __init__(self, look: Callable[[Style], Look]) -> None:
        """`look` tells what a style is on the terminal; it is asked once for each."""
        self._look = look
        self._looks: dict[int, tuple[Style, Look]] = {}
        self._turns: dict[int, dict[int, str]] = {}
        self._turn_count = 0

    def text(self, x: int, y: int, changes: Iterable[RowChange]) -> str:
        """The sequences that make `changes`, with the first cell of line 0 at column `x`, row `y` (from 0).

        They end in the terminal's default style, which is also what they expect to begin with. Empty when nothing
        differs.
        """
        parts: list[str] = []
        now: Style | None = None
        for line, before, after in changes:
            start, segments = changed_part(before, after)
            if segments:
                parts.append(f"\x1b[{y + line + 1};{x + start + 1}H")
                now = self._write(parts, segments, now)
        if now is not None:
            parts.append(_RESET)
        return "".join(parts)

    def row(self, line: Line) -> str:
        """The sequences that write `line` where the cursor is; from and to the terminal's default style."""
        parts: list[str] = []
        self._write(parts, line, None)
        return "".join([*parts, _RESET])

    def _write(self, parts: list[str], segments: Line, now: Style | None) -> Style | None:
        """Add what writes `segments` after text in the style `now`; gives the style that is left."""
        turns, add = self._turns, parts.append
        for text, style, _ in segments:
            wanted = _PLAIN if style is None else style  # asking a style whether it is anything takes longer
            if wanted is not now:
                known = turns.get(id(now))
                turn = None if known is None else known.get(id(wanted))
                add(self._turn(now, wanted) if turn is None else turn)
                now = wanted
            add(text)
        return now

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
        turn = f"\x1b[{';'.join(changed)}m" if changed else ""
        self._turn_count += 1
        if self._turn_count > _TURNS_KEPT:
            self._turn_count = 0
            self._turns.clear()
        self._turns.setdefault(id(now), {})[id(wanted)] = turn
        return turn

    def _look_of(self, style: Style) -> Look:
        """What `style` is. The style is kept with it, so that its id means no other one."""
        kept = self._looks.get(id(style))
        if kept is None:
            kept = self._looks[id(style)] = (style, self._look(style))
        return kept[1]


_PLAIN = Style.null()
_RESET = "\x1b[0m"
_TURNS_KEPT = 2_048
"""From one style to another: of the blended colours of a heatmap there are tens of thousands."""


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
