"""The kept order book: `LocalOrderbook.update(event)` is the one call that keeps it.

Owns the verdict on whether the book may be trusted. It must not fetch, publish or repair anything: whoever feeds it
reads `state` and asks the venue for a new snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Final

from ttxt_core.errors import BookError
from ttxt_core.events.envelope import Event, InstrumentKey, MessageHeader
from ttxt_core.events.market import Orderbook, Side
from ttxt_core.events.status import BookState
from ttxt_core.orderbook.sides import Asks, Bids, BookSide, Level, TakeCost

# `update` runs for every book message: reading a member off its enum would cost it a tenth of a microsecond each time.
_SYNCING: Final = BookState.SYNCING
_VALID: Final = BookState.VALID


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

    __slots__ = (
        "_asks",
        "_bids",
        "_category",
        "_pair",
        "_venue",
        "depth",
        "ignored",
        "key",
        "reason",
        "sequence",
        "state",
    )

    def __init__(self, key: InstrumentKey | None = None) -> None:
        self.key = key
        # The parts of the key once more: three plain attributes are compared faster than a tuple that is made for it.
        self._venue, self._category, self._pair = key or ("", "", "")
        self.state = BookState.SYNCING
        self.reason = "no snapshot yet"
        self.sequence = 0
        self.depth = 0
        self.ignored = 0
        self._bids = Bids()
        self._asks = Asks()

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
        if header.pair != self._pair or header.category != self._category or header.venue != self._venue:
            self._begin(header)
        message = event.data
        if self.state is not _VALID or message.is_snapshot:
            return self._replace(message) if message.is_snapshot else self._ignore()
        previous = message.previous_sequence
        if previous != self.sequence and previous is not None:
            return self._refuse(f"gap: a delta follows {previous}, the book is at {self.sequence}")
        bids, asks = message.bids, message.asks
        # Both sides before any is touched: a message is applied whole or not at all. Chained comparisons are slower.
        for price, size in bids:
            if not (price > 0.0 and size >= 0.0 and price < inf and size < inf):
                return self._refuse(_bad_level(message))
        for price, size in asks:
            if not (price > 0.0 and size >= 0.0 and price < inf and size < inf):
                return self._refuse(_bad_level(message))
        if bids:
            self._bids.apply(bids, self.depth)
        if asks:
            self._asks.apply(asks, self.depth)
        self.sequence = message.sequence
        if self._bids.best >= self._asks.best:
            return self._leave(BookState.GAP, _crossed(self._bids.best, self._asks.best))
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
        side = self._bids
        return (side.best, side.sizes[side.best]) if side.sizes else None

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask as ``(price, size)``; None when there is none."""
        side = self._asks
        return (side.best, side.sizes[side.best]) if side.sizes else None

    def bids(self, n: int | None = None) -> list[Level]:
        """The best `n` bids (all when None), best first."""
        return self._bids.levels(n)

    def asks(self, n: int | None = None) -> list[Level]:
        """The best `n` asks (all when None), best first."""
        return self._asks.levels(n)

    def levels(self, side: Side) -> Iterator[Level]:
        """The levels of the book's own `side` (BUY: bids), best first, each read when it is asked for.

        Cheaper than a list where only the first few are needed. Not to be kept over an `update`.
        """
        return self._side(side).walk()

    def deepest(self, side: Side) -> Level | None:
        """The worst level that is kept of the book's own `side` (BUY: bids); None when there is none."""
        book_side = self._side(side)
        if not book_side.sizes:
            return None
        price = book_side.prices()[-1]
        return price, book_side.sizes[price]

    def level_count(self, side: Side) -> int:
        """How many levels the book's own `side` (BUY: bids) has."""
        return len(self._side(side).sizes)

    @property
    def mid(self) -> float | None:
        """Halfway between best bid and best ask; None when a side is empty."""
        bids, asks = self._bids, self._asks
        return (bids.best + asks.best) / 2 if bids.sizes and asks.sizes else None

    @property
    def spread(self) -> float | None:
        """Best ask less best bid, in quote currency; None when a side is empty."""
        bids, asks = self._bids, self._asks
        return asks.best - bids.best if bids.sizes and asks.sizes else None

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
        sides = f"{len(self._bids.sizes)} bids, {len(self._asks.sizes)} asks"
        return f"LocalOrderbook({self.key}, {self.state}, sequence {self.sequence}, {sides})"

    # -- inside ----------------------------------------------------------------------------------------

    def _side(self, side: Side) -> BookSide:
        return self._bids if side is Side.BUY else self._asks

    def _begin(self, header: MessageHeader) -> None:
        """The book is of the instrument of its first event, and of no other."""
        if self.key is not None:
            raise BookError(
                f"update the book of {self.key}", f"the event is about {header.key}", "keep a book an instrument"
            )
        self.key = header.key
        self._venue, self._category, self._pair = header.key

    def _replace(self, message: Orderbook) -> BookState:
        bad = _bad_level(message)
        if bad:
            return self._leave(BookState.GAP, bad)
        self.depth = message.depth
        self._bids.replace(message.bids, message.depth)
        self._asks.replace(message.asks, message.depth)
        self.sequence = message.sequence
        if self._bids.best >= self._asks.best:
            return self._leave(BookState.GAP, _crossed(self._bids.best, self._asks.best))
        self.state = BookState.VALID
        self.reason = ""
        return BookState.VALID

    def _ignore(self) -> BookState:
        """A delta came while the book is not VALID."""
        self.ignored += 1
        if self.state is BookState.SYNCING:
            self.reason = "deltas came before a snapshot"
        return self.state

    def _refuse(self, reason: str) -> BookState:
        self.ignored += 1
        return self._leave(BookState.GAP, reason)

    def _leave(self, state: BookState, reason: str) -> BookState:
        self.state = state
        self.reason = reason
        return state


def fault_of(snapshot: Orderbook) -> str:
    """Why a book that is just this is not VALID, or an empty string: `LocalOrderbook` without a book being made.

    Its levels must be best first, as a snapshot's are, and of sizes above zero.
    """
    bids, asks = snapshot.bids, snapshot.asks
    is_crossed = bids and asks and bids[0][0] >= asks[0][0]
    return _bad_level(snapshot) or (_crossed(bids[0][0], asks[0][0]) if is_crossed else "")


def _crossed(bid: float, ask: float) -> str:
    return f"crossed: best bid {bid} is not below best ask {ask}"


def _bad_level(message: Orderbook) -> str:
    """Why `message` can't be applied, or an empty string. NaN fails every comparison, so it is found too."""
    for price, size in message.bids:
        if not (0.0 < price < inf and 0.0 <= size < inf):
            return f"bad level: bid {size} at {price}"
    for price, size in message.asks:
        if not (0.0 < price < inf and 0.0 <= size < inf):
            return f"bad level: ask {size} at {price}"
    return ""
