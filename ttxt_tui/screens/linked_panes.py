"""Which panes show the same instrument, and which ladder is traded on: how frames say so, and what a new ladder shows.

Owns no state: the workspace has it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import LADDERS, LINKED, Workspace
from ttxt_tui.state.links import GROUPS
from ttxt_tui.state.names import short_symbol, symbol

ACTIVE: Final = "· ACTIVE"
"""Beside the name of the one ladder of several that is traded on, where no greater word says so."""


def show_links(panes: Mapping[str, LivePane[Any]], workspace: Workspace, visible: Collection[str]) -> None:
    """Say in the frames which panes show the same instrument, once they don't all do, and which ladder is active."""
    links = workspace.links
    groups = links.groups_of(visible)
    is_one_of_many = sum(name in visible for name in LADDERS) > 1
    is_told = bool(groups) and groups != {links.group_of(workspace.active_ladder)}
    for name in LINKED:
        pane, group, market = panes[name], links.group_of(name), workspace.market_in(name)
        told = "" if market is None or name == "watchlist" else f" {short_symbol(market.key)}"
        is_active = is_one_of_many and name == workspace.active_ladder
        words = [f"· {group}{told}"] if is_told else []
        if is_active and not workspace.desk.is_one_key:
            words.append(ACTIVE)
        pane.tag(" ".join(words))
        pane.set_class(is_active, "-active")
        for letter in GROUPS:
            pane.set_class(is_told and letter == group, f"-link-{letter.lower()}")
    panes["ticket"].entitle("n Ticket" if workspace.market is None else f"n Ticket · {symbol(workspace.market.key)}")


def fill_ladders(workspace: Workspace, shown: Sequence[str]) -> None:
    """A ladder for which nothing was chosen shows a symbol that no other does, where there is one."""
    for name in shown:
        if workspace.links.key_of(name) is None:
            taken = workspace.links.shown(shown)
            free = next((key for key in workspace.store.markets if key not in taken), None)
            if free is not None:
                workspace.choose(name, free)
