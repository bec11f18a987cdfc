"""Where the panes are, by the size of the terminal. A pure plan, and the layout that gives it to Textual.

Three plans: narrow (from 80 columns), medium (from 110) and wide (from 180). The ladder is full height in all of them;
in narrow and medium ones the panes without a place of their own share one, a tab each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

LEAST: Final = Size(80, 24)
TOO_SMALL: Final = "too-small"
MEDIUM_FROM: Final = 110
WIDE_FROM: Final = 180
TALL_FROM: Final = 30
"""Fewer rows: no footer, and a replay bar of two lines without a frame."""
REPLAY_HEIGHT: Final = 5
TICKET_HEIGHT: Final = 11

NUMBERS: Final = {"ladder": 1, "chart": 2, "orders": 3, "account": 4, "tape": 5, "log": 6}
"""The panes that can have the focus, with the number that `;` is followed by."""

NARROW_TABS: Final = ("orders", "account", "tape", "chart", "log")
MEDIUM_TABS: Final = ("orders", "account", "tape", "log")


class View(NamedTuple):
    """What the plan depends on besides the size: the tab that is shown, a pane alone on screen, a replay bar."""

    tab: str = "orders"
    zoomed: str | None = None
    is_replay: bool = False


def tabs(width: int) -> tuple[str, ...]:
    """The panes that share a place at this width; none when all have their own."""
    if width >= WIDE_FROM:
        return ()
    return MEDIUM_TABS if width >= MEDIUM_FROM else NARROW_TABS


def plan(width: int, height: int, view: View) -> dict[str, Region]:
    """Pane → its place; panes that are not in it are not shown. Below 80×24 one pane says so."""
    if width < LEAST.width or height < LEAST.height:
        return {TOO_SMALL: Region(0, 0, width, height)}
    is_wide, is_tall = width >= WIDE_FROM, height >= TALL_FROM
    places = {"header": Region(0, 0, width, 1), "position": Region(0, 1, width, 1)}
    bottom = height
    lines = ["footer"] * is_tall + ["status", "prompt"] + ["pretrade"] * (not is_wide)
    for name in lines:
        bottom -= 1
        places[name] = Region(0, bottom, width, 1)
    if view.is_replay:
        rows = REPLAY_HEIGHT if is_tall else 2
        bottom -= rows
        places["replay"] = Region(0, bottom, width, rows)
    body = Region(0, 2, width, bottom - 2)
    if view.zoomed is not None:
        places[view.zoomed] = body
    elif is_wide:
        places |= _wide(body)
    elif width >= MEDIUM_FROM:
        places |= _medium(body, view.tab)
    else:
        places |= _narrow(body, view.tab)
    return places


def _narrow(body: Region, tab: str) -> dict[str, Region]:
    ladder, rest = body.split_vertical(44)
    return {"ladder": ladder, tab: rest}


def _medium(body: Region, tab: str) -> dict[str, Region]:
    left, ladder = body.split_vertical(-(54 + (body.width - MEDIUM_FROM) // 6))
    chart, shared = left.split_horizontal(max(10, body.height * 58 // 100))
    return {"chart": chart, tab if tab in MEDIUM_TABS else "orders": shared, "ladder": ladder}


def _wide(body: Region) -> dict[str, Region]:
    rest, ladder = body.split_vertical(-(64 + (body.width - WIDE_FROM) // 5))
    left, middle = rest.split_vertical(-40)
    tape, ticket = middle.split_horizontal(-TICKET_HEIGHT)
    chart, tables = left.split_horizontal(max(12, body.height * 48 // 100))
    orders, more = tables.split_horizontal(tables.height * 36 // 100)
    account, log = more.split_horizontal(more.height * 60 // 100)
    return {
        "ladder": ladder,
        "tape": tape,
        "ticket": ticket,
        "chart": chart,
        "orders": orders,
        "account": account,
        "log": log,
    }


class DeskLayout(Layout):
    """Puts the children of a screen where the plan says; those without a place are not shown."""

    name = "desk"

    def __init__(self, view: Callable[[], View]) -> None:
        self._view = view

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        places = plan(size.width, size.height, self._view())
        return [
            WidgetPlacement(places[child.id], NULL_OFFSET, Spacing(), child)
            for child in children
            if child.id is not None and child.id in places
        ]
