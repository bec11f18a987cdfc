"""A row of tabs: what a pane can show, how many of each there are, and which one is shown.

Owns how tabs meet a width: they become shorter one after another, the shown one last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from textual.strip import Strip

from ttxt_tui.paint.text import Run, strip, width_of
from ttxt_tui.theme.palette import Palette
from ttxt_tui.theme.roles import Role

_TOTAL_WIDTH: Final = 3


class Tab(NamedTuple):
    """A tab; `total` is how many rows it has, None for no figure. It always takes the same room."""

    name: str
    total: int | None = None


def tab_row(
    tabs: Sequence[Tab], shown: int, palette: Palette, width: int, *, note: str = "", surface: Role = "panel"
) -> Strip:
    """The tabs from the left, `note` (such as which rows of a long list are in view) at the right when it fits."""
    cells = [_words(tab, 1) for tab in tabs]
    for names in (24, 8, 4, 3):
        longer = [_words(tab, names) for tab in tabs]
        if sum(width_of(name) + width_of(total) for name, total in longer) <= width:
            cells = longer
            break
    blank = palette.style("text", surface)
    runs: list[Run] = []
    for at, (name, total) in enumerate(cells):
        if at == shown:
            runs += [(name, palette.style("accent", "panel_alt")), (total, palette.style("text", "panel_alt"))]
        else:
            runs += [(name, palette.style("text_dim", surface)), (total, palette.style("text_faint", surface))]
    room = width - sum(width_of(text) for text, _ in runs)
    if note and width_of(note) + 2 <= room:
        runs += [(" " * (room - width_of(note) - 1), blank), (note, palette.style("text_faint", surface))]
    return strip(runs, width, blank)


def _words(tab: Tab, name_width: int) -> tuple[str, str]:
    total = "" if tab.total is None else f"{_counted(tab.total):<{_TOTAL_WIDTH}} "
    return f" {tab.name[:name_width]} ", total


def _counted(total: int) -> str:
    return str(total) if total < 1000 else f"{min(total // 1000, 99)}k"
