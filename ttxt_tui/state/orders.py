"""The Orders pane: working orders, fills and orders that ended.

Owns which tab, which order and which part of a long list is shown. The orders themselves are the `OrderManager`'s. Rows
of working orders stand in the order in which they were made, and what is selected is an order, not a line: neither news
nor a new order moves the selection to another one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from ttxt_core.orders.managed_order import ManagedOrder, OrderIdentity
from ttxt_core.orders.manager import OrderManager
from ttxt_tui.state.figures import NS_PER_SECOND
from ttxt_tui.state.lookup import MarketOf
from ttxt_tui.state.order_rows import FillRow, OrderRow, fill_rows, moved_on, order_id, order_rows

T = TypeVar("T")


class OrdersTab(StrEnum):
    """The lists that the pane shows."""

    WORKING = "working"
    FILLS = "fills"
    HISTORY = "history"


EMPTY_TEXT: Final = {
    OrdersTab.WORKING: "no working orders — b/s stage, Enter sends",
    OrdersTab.FILLS: "no fills yet in this session",
    OrdersTab.HISTORY: "no order has ended yet",
}
"""What an empty tab says."""


class OrdersState:
    """What the Orders pane shows.

    Attributes:
        tab: which list; `show` changes it.
    """

    def __init__(self, manager: OrderManager, market_of: MarketOf) -> None:
        self.tab = OrdersTab.WORKING
        self._manager = manager
        self._market_of = market_of
        self._numbers: dict[OrderIdentity, int] = {}
        self._selected: str | None = None
        self._view = 0
        self._top = 0
        self._scrolled = 0
        self._written: list[OrderRow] = []
        self._written_for: Hashable = None

    # -- what is chosen --------------------------------------------------------------------------------

    def show(self, tab: OrdersTab) -> None:
        """Change to `tab`, at its newest rows."""
        self.tab = tab
        self._scrolled = 0
        self._view += 1

    def show_next(self, step: int = 1) -> OrdersTab:
        """Change to the next tab, or the previous one with -1."""
        tabs = list(OrdersTab)
        self.show(tabs[(tabs.index(self.tab) + step) % len(tabs)])
        return self.tab

    @property
    def selected(self) -> str | None:
        """The id of the selected order; None when none is, or when it does not work any more."""
        return self._selected if self.selected_order is not None else None

    @property
    def selected_order(self) -> ManagedOrder | None:
        """The selected order while it works; one that ended is not replaced by a neighbour."""
        if self._selected is None:
            return None
        return next((order for order in self._manager.working() if order_id(order) == self._selected), None)

    def select(self, id: str | None) -> None:
        """Select a working order by its id, or none."""
        if id != self._selected:
            self._selected = id
            self._view += 1

    def move(self, lines: int) -> str | None:
        """Move the selection by `lines` among the working orders, or scroll the other tabs; gives what is selected.

        Without a selection, down takes the first order and up the last.
        """
        self._view += 1
        if self.tab is not OrdersTab.WORKING:
            self._scrolled = min(max(self._scrolled + lines, 0), max(self.counts()[self.tab] - 1, 0))
            return None
        ids = [order_id(order) for order in self._manager.working()]
        if not ids or not lines:
            return self.selected
        if self._selected in ids:
            at = min(max(ids.index(self._selected) + lines, 0), len(ids) - 1)
        else:
            at = 0 if lines > 0 else len(ids) - 1
        self._selected = ids[at]
        return self._selected

    # -- numbers -----------------------------------------------------------------------------------------

    def number_of(self, order: ManagedOrder) -> int:
        """The number that an order is called by on the command line. None is given twice in a session."""
        return self._numbers.setdefault(order.identity, len(self._numbers) + 1)

    def numbered(self, number: int) -> ManagedOrder | None:
        """The working order with that number."""
        return next((order for order in self._manager.working() if self.number_of(order) == number), None)

    # -- what is shown ---------------------------------------------------------------------------------

    def counts(self) -> dict[OrdersTab, int]:
        """How many rows each tab has."""
        manager = self._manager
        return {
            OrdersTab.WORKING: len(manager.working()),
            OrdersTab.FILLS: len(manager.fills),
            OrdersTab.HISTORY: len(manager.history),
        }

    def version(self, now_ns: int) -> Hashable:
        """Changes whenever rows may: with news of orders, and for working ones with the market and the seconds."""
        if self.tab is not OrdersTab.WORKING:
            return self._manager.version, self._view
        markets = {order.key: self._market_of(order.key) for order in self._manager.working()}
        prices = tuple(market.version for market in markets.values() if market is not None)
        return self._manager.version, self._view, now_ns // NS_PER_SECOND if markets else 0, prices

    def rows(self, height: int, now_ns: int) -> Sequence[OrderRow | FillRow]:
        """At most `height` rows of the tab, of ended orders and fills the newest first.

        Args:
            height: rows there are for them.
            now_ns: the market's time, for ages.
        """
        if self.tab is OrdersTab.FILLS:
            return fill_rows(self._scrolled_to(self._manager.fills, height), self._market_of)
        if self.tab is OrdersTab.HISTORY:
            return order_rows(self._scrolled_to(self._manager.history, height), self._market_of, now_ns)
        orders = self._manager.working()
        top = self._top = self._first_shown(orders, height)
        shown = orders[top : top + height]
        written_for = (self._manager.version, self._view, top, height)
        if written_for == self._written_for:
            return moved_on(self._written, shown, self._market_of, now_ns)
        self._written_for = written_for
        numbers = [self.number_of(order) for order in orders][top : top + height]
        links = [self._links(order) for order in shown]
        self._written = order_rows(shown, self._market_of, now_ns, self._selected, numbers=numbers, links=links)
        return self._written

    def _links(self, order: ManagedOrder) -> str:
        """The working orders that an order belongs with: of which one cancels the other, its entry, its exits."""
        words: dict[str, list[str]] = {}
        for other in self._manager.linked(order):
            if other.is_working:
                is_other_exit = bool(order.linked_to) or (order.is_position_exit and other.is_position_exit)
                word = "⇄" if is_other_exit else "of" if other.name == order.parent else "exits"
                words.setdefault(word, []).append(f"#{self.number_of(other)}")
        return " ".join(f"{word} {' '.join(numbers)}" for word, numbers in words.items())

    def range_text(self, height: int) -> str:
        """Which rows of a list that is longer than the pane are shown, such as `5-14 of 31`; empty when all are."""
        total = self.counts()[self.tab]
        if total <= height or height < 1:
            return ""
        first = self._top if self.tab is OrdersTab.WORKING else min(self._scrolled, total - height)
        return f"{first + 1}-{first + height} of {total}"

    def _first_shown(self, orders: Sequence[ManagedOrder], height: int) -> int:
        """The newest orders are in view, or the selected one with as little scrolling as it takes."""
        last_top = max(len(orders) - height, 0)
        at = next((n for n, order in enumerate(orders) if order_id(order) == self._selected), None)
        if at is None:
            return last_top
        return max(min(self._top, at, last_top), at - height + 1, 0)

    def _scrolled_to(self, oldest_first: Sequence[T], height: int) -> list[T]:
        first = min(self._scrolled, max(len(oldest_first) - height, 0))
        end = len(oldest_first) - first
        return [oldest_first[n] for n in range(end - 1, max(end - height, 0) - 1, -1)]
