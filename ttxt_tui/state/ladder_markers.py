"""What is marked on a ladder: the position's prices, stops, the mark price, the last trade; and what is out of view.

Owns which row each stands in and how far away the hidden ones are. Pure functions.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.state.figures import MINUS
from ttxt_tui.state.grouping import nearest_row, row_of
from ttxt_tui.state.ladder_rows import Marker
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.own_marks import LadderMarks

_FAR: Final = 0.2
"""From this many per cent on a distance is told in per cent, nearer in ticks."""


class OffScreen(NamedTuple):
    """Something marked that is out of view."""

    name: str
    is_above: bool
    row: int
    distance: str
    """From the market: `+45t` in ticks, `−18.9 %` when it is far."""


def marked_rows(market: MarketState, marks: LadderMarks, group: int) -> list[tuple[Marker, int]]:
    """Every marker with its row, on the screen or not."""
    info = market.info
    found = [
        (marker, nearest_row(exact_ticks(price, info), group))
        for marker, price in (
            (Marker.LIQUIDATION, marks.liquidation),
            (Marker.ENTRY, marks.entry),
            (Marker.BREAK_EVEN, marks.break_even),
        )
        if price
    ]
    found += [
        (Marker.STOP if order.is_stop else Marker.TARGET, row_of(order.side, order.ticks, group))
        for order in marks.orders
        if order.waits
    ]
    if market.ticker.mark is not None:
        found.append((Marker.MARK, nearest_row(market.ticker.mark * market.ticks_per_unit, group)))
    if market.last_trade is not None:
        ticks = market.ticks_of(market.last_trade.price)
        found.append((Marker.LAST, row_of(market.last_trade.side.opposite, ticks, group)))
    return found


def by_row(markers: list[tuple[Marker, int]]) -> dict[int, tuple[Marker, ...]]:
    """Row → the markers that stand in it, the gravest first."""
    found: dict[int, set[Marker]] = {}
    for marker, row in markers:
        found.setdefault(row, set()).add(marker)
    return {row: tuple(marker for marker in Marker if marker in there) for row, there in found.items()}


def off_screen(
    places: list[tuple[str, int]], top: int, bottom: int, group: int, middle: float | None
) -> tuple[OffScreen, ...]:
    """Those of `places`, (name, row), that are above `top` or below `bottom`, nearest first; each once.

    Args:
        middle: the market, in ticks; None when it is not known.
    """
    away = {place: max(place[1] - top, bottom - place[1]) for place in places if not bottom <= place[1] <= top}
    return tuple(
        OffScreen(name, row > top, row, _distance(row * group, middle))
        for name, row in sorted(away, key=away.__getitem__)
    )


def exact_ticks(price: Decimal, info: InstrumentInfo) -> float:
    """A price of the account in ticks; it may lie between two of them (an average, a liquidation price)."""
    return float(price / info.tick_size)


def _distance(ticks: int, middle: float | None) -> str:
    if middle is None or middle <= 0:
        return ""
    share = (ticks / middle - 1) * 100
    sign = "+" if share > 0 else MINUS
    return f"{sign}{abs(share):.1f} %" if abs(share) >= _FAR else f"{sign}{abs(round(ticks - middle)):,}t"
