"""Bindings: every key means one thing in a scope, and none is dangerous."""

from __future__ import annotations

import re

import pytest

from ttxt_core.errors import ConfigError
from ttxt_tui.actions import ACTIONS, BY_ID, MONEY, Group, Scope
from ttxt_tui.keymap import PRESETS, Keymap, key_table, shown

ENTERS = [a for a in ACTIONS if a.group in (Group.BUY, Group.SELL)] + [BY_ID["send"], BY_ID["reverse"]]
PANES = [Scope.ORDERS, Scope.TAPE, Scope.CHART, Scope.LOG, Scope.REPLAY]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_valid_and_changes_only_actions_that_exist(preset: str) -> None:
    keymap = Keymap(preset)
    assert set(PRESETS[preset]) <= set(BY_ID)
    for action in ACTIONS:
        assert keymap.keys(action.id), action.id
        for key in keymap.keys(action.id):
            assert keymap.find(key, [action.scope]) is action


@pytest.mark.parametrize("preset", PRESETS)
def test_no_default_is_dangerous(preset: str) -> None:
    keymap = Keymap(preset)
    for action in ACTIONS:
        for key in keymap.keys(action.id):
            assert not re.fullmatch(r"alt\+.*|ctrl\+[abhjk]|f[0-9]+", key), (action.id, key)
            assert (key == "escape") == (action.id == "back_out")
    for action in ENTERS:
        assert not any(len(key) == 1 and key.isupper() for key in keymap.keys(action.id)), action.id


@pytest.mark.parametrize("preset", PRESETS)
def test_money_keys_mean_the_same_from_every_pane(preset: str) -> None:
    keymap = Keymap(preset)
    for action in ACTIONS:
        if action.scope is not Scope.GLOBAL or action.group not in MONEY:
            continue
        for key in keymap.keys(action.id):
            for pane in PANES:
                found = keymap.find(key, [pane, Scope.GLOBAL])
                assert found is action or (found is BY_ID["cancel_selected"] and action is BY_ID["cancel_here"])


def test_what_sends_or_closes_is_guarded_against_repeats_and_cancels_are_not() -> None:
    assert all(action.guarded for action in ENTERS)
    assert all(BY_ID[f"flatten_{part}"].guarded for part in (25, 50, 75, 100))
    assert BY_ID["arm_confirm"].guarded
    assert not any(action.guarded for action in ACTIONS if action.id.startswith("cancel_"))
    assert BY_ID["cancel_everywhere"].panic


def test_the_hands_are_where_the_table_puts_them() -> None:
    keymap = Keymap()
    table = {"q": "join_bid", "w": "improve_bid", "e": "take_ask", "p": "join_ask", "o": "improve_ask", "i": "take_bid"}
    table |= {"b": "stage_buy", "s": "stage_sell", "x": "cancel_here", "c": "cancel_newest", "X": "cancel_symbol"}
    table |= {
        "f": "flatten",
        "v": "reverse",
        "t": "protect",
        "!": "panic",
        "A": "arm",
        "a": "disarm",
        "0": "size_position",
    }
    for key, name in table.items():
        assert keymap.find(key, [Scope.GLOBAL]) is BY_ID[name]
    assert keymap.find("1", [Scope.AFTER_FLATTEN, Scope.GLOBAL]) is BY_ID["flatten_25"]
    assert keymap.find("x", [Scope.ORDERS, Scope.GLOBAL]) is BY_ID["cancel_selected"]
    assert keymap.find("ctrl+g", [Scope.GLOBAL]) is None


def test_a_duplicate_is_refused_with_both_names() -> None:
    with pytest.raises(ConfigError, match=r"keys\.bind\.\w+ = 'b'.*already means \w+") as caught:
        Keymap(own={"zoom": ["b"]})
    assert "zoom" in str(caught.value)
    assert "stage_buy" in str(caught.value)


def test_the_same_key_may_mean_another_thing_in_another_scope() -> None:
    keymap = Keymap(own={"crosshair_left": ["d"], "log_filter": ["d"]})
    assert keymap.find("d", [Scope.CHART, Scope.GLOBAL]) is BY_ID["crosshair_left"]
    assert keymap.find("d", [Scope.LOG, Scope.GLOBAL]) is BY_ID["log_filter"]


def test_a_panes_key_may_not_hide_one_that_trades() -> None:
    with pytest.raises(ConfigError, match=r"overlays = 'o'.*would hide improve_ask"):
        Keymap(own={"overlays": ["o"]})
    with pytest.raises(ConfigError, match=r"would hide size_up"):
        Keymap(own={"tape_filter_up": ["+"]})


@pytest.mark.parametrize(
    ("id", "key", "why"),
    [
        ("zoom", "alt+z", "a terminal sends Esc and a letter"),
        ("zoom", "ctrl+h", "backspace"),
        ("zoom", "ctrl+j", "terminals send it for enter"),
        ("zoom", "ctrl+i", "terminals send it for tab"),
        ("send", "escape", "Esc only ever backs out"),
        ("stage_buy", "B", "no upper-case letter enters an order"),
        ("reverse", "V", "no upper-case letter enters an order"),
    ],
)
def test_keys_that_cant_be_used_are_refused_with_the_reason(id: str, key: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        Keymap(own={id: [key]})


def test_an_unknown_action_and_an_unknown_preset_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"keys\.bind\.fly: no such action"):
        Keymap(own={"fly": ["d"]})
    with pytest.raises(ConfigError, match=r"keys\.preset = 'dvorak'.*qwerty, qwertz, azerty"):
        Keymap("dvorak")


def test_own_keys_stand_in_for_the_presets() -> None:
    keymap = Keymap("azerty", {"join_bid": ["#"], "zoom": []})
    assert keymap.keys("join_bid") == ("#",)
    assert keymap.keys("zoom") == ()
    assert keymap.find("w", [Scope.GLOBAL]) is None


def test_keys_are_written_as_people_write_them() -> None:
    written = [shown(key) for key in ("ctrl+x", "pageup", "shift+up", "up", "+", "escape")]
    assert written == ["Ctrl+X", "PgUp", "Shift+↑", "↑", "+", "Esc"]
    assert "| `Ctrl+X` | cancel entries everywhere; stops stay |  |" in key_table(Keymap())
