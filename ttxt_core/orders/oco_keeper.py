"""The local pairs of a session: sends both legs, and does what a pair says is due.

Owns when: on each piece of news about a leg, and once a second for what was refused or got lost. It tells what it does
as `OrderNotice`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.events.envelope import Event, InstrumentKey, Source
from ttxt_core.events.orders import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    CreateOrder,
    Fill,
    OrderAck,
    OrderNotice,
    OrderUpdate,
)
from ttxt_core.events.status import ResetReason, StreamReset
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.oco import Cut, OcoPair, why_no_pair
from ttxt_core.orders.router import CommandRouter, cancel_command, command_header
from ttxt_core.queues.base import IQueuePublisher

LOOK_NS: Final = NANOSECONDS
"""How often what was not carried out is tried again."""
_NEWS: Final = frozenset({OrderAck, OrderUpdate, Fill})


class OcoKeeper:
    """One-cancels-other pairs that only this process knows of; see `oco.LOCAL_MARK`."""

    def __init__(
        self, orders: OrderManager, commands: CommandRouter, events: IQueuePublisher, *, clock: Clock, wall: Clock
    ) -> None:
        """A keeper without pairs.

        Args:
            orders: whose orders the legs are. commands: where they and their cuts are sent.
            events: is told of what is done. clock: market time. wall: real time, for trying again.
        """
        self._orders = orders
        self._commands = commands
        self._events = events
        self._clock = clock
        self._wall = wall
        self._pairs: dict[str, OcoPair] = {}
        self._asked: dict[str, tuple[Decimal, int]] = {}
        """By leg: the total that was asked for last, and when by `wall`."""

    # -- for whoever trades --------------------------------------------------------------------------------

    def send(self, key: InstrumentKey, stop: CreateOrder, target: CreateOrder) -> str | None:
        """Send two exits of which one is to cancel the other; gives why they were refused, or None when both went out.

        The stop goes first: should the target be refused, it is taken out again.
        """
        events = [Event(command_header(key, self._clock.now_ns()), leg) for leg in (stop, target)]
        reason = why_no_pair(key.category, stop, target)
        reason = reason or next((why for event in events if (why := self._commands.refusal(event))), None)
        if reason is not None:
            return reason
        for event in events:
            reason = self._commands.send(event)
            if reason is not None:
                sent = self._orders.by_client_id(stop.client_order_id)
                if event is not events[0] and sent is not None:
                    self._commands.send(cancel_command(sent, self._clock.now_ns()))
                return reason
        legs = [self._orders.by_client_id(leg.client_order_id) for leg in (stop, target)]
        if legs[0] is not None and legs[1] is not None:
            pair = OcoPair(legs[0], legs[1])
            self._pairs |= dict.fromkeys((leg.name for leg in pair), pair)
            self._look(pair)
        return None

    def is_local(self, order: ManagedOrder) -> bool:
        """It is a leg of a pair that dies with this process."""
        return bool(order.linked_to) and order.name in self._pairs

    @property
    def pairs(self) -> list[OcoPair]:
        """Those whose legs both work: what is lost when this process ends."""
        pairs = {id(pair): pair for pair in self._pairs.values()}
        return [pair for pair in pairs.values() if pair.stop.is_working and pair.target.is_working]

    # -- what goes on --------------------------------------------------------------------------------------

    def on_event(self, event: Event[Any]) -> None:
        """Take in what the order manager has just taken in."""
        data = event.data
        kind = type(data)
        if kind is StreamReset and data.reason is not ResetReason.RECONNECT:
            self._pairs.clear()
            self._asked.clear()
            return
        if not self._pairs or kind not in _NEWS or event.header.source is Source.CLIENT:
            return
        order = self._orders.order_of(event)
        pair = None if order is None else self._pairs.get(order.name)
        if order is None or pair is None or order not in tuple(pair):
            return
        if kind is OrderAck and order.name in self._asked:
            total = self._asked[order.name][0]
            self._asked[order.name] = total, self._wall.now_ns()  # what was taken may show later, too
            if data.outcome is AckOutcome.REJECTED:
                why = data.reason or "no reason given"
                self._tell(order, f"{_words(order, total)} was refused and is tried again: {why}")
        self._look(pair)

    async def run(self) -> None:
        """Try again what was not carried out, until the task is cancelled."""
        while True:
            await self._wall.sleep_until(self._wall.now_ns() + LOOK_NS)
            self.look()

    def look(self) -> None:
        """Do what is due for every pair."""
        for pair in dict.fromkeys(self._pairs.values()):
            self._look(pair)

    def _look(self, pair: OcoPair) -> None:
        for cut in pair.due():
            self._carry_out(cut)
        left = pair.part()
        if left is not None:
            ended = pair.other(left)
            because = f": {ended.reason}" if ended.reason else ""
            self._tell(left, f"the {_role(left)} stands alone, its {_role(ended)} is {ended.state}{because}")
        if pair.is_over:
            if pair.excess:
                self._tell(pair.stop, f"OCO: both legs filled, {pair.excess:f} more than one of them was to")
            for leg in pair:
                self._pairs.pop(leg.name, None)
                self._asked.pop(leg.name, None)

    def _carry_out(self, cut: Cut) -> None:
        leg, total = cut
        now_ns = self._wall.now_ns()
        asked, asked_ns = self._asked.get(leg.name, (None, 0))
        if asked == total and now_ns - asked_ns < LOOK_NS:
            return  # an amend that was taken shows in an update, which may come after the answer
        self._asked[leg.name] = total, now_ns
        command: AmendOrder | CancelOrder
        if total:
            command = AmendOrder(leg.account, leg.client_order_id, quantity=total, order_id=leg.order_id)
        else:
            command = CancelOrder(leg.account, leg.client_order_id, leg.order_id)
        refused = self._commands.send(Event(command_header(leg.key, self._clock.now_ns()), command))
        if asked != total:
            self._tell(leg, _words(leg, total) + (f" was refused: {refused}" if refused is not None else ""))

    def _tell(self, order: ManagedOrder, text: str) -> None:
        notice = OrderNotice(order.account, order.client_order_id, text)
        self._events.publish_nowait(Event(command_header(order.key, self._clock.now_ns()), notice))


def _role(leg: ManagedOrder) -> str:
    return "stop" if leg.is_stop else "target"


def _words(leg: ManagedOrder, total: Decimal) -> str:
    other = "target" if leg.is_stop else "stop"
    what = f"to {total:f}, the {other} filled in part" if total else f"out, the {other} filled"
    return f"OCO: the {_role(leg)} {'cut ' if total else 'taken '}{what}"
