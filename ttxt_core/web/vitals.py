"""Signs of life of one connection: pings, pongs and silence.

Owns the two watchdogs. It sends through what it is given and ends a connection by raising.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, NoReturn

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import TransportError
from ttxt_core.web.requests import WSRequest, WSResponse


class Ping(NamedTuple):
    """The ping that a venue wants from its clients.

    Attributes:
        interval_s: between pings. make: builds one.
        is_pong: recognises the answer; when given, a missing one breaks the connection.
        timeout_s: within which the answer must come; less than the interval.
    """

    interval_s: float
    make: Callable[[], WSRequest]
    is_pong: Callable[[WSResponse], bool] | None = None
    timeout_s: float = 10.0


class Vitals:
    """Watches one stream; `begin` starts afresh for each connection.

    Attributes:
        frames: how many have come; the reader counts them here.
        held_up: the reader waits for a consumer: silence and a missing pong are our own doing.
        round_trip_ns: from the last ping to its pong; None before the first, or where pongs are not recognised.
    """

    def __init__(self, stream: str, clock: Clock, ping: Ping | None, idle_timeout_s: float) -> None:
        self._stream = stream
        self._clock = clock
        self._ping = ping
        self._idle_ns = round(idle_timeout_s * NANOSECONDS)
        self.frames = 0
        self.held_up = False
        self.round_trip_ns: int | None = None
        self._pinged_ns: int | None = None

    def begin(self) -> None:
        """A new connection: no ping is under way."""
        self.held_up = False
        self._pinged_ns = None

    @property
    def awaits_pong(self) -> bool:
        """Whether a message may be the pong that is waited for."""
        return self._pinged_ns is not None

    def take_pong(self, response: WSResponse) -> bool:
        """Whether this is the pong that is waited for; then it is used up."""
        if self._pinged_ns is None or self._ping is None or self._ping.is_pong is None:
            return False
        if not self._ping.is_pong(response):
            return False
        self.round_trip_ns = self._clock.monotonic_ns() - self._pinged_ns
        self._pinged_ns = None
        return True

    async def keep_pinging(self, send: Callable[[WSRequest], None]) -> None:
        """Send pings for as long as the connection lasts; return when the venue wants none.

        Raises:
            TransportError: no pong came in time.
        """
        if self._ping is None:
            return
        interval_s, make, is_pong, timeout_s = self._ping
        while True:
            await self._sleep(interval_s)
            if is_pong is not None:
                self._pinged_ns = self._clock.monotonic_ns()
            send(make())
            if is_pong is not None:
                await self._await_pong(timeout_s)

    async def _await_pong(self, timeout_s: float) -> None:
        steps = 4
        for _ in range(steps):
            await self._sleep(timeout_s / steps)
            if self._pinged_ns is None:
                return
            while self.held_up:  # the pong may be behind what the consumer has not taken
                await self._sleep(timeout_s / steps)
        raise TransportError(f"ping {self._stream}", f"no pong within {timeout_s:g} s")

    async def watch(self) -> NoReturn:
        """Raise when nothing at all has come for the idle time, noticed within half as much again.

        It compares counts, so that a frame costs no look at the clock.

        Raises:
            TransportError: silence.
        """
        seen, since = self.frames, self._clock.monotonic_ns()
        while True:
            await self._sleep(self._idle_ns / NANOSECONDS / 4)
            now = self._clock.monotonic_ns()
            if self.frames != seen or self.held_up:
                seen, since = self.frames, now
            elif now - since >= self._idle_ns:
                raise TransportError(f"read {self._stream}", f"not a frame for {(now - since) / NANOSECONDS:.0f} s")

    async def _sleep(self, seconds: float) -> None:
        await self._clock.sleep_until(self._clock.now_ns() + round(seconds * NANOSECONDS))
