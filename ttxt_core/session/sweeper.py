"""The sweeper of a session of real money: orders that were to go, go, however often that is refused.

Owns trying again. It begins no sweep, and leaves alone what nobody asked to be swept.
"""

from __future__ import annotations

from typing import Final

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.events import AckOutcome, Command
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.router import CommandRouter, cancel_command

_AGAIN_NS: Final = NANOSECONDS
_LONGEST_NS: Final = 16 * NANOSECONDS
"""Each try of one order waits twice as long as the one before it, up to this."""
_TAKEN_NS: Final = 5 * NANOSECONDS
"""A cancel that the venue took and that had no effect for so long has none."""


class Sweeper:
    """Cancels again what works on though it is `ManagedOrder.is_unwanted`."""

    def __init__(self, orders: OrderManager, commands: CommandRouter, clock: Clock) -> None:
        self._orders = orders
        self._commands = commands
        self._clock = clock
        self._waits: dict[str, tuple[int, int]] = {}
        """By order: when it is tried again, and how long it waits after that."""

    def look(self) -> None:
        """Do what is due; a few times a second."""
        unwanted = [order for order in self._orders.working() if order.is_unwanted]
        now_ns, waits = self._clock.monotonic_ns(), self._waits
        self._waits = {order.name: waits.get(order.name, (now_ns + _AGAIN_NS, _AGAIN_NS)) for order in unwanted}
        for order in unwanted:
            due_ns, wait_ns = self._waits[order.name]
            if now_ns >= due_ns and self._is_standing(order):
                self._waits[order.name] = now_ns + wait_ns, min(2 * wait_ns, _LONGEST_NS)
                self._commands.send(cancel_command(order, self._clock.now_ns()))

    def _is_standing(self, order: ManagedOrder) -> bool:
        """No cancel of it may still have an effect. One whose outcome is not known is settled first."""
        sent = order.in_flight.get(Command.CANCEL)
        return sent is None or (sent.outcome is AckOutcome.ACCEPTED and self._clock.now_ns() - sent.sent_ns > _TAKEN_NS)
