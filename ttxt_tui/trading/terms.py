"""Terms of an order beyond its price: what it waits for, and the exits that come with it. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from ttxt_core.events import Side, TriggerBy, TriggerDirection, stop_direction
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.accounts import SPOT
from ttxt_tui.config.brackets import Bracket
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.triggers import watched_ticks


class Trigger(NamedTuple):
    """What an order waits for: the price that is watched rises, or falls, to `ticks`."""

    ticks: int
    by: TriggerBy
    direction: TriggerDirection

    def words(self, info: InstrumentInfo) -> str:
        """`when mark ≤ 66,000.0`."""
        sign = "≥" if self.direction is TriggerDirection.RISE else "≤"
        return f"when {self.by} {sign} {priced(self.ticks, info)}"

    def why_at_once(self, market: MarketState) -> str:
        """Why such an order would not wait; empty when it would, or when the price is not known."""
        watched = watched_ticks(self.by, market)
        if watched is None:
            return ""
        is_reached = watched >= self.ticks if self.direction is TriggerDirection.RISE else watched <= self.ticks
        return f"it would not wait: {self.by} is {priced(watched, market.info)}" if is_reached else ""


class Exits(NamedTuple):
    """Prices in ticks at which a position is to be closed again: at a loss, with a profit. None for neither."""

    stop: int | None = None
    target: int | None = None

    def words(self, info: InstrumentInfo) -> str:
        """`stop 66,800.0 · target 68,000.0`; empty without any."""
        parts = (("stop", self.stop), ("target", self.target))
        return " · ".join(f"{name} {priced(ticks, info)}" for name, ticks in parts if ticks is not None)

    def why_misplaced(self, side: Side, ticks: int, info: InstrumentInfo) -> str:
        """Why these can't be the exits of an order on `side` that is priced at `ticks`; empty when they can."""
        for name, exit_ticks, is_above in (
            ("stop", self.stop, side is Side.SELL),
            ("target", self.target, side is Side.BUY),
        ):
            if exit_ticks is not None and (exit_ticks <= ticks if is_above else exit_ticks >= ticks):
                where = "above" if is_above else "below"
                return f"the {name} of this {side} belongs {where} {priced(ticks, info)}"
        return ""


NO_EXITS: Final = Exits()


def trigger_by(market: MarketState) -> TriggerBy:
    """What a stop goes by unless told otherwise: the mark, where the venue has one."""
    is_marked = market.ticker.mark is not None and market.key.category != SPOT
    return TriggerBy.MARK if is_marked else TriggerBy.LAST


def take_direction(side: Side) -> TriggerDirection:
    """Which way a take-profit on `side` waits."""
    is_rise = stop_direction(side) is TriggerDirection.RISE
    return TriggerDirection.FALL if is_rise else TriggerDirection.RISE


def direction_to(ticks: int, by: TriggerBy, market: MarketState) -> TriggerDirection | None:
    """Which way the watched price has to go to reach `ticks`; None when it is not known, or is there."""
    watched = watched_ticks(by, market)
    if watched is None or watched == ticks:
        return None
    return TriggerDirection.RISE if ticks > watched else TriggerDirection.FALL


def bracketed(bracket: Bracket, side: Side, ticks: int) -> Exits:
    """The exits of a bracket around an entry on `side` at `ticks`."""
    ahead = 1 if side is Side.BUY else -1
    stop, target = bracket.stop_distance, bracket.target_distance
    return Exits(
        None if stop is None else max(1, ticks - ahead * stop.ticks(ticks)),
        None if target is None else max(1, ticks + ahead * target.ticks(ticks)),
    )


def priced(ticks: int, info: InstrumentInfo) -> str:
    """A price as it is shown."""
    return info.format_price(info.price(ticks), group=True)
