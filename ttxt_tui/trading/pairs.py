"""Two exits of a position of which one cancels the other (OCO): the commands for that, and who keeps the pair. Pure.

The venue keeps a pair that closes a whole position at market. Any other is kept here, and dies with this process.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from ttxt_core.events import CreateOrder, OrderType, ProtectPosition, Side, TriggerBy, stop_direction
from ttxt_core.orders.accounts import SPOT
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.terms import Exits, Trigger, take_direction, trigger_by


class LocalPair(NamedTuple):
    """The two orders of a pair that this process keeps."""

    stop: CreateOrder
    target: CreateOrder


class PairTerms(NamedTuple):
    """A pair as it is wanted.

    Attributes:
        side: the exits' own. quantity: base currency. exits: both prices.
        rests: the target rests in the book as a limit order, instead of waiting for its price.
        position: what is held, base currency, above zero long.
    """

    side: Side
    quantity: Decimal
    exits: Exits
    rests: bool
    position: Decimal

    def is_local(self, market: MarketState) -> bool:
        """No venue keeps such a pair."""
        return market.key.category == SPOT or self.rests or self.quantity != abs(self.position)

    def commands(
        self, market: MarketState, account: str, name: str, new_id: Callable[[], str]
    ) -> LocalPair | ProtectPosition:
        """What is to be sent; `name` is the client order id of the command, or of the stop."""
        info, by = market.info, trigger_by(market)
        stop, target = self.exits.stop or 0, self.exits.target or 0
        if not self.is_local(market):
            return ProtectPosition(
                account,
                name,
                take_profit=info.price(target),
                stop_loss=info.price(stop),
                take_profit_by=TriggerBy.LAST,
                stop_loss_by=by,
            )
        stopping = self._waits(account, name, Trigger(stop, by, stop_direction(self.side)), market)
        if not self.rests:
            takes = Trigger(target, TriggerBy.LAST, take_direction(self.side))
            return LocalPair(stopping, self._waits(account, new_id(), takes, market))
        resting = CreateOrder(
            account=account,
            client_order_id=new_id(),
            side=self.side,
            order_type=OrderType.LIMIT,
            quantity=self.quantity,
            price=info.price(target),
            reduce_only=True,
        )
        return LocalPair(stopping, resting)

    def _waits(self, account: str, name: str, trigger: Trigger, market: MarketState) -> CreateOrder:
        """A leg that goes at market when its price is reached."""
        return CreateOrder(
            account=account,
            client_order_id=name,
            side=self.side,
            order_type=OrderType.STOP_MARKET,
            quantity=self.quantity,
            reduce_only=True,
            trigger_price=market.info.price(trigger.ticks),
            trigger_by=trigger.by,
            trigger_direction=trigger.direction,
        )

    def fault(self, market: MarketState) -> str:
        """Why there can't be such a pair now; empty when there can."""
        stop, target = self.exits.stop, self.exits.target
        if stop is None or target is None:
            return "a pair needs a stop and a target"
        if self.rests and market.key.category == SPOT:
            return "on spot a resting order would hold what the stop sells: let the target wait"
        stops = Trigger(stop, trigger_by(market), stop_direction(self.side))
        takes = Trigger(target, TriggerBy.LAST, take_direction(self.side))
        if misplaced := Exits(stop=stop).why_misplaced(self.side.opposite, target, market.info):
            return misplaced
        return stops.why_at_once(market) or takes.why_at_once(market)
