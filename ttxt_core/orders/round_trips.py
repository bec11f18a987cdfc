"""Round trips: each from flat to flat on one instrument, with how far it went for and against the trader.

Owns when a trip begins and ends, its excursions and what its stop put at risk. Money is in the instrument's settle
currency, fees and funding taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.instruments import TradingPair

ZERO: Final = Decimal(0)
REMAINDER: Final = Decimal("0.001")
"""The share of a trip's largest holding below which what is left counts as flat: fees in kind leave such dust."""


class TripFigures(Struct, frozen=True):
    """What the round trips of an attempt came to, the open ones as they stand.

    Attributes:
        count: how many began. won: how many stand, or ended, above zero.
        held_ns: time in a position, market time, of all together.
        worst, best: by settle currency, both above zero: how deep the deepest stood (maximum adverse excursion) and how
            high the highest (maximum favourable excursion). They are looked at when fills come and about once a second.
        stopped: how many had a stop. r: what those made in multiples of what their first stop put at risk.
    """

    count: int = 0
    won: int = 0
    held_ns: int = 0
    worst: Mapping[str, Decimal] = {}
    best: Mapping[str, Decimal] = {}
    stopped: int = 0
    r: Decimal = ZERO


class Standing(NamedTuple):
    """How an instrument stands: what is held of it, and what it has made, that valued at some price."""

    held: Decimal
    worth: Decimal


class _Trip(Struct):
    """An open trip. `before` is what its instrument had made when it began."""

    pair: TradingPair
    began_ns: int
    before: Decimal
    largest: Decimal
    profit: Decimal = ZERO
    worst: Decimal = ZERO
    best: Decimal = ZERO
    risk: Decimal | None = None

    def look(self, worth: Decimal) -> None:
        """Its instrument has made `worth` by now."""
        self.profit = worth - self.before
        self.worst = max(self.worst, -self.profit)
        self.best = max(self.best, self.profit)


class RoundTrips:
    """The trips of one attempt."""

    def __init__(self) -> None:
        self._open: dict[InstrumentKey, _Trip] = {}
        self._count = 0
        self._won = 0
        self._held_ns = 0
        self._worst: dict[str, Decimal] = {}
        self._best: dict[str, Decimal] = {}
        self._stopped = 0
        self._r = ZERO

    @property
    def open(self) -> list[InstrumentKey]:
        """The instruments with an open trip."""
        return list(self._open)

    def on_trade(self, key: InstrumentKey, time_ns: int, before: Standing, after: Standing) -> None:
        """A fill changed how an instrument stands, both valued at its price: the difference in worth is its fee.

        A fill through zero ends a trip and begins another, and its fee is shared between the two.
        """
        trip = self._open.get(key)
        if trip is None and before.held:
            return  # held since before this attempt: no trip of it
        is_turned = before.held * after.held < 0
        if trip is not None:
            trip.largest = max(trip.largest, abs(after.held))
            if not is_turned and abs(after.held) > trip.largest * REMAINDER:
                trip.look(after.worth)
                return
            opening = abs(after.held) / (abs(before.held) + abs(after.held)) if is_turned else ZERO
            before = Standing(ZERO, after.worth + (before.worth - after.worth) * opening)
            trip.look(before.worth)
            self._add(self._open.pop(key), time_ns)
            if not is_turned:
                return
        if after.held:
            trip = self._open[key] = _Trip(TradingPair.parse(key.pair), time_ns, before.worth, abs(after.held))
            trip.look(after.worth)

    def look(self, key: InstrumentKey, worth: Decimal) -> None:
        """The instrument has made `worth` by now."""
        if (trip := self._open.get(key)) is not None:
            trip.look(worth)

    def protect(self, key: InstrumentKey, worth: Decimal) -> None:
        """A stop stands at which the instrument would have made `worth`. A trip's first stop that can lose counts."""
        trip = self._open.get(key)
        if trip is not None and trip.risk is None and worth < trip.before:
            trip.risk = trip.before - worth

    def figures(self, now_ns: int) -> TripFigures:
        """As they stand."""
        total = RoundTrips()
        total._count, total._won, total._held_ns = self._count, self._won, self._held_ns
        total._worst, total._best = dict(self._worst), dict(self._best)
        total._stopped, total._r = self._stopped, self._r
        for trip in self._open.values():
            total._add(trip, now_ns)
        return TripFigures(
            total._count, total._won, total._held_ns, total._worst, total._best, total._stopped, total._r
        )

    def _add(self, trip: _Trip, until_ns: int) -> None:
        currency = trip.pair.settle
        self._count += 1
        self._won += trip.profit > 0
        self._held_ns += max(until_ns - trip.began_ns, 0)
        self._worst[currency] = max(trip.worst, self._worst.get(currency, ZERO))
        self._best[currency] = max(trip.best, self._best.get(currency, ZERO))
        if trip.risk is not None:
            self._stopped += 1
            self._r += trip.profit / trip.risk
