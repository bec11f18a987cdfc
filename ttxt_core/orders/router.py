"""The one way of a command: limits, registration, the executor of its venue, category and account.

Owns arming and the refusals. What is refused is answered with an `OrderAck` from this side of the wire (source
CLIENT), never with silence; it was not registered and no executor saw it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from random import Random, SystemRandom
from typing import Any, Final

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import InstrumentError, OrderError, QueueError
from ttxt_core.events.envelope import Event, InstrumentKey, MessageHeader, Source
from ttxt_core.events.market import Side
from ttxt_core.events.orders import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    Command,
    CreateOrder,
    OrderAck,
    OrderState,
    PositionSide,
    ProtectPosition,
)
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.orders.limits import RiskContext, RiskLimits, can_increase_exposure, check
from ttxt_core.orders.managed_order import ZERO, ManagedOrder
from ttxt_core.orders.manager import COMMAND_OF, OrderManager
from ttxt_core.orders.market_view import MarketView
from ttxt_core.orders.sweep import Sweep
from ttxt_core.queues.base import IQueuePublisher

Route = tuple[str, str | None, str]
"""Venue, category (None: any) and account that an executor carries out the commands of."""

_FIGURES: Final[dict[type, tuple[str, ...]]] = {
    CreateOrder: ("quantity", "price", "trigger_price", "take_profit", "stop_loss"),
    AmendOrder: ("quantity", "price", "trigger_price"),
    CancelOrder: (),
    ProtectPosition: ("take_profit", "stop_loss"),
}
"""What of a command is a number; a float among them is a slip that no comparison should meet."""


NOT_ARMED: Final = "not armed yet"
"""Why a router that was never armed is not."""


class CommandRouter(IQueuePublisher):
    """Takes `CreateOrder`, `AmendOrder`, `CancelOrder` and `ProtectPosition` events from screens and strategies.

    Limits, arming and stale data stop only what can increase exposure; cancels and exits always pass, and are not
    counted in the rate that entries may use.

    Attributes:
        limits: may be replaced at any time; the next command is judged by the new ones.
        is_armed: entries may go. disarmed_because: why not; empty while armed.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        orders: OrderManager,
        market: MarketView,
        limits: RiskLimits,
        events: IQueuePublisher,
        session_loss: Callable[[str], Decimal],
        refuse_arming: Callable[[], str | None] = lambda: None,
        random: Random | None = None,
    ) -> None:
        """A router without executors, disarmed.

        Args:
            clock: market time.
            orders: where commands are registered. market: what they are judged by.
            limits: what entries must keep to.
            events: where refusals are published.
            session_loss: what was lost in a quote currency, above zero.
            refuse_arming: why entries may not be let pass now; None when they may.
            random: for client order ids; the system's when not given.
        """
        self.limits = limits
        self.is_armed = False
        self.disarmed_because = NOT_ARMED
        self._clock = clock
        self._orders = orders
        self._market = market
        self._events = events
        self._session_loss = session_loss
        self._refuse_arming = refuse_arming
        self._random = random if random is not None else SystemRandom()
        self._executors: dict[Route, CommandLanes] = {}
        self._entry_times: deque[int] = deque()

    # -- executors and arming ------------------------------------------------------------------------------

    def attach(self, venue: str, account: str, executor: CommandLanes, category: str | None = None) -> None:
        """Send the commands of `account` at `venue` to `executor` from now on.

        With a `category` only those of it; without one, all for whose category there is no executor of its own.
        """
        self._executors[venue, category, account] = executor

    def detach(self, executor: CommandLanes) -> None:
        """Send nothing more to `executor`: commands for it are refused."""
        self._executors = {route: other for route, other in self._executors.items() if other is not executor}

    def arm(self) -> str | None:
        """Let entries pass; gives why they can't be let now, or None when they pass."""
        reason = None if self.is_armed else self._refuse_arming()
        if reason is None:
            self.is_armed = True
            self.disarmed_because = ""
        return reason

    def disarm(self, reason: str) -> Sweep:
        """Refuse entries from now on, and cancel those that work; protective orders stay."""
        self.interlock(reason)
        return self.cancel_entries()

    def interlock(self, reason: str) -> None:
        """Refuse entries from now on, and leave those that work: the market can't be seen just now."""
        self.is_armed = False
        self.disarmed_because = reason

    def cancel_entries(self, key: InstrumentKey | None = None) -> Sweep:
        """Cancel the working entries on `key` (None: everywhere); protective orders stay."""
        now_ns, entries = self._clock.now_ns(), self._orders.entries(key)
        for order in entries:
            order.is_unwanted = True
        refused = sum(self.send(cancel_command(order, now_ns)) is not None for order in entries)
        return Sweep(len(entries) - refused, len(self._orders.protective(key)), refused)

    # -- commands --------------------------------------------------------------------------------------------

    def new_client_order_id(self) -> str:
        """An id for a `CreateOrder`, by which this installation knows the order again after a restart."""
        return new_client_order_id(self._random, self._orders.own_mark)

    def publish_nowait(self, event: Event[Any]) -> None:
        """Send a command, or refuse it with an ack.

        Raises:
            OrderError: the event is no command.
        """
        self.send(event)

    def send(self, event: Event[Any]) -> str | None:
        """As `publish_nowait`; gives why the command was refused, or None when it went out.

        Raises:
            OrderError: the event is no command.
        """
        if type(event.data) not in COMMAND_OF:
            asked = f"route a {type(event.data).__name__}"
            raise OrderError(asked, "it is no command", "send CreateOrder, AmendOrder, CancelOrder or ProtectPosition")
        reason = self.refusal(event)
        if reason is not None:
            self._refuse(event, reason)
            return reason
        self._orders.register(event)
        try:
            self._executors[self._route(event)].publish_nowait(event)
        except QueueError as error:
            self._orders.withdraw(event)
            self._refuse(event, str(error))
            return str(error)
        if self._is_entry(event):
            self._entry_times.append(self._clock.now_ns())
        return None

    async def publish(self, event: Event[Any]) -> None:
        """As `publish_nowait`: a command is sent or refused at once."""
        self.publish_nowait(event)

    def refusal(self, event: Event[Any]) -> str | None:
        """Why this command would be refused here if it was sent now; None when it would go out."""
        command, header = event.data, event.header
        executor = self._executors.get(self._route(event))
        if executor is None:
            return f"nothing executes orders of account {command.account!r} at {header.venue} {header.category}"
        if executor.unavailable:
            return executor.unavailable
        for name in _FIGURES[type(command)]:
            value = getattr(command, name)
            if value is not None and type(value) is not Decimal:
                return f"{name} {value!r} is no Decimal: orders are exact, give Decimal('{value}')"
        order = self._orders.order_of(event)
        if type(command) is CreateOrder and self._orders.was_sent(command.client_order_id):
            return "this client order id was already sent"
        if type(command) is AmendOrder and order is None:
            return "the order to amend is not known"
        if type(command) is AmendOrder and order is not None and not order.is_working:
            return f"the order to amend is {order.state}"
        if not can_increase_exposure(command, order):
            return None
        if not self.is_armed:
            return f"disarmed: {self.disarmed_because}"
        try:
            trouble = self._market.trouble(header.key, self._clock.now_ns(), self.limits.max_data_age_ns)
            breach = trouble or check(self.limits, command, self._context(header.key, command, order))
        except InstrumentError as error:
            return str(error)
        return None if breach is None else str(breach)

    # -- inside ----------------------------------------------------------------------------------------------

    def _route(self, event: Event[Any]) -> Route:
        """What the executor of a command is attached under."""
        header, account = event.header, event.data.account
        route = (header.venue, header.category, account)
        return route if route in self._executors else (header.venue, None, account)

    def _is_entry(self, event: Event[Any]) -> bool:
        return can_increase_exposure(event.data, self._orders.order_of(event))

    def _refuse(self, event: Event[Any], reason: str) -> None:
        command, header = event.data, event.header
        ack = OrderAck(
            command.account, command.client_order_id, COMMAND_OF[type(command)], AckOutcome.REJECTED, reason=reason
        )
        self._events.publish_nowait(Event(command_header(header.key, self._clock.now_ns()), ack))

    def _context(
        self, key: InstrumentKey, command: CreateOrder | AmendOrder, order: ManagedOrder | None
    ) -> RiskContext:
        orders, market, account = self._orders, self._market, command.account
        side = command.side if isinstance(command, CreateOrder) else None if order is None else order.side
        info = market.instruments[key]
        bid, ask = market.touch(key, Side.BUY), market.touch(key, Side.SELL)
        has_leverage = self.limits.max_leverage is not None and key.category != SPOT
        has_liquidation = self.limits.min_liquidation_distance is not None
        settle = info.spec.settle
        return RiskContext(
            instrument=info,
            bid=bid,
            ask=ask,
            exposure=orders.exposure(key, account, bid or ask or info.tick_size),
            order=order,
            has_unknown=bool(orders.unknown(key)),
            has_stop=self.limits.require_stop and self._has_stop(key, account, side),
            entries_in_second=self._entries_in_second(),
            session_loss=self._session_loss(info.spec.quote),
            liquidation_distance=self._liquidation_distance(key, account) if has_liquidation else None,
            equity=orders.accounts.equity(key.venue, account, settle) if has_leverage else ZERO,
            other_notional=self._other_notional(key, account, settle) if has_leverage else ZERO,
        )

    def _entries_in_second(self) -> int:
        now_ns, times = self._clock.now_ns(), self._entry_times
        while times and not now_ns - NANOSECONDS < times[0] <= now_ns:  # a seek may have moved the clock back
            times.popleft()
        return len(times)

    def _other_notional(self, key: InstrumentKey, account: str, settle: str) -> Decimal:
        """What the account's other contracts that settle in `settle` are worth at worst, in it."""
        orders, notional = self._orders, ZERO
        for other in orders.active_keys - {key}:
            pair = TradingPair.parse(other.pair)
            if other.venue != key.venue or other.category == SPOT or pair.settle != settle:
                continue
            price = self._market.mark(other) or self._entry_price(other, account)
            if price is not None:
                notional += abs(pair.cost(orders.exposure(other, account, price).worst, price))
        return notional

    def _entry_price(self, key: InstrumentKey, account: str) -> Decimal | None:
        position = self._orders.accounts.positions.get((key, account, PositionSide.ONE_WAY))
        return None if position is None else position.mark_price or position.entry_price

    def _liquidation_distance(self, key: InstrumentKey, account: str) -> Decimal | None:
        """How far the mark may move against the position, as a fraction; None without a liquidation price."""
        mark, nearest = self._market.mark(key), None
        for side in PositionSide:
            position = self._orders.accounts.positions.get((key, account, side))
            if position is None or not position.quantity or position.liquidation_price is None or not mark:
                continue
            distance = (mark - position.liquidation_price) / mark * (1 if position.quantity > 0 else -1)
            nearest = distance if nearest is None else min(nearest, distance)
        return nearest

    def _has_stop(self, key: InstrumentKey, account: str, side: Side | None) -> bool:
        """Whether a stop works that would close what an order on `side` opens: the venue has it, and is to keep it."""
        stops = (order for order in self._orders.protective(key) if order.is_stop and order.account == account)
        return any(
            order.side is not side
            and order.standing is not OrderState.PENDING_NEW
            and Command.CANCEL not in order.in_flight
            for order in stops
        )


def command_header(key: InstrumentKey, now_ns: int) -> MessageHeader:
    """The header of a command, or of a refusal, that is made here."""
    return MessageHeader(key.venue, key.category, key.pair, 0, now_ns, source=Source.CLIENT)


def cancel_command(order: ManagedOrder, now_ns: int) -> Event[CancelOrder]:
    """The command that takes `order` out."""
    return Event(command_header(order.key, now_ns), CancelOrder(order.account, order.client_order_id, order.order_id))


def new_client_order_id(random: Random, mark: str = "") -> str:
    """32 lower-case hex characters that begin with `mark`, of at most 16 (see `installation_mark`).

    Give a `secrets.SystemRandom` where it must be unguessable and unique.
    """
    length = 32 - len(mark)
    return f"{mark}{random.getrandbits(4 * length):0{length}x}"
