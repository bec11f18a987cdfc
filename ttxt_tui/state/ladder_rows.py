"""The rows of a price ladder: what one holds, and how a market becomes rows.

Owns the texts, bars and marks of rows. Where the rows are is `ladder_window`'s; how they look is the painter's.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.market import Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_tui.state.figures import MINUS, scaled
from ttxt_tui.state.own_marks import NOTHING, OwnCell

FRESH_NS: Final = NANOSECONDS
FADED_NS: Final = 8 * NANOSECONDS
"""A last trade is bright for the first, then faint, then gone."""


class LadderCells(NamedTuple):
    """How many cells the texts of the columns have; 0 where a column is not shown."""

    own: int = 8
    size: int = 10
    volume: int = 0
    last: int = 0
    change: int = 0
    queue: int = 0


class Zone(StrEnum):
    """Which part of the ladder a row is in."""

    BID = "bid"
    ASK = "ask"
    SPREAD = "spread"


class Marker(StrEnum):
    """What is marked at a price, the gravest first; the values are the words on the screen."""

    LIQUIDATION = "liq"
    STOP = "stop"
    TARGET = "tp"
    ENTRY = "entry"
    BREAK_EVEN = "b/e"
    MARK = "mark"
    LAST = "last"


class LastTrade(NamedTuple):
    """What traded last at a price."""

    text: str = ""
    side: Side | None = None
    """The aggressor's."""
    is_fresh: bool = False


NO_TRADE: Final = LastTrade()


class LadderRow(NamedTuple):
    """All that one row shows. Bars are in eighths of a cell of `LadderCells.size` (and `.volume`)."""

    ticks: int
    """What an order from this row is priced at."""
    price: str
    zone: Zone
    is_touch: bool
    """The best bid or the best ask is in it."""
    is_cursor: bool
    is_known: bool
    """False beyond the depth that is subscribed: nothing shown does not mean nothing there."""
    is_dimmed: bool
    """The book is not the market any more."""
    bid: str
    bid_bar: int
    bid_rank: int
    """0 ordinary, 1 large, 2 huge."""
    ask: str
    ask_bar: int
    ask_rank: int
    buys: OwnCell
    sells: OwnCell
    markers: tuple[Marker, ...]
    last: LastTrade
    volume: str
    volume_bar: int
    bid_change: str
    ask_change: str
    queue: str


class SideRows(NamedTuple):
    """One side of the book by row.

    Attributes:
        sums: row → size.
        touch: the best row; None when the side is empty.
        deepest: the last row that is known; None when the whole side is.
    """

    sums: Mapping[int, float]
    touch: int | None
    deepest: int | None


class RowInputs(NamedTuple):
    """Everything by row that `build_rows` puts together."""

    info: InstrumentInfo
    group: int
    top: int
    height: int
    cursor: int | None
    is_dimmed: bool
    has_book: bool
    bids: SideRows
    asks: SideRows
    own: Mapping[tuple[Side, int], OwnCell]
    markers: Mapping[int, tuple[Marker, ...]]
    last: Mapping[int, LastTrade]
    volume: Mapping[int, tuple[str, int]]
    bid_changes: Mapping[int, float]
    ask_changes: Mapping[int, float]
    queues: Mapping[int, str]
    sizes: Mapping[float, tuple[str, int, int]]
    """Size → its text, bar and rank."""


_NO_SIZE: Final = ("", 0, 0)
_NO_VOLUME: Final = ("", 0)


class RowBuilder:
    """Makes rows; keeps the texts of prices, which are the same in every frame."""

    def __init__(self) -> None:
        self._prices: dict[int, str] = {}
        self._info: InstrumentInfo | None = None

    def price(self, info: InstrumentInfo, ticks: int) -> str:
        """The price of `ticks` as it is printed; empty below one tick, where there is none."""
        if info is not self._info:
            self._info = info
            self._prices.clear()
        text = self._prices.get(ticks)
        if text is None:
            if len(self._prices) > _PRICES_KEPT:
                self._prices.clear()
            text = info.format_price(info.price(ticks), group=True) if ticks > 0 else ""
            self._prices[ticks] = text
        return text

    def build(self, given: RowInputs) -> list[LadderRow]:
        """The rows from the top of the screen down."""
        info, group, cursor = given.info, given.group, given.cursor
        bids, asks, sizes, own = given.bids, given.asks, given.sizes, given.own
        best_bid, best_ask = bids.touch, asks.touch
        touches = {best_bid, best_ask}
        change_text = self._change_text
        rows: list[LadderRow] = []
        for row in range(given.top, given.top - given.height, -1):
            if best_ask is not None and row >= best_ask:
                zone, known = Zone.ASK, asks.deepest is None or row <= asks.deepest
            elif best_bid is not None and row <= best_bid:
                zone, known = Zone.BID, bids.deepest is None or row >= bids.deepest
            else:
                # Between the sides; where one of them is empty, what it would hold is as known as the side is.
                is_open = (best_ask is None and asks.deepest is not None) or (
                    best_bid is None and bids.deepest is not None
                )
                zone, known = Zone.SPREAD, given.has_book and not is_open
            bid, ask = bids.sums.get(row), asks.sums.get(row)
            bid_text, bid_bar, bid_rank = sizes[bid] if bid else _NO_SIZE
            ask_text, ask_bar, ask_rank = sizes[ask] if ask else _NO_SIZE
            volume, volume_bar = given.volume.get(row, _NO_VOLUME)
            bid_change, ask_change = given.bid_changes.get(row), given.ask_changes.get(row)
            rows.append(
                LadderRow(
                    row * group,
                    self.price(info, row * group),
                    zone,
                    row in touches,
                    row == cursor,
                    known,
                    given.is_dimmed,
                    bid_text,
                    bid_bar,
                    bid_rank,
                    ask_text,
                    ask_bar,
                    ask_rank,
                    own.get((Side.BUY, row), NOTHING),
                    own.get((Side.SELL, row), NOTHING),
                    given.markers.get(row, ()),
                    given.last.get(row, NO_TRADE),
                    volume,
                    volume_bar,
                    change_text(bid_change) if bid_change and zone is Zone.BID else "",
                    change_text(ask_change) if ask_change and zone is Zone.ASK else "",
                    given.queues.get(row, ""),
                )
            )
        return rows

    @staticmethod
    def _change_text(change: float) -> str:
        text = scaled(abs(change))
        return "" if text in {"~0", "0.000"} else f"{'+' if change > 0 else MINUS}{text}"


_PRICES_KEPT: Final = 4_096


def no_rows(height: int) -> list[LadderRow]:
    """The rows of a ladder whose market has no price yet: all unknown."""
    return [_UNKNOWN] * max(height, 0)


_UNKNOWN: Final = LadderRow(
    0, "", Zone.SPREAD, False, False, False, True, "", 0, 0, "", 0, 0,
    NOTHING, NOTHING, (), NO_TRADE, "", 0, "", "", "",
)  # fmt: skip


def size_text(info: InstrumentInfo, size: float, width: int) -> str:
    """A size with the lot's own decimals in at most `width` cells; without separators, then shortened, to fit."""
    text = info.format_quantity(size, group=True)
    if len(text) > width:
        text = info.format_quantity(size)
    if len(text) > width:
        text = scaled(size)
    return text
