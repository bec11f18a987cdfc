"""Protective stops: one reduce-only stop for the whole position of an instrument, put at the cursor.

Owns the stops that were put here. A second press replaces the first instead of stacking another; a position that grows
takes its stop's quantity along. One amend is in flight per stop, and the latest price wins.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.events import (
    AmendOrder,
    Command,
    CreateOrder,
    InstrumentKey,
    OrderState,
    OrderType,
    ProtectPosition,
    Side,
    TriggerBy,
    stop_direction,
)
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.desk_context import SPOT, ZERO, DeskContext
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.moves import SETTLE_NS
from ttxt_tui.trading.pretrade import named, shown
from ttxt_tui.trading.stranded import Stranded
from ttxt_tui.trading.terms import trigger_by
from ttxt_tui.trading.triggers import untriggered, watched_ticks

STEADY_NS: Final = 250 * MILLISECOND_NS
"""A position larger than its stop for this long has grown; before, its reports may only be out of step."""
_WAITING: Final = (OrderState.PENDING_NEW, OrderState.UNTRIGGERED)

Terms = tuple[Decimal, Decimal, Decimal | None]
"""Trigger price, quantity and limit of a stop; it has no limit when it goes at market."""


class _Stop(Struct):
    """A stop that was put here.

    Attributes:
        price: where it is wanted; None where it stands. limit: its limit there; None where it goes at market.
        sent: the terms of the amend that was sent last and has not shown yet. refused: those that were refused last.
        answered_ns: when that amend was first seen to be answered. uneven_ns: since when the position is larger.
    """

    name: str
    price: Decimal | None = None
    limit: Decimal | None = None
    sent: Terms | None = None
    refused: Terms | None = None
    answered_ns: int | None = None
    uneven_ns: int | None = None


class Protection:
    """The protective stops, one an instrument."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._stops: dict[InstrumentKey, _Stop] = {}
        self._stranded = Stranded(context)

    def reset(self) -> None:
        """Forget all: they belong to another time."""
        self._stops.clear()
        self._stranded.reset()

    def put(self, key: InstrumentKey, ticks: int, limit_ticks: int | None = None) -> Feedback:
        """Put the position's stop at `ticks`: a long's below the price that triggers it, a short's above.

        `limit_ticks` makes it a limit order when it is triggered; without one it goes at market, or, when a stop with a
        limit is moved, at the distance that its limit has.
        """
        market, position = self._context.market_of(key), self._context.position(key)
        if key.category == SPOT:
            return Feedback("spot has no position to protect: stops need a derivative, or :oco", LogLevel.WARN)
        if market is None or not position:
            return Feedback("no position to protect", LogLevel.WARN)
        side, by = Side.SELL if position > 0 else Side.BUY, trigger_by(market)
        if untriggered(by, side, ticks, market) != ticks:
            return _misplaced(side, by, market)
        if limit_ticks is not None and (limit_ticks > ticks if side is Side.SELL else limit_ticks < ticks):
            where = "above" if side is Side.SELL else "below"
            return Feedback(f"a limit {where} its trigger may never fill: this is to be a stop", LogLevel.WARN)
        info = market.info
        price, limit = info.price(ticks), None if limit_ticks is None else info.price(limit_ticks)
        standing = self._standing(key, side)
        if standing is not None:
            return self._replace(standing, price, limit, market)
        if limit is None and any(order.is_position_exit for order in self._context.orders.protective(key)):
            return self._join_target(key, price, by, market)
        return self._send(key, side, price, limit, market)

    def _send(
        self, key: InstrumentKey, side: Side, price: Decimal, limit: Decimal | None, market: MarketState
    ) -> Feedback:
        """A stop of our own for the whole position."""
        name, quantity = self._context.new_id(), abs(self._context.position(key))
        refused = self._context.send(
            key,
            CreateOrder(
                account=self._context.account,
                client_order_id=name,
                side=side,
                order_type=OrderType.STOP_MARKET if limit is None else OrderType.LIMIT,
                quantity=quantity,
                price=limit,
                reduce_only=True,
                trigger_price=price,
                trigger_by=trigger_by(market),
                trigger_direction=stop_direction(side),
                position_side=self._context.position_side(key),
            ),
        )
        if refused is not None:
            return Feedback(f"no stop: {refused}", LogLevel.ERROR)
        self._stops[key] = _Stop(name)
        return Feedback(f"stop {_text((price, quantity, limit), market)} sent", LogLevel.OK)

    def _join_target(self, key: InstrumentKey, price: Decimal, by: TriggerBy, market: MarketState) -> Feedback:
        """The venue keeps a target of the position: a stop beside it is the venue's too, and one cancels the other."""
        context = self._context
        command = ProtectPosition(context.account, context.new_id(), stop_loss=price, stop_loss_by=by)
        refused = context.send(key, command)
        if refused is not None:
            return Feedback(f"no stop: {refused}", LogLevel.ERROR)
        text = _text((price, abs(context.position(key)), None), market)
        return Feedback(f"stop {text} sent, beside the target: one cancels the other", LogLevel.OK)

    def poll(self, now_ns: int) -> list[Feedback]:
        """Let human time pass: follow positions that grew, send what waits. What there is to say."""
        said = [self._go_on(key, stop, now_ns) for key, stop in list(self._stops.items())]
        said.append(self._stranded.poll(now_ns))
        return [feedback for feedback in said if feedback is not None]

    # -- inside ------------------------------------------------------------------------------------------

    def _standing(self, key: InstrumentKey, side: Side) -> ManagedOrder | None:
        """The stop on `side` that was put last and still waits; those of a position that is gone are cancelled."""
        found = None
        for order in self._context.orders.protective(key):
            if not order.is_stop or Command.CANCEL in order.in_flight:
                continue
            if order.side is not side:
                self._context.cancel(order)
            elif order.standing in _WAITING:
                found = order
        return found

    def _replace(self, order: ManagedOrder, price: Decimal, limit: Decimal | None, market: MarketState) -> Feedback:
        if limit is not None and order.price is None:
            return Feedback("a stop at market stands there: cancel it first (x), or move it with t", LogLevel.WARN)
        if limit is None and order.price is not None and order.trigger_price is not None:
            limit = max(order.price + price - order.trigger_price, market.info.tick_size)
        # What the venue keeps as large as the position, and what belongs to a pair, stays as large as it is.
        quantity = order.quantity if _keeps_size(order) else abs(self._context.position(order.key))
        name = order.identity[2]
        stop = self._stops.get(order.key)
        if stop is None or stop.name != name:
            stop = self._stops[order.key] = _Stop(name)
        text = _text((price, quantity, limit), market)
        if stop.sent is None and not order.in_flight and _terms(order) == (price, quantity, limit):
            return Feedback(f"the stop is there already: {text}")
        stop.price, stop.limit, stop.refused = price, limit, None
        said = self._go_on(order.key, stop, self._context.human_ns())
        return said if said is not None else Feedback(f"stop moves to {text}", LogLevel.OK)

    def _go_on(self, key: InstrumentKey, stop: _Stop, now_ns: int) -> Feedback | None:
        order, market = self._context.find(stop.name), self._context.market_of(key)
        if order is None or market is None or order.standing not in _WAITING or Command.CANCEL in order.in_flight:
            del self._stops[key]
            return None if order is None or market is None else self._unprotected(order, market)
        if order.in_flight:
            return None
        terms = _terms(order)
        if stop.sent is not None and not self._has_come(stop.sent, order):
            # An accepted amend shows in an update, which may come after the answer.
            stop.answered_ns = stop.answered_ns or now_ns
            if now_ns - stop.answered_ns < SETTLE_NS:
                return None
            stop.refused, stop.sent, stop.answered_ns, stop.price = stop.sent, None, None, None
            text = _text(terms, market)
            return Feedback(f"the stop stays {text}: {order.reason or 'no reason given'}", LogLevel.ERROR)
        stop.sent = stop.answered_ns = None
        wanted = self._wanted(stop, order, now_ns)
        if wanted in (terms, stop.refused):
            stop.price = None
            return None
        return self._amend(stop, order, wanted, market)

    def _has_come(self, sent: Terms, order: ManagedOrder) -> bool:
        """The order shows what was sent; the venue may have cut it to a position that shrank meanwhile."""
        covers = order.quantity == sent[1] or order.quantity >= abs(self._context.position(order.key))
        return (order.trigger_price, order.price) == (sent[0], sent[2]) and covers

    def _wanted(self, stop: _Stop, order: ManagedOrder, now_ns: int) -> Terms:
        """What the stop should be: where it was put, and as large as the position."""
        position = self._context.position(order.key)
        is_its = bool(position) and (position > 0) == (order.side is Side.SELL)
        size = abs(position) if is_its and not _keeps_size(order) else order.quantity
        if size <= order.quantity:
            stop.uneven_ns = None
        elif stop.uneven_ns is None:
            stop.uneven_ns = now_ns
        if stop.price is not None:
            return stop.price, size, stop.limit
        price, _, limit = _terms(order)
        has_grown = stop.uneven_ns is not None and now_ns - stop.uneven_ns >= STEADY_NS
        return price, size if has_grown else order.quantity, limit

    def _amend(self, stop: _Stop, order: ManagedOrder, wanted: Terms, market: MarketState) -> Feedback | None:
        price, quantity, limit = wanted
        has_grown = stop.price is None
        refused = self._context.send(
            order.key,
            AmendOrder(
                order.account,
                order.client_order_id,
                price=None if limit == order.price else limit,
                quantity=None if quantity == order.quantity else quantity,
                trigger_price=None if price == order.trigger_price else price,
                order_id=order.order_id,
            ),
        )
        if refused is not None:
            stop.price, stop.refused = None, wanted
            return Feedback(f"the stop stays as it was: {refused}", LogLevel.ERROR)
        stop.sent, stop.uneven_ns = wanted, None
        text = _text(wanted, market)
        return Feedback(f"the position grew: stop becomes {text}", LogLevel.INFO) if has_grown else None

    def _unprotected(self, order: ManagedOrder, market: MarketState) -> Feedback | None:
        """A stop that the venue did not take, and a position that has none now."""
        position = self._context.position(order.key)
        if not position or order.standing not in (OrderState.REJECTED, OrderState.EXPIRED):
            return None
        return Feedback(f"{named(position, market.info)} has no stop: {order.reason or order.standing}", LogLevel.ERROR)


def _misplaced(side: Side, by: TriggerBy, market: MarketState) -> Feedback:
    where = "below" if side is Side.SELL else "above"
    watched = watched_ticks(by, market)
    price = "" if watched is None else f" {market.info.format_price(market.info.price(watched), group=True)}"
    return Feedback(f"a stop of this position belongs {where} the {by} price{price}", LogLevel.WARN)


def _keeps_size(order: ManagedOrder) -> bool:
    return order.is_position_exit or bool(order.linked_to)


def _terms(order: ManagedOrder) -> Terms:
    return order.trigger_price or ZERO, order.quantity, order.price


def _text(terms: Terms, market: MarketState) -> str:
    price, quantity, limit = terms
    text = f"{shown(quantity, market.info)} at {market.info.format_price(price, group=True)}"
    if limit is not None:
        text += f" limit {market.info.format_price(limit, group=True)}"
    return f"{text}, reduce-only"
