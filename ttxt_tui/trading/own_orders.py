"""Own orders: which is selected, where they are being moved to, and the cancels.

Owns the selection and the moves. Cancels always pass: no limit, no disarming and no stale book stops one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ttxt_core.events import AmendOrder, Command, InstrumentKey
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.sweep import Sweep, swept
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.exits import exits_under_way
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.moves import Moves
from ttxt_tui.trading.pretrade import described
from ttxt_tui.trading.terms import priced
from ttxt_tui.trading.touch import stands_at
from ttxt_tui.trading.triggers import untriggered

_NAMED: Final = 3
"""How many cancelled orders are named; more are counted."""


class OwnOrders:
    """Working orders as keys act on them.

    Attributes:
        selected: client order id (the venue's where there is none) of the chosen order.
    """

    def __init__(self, context: DeskContext, no_entry: Callable[[InstrumentKey], str]) -> None:
        """`no_entry` says why nothing may be entered on an instrument now, or nothing."""
        self.selected: str | None = None
        self._context = context
        self._no_entry = no_entry
        self._moves = Moves(context, no_entry)

    # -- reading and selecting ---------------------------------------------------------------------------

    def on(self, market: MarketState) -> list[ManagedOrder]:
        """Working orders on `market`, highest price first."""
        info = market.info
        return sorted(self._context.orders.working(market.key), key=lambda order: -(stands_at(order, info) or 0))

    def select_next(self, market: MarketState, step: int) -> ManagedOrder | None:
        """Select the next own order down the ladder, or with -1 up."""
        orders = self.on(market)
        names = [order.identity[2] for order in orders]
        if not orders:
            self.selected = None
            return None
        at = names.index(self.selected) + step if self.selected in names else 0 if step > 0 else -1
        self.selected = names[at % len(names)]
        return orders[at % len(names)]

    # -- moves -------------------------------------------------------------------------------------------

    @property
    def ghosts(self) -> Mapping[str, int]:
        """Client order id → where that order is being moved to, in ticks."""
        return self._moves.targets

    def move(self, by_ticks: int) -> Feedback:
        """Move the selected order; the amend follows when the keys are quiet."""
        order = None if self.selected is None else self._context.find(self.selected)
        if order is None or not order.is_working:
            return Feedback("no own order selected: Tab", LogLevel.WARN)
        return self._moves.press(order, by_ticks)

    def move_to(self, name: str, ticks: int | None, limit_ticks: int | None = None) -> Feedback:
        """Select an order and move it to a price; `limit_ticks` is where one that waits has its limit then."""
        order = self._context.find(name)
        if order is not None and limit_ticks is not None:
            return self._reset_trigger(order, ticks, limit_ticks)
        market = None if order is None else self._context.market_of(order.key)
        at = None if order is None or market is None else stands_at(order, market.info)
        if at is None or ticks is None:
            return Feedback("that order can't be moved", LogLevel.WARN)
        self.halt(name)
        self.selected = name
        return self.move(ticks - at)

    def _reset_trigger(self, order: ManagedOrder, ticks: int | None, limit_ticks: int) -> Feedback:
        """Change the limit of an order that waits, and its trigger where `ticks` are given, at once."""
        market = self._context.market_of(order.key)
        if market is None or not order.is_waiting or order.price is None or order.in_flight:
            return Feedback("no limit of that order can be changed now", LogLevel.WARN)
        if not order.is_protective and (why := self._no_entry(order.key)):
            return Feedback(why, LogLevel.WARN)
        if ticks is not None:
            allowed = untriggered(order.trigger_by, order.side, ticks, market, order.trigger_direction)
            if allowed != ticks:
                return Feedback(f"it would not wait: {priced(allowed, market.info)} is the nearest", LogLevel.WARN)
        self.halt(order.identity[2])
        price, trigger = market.info.price(limit_ticks), None if ticks is None else market.info.price(ticks)
        amend = AmendOrder(
            order.account, order.client_order_id, price=price, trigger_price=trigger, order_id=order.order_id
        )
        refused = self._context.send(order.key, amend)
        if refused is not None:
            return Feedback(f"not changed: {refused}", LogLevel.ERROR)
        at = "" if ticks is None else f" waits for {priced(ticks, market.info)}, then"
        return Feedback(f"that order{at} goes to {priced(limit_ticks, market.info)}", LogLevel.OK)

    def halt(self, name: str | None = None) -> bool:
        """Forget where one order, or all, were being moved to; whether any was."""
        return self._moves.drop(name)

    def poll(self, now_ns: int) -> list[Feedback]:
        """Let human time pass. What there is to say."""
        return self._moves.poll(now_ns)

    # -- cancels -----------------------------------------------------------------------------------------

    def cancel(self, orders: Iterable[ManagedOrder]) -> Feedback:
        """Cancel `orders`, stops too: they were aimed at. How many, and which."""
        sent, faults = [], []
        for order in orders:
            self.halt(order.identity[2])
            fault = self._context.cancel(order)
            if fault is None:
                sent.append(self._described(order))
            else:
                faults.append(f"{self._described(order)} not cancelled: {fault}")
        more = f" and {len(sent) - _NAMED} more" if len(sent) > _NAMED else ""
        done = f"cancelling {len(sent)}: {', '.join(sent[:_NAMED])}{more}" if sent else ""
        if faults:
            return Feedback(" · ".join([*faults[:1], *([done] if done else [])]), LogLevel.ERROR)
        return Feedback(done, LogLevel.OK)

    def _described(self, order: ManagedOrder) -> str:
        market = self._context.market_of(order.key)
        return described(order, None if market is None else market.info)

    def cancel_newest(self, key: InstrumentKey) -> Feedback:
        """Cancel the newest working entry on `key` that is not being cancelled already."""
        entries = self._context.orders.entries(key)
        order = next((o for o in reversed(entries) if Command.CANCEL not in o.in_flight), None)
        if order is not None:
            return self.cancel([order])
        return Feedback("all entries are being cancelled" if entries else "no entry works here", LogLevel.WARN)

    def cancel_stops(self, key: InstrumentKey) -> Feedback:
        """Cancel stops and targets on `key`; exits that are closing the position just now go on."""
        closing = exits_under_way(self._context, key)
        stops = [order for order in self._context.orders.protective(key) if order not in closing]
        return self.cancel(stops) if stops else Feedback("no stop or target works here", LogLevel.WARN)

    def cancel_entries(self, key: InstrumentKey | None) -> Feedback:
        """Cancel the entries on `key`, or everywhere; stops and targets stay."""
        for order in self._context.orders.entries(key):
            self.halt(order.identity[2])
        return self.swept(self._context.router.cancel_entries(key), key)

    def swept(self, sweep: Sweep, key: InstrumentKey | None = None) -> Feedback:
        """What a sweep did: `7 cancelled · 1 stop kept (LONG 0.75)`."""
        return Feedback(swept(sweep, self._context.orders, key), LogLevel.OK if sweep.cancelled else LogLevel.INFO)
