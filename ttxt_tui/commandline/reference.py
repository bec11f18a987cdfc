"""The table of commands in words: for the help screen and the README. Pure."""

from __future__ import annotations

from ttxt_tui.commandline.grammar import Form, forms
from ttxt_tui.commandline.slots import SLOTS
from ttxt_tui.commandline.table import WORDS


def command_lines() -> list[tuple[str, str]]:
    """`(usage, what it does)` of every form, in the order of the table."""
    return [(form.usage, meaning(form)) for form in forms()]


def command_table() -> str:
    """Every command as a Markdown table, and what its capitals stand for."""
    rows = ["| command | what it does |", "|---|---|"]
    rows += [_row(usage, meaning) for usage, meaning in command_lines()]
    rows += ["", "| in capitals | what may stand there |", "|---|---|"]
    rows += [f"| `{name.upper()}` | {slot.told} |" for name, slot in SLOTS.items()]
    return "\n".join(rows)


def meaning(form: Form) -> str:
    """What the command does; of one with several forms, what the words say that this one must have."""
    command = form.command
    if len(command.forms) == 1:
        return command.meaning + (f" (also {', '.join(command.also)})" if command.also else "")
    words = [item.words[0] for item in form.items if len(item.words) == 1 and not item.is_optional]
    return "; ".join(WORDS[word] for word in words) or "the one that is named"


def _row(usage: str, meaning: str) -> str:
    """A bar within a cell is escaped: Markdown would begin another."""
    usage = usage.replace("|", "\\|")
    return f"| `:{usage}` | {meaning} |"
