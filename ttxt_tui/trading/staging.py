"""Staging: an order between the key that names it and the Enter that sends it.

Owns the staged order and the rules on it: `b` and `s` pin a price; join, improve and take follow the touch until sent;
it expires; its client order id is made here, so that a second send is known as one. Pure: it sends nothing.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TypedDict

from msgspec import Struct

from ttxt_core.events import AmendOrder, CreateOrder, OrderType, Side, TimeInForce, TriggerBy
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.config.brackets import Bracket
from ttxt_tui.trading.pretrade import effect, shown
from ttxt_tui.trading.terms import NO_EXITS, Exits, Trigger, bracketed
from ttxt_tui.trading.touch import Touch, beyond


class Intent(StrEnum):
    """What the key asked for; it decides whether the price follows the touch."""

    LIMIT = "limit"
    JOIN = "join"
    IMPROVE = "improve"
    TAKE = "take"
    REVERSE = "reverse"
    EDIT = "edit"
    """A change of a working order: Enter amends it."""
    PAIR = "pair"
    """Two exits of the position of which one cancels the other."""


TAKING = (Intent.TAKE, Intent.REVERSE)
PASSIVE = (Intent.JOIN, Intent.IMPROVE)
_FOLLOWING = (*PASSIVE, *TAKING)


class TicketTerms(TypedDict, total=False):
    """What a ticket says beyond side, price and quantity; see `Staged`."""

    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    reduce_only: bool
    trigger: Trigger | None
    exits: Exits


class Staged(Struct):
    """What Enter would send.

    Attributes:
        ticks: the limit price in ticks; of a market order the price that it is judged by, of a stop-market its trigger.
        quantity: base currency; for EDIT the new total.
        expires_ns: human time.
        was_passive: it would not have taken when it was staged.
        take_confirmed: the extra Enter for a passive order that would take by now was given.
        has_own_size: its quantity is its own and not the size chosen for the symbol.
        follows_position: of REVERSE: its quantity is twice the position, whatever that is by then.
        note: what a trader should know of it, such as why an improve only joins.
        edits: for EDIT the client order id of the order that Enter amends.
        trigger: what it waits for; None when it does not.
        exits: those that come with it. has_bracket: it takes along, instead, those of the bracket that is chosen.
        rests: of PAIR: the target rests in the book.
    """

    intent: Intent
    side: Side
    ticks: int
    quantity: Decimal
    client_order_id: str
    expires_ns: int
    was_passive: bool = True
    take_confirmed: bool = False
    has_own_size: bool = False
    follows_position: bool = False
    reduce_only: bool = False
    post_only: bool = False
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    note: str = ""
    edits: str | None = None
    trigger: Trigger | None = None
    exits: Exits = NO_EXITS
    has_bracket: bool = False
    rests: bool = False

    @property
    def is_taking(self) -> bool:
        """It is meant to take and never rests."""
        return self.time_in_force is not TimeInForce.GTC or self.is_market

    @property
    def is_market(self) -> bool:
        """It has no limit price, be it that it waits before."""
        return self.order_type is not OrderType.LIMIT

    def attached(self, touch: Touch, bracket: Bracket | None) -> Exits:
        """The exits that come with it: its own, or those of a bracket around the price at which it would fill."""
        if not self.has_bracket or bracket is None:
            return self.exits
        opposite = touch.opposite(self.side)
        takes = opposite is not None and touch.crosses(self.side, self.ticks)
        return bracketed(bracket, self.side, opposite if takes and opposite is not None else self.ticks)

    def command(self, info: InstrumentInfo, account: str, exits: Exits, stop_by: TriggerBy) -> CreateOrder:
        """The order to send, with the exits that come with it; a stop loss goes by `stop_by`."""
        trigger, stop, target = self.trigger, exits.stop, exits.target
        return CreateOrder(
            account=account,
            client_order_id=self.client_order_id,
            side=self.side,
            order_type=self.order_type,
            quantity=self.quantity,
            price=None if self.is_market else info.price(self.ticks),
            time_in_force=TimeInForce.IOC if self.order_type is OrderType.MARKET else self.time_in_force,
            post_only=self.post_only,
            reduce_only=self.reduce_only,
            trigger_price=None if trigger is None else info.price(trigger.ticks),
            trigger_by=None if trigger is None else trigger.by,
            trigger_direction=None if trigger is None else trigger.direction,
            take_profit=None if target is None else info.price(target),
            take_profit_by=None if target is None else TriggerBy.LAST,
            stop_loss=None if stop is None else info.price(stop),
            stop_loss_by=None if stop is None else stop_by,
        )

    def amendment(self, order: ManagedOrder, info: InstrumentInfo) -> AmendOrder | None:
        """What of `order` is to be changed, and nothing else of it; None when it is all as it stands."""
        price, quantity = info.price(self.ticks), self.quantity
        if (price, quantity) == (order.price, order.quantity):
            return None
        return AmendOrder(
            account=order.account,
            client_order_id=order.client_order_id,
            price=None if price == order.price else price,
            quantity=None if quantity == order.quantity else quantity,
            order_id=order.order_id,
        )

    def words(self, info: InstrumentInfo, position: Decimal, exits: Exits = NO_EXITS) -> str:
        """`SELL 0.75 (closes) @ 67,985.1`; `position` is the one before it, `exits` are those that come with it."""
        price = info.format_price(info.price(self.ticks), group=True)
        if self.edits is not None:
            return f"amend {self.side.upper()} {shown(self.quantity, info)} @ {price}"
        words = effect(self.side, self.quantity, position, info, reduce_only=self.reduce_only)
        parts = [words if self.intent is Intent.PAIR else f"{words}{self._priced(price)}"]
        if self.trigger is not None:
            parts[0] += f" {self.trigger.words(info)}"
        if with_exits := exits.words(info):
            parts.append(with_exits)
        return " · ".join(parts)

    def _priced(self, price: str) -> str:
        """At which price, and how it works: ` post-only @ 67,985.1`."""
        if self.is_market:
            return " MARKET"
        if self.intent in TAKING:
            return f" {'up' if self.side is Side.BUY else 'down'} to {price}"
        flags = " post-only" if self.post_only else f" {self.time_in_force.upper()}" if self.is_taking else ""
        return f"{flags} @ {price}"


def price_for(intent: Intent, side: Side, touch: Touch, cap_ticks: int) -> tuple[int, str] | None:
    """Where an order of `intent` stands now, in ticks, and a note; None when its side of the book is empty.

    Improve goes a tick inside the spread; where the spread is one tick it joins, and says so. Takes stop at
    `cap_ticks` past the touch.
    """
    own, opposite = touch.own(side), touch.opposite(side)
    if intent in TAKING:
        return None if opposite is None else (beyond(side, opposite, cap_ticks), "")
    if own is None:
        return None
    if intent is Intent.IMPROVE:
        better = beyond(side, own, 1)
        return (own, "spread is one tick: joins") if touch.crosses(side, better) else (better, "")
    return own, ""


def follow(staged: Staged, touch: Touch, cap_ticks: int) -> bool:
    """Move a staged order with the touch where its intent asks for it; whether it has a price now.

    The extra Enter that a take-by-now asked for is void as soon as it would not take any more.
    """
    if not touch.crosses(staged.side, staged.ticks):
        staged.take_confirmed = False
    if staged.intent not in _FOLLOWING:
        return True
    found = price_for(staged.intent, staged.side, touch, cap_ticks)
    if found is None:
        return False
    staged.ticks, staged.note = found
    return True


def takes_by_now(staged: Staged, touch: Touch) -> bool:
    """It was meant to rest and would take if it was sent now."""
    waits = staged.trigger is not None or staged.intent is Intent.PAIR
    return staged.was_passive and not (waits or staged.is_taking) and touch.crosses(staged.side, staged.ticks)
