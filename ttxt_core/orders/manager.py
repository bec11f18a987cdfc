"""The orders of a session: every command that was sent and every order that a venue told of.

Owns the tracking by client order id, the pending and unknown commands, the fills, and the answers that
limits and screens need. It sends nothing, and judges nothing but that a client order id is used once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ttxt_core.clock import Clock
from ttxt_core.errors import DuplicateOrderError
from ttxt_core.events.envelope import Event, InstrumentKey, Source
from ttxt_core.events.market import Side
from ttxt_core.events.orders import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    Command,
    CreateOrder,
    Fill,
    FillKind,
    OrderAck,
    OrderUpdate,
    ProtectPosition,
    QuantityUnit,
)
from ttxt_core.events.status import ResetReason, StreamReset
from ttxt_core.orders.accounts import AccountBook
from ttxt_core.orders.managed_order import ZERO, ManagedOrder, OrderIdentity, order_identity

HISTORY_LIMIT = 5_000
FILLS_LIMIT = 20_000
EXECUTIONS_LIMIT = 200_000
"""How many ended orders, fills and execution ids are kept. Ids outnumber fills, so that a late repeat is
known."""


class Exposure(NamedTuple):
    """A position with the entries that may still change it; base currency, buys and sells above zero."""

    position: Decimal
    buys: Decimal
    sells: Decimal

    @property
    def longest(self) -> Decimal:
        """The position if every working buy filled."""
        return self.position + self.buys

    @property
    def shortest(self) -> Decimal:
        """The position if every working sell filled; negative when short."""
        return self.position - self.sells

    @property
    def worst(self) -> Decimal:
        """The larger of the two without its sign."""
        return max(abs(self.longest), abs(self.shortest))


class OrderManager:
    """Tracks orders, and the accounts they act on.

    Attributes:
        accounts: balances and positions.
        version: changes with every piece of news, so that a reader can tell cheaply whether to look again.
        own_mark: what client order ids that were made by this installation begin with; empty where there is no such.
    """

    def __init__(self, clock: Clock) -> None:
        self.accounts = AccountBook()
        self.version = 0
        self.own_mark = ""
        self._clock = clock
        self._orders: dict[OrderIdentity, ManagedOrder] = {}
        self._working: dict[OrderIdentity, ManagedOrder] = {}
        self._working_by_key: dict[InstrumentKey, dict[OrderIdentity, ManagedOrder]] = {}
        self._own: dict[str, ManagedOrder] = {}
        self._history: deque[ManagedOrder] = deque()
        self._fills: deque[Event[Fill]] = deque(maxlen=FILLS_LIMIT)
        self._executions: dict[tuple[str, str, str], None] = {}
        self._early_fills: dict[OrderIdentity, list[Fill]] = {}
        self._sent: set[str] = set()
        self._void: set[str] = set()

    # -- commands -----------------------------------------------------------------------------------------

    def register(self, event: Event[Any]) -> ManagedOrder | None:
        """Mark a `CreateOrder`, `AmendOrder` or `CancelOrder` as pending, before it is sent.

        Gives the order that it is about; None for an amend or cancel of an order that is not known here, and for a
        `ProtectPosition`, which is about none.

        Raises:
            DuplicateOrderError: a create with a client order id that was sent before.
        """
        command = event.data
        if type(command) is CreateOrder:
            if command.client_order_id in self._sent:
                raise DuplicateOrderError(
                    f"send order {command.client_order_id}",
                    "this client order id was already sent",
                    "make a new id",
                )
            order = ManagedOrder.from_command(event)
            self._sent.add(order.client_order_id)
            self._add(order)
            self._own[order.client_order_id] = order
            return order
        known = self.order_of(event)
        if known is not None and known.is_working:
            kind = Command.AMEND if type(command) is AmendOrder else Command.CANCEL
            amend = command if type(command) is AmendOrder else None
            known.send(kind, event.header.receive_time_ns, amend)
            self.version += 1
        return known

    def withdraw(self, event: Event[Any]) -> None:
        """Undo `register`: the command did not leave this machine, so a create's id was not sent either."""
        order = self.order_of(event)
        if order is None:
            return
        if type(event.data) is CreateOrder:
            for kept in (self._orders, self._working, self._working_by_key[order.key]):
                del kept[order.identity]
            del self._own[order.client_order_id]
            self._sent.discard(order.client_order_id)
        else:
            order.withdraw(COMMAND_OF[type(event.data)])
        self.version += 1

    def timeouts(self, now_ns: int, after_ns: int) -> list[ManagedOrder]:
        """Make every command UNKNOWN that was sent `after_ns` ago or earlier and of which nothing was heard.

        Gives the orders concerned. Nothing is sent again: an unknown outcome is settled by an answer or a
        query.
        """
        late = []
        for order in self._working.values():
            unheard = [s for s in order.in_flight.values() if s.outcome is None and now_ns - s.sent_ns >= after_ns]
            for sent in unheard:
                sent.outcome = AckOutcome.UNKNOWN
            if unheard:
                order.reason = f"no answer within {after_ns / 1e9:g} s"
                late.append(order)
        self.version += bool(late)
        return late

    # -- news -----------------------------------------------------------------------------------------------

    def on_event(self, event: Event[Any]) -> bool:
        """Take in an `OrderAck`, `OrderUpdate`, `Fill`, `Wallet`, `PositionUpdate` or `StreamReset`.

        Gives whether it told anything new; a fill that came before does not. An ack from this side of the
        wire (source CLIENT) is a refusal of a command that was never registered and changes nothing here.
        """
        data = event.data
        kind = type(data)
        if kind is OrderAck:
            return event.header.source is not Source.CLIENT and self._on_ack(event)
        if kind is OrderUpdate:
            return self._on_update(event)
        if kind is Fill:
            return self._on_fill(event)
        accounts_version = self.accounts.version
        self.accounts.on_event(event)
        if kind is StreamReset and data.reason is not ResetReason.RECONNECT:
            self._clear()
        if self.accounts.version == accounts_version:
            return False
        self.version += 1
        return True

    def _on_ack(self, event: Event[OrderAck]) -> bool:
        order = self.order_of(event)
        if order is None:
            return False
        order.apply_ack(event)
        self._settle(order)
        return True

    def _on_update(self, event: Event[OrderUpdate]) -> bool:
        update = event.data
        order = self.order_of(event)
        if order is None:
            if update.client_order_id in self._sent:
                return False  # ours, of an attempt that was left or ended so long ago that it was forgotten
            order = ManagedOrder.from_update(event)
            order.is_external = not (self.is_own(update.client_order_id) or self.is_own(update.parent_client_order_id))
            self._add(order)
        order.apply_update(event)
        self._settle(order)
        return True

    def _on_fill(self, event: Event[Fill]) -> bool:
        fill, header = event.data, event.header
        execution = (header.venue, fill.account, fill.identity)
        if execution in self._executions or fill.client_order_id in self._void:
            return False
        self._executions[execution] = None
        if len(self._executions) > EXECUTIONS_LIMIT:
            del self._executions[next(iter(self._executions))]
        self._fills.append(event)
        order = self.order_of(event)
        if order is not None:
            order.apply_fill(fill)
        elif fill.kind is FillKind.TRADE and fill.client_order_id not in self._sent:
            self._early_fills.setdefault(self._identity(event), []).append(fill)
        self.version += 1
        return True

    def _add(self, order: ManagedOrder) -> None:
        self._orders[order.identity] = self._working[order.identity] = order
        self._working_by_key.setdefault(order.key, {})[order.identity] = order
        for fill in self._early_fills.pop(order.identity, ()):
            order.apply_fill(fill)
        self.version += 1

    def _settle(self, order: ManagedOrder) -> None:
        self.version += 1
        if order.is_working or self._working.pop(order.identity, None) is None:
            return
        del self._working_by_key[order.key][order.identity]
        self._history.append(order)
        if len(self._history) > HISTORY_LIMIT:
            oldest = self._history.popleft()
            del self._orders[oldest.identity]
            self._own.pop(oldest.client_order_id, None)

    def _clear(self) -> None:
        self._void = set(self._sent)
        for orders in (self._orders, self._working, self._working_by_key, self._own):
            orders.clear()
        for told in (self._history, self._fills, self._executions, self._early_fills):
            told.clear()

    # -- questions -------------------------------------------------------------------------------------------

    def order_of(self, event: Event[Any]) -> ManagedOrder | None:
        """The order that a command, ack, update or fill is about."""
        return self._orders.get(self._identity(event))

    def by_client_id(self, client_order_id: str) -> ManagedOrder | None:
        """An order that was made here."""
        return self._own.get(client_order_id)

    def is_own(self, client_order_id: str) -> bool:
        """Whether an order of this id was made here, before a restart too."""
        return client_order_id in self._sent or bool(self.own_mark and client_order_id.startswith(self.own_mark))

    def was_sent(self, client_order_id: str) -> bool:
        """Whether a create with this id was ever registered here, in any attempt."""
        return client_order_id in self._sent

    def working(self, key: InstrumentKey | None = None) -> list[ManagedOrder]:
        """Orders that may still fill, oldest first; of one instrument, or all."""
        return list(self._working_on(key))

    def entries(self, key: InstrumentKey | None = None) -> list[ManagedOrder]:
        """Working orders that can open or grow a position."""
        return [order for order in self._working_on(key) if not order.is_protective]

    def protective(self, key: InstrumentKey | None = None) -> list[ManagedOrder]:
        """Working orders that can only reduce a position."""
        return [order for order in self._working_on(key) if order.is_protective]

    def linked(self, order: ManagedOrder) -> list[ManagedOrder]:
        """Working orders that belong with `order`: see `ManagedOrder.belongs_with`."""
        return [other for other in self._working_on(order.key) if order.belongs_with(other)]

    def newest_entry(self, key: InstrumentKey) -> ManagedOrder | None:
        """The working entry that was added last."""
        newest_first = reversed(self._working_by_key.get(key, {}).values())
        return next((order for order in newest_first if not order.is_protective), None)

    @property
    def active_keys(self) -> set[InstrumentKey]:
        """Instruments with a position or a working order, and some that had one."""
        return {key for key, _, _ in self.accounts.positions} | self._working_by_key.keys()

    def unknown(self, key: InstrumentKey | None = None) -> list[ManagedOrder]:
        """Working orders with a command whose outcome nobody knows."""
        return [order for order in self._working_on(key) if order.is_unknown]

    def exposure(self, key: InstrumentKey, account: str, price: Decimal) -> Exposure:
        """The position with every working entry, an unknown one too, counted as if it filled.

        `price` turns quantities that were given in quote currency into base.
        """
        filled = {Side.BUY: ZERO, Side.SELL: ZERO}
        for order in self._working_on(key):
            if order.account == account and not order.is_protective:
                in_base = order.quantity_unit is QuantityUnit.BASE
                filled[order.side] += order.remaining if in_base else order.remaining / price
        return Exposure(self.accounts.held(key, account), filled[Side.BUY], filled[Side.SELL])

    @property
    def history(self) -> Sequence[ManagedOrder]:
        """Orders that ended, oldest first; the last `HISTORY_LIMIT`."""
        return self._history

    @property
    def fills(self) -> Sequence[Event[Fill]]:
        """Executions, each once, oldest first; the last `FILLS_LIMIT`."""
        return self._fills

    def _working_on(self, key: InstrumentKey | None) -> Iterable[ManagedOrder]:
        return (self._working if key is None else self._working_by_key.get(key, {})).values()

    @staticmethod
    def _identity(event: Event[Any]) -> OrderIdentity:
        data = event.data
        order_id = None if type(data) is CreateOrder else data.order_id
        return order_identity(event.header, data.account, data.client_order_id, order_id)


COMMAND_OF: dict[type, Command] = {
    CreateOrder: Command.CREATE,
    AmendOrder: Command.AMEND,
    CancelOrder: Command.CANCEL,
    ProtectPosition: Command.PROTECT,
}
"""Which kind of command an event is."""
