"""What could be typed next: candidates for the word at the cursor, and a hint in a line. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from ttxt_tui.commandline.grammar import CommandError, Item, State, Typed, expected_after, parse, split, states_after
from ttxt_tui.commandline.reference import meaning
from ttxt_tui.commandline.table import COMMANDS, WORDS

Offers = Mapping[str, Sequence[tuple[str, str]]]
"""Slot's name → (word, meaning): what only the session knows, such as symbols, themes and the numbers of orders."""

NOTHING: Final[Offers] = {}


class Candidate(NamedTuple):
    """A word that could stand here."""

    text: str
    meaning: str


class Completion(NamedTuple):
    """The candidates for the word from `start` to `end` of the line; `typed` of it stands before the cursor."""

    candidates: tuple[Candidate, ...]
    start: int
    end: int
    typed: str


class Stage(Enum):
    """How far a line is."""

    EMPTY = auto()
    UNFINISHED = auto()
    """More is expected, or the last word may still become what is expected."""
    WRONG = auto()
    COMPLETE = auto()


class Reading(NamedTuple):
    """What a line is, while it is typed.

    Attributes:
        typed: what it says, when it is complete.
        hint: what it does, what is expected next, or what is wrong.
        start, end: where the fault is; both 0 when there is none.
        usage: of the form that the line has so far; empty before there is a command.
    """

    stage: Stage
    hint: str
    typed: Typed | None = None
    start: int = 0
    end: int = 0
    usage: str = ""


def complete(line: str, cursor: int, offers: Offers = NOTHING) -> Completion:
    """What the word at the cursor could be; those that begin as it does, else those that contain it."""
    words = split(line)
    here = next((word for word in words if word.start < cursor <= word.end), None)
    start, end = (cursor, cursor) if here is None else (here.start, here.end)
    typed = line[start:cursor].removeprefix('"').lower()
    before = [word for word in words if word.end <= start]
    if before:
        states, taken = states_after(before)
        found = _from(states, offers) if taken == len(before) else []
    else:
        found = [Candidate(command.name, command.meaning) for command in COMMANDS]
    fitting = [each for each in found if each.text.lower().startswith(typed)]
    fitting = fitting or [each for each in found if typed in each.text.lower()]
    return Completion(tuple(fitting), start, end, typed)


def read(line: str, cursor: int, offers: Offers = NOTHING) -> Reading:
    """What the line is, with the cursor where it is: a last word that is still being typed is not yet wrong."""
    if not line.strip():
        return Reading(Stage.EMPTY, "type a command: Tab chooses, ↑ ↓ earlier ones, Esc goes back")
    states, _ = states_after(split(line))
    usage = states[0].form.usage if states else ""
    try:
        typed = parse(line)
    except CommandError as error:
        if error.start == error.end:
            return Reading(Stage.UNFINISHED, f"next: {error.answered.removeprefix('expected ')}", usage=usage)
        is_last = error.end == cursor == len(line)
        if is_last and _may_become(line[error.start : error.end], line, cursor, offers):
            return Reading(Stage.UNFINISHED, _next(line, error), usage=usage)
        return Reading(Stage.WRONG, str(error), start=error.start, end=error.end, usage=usage)
    return Reading(Stage.COMPLETE, meaning(typed.form), typed, usage=typed.form.usage)


def _from(states: Sequence[State], offers: Offers) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for state in states:
        for _, item in state.expected():
            for candidate in _of(item, offers):
                found.setdefault(candidate.text, candidate)
    return list(found.values())


def _of(item: Item, offers: Offers) -> list[Candidate]:
    if item.words:
        return [Candidate(word, WORDS[word]) for word in item.words]
    if item.slot is None:
        return []
    return [Candidate(*each) for each in (*offers.get(item.slot.name, ()), *item.slot.examples)]


def _may_become(word: str, line: str, cursor: int, offers: Offers) -> bool:
    """Something that is offered begins like `word`, or it is the beginning of a figure, as in `ask+` and `0.`."""
    if any(each.text.lower().startswith(word.lower()) for each in complete(line, cursor, offers).candidates):
        return True
    return word[0] in "0123456789.+-" or word.lower().rstrip("+-0123456789") in {"bid", "ask", "mid", "last"}


def _next(line: str, error: CommandError) -> str:
    states, _ = states_after(split(line[: error.start]))
    expected = expected_after(states)
    return f"next: {expected}" if expected else "Tab completes it"
