"""What becomes of orders and positions when a LIVE session is left: the exit policy in words, before it is followed."""

from __future__ import annotations

from collections.abc import Sequence

from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.figures import number_of
from ttxt_tui.trading.desk_context import SPOT, DeskContext
from ttxt_tui.trading.pretrade import described, named

_NAMED = 6
"""How many orders of a kind are named; more are counted."""


def leaving(context: DeskContext) -> list[str]:
    """A line each: entries that will be cancelled, protective orders that are kept, positions that stay."""
    entries, kept = context.orders.entries(), context.orders.protective()
    lines = [_counted(len(entries), "entry will be cancelled", "entries will be cancelled")]
    lines += _each(context, entries)
    lines.append(_counted(len(kept), "protective order stays", "protective orders stay"))
    lines += _each(context, kept)
    guarded = {order.key for order in kept}
    known = context.orders.accounts.positions
    positions = []
    for key in sorted({key for key, account, _ in known if account == context.account and key.category != SPOT}):
        if position := context.position(key):
            market = context.market_of(key)
            bare = "" if key in guarded else ", WITHOUT a protective order"
            positions.append(f"{named(position, None if market is None else market.info)} {key.pair} stays open{bare}")
    return [*lines, *(positions or ["no position is open"])]


def still_working(context: DeskContext) -> str:
    """How far the exit policy has come."""
    left = len(context.orders.entries())
    return f"cancelling: {number_of(left, 'order')} left" if left else "closing connections and files"


def _counted(count: int, one: str, many: str) -> str:
    return f"no {one}" if not count else f"{count} {one if count == 1 else many}"


def _each(context: DeskContext, orders: Sequence[ManagedOrder]) -> list[str]:
    lines = []
    for order in orders[:_NAMED]:
        market = context.market_of(order.key)
        lines.append(f"  {described(order, None if market is None else market.info)}")
    return lines + ([f"  and {len(orders) - _NAMED} more"] if len(orders) > _NAMED else [])
