"""Recordings: writing, reading and seeking, and what an event takes on the disk."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import zstandard

from benchmarks.measure import (
    Benchmark,
    Effort,
    Result,
    cpu_us,
    per_second,
    percentile,
    take_turns,
    wall_ms,
)
from benchmarks.traffic import Traffic, repeated, traffic
from ttxt_core.events import Event, InstrumentKey, Orderbook
from ttxt_core.recording.codec import ZSTD_LEVEL, ChunkEncoder
from ttxt_core.recording.reader import RecordingReader, read_events
from ttxt_core.recording.storage import AppendFile
from ttxt_core.recording.writer import CHUNK_EVENTS, KEYFRAME_EVENTS, KEYFRAME_SECONDS, RecordingWriter

_NEVER = 10**9
_SEEKS = 300
_OPENINGS = 9
_ROWS_EVENTS = 20_000
"""Events a run of the writer and the reader: about seven times the capture."""


def write_and_read(effort: Effort) -> list[Result]:
    """Rows alone, the whole writer and the reader: events a second; and what keyframes add."""
    now = traffic()
    key, own = now.busiest()
    stream = repeated(own, min(effort.events, _ROWS_EVENTS))
    with _folder() as folder:
        rows, frames = folder / "rows.bin", folder / "keyframes.bin"
        taken = take_turns(
            {
                "rows": lambda: _encode(folder / "encoded.bin", stream),
                "keyframes": lambda: _write(frames, now, key, stream, keyframes=True),
                "read": lambda: _read(frames, len(stream)),
            },
            effort.runs,
        )
        _write(rows, now, key, stream, keyframes=False)
        overhead = 100 * (frames.stat().st_size / rows.stat().st_size - 1)
    about = f"{now.origin}, {key.pair} {key.category}, {_levels(stream):.1f} levels an event"
    return [
        Result(
            "recorder: rows, encoded and appended", per_second(taken["rows"].median), "events/s", 350_000, True, about
        ),
        Result(
            "recorder: whole, with keyframes", per_second(taken["keyframes"].median), "events/s", 250_000, True, about
        ),
        Result("recording: keyframes add", overhead, "%", 10.0, note=f"one in {KEYFRAME_EVENTS:,} events"),
        Result("reader: read_events", per_second(taken["read"].median), "events/s", 250_000, True, about),
    ]


def size(_effort: Effort) -> list[Result]:
    """Bytes an event of the whole capture, one file an instrument, and of its raw frames compressed alike."""
    now = traffic()
    tracks = now.tracks()
    events = now.events()
    with _folder() as folder:
        total = 0
        for number, (key, own) in enumerate(tracks.items()):
            path = folder / f"{number}.bin"
            _write(path, now, key, own, keyframes=True)
            total += path.stat().st_size
    raw, compressed = _raw_json(now)
    size_each = total / len(events)
    target = 62.0 if now.origin == "captured" else None  # other events are larger or smaller
    about = f"{now.origin}, {_levels(events):.1f} levels an event, {_book_levels(events):.1f} a book event"
    return [
        Result("recording: bytes per event", size_each, "bytes", target, note=about),
        Result(
            f"  raw JSON, zstd {ZSTD_LEVEL}, chunked alike",
            compressed / len(events),
            "bytes",
            note=f"{compressed / total:.2f}× ours; uncompressed {raw / len(events):.0f}",
        ),
    ]


def seek(effort: Effort) -> list[Result]:
    """A long recording: opening it, and the state of the market at random times."""
    now = traffic()
    key, own = now.busiest()
    stream = repeated(own, effort.events)
    random = Random(1)
    with _folder() as folder:
        path = folder / "long.bin"
        _write(path, now, key, stream, keyframes=True)
        first_ns, last_ns = stream[0].header.receive_time_ns, stream[-1].header.receive_time_ns
        del stream
        opened = [_open_ms(path) for _ in range(_OPENINGS)]
        with RecordingReader(path) as reader:
            times = [random.randint(first_ns, last_ns) for _ in range(_SEEKS if effort.runs > 1 else 3)]
            sought = [wall_ms(partial(_state_at, reader, at)) for at in times]
            size_mb = path.stat().st_size / 1e6
    about = f"wall, {effort.events:,} events, {size_mb:.0f} MB, cached by the system"
    return [
        Result("recording: open, p50", percentile(opened, 50), "ms", 300.0, note=about),
        Result("recording: open, p99", percentile(opened, 99), "ms", note=about),
        Result("recording: seek, p50", percentile(sought, 50), "ms", 10.0, note="wall; state as events"),
        Result("recording: seek, p99", percentile(sought, 99), "ms", note="likewise"),
    ]


BENCHMARKS: list[Benchmark] = [write_and_read, size, seek]


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="ttxt-bench-") as name:
        yield Path(name)


def _write(path: Path, now: Traffic, key: InstrumentKey, stream: list[Event[Any]], *, keyframes: bool) -> float:
    path.unlink(missing_ok=True)
    writer = RecordingWriter(
        path,
        now.instruments()[key],
        keyframe_events=KEYFRAME_EVENTS if keyframes else _NEVER,
        keyframe_seconds=KEYFRAME_SECONDS if keyframes else _NEVER,
    )

    def run() -> None:
        with writer:
            for event in stream:
                writer.append(event)

    return cpu_us(run, len(stream))


def _encode(path: Path, stream: list[Event[Any]]) -> float:
    """The rows alone: chunks encoded and appended to a file, no market kept."""
    encoder = ChunkEncoder()
    file = AppendFile(path, must_be_new=True)

    def run() -> None:
        for start in range(0, len(stream), CHUNK_EVENTS):
            file.append(encoder.events_chunk(stream[start : start + CHUNK_EVENTS]))
        file.close()

    figure = cpu_us(run, len(stream))
    path.unlink()
    return figure


def _read(path: Path, count: int) -> float:
    read = 0

    def run() -> None:
        nonlocal read
        for _ in read_events(path):
            read += 1

    figure = cpu_us(run, count)
    assert read >= count, read
    return figure


def _open_ms(path: Path) -> float:
    start = time.perf_counter_ns()
    with RecordingReader(path):
        return (time.perf_counter_ns() - start) / 1e6


def _state_at(reader: RecordingReader, time_ns: int) -> None:
    reader.state_at(time_ns).state.events()


def _raw_json(now: Traffic) -> tuple[int, int]:
    """Bytes of all frames: as they came, and a line each in chunks of as many as a recording's, compressed alike."""
    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    normalizers = now.normalizers()
    lines: dict[InstrumentKey, list[bytes]] = defaultdict(list)
    for frame in now.frames:
        events = normalizers[frame.category].normalize(frame.payload, frame.receive_time_ns)
        if events:
            lines[events[0].header.key].append(b"%d %s" % (frame.receive_time_ns, frame.payload))
    raw = compressed = 0
    for each in lines.values():
        for start in range(0, len(each), CHUNK_EVENTS):
            chunk = b"\n".join(each[start : start + CHUNK_EVENTS])
            raw += len(chunk)
            compressed += len(compressor.compress(chunk))
    return raw, compressed


def _levels(events: list[Event[Any]]) -> float:
    return sum(_level_count(event) for event in events) / len(events)


def _book_levels(events: list[Event[Any]]) -> float:
    books = [event for event in events if type(event.data) is Orderbook]
    return sum(_level_count(event) for event in books) / len(books)


def _level_count(event: Event[Any]) -> int:
    return len(event.data.bids) + len(event.data.asks) if type(event.data) is Orderbook else 0
