"""The account pane: the session's profit, positions, balances, and the equity curve where there is room for it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from ttxt_core.clock import NANOSECONDS
from ttxt_tui.paint.account import (
    account_plan,
    balance_row,
    balances_header,
    balances_width,
    beside,
    position_row,
    positions_header,
    profit_line,
)
from ttxt_tui.paint.canvas import RowCache
from ttxt_tui.paint.cells import Glyphs
from ttxt_tui.paint.equity import EMPTY_TEXT, equity_curve, equity_head, plot_columns
from ttxt_tui.paint.table import message_rows
from ttxt_tui.panes.live import LivePane
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.account import BalanceRow, PositionRow, ProfitRow
from ttxt_tui.state.equity import EquityView
from ttxt_tui.theme.palette import Palette

_VALUED_NS = NANOSECONDS // 4


class _Beside(NamedTuple):
    """A row of the balances and one of the curve; None where there is none any more."""

    balance: object
    curve: object


class _CurveHead(NamedTuple):
    view: EquityView | None
    currency: str
    width: int


class AccountPane(LivePane[object]):
    """One list of rows of several kinds."""

    def __init__(self, palette: Palette, workspace: Workspace, glyphs: Glyphs, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._workspace = workspace
        self._state = workspace.store.account
        self._glyphs = glyphs
        self._cache = RowCache()
        self._looked: tuple[int, int] | None = None
        self._worth: Hashable = None

    def version(self) -> Hashable:
        """Follows what is ours at once, and what it is worth four times a second, as the position line."""
        looked = (self._workspace.session.orders.version, self._workspace.human_ns() // _VALUED_NS)
        if looked != self._looked:
            self._looked, self._worth = looked, (self._state.version(), self._workspace.equity.version)
        return self._worth

    def rows(self, width: int, height: int) -> Sequence[object]:
        positions, balances = self._state.positions(), self._state.balances()
        profits = tuple(self._state.profit_rows())
        rows: list[object] = [profits, "positions"]
        rows += positions or message_rows("no position", self.palette, width)[:1]
        plan = account_plan(width, height, len(positions), len(balances))
        every: list[object] = ["balances", *balances]
        held = every[: plan.balances]
        curve = self._curve(plan.curve_width(width), plan.curve) if plan.curve else []
        if plan.is_beside:
            rows += [_Beside(left, right) for left, right in zip_longest(held, curve)]
        else:
            rows += [*held, *curve]
        return rows

    def _curve(self, width: int, height: int) -> list[object]:
        """It ends with what the profit line tells."""
        made = self._state.profits()[0]
        view = self._workspace.equity.view(plot_columns(width), made.total)
        head = _CurveHead(view, made.currency, width)
        if view is None:
            return [head, *message_rows(EMPTY_TEXT, self.palette, width)[:1]]
        return [head, *equity_curve(view, self.palette, width, height - 1, self._glyphs, rows=self._cache)]

    def paint_row(self, row: object, width: int) -> Iterable[Segment]:
        if isinstance(row, _Beside):
            balance = None if row.balance is None else self._strip(row.balance, balances_width(width, is_beside=True))
            curve = None if row.curve is None else self._strip(row.curve, width)
            return beside(balance, curve, self.palette, width)
        return self._strip(row, width)

    def _strip(self, row: object, width: int) -> Strip:
        palette = self.palette
        match row:
            case Strip():
                return row
            case _CurveHead():
                return equity_head(row.view, row.currency, palette, row.width)
            case PositionRow():
                return position_row(row, palette, width)
            case BalanceRow():
                return balance_row(row, palette, width)
            case "positions":
                return positions_header(palette, width)
            case "balances":
                return balances_header(palette, width)
        profits = [part for part in row if isinstance(part, ProfitRow)] if isinstance(row, tuple) else []
        return profit_line(profits, palette, width)
