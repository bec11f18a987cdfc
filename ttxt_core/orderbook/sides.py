"""One side of a kept book: its levels, and what an order would get from them.

Owns the levels. It must not judge whether they can be: prices and sizes that are handed in have been looked at.

A side is a dict of price → size that knows its best price. Its order is made when somebody asks for it: a book takes
hundreds of messages a second and is looked at a few dozen times, and a message needs no more than the best price.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from heapq import nlargest, nsmallest
from math import inf
from typing import NamedTuple

Level = tuple[float, float]
"""``(price, size)``; size in base currency."""


class TakeCost(NamedTuple):
    """What a market order would get from the book as it stands.

    Attributes:
        quantity: what the book can fill, base currency; less than asked when the book ends before.
        cost: Σ price × size of it, quote currency, before fees.
        average: cost / quantity; None when nothing is filled.
        worst: the last price reached; None when nothing is filled.
    """

    quantity: float
    cost: float
    average: float | None
    worst: float | None


class BookSide(ABC):
    """One side.

    Attributes:
        sizes: size by price, in no order.
        best: the best price; infinitely bad while the side is empty, so that it crosses nothing.
    """

    __slots__ = ("_prices", "best", "sizes")

    is_bids: bool

    def __init__(self) -> None:
        self.sizes: dict[float, float] = {}
        self._prices: list[float] | None = None
        self.best = self._find_best()

    @abstractmethod
    def apply(self, levels: list[Level], depth: int) -> None:
        """Set the levels to their sizes, remove those of size 0, and keep the best `depth` (0: all)."""

    def replace(self, levels: list[Level], depth: int) -> None:
        """Have nothing but `levels`."""
        self.sizes = {price: size for price, size in dict(levels).items() if size}
        self._change_order(depth)
        self.best = self._find_best()

    def prices(self) -> list[float]:
        """All prices, best first."""
        prices = self._prices
        if prices is None:
            prices = self._prices = sorted(self.sizes, reverse=self.is_bids)
        return prices

    def levels(self, n: int | None) -> list[Level]:
        """The best `n` levels (all when None), best first."""
        sizes, prices = self.sizes, self.prices()
        return [(price, sizes[price]) for price in (prices if n is None else prices[:n])]

    def walk(self) -> Iterator[Level]:
        """The levels, best first, each read when it is asked for."""
        prices = self.prices()
        return zip(prices, map(self.sizes.__getitem__, prices), strict=True)

    def cumulative(self, last: float) -> float:
        """The size from the best level to the price `last`, both included."""
        sizes, is_bids = self.sizes, self.is_bids
        total = 0.0
        for price in self.prices():
            if price < last if is_bids else price > last:
                break
            total += sizes[price]
        return total

    def take(self, quantity: float) -> TakeCost:
        """What an order for `quantity` would get; nothing when that is not above zero."""
        filled = cost = 0.0
        worst: float | None = None
        for price in self.prices():
            left = quantity - filled
            if not left > 0:  # so that NaN takes nothing
                break
            worst = price
            size = self.sizes[price]
            if size >= left:
                filled = quantity
                cost += price * left
                break
            filled += size
            cost += price * size
        return TakeCost(filled, cost, cost / filled if filled else None, worst)

    def _find_best(self) -> float:
        return max(self.sizes, default=-inf) if self.is_bids else min(self.sizes, default=inf)

    def _change_order(self, depth: int) -> None:
        """A level came or went."""
        self._prices = None
        sizes = self.sizes
        if depth and len(sizes) > depth:
            worst = nsmallest if self.is_bids else nlargest
            for price in worst(len(sizes) - depth, sizes):
                del sizes[price]


# The two sides differ in which way is better. Their hot loops are written out, since asking would cost a tenth of a
# microsecond a message.


class Bids(BookSide):
    """The buyers' side: the highest price is best."""

    __slots__ = ()

    is_bids = True

    def apply(self, levels: list[Level], depth: int) -> None:
        """See `BookSide`."""
        sizes, best = self.sizes, self.best
        before = kept = len(sizes)
        for price, size in levels:
            if size > 0.0:
                sizes[price] = size
                if price > best:  # noqa: PLR1730 - a call of max would cost more than the rest
                    best = price
            elif sizes.pop(price, None) is not None:
                kept -= 1
                if price == best:
                    best = inf  # better than any: it stays so until the loop ends
        if kept != before or len(sizes) != kept:  # some were removed, or some are new
            self._change_order(depth)
            self.best = best if best < inf else self._find_best()


class Asks(BookSide):
    """The sellers' side: the lowest price is best."""

    __slots__ = ()

    is_bids = False

    def apply(self, levels: list[Level], depth: int) -> None:
        """See `BookSide`."""
        sizes, best = self.sizes, self.best
        before = kept = len(sizes)
        for price, size in levels:
            if size > 0.0:
                sizes[price] = size
                if price < best:  # noqa: PLR1730
                    best = price
            elif sizes.pop(price, None) is not None:
                kept -= 1
                if price == best:
                    best = -inf
        if kept != before or len(sizes) != kept:
            self._change_order(depth)
            self.best = best if best > -inf else self._find_best()
