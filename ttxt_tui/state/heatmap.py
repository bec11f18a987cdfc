"""The heatmap's own settings and view: width of a column, ticks a row, the stretch of time and prices that is shown.

Owns those, and turns the columns of a market's history into levels of heat for a number of columns and rows. The price
axis stands still while the market is well inside, the right edge moves in steps: most cells stay as they are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from ttxt_core.events.market import Side
from ttxt_tui.state.grouping import coarser, finer, first_grouping, nearest_row, row_of
from ttxt_tui.state.heat_history import SIZE_OF, WIDTHS, BookLook, HeatColumn, SideLook, code_of
from ttxt_tui.state.heat_scale import UNKNOWN, HeatScale
from ttxt_tui.state.market import MarketState

DEFAULT_WIDTH: Final = "1s"
STEPS_ACROSS: Final = 10
"""The right edge moves by this part of the columns."""
_EDGE: Final = 6
"""The market is brought to the middle when it is within this part of the rows from an end."""
_BAND: Final = 2
"""This part of a screen is worked out above it, and below: moving the view is cheap then."""
_PRINT_RANKS: Final = (0.7, 0.9, 0.98)
"""Of what traded at a price in a column, smaller is not shown; then small, middle, large."""


_SIDES: Final = (Side.BUY, Side.SELL)
_NO_SIDES: Final = (None, None)


class Print(NamedTuple):
    """What traded at a price in a column: `line` counts from the top, `rank` from 0 (small) to 2 (large)."""

    line: int
    rank: int
    is_buy: bool


class HeatStripe(NamedTuple):
    """One column from the top down. `bid` and `ask` are the lines of the touch; None where it is out of sight."""

    slot: int
    levels: bytes
    bid: int | None
    ask: int | None
    prints: tuple[Print, ...]


class HeatView(NamedTuple):
    """All that a heatmap shows of a market.

    Attributes:
        stripes: the columns, oldest first and without a hole. right: the slot at the right edge.
        width: the name of a column's time; width_ns: that time.
        group: ticks a row. top: the row at the top; its price is `top * group` ticks.
        ends: sizes, base currency, at which the scale of heat begins and ends.
        behind_ns: how much older than the newest column the right edge is; None while it follows.
        trouble: why the book is not to be trusted; empty when all is well.
    """

    stripes: tuple[HeatStripe, ...]
    right: int
    width: str
    width_ns: int
    group: int
    top: int
    rows: int
    ends: tuple[float, float]
    behind_ns: int | None
    trouble: str


class _Band(NamedTuple):
    """The rows that are worked out, at a grouping: `high` is the uppermost."""

    group: int
    low: int
    high: int


class _Worked(NamedTuple):
    """A column worked out, and of what."""

    number: int
    is_broken: bool
    changes: int
    touch: tuple[int | None, ...]
    codes: bytes
    traded: tuple[tuple[int, bool, int], ...]


class HeatmapState:
    """What a heatmap shows of a market. `version` changes with the settings; the history has its own."""

    def __init__(self, market: MarketState) -> None:
        self.market = market
        self.width = DEFAULT_WIDTH
        """A name of `WIDTHS`."""
        self.group = 1
        """Ticks a row."""
        self.version = 0
        self._scale = HeatScale()
        self._prints: tuple[int, ...] = ()
        self._begin()

    def _begin(self) -> None:
        self._epoch = self.market.epoch
        self._is_group_chosen = False
        self._grouped_for = 0
        self._fixed: int | None = None
        self._top: int | None = None
        self._edge = 0
        self._band = _Band(0, 0, 0)
        self._forget_sizes()

    def _forget_sizes(self) -> None:
        self._worked: dict[int, _Worked] = {}
        self._seen_edge = -1
        self._scale.reset()
        self._prints = ()

    # -- what keys do ------------------------------------------------------------------------------------

    def show(self, market: MarketState) -> None:
        """Show another market, as it is now; the width stays."""
        self.market = market
        self._begin()
        self.version += 1

    @property
    def is_following(self) -> bool:
        """The newest column is at the right; else the picture stands still."""
        return self._fixed is None

    def step_width(self, steps: int) -> str:
        """The next wider (1) or narrower (-1) columns, as far as there are any; gives their name."""
        names = list(WIDTHS)
        self.set_width(names[min(max(names.index(self.width) + steps, 0), len(names) - 1)])
        return self.width

    def set_width(self, width: str) -> None:
        """Columns of `width`, a name of `WIDTHS`; the right edge keeps its time.

        Raises:
            KeyError: not one of them.
        """
        before_ns, after_ns = WIDTHS[self.width], WIDTHS[width]
        if width == self.width:
            return
        if self._fixed is not None:
            self._fixed = self._fixed * before_ns // after_ns
        self.width, self._edge = width, 0
        self._forget_sizes()
        self.version += 1

    def coarser(self) -> None:
        """More ticks a row."""
        self._set_group(coarser(self.group))

    def finer(self) -> None:
        """Fewer ticks a row, 1 at least."""
        self._set_group(finer(self.group))

    def _set_group(self, group: int) -> None:
        self._is_group_chosen = True
        self._group_by(group)

    def _group_by(self, group: int) -> None:
        if group != self.group:
            self.group, self._top = group, None
            self._forget_sizes()
            self.version += 1

    def scroll(self, columns: int) -> None:
        """Move back in time by a number of columns (forward when negative), as far as they reach."""
        ring = self.market.heat.columns(WIDTHS[self.width])
        if not ring:
            return
        newest = ring[-1].slot
        right = max((newest if self._fixed is None else self._fixed) - columns, ring[0].slot)
        self._fixed = None if right >= newest else right
        self.version += 1

    def toggle_pause(self) -> bool:
        """Stand still, or follow the market again; gives whether it stands still now."""
        ring = self.market.heat.columns(WIDTHS[self.width])
        self._fixed = ring[-1].slot if self._fixed is None and ring else None
        self.version += 1
        return self._fixed is not None

    def follow(self) -> None:
        """Follow the market, which is brought to the middle."""
        self._fixed = self._top = None
        self.version += 1

    # -- what is shown -----------------------------------------------------------------------------------

    def view(self, columns: int, rows: int, now_ns: int) -> HeatView | None:
        """`columns` of time by `rows` of price, both at least 1; None before anything is known.

        Moves the view first where the market has left it behind. `now_ns` is market time.
        """
        market, width_ns = self.market, WIDTHS[self.width]
        if market.epoch != self._epoch:
            self._begin()
        ring = market.heat.columns(width_ns)
        if not ring:
            return None
        first, newest = ring[0].slot, ring[-1].slot
        right = self._right(first, newest, columns)
        shown = [ring[slot - first] for slot in range(max(right - columns + 1, first), min(right, newest) + 1)]
        self._follow_price(shown, rows)
        top = self._top or 0
        self._choose_band(top, rows)
        worked = [self._work_out(column) for column in shown]
        skip = self._band.high - top
        codes = [one.codes[skip : skip + rows] for one in worked]
        self._choose_scales(codes, worked, right)
        table = self._scale.table
        stripes = tuple(
            self._stripe(column, one, levels.translate(table), rows)
            for column, one, levels in zip(shown, worked, codes, strict=True)
        )
        if len(self._worked) > 2 * columns:
            kept = {column.slot for column in shown}
            self._worked = {slot: one for slot, one in self._worked.items() if slot in kept}
        lot = float(market.info.lot_size)
        low, high = self._scale.ends
        behind_ns = None if self._fixed is None else max(newest - right, 0) * width_ns
        return HeatView(
            stripes, right, self.width, width_ns, self.group, top, rows,
            (low * lot, high * lot), behind_ns, market.trust(now_ns).text,
        )  # fmt: skip

    def _right(self, first: int, newest: int, columns: int) -> int:
        """The slot at the right edge. It is ahead of the newest by less than a step."""
        if self._fixed is not None:
            return max(self._fixed, first)
        step = max(columns // STEPS_ACROSS, 1)
        if not newest <= self._edge < newest + step:
            self._edge = newest + step - 1
        return self._edge

    def _follow_price(self, shown: list[HeatColumn], rows: int) -> None:
        newest = next((column for column in reversed(shown) if column.number), None)
        look = None if newest is None else newest.look()
        if look is None:
            return
        sides = [side for side in look if side is not None]
        if not sides:
            return
        if rows != self._grouped_for and not self._is_group_chosen:
            self._grouped_for = rows
            reach = min(side.distances[-1] for side in sides)
            self._group_by(first_grouping(sides[0].best, reach, rows))
        touch = [row_of(side, one.best, self.group) for side, one in zip(_SIDES, look, strict=True) if one is not None]
        edge, top = rows // _EDGE, self._top
        if top is None or max(touch) > top - edge or min(touch) < top - rows + 1 + edge:
            middle = nearest_row(sum(side.best for side in sides) / len(sides), self.group)
            self._top = middle + (rows - 1) // 2

    def _choose_band(self, top: int, rows: int) -> None:
        band, low = self._band, top - rows + 1
        if band.group == self.group and band.low <= low and top <= band.high and rows * 4 > band.high - band.low:
            return
        self._band = _Band(self.group, low - rows // _BAND, top + rows // _BAND)
        self._worked.clear()

    def _work_out(self, column: HeatColumn) -> _Worked:
        known = self._worked.get(column.slot)
        number, is_broken, changes = column.number, column.is_broken, column.changes
        if known is not None and known.number == number and known.is_broken is is_broken:
            if known.changes == changes:
                return known
            touch, codes = known.touch, known.codes
        else:
            look = column.look()
            touch = tuple(None if side is None else side.best for side in look or _NO_SIDES)
            codes = self._codes(look, is_broken)
        known = self._worked[column.slot] = _Worked(number, is_broken, changes, touch, codes, self._traded(column))
        return known

    def _codes(self, look: BookLook | None, is_broken: bool) -> bytes:
        """The band's rows from the top down, as codes of sizes; `UNKNOWN` where nothing is known."""
        low, high = self._band.low, self._band.high
        count = high - low + 1
        if look is None:
            return bytes((UNKNOWN,)) * count
        codes = bytearray(bytes((UNKNOWN if is_broken else 0,)) * count)
        for side, levels in zip(_SIDES, look, strict=True):
            if levels is None:
                continue
            last = _sum_up(codes, side, levels, self._band)
            if not levels.is_whole and side is Side.BUY:
                _blank(codes, max(last + 1, 0), count)
            elif not levels.is_whole:
                _blank(codes, 0, min(last, count))
        return bytes(codes)

    def _traded(self, column: HeatColumn) -> tuple[tuple[int, bool, int], ...]:
        """(row, is a buy, code of the size) of what traded, within the band: a buy stands where the asks are."""
        group, low, high = self._band
        per_lot = 1.0 / float(self.market.info.lot_size)
        sums: dict[tuple[int, bool], float] = {}
        for side, ticks, size in column.trades():
            row = row_of(side.opposite, ticks, group)
            if low <= row <= high:
                place = (row, side is Side.BUY)
                sums[place] = sums.get(place, 0.0) + size * per_lot
        return tuple((row, is_buy, code_of(lots)) for (row, is_buy), lots in sums.items())

    def _choose_scales(self, codes: list[bytes], worked: list[_Worked], right: int) -> None:
        """Both scales are looked at again when the right edge moves: then all is painted anyway."""
        if right == self._seen_edge and self._scale.high:
            return
        self._seen_edge = right
        self._scale.observe(codes)
        sizes = sorted(code for one in worked for _, _, code in one.traded)
        if sizes:
            last = len(sizes) - 1
            ranks = tuple(sizes[int(last * quantile)] for quantile in _PRINT_RANKS)
            if not self._prints or any(abs(a - b) > 4 for a, b in zip(ranks, self._prints, strict=True)):
                self._prints = ranks

    def _stripe(self, column: HeatColumn, worked: _Worked, levels: bytes, rows: int) -> HeatStripe:
        top, group = self._top or 0, self.group
        touch = [
            None if ticks is None or not 0 <= (line := top - row_of(side, ticks, group)) < rows else line
            for side, ticks in zip(_SIDES, worked.touch, strict=True)
        ]
        least = self._prints[0] if self._prints else 0
        prints = tuple(
            Print(top - row, self._rank(code), is_buy)
            for row, is_buy, code in worked.traded
            if code >= least and 0 <= top - row < rows
        )
        return HeatStripe(column.slot, levels, touch[0], touch[1], prints)

    def _rank(self, code: int) -> int:
        return sum(code >= rank for rank in self._prints[1:])


def _sum_up(codes: bytearray, side: Side, levels: SideLook, band: _Band) -> int:
    """Put one side's sizes into the rows of `band`, counted from its top; gives the row of the deepest level."""
    group, low, high = band
    distances, is_bids = levels.distances, side is Side.BUY
    best = levels.best
    if is_bids:
        start = bisect_left(distances, best - (high + 1) * group + 1)
        end = bisect_right(distances, best - low * group)
        deepest = high - (best - distances[-1]) // group
    else:
        start = bisect_left(distances, (low - 1) * group + 1 - best)
        end = bisect_right(distances, high * group - best)
        deepest = high + -(best + distances[-1]) // group
    if group == 1:
        first, sign = (high - best, 1) if is_bids else (high - best, -1)
        for distance, code in zip(distances[start:end], levels.codes[start:end], strict=True):
            codes[first + sign * distance] = code
        return deepest
    sums, sizes = [0.0] * len(codes), SIZE_OF
    if is_bids:
        for distance, code in zip(distances[start:end], levels.codes[start:end], strict=True):
            sums[high - (best - distance) // group] += sizes[code]
    else:
        for distance, code in zip(distances[start:end], levels.codes[start:end], strict=True):
            sums[high + -(best + distance) // group] += sizes[code]
    for line, lots in enumerate(sums):
        if lots:
            codes[line] = code_of(lots)
    return deepest


def _blank(codes: bytearray, start: int, end: int) -> None:
    if end > start:
        codes[start:end] = bytes((UNKNOWN,)) * (end - start)
