"""The exchange simulator: an actor that takes market events and commands, and answers as a venue would.

Owns market time, the latency of commands, and the queues; the exchange itself is `exchange_core`. Nothing here is a
venue's: the same simulator stands behind a practice market, a live venue's public streams and a replay.

How it behaves where venues differ:

- Market time is the largest receive time of the market events so far, or the clock where the market is quiet. A
  command is under way for its latency, drawn from the seed, and takes effect when market time passes its arrival:
  fills before win the race. Commands on one order arrive in the order they were sent. What a command leads to is
  reported at its arrival: the latency stands for the way there and back, so it is what an order round trip shows.
- Own orders never meet: an arriving order cancels those of its account that stand in its way. Post-only orders are
  refused then, too.
- Post-only, and an amend that would make a post-only order take, are refused with an ack; fill-or-kill and
  immediate-or-cancel orders are accepted, and expire.
- A stop whose price is already reached is released at once. On a book that is not VALID it is TRIGGERED and waits.
  Where no mark price was ever told, the last price stands in for it; without an index price none can be triggered by.
- Exits of a linear position, attached to an entry or given later, are orders of their own without a client order id:
  UNTRIGGERED, reduce-only, as large as the position, at market; the position's end cancels the other one.
- A reduce-only order is cut to the position, also while it stands, and cancelled with it. On spot it may sell what
  is free, and no reduce-only buy exists. Spot fees are taken in the currency received.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from ttxt_core.clock import Clock
from ttxt_core.errors import QueueClosedError
from ttxt_core.events.envelope import Event
from ttxt_core.events.market import Instrument, MarketTrades, Orderbook, Ticker
from ttxt_core.events.orders import AmendOrder, CancelOrder, CreateOrder, ProtectPosition
from ttxt_core.events.status import BookStatus, ResetReason, StreamReset
from ttxt_core.queues.base import IQueueActor, IQueueConsumer, IQueuePublisher
from ttxt_core.simulation.exchange_core import ExchangeCore
from ttxt_core.simulation.simulator_settings import SimulatorSettings


class ExchangeSimulator(IQueueActor):
    """Simulates one venue with one account.

    `start`, `process`, `advance` and `reset` are pure in this sense: what they return depends on the settings and
    on what they were given before, and on nothing else. `run` connects them to the queues and the clock.

    The consumer must bring the market events of the venue and the commands of the account; all other events are
    left alone, the simulator's own too.
    """

    def __init__(
        self,
        consumer: IQueueConsumer,
        publisher: IQueuePublisher,
        clock: Clock,
        venue: str,
        settings: SimulatorSettings | None = None,
    ) -> None:
        self.consumer = consumer
        self.publisher = publisher
        self._clock = clock
        self._settings = settings = settings or SimulatorSettings()
        self._core = core = ExchangeCore(venue, settings)
        self._attempt = 1
        self._random = random.Random(settings.seed)
        self._under_way: list[tuple[int, int, Event[Any]]] = []
        self._last_arrival: dict[str, int] = {}
        self._count = 0
        self._now_ns = 0
        self._reading: asyncio.Task[list[Event[Any]]] | None = None
        self._market_handlers: dict[type, Callable[[Event[Any]], None]] = {
            Orderbook: core.on_orderbook,
            MarketTrades: core.on_trades,
            Ticker: core.on_ticker,
            Instrument: lambda event: core.on_instrument(event.header, event.data),
            BookStatus: lambda event: core.on_book_status(event.header, event.data),
        }
        latency = settings.latency
        self._latencies: dict[type, int] = {
            CreateOrder: latency.place_ns,
            AmendOrder: latency.amend_ns,
            CancelOrder: latency.cancel_ns,
            ProtectPosition: latency.amend_ns,
        }
        self._command_handlers: dict[type, Callable[[Any, Any], None]] = {
            CreateOrder: core.create,
            AmendOrder: core.amend,
            CancelOrder: core.cancel,
            ProtectPosition: core.protect,
        }

    # -- the pure part -------------------------------------------------------------------------------------

    def start(self) -> list[Event[Any]]:
        """What the account begins with: the whole wallet, and the positions of the instruments known so far.

        A position that becomes known later is reported flat when its `Instrument` comes.
        """
        self._core.report_all()
        return self._core.reports.drain()

    def process(self, event: Event[Any]) -> list[Event[Any]]:
        """Take in a market event or a command, and return what the exchange tells."""
        kind = type(event.data)
        handler = self._market_handlers.get(kind)
        if handler is not None:
            now_ns = event.header.receive_time_ns
            if now_ns > self._now_ns:
                self._move_to(now_ns)
            handler(event)
        elif kind in self._latencies:
            self._send(event)
        elif kind is StreamReset:
            self._on_reset(event)
        return self._core.reports.drain()

    def advance(self, now_ns: int) -> list[Event[Any]]:
        """Let market time pass without an event, and return what the commands lead to that arrive by then."""
        if now_ns > self._now_ns:
            self._move_to(now_ns)
        return self._core.reports.drain()

    def reset(self, attempt: int) -> list[Event[Any]]:
        """Begin attempt number `attempt`: what a replay does on every seek.

        Money is as at the start, positions are flat, orders and commands under way are gone without a word (who
        keeps orders clears on `StreamReset` too), and the latencies are drawn from the seed again.
        """
        self._begin(attempt)
        return self._core.reports.drain()

    @property
    def attempt(self) -> int:
        """The number of the running attempt, from 1."""
        return self._attempt

    @property
    def next_due_ns(self) -> int | None:
        """When, in market time, the next command arrives; None when none is under way."""
        return self._under_way[0][0] if self._under_way else None

    # -- the shell -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Consume and publish until the consumer's queue is closed or the task is cancelled.

        In a quiet market a command is carried out when the clock passes its arrival, but never before the events
        that wait in the queue.
        """
        await self._publish(self.start())
        try:
            while True:
                due_ns = self.next_due_ns
                batch = await self._next_batch(due_ns)
                for event in batch:
                    await self._publish(self.process(event))
                if not batch and due_ns is not None:
                    await self._publish(self.advance(due_ns))
        except QueueClosedError:
            return
        finally:
            if self._reading is not None:
                self._reading.cancel()

    async def _next_batch(self, due_ns: int | None) -> list[Event[Any]]:
        """The next events; none when the clock comes to `due_ns` before there are any."""
        if due_ns is None and self._reading is None:
            return await self.consumer.get_batch()
        reading = self._reading = self._reading or asyncio.create_task(self.consumer.get_batch())
        if due_ns is not None:
            timer = asyncio.create_task(self._clock.sleep_until(due_ns))
            try:
                await asyncio.wait({reading, timer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                timer.cancel()
            if not reading.done():
                return []
        batch = await reading
        self._reading = None
        return batch

    async def _publish(self, events: list[Event[Any]]) -> None:
        for event in events:
            await self.publisher.publish(event)

    # -- inside --------------------------------------------------------------------------------------------

    def _send(self, event: Event[Any]) -> None:
        """A command sets out, and does not move the market's time: events that are older may still wait.

        One on the same order that set out before arrives before.
        """
        sent_ns = max(event.header.receive_time_ns, self._now_ns)
        jitter_ns = self._settings.latency.jitter_ns
        latency_ns = self._latencies[type(event.data)] + self._random.randint(-jitter_ns, jitter_ns)
        name = _name(event.data)
        arrival_ns = max(sent_ns + latency_ns, self._last_arrival.get(name, 0))
        self._last_arrival[name] = arrival_ns
        self._count += 1
        heappush(self._under_way, (arrival_ns, self._count, event))
        if arrival_ns <= self._now_ns:
            self._move_to(self._now_ns)

    def _move_to(self, now_ns: int) -> None:
        """Carry out the commands that arrive until `now_ns`, each at its own time; then it is `now_ns`."""
        while self._under_way and self._under_way[0][0] <= now_ns:
            arrival_ns, _, event = heappop(self._under_way)
            command = event.data
            name = _name(command)
            if self._last_arrival.get(name) == arrival_ns:
                del self._last_arrival[name]
            self._now_ns = self._core.reports.now_ns = max(self._now_ns, arrival_ns)
            self._command_handlers[type(command)](event.header, command)
        self._now_ns = self._core.reports.now_ns = now_ns

    def _begin(self, attempt: int) -> None:
        self._attempt = attempt
        self._under_way.clear()
        self._last_arrival.clear()
        self._random.seed(self._settings.seed)
        self._core.reset(attempt)

    def _on_reset(self, event: Event[StreamReset]) -> None:
        if event.data.reason is ResetReason.RECONNECT:
            self._core.on_reconnect(event.header)
            return
        self._now_ns = self._core.reports.now_ns = event.header.receive_time_ns
        self._begin(self._attempt + 1)


def _name(command: Any) -> str:
    """The order that a command is about."""
    order_id = None if type(command) is CreateOrder else command.order_id
    return command.client_order_id or order_id or ""
