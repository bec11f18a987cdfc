"""Commands that nobody answers: after a while their outcome is not known, and that is said.

Owns when. It sends nothing again and gives up nothing: the order stays where it is until an answer or a query settles
it.
"""

from __future__ import annotations

from collections import deque
from math import ceil

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import ConfigError
from ttxt_core.events.envelope import Event, MessageHeader, Source
from ttxt_core.events.orders import AckOutcome, Command, OrderAck
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import OrderManager
from ttxt_core.queues.base import IQueuePublisher

ANSWER_WITHIN_S = 5.0
"""A venue answers in milliseconds or, in trouble, in a second or two; what took longer has most likely got lost."""
LOOK_NS = NANOSECONDS
"""How often, in real time, it looks."""


class AnswerWatch:
    """Makes commands UNKNOWN that had no answer within a time, which has to pass on both clocks.

    Order age is market time, which stands still while a replay is held. It may also run a thousand times as fast as
    those who answer: so the time counts only in looks, a second apart, which also keeps a machine that was asleep from
    calling everything late when it wakes.
    """

    def __init__(
        self,
        orders: OrderManager,
        publisher: IQueuePublisher,
        *,
        clock: Clock,
        wall: Clock,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        """A watch that looks while `run` does.

        Args:
            orders: whose commands.
            publisher: is told of each as an `OrderAck` of outcome UNKNOWN from this side of the wire.
            clock: market time, which orders are as old as. wall: real time.
            answer_within_s: how long an answer may take.

        Raises:
            ConfigError: that is no time.
        """
        if not 0 < answer_within_s < float("inf"):
            raise ConfigError("watch for answers", f"answer_within_s is {answer_within_s}", "seconds, above 0")
        self._orders = orders
        self._publisher = publisher
        self._clock = clock
        self._wall = wall
        self._after_ns = int(answer_within_s * NANOSECONDS)
        self._looks: deque[int] = deque(maxlen=ceil(self._after_ns / LOOK_NS) + 1)
        """Market time of the last looks, as many as the time allowed has seconds, and the one before them."""

    async def run(self) -> None:
        """Look until the task is cancelled.

        Raises:
            QueueClosedError: there is nobody left to tell.
        """
        while True:
            await self._wall.sleep_until(self._wall.now_ns() + LOOK_NS)
            self.look()

    def look(self) -> list[ManagedOrder]:
        """Mark what is late by now, publish that, and give the orders concerned."""
        now_ns, after_ns = self._clock.now_ns(), self._after_ns
        self._looks.append(now_ns)
        if len(self._looks) < (self._looks.maxlen or 0):
            return []
        sent_by_ns = min(self._looks[0], now_ns - after_ns)
        late = self._orders.timeouts(sent_by_ns + after_ns, after_ns)
        for order in late:
            header = MessageHeader(*order.key, 0, now_ns, source=Source.CLIENT)
            command = order.pending or Command.CREATE
            ack = OrderAck(
                order.account, order.client_order_id, command, AckOutcome.UNKNOWN, order.order_id, order.reason
            )
            self._publisher.publish_nowait(Event(header, ack))
        return late
