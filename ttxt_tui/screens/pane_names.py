"""What the panes and their keys are called on the desk: titles, scopes, and the hints in footer and replay bar."""

from __future__ import annotations

from collections.abc import Sequence

from ttxt_tui.actions import Scope
from ttxt_tui.screens.layout import NUMBERS

AROUND_SUBTITLE = 6
"""Cells of a frame's lower line that no name stands in."""

TITLES = {
    "ladder": "Ladder",
    "chart": "Chart",
    "orders": "Orders",
    "account": "Account",
    "tape": "Tape",
    "log": "Log",
    "heatmap": "Heatmap",
    "depth": "Depth",
    "watchlist": "Watchlist",
    "ladder2": "Ladder",
    "ladder3": "Ladder",
    "ladder4": "Ladder",
}
SHORT_TITLES = {**TITLES, "account": "Acct", "watchlist": "Watch"}
SCOPES = {
    "orders": Scope.ORDERS,
    "chart": Scope.CHART,
    "tape": Scope.TAPE,
    "log": Scope.LOG,
    "heatmap": Scope.HEATMAP,
    "depth": Scope.DEPTH,
    "watchlist": Scope.WATCHLIST,
}

COACH_INTRO = {
    "practice": "Simulated market, nothing is real",
    "paper": "A live market, orders are simulated",
    "replay": "A recording, nothing is real",
    "live": "Orders are REAL: A arms",
}

HINTS = (
    "stage_buy",
    "stage_sell",
    "send",
    "cancel_here",
    "cancel_symbol",
    "flatten",
    "protect",
    "symbol",
    "focus",
    "help",
)
HINTS_REPLAY = ("hold", "step", "slower", "faster", "seek", "bookmark", "attempts")
REPLAY_BAR = (
    (("hold",), "hold/go"),
    (("step_back", "step"), "step"),
    (("slower", "faster"), "speed"),
    (("previous_mark", "next_mark"), "marks"),
    (("bookmark",), "bookmark"),
    (("jump",), "jump"),
    (("attempts",), "attempts"),
)
"""What the bar says of its keys."""
HINTS_LAST = ("command", "record", "quit", "palette")


def title_of(name: str) -> str:
    """What stands in the frame of a pane: its number and its name."""
    return f"{NUMBERS[name]} {TITLES[name]}" if name in NUMBERS else TITLES[name]


def names_of(panes: Sequence[str], room: int) -> str:
    """The numbers and names of panes, as short as it takes to fit."""
    for letters in (None, 4, 3, 2):
        text = " ".join(f"{NUMBERS[name]} {SHORT_TITLES[name][:letters]}" for name in panes)
        if len(text) <= room:
            return text
    return " ".join(str(NUMBERS[name]) for name in panes)
