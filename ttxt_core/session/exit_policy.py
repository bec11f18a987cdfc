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
"""How long the end of a session waits for the venue to say of the next of its entries that it is cancelled."""
_RETRY_NS: Final = NANOSECONDS
_LOOK_S: Final = 0.02


class Exit(NamedTuple):
    """What was done: in words, and how many entries may still work."""

    summary: str
    left: int


async def end_entries(
    commands: CommandRouter, orders: OrderManager, lanes: CommandLanes, clock: Clock, *, within_s: float
) -> Exit:
    """Cancel every entry and wait until the venue says so. A refused cancel is sent again, an unanswered one is not.

    It goes on as long as entries end: a venue's rate limit lets many go only one by one. It gives up when none has
    ended for `within_s`.
    """
    count, next_ns = len(orders.entries()), clock.monotonic_ns()
    fewest, ended_ns = count, next_ns
    while (left := orders.entries()) and not lanes.unavailable:
        now_ns = clock.monotonic_ns()
        if len(left) < fewest:
            fewest, ended_ns = len(left), now_ns
        if now_ns - ended_ns >= within_s * NANOSECONDS:
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
