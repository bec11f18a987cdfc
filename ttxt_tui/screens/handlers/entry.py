"""Entering orders: staging, sending, sizes, the ticket."""

from __future__ import annotations

from ttxt_core.errors import TtxtError
from ttxt_core.events import Side, TriggerBy
from ttxt_core.orders.accounts import SPOT
from ttxt_tui.actions import Scope
from ttxt_tui.paint.ticket_view import pretrade_view, pretrade_words
from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.screens.ticket import TicketDialog, TicketPreview
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.names import symbol
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.tickets import TicketForm, doubt, judged, stage


class EntryHandlers(HandlerBase):
    """The keys that make orders."""

    # -- staging -----------------------------------------------------------------------------------------

    def stage_buy(self) -> None:
        self._stage_at_cursor(Side.BUY)

    def stage_sell(self) -> None:
        self._stage_at_cursor(Side.SELL)

    def _stage_at_cursor(self, side: Side) -> None:
        ladder = self._workspace.ladder
        ticks = None if ladder is None else ladder.cursor_ticks
        if ticks is None:
            self._say(Feedback("no price aimed at: ↑ ↓", LogLevel.WARN))
            return
        self._staged(self._workspace.desk.stage(side, ticks))

    def join_bid(self) -> None:
        self._staged(self._workspace.desk.join(Side.BUY))

    def join_ask(self) -> None:
        self._staged(self._workspace.desk.join(Side.SELL))

    def improve_bid(self) -> None:
        self._staged(self._workspace.desk.improve(Side.BUY))

    def improve_ask(self) -> None:
        self._staged(self._workspace.desk.improve(Side.SELL))

    def take_ask(self) -> None:
        self._staged(self._workspace.desk.take(Side.BUY))

    def take_bid(self) -> None:
        self._staged(self._workspace.desk.take(Side.SELL))

    def reverse(self) -> None:
        self._staged(self._workspace.desk.reverse())

    def _staged(self, feedback: Feedback) -> None:
        if self._workspace.desk.staged is not None:
            self._workspace.coach.did("stage")
        self._say(feedback)

    def send(self) -> None:
        workspace = self._workspace
        if workspace.desk.staged is None:
            watched = workspace.watchlist.cursor
            if watched is not None:
                workspace.choose("watchlist", watched)
                return
            order = self._order_to_edit()
            if order is not None:
                self._say(workspace.desk.edit(order))
                return
        feedback = workspace.desk.send()
        if feedback.level is LogLevel.OK:
            workspace.coach.did("send")
        self._say(feedback)

    def _order_to_edit(self) -> str | None:
        """The order that Enter means: the selected one in Orders, else the only one in the cursor's row."""
        if self._screen.scope is Scope.ORDERS:
            return self._workspace.store.orders.selected
        aimed = self._workspace.aimed_orders()
        return aimed[0].name if len(aimed) == 1 else None

    def back_out(self) -> None:
        if self.awaited is not None:
            self.expect(None)
        elif not self._workspace.desk.back_out():
            chart = self._workspace.chart
            if self._screen.scope is Scope.CHART and chart is not None and chart.crosshair_ns is not None:
                chart.point_at(None)
            elif self._screen.zoomed is not None:
                self._screen.zoom()
            else:
                self._screen.show_ladder()
        self._say(Feedback(""))
        self._workspace.said = Feedback("")

    # -- sizes -------------------------------------------------------------------------------------------

    def size_1(self) -> None:
        self._say(self._workspace.desk.preset(1))

    def size_2(self) -> None:
        self._say(self._workspace.desk.preset(2))

    def size_3(self) -> None:
        self._say(self._workspace.desk.preset(3))

    def size_4(self) -> None:
        self._say(self._workspace.desk.preset(4))

    def size_5(self) -> None:
        self._say(self._workspace.desk.preset(5))

    def size_position(self) -> None:
        self._say(self._workspace.desk.position_size())

    def size_up(self) -> None:
        self._say(self._workspace.desk.step_size(1))

    def size_down(self) -> None:
        self._say(self._workspace.desk.step_size(-1))

    def bracket(self) -> None:
        self._say(self._workspace.desk.stager.brackets.next())

    # -- the ticket --------------------------------------------------------------------------------------

    def ticket(self) -> None:
        workspace = self._workspace
        market = workspace.market
        if market is None:
            self._say(Feedback("no market yet", LogLevel.WARN))
            return
        size = workspace.desk.size
        text = "" if size is None else market.info.format_quantity(size.quantity)
        watched = (TriggerBy.LAST,) if market.key.category == SPOT else tuple(TriggerBy)
        dialog = TicketDialog(symbol(market.key), text, self._judge_ticket, watched)
        self._screen.app.push_screen(dialog, self._from_ticket)

    def _judge_ticket(self, form: TicketForm) -> TicketPreview:
        market = self._workspace.market
        try:
            pretrade = judged(self._workspace.desk, form)
        except TtxtError as error:
            return TicketPreview(fault=str(error))
        if market is None:
            return TicketPreview(fault="no market yet")
        view = pretrade_view(pretrade, market.info, is_staged=False)
        lines = pretrade_words(view, market.info.spec.quote)
        return TicketPreview(tuple(lines), view.breach or doubt(self._workspace.desk, form))

    def _from_ticket(self, form: TicketForm | None) -> None:
        if form is None:
            return
        try:
            self._staged(stage(self._workspace.desk, form))
        except TtxtError as error:
            self._say(Feedback(str(error), LogLevel.WARN))
