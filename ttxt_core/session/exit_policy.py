"""What becomes of working orders when a session of real money ends: entries are cancelled, protective orders stay.

Owns the trying and the telling. That entries are not entered any more is the session's.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.events import Command
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.router import CommandRouter, cancel_command
from ttxt_core.orders.sweep import Sweep, swept

EXIT_WITHIN_S: Final = 5.0
"""How long the end of a session waits until the venue says that its entries are cancelled."""
_RETRY_NS: Final = NANOSECONDS
_LOOK_S: Final = 0.02


class Exit(NamedTuple):
    """What was done: in words, and how many entries may still work."""

    summary: str
    left: int


async def end_entries(
    commands: CommandRouter, orders: OrderManager, lanes: CommandLanes, clock: Clock, *, within_s: float
) -> Exit:
    """Cancel every entry and wait until the venue says so. A refused cancel is sent again, an unanswered one is not."""
    count, began_ns = len(orders.entries()), clock.monotonic_ns()
    until_ns, next_ns = began_ns + round(within_s * NANOSECONDS), began_ns
    while (left := orders.entries()) and not lanes.unavailable:
        now_ns = clock.monotonic_ns()
        if now_ns >= until_ns:
            break
        if now_ns >= next_ns:
            next_ns = now_ns + _RETRY_NS
            for order in left:
                if Command.CANCEL not in order.in_flight:
                    commands.send(cancel_command(order, clock.now_ns()))
        await asyncio.sleep(_LOOK_S)
    ended = Sweep(max(0, count - len(left)), len(orders.protective()))
    still = f" · {len(left)} MAY STILL WORK" if left else ""
    return Exit(swept(ended, orders) + still, len(left))
