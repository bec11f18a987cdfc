"""Moving a working order by keys: the target shows at once, amends are few.

Owns the targets. One amend is in flight per order, the latest target wins, and it is sent only after the keys have been
quiet for a moment. A move never makes an order take, and never takes one that waits past the price that releases it.
The limit of an order that waits moves along with its trigger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.events import AmendOrder, Command, InstrumentKey
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.touch import passive, stands_at
from ttxt_tui.trading.triggers import untriggered

QUIET_NS: Final = 80 * MILLISECOND_NS
"""An amend goes out this long after the last press."""
SETTLE_NS: Final = 500 * MILLISECOND_NS
"""An amend that was answered, and whose order is not there this long after, was refused."""


class Move(Struct):
    """Where an order is being moved to.

    Attributes:
        ticks: the latest target. pressed_ns: when it was set, human time.
        sent_ticks: the target of the amend that was sent last and has not shown yet.
        answered_ns: when that amend was first seen to be answered.
        is_over: the order is there, or can't get there.
    """

    ticks: int
    pressed_ns: int
    sent_ticks: int | None = None
    answered_ns: int | None = None
    is_over: bool = False


class Moves:
    """The orders that are being moved, by client order id (the venue's where there is none)."""

    def __init__(self, context: DeskContext, no_entry: Callable[[InstrumentKey], str]) -> None:
        """`no_entry` says why nothing may be entered on an instrument now, or nothing."""
        self._context = context
        self._no_entry = no_entry
        self._moves: dict[str, Move] = {}

    @property
    def targets(self) -> Mapping[str, int]:
        """Client order id → target in ticks, for as long as the order is not there."""
        return {name: move.ticks for name, move in self._moves.items()}

    def press(self, order: ManagedOrder, by_ticks: int) -> Feedback:
        """Move the target of `order` by `by_ticks`; the amend follows when the keys are quiet."""
        market = self._context.market_of(order.key)
        at = None if market is None else stands_at(order, market.info)
        if market is None or at is None or not order.is_working or Command.CANCEL in order.in_flight:
            return Feedback("that order can't be moved", LogLevel.WARN)
        if why := self._barred(order):
            return Feedback(why, LogLevel.WARN)
        name, now_ns = order.identity[2], self._context.human_ns()
        move = self._moves.setdefault(name, Move(at, now_ns))
        move.ticks, move.pressed_ns = self._allowed(order, move.ticks + by_ticks), now_ns
        cost = "" if order.is_waiting else " · loses queue"
        return Feedback(f"moves to {_priced(move.ticks, market.info)}{cost}")

    def drop(self, name: str | None = None) -> bool:
        """Forget one target, or all; what is in flight stays so. Whether there was any."""
        gone = [name] if name is not None else list(self._moves)
        return sum(self._moves.pop(each, None) is not None for each in gone) > 0

    def poll(self, now_ns: int) -> list[Feedback]:
        """Let human time pass: send the amends that are due, forget what arrived or ended. What there is to say."""
        said = []
        for name, move in list(self._moves.items()):
            order = self._context.find(name)
            market = None if order is None else self._context.market_of(order.key)
            at = None if order is None or market is None else stands_at(order, market.info)
            if order is None or market is None or at is None or not order.is_working:
                del self._moves[name]
                continue
            pending = order.in_flight.keys()
            if Command.CANCEL in pending:
                del self._moves[name]
            elif not pending:
                feedback = self._go_on(move, order, at, now_ns, market.info)
                if move.is_over:
                    del self._moves[name]
                if feedback is not None:
                    said.append(feedback)
        return said

    # -- inside ------------------------------------------------------------------------------------------

    def _go_on(self, move: Move, order: ManagedOrder, at: int, now_ns: int, info: InstrumentInfo) -> Feedback | None:
        """Nothing is in flight: take in how the last amend ended, and send the next one."""
        if move.sent_ticks is not None and move.sent_ticks != at:
            # An accepted amend shows in an update, which may come after the answer.
            if move.answered_ns is None:
                move.answered_ns = now_ns
            if now_ns - move.answered_ns < SETTLE_NS:
                return None
            refused, move.sent_ticks, move.answered_ns = move.sent_ticks, None, None
            move.is_over = refused == move.ticks
            return Feedback(
                f"not moved to {_priced(refused, info)}: {order.reason or 'no reason given'}", LogLevel.ERROR
            )
        move.sent_ticks = move.answered_ns = None
        if at != move.ticks and now_ns - move.pressed_ns < QUIET_NS:
            return None
        target = self._allowed(order, move.ticks)
        if target == at:
            move.is_over = True
            return None
        return self._send(move, order, target, info)

    def _send(self, move: Move, order: ManagedOrder, target: int, info: InstrumentInfo) -> Feedback | None:
        price, trigger = info.price(target), order.trigger_price if order.is_waiting else None
        limit = order.price if trigger is None or order.price is None else order.price + price - trigger
        amend = AmendOrder(
            order.account,
            order.client_order_id,
            price=price if trigger is None else limit and max(limit, info.tick_size),
            trigger_price=None if trigger is None else price,
            order_id=order.order_id,
        )
        refused = self._barred(order) or self._context.send(order.key, amend)
        if refused:
            move.is_over = True
            return Feedback(f"not moved: {refused}", LogLevel.ERROR)
        move.ticks = move.sent_ticks = target
        return None

    def _barred(self, order: ManagedOrder) -> str:
        """Why an entry may not be moved now; what only reduces always may."""
        return "" if order.is_protective else self._no_entry(order.key)

    def _allowed(self, order: ManagedOrder, ticks: int) -> int:
        """`ticks`, or the nearest price to it at which the order would still wait."""
        if not order.is_waiting:
            return passive(order.side, ticks, self._context.touch(order.key))
        market = self._context.market_of(order.key)
        if market is None:
            return ticks
        return untriggered(order.trigger_by, order.side, ticks, market, order.trigger_direction)


def _priced(ticks: int, info: InstrumentInfo) -> str:
    return info.format_price(info.price(ticks), group=True)
