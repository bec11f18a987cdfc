"""A process that trades and is killed, by itself, in the very turn in which it has sent something.

``python -m tests.live_killed CONFIG STATE STAGE``; it is told the key and secret by its standard input.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.live_support import KEY, LIMITS, QUICK, STOP, armed, has_book, in_state, order, price_of, until
from ttxt_core.connectors.config import ConnectorConfig, load_config
from ttxt_core.events import AmendOrder, CancelOrder, OrderState, ProtectPosition, Side
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.session.live import LiveSession, live
from ttxt_core.web.secrets import Credentials, Secret


def _create(session: LiveSession, _bid: ManagedOrder) -> None:
    order(session, Side.BUY, "0.01", "-3")


def _take(session: LiveSession, _bid: ManagedOrder) -> None:
    order(session, Side.BUY, "0.01", None)


def _bracket(session: LiveSession, _bid: ManagedOrder) -> None:
    order(session, Side.BUY, "0.01", None, take_profit=price_of(session, "5"), stop_loss=price_of(session, "-5"))


def _amend(session: LiveSession, bid: ManagedOrder) -> None:
    session.send(KEY, AmendOrder("main", bid.client_order_id, price=price_of(session, "-3.5")))


def _cancel(session: LiveSession, bid: ManagedOrder) -> None:
    session.send(KEY, CancelOrder("main", bid.client_order_id))


def _exit(session: LiveSession, _bid: ManagedOrder) -> None:
    order(session, Side.SELL, "0.02", None, reduce_only=True)


def _stop(session: LiveSession, _bid: ManagedOrder) -> None:
    order(session, Side.SELL, "0.02", "-6", **STOP)


def _disarm(session: LiveSession, _bid: ManagedOrder) -> None:
    for percent in ("-3", "-4", "-5"):
        order(session, Side.BUY, "0.01", percent)
    session.commands.disarm("killed while it disarms")


def _protect(session: LiveSession, _bid: ManagedOrder) -> None:
    name = session.commands.new_client_order_id()
    session.send(KEY, ProtectPosition("main", name, stop_loss=price_of(session, "-5")))


STAGES: Final[dict[str, Callable[[LiveSession, ManagedOrder], None]]] = {
    "create": _create,
    "take": _take,
    "bracket": _bracket,
    "amend": _amend,
    "cancel": _cancel,
    "exit": _exit,
    "stop": _stop,
    "disarm": _disarm,
    "protect": _protect,
}
"""What is sent last, in a session that is long and has a bid."""


async def trade(config: ConnectorConfig, credentials: Credentials, state: Path, stage: str) -> None:
    session = live(config, credentials, LIMITS, state=state, timings=QUICK)
    async with session:
        await until(lambda: has_book(session), "a book")
        await armed(session)
        await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
        bid = order(session, Side.BUY, "0.01", "-2")
        await in_state(bid, OrderState.NEW)
        STAGES[stage](session, bid)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    given = Credentials(*(Secret(sys.stdin.readline().strip()) for _ in range(2)))
    asyncio.run(trade(load_config(Path(sys.argv[1])), given, Path(sys.argv[2]), sys.argv[3]))
