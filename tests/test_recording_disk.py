"""Recording to a disk that is full, locked or not to be written: nothing that was written is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.full_disk import files_no_longer_than
from tests.recording_support import instrument, market, own_events, read, write
from ttxt_core.errors import RecordingError, RecordingLockedError
from ttxt_core.events import BookState, Event, FeedGap, Orderbook
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.recording import writer as writer_module
from ttxt_core.recording.reader import RecordingReader
from ttxt_core.recording.writer import RecordingWriter


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own that holds 64 KB."""
    folder = tmp_path / "small"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    try:
        mounted = subprocess.run(["mount", *options], check=False, capture_output=True)
    except OSError as error:
        pytest.skip(f"no mount: {error}")
    if mounted.returncode:
        pytest.skip(f"may not mount a file system: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def append_all(writer: RecordingWriter, events: list[Event[Any]]) -> list[RecordingError]:
    """Every event to `writer`, with the errors that came of it."""
    errors = []
    for event in events:
        try:
            writer.append(event)
        except RecordingError as error:
            errors.append(error)
    return errors


def test_a_write_that_fails_leaves_the_file_whole_and_is_tried_again(tmp_path: Path) -> None:
    events = market(900)
    path = tmp_path / "a.bin"
    with RecordingWriter(path, instrument(), chunk_events=100) as writer:
        assert append_all(writer, events[:300]) == []
        size = path.stat().st_size
        with files_no_longer_than(size + 700):  # a chunk begins to be written, and does not fit
            errors = append_all(writer, events[300:600])
            assert path.stat().st_size == size
            assert read(path) == events[:300]
            assert len(errors) == 3
            for error in errors:
                assert str(path) in error.asked
                assert "File too large (EFBIG)" in error.answered
                assert error.hint
            assert writer.failure is errors[-1]
            assert (writer.pending, writer.lost) == (300, 0)
        assert append_all(writer, events[600:]) == []
        assert (writer.pending, writer.lost) == (0, 0)
    assert read(path) == events


def test_a_full_disk_is_named_and_freed_space_is_used(full_disk: Path) -> None:
    events = market(4_000)
    path = full_disk / "a.bin"
    ballast = full_disk / "ballast"
    ballast.write_bytes(bytes(40_000))
    writer = RecordingWriter(path, instrument())
    errors = append_all(writer, events[:2_000])
    assert errors
    assert "No space left on device (ENOSPC)" in str(errors[0])
    assert str(path) in str(errors[0])
    assert read(path) == events[: len(read(path))]
    ballast.unlink()
    assert append_all(writer, events[2_000:2_300]) == []
    writer.close()
    assert writer.lost == 0
    assert read(path) == events[:2_300]


def test_a_file_that_can_not_be_begun_is_not_left_behind(full_disk: Path) -> None:
    (full_disk / "ballast").write_bytes(bytes(64 * 1024))
    with pytest.raises(RecordingError, match="ENOSPC"):
        RecordingWriter(full_disk / "a.bin", instrument())
    assert not (full_disk / "a.bin").exists()


def test_what_is_not_written_at_the_end_is_counted(tmp_path: Path) -> None:
    events = market(50)
    path = tmp_path / "a.bin"
    writer = RecordingWriter(path, instrument(), chunk_events=20)
    append_all(writer, events[:20])
    with files_no_longer_than(path.stat().st_size + 10):
        append_all(writer, events[20:])
        with pytest.raises(RecordingError, match="30 events are lost: File too large"):
            writer.close()
    assert writer.lost == 30
    assert read(path) == events[:20]
    assert read(write(path, events[20:], append=True)) == events


def test_after_too_many_failures_the_file_goes_on_behind_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MOST_WAITING_CHUNKS", 5)
    events = market(400)
    path = tmp_path / "a.bin"
    with RecordingWriter(path, instrument(), chunk_events=10) as writer:
        append_all(writer, events[:100])
        with files_no_longer_than(path.stat().st_size + 10):
            append_all(writer, events[100:280])
            assert (writer.lost, writer.pending) == (180, 0)
        assert append_all(writer, events[280:]) == []
    back = read(path)
    assert back[:100] == events[:100]
    assert type(back[100].data) is FeedGap
    assert back[100].data.missed == 180
    assert back[100].header.receive_time_ns == events[279].header.receive_time_ns
    assert own_events(back)[-120:] == events[280:]
    # The book goes on where it was when events could be written again.
    truth, book = LocalOrderbook(), LocalOrderbook()
    for event in events:
        if type(event.data) is Orderbook:
            truth.update(event)
    for event in back:
        if type(event.data) is Orderbook:
            assert book.update(event) is BookState.VALID
    assert (book.bids(), book.asks()) == (truth.bids(), truth.asks())


def test_a_keyframe_that_can_not_be_written_comes_later(tmp_path: Path) -> None:
    events = market(60)
    path = tmp_path / "a.bin"
    with RecordingWriter(path, instrument(), chunk_events=10, keyframe_events=30) as writer:
        append_all(writer, events[:29])
        probe = write(tmp_path / "b.bin", events[:30], chunk_events=10, keyframe_events=999)
        with files_no_longer_than(probe.stat().st_size + 20):
            assert len(append_all(writer, events[29:30])) == 1
            assert (writer.pending, writer.lost) == (0, 0)
        assert append_all(writer, events[30:]) == []
    assert read(path) == events
    with RecordingReader(path) as reader:
        assert [chunk.header.kind for chunk in reader.chunks] == [2, 1, 1, 1, 1, 2, 1, 1]


HOLD = """
import sys
from tests.recording_support import instrument, market
from ttxt_core.recording.writer import RecordingWriter
writer = RecordingWriter(sys.argv[1], instrument(), chunk_events=5)
for event in market(12):
    writer.append(event)
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_writer_is_refused_also_from_another_process(tmp_path: Path) -> None:
    events = market(30)
    path = tmp_path / "a.bin"
    with RecordingWriter(path, instrument()), pytest.raises(RecordingLockedError, match="another writer"):
        RecordingWriter(path, instrument(), append=True)
    path.unlink()
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdin is not None
    assert other.stdout is not None
    try:
        assert other.stdout.readline() == b"open\n"
        before = path.read_bytes()
        with pytest.raises(RecordingLockedError, match=r"a\.bin"):
            RecordingWriter(path, instrument(), append=True)
        assert path.read_bytes() == before
        assert read(path) == events[:10], "reading needs no lock"
    finally:
        other.kill()
        other.wait()
        other.stdin.close()
        other.stdout.close()
    # A killed process loses what was not in a whole chunk, and its lock.
    with RecordingWriter(path, instrument(), append=True) as writer:
        append_all(writer, events[10:])
    assert read(path) == events


@pytest.mark.parametrize("place", ["under a file", "in a missing folder"])
def test_a_path_that_can_not_be_is_said_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / ("file" if place == "under a file" else "missing") / "a.bin"
    with pytest.raises(RecordingError, match=r"ENOTDIR|ENOENT") as caught:
        RecordingWriter(path, instrument())
    assert str(path) in caught.value.asked
    assert caught.value.hint


def test_a_folder_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):  # root may write anywhere but here
        folder = Path("/proc")
    with pytest.raises(RecordingError, match=r"EACCES|EROFS|ENOENT|EPERM") as caught:
        RecordingWriter(folder / "a.bin", instrument())
    assert str(folder) in caught.value.asked


def test_a_recording_that_may_not_be_read_is_said_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bin", market(3))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(RecordingError, match="EACCES"):
        RecordingReader(path)
