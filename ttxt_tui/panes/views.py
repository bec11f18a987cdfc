"""What the one-line panes show, gathered from the workspace: header, position line, ticket, status bar."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ttxt_core.events import PositionSide
from ttxt_core.orders.accounts import SPOT
from ttxt_tui.paint.ticket_view import ticket_view
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.state.fields import Field
from ttxt_tui.state.header import Arming, HeaderView, SessionWord, header_view
from ttxt_tui.state.own_marks import own_orders
from ttxt_tui.state.position_line import PositionView, Stance, position_view
from ttxt_tui.state.ticket import TicketView

_EMPTY_TICKET = TicketView("", "", "", "", (), "")


class WorkspaceViews:
    """Views of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def header(self) -> HeaderView:
        """Session word, arming, account, and how the active instrument stands."""
        workspace = self._workspace
        session, ladder = workspace.session, workspace.ladder
        commands, live = session.commands, workspace.live
        arming = Arming.ARMED if commands.is_armed else Arming.VIEW_ONLY if session.view_only else Arming.DISARMED
        if workspace.desk.is_one_key:
            arming = Arming.ONE_KEY
        return header_view(
            SessionWord(session.kind.upper()),
            arming,
            session.account,
            workspace.market,
            price_width=0 if ladder is None else ladder.price_width,
            now_ns=workspace.now_ns(),
            is_held=session.replayer is not None and (session.replayer.held or session.replayer.at_end),
            whose="" if live is None else live.whose,
            disarmed_because="" if live is None else live.disarmed_because,
        )

    def position(self) -> PositionView:
        """The position on the active instrument."""
        workspace = self._workspace
        market, session = workspace.market, workspace.session
        if market is None:
            return PositionView(Stance.FLAT, ())
        accounts = session.orders.accounts
        is_spot = market.key.category == "spot"
        told = accounts.positions.get((market.key, session.account, PositionSide.ONE_WAY))
        return position_view(
            market,
            None if told is None else workspace.store.account.position(market.key, told),
            now_ns=workspace.now_ns(),
            orders=own_orders(session.orders.working(market.key), market.info),
            held=accounts.held(market.key, session.account) if is_spot else Decimal(0),
            taker_fee=workspace.desk.context.fees_of(market.info)[1],
        )

    def ticket(self) -> TicketView:
        """Size presets, the chosen size, and what the staged order would do."""
        workspace = self._workspace
        market, desk = workspace.market, workspace.desk
        if market is None:
            return _EMPTY_TICKET
        chosen = desk.size
        return ticket_view(
            market.info,
            desk.presets(),
            None if chosen is None else chosen.quantity,
            None if chosen is None else chosen.preset,
            desk.pretrade(),
            is_staged=desk.staged is not None,
            warning=desk.context.no_entry(market.key),
            bracket=desk.stager.brackets.text if market.key.category != SPOT else "",
        )

    def status(self) -> Sequence[Field]:
        """Feed, orders, rate, recording, protection."""
        workspace = self._workspace
        status = workspace.store.status
        status.health = workspace.session.health()
        status.recording = workspace.session.recording
        status.errors = workspace.store.log.errors
        status.behind_ns = workspace.desk.context.behind_ns()
        if workspace.live is not None:
            status.protection = workspace.live.protection()
            status.loss = None if workspace.market is None else workspace.live.loss(workspace.market.info.spec.settle)
        return status.fields(workspace.market, workspace.now_ns())
