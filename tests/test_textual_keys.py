"""An Esc that a key follows quickly is not lost, whatever the terminal makes of the two; panic keys get through."""

from __future__ import annotations

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key, Paste

from ttxt_tui import _textual_compat
from ttxt_tui.keyguard import KeyGuard, Verdict


def keys(*reads: str) -> list[str]:
    """The keys that the parser gives for what was read, and for silence after it."""
    assert _textual_compat.install()
    parser = XTermParser()
    found = [message for read in reads for message in parser.feed(read)]
    found += list(parser.feed(""))
    return [message.key for message in found if isinstance(message, Key)]


@pytest.mark.parametrize("key", ["b", "f", "1", ":", "x", " ", "\r", "\t", ";"])
@pytest.mark.parametrize("in_one_read", [True, False])
def test_an_escape_and_a_key_are_an_alt_key_which_means_escape(key: str, *, in_one_read: bool) -> None:
    found = keys(f"\x1b{key}") if in_one_read else keys("\x1b", key)
    assert len(found) == 1
    assert found[0].startswith("alt+")
    assert KeyGuard().judge(found[0], 10**9, guarded=False) is Verdict.ESCAPE


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("\x1b[A", ["up"]),
        ("\x1bOP", ["f1"]),
        ("\x1b[1;2A", ["shift+up"]),
        ("\r", ["enter"]),
        ("\x18", ["ctrl+x"]),
        ("\x1b\x18", ["ctrl+x"]),
        ("b\r", ["b", "enter"]),
    ],
)
def test_other_keys_are_what_they_were(read: str, expected: list[str]) -> None:
    assert keys(read) == expected


def test_a_paste_is_whole() -> None:
    assert _textual_compat.install()
    (paste,) = XTermParser().feed("\x1b[200~buy 1 market\n\x1b[201~")
    assert isinstance(paste, Paste)
    assert paste.text == "buy 1 market\n"
