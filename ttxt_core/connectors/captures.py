"""Captured traffic: files of raw frames as others publish them, read as one stream of `CapturedFrame`s.

Owns the file formats and nothing of what is in a frame. Formats, told apart by the file's name and beginning:

* ``*.jsonl.zst``, ``*.jsonl``: cryptofeed version 3: a JSON object a line, its kind under ``t``.
* ``*.gz``: hftbacktest: ``<receive time in ns> <frame>`` a line.
* ``*.zip``: Bybit's public order book archive: a frame a line, without receive times; the frame's own ``ts`` is taken.
* others: cryptofeed version 1 text: ``<seconds>: <frame>`` a line.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
import zstandard
from msgspec import Struct

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS
from ttxt_core.errors import ProtocolError


class FrameKind(StrEnum):
    """What happened: a frame came or went, a connection was opened, a REST reply came."""

    RECEIVED = "recv"
    SENT = "send"
    CONNECTED = "connect"
    REPLY = "http"
    DAMAGED = "damaged"


class CapturedFrame(NamedTuple):
    """One thing in a capture.

    Attributes:
        line: its line in the file, from 1.
        receive_time_ns: when it was captured.
        connection: a name that tells the connections of the capture apart.
        kind: what it is; DAMAGED is a line that does not follow the format, `payload` is then the line.
        payload: the frame; for CONNECTED the address, for REPLY the body.
        url: the address of a REPLY.
    """

    line: int
    receive_time_ns: int
    connection: str
    kind: FrameKind
    payload: bytes
    url: str = ""


Progress = Callable[[int], None]
"""Told how many bytes of the file have been read."""

_TIMED: Final = re.compile(rb"^(\d{9,11}(?:\.\d+)?): (.*)$", re.DOTALL)
_CONNECTED: Final = re.compile(rb"^(\S+) <-> (\d{9,11}(?:\.\d+)?)")
_SENT: Final = re.compile(rb"^\S* <- (\d{9,11}(?:\.\d+)?): (.*)$", re.DOTALL)
_REPLY: Final = re.compile(rb"^(\S+) -> (\d{9,11}(?:\.\d+)?): (.*)$", re.DOTALL)
_WHOLE_NS: Final = re.compile(rb"[1-9]\d{0,18}$")
_UNREADABLE: Final = (EOFError, zlib.error, zstandard.ZstdError, zipfile.BadZipFile, RuntimeError)
"""What the decompressors raise; zipfile answers with a RuntimeError to a password or a method that it has not."""
_BLOCK: Final = 2**17
_LATEST_NS: Final = 2**63 - 1


def read_capture(path: Path, progress: Progress | None = None) -> Iterator[CapturedFrame]:
    """The frames of the capture at `path`, in the file's order.

    Raises:
        ProtocolError: the file can't be read, or is cut off or damaged so that nothing more can be read.
    """
    asked = f"read the capture {path}"
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(path, file, progress), 1):
                if stripped := line.rstrip(b"\r\n"):
                    yield from _frames(path, number, stripped)
    except OSError as error:
        raise ProtocolError(asked, error.strerror or str(error)) from error
    except _UNREADABLE as error:
        raise ProtocolError(asked, str(error) or type(error).__name__, "is the file whole?") from error


def _lines(path: Path, file: BinaryIO, progress: Progress | None) -> Iterator[bytes]:
    suffix = path.suffix
    if suffix == ".zst":
        stream: Iterator[bytes] = _zstd_lines(file)
    elif suffix == ".gz":
        stream = gzip.GzipFile(fileobj=file)
    elif suffix == ".zip":
        stream = _zip_lines(file)
    else:
        stream = file
    for count, line in enumerate(stream):
        yield line
        if progress is not None and count % 256 == 0:
            progress(file.tell())


def _zstd_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of one zstd frame after another. The package's own stream ends a frame that is cut off without a word."""
    start = b""
    frame = zstandard.ZstdDecompressor().decompressobj()
    is_within = False
    while block := file.read(_BLOCK):
        while block:
            *lines, start = (start + frame.decompress(block)).split(b"\n")
            yield from lines
            is_within = not frame.eof
            block = frame.unused_data
            if frame.eof:
                frame = zstandard.ZstdDecompressor().decompressobj()
    if is_within:
        raise EOFError("it ends within its compressed data")
    if start:
        yield start


def _zip_lines(file: BinaryIO) -> Iterator[bytes]:
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                yield from member


def _frames(path: Path, number: int, line: bytes) -> Iterator[CapturedFrame]:
    if path.suffix in {".zst", ".jsonl"}:
        frame = _cryptofeed_3(number, line)
    elif path.suffix == ".gz":
        frame = _hftbacktest(number, line)
    elif path.suffix == ".zip":
        frame = _bybit_archive(number, line, path.name.removesuffix(".zip"))
    else:
        frame = _cryptofeed_1(number, line, path.name)
    if frame is not None:
        yield frame


class _Row(Struct, gc=False):
    t: str
    ts: Decimal = Decimal(0)
    conn: str = ""
    data: str | None = None
    url: str = ""
    addr: str = ""


_row_decoder = msgspec.json.Decoder(_Row)


def _cryptofeed_3(number: int, line: bytes) -> CapturedFrame | None:
    try:
        row = _row_decoder.decode(line)
    except ValueError:
        return _damaged(number, line)
    if row.t == "header":
        return None
    payload = row.addr if row.t == FrameKind.CONNECTED else row.data
    time_ns = _nanoseconds(row.ts)
    if row.t not in _ROW_KINDS or payload is None or not time_ns:
        return _damaged(number, line, row.conn)
    return CapturedFrame(number, time_ns, row.conn, FrameKind(row.t), payload.encode(), row.url)


_ROW_KINDS: Final = frozenset(FrameKind) - {FrameKind.DAMAGED}


def _hftbacktest(number: int, line: bytes) -> CapturedFrame:
    time, _, payload = line.partition(b" ")
    if not _WHOLE_NS.match(time) or int(time) > _LATEST_NS:
        return _damaged(number, line, "ws")
    kind = FrameKind.REPLY if payload.startswith(b'{"lastUpdateId"') else FrameKind.RECEIVED
    return CapturedFrame(number, int(time), "ws", kind, payload)


class _Stamped(Struct, gc=False):
    ts: int


_stamp_decoder = msgspec.json.Decoder(_Stamped)


def _bybit_archive(number: int, line: bytes, name: str) -> CapturedFrame:
    try:
        time_ns = _stamp_decoder.decode(line).ts * MILLISECOND_NS
    except ValueError:
        return _damaged(number, line, name)
    if not 0 < time_ns <= _LATEST_NS:
        return _damaged(number, line, name)
    return CapturedFrame(number, time_ns, name, FrameKind.RECEIVED, line)


def _cryptofeed_1(number: int, line: bytes, name: str) -> CapturedFrame | None:
    url = ""
    if match := _TIMED.match(line):
        kind, time, payload = FrameKind.RECEIVED, match[1], match[2]
    elif match := _CONNECTED.match(line):
        kind, time, payload = FrameKind.CONNECTED, match[2], match[1]
    elif match := _SENT.match(line):
        kind, time, payload = FrameKind.SENT, match[1], match[2]
    elif match := _REPLY.match(line):
        kind, time, payload, url = FrameKind.REPLY, match[2], match[3], match[1].decode("utf-8", "replace")
    elif line.startswith(b"configuration:") or b" header: " in line[:300]:
        return None
    else:
        return _damaged(number, line, name)
    time_ns = _nanoseconds(Decimal(time.decode()))
    return CapturedFrame(number, time_ns, name, kind, payload, url) if time_ns else _damaged(number, line, name)


def _damaged(number: int, line: bytes, connection: str = "") -> CapturedFrame:
    return CapturedFrame(number, 0, connection, FrameKind.DAMAGED, line)


def _nanoseconds(seconds: Decimal) -> int:
    """0 for what can't be a time: not finite, not above zero, or beyond what 64 bits of nanoseconds hold."""
    is_time = seconds.is_finite() and 0 < seconds < _LATEST_NS // NANOSECONDS
    return int(seconds * NANOSECONDS) if is_time else 0
