"""The index of a recording: its chunk headers, walked once, and what lies between them that is no chunk.

Owns finding chunks, also behind damage. It must not read payloads: a chunk that is listed here may still turn
out to be damaged when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from msgspec import Struct

from ttxt_core.errors import NotARecordingError
from ttxt_core.recording.codec import HEADER_SIZE, MAGIC, ChunkHeader, parse_header

SCAN_BLOCK = 2**20
FIRST_CHUNK_WITHIN = 16 * 2**20
"""A file without a whole chunk in its first 16 MiB is taken for something else."""


class Readable(Protocol):
    """A file, as far as the index needs it."""

    path: Path
    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        ...


class Chunk(Struct, frozen=True, gc=False):
    """A chunk's place and header.

    Attributes:
        offset: where it begins. header: what it says of itself.
        is_repeated: it is there twice, one behind the other, as the first chunk of a recording is.
    """

    offset: int
    header: ChunkHeader
    is_repeated: bool = False

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where it is to be found."""
        return (self.offset, self.offset + self._length) if self.is_repeated else (self.offset,)

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.offset + self._length * (1 + self.is_repeated)

    @property
    def _length(self) -> int:
        return HEADER_SIZE + self.header.payload_length


class Damage(NamedTuple):
    """A part of the file that can't be read.

    Attributes:
        offset, length: bytes.
        what: what was found there.
        missed: events that are lost by it; None when it can't be known.
        time_ns: the last receive time before it; 0 when it comes first.
        is_tail: it is the torn end of the file, which the next writer cuts off.
    """

    offset: int
    length: int
    what: str
    missed: int | None
    time_ns: int
    is_tail: bool = False


class Index(NamedTuple):
    """Chunks and damage of a file, in the file's order; `whole_size` is where the last whole chunk ends."""

    entries: list[Chunk | Damage]
    whole_size: int


def read_index(file: Readable) -> Index:
    """Walk the headers of `file`.

    Raises:
        NotARecordingError: it has no whole chunk.
        RecordingError: it has a newer format, or the disk failed.
    """
    entries: list[Chunk | Damage] = []
    offset = 0
    time_ns = 0
    while offset < file.size:
        chunk = _chunk_at(file, offset)
        if chunk is None:
            chunk = _next_chunk(file, offset + 1, file.size if entries else FIRST_CHUNK_WITHIN)
            if chunk is None and not entries:
                break
            end = file.size if chunk is None else chunk.offset
            what = "torn tail" if chunk is None else "damaged header"
            entries.append(Damage(offset, end - offset, what, None, time_ns, is_tail=chunk is None))
            if chunk is None:
                return Index(entries, offset)
        if not chunk.offset:
            again = _chunk_at(file, chunk.end)
            chunk = Chunk(0, chunk.header, is_repeated=again is not None and again.header == chunk.header)
        entries.append(chunk)
        time_ns = max(time_ns, chunk.header.last_ns)
        offset = chunk.end
    if not entries:
        raise _not_a_recording(file)
    return Index(entries, offset)


def _chunk_at(file: Readable, offset: int) -> Chunk | None:
    """The chunk that begins at `offset`, if its header is whole and its payload not cut off."""
    header = parse_header(file.read_at(offset, HEADER_SIZE), f"read {file.path}, chunk at byte {offset}")
    if header is None:
        return None
    chunk = Chunk(offset, header)
    return chunk if chunk.end <= file.size else None


def _next_chunk(file: Readable, start: int, end: int) -> Chunk | None:
    """The first chunk that begins in ``[start, end)``."""
    for offset in _magics(file, start, end):
        chunk = _chunk_at(file, offset)
        if chunk is not None:
            return chunk
    return None


def _magics(file: Readable, start: int, end: int) -> Iterator[int]:
    overlap = len(MAGIC) - 1  # so that a magic across two blocks is seen
    while start < min(end, file.size):
        block = file.read_at(start, SCAN_BLOCK + overlap)
        found = block.find(MAGIC)
        while found >= 0:
            yield start + found
            found = block.find(MAGIC, found + 1)
        start += SCAN_BLOCK


def _not_a_recording(file: Readable) -> NotARecordingError:
    begin = file.read_at(0, len(MAGIC))
    if not begin:
        answered, hint = "it is empty", "nothing has been recorded to it yet"
    elif MAGIC.startswith(begin):
        answered, hint = "its first chunk is cut off", "nothing in it can be read"
    else:
        answered, hint = "it does not begin with a recording's chunk", "name a file that ttxt has recorded"
    return NotARecordingError(f"read {file.path}", answered, hint)
