"""Which key means which action: defaults, presets for other keyboards, and the user's own from the config.

Owns the lookup and the checks. It refuses a key that means two actions in one scope, naming both; a key that terminals
can't tell from another; a pane's key that would hide a money key; and an upper-case letter that would enter an order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ttxt_core.errors import ConfigError
from ttxt_tui.actions import ACTIONS, BY_ID, MONEY, Action, Group, Scope

Bindings = Mapping[str, Sequence[str]]
"""Action id → the keys that start it instead of its defaults."""

PRESETS: Final[dict[str, Bindings]] = {
    "qwerty": {},
    "qwertz": {
        "focus": ("ö", ";"),
        "focus_ladder": ("ö", ";"),
        "interval_down": ("ü", "["),
        "interval_up": ("ä", "]"),
        "previous_mark": ("Ü", "{"),
        "next_mark": ("Ä", "}"),
    },
    "azerty": {
        "join_bid": ("a",),
        "improve_bid": ("z",),
        "zoom": ("w",),
        "disarm": ("q",),
        "arm": ("Q",),
        "size_1": ("&", "1"),
        "size_2": ("é", "2"),
        "size_3": ('"', "3"),
        "size_4": ("'", "4"),
        "size_5": ("(", "5"),
        "size_position": ("à", "0"),
        "flatten_25": ("&", "1"),
        "flatten_50": ("é", "2"),
        "flatten_75": ('"', "3"),
        "flatten_100": ("'", "4", "enter"),
        "interval_down": ("^", "["),
        "interval_up": ("$", "]"),
    },
}
"""Keyboards on which the default keys lie elsewhere or need a third modifier."""

_UNUSABLE: Final = {
    "ctrl+a": "tmux and screen take it",
    "ctrl+b": "tmux takes it",
    "ctrl+h": "terminals send it for backspace",
    "ctrl+i": "terminals send it for tab",
    "ctrl+j": "terminals send it for enter",
    "ctrl+m": "terminals send it for enter",
    "ctrl+s": "terminals may stop their output on it",
    "ctrl+z": "the shell takes it",
    "ctrl+[": "terminals send it for escape",
    "ctrl+left_square_bracket": "terminals send it for escape",
}
_NAMED: Final = frozenset(
    {"enter", "escape", "space", "tab", "backspace", "insert", "delete"}
    | {"up", "down", "left", "right", "pageup", "pagedown", "home", "end"}
    | {f"f{number}" for number in range(1, 13)}
)
"""Keys that have a name; all others are called by the character that they type."""
_MODIFIERS: Final = ("ctrl+", "shift+")
_ENTERS: Final = frozenset(
    {action.id for action in ACTIONS if action.group in (Group.BUY, Group.SELL)} | {"send", "reverse"}
)
_PANES: Final = (
    Scope.ORDERS, Scope.TAPE, Scope.CHART, Scope.HEATMAP, Scope.DEPTH, Scope.LOG, Scope.WATCHLIST, Scope.REPLAY,
)  # fmt: skip


class Keymap:
    """Looks a key up in the scopes that count just now."""

    def __init__(self, preset: str = "qwerty", own: Bindings | None = None) -> None:
        """The defaults, changed by `preset`, changed by `own`.

        Raises:
            ConfigError: an unknown preset or action, a key that can't be used, or one key for two actions in a scope.
        """
        if preset not in PRESETS:
            raise ConfigError(f"keys.preset = {preset!r}", "no such preset", f"there are: {', '.join(PRESETS)}")
        own = own or {}
        for name in own:
            if name not in BY_ID:
                raise ConfigError(f"keys.bind.{name}", "no such action", "the help screen (?) lists them")
        self._keys: dict[str, tuple[str, ...]] = {
            action.id: tuple(own.get(action.id, PRESETS[preset].get(action.id, action.keys))) for action in ACTIONS
        }
        self._table: dict[tuple[Scope, str], Action] = {}
        for action in ACTIONS:
            for key in self._keys[action.id]:
                self._bind(action, key)
        for (scope, key), action in self._table.items():
            self._check_shadow(scope, key, action)

    def _bind(self, action: Action, key: str) -> None:
        reason = _UNUSABLE.get(key)
        if key.startswith("alt+"):
            reason = "a terminal sends Esc and a letter for it"
        elif key == "escape" and action.id != "back_out":
            reason = "Esc only ever backs out"
        elif len(key) == 1 and key.isupper() and action.id in _ENTERS:
            reason = "no upper-case letter enters an order: caps lock would"
        elif not _is_key(key):
            reason = f"it is neither a character nor one of {', '.join(sorted(_NAMED))}, with ctrl+ or shift+ before it"
        if reason:
            raise ConfigError(f"keys.bind.{action.id} = {key!r}", f"the key can't be used: {reason}")
        taken = self._table.setdefault((action.scope, key), action)
        if taken is not action:
            raise ConfigError(
                f"keys.bind.{action.id} = {key!r}",
                f"the key already means {taken.id} in the scope {action.scope}",
                "bind one of the two to another key",
            )

    def _check_shadow(self, scope: Scope, key: str, action: Action) -> None:
        """A pane's own key must not hide one that trades, but for its own way to cancel."""
        hidden = self._table.get((Scope.GLOBAL, key)) if scope in _PANES else None
        if hidden is None or hidden.group not in MONEY or Group.CANCEL is action.group is hidden.group:
            return
        raise ConfigError(
            f"keys.bind.{action.id} = {key!r}",
            f"in the scope {scope} the key would hide {hidden.id}, which trades from any pane",
            "bind one of the two to another key",
        )

    def keys(self, id: str) -> tuple[str, ...]:
        """The keys that start the action, the main one first."""
        return self._keys[id]

    def find(self, key: str, scopes: Sequence[Scope]) -> Action | None:
        """The action that `key` means, the first of `scopes` that knows it; None when none does."""
        for scope in scopes:
            action = self._table.get((scope, key))
            if action is not None:
                return action
        return None


def _is_key(key: str) -> bool:
    for modifier in _MODIFIERS:
        key = key.removeprefix(modifier)
    return key in _NAMED or (len(key) == 1 and key.isprintable() and key != " ")


_NAMES: Final = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
}


def shown(key: str) -> str:
    """`key` as people write it: `Ctrl+X`, `PgUp`, `↑`."""
    if key.startswith("ctrl+"):
        return "Ctrl+" + shown(key[5:]).upper()
    if key.startswith("shift+"):
        return "Shift+" + shown(key[6:])
    return _NAMES.get(key, key)


def key_table(keymap: Keymap) -> str:
    """Every key as a Markdown table, for the README: one row an action, in the registry's order."""
    rows = ["| keys | what they do | where |", "|---|---|---|"]
    for action in ACTIONS:
        keys = " ".join(f"`{shown(key)}`" for key in keymap.keys(action.id)).replace("|", "\\|")
        where = "" if action.scope is Scope.GLOBAL else action.scope.value.replace("_", " ")
        rows.append(f"| {keys} | {action.help} | {where} |")
    return "\n".join(rows)
