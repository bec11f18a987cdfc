"""The trading desk of the workstation on a LIVE session, without a screen: keys as calls, polled as a frame would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

from tests.live_support import KEY
from ttxt_core.clock import SystemClock
from ttxt_core.queues.base import FullPolicy
from ttxt_core.session.live import LiveSession
from ttxt_tui.config.settings import Sizes, Trading
from ttxt_tui.state.status import SIMULATED
from ttxt_tui.state.store import Store
from ttxt_tui.trading.desk import TradingDesk
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.feedback import Feedback

_FRAME_S = 0.02


class LiveDesk:
    """Attributes: desk: the keys. said: what polling said, in order."""

    def __init__(self, session: LiveSession) -> None:
        self.said: list[Feedback] = []
        self._clock = SystemClock()
        self._store = Store(session.orders, SIMULATED)
        self._mailbox = session.events.subscribe("screen", capacity=100_000, policy=FullPolicy.CONFLATE, snapshot=True)
        context = DeskContext(
            account=session.account,
            orders=session.orders,
            router=session.commands,
            market_clock=session.clock,
            human_clock=self._clock,
            market_of=self._store.market_of,
            send_pair=session.oco.send,
            new_id=session.commands.new_client_order_id,
            fees_of=lambda _: (None, None),
            behind_ns=lambda: 0,
            settings=Trading(),
        )
        self.desk = TradingDesk(context, Sizes(notional=[Decimal(500)]), first_preset=None)
        self.desk.activate(KEY)

    async def run(self) -> None:
        while True:
            self._store.apply(self._mailbox.get_batch_nowait())
            self.said += self.desk.poll(self._clock.monotonic_ns())
            await asyncio.sleep(_FRAME_S)


@asynccontextmanager
async def desk_of(session: LiveSession) -> AsyncIterator[LiveDesk]:
    """A desk that is polled until the test is done with it."""
    desk = LiveDesk(session)
    frames = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        frames.cancel()
        with suppress(asyncio.CancelledError):
            await frames
