"""The replay bar: a line of where the replay stands, a timeline of activity, and the marks on it.

Owns how both lines meet a width. In two rows the marks stand in the timeline, in three below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from textual.strip import Strip

from ttxt_tui.paint.cells import VERTICAL_EIGHTHS
from ttxt_tui.paint.text import Run, fit_right, strip, width_of
from ttxt_tui.state.replay import MarkKind, ReplayView, TimelineCell
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

_NOW: Final = "┃"
_GAP: Final = "░"
_LOOP: Final = "═"
_MARKS: Final[Mapping[MarkKind, tuple[str, Role]]] = {
    MarkKind.BOOKMARK: ("◆", "accent"),
    MarkKind.BUY: ("▲", "bid"),
    MarkKind.SELL: ("▼", "ask"),
    MarkKind.FILLS: ("●", "own_order"),
}
_SPEED_WIDTH: Final = 5
_ELAPSED_WIDTH: Final = 7


Hints = Sequence[tuple[str, str]]
"""Keys, and what they do."""


def replay_bar(view: ReplayView, palette: Palette, width: int, height: int, hints: Hints = ()) -> list[Strip]:
    """The bar in `height` rows: the timeline wants a `view` of `timeline_width(width)` columns."""
    rows = [_control_line(view, palette, width, hints)]
    if height == 2:
        rows.append(_timeline(view.cells, palette, width, with_marks=True))
    elif height >= 3:
        rows.append(_timeline(view.cells, palette, width, with_marks=False))
        rows.append(_mark_line(view.cells, palette, width))
    blank = strip([], width, palette.style("text", "panel"))
    return [*rows, *([blank] * (height - len(rows)))][: max(height, 0)]


def timeline_width(width: int) -> int:
    """The columns that the timeline has in a bar of `width` cells."""
    return max(width - 2, 0)


def timeline_column(x: int, y: int, width: int) -> int | None:
    """The column of the timeline that a cell of the bar belongs to, the marks below it too; None beside it."""
    return x - 1 if y >= 1 and 1 <= x <= timeline_width(width) else None


def _control_line(view: ReplayView, palette: Palette, width: int, hints: Hints) -> Strip:
    blank, dim = palette.style("text", "panel"), palette.style("text_dim", "panel")
    text, faint = palette.style("text", "panel", bold=True), palette.style("text_faint", "panel")
    state = palette.style("warning", "panel") if view.is_held or view.is_ended else palette.style("ok", "panel")
    word = "■ END " if view.is_ended else "‖ HELD" if view.is_held else "▶ PLAY"
    elapsed = fit_right(view.elapsed, _ELAPSED_WIDTH) + (f" of {view.total}" if view.total else "")
    parts: list[list[Run]] = [
        [(word, state), (" " + fit_right(view.speed, _SPEED_WIDTH), text)],
        [(view.now, text)],
        [(elapsed, dim)],
        [("attempt ", dim), (f"{view.attempt:<3}", text)],
        [(view.date, faint)],
        [("blind" if view.is_blind else "future shown", faint if view.is_blind else palette.style("warning", "panel"))],
        *([(extra, palette.style("session_replay", "panel"))] for extra in view.extras),
        *(
            [(key, palette.style("key_hint", "panel")), (f" {label}", dim)]
            for key, label in hints
        ),
    ]  # fmt: skip
    runs: list[Run] = []
    room = width
    for part in parts:
        length = 1 + sum(width_of(piece) for piece, _ in part) + (1 if runs else 0)
        if length >= room:
            break
        runs += [("  " if runs else " ", blank), *part]
        room -= length
    return strip(runs, width, blank)


def _timeline(cells: Sequence[TimelineCell], palette: Palette, width: int, *, with_marks: bool) -> Strip:
    blank = palette.style("text", "panel")
    columns = [_timeline_cell(cell, palette, with_marks=with_marks) for cell in cells]
    return strip(_joined([(" ", blank), *columns]), width, blank)


def _timeline_cell(cell: TimelineCell, palette: Palette, *, with_marks: bool) -> Run:
    if cell.is_now:
        return _NOW, palette.style("accent", "panel")
    if with_marks and cell.mark is not MarkKind.NONE:
        glyph, role = _MARKS[cell.mark]
        return glyph, palette.style(role, "panel")
    if cell.is_gap:
        return _GAP, palette.style("warning", "panel", dim=True)
    return VERTICAL_EIGHTHS[min(max(cell.level, 0), 8)], palette.style("crosshair", "panel")


def _mark_line(cells: Sequence[TimelineCell], palette: Palette, width: int) -> Strip:
    blank = palette.style("text", "panel")
    runs: list[Run] = [(" ", blank)]
    for cell in cells:
        glyph, role = _MARKS.get(cell.mark, (_LOOP, "accent") if cell.is_looped else (" ", "text"))
        runs.append((glyph, palette.style(role, "panel")))
    return strip(_joined(runs), width, blank)


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Neighbours of one style as one run: fewer segments to write."""
    joined: list[Run] = []
    for text, style in runs:
        if joined and joined[-1][1] is style:
            joined[-1] = (joined[-1][0] + text, style)
        else:
            joined.append((text, style))
    return joined
