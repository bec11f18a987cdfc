"""From a key to an action: guards against holds and pastes, the scopes that count, the word for a key without one."""

from __future__ import annotations

from textual import events

from ttxt_tui import _textual_compat
from ttxt_tui.actions import Scope
from ttxt_tui.keyguard import KeyGuard, Verdict
from ttxt_tui.keymap import Keymap, shown
from ttxt_tui.screens.desk_screen import DeskScreen
from ttxt_tui.screens.handlers import Handlers
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback


def key_name(event: events.Key) -> str:
    """The key as the keymap names it: what it types, or its name."""
    if event.character is not None and event.is_printable and not event.key.startswith(("ctrl+", "alt+")):
        return "space" if event.character == " " else event.character
    return event.key


class KeyDispatcher:
    """Decides what a key means while the desk screen is in front."""

    def __init__(self, screen: DeskScreen, handlers: Handlers, keymap: Keymap) -> None:
        self._screen = screen
        self._handlers = handlers
        self._keymap = keymap
        self._guard = KeyGuard()
        self._dialog_key: events.Key | None = None
        self._is_kept = False

    def panic(self, event: events.Key) -> bool:
        """Do a panic action, whatever has the focus; False when the key is none."""
        action = self._keymap.find(key_name(event), [Scope.GLOBAL])
        if action is None or not action.panic:
            return False
        self._handlers.expect(None)
        self._handlers.run(action.id)
        return True

    def keep_from_dialog(self, event: events.Key) -> bool:
        """Whether the key must not reach the dialog in front: an Enter out of pasted text would confirm it.

        A key that is not kept comes by here twice.
        """
        if event is not self._dialog_key:
            now_ns, together = self._screen.workspace.human_ns(), _textual_compat.keys_together(event)
            is_enter = event.key == "enter"
            verdict = self._guard.judge(event.key, now_ns, guarded=False, acts=is_enter, together=together)
            self._dialog_key, self._is_kept = event, is_enter and verdict is Verdict.PASTE
        return self._is_kept

    def press(self, event: events.Key) -> None:
        """Do what the key means, or say why it does nothing. Who can't see a market does not trade on it."""
        if self._screen.is_too_small:
            self._handlers.expect(None)
            self._handlers.close_command()
            return
        if self._screen.workspace.command_line.is_open:
            self._type(event)
            return
        key, handlers, workspace = key_name(event), self._handlers, self._screen.workspace
        awaited = handlers.awaited
        action = self._keymap.find(key, self._scopes(awaited))
        verdict = self._guard.judge(
            key,
            workspace.human_ns(),
            guarded=action is not None and action.guarded,
            acts=action is None or action.acts,
            together=_textual_compat.keys_together(event),
        )
        if verdict is Verdict.PASTE:
            handlers.expect(None)
            workspace.desk.unstage()
            workspace.say(Feedback("pasted text is ignored", LogLevel.WARN))
            return
        if verdict is Verdict.REPEAT:
            return
        if verdict is Verdict.ESCAPE:
            handlers.expect(None)
            workspace.desk.unstage()
            workspace.say(Feedback("Alt is taken for Esc: dropped", LogLevel.INFO))
            return
        if awaited is not None:
            handlers.expect(None)
            if key == "escape" and (action is None or action.scope is not awaited):
                return
        if action is None:
            workspace.say(Feedback(f"{shown(key)} does nothing here: ? lists the keys", LogLevel.INFO))
            return
        handlers.run(action.id)

    def paste(self, text: str) -> None:
        """Text pasted by a terminal that says so: the command line takes it, the desk never does."""
        if self._screen.workspace.command_line.is_open and not self._screen.is_too_small:
            self._handlers.command_paste(text)

    def _type(self, event: events.Key) -> None:
        """A key for the command line. Pasted text may come as keys; no Enter of it sends."""
        is_enter, together = event.key == "enter", _textual_compat.keys_together(event)
        now_ns = self._screen.workspace.human_ns()
        verdict = self._guard.judge(event.key, now_ns, guarded=is_enter, acts=is_enter, together=together)
        if verdict is Verdict.ESCAPE:
            self._handlers.close_command()
        elif is_enter and verdict is Verdict.PASTE:
            self._handlers.refuse_enter()
        elif verdict is not Verdict.REPEAT:
            character = event.character if event.is_printable and event.character is not None else ""
            self._handlers.command_key(event.key, character)

    def _scopes(self, awaited: Scope | None) -> list[Scope]:
        scopes = [awaited, self._screen.scope]
        if self._screen.workspace.replay is not None:
            scopes.append(Scope.REPLAY)
        return [scope for scope in scopes if scope is not None] + [Scope.GLOBAL]
