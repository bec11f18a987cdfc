"""A client program that trades at a sandbox until a signal ends it: ``python -m tests.live_client CONFIG.json``."""

from __future__ import annotations

import asyncio
import sys

from tests.live_support import STOP, armed, in_state, order
from ttxt_core.bootstrap.running import run
from ttxt_core.client import IEventHandler
from ttxt_core.events import OrderState, Side
from ttxt_core.session import Session
from ttxt_core.session.live import LiveSession


class Trader(IEventHandler):
    """A position with its stop, and two entries; it says so when they are there."""

    async def on_start(self, session: Session) -> None:
        assert isinstance(session, LiveSession)
        self._trading = asyncio.create_task(self._trade(session))

    async def _trade(self, session: LiveSession) -> None:
        await armed(session)
        await in_state(order(session, Side.BUY, "0.02", None), OrderState.FILLED)
        await in_state(order(session, Side.SELL, "0.02", "-8", **STOP), OrderState.UNTRIGGERED)
        for percent in ("-3", "-4"):
            await in_state(order(session, Side.BUY, "0.01", percent), OrderState.NEW)
        sys.stdout.write("working\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(run(Trader(), sys.argv[1]))
