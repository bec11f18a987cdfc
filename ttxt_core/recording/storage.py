"""Files of recordings: the only place here that touches the disk, and that turns its errors into ours.

Owns opening, the exclusive lock, appending whole pieces and cutting. It must not know what the bytes mean.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from ttxt_core.errors import NotARecordingError, RecordingError, RecordingExistsError, RecordingLockedError

_HINTS = {
    errno.ENOSPC: "free some space: what was written before is whole",
    errno.EDQUOT: "your quota is used up: what was written before is whole",
    errno.EFBIG: "the file may not grow: what was written before is whole",
    errno.EROFS: "the file system is read-only: record to another folder",
    errno.EACCES: "you may not write here: record to another folder",
    errno.EPERM: "you may not write here: record to another folder",
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "a part of the path is a file",
}


class AppendFile:
    """A file under an exclusive lock that only ever grows by whole pieces."""

    def __init__(self, path: Path, *, must_be_new: bool) -> None:
        """Open `path`, or make it.

        Raises:
            RecordingExistsError: it exists and must be new.
            RecordingLockedError: another writer has it open.
            RecordingError: it can't be opened or made.
        """
        self.path = path
        asked = f"open {path} for writing"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | (os.O_EXCL if must_be_new else 0)
        try:
            self._fd = os.open(path, flags, 0o644)
        except FileExistsError as error:
            raise RecordingExistsError(asked, "it exists", "append to it, or choose another name") from error
        except OSError as error:
            raise _failure(asked, error) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            if isinstance(error, BlockingIOError):
                raise RecordingLockedError(asked, "another writer has it open", "stop that one first") from error
            raise _failure(asked, error) from error
        self.size = os.fstat(self._fd).st_size
        self._is_torn = False

    def append(self, data: bytes) -> None:
        """Add `data` at the end: all of it, or nothing.

        Raises:
            RecordingError: it could not be written; the file is as long as before.
        """
        end = self.size
        try:
            if self._is_torn:
                self._cut(self.size)
            self._is_torn = True
            rest = memoryview(data)
            while rest:
                written = os.pwrite(self._fd, rest, end)
                end += written
                rest = rest[written:]
        except OSError as error:
            # When even this fails a torn tail stays, which readers stop at; the next append cuts it.
            with contextlib.suppress(OSError):
                self._cut(self.size)
            raise _failure(f"write {len(data)} bytes to {self.path}", error) from error
        self._is_torn = False
        self.size = end

    def truncate(self, size: int) -> None:
        """Cut everything from `size` on.

        Raises:
            RecordingError: the system refused.
        """
        try:
            self._cut(size)
        except OSError as error:
            raise _failure(f"cut {self.path} at {size} bytes", error) from error

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`.

        Raises:
            RecordingError: the disk failed.
        """
        return _read_at(self._fd, self.path, offset, length)

    def remove(self) -> None:
        """Close and delete, for a file that could not be begun."""
        with contextlib.suppress(OSError):  # it is empty, and the first error has been said already
            self.path.unlink()
        os.close(self._fd)

    def close(self) -> None:
        """Bring everything to the disk and release the lock.

        Raises:
            RecordingError: the disk would not take what had been written.
        """
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise _failure(f"bring {self.path} to the disk", error) from error
        finally:
            os.close(self._fd)

    def _cut(self, size: int) -> None:
        os.ftruncate(self._fd, size)
        self.size = size
        self._is_torn = False


class ReadFile:
    """A file that is only read."""

    def __init__(self, path: Path) -> None:
        """Open `path`.

        Raises:
            NotARecordingError: it is no file, but a folder or a device.
            RecordingError: it can't be opened.
        """
        self.path = path
        asked = f"open {path}"
        try:
            if path.exists() and not path.is_file():
                raise NotARecordingError(asked, "it is no file", "name a recording, not a folder or a device")
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise _failure(asked, error, hint="") from error
        self.size = os.fstat(self._file.fileno()).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`.

        Raises:
            RecordingError: the disk failed, or the file is closed.
        """
        if self._file.closed:
            raise RecordingError(f"read {self.path}", "it has been closed", "keep the reader open while reading")
        return _read_at(self._file.fileno(), self.path, offset, length)

    def close(self) -> None:
        """Closing twice is fine."""
        self._file.close()


def make_folder(path: Path) -> None:
    """Make `path` and the folders above it; fine when it exists.

    Raises:
        RecordingError: a file is in the way, the system refused, or no file may be made in it.
    """
    asked = f"make the folder {path}"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        in_the_way = next((part for part in (path, *path.parents) if part.exists()), path)
        raise RecordingError(asked, f"{in_the_way} is a file, not a folder", "choose another folder") from error
    except OSError as error:
        raise _failure(asked, error) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise RecordingError(f"write to the folder {path}", "you may not make files in it", "record to another folder")


def _read_at(fd: int, path: Path, offset: int, length: int) -> bytes:
    try:
        return os.pread(fd, length, offset)
    except OSError as error:
        raise _failure(f"read {path} at byte {offset}", error, hint="") from error


def _failure(asked: str, error: OSError, hint: str | None = None) -> RecordingError:
    if hint is None:
        hint = _HINTS.get(error.errno or 0, "")
    name = errno.errorcode.get(error.errno or 0, "unknown error")
    return RecordingError(asked, f"{os.strerror(error.errno or 0)} ({name})", hint)
