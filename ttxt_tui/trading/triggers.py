"""What triggers a stop: the price that is watched, and the side of it on which the stop belongs. Pure."""

from __future__ import annotations

from ttxt_core.events import Side, TriggerBy
from ttxt_tui.state.market import MarketState


def watched_ticks(trigger_by: TriggerBy | None, market: MarketState) -> int | None:
    """The price that releases such a stop, in ticks, to the nearest; None while it is not known."""
    watched = {TriggerBy.MARK: market.ticker.mark, TriggerBy.INDEX: market.ticker.index}
    price = watched.get(trigger_by or TriggerBy.LAST, market.last_price)
    return None if price is None else market.ticks_of(price)


def untriggered(trigger_by: TriggerBy | None, side: Side, ticks: int, market: MarketState) -> int:
    """`ticks`, or the nearest price to it at which a stop on `side` that limits a loss is not triggered at once.

    A stop that sells waits below the price it watches, one that buys above it.
    """
    watched = watched_ticks(trigger_by, market)
    if watched is not None:
        ticks = min(ticks, watched - 1) if side is Side.SELL else max(ticks, watched + 1)
    return max(1, ticks)
