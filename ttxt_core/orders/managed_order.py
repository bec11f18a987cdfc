"""One order as it is tracked here: what was asked for, what the venue said of it, what is still on its way.

Owns how a single order takes in a command, an ack, an update and a fill. It knows no other order and no
account.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from msgspec import Struct, field

from ttxt_core.events.envelope import Event, InstrumentKey, MessageHeader
from ttxt_core.events.market import Side
from ttxt_core.events.orders import (
    AckOutcome,
    AmendOrder,
    Command,
    CreateOrder,
    Fill,
    FillKind,
    OrderAck,
    OrderState,
    OrderType,
    OrderUpdate,
    PositionSide,
    QuantityUnit,
    TimeInForce,
    TriggerBy,
    TriggerDirection,
    stop_direction,
)
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.states import TERMINAL, advance, after_ack, visible

ZERO = Decimal(0)
_BEFORE_RELEASE = (OrderState.PENDING_NEW, OrderState.UNTRIGGERED)

OrderIdentity = tuple[str, str, str]
"""Venue, account, and client order id (the venue's order id where an order made elsewhere has none)."""


def order_identity(header: MessageHeader, account: str, client_order_id: str, order_id: str | None) -> OrderIdentity:
    """What one order is tracked under, whichever message names it."""
    return header.venue, account, client_order_id or order_id or ""


class InFlight(Struct):
    """A command that was sent. `outcome` is None until something is heard of it; see `states.Unanswered`."""

    sent_ns: int
    outcome: AckOutcome | None = None
    amend: AmendOrder | None = None


class ManagedOrder(Struct, kw_only=True, eq=False):
    """An order. Prices are quote currency, quantities base currency (see `quantity_unit`).

    Attributes:
        quantity: the total; in quote currency while `quantity_unit` says so: until the first update.
        filled: cumulative; it never falls.
        standing: the furthest state that was heard of; `state` is what to show.
        in_flight: commands sent and not settled, by kind.
        created_ns: when it was made here, or when the venue took it. updated_ns: when news came last.
        is_external: made elsewhere.
        reason: why it, or the last command on it, was refused or ended.
        take_profit, stop_loss: prices of the exits that are attached to it.
        parent: client order id of the entry whose fill made this exit; empty for any other order.
        is_position_exit: kept by the venue with the position: as large as it is, and gone when it is.
        linked_to: what the other leg of its pair is named (see `oco`); empty when it is of none.
        is_unwanted: it was to go when the entries were cancelled, or everything was.
    """

    key: InstrumentKey
    account: str
    client_order_id: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    order_id: str | None = None
    price: Decimal | None = None
    quantity_unit: QuantityUnit = QuantityUnit.BASE
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    close_on_trigger: bool = False
    trigger_price: Decimal | None = None
    trigger_by: TriggerBy | None = None
    trigger_direction: TriggerDirection | None = None
    position_side: PositionSide = PositionSide.ONE_WAY
    standing: OrderState = OrderState.PENDING_NEW
    in_flight: dict[Command, InFlight] = field(default_factory=dict)
    created_ns: int = 0
    updated_ns: int = 0
    is_external: bool = False
    reason: str | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    parent: str = ""
    is_position_exit: bool = False
    linked_to: str = ""
    is_unwanted: bool = False
    _unanswered: dict[Command, int] = field(default_factory=dict)
    _described_at: tuple[int, int] = (-1, -1)
    _reported: Decimal = ZERO
    _reported_average: Decimal | None = None
    _executed: Decimal = ZERO
    _executed_cost: Decimal = ZERO

    @classmethod
    def from_command(cls, event: Event[CreateOrder]) -> Self:
        """The order that a command of ours asks for, its create in flight."""
        command, sent_ns = event.data, event.header.receive_time_ns
        return cls(
            key=event.header.key,
            account=command.account,
            client_order_id=command.client_order_id,
            side=command.side,
            order_type=command.order_type,
            quantity=command.quantity,
            price=command.price,
            quantity_unit=command.quantity_unit,
            time_in_force=command.time_in_force,
            post_only=command.post_only,
            reduce_only=command.reduce_only,
            close_on_trigger=command.close_on_trigger,
            trigger_price=command.trigger_price,
            trigger_by=command.trigger_by,
            trigger_direction=command.trigger_direction,
            position_side=command.position_side,
            take_profit=command.take_profit,
            stop_loss=command.stop_loss,
            created_ns=sent_ns,
            updated_ns=sent_ns,
            in_flight={Command.CREATE: InFlight(sent_ns)},
            _unanswered={Command.CREATE: sent_ns},
        )

    @classmethod
    def from_update(cls, event: Event[OrderUpdate]) -> Self:
        """An order that was made elsewhere, from its first update, which is still to be applied."""
        update = event.data
        return cls(
            key=event.header.key,
            account=update.account,
            client_order_id=update.client_order_id,
            side=update.side,
            order_type=update.order_type,
            quantity=update.quantity,
            order_id=update.order_id,
            reduce_only=update.reduce_only,
            trigger_by=update.trigger_by,
            trigger_direction=update.trigger_direction,
            position_side=update.position_side,
            created_ns=update.created_time_ns or event.header.receive_time_ns,
            parent=update.parent_client_order_id,
            is_position_exit=update.is_position_exit,
            is_external=True,
        )

    # -- what it is ------------------------------------------------------------------------------------

    @property
    def identity(self) -> OrderIdentity:
        """What it is tracked under."""
        return self.key.venue, self.account, self.name

    @property
    def state(self) -> OrderState:
        """What to show: the standing, covered by a command that is on its way."""
        return visible(self.standing, {command: sent.outcome for command, sent in self.in_flight.items()})

    @property
    def is_working(self) -> bool:
        """It may still fill; an unknown one may."""
        return self.standing not in TERMINAL

    @property
    def name(self) -> str:
        """Its client order id, else the venue's id."""
        return self.client_order_id or self.order_id or ""

    @property
    def is_stop(self) -> bool:
        """It waits, or waited, for a price that is worse than the market's: a loss, or a breakout."""
        return self.has_trigger and (self.trigger_direction or stop_direction(self.side)) is stop_direction(self.side)

    @property
    def is_take_profit(self) -> bool:
        """It waits, or waited, for a price that is better than the market's."""
        return self.has_trigger and not self.is_stop

    @property
    def has_trigger(self) -> bool:
        """It waits, or waited, for a trigger price: a stop-market, or a limit order with one."""
        return self.order_type is OrderType.STOP_MARKET or self.trigger_price is not None

    @property
    def is_waiting(self) -> bool:
        """Its trigger price was not reached yet: it is in no book."""
        return self.has_trigger and self.standing in _BEFORE_RELEASE

    @property
    def is_unknown(self) -> bool:
        """A command on it, its create too, has an outcome that nobody knows."""
        return bool(self.in_flight) and self.state is OrderState.UNKNOWN

    @property
    def is_protective(self) -> bool:
        """It can only reduce a position: kept when entries are cancelled, never stopped by a limit."""
        return self.reduce_only or self.close_on_trigger

    def belongs_with(self, other: ManagedOrder) -> bool:
        """The other leg of its pair, the entry that made it, an exit that it made, or its position's other exit."""
        if other is self or (other.key, other.account) != (self.key, self.account):
            return False
        is_pair = bool(self.linked_to) and self.linked_to == other.name
        is_family = bool(self.client_order_id) and self.client_order_id == other.parent
        is_child = bool(self.parent) and self.parent == other.client_order_id
        are_exits = self.is_position_exit and other.is_position_exit and self.position_side is other.position_side
        return is_pair or is_family or is_child or are_exits

    @property
    def filled(self) -> Decimal:
        """The most that updates or fills account for."""
        return max(self._reported, self._executed)

    @property
    def average_price(self) -> Decimal | None:
        """Of what is filled, quote currency; None before a fill."""
        if self._executed and self._executed >= self._reported:
            return TradingPair.parse(self.key.pair).average_price(self._executed, self._executed_cost)
        return self._reported_average

    @property
    def remaining(self) -> Decimal:
        """What may still fill, with the larger total while an amend is on its way; in `quantity_unit`."""
        total = self.quantity
        if self.in_flight:
            sent = self.in_flight.get(Command.AMEND)
            asked = None if sent is None or sent.amend is None else sent.amend.quantity
            total = total if asked is None else max(total, asked)
        return max(ZERO, total - self.filled)

    @property
    def pending(self) -> Command | None:
        """The command whose outcome is awaited; a cancel before an amend."""
        return next((c for c in (Command.CREATE, Command.CANCEL, Command.AMEND) if c in self.in_flight), None)

    @property
    def pending_since_ns(self) -> int | None:
        """When that command was sent."""
        pending = self.pending
        return None if pending is None else self.in_flight[pending].sent_ns

    # -- what happens to it ------------------------------------------------------------------------------

    def send(self, kind: Command, sent_ns: int, amend: AmendOrder | None = None) -> None:
        """A command on it is on its way."""
        self.in_flight[kind] = InFlight(sent_ns, amend=amend)
        self._unanswered[kind] = sent_ns

    def withdraw(self, kind: Command) -> None:
        """That command did not leave."""
        self.in_flight.pop(kind, None)
        self._unanswered.pop(kind, None)

    def answer_took_ns(self, event: Event[OrderAck]) -> int | None:
        """From the send of a command to this, its first answer, which an update may have overtaken; else None."""
        sent_ns = self._unanswered.pop(event.data.command, None)
        return None if sent_ns is None else event.header.receive_time_ns - sent_ns

    def apply_ack(self, event: Event[OrderAck]) -> None:
        """Take in the answer to one of our commands."""
        ack = event.data
        self.order_id = self.order_id or ack.order_id
        self.updated_ns = max(self.updated_ns, event.header.receive_time_ns)
        if ack.outcome is not AckOutcome.ACCEPTED and ack.reason:
            self.reason = ack.reason
        sent = self.in_flight.get(ack.command)
        if ack.outcome is not AckOutcome.UNKNOWN:
            self._advance(after_ack(self.standing, self.has_trigger, ack.command, ack.outcome))
            if ack.command is Command.CANCEL and ack.outcome is AckOutcome.ACCEPTED:
                if sent is not None:
                    sent.outcome = AckOutcome.ACCEPTED  # taken, but a fill may still win the race
            else:
                self.in_flight.pop(ack.command, None)
        elif sent is not None and sent.outcome is None:
            sent.outcome = AckOutcome.UNKNOWN

    def apply_update(self, event: Event[OrderUpdate]) -> None:
        """Take in what the venue says of the order; an older description does not replace a newer one."""
        update, header = event.data, event.header
        self.order_id = self.order_id or update.order_id
        self.updated_ns = max(self.updated_ns, header.receive_time_ns)
        if update.filled_quantity > self._reported:
            self._reported, self._reported_average = update.filled_quantity, update.average_price
        described_at = (header.venue_time_ns, header.sequence)
        if described_at >= self._described_at:
            self._described_at = described_at
            self._describe(update)
        self._advance(update.state)

    def apply_fill(self, fill: Fill) -> None:
        """Take in an execution that was not counted before."""
        if fill.kind is not FillKind.TRADE:
            return
        self._executed += fill.quantity
        self._executed_cost += TradingPair.parse(self.key.pair).cost(fill.quantity, fill.price)
        self._advance(OrderState.PARTIALLY_FILLED)  # that it is done, only the venue says: it may have been amended

    def _describe(self, update: OrderUpdate) -> None:
        self.quantity, self.quantity_unit = update.quantity, QuantityUnit.BASE
        self.price, self.trigger_price = update.price, update.trigger_price
        self.trigger_by = update.trigger_by or self.trigger_by
        self.trigger_direction = update.trigger_direction or self.trigger_direction
        self.take_profit, self.stop_loss = update.take_profit, update.stop_loss
        self.time_in_force, self.post_only = update.time_in_force, update.post_only
        self.reason = update.reason or self.reason
        amend = self.in_flight.get(Command.AMEND)
        if amend is not None and amend.amend is not None and _is_seen(amend.amend, update):
            del self.in_flight[Command.AMEND]

    def _advance(self, heard: OrderState) -> None:
        self.standing = advance(self.standing, heard)
        if self.standing in TERMINAL:
            self.in_flight.clear()
        elif self.standing is not OrderState.PENDING_NEW:
            self.in_flight.pop(Command.CREATE, None)


def _is_seen(amend: AmendOrder, update: OrderUpdate) -> bool:
    """The update shows what the amend asked for."""
    asked = (
        (amend.price, update.price),
        (amend.quantity, update.quantity),
        (amend.trigger_price, update.trigger_price),
    )
    return all(wanted is None or wanted == shown for wanted, shown in asked)
