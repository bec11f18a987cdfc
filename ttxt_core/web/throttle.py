"""Keeping to a venue's rate limits: nothing is sent that would exceed one, and what matters most goes first.

Owns the counting and the waiting lanes. Which request counts against which limit, and what a venue's headers mean,
is said by the connector.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable, Sequence
from itertools import count as counter
from typing import NamedTuple

import msgspec

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import ConfigError, RateLimitError
from ttxt_core.web.requests import Priority


class RateLimit(msgspec.Struct, frozen=True):
    """At most `count` in any `per_s` seconds, wherever those begin.

    Attributes:
        key: what requests name in their `limits`.
        burst: how many may go at once after a pause, half of `count` by default. The rest of `count` comes evenly over
            the period: a larger burst makes the pace after it slower, because venues count over any period.
        counts_calls: count 1 for each request, whatever its weight (order counts, connections).
    """

    key: str
    count: int
    per_s: float
    burst: int | None = None
    counts_calls: bool = False


class _Cell:
    """One limit: the generic cell rate algorithm, in integer nanoseconds.

    `full_ns` is when the allowance is whole again (the theoretical arrival time). With b the burst and I the interval
    of one unit, `period / (count - b + 1)`, a window of one period takes at most b + count - b: never over the limit.
    """

    __slots__ = ("burst", "count", "counts_calls", "full_ns", "held_ns", "interval_ns", "key")

    def __init__(self, limit: RateLimit) -> None:
        burst = max(1, limit.count // 2) if limit.burst is None else limit.burst
        if limit.count < 1 or limit.per_s <= 0 or not 1 <= burst <= limit.count:
            raise ConfigError(
                f"rate limit {limit.key}",
                f"count {limit.count}, per_s {limit.per_s}, burst {burst}",
                "count and per_s are positive, burst is between 1 and count",
            )
        self.key = limit.key
        self.count = limit.count
        self.burst = burst
        self.counts_calls = limit.counts_calls
        self.interval_ns = -(-round(limit.per_s * NANOSECONDS) // (limit.count - burst + 1))
        self.full_ns: int | None = None
        self.held_ns: int | None = None

    def due_ns(self, weight: int, now_ns: int) -> int:
        """When a request that counts `weight` may pass; not after `now_ns` when it may at once.

        Raises:
            ConfigError: it never may.
        """
        units = 1 if self.counts_calls else weight
        if units > self.count:
            raise ConfigError(f"rate limit {self.key}", f"{units} asked, {self.count} allowed", "ask for less at once")
        due = now_ns if self.full_ns is None else self.full_ns + (units - self.burst) * self.interval_ns
        return due if self.held_ns is None else max(due, self.held_ns)

    def take(self, weight: int, now_ns: int) -> None:
        start = now_ns if self.full_ns is None else max(self.full_ns, now_ns)
        self.full_ns = start + (1 if self.counts_calls else weight) * self.interval_ns

    def correct(self, remaining: int, now_ns: int) -> None:
        """The venue says that only `remaining` are left: believe it when it is less than what is counted here."""
        counted = now_ns + max(0, self.burst - remaining) * self.interval_ns
        self.full_ns = counted if self.full_ns is None else max(self.full_ns, counted)

    def hold(self, until_ns: int) -> None:
        self.held_ns = until_ns if self.held_ns is None else max(self.held_ns, until_ns)


class _Waiter(NamedTuple):
    cells: Sequence[_Cell]
    weight: int
    granted: asyncio.Future[None]


class Throttler:
    """All limits of one account at one venue, shared by everything that asks it.

    Those who wait are let through by priority, and by arrival within one priority. Nobody passes one who waits for
    the same limit with a higher priority; other limits are not held up. Times are the clock's monotonic ones.
    """

    def __init__(self, limits: Iterable[RateLimit], clock: Clock) -> None:
        self._cells = {limit.key: _Cell(limit) for limit in limits}
        self._clock = clock
        self._order = counter()
        # A lane for each set of limits: whoever leads its lane has the best claim on all of them.
        self._lanes: dict[tuple[str, ...], list[tuple[Priority, int, _Waiter]]] = {}
        self._waiting = 0
        self._waker: asyncio.Task[None] | None = None
        self._wakes_ns = 0

    def try_acquire(self, keys: Sequence[str], *, weight: int = 1) -> bool:
        """Count a request that may go at once; False, and nothing is counted, when it would have to wait.

        Raises:
            ConfigError: as `acquire`.
        """
        if self._waiting:
            return False
        try:
            cells = list(map(self._cells.__getitem__, keys))
        except KeyError:
            cells = [self._cell(key) for key in keys]  # which says of which there is none
        return self._pass(cells, weight)

    async def acquire(
        self,
        keys: Sequence[str],
        *,
        weight: int = 1,
        priority: Priority = Priority.QUERY,
        most_wait_s: float | None = None,
    ) -> None:
        """Wait until a request that counts `weight` against all of `keys` may go, and count it.

        Raises:
            ConfigError: a key that no limit has, or a weight that could never pass.
            RateLimitError: it could not go within `most_wait_s`.
        """
        if self.try_acquire(keys, weight=weight):
            return
        waiter = _Waiter([self._cell(key) for key in keys], weight, asyncio.get_running_loop().create_future())
        lane = self._lanes.setdefault(tuple(keys), [])
        heapq.heappush(lane, (priority, next(self._order), waiter))
        self._waiting += 1
        self._let_through()
        try:
            async with asyncio.timeout(most_wait_s):
                await self._granted(waiter)
        except TimeoutError:
            answered = f"nothing more may be sent for now, and it waited {most_wait_s:g} s"
            raise RateLimitError(f"send within {', '.join(keys)}", answered, "it was not sent") from None

    async def _granted(self, waiter: _Waiter) -> None:
        try:
            await waiter.granted
        except asyncio.CancelledError:
            if waiter.granted.cancelled() or not waiter.granted.done():
                waiter.granted.cancel()
                self._waiting -= 1
                self._let_through()
            raise

    def delay_ns(self, keys: Sequence[str], *, weight: int = 1) -> int:
        """How long a request would wait if nobody else waited; 0 when it could go at once."""
        now = self._clock.monotonic_ns()
        dues = [cell.due_ns(weight, now) for cell in map(self._cell, keys)]
        return max(0, max(dues, default=now) - now)

    def correct(self, key: str, remaining: int) -> None:
        """Take over what a venue's header says is left of a limit, when that is less than what is counted here."""
        self._cell(key).correct(remaining, self._clock.monotonic_ns())
        self._let_through()

    def hold(self, keys: Sequence[str], for_s: float) -> None:
        """Let nothing through that counts against one of `keys` for `for_s` seconds: the venue said to wait."""
        until = self._clock.monotonic_ns() + round(for_s * NANOSECONDS)
        for key in keys:
            self._cell(key).hold(until)
        self._let_through()

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return self._waiting

    def _cell(self, key: str) -> _Cell:
        cell = self._cells.get(key)
        if cell is None:
            raise ConfigError(f"rate limit {key}", "there is none of this name", f"known: {', '.join(self._cells)}")
        return cell

    def _pass(self, cells: Sequence[_Cell], weight: int) -> bool:
        now = self._clock.monotonic_ns()
        for cell in cells:
            if cell.due_ns(weight, now) > now:
                return False
        for cell in cells:
            cell.take(weight, now)
        return True

    def _let_through(self) -> None:
        """Grant all who may go now, then see to it that this is called again when the next one may."""
        now = self._clock.monotonic_ns()
        heads = [(lane[0][0], lane[0][1], keys) for keys, lane in self._lanes.items()]
        heapq.heapify(heads)
        claimed: set[str] = set()  # by someone who has to wait, and whom the rest must not pass
        wake: int | None = None
        while heads:
            keys = heapq.heappop(heads)[2]
            lane = self._lanes[keys]
            waiter = lane[0][2]
            if not waiter.granted.done():
                if not claimed.isdisjoint(keys):
                    claimed.update(keys)
                    continue
                if not self._pass(waiter.cells, waiter.weight):
                    due = max(cell.due_ns(waiter.weight, now) for cell in waiter.cells)
                    wake = due if wake is None else min(wake, due)
                    claimed.update(keys)
                    continue
                self._waiting -= 1
                waiter.granted.set_result(None)
            heapq.heappop(lane)
            if lane:
                heapq.heappush(heads, (lane[0][0], lane[0][1], keys))
            else:
                del self._lanes[keys]
        self._wake_at(wake)

    def _wake_at(self, when_ns: int | None) -> None:
        if self._waker is not None:
            if when_ns == self._wakes_ns:
                return
            self._waker.cancel()
            self._waker = None
        if when_ns is not None:
            self._wakes_ns = when_ns
            self._waker = asyncio.create_task(self._wake())

    async def _wake(self) -> None:
        await self._clock.sleep_until(self._clock.now_ns() + self._wakes_ns - self._clock.monotonic_ns())
        self._waker = None
        self._let_through()
