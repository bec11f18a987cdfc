"""What the commands say on stderr: a message a line, nothing in it that a terminal would act on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from ttxt_core.errors import TtxtError


def complain(message: str) -> None:
    """Print `message` on stderr as one line."""
    print(f"ttxt-rec: {printable(message)}", file=sys.stderr, flush=True)


def printable(text: str) -> str:
    r"""`text` with line ends, escapes and all else that is not printable as ``\x1b`` and the like.

    Messages quote frames and file names, and those may hold anything.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def for_each(paths: Iterable[Path], work: Callable[[Path], bool]) -> int:
    """Do `work` with each of `paths`, also after one that could not be done; the exit status of it all."""
    status = 0
    for path in paths:
        try:
            is_good = work(path)
        except TtxtError as error:
            complain(str(error))
            is_good = False
        if not is_good:
            status = 1
    return status
