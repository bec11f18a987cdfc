"""What the commands about a replay do, and the one about how profit is counted."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from ttxt_core.orders.cost_basis import CostMethod
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.recording.times import parse_time
from ttxt_tui.commandline.grammar import Typed
from ttxt_tui.screens.handlers.replay import ReplayHandlers
from ttxt_tui.state.fill_profit import METHOD_WORD
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.replay_control import WORDS
from ttxt_tui.trading.feedback import Feedback

_NO_REPLAY: Final = Feedback("only a REPLAY has a time to go to, a speed and attempts", LogLevel.WARN)


class ReplayCommands(ReplayHandlers):
    """Commands by name; all but `cost` say what is missing where there is no replay."""

    def replay_doers(self) -> dict[str, Callable[[Typed], None]]:
        """What to do of each."""
        with_player: dict[str, Callable[[Typed, MarketDataReplayer], None]] = {
            "replay": self._do_replay,
            "speed": lambda typed, player: player.set_speed(float(typed.take("speed", Decimal))),
            "skip": self._do_skip,
            "hold": self._do_hold,
            "future": lambda typed, _: self.show_future(is_shown="shown" in typed.words),
            "jump": lambda *_: self.jump(),
            "loop": lambda *_: self.loop(),
            "attempts": lambda *_: self.attempts(),
        }

        def doing(do: Callable[[Typed, MarketDataReplayer], None]) -> Callable[[Typed], None]:
            def done(typed: Typed) -> None:
                player = self._workspace.session.replayer
                if player is None:
                    self._say(_NO_REPLAY)
                else:
                    do(typed, player)

            return done

        return {"cost": self._do_cost, **{name: doing(do) for name, do in with_player.items()}}

    def _do_cost(self, typed: Typed) -> None:
        method = CostMethod.FIFO if "fifo" in typed.words else CostMethod.AVERAGE
        self._workspace.store.account.use_method(method)
        self._say(Feedback(f"entry and realised profit at {METHOD_WORD[method]} cost"))

    def _do_replay(self, typed: Typed, player: MarketDataReplayer) -> None:
        self._seek(parse_time(typed.take("time", str), player.first_ns, player.last_ns))

    def _do_skip(self, typed: Typed, player: MarketDataReplayer) -> None:
        seconds = typed.find("seconds", Decimal)
        player.skip_idle(None if seconds is None else float(seconds))
        text = "nothing is skipped" if seconds is None else f"stretches of more than {seconds:f} s without an event"
        self._say(Feedback(text if seconds is None else f"{text} are skipped"))

    def _do_hold(self, typed: Typed, _player: MarketDataReplayer) -> None:
        (word,) = typed.words
        self._workspace.replay_control.hold_on = WORDS[word]
        self._say(Feedback(f"the replay holds at {WORDS[word]}"))
