"""A market with a heatmap, for the tests of its history and its view."""

from __future__ import annotations

from tests.ladder_support import book, market
from tests.orders_support import SECOND
from ttxt_tui.state.heat_history import TICK_NS
from ttxt_tui.state.heatmap import HeatmapState, HeatView
from ttxt_tui.state.market import MarketState

START = 1_790_000_000 * SECOND
BIDS = ((100.0, 1.0), (99.9, 64.0), (99.5, 4.0))
ASKS = ((100.1, 2.0), (100.4, 8.0))


def playing(seconds: float = 5.0, depth: int = 50) -> MarketState:
    """A market with a book that is told again every tick; at its end it is `START` and so many seconds."""
    of = market()
    for tick in range(int(seconds * SECOND) // TICK_NS + 1):
        of.apply(book(BIDS, ASKS, at=START + tick * TICK_NS, depth=depth))
    return of


def seen(state: HeatmapState, columns: int = 20, rows: int = 21) -> HeatView:
    view = state.view(columns, rows, START)
    assert view is not None
    return view


def in_ticks(of: MarketState) -> HeatmapState:
    """A heatmap with a tick a row."""
    state = HeatmapState(of)
    seen(state)
    while state.group > 1:
        state.finer()
    return state
