"""The command line on screen: opening it, the keys that it takes, and what Enter does with the line.

What a line would send is staged while it is typed, at the price that it has then, so that the ladder and the pre-trade
line show it; Enter sends just that. While the line is open no key reaches the desk but the panic keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ttxt_core.errors import TtxtError
from ttxt_tui.commandline.completion import Stage
from ttxt_tui.screens.handlers.commands import CommandHandlers
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback

_GRAVE: Final = (LogLevel.WARN, LogLevel.ERROR)
_SENDING: Final = frozenset(
    {"buy", "sell", "stop", "target", "oco", "bracket", "cancel", "move", "amend"}
    | {"flatten", "reverse", "leverage", "arm", "disarm", "onekey"}
)
"""Commands that send, or make ready to send: none of them where nothing is sent."""


class CommandLineHandlers(CommandHandlers):
    """The one command line of a desk screen."""

    def command(self) -> None:
        self.open_command("")

    def open_command(self, text: str) -> None:
        """Begin a line with `text`; what was staged by keys is dropped."""
        workspace, line = self._workspace, self._workspace.command_line
        self.expect(None)
        workspace.desk.unstage()
        workspace.said = Feedback("")
        line.offers = self._offers
        line.open(text)
        self._screen.place_command()
        self._preview()

    def close_command(self) -> None:
        """Drop the line and what it has staged."""
        workspace, line = self._workspace, self._workspace.command_line
        if not line.is_open:
            return
        line.close()
        workspace.desk.unstage()
        if workspace.desk.asks_at_market:
            workspace.desk.back_out()
        self._screen.place_command()

    # -- keys --------------------------------------------------------------------------------------------

    def command_key(self, key: str, character: str) -> None:
        """A key while the line is open; `character` is what it types, empty for a key that types nothing."""
        line = self._workspace.command_line
        editing: dict[str, Callable[[], None]] = {
            "tab": lambda: line.cycle(1),
            "shift+tab": lambda: line.cycle(-1),
            "up": line.earlier,
            "down": line.later,
            "left": lambda: line.move(line.cursor - 1),
            "right": lambda: line.move(line.cursor + 1),
            "home": lambda: line.move(0),
            "end": lambda: line.move(len(line.text)),
            "backspace": line.delete_left,
            "delete": line.delete_right,
            "ctrl+u": line.delete_to_start,
            "ctrl+w": line.delete_word,
        }
        before = line.text
        if key == "escape" or (key == "backspace" and not before):
            self.close_command()
        elif key == "enter":
            self._enter()
        elif key == "ctrl+l":
            self.redraw()
        elif key in editing:
            editing[key]()
        elif character:
            line.insert(character)
        if line.is_open and line.text != before:
            self._preview()
        if line.is_open:
            self._screen.place_command()

    def command_paste(self, text: str) -> None:
        """Pasted text goes into the line and does nothing; several lines at once are dropped."""
        line = self._workspace.command_line
        whole = text.rstrip("\r\n")
        if any(break_ in whole for break_ in "\r\n"):
            line.say("several lines were pasted: dropped, nothing was sent", is_fault=True)
            self._screen.place_command()
            return
        line.insert(whole.replace("\t", " "))
        self._preview()
        self._screen.place_command()

    def refuse_enter(self) -> None:
        """An Enter that did not come alone is no Enter."""
        self._workspace.command_line.say("Enter came with other keys, as in pasted text: press it alone", is_fault=True)
        self._screen.place_command()

    # -- what a line does --------------------------------------------------------------------------------

    def _preview(self) -> None:
        """Stage what the line would send, and say why it can't be."""
        workspace, line = self._workspace, self._workspace.command_line
        workspace.desk.unstage()
        feedback = self._try()
        if feedback is not None and feedback.level in _GRAVE:
            line.say(feedback.text, is_fault=True)

    def _try(self) -> Feedback | None:
        """Stage what the line would send; None when it would send nothing that is staged."""
        typed = self._workspace.command_line.reading.typed
        if typed is None:
            return None
        view_only = self._workspace.session.view_only
        if view_only and typed.name in _SENDING:
            return Feedback(view_only, LogLevel.WARN)
        try:
            return self.stage_typed(typed)
        except TtxtError as error:
            return Feedback(str(error), LogLevel.WARN)

    def _enter(self) -> None:
        """Do what the line says: an order that it has staged is sent, and one that is not staged is staged first."""
        workspace, line = self._workspace, self._workspace.command_line
        typed, reading = line.reading.typed, line.reading
        if typed is None:
            if reading.stage is Stage.EMPTY:
                self.close_command()
            else:
                line.say(reading.hint, is_fault=True)
            return
        if workspace.desk.staged is None:
            feedback = self._try()
            if feedback is not None:
                is_refused = feedback.level in _GRAVE
                line.say(
                    feedback.text if is_refused else "it was no longer staged: Enter sends it", is_fault=is_refused
                )
                if is_refused:
                    self._say(feedback)
                return
            self._do()
            return
        self._send()

    def _send(self) -> None:
        """Send what the line has staged; the line stays while that asks for another Enter, or was refused."""
        workspace = self._workspace
        sent = workspace.desk.send()
        self._say(sent)
        if workspace.desk.staged is None:
            if sent.level is LogLevel.OK:
                workspace.coach.did("stage")
                workspace.coach.did("send")
            workspace.command_line.remember()
            self.close_command()

    def _do(self) -> None:
        """Do at once what the line says; what can't be done stays in the line, and so does what asks once more."""
        workspace, line = self._workspace, self._workspace.command_line
        typed, text = line.reading.typed, line.text
        if typed is None:
            return
        line.remember()
        asked_before = workspace.desk.asks_at_market
        line.close()
        self._screen.place_command()
        try:
            self.do_typed(typed)
        except TtxtError as error:
            self._say(Feedback(str(error), LogLevel.WARN))
            self._reopen(text, str(error))
        if workspace.desk.asks_at_market and not asked_before:
            self._reopen(text, workspace.said.text)

    def _reopen(self, text: str, answer: str) -> None:
        line = self._workspace.command_line
        line.open(text)
        line.say(answer, is_fault=True)
        self._screen.place_command()
