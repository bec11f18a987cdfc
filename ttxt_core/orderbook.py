"""The kept order book: `LocalOrderbook.update(event)` is the one call that keeps it.

Owns the levels of one instrument and the verdict on whether they may be trusted. It must not fetch, publish
or repair anything: whoever feeds it reads `state` and asks the venue for a new snapshot.

A side is a dict of price → size and a list of the prices, sorted by bisect, best last: most changes are near
the best price, so little of the list has to move.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from math import inf
from typing import Final, NamedTuple

from ttxt_core.errors import BookError
from ttxt_core.events.envelope import Event, InstrumentKey, MessageHeader
from ttxt_core.events.market import Orderbook, Side
from ttxt_core.events.status import BookState

# `update` runs for every book message: reading a member off its enum would cost it a tenth of a microsecond each time.
_SYNCING: Final = BookState.SYNCING
_VALID: Final = BookState.VALID

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


class LocalOrderbook:
    """One instrument's order book, kept from `Orderbook` snapshots and deltas.

    A book of a stream with a fixed depth keeps no more levels a side than that: what lies deeper is no longer
    reported and would be wrong before long.

    Attributes (read them, don't set them):
        key: the instrument; None until the first event when none was given.
        state: only a VALID book may be shown or traded on as the market.
        reason: why the book is not VALID; empty when it is.
        sequence: the venue's sequence after the last message that was applied.
        depth: levels a side that the stream carries; 0 when unlimited or unknown.
        ignored: deltas that were not applied because the book was not VALID, or because they broke it.
    """

    __slots__ = ("_asks", "_bids", "depth", "ignored", "key", "reason", "sequence", "state")

    def __init__(self, key: InstrumentKey | None = None) -> None:
        self.key = key
        self.state = BookState.SYNCING
        self.reason = "no snapshot yet"
        self.sequence = 0
        self.depth = 0
        self.ignored = 0
        self._bids = _BookSide(1.0)
        self._asks = _BookSide(-1.0)

    # -- keeping it ------------------------------------------------------------------------------------

    def update(self, event: Event[Orderbook]) -> BookState:
        """Take in a snapshot or a delta, and return the state after it.

        A snapshot replaces everything and makes the book VALID. A delta changes a VALID book whose sequence
        it follows. A delta that does not follow, or a message with a price or size that can't be, is not
        applied and leaves the book in GAP; so does one after which the book is crossed. From then on deltas
        are ignored and counted until a snapshot comes.

        Raises:
            BookError: the event is about another instrument.
        """
        header = event.header
        key = self.key
        if key is None:
            self.key = header.key
        elif (header.venue, header.category, header.pair) != key:
            raise BookError(
                f"update the book of {key}", f"the event is about {header.key}", "keep a book an instrument"
            )
        message = event.data
        if message.is_snapshot:
            return self._replace(message)
        if self.state is not _VALID:
            self.ignored += 1
            if self.state is _SYNCING:
                self.reason = "deltas came before a snapshot"
            return self.state
        previous = message.previous_sequence
        if previous is not None and previous != self.sequence:
            return self._refuse(f"gap: a delta follows {previous}, the book is at {self.sequence}")
        bad = _bad_level(message)
        if bad:
            return self._refuse(bad)
        if message.bids:
            self._bids.apply(message.bids, self.depth)
        if message.asks:
            self._asks.apply(message.asks, self.depth)
        self.sequence = message.sequence
        bids, asks = self._bids.keys, self._asks.keys
        if bids and asks and bids[-1] >= -asks[-1]:
            return self._leave(BookState.GAP, self._crossed())
        return _VALID

    def mark_stale(self, reason: str) -> None:
        """The feed fell silent: the levels stay readable, but are not the market any more."""
        self._leave(BookState.STALE, reason)

    def mark_gap(self, reason: str) -> None:
        """Messages were lost on the way here: the levels stay readable, but are not the market any more."""
        self._leave(BookState.GAP, reason)

    def reset(self, reason: str) -> None:
        """Forget all levels and wait for a snapshot."""
        self._bids.replace([], 0)
        self._asks.replace([], 0)
        self.sequence = 0
        self._leave(BookState.SYNCING, reason)

    def snapshot_event(self, header: MessageHeader) -> Event[Orderbook]:
        """The whole book as a snapshot, best levels first, under `header`.

        Raises:
            BookError: the book is not VALID.
        """
        if self.state is not BookState.VALID:
            raise BookError(
                f"take a snapshot of the book of {self.key}",
                f"it is {self.state}: {self.reason}",
                "wait for VALID",
            )
        data = Orderbook(self.bids(), self.asks(), True, self.sequence, None, self.depth)
        return Event(header, data)

    # -- reading it ------------------------------------------------------------------------------------

    @property
    def best_bid(self) -> Level | None:
        """The highest bid as ``(price, size)``; None when there is none."""
        return self._bids.best()

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask as ``(price, size)``; None when there is none."""
        return self._asks.best()

    def bids(self, n: int | None = None) -> list[Level]:
        """The best `n` bids (all when None), best first."""
        return self._bids.levels(n)

    def asks(self, n: int | None = None) -> list[Level]:
        """The best `n` asks (all when None), best first."""
        return self._asks.levels(n)

    def deepest(self, side: Side) -> Level | None:
        """The worst level that is kept of the book's own `side` (BUY: bids); None when there is none."""
        book_side = self._side(side)
        if not book_side.keys:
            return None
        price = book_side.sign * book_side.keys[0]
        return price, book_side.sizes[price]

    def level_count(self, side: Side) -> int:
        """How many levels the book's own `side` (BUY: bids) has."""
        return len(self._side(side).keys)

    @property
    def mid(self) -> float | None:
        """Halfway between best bid and best ask; None when a side is empty."""
        bids, asks = self._bids.keys, self._asks.keys
        return (bids[-1] - asks[-1]) / 2 if bids and asks else None

    @property
    def spread(self) -> float | None:
        """Best ask less best bid, in quote currency; None when a side is empty."""
        bids, asks = self._bids.keys, self._asks.keys
        return -asks[-1] - bids[-1] if bids and asks else None

    def size_at(self, side: Side, price: float) -> float:
        """The size displayed at `price` on the book's own `side` (BUY: bids); 0.0 when there is none."""
        return self._side(side).sizes.get(price, 0.0)

    def cumulative(self, side: Side, price: float) -> float:
        """The size from the best level to `price`, both included, on the book's own `side` (BUY: bids)."""
        return self._side(side).cumulative(price)

    def cost_to_take(self, side: Side, quantity: float) -> TakeCost:
        """What an order on `side` for `quantity` of base currency would get: a BUY takes asks, a SELL bids.

        Nothing for a quantity that is not above zero.
        """
        return self._side(side.opposite).take(quantity)

    def __repr__(self) -> str:
        sides = f"{len(self._bids.keys)} bids, {len(self._asks.keys)} asks"
        return f"LocalOrderbook({self.key}, {self.state}, sequence {self.sequence}, {sides})"

    # -- inside ----------------------------------------------------------------------------------------

    def _side(self, side: Side) -> _BookSide:
        return self._bids if side is Side.BUY else self._asks

    def _replace(self, message: Orderbook) -> BookState:
        bad = _bad_level(message)
        if bad:
            return self._leave(BookState.GAP, bad)
        self.depth = message.depth
        self._bids.replace(message.bids, message.depth)
        self._asks.replace(message.asks, message.depth)
        self.sequence = message.sequence
        bids, asks = self._bids.keys, self._asks.keys
        if bids and asks and bids[-1] >= -asks[-1]:
            return self._leave(BookState.GAP, self._crossed())
        self.state = BookState.VALID
        self.reason = ""
        return BookState.VALID

    def _refuse(self, reason: str) -> BookState:
        self.ignored += 1
        return self._leave(BookState.GAP, reason)

    def _leave(self, state: BookState, reason: str) -> BookState:
        self.state = state
        self.reason = reason
        return state

    def _crossed(self) -> str:
        return f"crossed: best bid {self._bids.keys[-1]} is not below best ask {-self._asks.keys[-1]}"


class _BookSide:
    """One side. `keys` are sorted prices times `sign` (1 bids, -1 asks), so that the best is always last."""

    __slots__ = ("keys", "sign", "sizes")

    def __init__(self, sign: float) -> None:
        self.sign = sign
        self.sizes: dict[float, float] = {}
        self.keys: list[float] = []

    def apply(self, levels: list[Level], depth: int) -> None:
        sizes, keys, sign = self.sizes, self.keys, self.sign
        # Both have the same prices, so a difference in length tells that one came or went: cheaper than to look first.
        for price, size in levels:
            if size:
                sizes[price] = size
                if len(sizes) != len(keys):
                    insort(keys, sign * price)
            else:
                sizes.pop(price, None)
                if len(sizes) != len(keys):
                    del keys[bisect_left(keys, sign * price)]
        if depth and len(keys) > depth:
            self._trim(depth)

    def replace(self, levels: list[Level], depth: int) -> None:
        sign = self.sign
        self.sizes = {price: size for price, size in dict(levels).items() if size}
        self.keys = sorted([sign * price for price in self.sizes])
        if depth and len(self.keys) > depth:
            self._trim(depth)

    def best(self) -> Level | None:
        if not self.keys:
            return None
        price = self.sign * self.keys[-1]
        return price, self.sizes[price]

    def levels(self, n: int | None) -> list[Level]:
        sizes = self.sizes
        keys = self.keys[::-1] if n is None else self.keys[: -n - 1 : -1]
        if self.sign > 0:
            return [(price, sizes[price]) for price in keys]
        return [(-key, sizes[-key]) for key in keys]

    def cumulative(self, price: float) -> float:
        sizes, sign = self.sizes, self.sign
        first = bisect_left(self.keys, sign * price)
        return sum([sizes[sign * key] for key in reversed(self.keys[first:])], 0.0)

    def take(self, quantity: float) -> TakeCost:
        filled = cost = 0.0
        worst: float | None = None
        for key in reversed(self.keys):
            left = quantity - filled
            if not left > 0:  # so that NaN takes nothing
                break
            worst = self.sign * key
            size = self.sizes[worst]
            if size >= left:
                filled = quantity
                cost += worst * left
                break
            filled += size
            cost += worst * size
        return TakeCost(filled, cost, cost / filled if filled else None, worst)

    def _trim(self, depth: int) -> None:
        excess = len(self.keys) - depth
        for key in self.keys[:excess]:
            del self.sizes[self.sign * key]
        del self.keys[:excess]


def _bad_level(message: Orderbook) -> str:
    """Why `message` can't be applied, or an empty string. NaN fails every comparison, so it is found too."""
    for price, size in message.bids:
        if not (0.0 < price < inf and 0.0 <= size < inf):
            return f"bad level: bid {size} at {price}"
    for price, size in message.asks:
        if not (0.0 < price < inf and 0.0 <= size < inf):
            return f"bad level: ask {size} at {price}"
    return ""
