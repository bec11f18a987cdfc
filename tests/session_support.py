"""A trader at a session, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from ttxt_core.clock import MILLISECOND_NS, ManualClock
from ttxt_core.events import (
    AmendOrder,
    CancelOrder,
    CreateOrder,
    Event,
    EventData,
    InstrumentKey,
    OrderType,
    Side,
)
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.router import command_header, new_client_order_id
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.session import Session, practice
from ttxt_core.simulation.practice_pairs import BTC_LINEAR, BTC_SPOT, PracticePair

LINEAR = BTC_LINEAR.key
SPOT = BTC_SPOT.key
PAIRS = (BTC_LINEAR, BTC_SPOT)
START_NS = 1_790_000_000 * 1_000_000_000
STEP_NS = 10 * MILLISECOND_NS


async def turn() -> None:
    """Let everything that is ready run, several hand-overs deep."""
    for _ in range(25):
        await asyncio.sleep(0)


class Trader:
    """Moves a clock and sends commands."""

    def __init__(self, session: Session, clock: ManualClock) -> None:
        self.session = session
        self.clock = clock
        self._random = Random(7)

    async def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 1_000_000_000 / STEP_NS)):
            self.clock.advance_ns(STEP_NS)
            await turn()

    def touch(self, side: Side, ticks: int = 0, key: InstrumentKey = LINEAR) -> Decimal:
        """The best price of `side` of the book, `ticks` deeper in it (negative: towards the other side)."""
        book, info = self.session.events.book(key), self.session.instruments[key]
        assert book is not None
        best = book.best_bid if side is Side.BUY else book.best_ask
        assert best is not None
        away = -ticks if side is Side.BUY else ticks
        return info.price(info.to_ticks(best[0]) + away)

    def send(self, data: EventData, key: InstrumentKey = LINEAR) -> None:
        header = command_header(key, self.session.clock.now_ns())
        self.session.commands.publish_nowait(Event(header, data))

    def order(
        self,
        side: Side,
        quantity: str,
        price: Decimal | None,
        *,
        key: InstrumentKey = LINEAR,
        **fields: Any,
    ) -> ManagedOrder | None:
        """Send an order, and give what is tracked of it: None when it was refused."""
        client_id = new_client_order_id(self._random)
        kind = fields.pop("order_type", OrderType.MARKET if price is None else OrderType.LIMIT)
        command = CreateOrder(self.session.account, client_id, side, kind, Decimal(quantity), price, **fields)
        self.send(command, key)
        return self.session.orders.by_client_id(client_id)

    def amend(self, order: ManagedOrder, **fields: Decimal) -> None:
        self.send(AmendOrder(order.account, order.client_order_id, **fields), order.key)

    def cancel(self, order: ManagedOrder) -> None:
        self.send(CancelOrder(order.account, order.client_order_id), order.key)


def data_of(mailbox: AsyncioQueue, kind: type) -> list[Any]:
    """What came of one kind since the mailbox was emptied last."""
    return [event.data for event in mailbox.get_batch_nowait() if type(event.data) is kind]


async def record(folder: Path, pairs: Sequence[PracticePair] = PAIRS, seconds: float = 2.0) -> list[Path]:
    """Recordings of a practice market, an instrument each."""
    clock = ManualClock(START_NS)
    session = practice(pairs, clock=clock, rate=300, history=5, recordings=folder)
    session.start_recording()
    async with session:
        await Trader(session, clock).wait(seconds)
        stats = await session.stop_recording()
    assert stats.lost == stats.failed == 0
    return sorted(stats.files)
