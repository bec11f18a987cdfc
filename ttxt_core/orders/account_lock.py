"""The lock of an account: one process trades it, since limits and losses are counted in one place.

Owns the lock file. The system gives the lock up with the process that holds it, however that ends: a file that is left
behind locks nothing, and is never removed.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ttxt_core.errors import AccountLockedError, StateError

_MODE = 0o600
_LONGEST = 32


class AccountLock:
    """The lock of one account, by the file that stands for it."""

    def __init__(self, path: Path, account: str) -> None:
        """A lock that is not held; `account` is what messages call the account."""
        self.path = path
        self._account = account
        self._fd: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this lock is held here."""
        return self._fd is not None

    def acquire(self) -> None:
        """Take the lock; it is fine to hold it already.

        Raises:
            AccountLockedError: another holds it. StateError: the file can't be made.
        """
        if self._fd is not None:
            return
        asked = f"trade account {self._account}"
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        except OSError as error:
            raise StateError(asked, f"its lock {self.path} can't be opened: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as error:
            holder = _holder(fd)
            os.close(fd)
            who = "another process" if holder is None else f"process {holder}"
            raise AccountLockedError(asked, f"{who} trades it already", "end that one first", holder=holder) from error
        except OSError as error:
            os.close(fd)
            raise StateError(asked, f"its lock {self.path} can't be taken: {error.strerror}") from error
        self._fd = fd

    def release(self) -> None:
        """Give the lock up; fine when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _holder(fd: int) -> int | None:
    """The process that says it holds the lock; None while it has not said so yet."""
    text = os.pread(fd, _LONGEST, 0).strip()
    return int(text) if text.isdigit() else None
