"""The practice market: an endless simulated market on the ordinary queue, in step with a clock.

Owns pacing and publishing. What happens in the market, and which captured figures it was calibrated with, is in
`order_flow` and the modules that it names; nothing here draws a random number.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS, Clock
from ttxt_core.errors import ConfigError
from ttxt_core.events.envelope import Event
from ttxt_core.queues.base import IQueuePublisher
from ttxt_core.simulation.order_flow import OrderFlow
from ttxt_core.simulation.practice_pairs import DEFAULT_PAIRS, PracticePair

_WAKE_NS = 20 * MILLISECOND_NS
"""Time between two wakes: often enough that no frame waits for data; every wake begins with a cold cache."""
_SLICE_NS = 2 * MILLISECOND_NS
"""Market time after whose events others on the loop get their turn: at 5,000 events a second some 1 ms of work."""
_LONGEST_NAP_NS = 100 * MILLISECOND_NS
"""A new rate is heard at least this often."""
_MOST_BEHIND_NS = NANOSECONDS // 2
_HISTORY_SLICE = 100
"""Candles after which others on the loop get their turn."""


class PracticeMarket:
    """Publishes the order flows of several pairs as one stream, ordered by market time.

    First come, for each pair, `Instrument`, the `Orderbook` snapshot and a full `Ticker`; then the closed
    one-minute `Kline`s of the hours before, so that a chart is full at once; then, without end, `MarketTrades`,
    `Orderbook` deltas, partial `Ticker`s and `Kline` updates. Equal pairs, seed, rate and start time give equal
    events.

    When the clock or the queue leaves it more than half a second behind (a suspended machine, a consumer that
    blocks), it does not catch up: the market stood still for that time, and no sequence number is missing.
    """

    def __init__(
        self,
        pairs: Sequence[PracticePair],
        clock: Clock,
        publisher: IQueuePublisher,
        *,
        seed: int = 1,
        rate: float = 200.0,
        history: int = 600,
    ) -> None:
        """A market that opens when `run` is called.

        Args:
            pairs: what is traded; `DEFAULT_PAIRS` are the usual ones.
            clock: market time.
            publisher: where the events go; under BLOCK the market waits for its consumers.
            seed: equal seeds give equal markets.
            rate: events a second over all pairs, from a calm 5 to 5,000.
            history: closed candles to begin with, a pair; at most 1,440.

        Raises:
            ConfigError: no pair, or a rate that is not above zero.
        """
        self._pairs = checked_pairs(pairs)
        self._clock = clock
        self._publisher = publisher
        self._seed = seed
        self._history = history
        self._rate = checked_rate(rate)
        self._flows: list[OrderFlow] = []
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    @property
    def rate(self) -> float:
        """Events a second, over all pairs; long-run average, for arrivals are clustered."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = checked_rate(rate)
        now_ns = self._clock.now_ns()
        for flow in self._flows:
            flow.set_rate(self._share(flow.pair), now_ns)

    async def run(self) -> None:
        """Open the market and publish until `stop` is called or the task is cancelled.

        Raises:
            QueueClosedError: the queue was closed.
            QueueFullError: the queue's policy is ERROR and it is full.
        """
        self._task = asyncio.current_task()
        self._is_stopping = False
        try:
            await self._open()
            while True:
                woken_ns = self._clock.now_ns()
                await self._publish_due(woken_ns)
                nap_ns = min(max(self._next_time_ns() - woken_ns, _WAKE_NS), _LONGEST_NAP_NS)
                await self._clock.sleep_until(woken_ns + nap_ns)
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
            if self._task is not None:
                self._task.uncancel()
        finally:
            self._task = None
            self._flows = []

    def stop(self) -> None:
        """End `run`: it returns at its next wait. Without effect when the market is not open."""
        if self._task is not None and not self._is_stopping:
            self._is_stopping = True
            self._task.cancel()

    async def _open(self) -> None:
        start_ns = self._clock.now_ns()
        for pair in self._pairs:
            flow = OrderFlow(pair, self._seed, self._share(pair), start_ns)
            self._flows.append(flow)
            for event in flow.opening():
                await self._publisher.publish(event)
            # A flow takes some 30 ms to set up: let consumers show this pair before the next one is made.
            await asyncio.sleep(0)
        for flow in self._flows:
            for number, event in enumerate(flow.history(self._history)):
                await self._publisher.publish(event)
                if number % _HISTORY_SLICE == 0:
                    await asyncio.sleep(0)

    async def _publish_due(self, now_ns: int) -> None:
        """Publish, in the order of market time, what is due by `now_ns`."""
        if now_ns - self._next_time_ns() > _MOST_BEHIND_NS:
            for flow in self._flows:
                flow.skip_to(now_ns)
        while (first_ns := self._next_time_ns()) <= now_ns:
            until_ns = min(first_ns + _SLICE_NS, now_ns)
            events: list[Event[Any]] = []
            for flow in self._flows:
                while flow.next_time_ns <= until_ns:
                    events += flow.step()
            events.sort(key=_time_ns)
            for event in events:
                await self._publisher.publish(event)
            await asyncio.sleep(0)

    def _next_time_ns(self) -> int:
        return min(flow.next_time_ns for flow in self._flows)

    def _share(self, pair: PracticePair) -> float:
        return self._rate * pair.share / sum(other.share for other in self._pairs)


def _time_ns(event: Event[Any]) -> int:
    return event.header.venue_time_ns


def checked_pairs(pairs: Sequence[PracticePair]) -> tuple[PracticePair, ...]:
    """`pairs`, if they make a market.

    Raises:
        ConfigError: there is none.
    """
    if not pairs:
        raise ConfigError("open a practice market", "no pair was given", "name at least one")
    return tuple(pairs)


def checked_rate(rate: float) -> float:
    """`rate`, if a market can have it.

    Raises:
        ConfigError: it is not above zero, or not finite.
    """
    if not (math.isfinite(rate) and rate > 0):
        raise ConfigError("set the rate of the practice market", f"{rate} events a second", "5 to 5,000 is usual")
    return float(rate)


__all__ = ["DEFAULT_PAIRS", "PracticeMarket"]
