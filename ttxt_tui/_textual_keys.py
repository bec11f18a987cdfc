"""Touches to Textual's parser of keys, installed by `_textual_compat`: how many came together, and no Esc is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual._xterm_parser import XTermParser
from textual.events import Key
from textual.message import Message

_BEGUN: Final = frozenset({"\x1b[", "\x1bO"})
"""Sequences that go on."""


def count_keys_of_a_read() -> None:
    """The parser gives one key after another, and which came in one read of the terminal is lost.

    Pasted text comes in one piece where a typed key is alone; see `keys_together`. (textual/_parser.py, `feed`.)
    """
    original = XTermParser.feed

    def feed(self: XTermParser, data: str) -> Iterable[Message]:
        messages = list(original(self, data))
        keys = [message for message in messages if isinstance(message, Key)]
        for key in keys:
            key._ttxt_together = len(keys)  # type: ignore[attr-defined]
        return messages

    XTermParser.feed = feed  # type: ignore[method-assign]


def keep_an_escape_before_a_key() -> None:
    """A quick `Esc Enter` comes as Alt+Enter does, and Textual makes a plain Enter of it: it sends what Esc drops.

    The same befalls Esc before `:` and a blank; `Esc b` becomes Ctrl+← and `Esc 1` types `¡`. Each of them is `alt+`
    and the key here. A Ctrl key stays what it is, for Ctrl+X must get through. (textual/_xterm_parser.py,
    `_sequence_to_key_events`; first seen in 8.2.8.)
    """
    original = XTermParser._sequence_to_key_events

    def events_of(self: XTermParser, sequence: str, alt: bool = False) -> Iterable[Key]:
        key = sequence.removeprefix("\x1b")
        is_after_escape = alt or (len(sequence) == 2 and sequence not in _BEGUN)
        if not is_after_escape or len(key) != 1 or not (key.isprintable() or key in "\r\n\t"):
            return original(self, sequence, alt)
        name = key if key.isprintable() else next((each.key for each in original(self, key)), "")
        return [Key(f"alt+{name}", None)]

    XTermParser._sequence_to_key_events = events_of  # type: ignore[method-assign]
