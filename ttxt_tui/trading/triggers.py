"""What triggers an order: the price that is watched, and the side of it on which the order waits. Pure."""

from __future__ import annotations

from ttxt_core.events import Side, TriggerBy, TriggerDirection, stop_direction
from ttxt_tui.state.market import MarketState


def watched_ticks(trigger_by: TriggerBy | None, market: MarketState) -> int | None:
    """The price that releases such an order, in ticks, to the nearest; None while it is not known."""
    watched = {TriggerBy.MARK: market.ticker.mark, TriggerBy.INDEX: market.ticker.index}
    price = watched.get(trigger_by or TriggerBy.LAST, market.last_price)
    return None if price is None else market.ticks_of(price)


def untriggered(
    trigger_by: TriggerBy | None,
    side: Side,
    ticks: int,
    market: MarketState,
    direction: TriggerDirection | None = None,
) -> int:
    """`ticks`, or the nearest price to it at which an order on `side` is not released at once.

    Without a `direction` it is a stop: one that sells waits below the price that it watches, one that buys above it.
    """
    watched = watched_ticks(trigger_by, market)
    if watched is not None:
        falls = (direction or stop_direction(side)) is TriggerDirection.FALL
        ticks = min(ticks, watched - 1) if falls else max(ticks, watched + 1)
    return max(1, ticks)
