"""Targets: the take-profit of an open position, which the venue keeps with it.

Owns how a target comes to stand. A stop of ours that stands alone joins it, so that one cancels the other; it is taken
out only when the venue's own stands in its place.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import InstrumentKey, OrderState, ProtectPosition, Side, TriggerBy
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.desk_context import SPOT, DeskContext
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.pretrade import named
from ttxt_tui.trading.terms import Trigger, priced, take_direction

JOIN_NS: Final = 5 * NANOSECONDS
"""A stop whose successor did not come within this stays."""


class _Joining(NamedTuple):
    """A stop of ours that the venue's own is to take the place of."""

    name: str
    until_ns: int


class Targets:
    """The targets of all positions."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._joining: dict[InstrumentKey, _Joining] = {}

    def reset(self) -> None:
        """Forget all: they belong to another time."""
        self._joining.clear()

    def standing(self, key: InstrumentKey) -> ManagedOrder | None:
        """A target that is an order of its own, and can be moved as one; the leg of a pair, too."""
        return next(
            (
                order
                for order in self._context.orders.protective(key)
                if not order.is_position_exit and (order.is_take_profit or (order.linked_to and not order.is_stop))
            ),
            None,
        )

    def put(self, key: InstrumentKey, ticks: int) -> Feedback:
        """Put the position's target at `ticks`: a long's above the last price, a short's below."""
        context = self._context
        market, position = context.market_of(key), context.position(key)
        if key.category == SPOT:
            return Feedback("spot has no position with a target: n makes a take-profit, :oco a pair", LogLevel.WARN)
        if market is None or not position:
            return Feedback("no position to take a profit of", LogLevel.WARN)
        side = Side.SELL if position > 0 else Side.BUY
        kept = next((o for o in context.orders.protective(key) if o.is_position_exit and o.is_take_profit), None)
        by = (None if kept is None else kept.trigger_by) or TriggerBy.LAST
        if why := Trigger(ticks, by, take_direction(side)).why_at_once(market):
            where = "above" if side is Side.SELL else "below"
            return Feedback(f"a target of this position belongs {where} the market: {why}", LogLevel.WARN)
        stop = self._alone(key, side)
        refused = context.send(
            key,
            ProtectPosition(
                context.account,
                context.new_id(),
                take_profit=market.info.price(ticks),
                take_profit_by=by,
                stop_loss=None if stop is None else stop.trigger_price,
                stop_loss_by=None if stop is None else stop.trigger_by,
            ),
        )
        if refused is not None:
            return Feedback(f"no target: {refused}", LogLevel.ERROR)
        text = f"target {priced(ticks, market.info)} of {named(position, market.info)} sent"
        if stop is not None:
            self._joining[key] = _Joining(stop.name, context.human_ns() + JOIN_NS)
            text += ", with its stop: one cancels the other"
        return Feedback(text, LogLevel.OK)

    def poll(self, now_ns: int) -> None:
        """Take out the stops in whose place the venue's own stand by now."""
        for key, (name, until_ns) in list(self._joining.items()):
            stop = self._context.find(name)
            if stop is None or not stop.is_working or now_ns >= until_ns:
                del self._joining[key]
            elif any(_stands_for(order, stop) for order in self._context.orders.protective(key)):
                del self._joining[key]
                self._context.cancel(stop)

    def _alone(self, key: InstrumentKey, side: Side) -> ManagedOrder | None:
        """The one stop at market of ours for the whole position that stands there alone."""
        stops = [order for order in self._context.orders.protective(key) if order.is_stop]
        if len(stops) != 1:
            return None
        (stop,) = stops
        is_ours = not (stop.is_position_exit or stop.linked_to or stop.is_external)
        is_whole = stop.quantity >= abs(self._context.position(key))
        is_plain = stop.price is None and stop.standing is OrderState.UNTRIGGERED and not stop.in_flight
        return stop if stop.side is side and is_ours and is_whole and is_plain else None


def _stands_for(order: ManagedOrder, stop: ManagedOrder) -> bool:
    """The venue's own stop is there, where `stop` is."""
    is_there = order.is_position_exit and order.is_stop and order.standing is OrderState.UNTRIGGERED
    return is_there and order.side is stop.side and order.trigger_price == stop.trigger_price
