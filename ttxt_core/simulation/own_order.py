"""One order as the simulated exchange keeps it, in integer ticks and lots.

Owns what was ordered, what of it is filled, and its place in the queue. It knows no book and no account.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.events.orders import CreateOrder, OrderState, OrderUpdate, TriggerBy, TriggerDirection
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.states import TERMINAL


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
        filled: lots. value: Σ ticks × lots of what is filled.
        queue_ahead: lots at its price that are served before it; None while the feed does not show that level.
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
    queue_ahead: int | None = None

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
        self.state = OrderState.PARTIALLY_FILLED if self.filled < self.quantity else OrderState.FILLED

    def update(self, info: InstrumentInfo, reason: str | None = None) -> OrderUpdate:
        """The order as an update tells of it."""
        command, trigger = self.command, self.trigger
        average = info.tick_size * self.value / self.filled if self.filled else None
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
            average_price=average,
            time_in_force=command.time_in_force,
            post_only=command.post_only,
            reduce_only=self.reduce_only,
            trigger_price=None if trigger is None else info.price(trigger.price),
            trigger_by=None if trigger is None else trigger.by,
            trigger_direction=None if trigger is None else trigger.direction,
            created_time_ns=self.created_ns,
            reason=reason,
        )


def value_of(info: InstrumentInfo, value: int) -> Decimal:
    """`value` in tick × lot as quote currency, exactly."""
    return info.tick_size * info.lot_size * value
