"""Which rows a ladder shows, and the row that is aimed at.

Owns grouping, scroll, cursor and the rules of automatic centring. Knows rows and ticks only, no market and no text. The
cursor is a price: nothing but its own keys (and another grouping) changes it. While it was used lately, or an order is
staged, the view does not move by itself, so the row aimed at stays where it is.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.market import Side
from ttxt_tui.config.ladder import AutoCentre, Ladder
from ttxt_tui.state.grouping import coarser, finer, nearest_row, row_of

CURSOR_REST_NS: Final = 2 * NANOSECONDS
"""How long after a cursor key the view stays where it is."""
SCROLL_REST_NS: Final = 10 * NANOSECONDS
"""How long after the view itself was moved."""


class Touch(NamedTuple):
    """Where the market is, in ticks. Any may be None."""

    bid: int | None
    ask: int | None
    middle: float | None
    """Between them; of a market without a book, its last known price."""


class LadderWindow:
    """The view of one ladder.

    Attributes:
        group: ticks a row.
        top: the first row on the screen; None before a price is known.
        height: rows on the screen, as of the last `follow`.
        cursor: the price aimed at, in ticks, a multiple of `group`; None before a price is known.
        auto_centre, edge_rows, every_ns: when to follow the market.
        version: changes with cursor, scroll and grouping.
    """

    def __init__(self) -> None:
        self.group = 1
        self.top: int | None = None
        self.height = 0
        self.cursor: int | None = None
        self.auto_centre = AutoCentre.EDGE
        self.edge_rows = 3
        self.every_ns = 10 * NANOSECONDS
        self.version = 0
        self._touch = Touch(None, None, None)
        self._is_used = self._is_scrolled = False
        self._is_centre_asked = False
        self._rests_until_ns: int | None = None
        self._centred_ns = 0

    # -- where things are ----------------------------------------------------------------------------------

    @property
    def cursor_row(self) -> int | None:
        return None if self.cursor is None else self.cursor // self.group

    @property
    def is_cursor_low(self) -> bool:
        """The cursor is on the screen, in its lower half."""
        row = self.cursor_row
        return row is not None and self.top is not None and self.shows(row) and self.top - row >= self.height // 2

    @property
    def bottom(self) -> int | None:
        """The last row on the screen."""
        return None if self.top is None else self.top - self.height + 1

    def shows(self, row: int) -> bool:
        """Whether `row` is on the screen."""
        return self.top is not None and self.top - self.height < row <= self.top

    def row_at(self, line: int) -> int | None:
        """The row on a line of the screen."""
        return None if self.top is None else self.top - line

    def row_of(self, side: Side, ticks: int) -> int:
        """The row of an order."""
        return row_of(side, ticks, self.group)

    # -- keys ------------------------------------------------------------------------------------------------

    def move_cursor(self, rows: int) -> None:
        """Move the cursor up (to higher prices) by `rows`, and the view as far as it must to keep it in sight."""
        row = self.cursor_row
        if row is None or self.top is None:
            return
        if not self.shows(row):
            # Far from what is looked at, for example after a re-centre: the cursor comes back to the market.
            row = self._row_in_sight()
        self._aim(max(row + rows, 1))

    def set_cursor(self, ticks: int) -> None:
        """Put the cursor on the row of a price: bids round down, asks up."""
        middle = self._touch.middle
        side = Side.SELL if middle is not None and ticks > middle else Side.BUY
        if self.top is not None:
            self._aim(max(row_of(side, ticks, self.group), 1))

    def to_best_bid(self) -> bool:
        """Put the cursor on the best bid; False when there is none."""
        if self._touch.bid is None or self.top is None:
            return False
        self._aim(max(row_of(Side.BUY, self._touch.bid, self.group), 1))
        return True

    def to_best_ask(self) -> bool:
        """Put the cursor on the best ask; False when there is none."""
        if self._touch.ask is None or self.top is None:
            return False
        self._aim(row_of(Side.SELL, self._touch.ask, self.group))
        return True

    def scroll(self, rows: int) -> None:
        """Look up (to higher prices) by `rows`; the cursor keeps its price, in sight or not."""
        if self.top is not None and self.height:
            self.top = max(self.top + rows, self.height)
            self._is_scrolled = True
            self.version += 1

    def configure(self, wanted: Ladder) -> None:
        """Follow the market as configured."""
        self.auto_centre, self.edge_rows = wanted.centre, wanted.centre_rows
        self.every_ns = int(wanted.centre_seconds * NANOSECONDS)

    def recenter(self) -> None:
        """Bring the market to the middle at the next `follow`, whatever else; a cursor left behind comes along."""
        self._is_centre_asked = True
        self.version += 1

    def coarser(self) -> None:
        """More ticks a row."""
        self.set_group(coarser(self.group))

    def finer(self) -> None:
        """Fewer ticks a row, 1 at least."""
        self.set_group(finer(self.group))

    def set_group(self, group: int) -> None:
        """Set the ticks a row. The cursor stays on its line of the screen."""
        if group == self.group or group < 1:
            return
        held, middle = self.cursor, self._touch.middle
        is_aimed = held is not None and self.shows(held // self.group)
        anchor: float = held if held is not None and is_aimed else middle if middle is not None else 0.0
        line = None if self.top is None else self.top - nearest_row(anchor, self.group)
        self.group = group
        if held is not None:
            side = Side.SELL if middle is not None and held > middle else Side.BUY
            self.cursor = max(row_of(side, held, group), 1) * group
            anchor = self.cursor if is_aimed else anchor
        if line is not None:
            self.top = nearest_row(anchor, group) + line
        self._is_used = True
        self.version += 1

    # -- following the market ----------------------------------------------------------------------------------

    def follow(self, touch: Touch, height: int, *, is_staged: bool, now_ns: int) -> None:
        """Keep the view where it is, or move it as the rules say. Call it before each look at the rows.

        Args:
            is_staged: an order waits for Enter.
            now_ns: human time.
        """
        self._touch = touch
        if self._is_used or self._is_scrolled:
            self._rests_until_ns = now_ns + (SCROLL_REST_NS if self._is_scrolled else CURSOR_REST_NS)
            self._is_used = self._is_scrolled = False
        if touch.middle is None:
            self.height = height
            return
        if self.top is None:
            self.height = height
            self._centre(now_ns)
            self.cursor = max(self._market_row(), 1) * self.group
        elif height != self.height:
            self._resize(height)
        if self._is_centre_asked:
            self._is_centre_asked = False
            self._centre(now_ns)
            row = self.cursor_row
            if row is None or not self.shows(row):
                self.cursor = max(self._market_row(), 1) * self.group
        elif self._is_due(now_ns) and not self._is_aiming(is_staged, now_ns):
            self._centre(now_ns, keep_cursor=True)

    def forget(self) -> None:
        """All prices are void: the next `follow` begins anew."""
        self.top = self.cursor = self._rests_until_ns = None
        self._is_used = self._is_scrolled = self._is_centre_asked = False
        self.version += 1

    def _is_aiming(self, is_staged: bool, now_ns: int) -> bool:
        return is_staged or (self._rests_until_ns is not None and now_ns < self._rests_until_ns)

    def _is_due(self, now_ns: int) -> bool:
        if self.top is None or self.auto_centre is AutoCentre.OFF:
            return False
        if self.auto_centre is AutoCentre.TIMED:
            return now_ns - self._centred_ns >= self.every_ns
        edge = min(self.edge_rows, (self.height - 1) // 3)
        rows = [
            row_of(side, ticks, self.group)
            for side, ticks in ((Side.BUY, self._touch.bid), (Side.SELL, self._touch.ask))
            if ticks is not None
        ] or [self._market_row()]
        return max(rows) > self.top - edge or min(rows) < self.top - self.height + 1 + edge

    def _centre(self, now_ns: int, *, keep_cursor: bool = False) -> None:
        """Bring the market to the middle; as near to it as keeps a cursor in sight that is, where that can be."""
        middle, edge = self._market_row(), min(self.edge_rows, (self.height - 1) // 3)
        top = middle + (self.height - 1) // 2
        row = self.cursor_row
        if keep_cursor and row is not None and self.shows(row):
            lowest = max(row, middle + edge + 1)
            highest = min(row, middle - edge - 1) + self.height - 1
            if lowest <= highest:
                top = min(max(top, lowest), highest)
        if top != self.top:
            self.top = top
            self.version += 1
        self._centred_ns = now_ns

    def _resize(self, height: int) -> None:
        """Another height: the middle line keeps its price, unless the cursor would be lost."""
        if self.top is None:
            return
        row, was_seen = self.cursor_row, self.cursor_row is not None and self.shows(self.cursor_row)
        self.top += (height - 1) // 2 - (self.height - 1) // 2
        self.height = height
        if row is not None and was_seen:
            self._scroll_to(row)
        self.version += 1

    def _aim(self, row: int) -> None:
        self.cursor = row * self.group
        if self.top is not None and not self.top - 2 * self.height < row <= self.top + self.height:
            self.top = row + (self.height - 1) // 2
        self._scroll_to(row)
        self._is_used = True
        self.version += 1

    def _scroll_to(self, row: int) -> None:
        if self.top is not None:
            self.top = min(max(self.top, row), row + max(self.height, 1) - 1)

    def _market_row(self) -> int:
        if self._touch.bid is not None:
            return row_of(Side.BUY, self._touch.bid, self.group)
        return nearest_row(self._touch.middle or 0.0, self.group)

    def _row_in_sight(self) -> int:
        row = self._market_row()
        return row if self.shows(row) or self.top is None else self.top - self.height // 2
