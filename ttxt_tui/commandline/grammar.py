"""Reading a command: words, forms, and what is expected where. Pure.

Owns the notation of the table, how a line is matched with it, and the one error that a line can raise. A line that was
read can be written again: `written` gives its canonical text, which reads as an equal line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from ttxt_core.errors import TtxtError
from ttxt_tui.commandline.slots import SLOTS, Slot, Value
from ttxt_tui.commandline.table import COMMANDS, Command

T = TypeVar("T", bound=Value)

_WORD: Final = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\Z)|(\S+)', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_NOTATION: Final = re.compile(r"\[[^\]]+\]|\S+")


class CommandError(TtxtError):
    """A line that is no command. `start` and `end` are where in the line the fault is."""

    def __init__(self, asked: str, answered: str, hint: str, start: int, end: int) -> None:
        super().__init__(asked, answered, hint)
        self.start = start
        self.end = end

    def __reduce__(self) -> tuple[type[CommandError], tuple[str, str, str, int, int]]:
        return CommandError, (self.asked, self.answered, self.hint, self.start, self.end)


class Word(NamedTuple):
    """A word of the line, where it stands in it; quotes around it belong to its place and not to its text."""

    text: str
    start: int
    end: int


class Item(NamedTuple):
    """One place of a form: a word of `words`, a value of `slot`, or a word and a value behind it.

    `name` is the value's.
    """

    words: tuple[str, ...] = ()
    slot: Slot | None = None
    is_optional: bool = False
    name: str = ""

    @property
    def usage(self) -> str:
        """As usage texts write it: `PRICE`, `on|off`, `[post|ioc|fok]`, `[limit PRICE]`."""
        parts = ["|".join(self.words)] if self.words else []
        text = " ".join([*parts, self.slot.name.upper()] if self.slot is not None else parts)
        return f"[{text}]" if self.is_optional else text

    @property
    def told(self) -> str:
        """What is expected here, in words."""
        return self.slot.told if self.slot is not None and not self.words else _either(self.words)

    @property
    def alone(self) -> Item:
        """The value without the word before it."""
        return self._replace(words=())


class Form(NamedTuple):
    """One way to write a command."""

    command: Command
    items: tuple[Item, ...]

    @property
    def usage(self) -> str:
        """`buy QUANTITY at PRICE [post|ioc|fok] [reduce]`."""
        return " ".join([self.command.name, *(item.usage for item in self.items)])


class Typed(NamedTuple):
    """A line that was read.

    Attributes:
        form: which one it has.
        values: (name, value), in the form's order. words: the words of the form that were said, sorted.
    """

    form: Form
    values: tuple[tuple[str, Value], ...] = ()
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The command."""
        return self.form.command.name

    def value(self, name: str) -> Value | None:
        """A value of whatever kind; None when it was left out."""
        return dict(self.values).get(name)

    def find(self, slot: str, kind: type[T]) -> T | None:
        """The value of `slot`; None when it was left out."""
        value = self.value(slot)
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{slot} is a {type(value).__name__}, not a {kind.__name__}")
        return value

    def take(self, slot: str, kind: type[T]) -> T:
        """The value of `slot`, which the form always has."""
        value = self.find(slot, kind)
        if value is None:
            raise KeyError(slot)
        return value


class State(NamedTuple):
    """How far a line has been matched with a form: the places before `at` are done, and optional ones of `used`.

    `owed` is the place whose word was said, and whose value comes next.
    """

    form: Form
    at: int = 0
    used: frozenset[int] = frozenset()
    values: tuple[tuple[str, Value], ...] = ()
    words: tuple[str, ...] = ()
    owed: int | None = None

    def expected(self) -> Iterator[tuple[int, Item]]:
        """The places that the next word can have: optional ones in any order, up to the next that must be."""
        if self.owed is not None:
            yield self.owed, self.form.items[self.owed].alone
            return
        for index in range(self.at, len(self.form.items)):
            item = self.form.items[index]
            if index not in self.used:
                yield index, item
            if not item.is_optional:
                return

    @property
    def is_complete(self) -> bool:
        """Nothing more must follow."""
        return self.owed is None and all(item.is_optional for item in self.form.items[self.at :])

    def after(self, word: str) -> Iterator[State]:
        """The states that `word` leads to."""
        for index, item in self.expected():
            at, used = (self.at, self.used | {index}) if item.is_optional else (index + 1, frozenset[int]())
            if item.words:
                if word.lower() in item.words:
                    owed = None if item.slot is None else index
                    yield self._replace(at=at, used=used, words=(*self.words, word.lower()), owed=owed)
            elif item.slot is not None and (value := item.slot.read(word)) is not None:
                yield self._replace(at=at, used=used, values=(*self.values, (item.name, value)), owed=None)


def split(line: str) -> list[Word]:
    """The words of `line`. One with blanks stands in double quotes; in them a backslash takes the next one as it is."""
    return [
        Word(match[2] if match[1] is None else _ESCAPED.sub(r"\1", match[1]), match.start(), match.end())
        for match in _WORD.finditer(line)
    ]


def quoted(text: str) -> str:
    """`text` as one word of a line."""
    if text and not re.search(r'["\s]', text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=1)
def forms() -> tuple[Form, ...]:
    """Every form of every command."""
    return tuple(
        Form(command, tuple(_item(part) for part in _NOTATION.findall(notation)))
        for command in COMMANDS
        for notation in command.forms
    )


def _item(part: str) -> Item:
    is_optional = part.startswith("[")
    first, _, second = part.strip("[]").partition(" ")
    word, value = ("", first) if first.startswith("{") else (first, second)
    name, _, slot = value.strip("{}").partition(":")
    return Item(
        words=tuple(word.split("|")) if word else (),
        slot=SLOTS[slot or name] if value else None,
        is_optional=is_optional,
        name=name,
    )


def states_after(words: Sequence[Word]) -> tuple[list[State], int]:
    """The states that `words` lead to, and how many of the words were taken: all, unless one fits no form."""
    if not words:
        return [], 0
    name = words[0].text.lower()
    states = [State(form) for form in forms() if name in (form.command.name, *form.command.also)]
    if not states:
        return [], 0
    for count, word in enumerate(words[1:], start=1):
        following = [after for state in states for after in state.after(word.text)]
        if not following:
            return states, count
        states = following
    return states, len(words)


def parse(line: str) -> Typed:
    """What `line` says.

    Raises:
        CommandError: it is no command; the error says where the fault is and what was expected there.
    """
    words = split(line)
    if not words:
        raise CommandError("read the command", "nothing was typed", "Esc goes back", 0, len(line))
    states, taken = states_after(words)
    if not taken:
        raise _unknown(words[0])
    expected = expected_after(states)
    if taken < len(words):
        word = words[taken]
        answered = f"expected {expected}" if expected else "nothing more was expected"
        raise CommandError(quoted(word.text), answered, "", word.start, word.end)
    found = next((state for state in states if state.is_complete), None)
    if found is None:
        end = len(line)
        raise CommandError(line.strip(), f"expected {expected}", "", end, end)
    names = [item.name for item in found.form.items]
    values = sorted(found.values, key=lambda value: names.index(value[0]))
    return Typed(found.form, tuple(values), tuple(sorted(found.words)))


def written(typed: Typed) -> str:
    """The canonical text of a line."""
    parts = [typed.name]
    for item in typed.form.items:
        said = next((word for word in item.words if word in typed.words), None)
        value = typed.value(item.name)
        if item.words and said is None:
            continue
        parts += [] if said is None else [said]
        parts += [] if item.slot is None or value is None else [quoted(item.slot.write(value))]
    return " ".join(parts)


def expected_after(states: Sequence[State]) -> str:
    """What may follow, in words; empty when nothing may."""
    return _either(dict.fromkeys(item.told for state in states for _, item in state.expected()))


def _unknown(word: Word) -> CommandError:
    names = [name for command in COMMANDS for name in (command.name, *command.also)]
    near = get_close_matches(word.text.lower(), names, n=1)
    hint = f"did you mean {near[0]}?" if near else "Tab lists them"
    return CommandError(quoted(word.text), "there is no such command", hint, word.start, word.end)


def _either(words: Sequence[str] | dict[str, None]) -> str:
    *first, last = words or [""]
    return f"{', '.join(first)} or {last}" if first else last
