"""What is asked of the terminal: by what it knows, in one harmless sequence, and through tmux."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_tui.config.alerts import Protocol
from ttxt_tui.notification import notification, protocol_of

OSC9, OSC777 = Protocol.OSC9, Protocol.OSC777


@pytest.mark.parametrize(
    ("environ", "protocol"),
    [
        ({"TERM_PROGRAM": "iTerm.app", "TERM": "xterm-256color"}, OSC9),
        ({"TERM_PROGRAM": "WezTerm"}, OSC9),
        ({"TERM": "xterm-kitty"}, OSC9),
        ({"TERM": "foot-extra"}, OSC777),
        ({"TERM": "rxvt-unicode-256color"}, OSC777),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, OSC777),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "TMUX": "/s,1,0", "KITTY_WINDOW_ID": "1"}, OSC9),
        ({"TERM": "screen", "STY": "1.s", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "xterm-256color"}, None),
        ({}, None),
    ],
)
def test_a_terminal_is_asked_by_what_it_knows(environ: dict[str, str], protocol: Protocol | None) -> None:
    assert protocol_of(environ) is protocol


def test_the_config_knows_better_but_not_in_gnu_screen() -> None:
    assert protocol_of({"TERM": "xterm"}, OSC777) is OSC777
    assert protocol_of({"TERM": "xterm-kitty"}, OSC777) is OSC777
    assert protocol_of({"STY": "1.s"}, OSC777) is None


def test_the_sequences() -> None:
    assert notification("BTC rose", OSC9, {}) == "\x1b]9;ttxt: BTC rose\x1b\\"
    assert notification("a; b", OSC777, {}) == "\x1b]777;notify;ttxt;a, b\x1b\\"
    assert notification("BTC rose", None, {}) == ""
    through = notification("BTC rose", OSC9, {"TMUX": "/s,1,0"})
    assert through == "\x1bPtmux;\x1b\x1b]9;ttxt: BTC rose\x1b\x1b\\\x1b\\"


@given(st.text(), st.sampled_from([OSC9, OSC777]))
def test_no_text_can_end_the_sequence_or_begin_another(text: str, protocol: Protocol) -> None:
    asked = notification(text, protocol, {})
    assert asked.startswith("\x1b]")
    assert asked.endswith("\x1b\\")
    assert asked[2:-2].isprintable()
    assert len(asked) < 250
