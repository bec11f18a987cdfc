"""The ladder's cursor and own orders: aiming, selecting, moving."""

from __future__ import annotations

from typing import Final

import msgspec

from ttxt_core.errors import ConfigError
from ttxt_tui.actions import Scope
from ttxt_tui.config.ladder import AutoCentre, Ladder
from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.screens.ladder_settings import LadderDialog
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback

_PAGE: Final = 10


class LadderHandlers(HandlerBase):
    """The keys that aim, and those that choose and move own orders."""

    # -- ladder and own orders ---------------------------------------------------------------------------

    def _move_cursor(self, rows: int) -> None:
        ladder = self._workspace.ladder
        if ladder is not None:
            ladder.move_cursor(rows)
            self._workspace.coach.did("aim")

    def cursor_up(self) -> None:
        self._move_cursor(1)

    def cursor_down(self) -> None:
        self._move_cursor(-1)

    def page_up(self) -> None:
        self._move_cursor(_PAGE)

    def page_down(self) -> None:
        self._move_cursor(-_PAGE)

    def to_bid(self) -> None:
        ladder = self._workspace.ladder
        if ladder is None or not ladder.to_best_bid():
            self._say(Feedback("no bid", LogLevel.WARN))

    def to_ask(self) -> None:
        ladder = self._workspace.ladder
        if ladder is None or not ladder.to_best_ask():
            self._say(Feedback("no ask", LogLevel.WARN))

    def recenter(self) -> None:
        if self._workspace.ladder is not None:
            self._workspace.ladder.recenter()

    def coarser(self) -> None:
        if self._workspace.ladder is not None:
            self._workspace.ladder.coarser()

    def finer(self) -> None:
        if self._workspace.ladder is not None:
            self._workspace.ladder.finer()

    def ladder_settings(self) -> None:
        workspace = self._workspace
        before = workspace.ladder_settings

        def take(chosen: Ladder | None) -> None:
            workspace.use_ladder(before if chosen is None else chosen)
            if chosen is not None and chosen != before:
                self._save_ladder(chosen)

        self._screen.app.push_screen(LadderDialog(before, workspace.use_ladder, self._screen.palette), take)

    def centre_ladder(self, way: AutoCentre) -> None:
        """Follow the market in this way from now on."""
        wanted = msgspec.structs.replace(self._workspace.ladder_settings, centre=way)
        self._workspace.use_ladder(wanted)
        self._save_ladder(wanted)

    def _save_ladder(self, wanted: Ladder) -> None:
        from ttxt_tui.config.writing import write_settings  # noqa: PLC0415 - slow to load, needed late

        columns = [str(column) for column in wanted.columns]
        values = {"columns": columns, "centre": str(wanted.centre)}
        try:
            write_settings(self._workspace.config_file, "ladder", values)
        except ConfigError as error:
            self._say(Feedback(f"not saved: {error}", LogLevel.WARN))
            return
        self._say(Feedback(f"ladder: {', '.join(columns) or 'no columns'} · centre {wanted.centre} · saved"))

    def next_order(self) -> None:
        self._select(1)

    def previous_order(self) -> None:
        self._select(-1)

    def _select(self, step: int) -> None:
        if self._screen.scope not in {None, Scope.ORDERS}:
            self._screen.focus_next() if step > 0 else self._screen.focus_previous()
            return
        desk, ladder = self._workspace.desk, self._workspace.ladder
        order = desk.select_next(step)
        if order is None:
            self._say(Feedback("no own order on this symbol", LogLevel.INFO))
            return
        self._workspace.store.orders.select(order.name)
        price = order.trigger_price if order.is_waiting else order.price
        if ladder is not None and price is not None:
            ladder.set_cursor(ladder.market.info.to_ticks(price))

    def move_up(self) -> None:
        self._move_order(1)

    def move_down(self) -> None:
        self._move_order(-1)

    def _choose_to_move(self) -> None:
        """Without a selected order the only one in the cursor's row, else the one selected in Orders."""
        desk = self._workspace.desk
        if desk.selected is None:
            aimed = self._workspace.aimed_orders()
            desk.select(aimed[0].name if len(aimed) == 1 else self._workspace.store.orders.selected)

    def _move_order(self, rows: int) -> None:
        desk, ladder = self._workspace.desk, self._workspace.ladder
        self._choose_to_move()
        aimed_at_it = any(order.name == desk.selected for order in self._workspace.aimed_orders())
        self._say(desk.move(rows * (1 if ladder is None else ladder.group)))
        if ladder is not None and (aimed_at_it or desk.selected in desk.ghosts):
            ladder.move_cursor(rows)

    def row_up(self) -> None:
        self._workspace.desk.select(self._workspace.store.orders.move(-1))

    def row_down(self) -> None:
        self._workspace.desk.select(self._workspace.store.orders.move(1))

    def tab_left(self) -> None:
        self._workspace.store.orders.show_next(-1)

    def tab_right(self) -> None:
        self._workspace.store.orders.show_next(1)
