"""What each action does: one method an action, by its id. A method looks at the workspace and calls the desk.

Owns no state but which key is asked for next. Nothing here sends, prices or limits anything.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any, Final

from ttxt_core.errors import TtxtError
from ttxt_core.events import InstrumentKey, OrderType, Side, TimeInForce
from ttxt_core.recording.times import parse_time
from ttxt_tui.actions import ACTIONS, Scope
from ttxt_tui.keymap import Keymap, shown
from ttxt_tui.panes.workspace import Workspace
from ttxt_tui.screens.desk_screen import DeskScreen
from ttxt_tui.screens.dialogs import AskDialog, ChooseDialog, LineDialog
from ttxt_tui.screens.help import HelpDialog, help_lines
from ttxt_tui.screens.layout import NUMBERS
from ttxt_tui.screens.ticket import TicketDialog, TicketOrder
from ttxt_tui.state.names import symbol
from ttxt_tui.theme.palette import Palette
from ttxt_tui.trading.feedback import Feedback, Level
from ttxt_tui.trading.sizes import parse_price, parse_quantity

_PAGE: Final = 10
_SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, float("inf"))
_IMMEDIATE: Final = {"IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}


class Handlers:
    """The actions of one desk screen.

    Attributes:
        awaited: the scope that the next key is looked up in first; None when no key is asked for.
    """

    def __init__(
        self, screen: DeskScreen, keymap: Keymap, choose_theme: Callable[[], None], palette: Callable[[], Palette]
    ) -> None:
        self.awaited: Scope | None = None
        self._screen = screen
        self._keymap = keymap
        self._choose_theme = choose_theme
        self._palette = palette
        self._table: dict[str, Callable[[], None]] = {action.id: getattr(self, action.id) for action in ACTIONS}

    def run(self, id: str) -> None:
        """Do the action `id`."""
        self._table[id]()

    @property
    def _workspace(self) -> Workspace:
        return self._screen.workspace

    def _say(self, feedback: Feedback) -> None:
        self._workspace.say(feedback)

    def expect(self, scope: Scope | None, text: str = "") -> None:
        """Look the next key up in `scope` first, and say what is asked for."""
        self.awaited = scope
        self._workspace.ask(text)

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something that has to wait, in the background; what goes wrong is said."""

        async def done() -> None:
            try:
                await work
            except TtxtError as error:
                self._say(Feedback(str(error), Level.ERROR))

        self._screen.run_worker(done(), group="session")

    # -- staging -----------------------------------------------------------------------------------------

    def stage_buy(self) -> None:
        self._stage_at_cursor(Side.BUY)

    def stage_sell(self) -> None:
        self._stage_at_cursor(Side.SELL)

    def _stage_at_cursor(self, side: Side) -> None:
        ladder = self._workspace.ladder
        ticks = None if ladder is None else ladder.cursor_ticks
        if ticks is None:
            self._say(Feedback("no price aimed at: ↑ ↓", Level.WARN))
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
            order = self._order_to_edit()
            if order is not None:
                self._say(workspace.desk.edit(order))
                return
        feedback = workspace.desk.send()
        if feedback.level is Level.OK:
            workspace.coach.did("send")
        self._say(feedback)

    def _order_to_edit(self) -> str | None:
        """The order that Enter means: the selected one in Orders, else the only one in the cursor's row."""
        if self._screen.scope is Scope.ORDERS:
            return self._workspace.store.orders.selected
        aimed = self._workspace.aimed_orders()
        return aimed[0].client_order_id if len(aimed) == 1 else None

    def back_out(self) -> None:
        if self.awaited is not None:
            self.expect(None)
        elif not self._workspace.desk.back_out():
            if self._screen.zoomed is not None:
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

    def ticket(self) -> None:
        workspace = self._workspace
        market = workspace.market
        if market is None:
            self._say(Feedback("no market yet", Level.WARN))
            return
        size = workspace.desk.size
        text = "" if size is None else market.info.format_quantity(size.quantity)
        self._screen.app.push_screen(TicketDialog(symbol(market.key), text, self._ticket_fault), self._from_ticket)

    def _ticket_fault(self, order: TicketOrder) -> str:
        try:
            self._read_ticket(order)
        except TtxtError as error:
            return str(error)
        return ""

    def _read_ticket(self, order: TicketOrder) -> tuple[int, Decimal]:
        """Price in ticks and quantity in base currency."""
        workspace = self._workspace
        market = workspace.market
        if market is None:
            raise TtxtError("read the ticket", "there is no market")
        info, context = market.info, workspace.desk.context
        last = None if market.last_price is None else info.price(market.ticks_of(market.last_price))
        price = order.price or ("ask" if order.side is Side.BUY else "bid") if order.type == "market" else order.price
        ticks = parse_price(price, info, order.side, context.touch(market.key), last)
        free = context.free_quote(market.key, info.spec.settle)
        return ticks, parse_quantity(order.quantity, info, info.price(ticks), free)

    def _from_ticket(self, order: TicketOrder | None) -> None:
        if order is None:
            return
        ticks, quantity = self._read_ticket(order)
        self._staged(
            self._workspace.desk.ticket(
                order.side,
                ticks,
                quantity,
                order_type=OrderType.MARKET if order.type == "market" else OrderType.LIMIT,
                time_in_force=_IMMEDIATE.get(order.type, TimeInForce.GTC),
                post_only=order.type == "post-only",
                reduce_only=order.reduce_only,
            )
        )

    # -- cancelling and closing --------------------------------------------------------------------------

    def cancel_here(self) -> None:
        orders = self._workspace.aimed_orders()
        if not orders:
            self._say(Feedback("no own order at this price", Level.WARN))
            return
        for order in orders:
            self._cancelled(self._workspace.desk.cancel_order(order.client_order_id))

    def cancel_selected(self) -> None:
        selected = self._workspace.store.orders.selected
        if selected is None:
            self._say(Feedback("no order selected: j k", Level.WARN))
        else:
            self._cancelled(self._workspace.desk.cancel_order(selected))

    def cancel_newest(self) -> None:
        self._cancelled(self._workspace.desk.cancel_newest())

    def cancel_symbol(self) -> None:
        self._cancelled(self._workspace.desk.cancel_symbol())

    def cancel_everywhere(self) -> None:
        self._cancelled(self._workspace.desk.cancel_everywhere())

    def _cancelled(self, feedback: Feedback) -> None:
        if feedback.level is Level.OK:
            self._workspace.coach.did("cancel")
        self._say(feedback)

    def flatten(self) -> None:
        feedback = self._workspace.desk.flatten_prompt()
        if feedback.level is Level.WARN:
            self._say(feedback)
        else:
            self.expect(Scope.AFTER_FLATTEN, feedback.text)

    def flatten_25(self) -> None:
        self._flatten(Decimal("0.25"))

    def flatten_50(self) -> None:
        self._flatten(Decimal("0.5"))

    def flatten_75(self) -> None:
        self._flatten(Decimal("0.75"))

    def flatten_100(self) -> None:
        self._flatten(Decimal(1))

    def _flatten(self, fraction: Decimal) -> None:
        desk = self._workspace.desk
        feedback = desk.flatten(fraction)
        if desk.asks_at_market:
            self.expect(Scope.AFTER_FLATTEN, feedback.text)
            return
        self._workspace.coach.did("flatten")
        self._say(feedback)

    def protect(self) -> None:
        ladder = self._workspace.ladder
        ticks = None if ladder is None else ladder.cursor_ticks
        if ticks is None:
            self._say(Feedback("no price aimed at: ↑ ↓", Level.WARN))
        else:
            self._say(self._workspace.desk.protect(ticks))

    def panic(self) -> None:
        lines = self._workspace.desk.panic_listing()
        if not lines:
            self._say(Feedback("nothing works and all is flat", Level.INFO))
            return
        self._screen.app.push_screen(AskDialog("Cancel everything and close all", lines, "does it"), self._panic_if)

    def _panic_if(self, yes: bool | None) -> None:
        if yes:
            self._say(self._workspace.desk.panic())

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
            self._say(Feedback("no bid", Level.WARN))

    def to_ask(self) -> None:
        ladder = self._workspace.ladder
        if ladder is None or not ladder.to_best_ask():
            self._say(Feedback("no ask", Level.WARN))

    def recenter(self) -> None:
        if self._workspace.ladder is not None:
            self._workspace.ladder.recenter()

    def coarser(self) -> None:
        if self._workspace.ladder is not None:
            self._workspace.ladder.coarser()

    def finer(self) -> None:
        if self._workspace.ladder is not None:
            self._workspace.ladder.finer()

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
            self._say(Feedback("no own order on this symbol", Level.INFO))
            return
        self._workspace.store.orders.select(order.client_order_id)
        price = order.price if order.price is not None else order.trigger_price
        if ladder is not None and price is not None:
            ladder.set_cursor(ladder.market.info.to_ticks(price))

    def move_up(self) -> None:
        self._move_order(1)

    def move_down(self) -> None:
        self._move_order(-1)

    def _move_order(self, rows: int) -> None:
        desk, ladder = self._workspace.desk, self._workspace.ladder
        if desk.selected is None:
            aimed = self._workspace.aimed_orders()
            desk.select(aimed[0].client_order_id if len(aimed) == 1 else self._workspace.store.orders.selected)
        self._say(desk.move(rows * (1 if ladder is None else ladder.group)))

    def row_up(self) -> None:
        self._workspace.desk.select(self._workspace.store.orders.move(-1))

    def row_down(self) -> None:
        self._workspace.desk.select(self._workspace.store.orders.move(1))

    def tab_left(self) -> None:
        self._workspace.store.orders.show_next(-1)

    def tab_right(self) -> None:
        self._workspace.store.orders.show_next(1)

    # -- view --------------------------------------------------------------------------------------------

    def interval_up(self) -> None:
        self._step_interval(1)

    def interval_down(self) -> None:
        self._step_interval(-1)

    def _step_interval(self, steps: int) -> None:
        chart = self._workspace.chart
        if chart is not None:
            self._say(Feedback(f"candles of {chart.step_interval(steps)}"))

    def crosshair_left(self) -> None:
        if self._workspace.chart is not None:
            self._workspace.chart.move_crosshair(-1)

    def crosshair_right(self) -> None:
        if self._workspace.chart is not None:
            self._workspace.chart.move_crosshair(1)

    def candles_wider(self) -> None:
        if self._workspace.chart is not None:
            self._workspace.chart.zoom(1)

    def candles_narrower(self) -> None:
        if self._workspace.chart is not None:
            self._workspace.chart.zoom(-1)

    def overlays(self) -> None:
        """Show one overlay after another, then all, then none."""
        chart = self._workspace.chart
        if chart is None:
            return
        names, visible = chart.overlay_names, chart.shown_overlays
        hidden = [name for name in names if name not in visible]
        for name in [hidden[0]] if hidden else visible:
            chart.toggle_overlay(name)
        self._say(Feedback(f"overlays: {', '.join(chart.shown_overlays) or 'none'}"))

    def tape_filter_up(self) -> None:
        self._filter_tape(up=True)

    def tape_filter_down(self) -> None:
        self._filter_tape(up=False)

    def _filter_tape(self, *, up: bool) -> None:
        market = self._workspace.market
        if market is None:
            return
        tape, lot = market.tape, float(market.info.lot_size)
        steps = [0.0, *(lot * mantissa * 10**power for power in range(9) for mantissa in (1, 2, 5))]
        at = min(range(len(steps)), key=lambda i: abs(steps[i] - tape.min_size))
        tape.filter_by(steps[min(max(at + (1 if up else -1), 0), len(steps) - 1)])
        size = market.info.format_quantity(tape.min_size)
        self._say(
            Feedback(f"tape: prints from {size} {market.info.spec.base}" if tape.min_size else "tape: all prints")
        )

    def log_filter(self) -> None:
        level = self._workspace.store.log.show_next_level()
        self._say(Feedback(f"log: {level} and graver"))

    def log_up(self) -> None:
        self._workspace.store.log.scroll(-1, self._screen.pane("log").size.height)

    def log_down(self) -> None:
        self._workspace.store.log.scroll(1, self._screen.pane("log").size.height)

    def focus(self) -> None:
        numbers = " · ".join(f"{number} {name}" for name, number in NUMBERS.items())
        self.expect(Scope.AFTER_FOCUS, f"pane: {numbers} · ; ladder")

    def _focus_number(self, number: int) -> None:
        name = next((name for name, own in NUMBERS.items() if own == number), None)
        if name is None:
            self._say(Feedback(f"no pane {number}", Level.WARN))
        else:
            self._screen.show_pane(name)

    def focus_1(self) -> None:
        self._focus_number(1)

    def focus_2(self) -> None:
        self._focus_number(2)

    def focus_3(self) -> None:
        self._focus_number(3)

    def focus_4(self) -> None:
        self._focus_number(4)

    def focus_5(self) -> None:
        self._focus_number(5)

    def focus_6(self) -> None:
        self._focus_number(6)

    def focus_7(self) -> None:
        self._focus_number(7)

    def focus_ladder(self) -> None:
        self._screen.show_ladder()

    def zoom(self) -> None:
        self._screen.zoom()

    def symbol(self) -> None:
        options = [(str(at), symbol(key)) for at, key in enumerate(self._workspace.store.markets)]
        self._screen.app.push_screen(ChooseDialog("Symbol", options), self._take_symbol)

    def _take_symbol(self, chosen: str | None) -> None:
        if chosen is not None:
            keys: list[InstrumentKey] = list(self._workspace.store.markets)
            self._workspace.activate(keys[int(chosen)])

    def palette(self) -> None:
        options = [
            (action.id, f"{action.help}  {' '.join(shown(key) for key in self._keymap.keys(action.id))}")
            for action in ACTIONS
            if action.scope in {Scope.GLOBAL, Scope.REPLAY} and action.id != "palette"
        ]
        self._screen.app.push_screen(ChooseDialog("Actions", options), self._run_chosen)

    def _run_chosen(self, chosen: str | None) -> None:
        if chosen is not None:
            self.run(chosen)

    def theme(self) -> None:
        self._choose_theme()

    def help(self) -> None:
        self._workspace.coach.did("help")
        lines = help_lines(self._keymap, is_replay=self._workspace.replay is not None)
        self._screen.app.push_screen(HelpDialog(lines, self._palette()))

    def redraw(self) -> None:
        self._screen.refresh(repaint=True, layout=True)

    # -- session -----------------------------------------------------------------------------------------

    def arm(self) -> None:
        commands = self._workspace.session.commands
        if commands.is_armed:
            self._say(Feedback("armed already", Level.INFO))
            return
        text = f"arm account {self._workspace.session.account} ({_told(commands.limits)}): Enter arms, Esc goes back"
        self.expect(Scope.AFTER_ARM, text)

    def arm_confirm(self) -> None:
        self._say(self._workspace.desk.arm())

    def disarm(self) -> None:
        self._say(self._workspace.desk.disarm())

    def record(self) -> None:
        session = self._workspace.session
        if session.recording is not None:
            self.expect(Scope.AFTER_RECORD, "stop recording? Enter stops, Esc goes on")
            return
        folder = self._workspace.settings.recording_folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            session.start_recording(folder)
        except OSError as error:
            self._say(Feedback(f"can't record to {folder}: {error.strerror or error}", Level.ERROR))
        except TtxtError as error:
            self._say(Feedback(str(error), Level.ERROR))
        else:
            self._say(Feedback(f"recording to {folder}", Level.OK))

    def record_stop(self) -> None:
        self._later(self._stop_recording())

    async def _stop_recording(self) -> None:
        stats = await self._workspace.session.stop_recording()
        names = ", ".join(path.name for path in stats.files) or "nothing"
        lost = f", {stats.lost} LOST" if stats.lost else ""
        level = Level.ERROR if stats.lost or stats.failed else Level.OK
        self._say(Feedback(f"recorded {stats.events:,} events{lost}: {names}", level))

    def quit(self) -> None:
        if self._workspace.session.orders.working() or self._workspace.session.recording is not None:
            self.quit_dialog()
        else:
            self._screen.app.exit()

    def quit_dialog(self) -> None:
        if isinstance(self._screen.app.screen, AskDialog):
            return
        session = self._workspace.session
        working = len(session.orders.working())
        lines = [f"{working} orders work; they end with this {session.kind} session" if working else "no order works"]
        if session.recording is not None:
            lines.append("the recording is closed whole")
        self._screen.app.push_screen(
            AskDialog("Quit?", lines, "quits"), lambda yes: self._screen.app.exit() if yes else None
        )

    # -- replay ------------------------------------------------------------------------------------------

    def hold(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            player.go() if player.held else player.hold()

    def step(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._later(player.step())

    def step_book(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._later(player.step_book())

    def step_second(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._later(player.step_seconds(1))

    def faster(self) -> None:
        self._step_speed(1)

    def slower(self) -> None:
        self._step_speed(-1)

    def _step_speed(self, steps: int) -> None:
        player = self._workspace.session.replayer
        if player is None:
            return
        at = min(range(len(_SPEEDS)), key=lambda i: abs(_SPEEDS[i] - player.speed) if player.speed < 1e9 else -i)
        player.set_speed(_SPEEDS[min(max(at + steps, 0), len(_SPEEDS) - 1)])

    def bookmark(self) -> None:
        replay, player = self._workspace.replay, self._workspace.session.replayer
        if replay is not None and player is not None:
            is_set = replay.toggle_bookmark(player.position_ns)
            self._say(Feedback("bookmark set" if is_set else "bookmark taken away"))

    def next_mark(self) -> None:
        replay = self._workspace.replay
        target = None if replay is None else replay.next_mark()
        if target is None:
            self._say(Feedback("no mark after this moment", Level.INFO))
        else:
            self._seek(target)

    def previous_mark(self) -> None:
        replay = self._workspace.replay
        target = None if replay is None else replay.previous_mark()
        if target is None:
            self._say(Feedback("this is the start", Level.INFO))
        else:
            self._seek(target)

    def step_back(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._new_attempt(lambda: self._later(player.step_back()))

    def seek(self) -> None:
        player = self._workspace.session.replayer
        if player is None:
            return
        hint = "14:30:05 · +90s from the start · 2026-08-09T21:27:00 — begins a new attempt"
        self._screen.app.push_screen(LineDialog("Go to", hint, self._time_fault), self._seek_typed)

    def _time_fault(self, text: str) -> str:
        player = self._workspace.session.replayer
        try:
            if player is not None:
                parse_time(text, player.first_ns, player.last_ns)
        except TtxtError as error:
            return str(error)
        return ""

    def _seek_typed(self, text: str | None) -> None:
        player = self._workspace.session.replayer
        if text and player is not None:
            self._seek(parse_time(text, player.first_ns, player.last_ns))

    def _seek(self, time_ns: int) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._new_attempt(lambda: self._later(player.seek(time_ns)))

    def _new_attempt(self, go: Callable[[], None]) -> None:
        """Say what a new attempt means before it begins, when there is something to lose."""
        session = self._workspace.session
        result, working = session.result, len(session.orders.working())
        if not result.fills and not working:
            go()
            return
        profit = ", ".join(f"{amount:+,.2f} {currency}" for currency, amount in result.profit.items()) or "0"
        lines = [
            f"Attempt {result.attempt} ends here: {result.fills} fills, {profit}; its sheet is kept.",
            f"{working} working orders, positions and balances go back to the start.",
        ]
        self._screen.app.push_screen(
            AskDialog("Begin a new attempt?", lines, "begins it"), lambda yes: go() if yes else None
        )


def _told(limits: object) -> str:
    names = {"max_order_notional": "order", "max_position_notional": "position", "daily_loss": "loss"}
    parts = [
        f"{word} {getattr(limits, name):,.0f}" for name, word in names.items() if getattr(limits, name) is not None
    ]
    return "limits: " + (", ".join(parts) or "none")
