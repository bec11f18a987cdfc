"""The line that is typed: its text, the cursor, completion by Tab, and the lines of before. Pure: it does nothing.

Owns the editing. What a line means is the grammar's matter, what it does the screen's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ttxt_tui.commandline.completion import Candidate, Completion, Offers, Reading, complete, read
from ttxt_tui.commandline.grammar import quoted

MOST_CHARACTERS: Final = 200
HISTORY: Final = 200


class CommandLine:
    """One command line. `offers` is asked for what only the session knows, whenever the line changes.

    Attributes:
        is_open: it is on screen and has the keys.
        text: what was typed. cursor: before which of its characters the next goes.
        reading: what the line is. candidates: for the word at the cursor.
        chosen: which of them Tab has put into the line; None while it has not.
        answer: what is said of the line instead of the reading's hint; is_fault: it is about something wrong.
        version: changes with all of this.
    """

    def __init__(self, offers: Callable[[], Offers] = dict) -> None:
        self.is_open = False
        self.text = ""
        self.cursor = 0
        self.chosen: int | None = None
        self.answer = ""
        self.is_fault = False
        self.version = 0
        self.offers = offers
        self._offered: Offers = {}
        self._completion = Completion((), 0, 0, "")
        self._history: list[str] = []
        self._at = 0
        self._draft = ""
        self.reading: Reading = read("", 0)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """What the word at the cursor could be."""
        return self._completion.candidates

    # -- opening -----------------------------------------------------------------------------------------

    def open(self, text: str = "") -> None:
        """Begin a line, with `text` in it."""
        self.is_open, self._at, self._draft = True, len(self._history), ""
        self._offered = self.offers()
        self._set(text)

    def close(self) -> None:
        """Give the keys back; what was typed is gone."""
        self.is_open = False
        self._set("")

    def remember(self) -> None:
        """Keep the line for `earlier`; twice the same is kept once."""
        line = self.text.strip()
        if line:
            self._history = [*(each for each in self._history if each != line), line][-HISTORY:]

    def say(self, answer: str, *, is_fault: bool = False) -> None:
        """Say something of the line until it changes."""
        self.answer, self.is_fault = answer, is_fault
        self.version += 1

    # -- editing -----------------------------------------------------------------------------------------

    def insert(self, text: str) -> None:
        """Put `text` in at the cursor; what a line can't show is left out, what is too long cut off."""
        shown = "".join(char for char in text if char.isprintable())[: MOST_CHARACTERS - len(self.text)]
        self._set(self.text[: self.cursor] + shown + self.text[self.cursor :], self.cursor + len(shown))

    def delete_left(self) -> None:
        """Take the character before the cursor away."""
        if self.cursor:
            self._set(self.text[: self.cursor - 1] + self.text[self.cursor :], self.cursor - 1)

    def delete_right(self) -> None:
        """Take the character at the cursor away."""
        self._set(self.text[: self.cursor] + self.text[self.cursor + 1 :], self.cursor)

    def delete_word(self) -> None:
        """Take the word before the cursor away."""
        start = re.sub(r"\S+\s*\Z", "", self.text[: self.cursor])
        self._set(start + self.text[self.cursor :], len(start))

    def delete_to_start(self) -> None:
        """Take everything before the cursor away."""
        self._set(self.text[self.cursor :], 0)

    def move(self, to: int) -> None:
        """Put the cursor before character `to`."""
        self._set(self.text, min(max(to, 0), len(self.text)))

    # -- completion and history --------------------------------------------------------------------------

    def cycle(self, step: int) -> None:
        """Put the next candidate (-1: the one before) in place of the word at the cursor."""
        if not self.candidates:
            return
        completion = self._completion
        count = len(completion.candidates)
        chosen = (0 if step > 0 else count - 1) if self.chosen is None else (self.chosen + step) % count
        word = quoted(completion.candidates[chosen].text)
        before, after = self.text[: completion.start], self.text[completion.end :]
        self._set(before + word + after, len(before) + len(word))
        # The candidates stay those of what was typed, until something else is.
        self._completion = completion._replace(end=completion.start + len(word))
        self.chosen = chosen
        if count == 1:
            self.insert("" if after.startswith(" ") else " ")

    def earlier(self) -> None:
        """The line before this one."""
        self._recall(self._at - 1)

    def later(self) -> None:
        """The line after this one; after the last what was being typed."""
        self._recall(self._at + 1)

    def _recall(self, at: int) -> None:
        if not 0 <= at <= len(self._history):
            return
        if self._at == len(self._history):
            self._draft = self.text
        self._at = at
        self._set(self._draft if at == len(self._history) else self._history[at])

    def _set(self, text: str, cursor: int | None = None) -> None:
        self.text = text
        self.cursor = len(text) if cursor is None else cursor
        self.chosen, self.answer, self.is_fault = None, "", False
        self.reading = read(self.text, self.cursor, self._offered)
        self._completion = complete(self.text, self.cursor, self._offered)
        self.version += 1
