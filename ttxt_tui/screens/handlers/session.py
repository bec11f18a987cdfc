"""The session: arming, recording, quitting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ttxt_core.clock import NANOSECONDS
from ttxt_core.errors import TtxtError
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.recording.storage import make_folder
from ttxt_tui.actions import Scope
from ttxt_tui.screens.arming import ArmingSheet
from ttxt_tui.screens.dialogs import AskDialog
from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.screens.leaving import LeaveDialog
from ttxt_tui.state import figures
from ttxt_tui.state.account_sheet import SheetRow, sheet_rows
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.leaving import leaving, still_working
from ttxt_tui.trading.live_account import LiveAccount

if TYPE_CHECKING:
    from ttxt_core.session.account_sheet import AccountSheet


class SessionHandlers(HandlerBase):
    """The keys about the session as a whole."""

    # -- session -----------------------------------------------------------------------------------------

    def arm(self) -> None:
        commands = self._workspace.session.commands
        if commands.is_armed:
            self._say(Feedback("armed already", LogLevel.INFO))
            return
        if self._workspace.live is not None:
            self._show_sheet(self._workspace.live)
            return
        text = f"arm account {self._workspace.session.account} ({_told(commands.limits)}): Enter arms, Esc goes back"
        self.expect(Scope.AFTER_ARM, text)

    def arm_confirm(self) -> None:
        self._say(self._workspace.desk.arm())

    def _show_sheet(self, live: LiveAccount) -> None:
        """Real orders are armed by the account's own terms, read first."""
        workspace = self._workspace

        def rows(sheet: AccountSheet) -> list[SheetRow]:
            return sheet_rows(sheet, workspace.session.commands.limits, live.address, workspace.now_ns())

        def arm(sheet: AccountSheet | None) -> None:
            if sheet is not None:
                self._say(workspace.desk.arm(lambda: live.arm(sheet)))

        self._screen.app.push_screen(ArmingSheet(f"Arm LIVE {live.whose}?", live.sheet, rows), arm)

    def disarm(self) -> None:
        self._say(self._workspace.desk.disarm())

    def record(self) -> None:
        session = self._workspace.session
        if session.recording is not None:
            self.expect(Scope.AFTER_RECORD, "stop recording? Enter stops, Esc goes on")
            return
        folder = self._workspace.settings.recording_folder
        try:
            make_folder(folder)
            session.start_recording(folder)
        except TtxtError as error:
            self._say(Feedback(f"can't record: {error}", LogLevel.ERROR))
        else:
            self._say(Feedback(f"recording to {folder}", LogLevel.OK))

    def record_stop(self) -> None:
        self._later(self._stop_recording())

    async def _stop_recording(self) -> None:
        stats = await self._workspace.session.stop_recording()
        names = ", ".join(path.name for path in stats.files) or "nothing"
        lost = f", {stats.lost} LOST" if stats.lost else ""
        level = LogLevel.ERROR if stats.lost or stats.failed else LogLevel.OK
        self._say(Feedback(f"recorded {stats.events:,} events{lost}: {names}", level))

    def keep(self) -> None:
        """Keep the last minutes; a replay's are in its recording, and this says how to take them out of it."""
        session = self._workspace.session
        if session.replayer is not None:
            now_ns, before_ns = session.replayer.position_ns, int(self._keep_minutes * 60 * NANOSECONDS)
            from_ns = max(now_ns - before_ns, session.replayer.first_ns)
            span = f"--from {figures.time_of_day(from_ns)} --to {figures.time_of_day(now_ns)}"
            self._say(Feedback(f"this is recorded already: ttxt-rec cut FILE {span} --out FILE", LogLevel.WARN))
        elif not self._keep_minutes:
            self._say(Feedback("nothing of the past is kept: [recording] keep_minutes is 0", LogLevel.WARN))
        else:
            self._say(Feedback("keeping the last minutes …"))
            self._later(self._keep())

    @property
    def _keep_minutes(self) -> float:
        return self._workspace.settings.recording.keep_minutes

    async def _keep(self) -> None:
        kept = await self._workspace.session.keep(self._workspace.settings.recording_folder)
        names = ", ".join(path.name for path in kept.files)
        span = figures.span(kept.last_ns - kept.first_ns)
        text = f"kept the last {span}, {kept.events:,} events, in {kept.files[0].parent}: {names}"
        self._say(Feedback(text, LogLevel.OK))
        self._workspace.store.log.add(self._workspace.now_ns(), LogLevel.OK, "record", text)

    def quit(self) -> None:
        session = self._workspace.session
        if self._workspace.live is not None or session.orders.working() or session.recording is not None:
            self.quit_dialog()
        else:
            self._screen.app.exit()

    def quit_dialog(self) -> None:
        if isinstance(self._screen.app.screen, AskDialog | LeaveDialog):
            return
        session = self._workspace.session
        if self._workspace.live is not None:
            self._ask_to_leave(self._workspace.live)
            return
        working = len(session.orders.working())
        lines = [
            f"{figures.number_of(working, 'order')} at work, ending with this {session.kind} session"
            if working
            else "no order works"
        ]
        if session.recording is not None:
            lines.append("the recording is closed whole")
        self._screen.app.push_screen(
            AskDialog("Quit?", lines, "quits"), lambda yes: self._screen.app.exit() if yes else None
        )

    def _ask_to_leave(self, live: LiveAccount) -> None:
        """Real orders outlive this program: what becomes of them is said first, and then done."""
        workspace, context, app = self._workspace, self._workspace.desk.context, self._screen.app

        def lines() -> list[str]:
            said = [workspace.session.view_only, "nothing is sent"] if workspace.session.view_only else leaving(context)
            if pairs := len(workspace.session.oco.pairs):
                apart = "comes" if pairs == 1 else "come"
                said.append(f"{figures.number_of(pairs, 'LOCAL pair')} {apart} apart: both exits stay")
            if workspace.session.recording is not None:
                said.append("the recording is closed whole")
            return [*said, "", live.protection().text]

        dialog = LeaveDialog(f"Quit LIVE {live.whose}?", lines, workspace.session.stop, lambda: still_working(context))
        app.push_screen(dialog, lambda yes: app.exit() if yes else None)


def _told(limits: RiskLimits) -> str:
    names = {"max_order_notional": "order", "max_position_notional": "position", "daily_loss": "loss"}
    parts = [
        f"{word} {getattr(limits, name):,.0f}" for name, word in names.items() if getattr(limits, name) is not None
    ]
    return "limits: " + (", ".join(parts) or "none")
