"""A simulated venue as a session uses it: the exchange simulator with its inbox, its command lanes and its gate.

Owns how they are joined, and that nothing of an attempt that was left reaches anyone in the next.
"""

from __future__ import annotations

from typing import Any

from ttxt_core.clock import Clock
from ttxt_core.events.account import Wallet
from ttxt_core.events.envelope import Event
from ttxt_core.events.market import Instrument, MarketTrades, Orderbook, Ticker
from ttxt_core.events.status import BookStatus, StreamReset
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.orders.executor_inbox import ExecutorInbox
from ttxt_core.queues.base import FullPolicy, IQueuePublisher
from ttxt_core.queues.fanout import FanOut
from ttxt_core.simulation.exchange_simulator import ExchangeSimulator
from ttxt_core.simulation.simulator_settings import SimulatorSettings

HEARS: frozenset[type] = frozenset({Orderbook, MarketTrades, Ticker, Instrument, BookStatus, StreamReset})
MAILBOX_CAPACITY = 10_000


class SimulatedVenue:
    """One venue's market events in, one account's acks, updates, fills and wallets out.

    Attributes:
        name: what it is called in messages. commands: where its commands go in.
    """

    def __init__(
        self, venue: str, settings: SimulatorSettings, *, market: FanOut, publisher: IQueuePublisher, clock: Clock
    ) -> None:
        """A venue that works while `run` does; it subscribes at once, so that it misses nothing.

        Args:
            venue: the name in the headers of its market events.
            settings: its account.
            market: where the market events come from; it is made to wait when the simulator is behind.
            publisher: where the account's events go.
            clock: market time.
        """
        self.name = name = f"simulator of {venue}"
        self.commands = CommandLanes(name)
        self._market = market
        self._mailbox = market.subscribe(name, capacity=MAILBOX_CAPACITY, policy=FullPolicy.BLOCK, accepts=HEARS)
        self._gate = _AttemptGate(publisher, self.commands)
        inbox = ExecutorInbox(self._mailbox, self.commands)
        self._simulator = ExchangeSimulator(inbox, self._gate, clock, venue, settings)

    async def run(self) -> None:
        """Simulate until `close` is called or the task is cancelled."""
        await self._simulator.run()

    def begin_attempt(self) -> None:
        """A `StreamReset` is on its way to the simulator: what it says until it has come there is void."""
        self._gate.close()

    def close(self) -> None:
        """Take in no more market events, so that `run` ends after those that wait."""
        self._market.unsubscribe(self._mailbox)


class _AttemptGate(IQueuePublisher):
    """Holds back what a simulator tells of an attempt that was left.

    A simulator begins an attempt with its whole wallet. Until that comes its events are about orders that nobody
    knows any more, and commands would be lost: they are refused.
    """

    def __init__(self, publisher: IQueuePublisher, commands: CommandLanes) -> None:
        self._publisher = publisher
        self._commands = commands
        self._awaited = 0

    def close(self) -> None:
        self._awaited += 1
        self._commands.pause("the replay has just moved: send it again")

    def publish_nowait(self, event: Event[Any]) -> None:
        """Publish an event of the running attempt."""
        if self._passes(event):
            self._publisher.publish_nowait(event)

    async def publish(self, event: Event[Any]) -> None:
        """Publish an event of the running attempt."""
        if self._passes(event):
            await self._publisher.publish(event)

    def _passes(self, event: Event[Any]) -> bool:
        if self._awaited and type(event.data) is Wallet and event.data.is_snapshot:
            self._awaited -= 1
            if not self._awaited:
                self._commands.resume()
        return not self._awaited
