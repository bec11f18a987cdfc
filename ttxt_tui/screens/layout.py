"""Where the panes are, by the size of the terminal. A pure plan, and the layout that gives it to Textual.

Three plans: narrow (from 80 columns), medium (from 110) and wide (from 180). The ladder is full height in all of them;
in narrow and medium ones the panes without a place of their own share one, a tab each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from ttxt_tui.panes.workspace import LADDERS

LEAST: Final = Size(80, 24)
TOO_SMALL: Final = "too-small"
MEDIUM_FROM: Final = 110
WIDE_FROM: Final = 180
TALL_FROM: Final = 30
"""Fewer rows: no footer, and a replay bar of two lines without a frame."""
REPLAY_HEIGHT: Final = 5
TICKET_HEIGHT: Final = 11
HINT_WIDTH: Final = 84

DEPTH_HEIGHT: Final = 16
WATCHLIST_AROUND: Final = 3
"""Rows of a watchlist that are not instruments: its frame and its heads."""

NUMBERS: Final = {
    "ladder": 1, "chart": 2, "orders": 3, "account": 4, "tape": 5, "log": 6, "heatmap": 7, "depth": 8,
    "watchlist": 9,
}  # fmt: skip
"""The panes that can have the focus, with the number that `;` is followed by."""

LEAST_LADDER: Final = 42
MEDIUM_REST: Final = 36
WIDE_REST: Final = 72
"""Cells that a ladder among several has at least, and that are left for all other panes."""

NARROW_TABS: Final = ("orders", "account", "tape", "chart", "log", "watchlist")
MEDIUM_TABS: Final = ("orders", "account", "tape", "log", "watchlist")
MEDIUM_CHARTS: Final = ("chart", "heatmap", "depth")
WIDE_TABS: Final = ("account", "log")
"""Session profit and errors: both are on the screen in short as well."""


class View(NamedTuple):
    """What the plan depends on besides the size.

    Attributes:
        tab: which of the panes that share a place is shown; chart: the same for those that share the chart's.
        zoomed: the pane that is alone on screen.
        is_replay: there is a replay bar. hint_rows: what the hints of the open command line take; 0 while it is closed.
        is_cursor_low: the ladder's cursor is in its lower half.
        symbols: how many instruments there are; the watchlist of a single one has no place of its own.
        ladders: how many stand side by side, as far as there is room.
    """

    tab: str = "orders"
    zoomed: str | None = None
    is_replay: bool = False
    hint_rows: int = 0
    is_cursor_low: bool = False
    chart: str = "chart"
    symbols: int = 1
    ladders: int = 1


def tabs(width: int) -> tuple[str, ...]:
    """The panes that share a place at this width."""
    if width >= WIDE_FROM:
        return WIDE_TABS
    return MEDIUM_TABS if width >= MEDIUM_FROM else NARROW_TABS


def charts(width: int) -> tuple[str, ...]:
    """The panes that share the chart's place at this width; none when the others have their own, or none at all."""
    return MEDIUM_CHARTS if MEDIUM_FROM <= width < WIDE_FROM else ()


def ladder_count(width: int, wanted: int) -> int:
    """How many of `wanted` ladders have room side by side, beside what else is shown."""
    if width < MEDIUM_FROM:
        return 1
    rest = WIDE_REST if width >= WIDE_FROM else MEDIUM_REST
    return min(max(wanted, 1), len(LADDERS), max((width - rest) // LEAST_LADDER, 1))


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
        places |= _wide(body, view)
    elif width >= MEDIUM_FROM:
        places |= _medium(body, view)
    else:
        places |= _narrow(body, view.tab)
    return places


def overlays(width: int, height: int, view: View) -> dict[str, Region]:
    """What lies over the plan while a command is typed: its row on the lower frames, its hints beside the ladder.

    A ladder alone on screen has nothing beside it: the hints keep to the half in which its cursor is not.
    """
    places = plan(width, height, view)
    if not view.hint_rows or TOO_SMALL in places:
        return {}
    bottom = max(places[name].bottom for name in NUMBERS if name in places)
    ladder = places.get("ladder", Region(0, 0, 0, 0))
    is_alone = ladder.width == width
    left = 0 if is_alone or ladder.x > 0 else ladder.right
    top = ladder.y + 1 if is_alone and view.is_cursor_low else bottom - 1 - view.hint_rows
    return {
        "command": Region(0, bottom - 1, width, 1),
        "hint": Region(left, top, hint_width(width, places), view.hint_rows),
    }


def hint_width(width: int, places: Mapping[str, Region]) -> int:
    """How wide the hints are in a plan: what the ladder leaves of the width, all of it where it leaves none."""
    ladder = places.get("ladder", Region(0, 0, 0, 0))
    return min(ladder.x or width - ladder.width or width, HINT_WIDTH)


def _narrow(body: Region, tab: str) -> dict[str, Region]:
    ladder, rest = body.split_vertical(44)
    return {"ladder": ladder, tab: rest}


def _medium(body: Region, view: View) -> dict[str, Region]:
    left, ladders = _beside_ladders(body, view, 54 + (body.width - MEDIUM_FROM) // 6)
    chart, shared = left.split_horizontal(max(10, body.height * 58 // 100))
    return {
        view.chart if view.chart in MEDIUM_CHARTS else "chart": chart,
        view.tab if view.tab in MEDIUM_TABS else "orders": shared,
        **ladders,
    }


def _beside_ladders(body: Region, view: View, width: int) -> tuple[Region, dict[str, Region]]:
    """What is left of the ladders, and these: one has `width`, several share what they need at least."""
    count = ladder_count(body.width, view.ladders)
    rest, block = body.split_vertical(-max(width, count * LEAST_LADDER))
    ladders = {}
    for at, name in enumerate(LADDERS[:count]):
        ladders[name], block = block.split_vertical(block.width // (count - at))
    return rest, ladders


def _wide(body: Region, view: View) -> dict[str, Region]:
    rest, ladders = _beside_ladders(body, view, 64 + (body.width - WIDE_FROM) // 5)
    left, middle = rest.split_vertical(-40)
    tape, below = middle.split_horizontal(-TICKET_HEIGHT - min(DEPTH_HEIGHT, middle.height // 3))
    depth, ticket = below.split_horizontal(-TICKET_HEIGHT)
    watched = {}
    if view.symbols > 1 and tape.height // 2 > WATCHLIST_AROUND:
        tape, watched["watchlist"] = tape.split_horizontal(-min(view.symbols + WATCHLIST_AROUND, tape.height // 2))
    chart, lower = left.split_horizontal(max(8, body.height * 36 // 100))
    heatmap, tables = lower.split_horizontal(max(8, body.height * 32 // 100))
    orders, shared = tables.split_horizontal(tables.height * 46 // 100)
    return {
        **ladders,
        "tape": tape,
        "depth": depth,
        "ticket": ticket,
        "chart": chart,
        "heatmap": heatmap,
        "orders": orders,
        view.tab if view.tab in WIDE_TABS else WIDE_TABS[0]: shared,
        **watched,
    }


class DeskLayout(Layout):
    """Puts the children of a screen where the plan says; those without a place are not shown."""

    name = "desk"

    def __init__(self, view: Callable[[], View]) -> None:
        self._view = view

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        view = self._view()
        above = overlays(size.width, size.height, view)
        places = plan(size.width, size.height, view) | above
        return [
            WidgetPlacement(places[child.id], NULL_OFFSET, Spacing(), child, order=int(child.id in above))
            for child in children
            if child.id is not None and child.id in places
        ]
