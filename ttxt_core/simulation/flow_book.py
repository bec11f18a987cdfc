"""One side of the practice market's book, in ticks and lots.

Owns the resting sizes and how they come, change and go: the profile of size by distance from the touch, holes,
walls at round prices, and the level changes that wait to be published. It must not know of prices, events or
time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from operator import mul
from random import Random

LEAST_LEVELS = 200
"""Levels that a side never falls below."""

_WEIGHT_PERIOD = 2_000
"""Weights repeat after so many ticks: over twice a book's reach, and small enough to stay in the cache."""
_TABLE_BITS = 10
_TABLE = 1 << _TABLE_BITS
"""Entries of the drawn-out tables; chances too count in parts of this, so that one draw of bits serves several."""
_MASK = _TABLE - 1
_TRIM_SLACK = 0.25
_ENTRY_SPREAD = 1.0
_ORDER_SPREAD = 1.3
_PULLED = 4.0
"""A level over this many times its usual size is pulled by a fraction, not order by order."""
_SWEPT_MOOD, _MOOD_RECOVERY = 0.5, 0.02
"""Makers step back from a swept side and return over some fifty intervals."""
_FRESH_TOUCH = 0.5
"""A touch just quoted has this share of its usual size; churn builds up the rest."""
_FOLLOW_CHANCE = 0.8
"""How often the size at the old touch moves to the new one."""


@dataclass(frozen=True, slots=True)
class DepthKnot:
    """The book at one distance from the touch; between knots all figures are interpolated.

    Attributes:
        distance: ticks behind the best price; 0 is the best price itself.
        lots: median resting size.
        occupancy: share of ticks that hold any size.
        activity: share of level changes that happen between this knot and the next (relative weight).
    """

    distance: int
    lots: float
    occupancy: float
    activity: float


@dataclass(frozen=True, slots=True)
class DepthShape:
    """How a side looks.

    Attributes:
        knots: by rising distance, the first at 0; the last one's distance is how far the book reaches.
        roughness: standard deviation of the log of the size among levels at one distance.
        touch_roughness: the same at the touch.
        granularity: median order as a fraction of the level's usual size.
        round_ticks: ``(every so many ticks, factor)``: larger resting sizes at round prices.
    """

    knots: tuple[DepthKnot, ...]
    roughness: float
    touch_roughness: float
    granularity: float
    round_ticks: tuple[tuple[int, float], ...]

    @property
    def reach(self) -> int:
        """Ticks from the touch to the end of the book."""
        return self.knots[-1].distance


class Liquidity:
    """A shape, drawn out for one instrument: what both sides look up instead of computing.

    `weights` say how much more or less than usual rests at each price: rough, with walls at round prices,
    slowly changing. Both sides share them, so that a wall stays where it was when the price goes through it.
    """

    __slots__ = (
        "_pool",
        "_random",
        "_touch_pool",
        "clear",
        "distances",
        "entries",
        "fill",
        "lots",
        "occupancy",
        "orders",
        "reach",
        "touch_weights",
        "walls",
        "weights",
    )

    def __init__(self, shape: DepthShape, random: Random) -> None:
        self.reach = shape.reach
        self._random = random
        self._interpolate(shape.knots)
        # Chances to fill a hole and to clear a level whose balance gives the occupancy.
        fill = [min(0.3, 0.5 * part) for part in self.occupancy]
        clear = [chance * (1 - part) / part for chance, part in zip(fill, self.occupancy, strict=True)]
        self.fill = [round(_TABLE * chance) for chance in fill]
        self.clear = [0, *(round(_TABLE * chance) for chance in clear[1:])]
        bands = [range(left.distance, right.distance) for left, right in pairwise(shape.knots)]
        activity = [knot.activity for knot in shape.knots[:-1]]
        self.distances = [random.choice(band) for band in random.choices(bands, activity, k=_TABLE)]
        self.entries = self._lognormal(1.0, _ENTRY_SPREAD)
        self.orders = self._lognormal(shape.granularity, _ORDER_SPREAD)
        self.walls = [1.0] * _WEIGHT_PERIOD
        for every, factor in shape.round_ticks:
            self.walls[::every] = [factor] * len(range(0, _WEIGHT_PERIOD, every))
        self._pool = self._lognormal(1.0, shape.roughness)
        self._touch_pool = self._lognormal(1.0, shape.touch_roughness)
        self.weights = list(map(mul, self.walls, random.choices(self._pool, k=_WEIGHT_PERIOD)))
        self.touch_weights = random.choices(self._touch_pool, k=_WEIGHT_PERIOD)

    def change_plans(self, tick: int) -> None:
        """Let what people want to rest at `tick` change: a wall is built, another is given up."""
        place = tick % _WEIGHT_PERIOD
        self.weights[place] = self.walls[place] * self._random.choice(self._pool)
        self.touch_weights[place] = self._random.choice(self._touch_pool)

    def usual(self, tick: int, distance: int) -> float:
        """The lots that usually rest at `tick` when it is `distance` ticks behind the touch."""
        weights = self.weights if distance else self.touch_weights
        return self.lots[min(distance, self.reach)] * weights[tick % _WEIGHT_PERIOD]

    def _interpolate(self, knots: tuple[DepthKnot, ...]) -> None:
        self.lots: list[float] = []
        self.occupancy: list[float] = []
        for left, right in pairwise(knots):
            for distance in range(left.distance, right.distance):
                share = (distance - left.distance) / (right.distance - left.distance)
                self.lots.append(left.lots ** (1 - share) * right.lots**share)
                self.occupancy.append(left.occupancy * (1 - share) + right.occupancy * share)
        self.lots.append(knots[-1].lots)
        self.occupancy.append(knots[-1].occupancy)

    def _lognormal(self, median: float, spread: float) -> list[float]:
        return [median * math.exp(self._random.gauss(0.0, spread)) for _ in range(_TABLE)]


class BookSide:
    """The resting sizes of one side. Best is the highest bid or the lowest ask.

    Attributes:
        sign: +1 for bids, −1 for asks: the direction of better prices.
        levels: tick → lots; never empty, and no hole at `best`.
        best: the tick of the touch.
    """

    __slots__ = ("_before", "_edge", "_liquidity", "_mood", "_random", "best", "levels", "sign")

    def __init__(self, sign: int, best: int, liquidity: Liquidity, random: Random) -> None:
        self.sign = sign
        self.best = best
        self.levels: dict[int, int] = {}
        self._liquidity = liquidity
        self._random = random
        self._mood = 1.0
        self._edge = best
        self._before: dict[int, int] = {}
        self._enter(best)
        self.keep_depth()
        self._before.clear()

    def take(self, lots: int, limit: int) -> list[tuple[int, int]]:
        """Trade `lots` against the side, best price first, never at or past the tick `limit`.

        Returns what was taken as ``(tick, lots)`` in order. The next level, or a fresh one at `limit`, is the
        new touch.
        """
        taken: list[tuple[int, int]] = []
        while lots > 0 and self.best != limit:
            tick = self.best
            size = self.levels[tick]
            part = min(size, lots)
            lots -= part
            taken.append((tick, part))
            self._set(tick, size - part)
            if part == size:
                self._fall_back(limit)
        return taken

    def sweep(self, limit: int) -> list[tuple[int, int]]:
        """Clear every level better than `limit`, which becomes the touch; the cleared as ``(tick, lots)``."""
        cleared: list[tuple[int, int]] = []
        for tick in range(self.best, limit, -self.sign):
            size = self.levels.get(tick, 0)
            if size:
                cleared.append((tick, size))
                self._set(tick, 0)
        self.best = limit
        if limit not in self.levels:
            self._enter(limit, _FRESH_TOUCH)
        self._mood *= _SWEPT_MOOD
        return cleared

    def improve(self, best: int) -> None:
        """Quote a better touch at `best`; levels between fill as usual, and size moves up from the old one."""
        old, random, liquidity = self.best, self._random.random, self._liquidity
        self.best = best
        self._enter(best, _FRESH_TOUCH)
        for tick in range(best - self.sign, old, -self.sign):
            if random() < liquidity.occupancy[min(abs(best - tick), liquidity.reach)]:
                self._enter(tick)
        left_behind = 1 + int(liquidity.usual(old, abs(best - old)) * random())
        if left_behind < self.levels[old] and random() < _FOLLOW_CHANCE:
            self._set(old, left_behind)

    def churn(self, changes: int) -> None:
        """Orders come, grow, shrink and go on about `changes` levels; the touch never goes away by it."""
        random, bits, levels, before = self._random.random, self._random.getrandbits, self.levels, self._before
        best, sign, mood, liquidity = self.best, self.sign, self._mood, self._liquidity
        lots, weights, distances = liquidity.lots, liquidity.weights, liquidity.distances
        clear, orders = liquidity.clear, liquidity.orders
        self._mood = mood + (1.0 - mood) * _MOOD_RECOVERY
        for _ in range(4 * changes):
            draw = bits(3 * _TABLE_BITS)
            chance = draw & _MASK
            distance = distances[draw >> _TABLE_BITS & _MASK]
            tick = best - sign * distance
            if distance:
                target = lots[distance] * weights[tick % _WEIGHT_PERIOD] * mood
            else:
                target = lots[0] * liquidity.touch_weights[tick % _WEIGHT_PERIOD] * mood
            size = levels.get(tick, 0)
            if not size:
                if chance >= liquidity.fill[distance]:
                    continue
                new = 1 + int(target * liquidity.entries[draw >> 2 * _TABLE_BITS])
            elif chance < clear[distance]:
                new = 0
            else:
                order = 1 + int(target * orders[draw >> 2 * _TABLE_BITS])
                if random() * (target + size) < target:
                    new = size + order
                elif order >= size or size > _PULLED * target:
                    new = 1 + int(size * random())
                else:
                    new = size - order
            if tick not in before:
                before[tick] = size
            if new:
                levels[tick] = new
            else:
                del levels[tick]
            changes -= 1
            if not changes:
                return

    def keep_depth(self) -> None:
        """Fill in levels at the far end when the price came near it, drop them when it went away."""
        sign, levels, liquidity = self.sign, self.levels, self._liquidity
        wanted = self.best - sign * liquidity.reach
        while sign * (self._edge - wanted) > 0 or len(levels) < LEAST_LEVELS:
            self._edge -= sign
            if self._random.random() < liquidity.occupancy[min(abs(self.best - self._edge), liquidity.reach)]:
                self._enter(self._edge)
        too_far = wanted - sign * int(liquidity.reach * _TRIM_SLACK)
        while sign * (too_far - self._edge) > 0 and len(levels) > LEAST_LEVELS:
            if self._edge in levels:
                self._set(self._edge, 0)
            self._edge += sign

    def take_changes(self) -> list[tuple[int, int]]:
        """Levels that differ since the last call, as ``(tick, lots)``; 0 lots where a level went away."""
        levels = self.levels
        changes = [(tick, lots) for tick, old in self._before.items() if (lots := levels.get(tick, 0)) != old]
        self._before.clear()
        return changes

    def best_first(self) -> list[tuple[int, int]]:
        """All levels as ``(tick, lots)``."""
        return sorted(self.levels.items(), reverse=self.sign > 0)

    def _set(self, tick: int, lots: int) -> None:
        self._before.setdefault(tick, self.levels.get(tick, 0))
        if lots:
            self.levels[tick] = lots
        else:
            self.levels.pop(tick, None)

    def _enter(self, tick: int, share: float = 1.0) -> None:
        """Put a new level at `tick`, `share` of what is usual there."""
        liquidity = self._liquidity
        usual = liquidity.usual(tick, abs(self.best - tick))
        drawn = liquidity.entries[self._random.getrandbits(_TABLE_BITS)]
        self._set(tick, 1 + int(usual * drawn * share * self._mood))

    def _fall_back(self, limit: int) -> None:
        """The touch was taken: the next level, or a fresh one at `limit`, takes its place."""
        tick = self.best - self.sign
        while tick != limit and tick not in self.levels:
            tick -= self.sign
        self.best = tick
        if tick not in self.levels:
            self._enter(tick, _FRESH_TOUCH)
