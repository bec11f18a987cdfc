"""Faults on demand: what a sandbox does wrong, how often, on which of its channels.

Owns the kinds of faults, their notation and the seeded dice. It knows no venue and no socket: who serves asks
whether a fault strikes now.

A fault is written ``KIND[@CHANNEL][:RATE[:AMOUNT]]``: ``drop:0.01`` loses one frame of a hundred, on every channel;
``slow@trade:0.5:2`` makes half of the trade socket's replies wait two seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from math import isfinite
from random import Random
from typing import Any, NamedTuple

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import ConfigError


class Channel(StrEnum):
    """Where a fault can strike."""

    PUBLIC = "public"
    PRIVATE = "private"
    TRADE = "trade"
    REST = "rest"


class FaultKind(StrEnum):
    """What can go wrong; `FAULTS` says what each does."""

    DISCONNECT = "disconnect"
    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    GAP = "gap"
    STALL = "stall"
    GARBAGE = "garbage"
    HALF = "half"
    OVERSIZED = "oversized"
    BOOK_RESTART = "book_restart"
    SLOW = "slow"
    LOST_REPLY = "lost_reply"
    EARLY_UPDATE = "early_update"
    TOO_MANY = "too_many"
    BAN = "ban"
    EXPIRED_AUTH = "expired_auth"
    MAINTENANCE = "maintenance"
    CLOCK_SKEW = "clock_skew"


class FaultRule(NamedTuple):
    """What a kind of fault does.

    Attributes:
        channels: where it can strike. amount: what it takes when none is given; unit: what that counts.
        text: what happens.
    """

    channels: frozenset[Channel]
    amount: float
    unit: str
    text: str


_STREAMS = frozenset({Channel.PUBLIC, Channel.PRIVATE})
_SOCKETS = _STREAMS | {Channel.TRADE}
_REPLIES = frozenset({Channel.TRADE, Channel.REST})
_ALL = frozenset(Channel)
_CLOCK = frozenset({Channel.REST})

FAULTS: Mapping[FaultKind, FaultRule] = {
    FaultKind.DISCONNECT: FaultRule(_SOCKETS, 0, "", "the connection is cut instead of a frame sent"),
    FaultKind.DROP: FaultRule(_STREAMS, 0, "", "a frame of a stream is never sent"),
    FaultKind.DUPLICATE: FaultRule(_STREAMS, 0, "", "a frame of a stream is sent twice"),
    FaultKind.REORDER: FaultRule(_STREAMS, 0, "", "a frame of a stream is sent after the one that follows it"),
    FaultKind.GAP: FaultRule(_STREAMS, 3, "frames", "several frames of one topic in a row are never sent"),
    FaultKind.STALL: FaultRule(_STREAMS, 2, "seconds", "the streams of a connection fall silent; pongs still come"),
    FaultKind.GARBAGE: FaultRule(_SOCKETS, 200, "bytes", "a frame that is no JSON comes in between"),
    FaultKind.HALF: FaultRule(_STREAMS, 0, "", "only the first half of a frame is sent"),
    FaultKind.OVERSIZED: FaultRule(_STREAMS, 8_000_000, "bytes", "a huge frame of an unknown topic comes in between"),
    FaultKind.BOOK_RESTART: FaultRule(
        frozenset({Channel.PUBLIC}), 0, "", "an order book stream counts anew from a snapshot, as after a restart"
    ),
    FaultKind.SLOW: FaultRule(_REPLIES, 1, "seconds", "a reply waits"),
    FaultKind.LOST_REPLY: FaultRule(_REPLIES, 0, "", "an order command is carried out and its reply never sent"),
    FaultKind.EARLY_UPDATE: FaultRule(_REPLIES, 0.05, "seconds", "updates of an order come that long before its ack"),
    FaultKind.TOO_MANY: FaultRule(_REPLIES, 0, "", "a request is refused as one too many"),
    FaultKind.BAN: FaultRule(_ALL, 2, "seconds", "nothing is served: the address is banned"),
    FaultKind.EXPIRED_AUTH: FaultRule(frozenset({Channel.PRIVATE}) | _REPLIES, 2, "seconds", "the key has expired"),
    FaultKind.MAINTENANCE: FaultRule(_REPLIES, 2, "seconds", "the service is restarting"),
    FaultKind.CLOCK_SKEW: FaultRule(_CLOCK, 8, "seconds", "the server's clock is ahead, or behind when negative"),
}


class Fault(NamedTuple):
    """A fault as asked for: `rate` is a chance from 0 to 1; without a `channel` it is meant for all it can strike."""

    kind: FaultKind
    channel: Channel | None
    rate: float
    amount: float

    def __str__(self) -> str:
        where = f"@{self.channel}" if self.channel else ""
        return f"{self.kind}{where}:{self.rate:g}:{self.amount:g}"


def parse_fault(text: str) -> Fault:
    """The fault in `text`; without a rate it always strikes.

    Raises:
        ConfigError: not of the form ``KIND[@CHANNEL][:RATE[:AMOUNT]]``, or a channel where that kind can't strike.
    """
    asked = f"read the fault {text!r}"
    names, *figures = text.strip().split(":")
    name, _, channel_name = names.partition("@")
    if name not in set(FaultKind):
        raise ConfigError(asked, f"unknown kind {name!r}", f"known: {', '.join(FaultKind)}")
    kind = FaultKind(name)
    rule = FAULTS[kind]
    if channel_name and channel_name not in rule.channels:
        raise ConfigError(asked, f"{kind} can't strike {channel_name!r}", f"it can: {', '.join(sorted(rule.channels))}")
    try:
        rate, amount, *rest = [float(figure) for figure in figures] + [1.0, rule.amount][len(figures) :]
    except ValueError as error:
        raise ConfigError(asked, "rate and amount must be numbers", "e.g. drop:0.01 or stall:0.001:5") from error
    if rest or not 0 <= rate <= 1 or not isfinite(amount):
        raise ConfigError(asked, "the rate must be from 0 to 1", "KIND[@CHANNEL][:RATE[:AMOUNT]]")
    return Fault(kind, Channel(channel_name) if channel_name else None, rate, amount)


class Faults:
    """The faults of one sandbox, and the dice that decide when they strike.

    Attributes:
        fired: how often each kind has struck.
    """

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        """No faults at first; equal seeds and equal questions give equal answers."""
        self.fired: Counter[FaultKind] = Counter()
        self._clock = clock
        self._random = Random(f"{seed}/faults")
        self._standing: dict[tuple[FaultKind, Channel], Fault] = {}
        self._once: dict[tuple[FaultKind, Channel], list[Fault]] = {}
        self._until_ns: dict[tuple[FaultKind, Channel], int] = {}

    # -- what is asked for -----------------------------------------------------------------------------------

    def set(self, *specs: str) -> None:
        """Let these faults strike from now on, in place of what stood for their kinds and channels.

        Raises:
            ConfigError: see `parse_fault`; nothing is changed then.
        """
        for fault in [parse_fault(spec) for spec in specs]:
            if fault.kind is FaultKind.CLOCK_SKEW and fault.rate:
                self.fired[fault.kind] += 1  # it stands from now on, whoever asks
            for channel in _channels(fault):
                self._standing[fault.kind, channel] = fault

    def once(self, spec: str, times: int = 1) -> None:
        """Let a fault strike at the next `times` occasions, whatever its rate.

        Raises:
            ConfigError: see `parse_fault`, or it names no channel though it could strike several,
                or is a clock's skew, which stands until it is cleared.
        """
        fault = parse_fault(spec)
        if fault.kind is FaultKind.CLOCK_SKEW:
            raise ConfigError(f"let {spec!r} strike once", "a wrong clock stays wrong", "set it, and clear it")
        channels = _channels(fault)
        if len(channels) > 1:
            raise ConfigError(f"let {spec!r} strike once", "it names no channel", f"name one: {', '.join(channels)}")
        self._once.setdefault((fault.kind, channels[0]), []).extend([fault] * times)

    def clear(self) -> None:
        """No more faults; those that last end now."""
        self._standing.clear()
        self._once.clear()
        self._until_ns.clear()

    def describe(self) -> dict[str, Any]:
        """What stands, what waits to strike and what has struck, for an admin."""
        waiting = {f"{kind}@{channel}": len(faults) for (kind, channel), faults in self._once.items() if faults}
        standing = sorted({str(fault) for fault in self._standing.values()})
        return {"standing": standing, "once": waiting, "fired": {str(kind): n for kind, n in self.fired.items()}}

    # -- what happens ----------------------------------------------------------------------------------------

    def strikes(self, kind: FaultKind, channel: Channel) -> Fault | None:
        """The fault, if it strikes at this occasion."""
        waiting = self._once.get((kind, channel))
        if waiting:
            self.fired[kind] += 1
            return waiting.pop()
        fault = self._standing.get((kind, channel))
        if fault is None or fault.rate <= 0 or (fault.rate < 1 and self._random.random() >= fault.rate):
            return None
        self.fired[kind] += 1
        return fault

    def holds(self, kind: FaultKind, channel: Channel) -> bool:
        """Whether a fault that lasts is going on at `channel`; each question is an occasion to begin."""
        now_ns = self._clock.now_ns()
        if now_ns < self._until_ns.get((kind, channel), 0):
            return True
        fault = self.strikes(kind, channel)
        if fault is None:
            return False
        self._until_ns[kind, channel] = now_ns + int(fault.amount * NANOSECONDS)
        return True

    @property
    def skew_ns(self) -> int:
        """How far the server's clock is ahead of the true one."""
        fault = self._standing.get((FaultKind.CLOCK_SKEW, Channel.REST))
        return int(fault.amount * NANOSECONDS) if fault is not None and fault.rate else 0

    def garbage(self, size: int) -> bytes:
        """Text that is no JSON."""
        return bytes(self._random.choice(b'{}[]",:0123456789abcdef') for _ in range(max(2, size) - 1)) + b"{"


class ServerClock:
    """The clock that a sandbox shows: the true one with the skew of its faults."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC, as this server believes."""
        return self._clock.now_ns() + self._faults.skew_ns

    def now_ms(self) -> int:
        """Likewise in milliseconds."""
        return self.now_ns() // 1_000_000


def is_due(due_ms: int, now_ms: int, period_ms: int) -> bool:
    """Whether what comes every `period_ms` is due at `due_ms`; a clock that was set back holds nothing up."""
    return not now_ms < due_ms <= now_ms + period_ms


def _channels(fault: Fault) -> list[Channel]:
    return [fault.channel] if fault.channel else sorted(FAULTS[fault.kind].channels)
