"""The workstation's app: it ties a session to the screen. Wiring, theme, life cycle; nothing else.

The session runs in this loop. One task drains its events into the store, one clock paints.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver

from ttxt_core.clock import NANOSECONDS, Clock, SystemClock
from ttxt_core.errors import QueueClosedError
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.queues.base import FullPolicy
from ttxt_core.session import Session, SessionKind
from ttxt_core.simulation.simulator_settings import FEES
from ttxt_tui import _textual_compat
from ttxt_tui.config.settings import Settings, config_folder, settings_file
from ttxt_tui.endings import catch_endings
from ttxt_tui.frame import Flushable, FrameClock
from ttxt_tui.garbage import collect_in_pauses
from ttxt_tui.keymap import Keymap
from ttxt_tui.multiplexer import Multiplexer, multiplexer, watch
from ttxt_tui.notification import notification, protocol_of
from ttxt_tui.paint.cells import pick_glyphs
from ttxt_tui.panes.replay_bar import ReplayPane
from ttxt_tui.panes.workspace import LADDERS, Workspace
from ttxt_tui.screens.desk_screen import DeskScreen
from ttxt_tui.screens.dialogs import ChooseDialog
from ttxt_tui.screens.handlers import Handlers
from ttxt_tui.screens.handlers.view import Themes
from ttxt_tui.screens.keys import KeyDispatcher
from ttxt_tui.state.announcer import Announcer
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.status import SIMULATED
from ttxt_tui.state.store import Store
from ttxt_tui.theme.loader import load_theme, theme_files
from ttxt_tui.theme.palette import Palette, Theme
from ttxt_tui.theme.textual_theme import role_variables, session_variables, textual_theme
from ttxt_tui.trading.attendance import Attendance
from ttxt_tui.trading.desk import TradingDesk
from ttxt_tui.trading.desk_context import DeskContext
from ttxt_tui.trading.feedback import Feedback

BEHIND_DIALOG = 4
"""While a dialog is open only every so many frames are painted."""

BATCH = 20
"""Events taken in before the loop has its turn: some 0.5 ms, for a key may be waiting."""

WRITER_TURN_S = 0.0005
"""How long the thread that writes to the terminal waits for its turn; Python's own 5 ms would be seen."""

TOUCHED = frozenset({"command", "hint", *LADDERS, "prompt", "pretrade", "ticket", "orders"})
"""Panes that a key may change."""

MAILBOX = 20_000
"""Events that may wait for the screen before order-book changes are merged."""


class Workstation(App[None], inherit_bindings=False):
    """Shows one session and trades it by keys."""

    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = False
    TITLE = "ttxt"

    def __init__(
        self,
        session: Session,
        settings: Settings,
        theme: Theme,
        *,
        notices: Sequence[str] = (),
        human_clock: Clock | None = None,
        config_file: Path | None = None,
    ) -> None:
        """`session` on screen; `notices` are said, and logged, as soon as there is a screen to say them on.

        Args:
            config_file: where settings are saved that are chosen on screen; None for the user's own file.
        """
        _textual_compat.install()
        self._first_theme = theme
        self._notices = notices
        self.session = session
        super().__init__(ansi_color=theme.colourless)
        self.settings = settings
        self._is_simulated = session.kind is not SessionKind.LIVE
        human = self._human = human_clock if human_clock is not None else SystemClock()
        self._palette = Palette(theme)
        self._keymap_of_desk = Keymap(settings.keys.preset, settings.keys.bind)
        self.store = Store(
            session.orders,
            SIMULATED,
            stale_after_ns=int(settings.trading.stale_seconds * NANOSECONDS),
            alerts=settings.alerts,
        )
        self.announcer = Announcer(self.store, self._notify, self.bell)
        self.store.account.use_method(settings.trading.cost)
        self.frames = FrameClock(
            self._visible, lambda: _textual_compat.queued_writes(self), human, settings.screen.frames_per_second
        )
        self.workspace = Workspace(session, self.store, self._make_desk(human), settings, human)
        self.workspace.config_file = settings_file(config_file)
        glyphs = pick_glyphs(os.environ, settings.screen.glyphs)
        self.desk_screen = DeskScreen(self.workspace, self._palette, glyphs, self._keymap_of_desk)
        self.handlers = Handlers(self.desk_screen, self._keymap_of_desk, self._themes())
        self.dispatcher = KeyDispatcher(self.desk_screen, self.handlers, self._keymap_of_desk)
        self._tasks: list[asyncio.Task[None]] = []
        self._ending: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None
        self._last_key_ns = 0
        self.attendance: Attendance | None = None
        if not self._is_simulated:
            minutes = settings.live.disarm_after_minutes
            self.attendance = Attendance(self.workspace.desk, minutes, human.monotonic_ns())

    def _make_desk(self, human: Clock) -> TradingDesk:
        context = DeskContext(
            account=self.session.account,
            orders=self.session.orders,
            router=self.session.commands,
            market_clock=self.session.clock,
            human_clock=human,
            market_of=self.store.market_of,
            new_id=self.session.commands.new_client_order_id,
            send_pair=self.session.oco.send,
            fees_of=_fees_of if self._is_simulated else _fees_told,
            behind_ns=lambda: self.frames.behind_ns,
            settings=self.settings.trading,
            view_only=lambda: self.session.view_only,
        )
        return TradingDesk(context, self.settings.sizes, first_preset=1 if self._is_simulated else None)

    # -- life --------------------------------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return role_variables(self._first_theme)

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        return variables | session_variables(variables, self.session.kind)

    def get_driver_class(self) -> type[Driver]:
        return _textual_compat.reading_in_loop(super().get_driver_class())

    def on_mount(self) -> None:
        self.register_theme(textual_theme(self._first_theme))
        self.theme = self._first_theme.name
        self.push_screen(self.desk_screen)
        self.frames.before_frame = self._before_frame
        for notice in self._notices:
            self.workspace.say(Feedback(notice, LogLevel.WARN))
        self.desk_screen.call_after_refresh(self._begin)

        if not self.is_headless:
            catch_endings(self._end_on)
            sys.setswitchinterval(WRITER_TURN_S)
            _textual_compat.take_keys(self, self._take_key_first)
            self.frames.before_pane = self._keys_first

    def _end_on(self, number: int) -> None:
        """Asked to end, or the terminal has gone: the recording is closed whole, then the terminal is given back."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(number), name="end")

    async def _end(self, number: int) -> None:
        for task in self._tasks:
            task.cancel()
        try:
            await self.session.stop()
        finally:
            self.exit(return_code=128 + number)

    def _begin(self) -> None:
        """Once the empty screen is up: making a market holds the loop, and the screen would be laid out late."""
        self._tasks += [
            asyncio.create_task(self._run(self._consume), name="events"),
            asyncio.create_task(self._run(self.frames.run), name="frames"),
        ]
        if not self.is_headless:
            self._tasks.append(asyncio.create_task(collect_in_pauses(self._idle_s), name="garbage"))
        if self.attendance is not None and (runs_in := multiplexer(os.environ)) is not None:
            work = partial(self._watch_client, runs_in, self.attendance)
            self._tasks.append(asyncio.create_task(self._run(work), name="client"))

    async def _watch_client(self, runs_in: Multiplexer, attendance: Attendance) -> None:
        """Until it can't be told any more whether somebody looks, which is said."""
        try:
            await watch(runs_in, lambda name: self.workspace.say(attendance.left(name)))
        except OSError as error:
            text = f"{runs_in.name} can't be asked whether its client is there: {error.strerror}"
            self.workspace.say(Feedback(text, LogLevel.WARN))

    def _idle_s(self) -> float:
        return (self._human.monotonic_ns() - self._last_key_ns) / NANOSECONDS

    def _before_frame(self, human_ns: int) -> None:
        self.workspace.poll(human_ns)
        if self.attendance is not None:
            self.workspace.say(self.attendance.poll(human_ns))
        replays = self.session.replayer is not None
        self.announcer.poll(human_ns, None if replays else self.workspace.now_ns())
        self.handlers.poll_replay()
        self.desk_screen.show_arming()

    def _notify(self, text: str) -> None:
        """Ask the terminal for a notification."""
        protocol = protocol_of(os.environ, self.settings.alerts.notification)
        if asked := notification(text, protocol, os.environ):
            _textual_compat.tell_terminal(self, asked)

    async def on_unmount(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.session.stop()

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        """A task whose failure ends the app with its traceback: a screen that stands still must not look alive."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is shown and ends the program
            self._handle_exception(error)

    async def _consume(self) -> None:
        mailbox = self.session.events.subscribe("screen", capacity=MAILBOX, policy=FullPolicy.CONFLATE, snapshot=True)
        await self.session.start()
        first = True
        while True:
            try:
                batch = await mailbox.get_batch(limit=BATCH)
            except QueueClosedError:
                return
            self._keys_first()
            self.workspace.apply(batch)
            if first and self.workspace.market is not None:
                first = False
                self._show_touched()
            await asyncio.sleep(0)

    def _visible(self) -> Iterable[Flushable]:
        """The panes to paint. Behind a dialog everything is blended with its shade, which is dear: seldom then."""
        if not self.desk_screen.is_mounted:
            return []
        if self.screen is not self.desk_screen and self.frames.stats.frames % BEHIND_DIALOG:
            return []
        return self.desk_screen.visible_panes()

    # -- keys --------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Paste) and not event.is_forwarded and self.screen is self.desk_screen:
            self.dispatcher.paste(event.text)
            self._show_touched()
            return
        if isinstance(event, events.Key) and not event.is_forwarded and self._take_key(event):
            return
        await super().on_event(event)

    def _keys_first(self) -> None:
        """Before anything that holds the loop for long."""
        _textual_compat.read_keys(self)

    def _take_key_first(self, event: events.Key) -> bool:
        """As `_take_key`, outside Textual's message pump: a failure ends the app as one inside it would."""
        try:
            return self._take_key(event)
        except Exception as error:  # noqa: BLE001 - as in `_run`
            self._handle_exception(error)
            return True

    def _take_key(self, event: events.Key) -> bool:
        """Whether the desk takes the key: panic keys always, others while no dialog is open."""
        self._last_key_ns = self._human.monotonic_ns()
        if self.attendance is not None:
            self.attendance.seen(self._last_key_ns)
        if self.dispatcher.panic(event):
            self._show_touched()
            return True
        if self.screen is not self.desk_screen:
            return self.dispatcher.keep_from_dialog(event)
        self.dispatcher.press(event)
        self._show_touched()
        return True

    def _show_touched(self) -> None:
        """What a key touched is painted outside the frame, now."""
        if self._showing is not None:
            self._showing.cancel()
        self._showing = asyncio.create_task(self._run(self._paint_touched), name="touched")

    async def _paint_touched(self) -> None:
        """A pane in each turn of the loop: what the key has sent is on its way before, and the next key between."""
        screen = self.desk_screen
        for pane in screen.visible_panes():
            self._keys_first()
            if self.screen is screen and pane.id in TOUCHED:
                self.frames.flush_now(pane)
                await asyncio.sleep(0)

    def on_app_blur(self) -> None:
        self.frames.blurred = True

    def on_app_focus(self) -> None:
        self.frames.blurred = False

    def on_replay_pane_pointed(self, event: ReplayPane.Pointed) -> None:
        if self.screen is self.desk_screen:
            self.handlers.point_at(event.time_ns)

    # -- themes ------------------------------------------------------------------------------------------

    def _themes(self) -> Themes:
        return Themes(self._choose_theme, self.use_theme, _theme_names, lambda: self._palette)

    def _choose_theme(self) -> None:
        self.push_screen(ChooseDialog("Theme", [(name, name) for name in _theme_names()]), self.use_theme)

    def use_theme(self, name: str | None) -> None:
        """Paint everything in the theme `name`."""
        if name is None:
            return
        theme = load_theme(name, _user_themes())
        self._palette = Palette(theme)
        self.register_theme(textual_theme(theme))
        self.theme = theme.name
        self.desk_screen.use_palette(self._palette)


def _theme_names() -> list[str]:
    return sorted(theme_files(_user_themes()))


def _user_themes() -> Path:
    return config_folder() / "themes"


def _fees_told(info: InstrumentInfo) -> tuple[Decimal | None, Decimal | None]:
    """What the venue says that the account pays."""
    return info.spec.maker_fee, info.spec.taker_fee


def _fees_of(info: InstrumentInfo) -> tuple[Decimal | None, Decimal | None]:
    """The instrument's own fees, else those that the simulator takes for its category."""
    rates = FEES.get(info.key.category)
    maker = info.spec.maker_fee if info.spec.maker_fee is not None else rates.maker if rates else None
    taker = info.spec.taker_fee if info.spec.taker_fee is not None else rates.taker if rates else None
    return maker, taker
