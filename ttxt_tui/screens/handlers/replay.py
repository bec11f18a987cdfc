"""The replay: hold, step, speed, seek, marks, and practice without knowing what it is.

Going back in time, or changing what is hidden, begins a new attempt, which is said before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Final

from ttxt_core.errors import TtxtError
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.recording.times import parse_time
from ttxt_tui.keymap import shown
from ttxt_tui.screens.attempts import AttemptsSheet
from ttxt_tui.screens.dialogs import AskDialog, ChooseDialog, LineDialog
from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.state import figures
from ttxt_tui.state.attempts import comparison
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.names import short_symbol, symbol
from ttxt_tui.trading.feedback import Feedback

_FROM_THE_END: Final = (("step_back", "back"), ("seek", "go to"), ("previous_mark", "mark before"))
_BLIND: Final = "what is to come is hidden"
_SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, float("inf"))


class ReplayHandlers(HandlerBase):
    """The keys of a REPLAY session."""

    _is_looping = False
    _has_told_end = False

    # -- replay ------------------------------------------------------------------------------------------

    def hold(self) -> None:
        player = self._workspace.session.replayer
        if player is None:
            return
        if player.at_end:
            self._say(Feedback(self._end(player)))
        elif player.held:
            player.go()
        else:
            player.hold()

    def step(self) -> None:
        self._forward(lambda player: player.step())

    def step_book(self) -> None:
        self._forward(lambda player: player.step_book())

    def step_second(self) -> None:
        self._forward(lambda player: player.step_seconds(1))

    def _forward(self, step: Callable[[MarketDataReplayer], Awaitable[object]]) -> None:
        player = self._workspace.session.replayer
        if player is None:
            return
        if player.at_end:
            self._say(Feedback(self._end(player)))
            return

        async def stepped() -> None:
            await step(player)

        self._later(stepped())

    def _end(self, player: MarketDataReplayer) -> str:
        """That nothing more comes, what it was if that was hidden, and the keys that go on from here."""
        keys = " · ".join(f"{shown(self._keymap.keys(name)[0])} {what}" for name, what in _FROM_THE_END)
        revealed = f" It was {what_it_is(player)}." if player.disguise is not None else ""
        return f"The recording ends here: {keys}.{revealed}"

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

    def hold_on(self) -> None:
        self._say(Feedback(f"the replay holds at {self._workspace.replay_control.next_hold_on()}"))

    def loop(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._say(Feedback(self._workspace.replay_control.mark_loop(player.position_ns)))

    def poll_replay(self) -> None:
        """Go back to where the loop begins when its end has come, and say when the recording ends; every frame."""
        player = self._workspace.session.replayer
        if player is None:
            return
        target = self._workspace.replay_control.loop_target(player.position_ns)
        if target is not None and not self._is_looping:
            self._is_looping = True
            self._later(self._go_round(player, target))
        elif player.at_end is not self._has_told_end:
            self._has_told_end = player.at_end
            if player.at_end:
                workspace, text = self._workspace, self._end(player)
                workspace.store.log.add(workspace.now_ns(), LogLevel.INFO, "replay", text)
                if workspace.spoken().level not in (LogLevel.WARN, LogLevel.ERROR):  # which is still to be read
                    self._say(Feedback(text))

    async def _go_round(self, player: MarketDataReplayer, target_ns: int) -> None:
        try:
            await player.seek(target_ns)
            player.go()
        finally:
            self._is_looping = False

    def hide(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._new_attempt(lambda: self._later(self._change_disguise(player)))

    async def _change_disguise(self, player: MarketDataReplayer) -> None:
        revealed = what_it_is(player)
        if player.disguise is None:
            await player.wear(SystemRandom())
            self._say(Feedback("symbol, date and price level are hidden until the end"))
        else:
            await player.wear(None)
            self._say(Feedback(f"it was {revealed}"))

    def attempts(self) -> None:
        session = self._workspace.session
        self._screen.app.push_screen(AttemptsSheet(comparison(session.attempts, session.result)))

    def bookmark(self) -> None:
        replay, player = self._workspace.replay, self._workspace.session.replayer
        if replay is not None and player is not None:
            is_set = replay.toggle_bookmark(player.position_ns)
            self._say(Feedback("bookmark set" if is_set else "bookmark taken away"))

    def next_mark(self) -> None:
        replay = self._workspace.replay
        target = None if replay is None else replay.next_mark()
        if target is None:
            self._say(Feedback("no mark after this moment", LogLevel.INFO))
        else:
            self._seek(target)

    def previous_mark(self) -> None:
        replay = self._workspace.replay
        target = None if replay is None else replay.previous_mark()
        if target is None:
            self._say(Feedback("this is the start", LogLevel.INFO))
        else:
            self._seek(target)

    def step_back(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._new_attempt(lambda: self._later(player.step_back()))

    def step_book_back(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._new_attempt(lambda: self._later(player.step_book_back()))

    def step_second_back(self) -> None:
        player = self._workspace.session.replayer
        if player is not None:
            self._new_attempt(lambda: self._later(player.step_seconds(-1)))

    def blind(self) -> None:
        replay = self._workspace.replay
        if replay is not None:
            self.show_future(is_shown=replay.is_blind)

    def show_future(self, *, is_shown: bool) -> None:
        """Draw what is to come, or hide it."""
        replay = self._workspace.replay
        if replay is not None:
            replay.is_blind = not is_shown
            self._say(Feedback("what is to come is shown: no practice any more" if is_shown else _BLIND))

    def jump(self) -> None:
        replay = self._workspace.replay
        if replay is None:
            return
        moments = replay.jumps()
        options = [(str(number), jump.text) for number, jump in enumerate(moments)]

        def chosen(number: str | None) -> None:
            if number is not None:
                self._seek(moments[int(number)].time_ns)

        self._screen.app.push_screen(ChooseDialog("Jump to", options), chosen)

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

    def point_at(self, time_ns: int) -> None:
        """Go to a moment that was clicked at in the timeline."""
        self._seek(time_ns)

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
        profit = (
            ", ".join(
                f"{figures.signed_money(amount, currency)} {currency}" for currency, amount in result.profit.items()
            )
            or "0"
        )
        fills = figures.number_of(result.fills, "fill")
        lines = [
            f"Attempt {result.attempt} ends here: {fills}, {profit}; its sheet is kept.",
            f"{figures.number_of(working, 'working order')}, positions and balances go back to the start.",
        ]
        self._screen.app.push_screen(
            AskDialog("Begin a new attempt?", lines, "begins it"), lambda yes: go() if yes else None
        )


def what_it_is(player: MarketDataReplayer) -> str:
    """What a disguise hides: `2026-08-09, AAA perp = bybit BTC/USDT perp ×0.002`: the day, names, factors of prices."""
    disguise = player.disguise
    if disguise is None:
        return ""
    each = []
    for key in player.really:
        factor = figures.trimmed(f"{disguise.price_factor(key):f}")
        each.append(f"{short_symbol(disguise.key(key))} = {key.venue} {symbol(key)} ×{factor}")
    return f"{figures.date_of(player.really_ns)}, {', '.join(each)}"
