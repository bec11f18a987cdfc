"""The mark of this installation: what the client order ids of its orders begin with.

Owns the file that keeps it. By it an order that was made here is told from one that was made elsewhere, also after a
restart, without a record of every order: whoever has the same state folder has the same mark.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Final

from ttxt_core.errors import StateError

FILE_NAME: Final = "installation"
_LENGTH: Final = 10
_HEX: Final = frozenset("0123456789abcdef")
_MODE: Final = 0o600


def installation_mark(folder: Path, random: Random) -> str:
    """The mark that is kept in `folder`, 10 lower-case hex characters; made by `random` where there is none yet.

    Raises:
        StateError: the file can't be read or made, or is damaged.
    """
    path = folder / FILE_NAME
    asked = f"read the mark of this installation from {path}"
    try:
        mark = _read(path)
        if mark is None:
            mark = _made(path, random)
    except OSError as error:
        raise StateError(asked, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise StateError(asked, "the file is damaged") from error
    if len(mark) != _LENGTH or not _HEX.issuperset(mark):
        hint = "remove it to go on: then orders of before count as made elsewhere"
        raise StateError(asked, "the file is damaged", hint)
    return mark


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


def _made(path: Path, random: Random) -> str:
    """The mark of whoever was first: the file appears whole, or another's is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = f"{random.getrandbits(4 * _LENGTH):0{_LENGTH}x}"
    beside = path.with_name(f"{FILE_NAME}.{os.getpid()}")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
    with os.fdopen(fd, "w") as file:
        file.write(mark + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)
    except FileExistsError:  # another process made it just now
        return path.read_text(encoding="ascii").strip()
    finally:
        beside.unlink()
    return mark
