"""Resting size through time: what a book was like in each column of market time, and what traded in it.

Owns the columns, in every width that a heatmap offers, and their bound. The book is looked at once a tick of `TICK_NS`
and not at every event: the widths share those looks. It must not know how anything is shown.

Sizes are remembered as codes of one byte, an eighth of an octave apart: a colour tells no more.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from heapq import nlargest
from itertools import accumulate, islice
from math import log2
from struct import Struct
from typing import Final, NamedTuple

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS
from ttxt_core.events.market import Side
from ttxt_core.events.status import BookState
from ttxt_core.orderbook import LocalOrderbook

TICK_NS: Final = 250 * MILLISECOND_NS
"""How often the book is looked at; every width is a multiple."""

WIDTHS: Final[dict[str, int]] = {
    "250ms": TICK_NS,
    "1s": NANOSECONDS,
    "2s": 2 * NANOSECONDS,
    "5s": 5 * NANOSECONDS,
    "10s": 10 * NANOSECONDS,
}
"""Market time of a column, by name."""

COLUMNS_KEPT: Final = 240
"""Columns of each width: a minute of the narrowest, forty of the widest. They are made at once, 3 MB a market: memory
that fills up for an hour would look like a leak."""

MOST_LEVELS: Final = 400
"""Levels a side that a look remembers, of two bytes each; fewer where they are far apart."""

MOST_PRINTS: Final = 64
"""Prices and sides of trades that a finished column remembers, of 16 bytes each, the largest of them."""

LARGEST_CODE: Final = 254
_PER_OCTAVE: Final = 8
_HEAD: Final = Struct("<qH??")
_PRINT: Final = Struct("<qd")
_SIDE_BYTES: Final = _HEAD.size + 2 * MOST_LEVELS
_MOST_WIDE_LEVELS: Final = 2 * MOST_LEVELS // 3
_NARROW_GAP: Final = 255
_WIDEST_GAP: Final = 65_535
_CODES_KEPT: Final = 2_048
"""Sizes whose codes are known: from one look to the next most levels are the same."""
_MOST_TICKS: Final = 1 << 61
_VALID: Final = BookState.VALID

_MOST_LOTS: Final = 2.0 ** ((LARGEST_CODE - 1.5) / _PER_OCTAVE)

SIZE_OF: Final = tuple(0.0 if code == 0 else 2.0 ** ((code - 1) / _PER_OCTAVE) for code in range(LARGEST_CODE + 1))
"""Code → size in lots."""


def code_of(lots: float) -> int:
    """The code of a size in lots: 0 for nothing, else 1 to `LARGEST_CODE`."""
    if not lots > 0.0:
        return 0
    if lots >= _MOST_LOTS:
        return LARGEST_CODE
    return max(int(_PER_OCTAVE * log2(lots) + 1.5), 1)


class SideLook(NamedTuple):
    """One side of a book.

    Attributes:
        best: its best price in ticks.
        distances: of each level from it, in ticks, rising. codes: of their sizes.
        is_whole: there is nothing deeper; else what lies deeper is not known.
    """

    best: int
    distances: Sequence[int]
    codes: bytes
    is_whole: bool


class BookLook(NamedTuple):
    """A valid book as it was at one moment; a side is None where it was empty."""

    bids: SideLook | None
    asks: SideLook | None


class Look(NamedTuple):
    """A look at a book as it is kept: packed, with a number that no other look has."""

    number: int
    packed: bytes


class HeatColumn:
    """A stretch of market time. It is used again for another one when the ring has come round: `begin`.

    Attributes:
        slot: its number, counted from the epoch in widths.
        number: of the last look at a valid book in it; 0 when there was none.
        is_broken: for some of the time the book was not valid.
        changes: counts with the trades.
    """

    __slots__ = ("_closed", "_count", "_is_confirmed", "_packed", "_running", "changes", "is_broken", "number", "slot")

    def __init__(self) -> None:
        # All of its memory is taken here, and written to: later it does not grow.
        self._packed = bytearray(b"\0" * (2 * _SIDE_BYTES))
        self._closed = bytearray(b"\0" * (_PRINT.size * MOST_PRINTS))
        self._count = 0
        self._running: dict[int, float] | None = {}
        self.slot = self.number = self.changes = 0
        self.is_broken = self._is_confirmed = False

    def begin(self, slot: int, look: Look | None) -> None:
        """It is another stretch now, that begins with the book of `look`."""
        self.slot, self.changes = slot, 0
        self._running = {}
        self._take(look)
        self.is_broken, self._is_confirmed = look is None, False

    def confirm(self, look: Look) -> None:
        """The book was looked at within it."""
        self._take(look)
        self._is_confirmed = True

    def mark_broken(self) -> None:
        """The book is not valid just now. A look that is only what it began with does not count then."""
        self.is_broken = True
        if not self._is_confirmed:
            self.number = 0

    def look(self) -> BookLook | None:
        """The last valid book in it; None when there was none."""
        return _unpacked(self._packed) if self.number else None

    def add_trade(self, side: Side, ticks: int, size: float) -> None:
        """A trade; `side` is the aggressor's."""
        if self._running is not None and 0 <= ticks < _MOST_TICKS:
            key = ticks << 1 | (side is Side.SELL)
            self._running[key] = self._running.get(key, 0.0) + size
            self.changes += 1

    def trades(self) -> Iterator[tuple[Side, int, float]]:
        """Aggressor's side, ticks and size by price and side."""
        items = self._finished() if self._running is None else self._running.items()
        return ((Side.SELL if key & 1 else Side.BUY, key >> 1, size) for key, size in items)

    def close(self) -> None:
        """No more trades come: packed, and of many only the largest."""
        running = self._running or {}
        if len(running) > MOST_PRINTS:
            running = dict(nlargest(MOST_PRINTS, running.items(), key=lambda item: item[1]))
            self.changes += 1
        for at, (key, size) in enumerate(running.items()):
            _PRINT.pack_into(self._closed, at * _PRINT.size, key, size)
        self._running, self._count = None, len(running)

    def _finished(self) -> Iterator[tuple[int, float]]:
        return _PRINT.iter_unpack(memoryview(self._closed)[: self._count * _PRINT.size])

    def _take(self, look: Look | None) -> None:
        if look is None:
            self.number = 0
        elif look.number != self.number:
            self.number = look.number
            self._packed[: len(look.packed)] = look.packed


class HeatRing:
    """The columns of one width, oldest first and without a hole."""

    __slots__ = ("_spare", "columns", "width_ns")

    def __init__(self, width_ns: int) -> None:
        self.width_ns = width_ns
        self.columns: deque[HeatColumn] = deque()
        self._spare: list[HeatColumn] | None = None

    def carry(self, now_ns: int, look: Look | None, good_until_ns: int) -> None:
        """Tell the last column how it ended, and begin those up to the one of `now_ns` with the same book."""
        slot, columns = now_ns // self.width_ns, self.columns
        if columns and slot - columns[-1].slot > COLUMNS_KEPT:
            self.clear()
        if not columns:
            if look is not None:
                self._begin(slot, look if now_ns < good_until_ns else None)
            return
        last = columns[-1]
        if slot < last.slot:
            return  # market time went back: what comes belongs to the newest column
        if look is not None:
            last.confirm(look)
        if look is None or min(now_ns, (last.slot + 1) * self.width_ns) > good_until_ns:
            last.is_broken = True
        if slot > last.slot:
            last.close()
            for number in range(last.slot + 1, slot + 1):
                self._begin(number, look if number * self.width_ns < good_until_ns else None)

    def clear(self) -> None:
        """Forget all columns."""
        if self._spare is not None:
            self._spare.extend(self.columns)
        self.columns.clear()

    def _begin(self, slot: int, look: Look | None) -> None:
        if self._spare is None:
            self._spare = [HeatColumn() for _ in range(COLUMNS_KEPT)]
        column = self._spare.pop() if self._spare else self.columns.popleft()
        column.begin(slot, look)
        self.columns.append(column)


class HeatHistory:
    """The columns of one market. `MarketState` feeds it; `due_ns` is when it wants to look at the book next.

    Attributes:
        version: changes with every look, and when columns were cleared.
        is_changed: the book is not as it was at the last look.
    """

    __slots__ = (
        "_codes",
        "_look",
        "_lots_per_unit",
        "_number",
        "_rings",
        "_ticks_per_unit",
        "due_ns",
        "is_changed",
        "version",
    )

    def __init__(self) -> None:
        self.due_ns = 0
        self.version = 0
        self.is_changed = True
        self._ticks_per_unit = self._lots_per_unit = 1.0
        self._look: Look | None = None
        self._number = 0
        self._codes: dict[float, int] = {}
        self._rings = {width: HeatRing(width) for width in WIDTHS.values()}

    def use_steps(self, ticks_per_unit: float, lots_per_unit: float) -> None:
        """The instrument's steps; where they change, call `clear` as well."""
        self._ticks_per_unit, self._lots_per_unit = ticks_per_unit, lots_per_unit
        self._codes.clear()

    def columns(self, width_ns: int) -> deque[HeatColumn]:
        """The columns of a width, oldest first and without a hole; not to be changed."""
        return self._rings[width_ns].columns

    def advance(self, now_ns: int, book: LocalOrderbook, good_until_ns: int) -> None:
        """Time has come to `now_ns`: what the book is now, before anything of that moment, it was up to here.

        Nothing happens before `due_ns`.

        Args:
            good_until_ns: from when on the book is stale unless more is heard of it.
        """
        if now_ns < self.due_ns:
            return
        if book.state is not _VALID:
            self._look = None
        elif self.is_changed or self._look is None:
            self._look, self.is_changed = self._look_at(book), False
        for ring in self._rings.values():
            ring.carry(now_ns, self._look, good_until_ns)
        self.due_ns = (now_ns // TICK_NS + 1) * TICK_NS
        self.version += 1

    def mark_broken(self) -> None:
        """The book is not valid just now."""
        self.is_changed = True
        for ring in self._rings.values():
            if ring.columns:
                ring.columns[-1].mark_broken()

    def add_trade(self, side: Side, ticks: int, size: float) -> None:
        """A trade in the running columns; `side` is the aggressor's."""
        for ring in self._rings.values():
            if ring.columns:
                ring.columns[-1].add_trade(side, ticks, size)

    def clear(self) -> None:
        """Forget everything: it is of another time, or in other ticks."""
        for ring in self._rings.values():
            ring.clear()
        self._look = None
        self.is_changed = True
        self.due_ns = 0
        self.version += 1

    def _look_at(self, book: LocalOrderbook) -> Look:
        self._number += 1
        return Look(self._number, self._side(book, Side.BUY) + self._side(book, Side.SELL))

    def _side(self, book: LocalOrderbook, side: Side) -> bytes:
        """One side, packed into at most `_SIDE_BYTES`."""
        ticks_per_unit, lots_per_unit, known = self._ticks_per_unit, self._lots_per_unit, self._codes
        if len(known) > _CODES_KEPT:
            known.clear()
        sign = -1 if side is Side.BUY else 1
        best = before = 0
        gaps: list[int] = []
        codes = bytearray()
        for price, size in islice(book.levels(side), MOST_LEVELS):
            ticks = int(price * ticks_per_unit + 0.5)
            if not codes:
                best = before = min(ticks, _MOST_TICKS)
            gap = (ticks - before) * sign
            if not 0 <= gap <= _WIDEST_GAP:
                break
            before = ticks
            gaps.append(gap)
            code = known.get(size)
            if code is None:
                code = known[size] = code_of(size * lots_per_unit)
            codes.append(code)
        is_wide = max(gaps, default=0) > _NARROW_GAP
        if is_wide:
            del gaps[_MOST_WIDE_LEVELS:], codes[_MOST_WIDE_LEVELS:]
        # A stream of unknown depth may have left out what is deeper.
        is_whole = len(codes) == book.level_count(side) < book.depth
        return (
            _HEAD.pack(best, len(codes), is_whole, is_wide)
            + (array("H", gaps).tobytes() if is_wide else bytes(gaps))
            + codes
        )


def _unpacked(packed: bytearray) -> BookLook:
    sides: list[SideLook | None] = []
    start = 0
    for _ in range(2):
        best, count, is_whole, is_wide = _HEAD.unpack_from(packed, start)
        start += _HEAD.size
        end = start + count * (2 if is_wide else 1)
        gaps = array("H", packed[start:end]) if is_wide else packed[start:end]
        codes = bytes(packed[end : end + count])
        sides.append(SideLook(best, list(accumulate(gaps)), codes, is_whole) if count else None)
        start = end + count
    return BookLook(*sides)
