"""The price ladder: static prices, the market moving along them, and the row that is aimed at.

Owns how a `MarketState` and what is ours become rows. The view itself (grouping, cursor, centring) is `window`'s; the
methods that a key needs are here too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final

from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.events.market import Side
from ttxt_core.events.orders import OrderState
from ttxt_core.events.status import BookState
from ttxt_tui.state.figures import MINUS, scaled
from ttxt_tui.state.grouping import first_grouping, group_levels, nearest_row, row_of
from ttxt_tui.state.ladder_markers import OffScreen, by_row, marked_rows, off_screen
from ttxt_tui.state.ladder_rows import (
    FADED_NS,
    FRESH_NS,
    LadderCells,
    LadderRow,
    LastTrade,
    RowBuilder,
    RowInputs,
    SideRows,
    no_rows,
    size_text,
)
from ttxt_tui.state.ladder_window import LadderWindow, Touch
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.own_marks import LadderMarks, OwnCell, OwnOrder, own_cells
from ttxt_tui.state.sizes import SizeScale

NO_MARKS: Final = LadderMarks()
_AGES_NS: Final = 500 * MILLISECOND_NS
_ROOM_FOR_PRICE: Final = 1.25
_SIZES_KEPT: Final = 2_048
_EMPTY: Final = SideRows({}, None, 0)


class LadderState:
    """One ladder on one market.

    Attributes:
        market: whose ladder it is; `show` changes it.
        window: grouping, scroll, cursor, automatic centring.
        off_screen: what is marked above and below the screen, nearest first, as of the last `rows`.
    """

    def __init__(self, market: MarketState) -> None:
        self.market = market
        self.window = LadderWindow()
        self.off_screen: tuple[OffScreen, ...] = ()
        self._scale = SizeScale()
        self._volume_scale = SizeScale()
        self._builder = RowBuilder()
        self._epoch = market.epoch
        self._is_group_chosen = False
        self._price_width = 0
        self._scaled_for = 0
        self._untold_queues: dict[int, str] = {}
        self._sized: dict[float, tuple[str, int, int]] = {}
        self._sized_for: tuple[object, ...] = ()

    # -- what keys do ----------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Changes with cursor, scroll and grouping; the market has its own."""
        return self.window.version

    def stamp(self, now_ns: int, human_ns: int) -> Hashable:
        """Changes whenever `rows` may give something new; twice a second for what ages."""
        return self.market.key, self.market.version, self.window.version, now_ns // _AGES_NS, human_ns // _AGES_NS

    @property
    def group(self) -> int:
        """Ticks a row."""
        return self.window.group

    @property
    def cursor_ticks(self) -> int | None:
        """The price aimed at: what an order from the cursor's row is priced at."""
        return self.window.cursor

    def move_cursor(self, rows: int) -> None:
        """Move the cursor up (to higher prices) by `rows`."""
        self.window.move_cursor(rows)

    def set_cursor(self, ticks: int) -> None:
        """Put the cursor on the row of a price."""
        self.window.set_cursor(ticks)

    def set_cursor_line(self, line: int) -> None:
        """Put the cursor on a line of the screen, counted from the top."""
        row = self.window.row_at(line)
        if row is not None:
            self.window.set_cursor(row * self.window.group)

    def to_best_bid(self) -> bool:
        """Put the cursor on the best bid; False when there is none."""
        return self.window.to_best_bid()

    def to_best_ask(self) -> bool:
        """Put the cursor on the best ask; False when there is none."""
        return self.window.to_best_ask()

    def scroll(self, rows: int) -> None:
        """Look up (to higher prices) by `rows`; the cursor keeps its price."""
        self.window.scroll(rows)

    def recenter(self) -> None:
        """Bring the market to the middle."""
        self.window.recenter()

    def coarser(self) -> None:
        """More ticks a row."""
        self._is_group_chosen = True
        self.window.coarser()

    def finer(self) -> None:
        """Fewer ticks a row."""
        self._is_group_chosen = True
        self.window.finer()

    def set_group(self, ticks: int) -> None:
        """So many ticks a row."""
        self._is_group_chosen = True
        self.window.set_group(ticks)

    def show(self, market: MarketState) -> None:
        """Show another market, from its middle and with its own grouping."""
        self.market, self._epoch = market, market.epoch
        self._begin_anew()

    def is_at_cursor(self, side: Side, ticks: int) -> bool:
        """Whether an order at `ticks` stands in the row that is aimed at."""
        row = self.window.cursor_row
        return row is not None and row_of(side, ticks, self.window.group) == row

    # -- what is shown ------------------------------------------------------------------------------------------

    @property
    def price_width(self) -> int:
        """Cells that prices need, with room for a rise by a quarter; it only ever grows while a market is shown."""
        price = self.market.reference_price
        if price is not None:
            text = self.market.info.format_price(price * _ROOM_FOR_PRICE, group=True)
            self._price_width = max(self._price_width, len(text))
        return max(self._price_width, self.market.info.price_decimals + 2)

    def rows(
        self, height: int, marks: LadderMarks = NO_MARKS, *, cells: LadderCells, now_ns: int, human_ns: int
    ) -> list[LadderRow]:
        """`height` rows from the top of the screen down; moves the view first where the rules say so.

        Args:
            marks: what is ours.
            cells: which columns are shown, and how wide.
            now_ns: market time, for the age of the book and of trades.
            human_ns: monotonic human time, for the rest after a cursor key.
        """
        market, window = self.market, self.window
        touch = self._touch()
        self._follow(touch, height, is_staged=marks.staged is not None, human_ns=human_ns)
        if window.top is None:
            self.off_screen = ()
            return no_rows(height)
        group, top, bottom = window.group, window.top, window.top - height + 1
        has_book = market.book.state is not BookState.SYNCING
        is_good = market.trust(now_ns).is_good
        bids = self._side(Side.BUY, touch.bid, bottom, top) if has_book else _EMPTY
        asks = self._side(Side.SELL, touch.ask, bottom, top) if has_book else _EMPTY
        markers = marked_rows(market, marks, group)
        places = [(str(marker), row) for marker, row in markers] + self._places(marks, touch)
        self.off_screen = off_screen(places, top, bottom, group, touch.middle)
        market.changes.is_wanted = cells.change > 0
        queues = self._queues(marks.orders)
        self._untold_queues = {} if cells.queue else queues
        return self._builder.build(
            RowInputs(
                info=market.info,
                group=group,
                top=top,
                height=height,
                cursor=window.cursor_row,
                is_dimmed=not is_good,
                has_book=has_book,
                bids=bids,
                asks=asks,
                own=self._own(marks, cells.own),
                markers=by_row(markers),
                last=self._last_trades(now_ns, cells.last),
                volume=self._volume(bottom, top, cells.volume, human_ns) if cells.volume else {},
                bid_changes=market.changes.by_row(Side.BUY, group, bottom, top) if cells.change else {},
                ask_changes=market.changes.by_row(Side.SELL, group, bottom, top) if cells.change else {},
                queues=queues if cells.queue else {},
                sizes=self._sizes(bids, asks, cells.size, human_ns),
            )
        )

    @property
    def group_text(self) -> str:
        """How much of the price a row spans: `2.0 a row`."""
        info = self.market.info
        return f"{info.format_price(info.price(self.window.group))} a row"

    def cursor_info(self) -> str:
        """How far the cursor is from the middle, and the size between: `−3.42 bp · Σ 12.345`.

        On an own order also what stands before it, where no column tells.
        """
        market, ticks = self.market, self.window.cursor
        middle = self._touch().middle
        if ticks is None or not middle:
            return ""
        info, book = market.info, market.book
        distance = (ticks / middle - 1) * 1e4
        text = f"{'+' if distance > 0 else MINUS}{abs(distance):,.{2 if abs(distance) < 10 else 1}f} bp"
        if book.state is not BookState.VALID:
            return text
        side = Side.BUY if ticks < middle else Side.SELL
        size = book.cumulative(side, info.float_price(ticks))
        deepest = self._deepest(side)
        is_all = deepest is None or (ticks >= deepest if side is Side.BUY else ticks <= deepest)
        queue = self._untold_queues.get(ticks // self.window.group)
        before = "" if queue is None else f" · queue {queue}"
        return f"{text} · Σ {'' if is_all else '≥ '}{info.format_quantity(size, group=True)}{before}"

    # -- inside --------------------------------------------------------------------------------------------------

    def _begin_anew(self) -> None:
        self.window.forget()
        self._is_group_chosen = False
        self._price_width = 0
        self._scale.reset()
        self._volume_scale.reset()
        self.off_screen = ()

    def _touch(self) -> Touch:
        market = self.market
        reference = market.reference_price
        middle = None if reference is None else reference * market.ticks_per_unit
        if market.book.state is BookState.SYNCING:
            return Touch(None, None, middle)
        bid, ask = market.book.best_bid, market.book.best_ask
        return Touch(
            None if bid is None else market.ticks_of(bid[0]), None if ask is None else market.ticks_of(ask[0]), middle
        )

    def _follow(self, touch: Touch, height: int, *, is_staged: bool, human_ns: int) -> None:
        market, window = self.market, self.window
        if market.epoch != self._epoch:
            self._epoch = market.epoch
            self._begin_anew()
        if not self._is_group_chosen and market.book.state is BookState.VALID and touch.middle is not None:
            self._is_group_chosen = True
            window.forget()
            window.group = first_grouping(int(touch.middle), self._reach(touch), height)
        window.follow(touch, height, is_staged=is_staged, now_ns=human_ns)
        if window.group != self._scaled_for:
            self._scaled_for = window.group
            self._scale.reset()
            self._volume_scale.reset()

    def _reach(self, touch: Touch) -> int:
        """How many ticks of the shallower side are known; 0 where a side is empty."""
        bid, ask = self.market.book.deepest(Side.BUY), self.market.book.deepest(Side.SELL)
        if bid is None or ask is None or touch.bid is None or touch.ask is None:
            return 0
        ticks_of = self.market.ticks_of
        return min(touch.bid - ticks_of(bid[0]), ticks_of(ask[0]) - touch.ask)

    def _deepest(self, side: Side) -> int | None:
        """The deepest price that is known of a side, in ticks; None when the stream carries all of it."""
        book = self.market.book
        if book.depth and book.level_count(side) < book.depth:
            return None
        level = book.deepest(side)
        return 0 if level is None else self.market.ticks_of(level[0])

    def _side(self, side: Side, touch: int | None, low: int, high: int) -> SideRows:
        market, group = self.market, self.window.group
        deepest = self._deepest(side)
        deepest_row = None if deepest is None else row_of(side, deepest, group)
        if touch is None:
            return SideRows({}, None, deepest_row)
        sums = group_levels(market.book.levels(side), market.ticks_per_unit, side, group=group, low=low, high=high)
        return SideRows(sums, row_of(side, touch, group), deepest_row)

    def _sizes(self, bids: SideRows, asks: SideRows, width: int, human_ns: int) -> dict[float, tuple[str, int, int]]:
        """Size → its text, bar and rank; most sizes are those of the frame before."""
        sizes = [*bids.sums.values(), *asks.sums.values()]
        scale, info, sized = self._scale, self.market.info, self._sized
        scale.observe(sizes, human_ns)
        sized_for = (info, width, scale.large, scale.huge, scale.full)
        if sized_for != self._sized_for or len(sized) > _SIZES_KEPT:
            self._sized_for = sized_for
            sized.clear()
        for size in sizes:
            if size not in sized:
                sized[size] = (size_text(info, size, width), scale.eighths(size, width), scale.rank(size))
        return sized

    def _volume(self, low: int, high: int, width: int, human_ns: int) -> dict[int, tuple[str, int]]:
        traded = self.market.traded.by_row(self.window.group)
        shown = {row: traded[row] for row in range(low, high + 1) if row in traded}
        scale, info = self._volume_scale, self.market.info
        scale.observe(list(shown.values()), human_ns)
        return {row: (size_text(info, size, width), scale.eighths(size, width)) for row, size in shown.items()}

    def _last_trades(self, now_ns: int, width: int) -> dict[int, LastTrade]:
        """The last trades by row; a later one hides an earlier in the same row."""
        market, group, found = self.market, self.window.group, dict[int, LastTrade]()
        for ticks, trade in market.recent.items():
            old_ns = now_ns - trade.time_ns
            if old_ns < FADED_NS and width:
                row = row_of(trade.side.opposite, ticks, group)
                found[row] = LastTrade(size_text(market.info, trade.size, width), trade.side, old_ns < FRESH_NS)
        return found

    def _own(self, marks: LadderMarks, width: int) -> dict[tuple[Side, int], OwnCell]:
        row_at, staged = self.window.row_of, marks.staged
        return own_cells(
            [(row_at(order.side, order.ticks), order) for order in marks.orders],
            None if staged is None else (row_at(staged.side, staged.ticks), staged),
            [(row_at(ghost.side, ghost.ticks), ghost) for ghost in marks.ghosts],
            self.market.info,
            width,
        )

    def _places(self, marks: LadderMarks, touch: Touch) -> list[tuple[str, int]]:
        """What else is looked for, by name and row."""
        window = self.window
        places = [("order", window.row_of(order.side, order.ticks)) for order in marks.orders if not order.waits]
        if window.cursor_row is not None:
            places.append(("cursor", window.cursor_row))
        if marks.staged is not None:
            places.append(("staged", window.row_of(marks.staged.side, marks.staged.ticks)))
        if touch.middle is not None:
            places.append(("market", nearest_row(touch.middle, window.group)))
        return places

    def _queues(self, orders: Iterable[OwnOrder]) -> dict[int, str]:
        """Row → how much stands before the own order in it, `low–high`; of several orders, the first one's."""
        market, group = self.market, self.window.group
        found: dict[int, str] = {}
        followed: set[str] = set()
        for order in orders:
            if order.waits or order.state not in _QUEUED:
                continue
            price = market.info.float_price(order.ticks)
            ahead = market.queues.follow(order.client_order_id, order.side, price, order.quantity, market.book)
            followed.add(order.client_order_id)
            low, high = scaled(ahead.low), scaled(ahead.high)
            found.setdefault(row_of(order.side, order.ticks, group), low if low == high else f"{low}–{high}")
        market.queues.keep_only(followed)
        return found


_QUEUED: Final = {
    OrderState.NEW,
    OrderState.PARTIALLY_FILLED,
    OrderState.PENDING_AMEND,
    OrderState.PENDING_CANCEL,
}
