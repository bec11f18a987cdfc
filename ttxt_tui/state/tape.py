"""The tape: public trades as prints, newest first.

Owns the prints, which of them are large, the size filter, and the volume of buyers and sellers of the last half minute.
It is fed by `MarketState`. Nothing here draws.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS
from ttxt_core.events.market import MarketTrade, Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.state.figures import counted, time_of_day

PRINTS_KEPT: Final = 2_000
LARGE_QUANTILE: Final = 0.98
_SAMPLE: Final = 500
_LEAST_SAMPLE: Final = 50
_SAME_RUN_NS: Final = MILLISECOND_NS
PRESSURE_SECONDS: Final = 30


class PrintKind(StrEnum):
    """What a row of the tape is."""

    TRADE = "trade"
    MISSED = "missed"


class TapeRow(NamedTuple):
    """A print as it is shown. `key` names it for as long as it looks the same: painted rows are kept by it."""

    key: tuple[int, int]
    kind: PrintKind
    time: str
    side: Side | None
    price: str
    size: str
    is_large: bool
    trades: int
    """How many trades the print is made of; of a gap, how many were missed, 0 where that is not known."""
    traded_at: float | None = None
    """The price as a number; None of a gap."""


class Pressure(NamedTuple):
    """Volume that buyers and sellers took in the last `PRESSURE_SECONDS`, base currency."""

    buy: float
    sell: float

    @property
    def buy_share(self) -> float:
        """The buyers' part, 0 to 1; a half when nothing traded."""
        total = self.buy + self.sell
        return self.buy / total if total > 0 else 0.5


class _Print:
    __slots__ = ("count", "is_large", "last_ns", "number", "price", "side", "size", "time_ns")

    def __init__(self, number: int, time_ns: int, trade: MarketTrade | None, missed: int = 0) -> None:
        self.number = number
        self.time_ns = self.last_ns = time_ns
        self.side = trade.side if trade is not None else None
        self.price = trade.price if trade is not None else 0.0
        self.size = trade.size if trade is not None else 0.0
        self.count = 1 if trade is not None else missed
        self.is_large = False


class TapeState:
    """The prints of one instrument. `version` changes with them."""

    def __init__(self, info: InstrumentInfo) -> None:
        self.info = info
        self.version = 0
        self.min_size = 0.0
        """Smaller prints are not shown, base currency; set it with `filter_by`."""
        self._prints: deque[_Print] = deque(maxlen=PRINTS_KEPT)
        self._written: dict[tuple[int, int], TapeRow] = {}
        self._number = 0
        self._recent: deque[float] = deque()
        self._ordered: list[float] = []
        self._threshold = float("inf")
        self._seconds: deque[tuple[int, list[float]]] = deque()
        self._volume = [0.0, 0.0]

    @property
    def large_above(self) -> float | None:
        """Prints above this size are large, base currency; None until enough was printed to tell."""
        return self._threshold if self._threshold != float("inf") else None

    def add(self, trades: Sequence[MarketTrade], now_ns: int) -> None:
        """Take in the trades of one message, oldest first, received at `now_ns` of market time.

        Trades of one price and side that follow each other in one message, or within a millisecond, are one print.
        """
        self._second(now_ns)
        for position, trade in enumerate(trades):
            self._volume[0 if trade.side is Side.BUY else 1] += trade.size
            last = self._prints[-1] if self._prints else None
            if (
                last is not None
                and last.side is trade.side
                and last.price == trade.price
                and (position > 0 or trade.time_ns - last.last_ns <= _SAME_RUN_NS)
            ):
                last.size += trade.size
                last.count += 1
                last.last_ns = trade.time_ns
            else:
                if last is not None and last.side is not None:
                    self._sample(last.size)
                last = self._append(trade.time_ns or now_ns, trade)
            last.is_large = last.size > self._threshold
        self.version += 1

    def missed(self, count: int | None, time_ns: int) -> None:
        """Trades were lost here; None when nobody knows how many."""
        self._append(time_ns, None, count or 0)
        self.version += 1

    def clear(self) -> None:
        """Forget all prints; the filter stays."""
        self._prints.clear()
        self._written.clear()
        self._recent.clear()
        self._ordered.clear()
        self._seconds.clear()
        self._threshold = float("inf")
        self.version += 1

    def filter_by(self, min_size: float) -> None:
        """Show prints of at least `min_size`, base currency."""
        self.min_size = min_size
        self.version += 1

    def rows(self, height: int) -> list[TapeRow]:
        """At most `height` rows, newest first."""
        if height < 1:
            return []
        rows: dict[tuple[int, int], TapeRow] = {}
        for item in reversed(self._prints):
            if item.side is not None and item.size < self.min_size:
                continue
            key = item.number, item.count
            rows[key] = self._written.get(key) or self._row(key, item)
            if len(rows) == height:
                break
        self._written = rows
        return list(rows.values())

    def pressure(self, now_ns: int) -> Pressure:
        """Who took more of late, as of `now_ns` of market time."""
        oldest = now_ns // NANOSECONDS - PRESSURE_SECONDS
        recent = [volume for second, volume in self._seconds if second > oldest]
        return Pressure(sum(volume[0] for volume in recent), sum(volume[1] for volume in recent))

    # -- inside ----------------------------------------------------------------------------------------

    def _append(self, time_ns: int, trade: MarketTrade | None, missed: int = 0) -> _Print:
        self._number += 1
        item = _Print(self._number, time_ns, trade, missed)
        self._prints.append(item)
        return item

    def _second(self, now_ns: int) -> None:
        """Make `_volume` that of the running second."""
        second = now_ns // NANOSECONDS
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, [0.0, 0.0]))
            while len(self._seconds) > PRESSURE_SECONDS + 1:
                self._seconds.popleft()
        self._volume = self._seconds[-1][1]

    def _sample(self, size: float) -> None:
        """A print is complete: it counts for what is large from now on."""
        self._recent.append(size)
        insort(self._ordered, size)
        if len(self._recent) > _SAMPLE:
            del self._ordered[bisect_left(self._ordered, self._recent.popleft())]
        if len(self._ordered) >= _LEAST_SAMPLE:
            self._threshold = self._ordered[int(LARGE_QUANTILE * (len(self._ordered) - 1))]

    def _row(self, key: tuple[int, int], item: _Print) -> TapeRow:
        time = time_of_day(item.time_ns, with_ms=True)
        if item.side is None:
            text = f"{counted(item.count)} missed" if item.count else "trades missed"
            return TapeRow(key, PrintKind.MISSED, time, None, "", text, False, item.count)
        price, size = self.info.format_price(item.price, group=True), self.info.format_quantity(item.size)
        return TapeRow(key, PrintKind.TRADE, time, item.side, price, size, item.is_large, item.count, item.price)
