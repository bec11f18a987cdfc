"""A pair of exits of which one cancels the other, where the venue keeps no such pair.

Owns one pair: what of it has filled, and what is to be done about the other leg. It sends nothing and waits for
nothing: `due` looks at both orders as they are, and says the same as often as it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.events.orders import CreateOrder, OrderType, QuantityUnit, stop_direction
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.managed_order import ZERO, ManagedOrder

LOCAL_MARK: Final = "LOCAL – dies with this process"
"""What a screen shows beside each leg: without this process both go on, and neither knows of the other."""


class Cut(NamedTuple):
    """What a leg has to become: `total` is its new quantity, base currency; 0 takes it out."""

    leg: ManagedOrder
    total: Decimal


class OcoPair:
    """Two exits on the same side. Together they may fill `quantity`, base currency: what one fills the other loses.

    A leg that is made larger by hand makes the pair larger; the other leg stays as it is.
    """

    def __init__(self, stop: ManagedOrder, target: ManagedOrder) -> None:
        """A pair of two orders that were sent; each is told of the other."""
        self.stop = stop
        self.target = target
        self.quantity = max(stop.quantity, target.quantity)
        self._seen = {stop.name: stop.quantity, target.name: target.quantity}
        stop.linked_to, target.linked_to = target.name, stop.name

    def __iter__(self) -> Iterator[ManagedOrder]:
        return iter((self.stop, self.target))

    @property
    def is_over(self) -> bool:
        """Neither leg works any more."""
        return not (self.stop.is_working or self.target.is_working)

    @property
    def excess(self) -> Decimal:
        """How much both filled beyond what one was to; the venue may fill both before anyone can take one out."""
        return max(ZERO, self.stop.filled + self.target.filled - self.quantity)

    def other(self, leg: ManagedOrder) -> ManagedOrder:
        """The leg that `leg` is paired with."""
        return self.target if leg is self.stop else self.stop

    def due(self) -> list[Cut]:
        """What has to be done now.

        Nothing about a leg that has a command in flight or whose outcome is not known: it is looked at when that is
        settled.
        """
        for leg in self:
            self.quantity += max(ZERO, leg.quantity - self._seen[leg.name])
            self._seen[leg.name] = leg.quantity
        cuts = []
        for leg in self:
            left = self.quantity - self.other(leg).filled
            if leg.is_working and not leg.in_flight and leg.quantity > left:
                cuts.append(Cut(leg, left if left > leg.filled else ZERO))
        return cuts

    def part(self) -> ManagedOrder | None:
        """Undo the link when one leg has ended and the other goes on without it: gives that one, the first time."""
        ended = next((leg for leg in self if not leg.is_working), None)
        if ended is None or not ended.linked_to:
            return None
        left = self.other(ended)
        is_alone = left.is_working and self.quantity - ended.filled > left.filled
        if is_alone or self.is_over:
            ended.linked_to = left.linked_to = ""
        return left if is_alone else None


def why_no_pair(category: str, stop: CreateOrder, target: CreateOrder) -> str | None:
    """Why two orders can't be a pair; None when they can."""
    names = ("account", "side", "quantity", "position_side")
    differing = next((name for name in names if getattr(stop, name) != getattr(target, name)), None)
    if differing is not None:
        return f"the legs of a pair have one {differing.replace('_', ' ')}"
    if stop.client_order_id == target.client_order_id:
        return "each leg needs a client order id of its own"
    for leg in (stop, target):
        if not (leg.reduce_only or leg.close_on_trigger):
            return "both legs must be reduce-only"
        if leg.quantity_unit is not QuantityUnit.BASE:
            return "the legs of a pair count in base currency"
    stops = stop_direction(stop.side)
    if stop.trigger_price is None or (stop.trigger_direction or stops) is not stops:
        return "the stop of a pair needs a trigger price in the direction of a loss"
    if target.trigger_price is None and category == SPOT:
        return "on spot a resting order holds what the stop would sell: give the target a trigger price"
    if target.trigger_price is None and target.order_type is not OrderType.LIMIT:
        return "the target of a pair is a limit order or has a trigger price"
    if target.trigger_price is not None and (target.trigger_direction or stops) is stops:
        return "the target of a pair needs a trigger price in the direction of a profit"
    return None
