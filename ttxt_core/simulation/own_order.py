"""One order as the simulated exchange keeps it, in integer ticks and lots.

Owns what was ordered, what of it is filled, and its place in the queue. It knows no book and no account.
"""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from msgspec import Struct

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.events.orders import CreateOrder, OrderState, OrderUpdate, TriggerBy, TriggerDirection
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.states import TERMINAL
from ttxt_core.simulation.accounts import INVERSE_COST_QUANTUM


class StopTrigger(Struct):
    """What releases a stop order: the `by` price at `price` ticks or beyond it, in `direction`."""

    price: int
    by: TriggerBy
    direction: TriggerDirection


class OwnOrder(Struct, kw_only=True, eq=False):
    """An order that was accepted.

    Attributes:
        command: what was asked for; `quantity`, `price` and `trigger` are what became of it.
        quantity: the total, lots. price: ticks; 0 for an order that takes any price.
        filled: lots. value: Σ ticks × lots of what is filled. per_price: Σ lots / ticks of it, for inverse contracts.
        queue_ahead: lots at its price that are served before it; None while the feed does not show that level.
        parent: client order id of the entry that this exit came with. is_position_exit: see `position_exits`.
    """

    command: CreateOrder
    key: InstrumentKey
    order_id: str
    side: Side
    quantity: int
    price: int
    trigger: StopTrigger | None
    reduce_only: bool
    created_ns: int
    state: OrderState
    filled: int = 0
    value: int = 0
    per_price: Decimal = Decimal(0)
    queue_ahead: int | None = None
    parent: str = ""
    is_position_exit: bool = False

    @property
    def name(self) -> str:
        """What it is kept under: its client order id, else ours."""
        return self.command.client_order_id or self.order_id

    @property
    def is_waiting(self) -> bool:
        """It was not put in the book yet, because of its trigger."""
        return self.state is OrderState.UNTRIGGERED or self.state is OrderState.TRIGGERED

    @property
    def remaining(self) -> int:
        """Lots that may still fill."""
        return self.quantity - self.filled

    @property
    def is_done(self) -> bool:
        """Nothing more happens to it."""
        return self.state in TERMINAL

    @property
    def limit(self) -> int | None:
        """The worst price that it takes, ticks; None for any."""
        return self.price or None

    def fill(self, price: int, quantity: int) -> None:
        """Count an execution of `quantity` lots at `price` ticks."""
        self.filled += quantity
        self.value += price * quantity
        self.per_price += Decimal(quantity) / price
        self.state = OrderState.PARTIALLY_FILLED if self.filled < self.quantity else OrderState.FILLED

    def update(self, info: InstrumentInfo, reason: str | None = None) -> OrderUpdate:
        """The order as an update tells of it."""
        command, trigger = self.command, self.trigger
        return OrderUpdate(
            account=command.account,
            client_order_id=command.client_order_id,
            order_id=self.order_id,
            state=self.state,
            side=self.side,
            order_type=command.order_type,
            quantity=info.quantity(self.quantity),
            filled_quantity=info.quantity(self.filled),
            price=info.price(self.price) if self.price else None,
            average_price=self._average_price(info),
            time_in_force=command.time_in_force,
            post_only=command.post_only,
            reduce_only=self.reduce_only,
            trigger_price=None if trigger is None else info.price(trigger.price),
            trigger_by=None if trigger is None else trigger.by,
            trigger_direction=None if trigger is None else trigger.direction,
            created_time_ns=self.created_ns,
            reason=reason,
            take_profit=command.take_profit,
            stop_loss=command.stop_loss,
            parent_client_order_id=self.parent,
            is_position_exit=self.is_position_exit,
        )

    def _average_price(self, info: InstrumentInfo) -> Decimal | None:
        """What was paid; of an inverse contract by the base currency that was exchanged."""
        if not self.filled:
            return None
        if info.is_inverse:
            return info.tick_size * self.filled / self.per_price
        return info.tick_size * self.value / self.filled


def value_of(info: InstrumentInfo, lots: int, value: int) -> Decimal:
    """What `lots` are worth whose prices come to `value` ticks × lots: in the settle currency, and exactly.

    Of an inverse contract, for whose worth the prices would have to be known one by one, the worth at their average.
    """
    if not info.is_inverse:
        return info.tick_size * info.lot_size * value
    if not value:
        return Decimal(0)
    worth = info.lot_size * lots * lots / (info.tick_size * value)
    return worth.quantize(INVERSE_COST_QUANTUM, ROUND_UP)
