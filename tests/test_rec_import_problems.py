"""``ttxt-rec import`` on what is bad: each kind of problem is told once, counted, and the rest imported."""

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import bybit_frames as bybit
from tests.rec_support import LINEAR_BTC, SPOT_BTC, Command, events_of, rec_command, short_capture
from ttxt_core.events import BookState, Orderbook
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.recording.reader import RecordingReader

__all__ = ["rec_command"]

GOOD = bybit.received(bybit.LINEAR, bybit.snapshot())
"""What is imported beside the bad: line 5 of each capture."""
BAD_LINE = 6


def import_with(rec: Command, folder: Path, *bad: dict[str, Any] | str) -> tuple[list[str], str]:
    """Import `bad` between good frames; the complaints, and the summary."""
    rows = [*bybit.preamble("linear"), *GOOD, *bad, *bybit.received(bybit.LINEAR, bybit.book(101))]
    said = rec("import", bybit.write_capture(folder / "x.jsonl", rows), "--out", folder / "out")
    assert said.status == 0
    events = events_of(folder / "out" / LINEAR_BTC)
    assert [event.data.sequence for event in events if type(event.data) is Orderbook][-1] == 101
    return said.complaints, said.out.splitlines()[-1]


def bad_frame(frame: str) -> dict[str, Any]:
    (row,) = bybit.received(bybit.LINEAR, frame)
    return row


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (bad_frame("no JSON"), "JSON is malformed"),
        (bad_frame(""), "truncated"),
        (bad_frame(bybit.book(7).replace('"u":7', '"v":7')), "missing required field `u`"),
        (bad_frame(bybit.book(7).replace('"u":7', '"u":"x"')), "Expected `int`"),
        (bad_frame(bybit.trades("BUY")), "side 'BUY'"),
        (bad_frame('{"topic":"allLiquidation.BTCUSDT","data":[]}'), "unknown topic"),
        (bad_frame('{"topic":"weather"}'), "unknown topic"),
        (bad_frame(bybit.book(7, symbol="NONEUSDT")), "unknown symbol NONEUSDT"),
        ("{this is no row", "not of the capture's format"),
        ('{"t":"recv","conn":"BYBIT.ws.2","data":"{}"}', "not of the capture's format"),
    ],
)
def test_a_bad_frame_is_one_message_that_names_where(
    rec: Command, tmp_path: Path, row: dict[str, Any] | str, message: str
) -> None:
    complaints, summary = import_with(rec, tmp_path, row)
    (complaint,) = complaints
    assert complaint.startswith(f"x.jsonl line {BAD_LINE}")
    assert message in complaint
    if isinstance(row, dict):
        assert f"line {BAD_LINE}, {bybit.LINEAR}: " in complaint
    assert summary == "3 frames, 1 frames skipped"


def test_repeats_of_a_kind_are_counted(rec: Command, tmp_path: Path) -> None:
    bad = [bad_frame("{" + " " * number + "x") for number in range(1, 42)]
    bad += [bad_frame('{"topic":"weather"}')]
    complaints, summary = import_with(rec, tmp_path, *bad)
    # Each is wrong at another byte: that makes no other kind of it.
    assert [complaint.split(":")[0] for complaint in complaints] == [
        f"x.jsonl line {BAD_LINE}, BYBIT.ws.2",
        f"x.jsonl line {BAD_LINE + 41}, BYBIT.ws.2",
        "x.jsonl",
    ]
    assert complaints[2].startswith(f"x.jsonl: 40 more like line {BAD_LINE}, up to line {BAD_LINE + 40}: read bybit")
    assert summary == "44 frames, 42 frames skipped"


def test_the_same_problem_on_another_connection_is_another(rec: Command, tmp_path: Path) -> None:
    rows = bybit.preamble() + bybit.received(bybit.LINEAR, bybit.snapshot(), "bad") + bybit.received(bybit.SPOT, "bad")
    said = rec("import", bybit.write_capture(tmp_path / "x.jsonl", rows), "--out", tmp_path)
    assert [complaint.split(":")[0] for complaint in said.complaints] == [
        "x.jsonl line 9, BYBIT.ws.2",
        "x.jsonl line 10, BYBIT.ws.3",
    ]


def test_a_flood_of_kinds_is_told_in_part_and_counted_whole(rec: Command, tmp_path: Path) -> None:
    bad = [bad_frame(bybit.book(7, symbol=f"{chr(65 + n // 26)}{chr(65 + n % 26)}USDT")) for n in range(50)]
    complaints, summary = import_with(rec, tmp_path, *bad)
    assert len(complaints) == 21
    assert complaints[20] == f"x.jsonl: 30 more problems of 30 other kinds, from line {BAD_LINE + 20} on"
    assert summary == "52 frames, 50 frames skipped"


def test_nothing_of_a_frame_reaches_the_terminal_raw(rec: Command, tmp_path: Path) -> None:
    complaints, _ = import_with(rec, tmp_path, bad_frame('{"x":"\x1b[2J\r\n\x9b31m\u202e"}'))
    (complaint,) = complaints
    assert complaint.isprintable()
    assert "\\x1b[2J\\r\\n\\x9b31m\\u202e" in complaint or "\\u001b[2J" in complaint


def test_deltas_before_any_snapshot_are_written_as_they_came(rec: Command, tmp_path: Path) -> None:
    rows = bybit.preamble("linear") + bybit.received(bybit.LINEAR, *[bybit.book(n, [("1", "1")]) for n in range(7, 12)])
    said = rec("import", bybit.write_capture(tmp_path / "x.jsonl", rows), "--out", tmp_path)
    assert said.status == 0
    first, more = said.complaints
    assert first.startswith(
        "x.jsonl line 5, BYBIT.ws.2: keep the book of bybit linear BTC/USDT: a delta came before any"
    )
    assert more.startswith("x.jsonl: 4 more like line 5, up to line 9")
    assert said.out.splitlines()[-1] == "5 frames, 0 frames skipped"
    book = LocalOrderbook()
    for event in events_of(tmp_path / LINEAR_BTC):
        assert book.update(event) is BookState.SYNCING
    assert book.ignored == 5


def test_a_refused_subscription_is_told(rec: Command, tmp_path: Path) -> None:
    complaints, summary = import_with(rec, tmp_path, bad_frame(bybit.REFUSED))
    assert complaints == [
        f"x.jsonl line {BAD_LINE}, BYBIT.ws.2: the venue refused subscribe 7: handler not found",
    ]
    assert summary == "3 frames, 0 frames skipped"


def test_connections_that_are_not_read_are_told_once(rec: Command, tmp_path: Path) -> None:
    complaints, summary = import_with(
        rec,
        tmp_path,
        bybit.connect("other", "wss://stream.bybit.com/v5/public/option"),
        *bybit.received("other", bybit.snapshot(), bybit.book(101)),
        *bybit.received("nobody", bybit.snapshot()),
    )
    assert [complaint.split(" (")[0] for complaint in complaints] == [
        (
            f"x.jsonl line {BAD_LINE}, other: read frames of wss://stream.bybit.com/v5/public/option: "
            "no normalizer reads them yet"
        ),
        (
            "x.jsonl line 9, nobody: read the frames of connection nobody: "
            "the capture does not name their category and instruments"
        ),
        (
            f"x.jsonl: 2 more like line {BAD_LINE}, up to line 8: "
            "read frames of wss://stream.bybit.com/v5/public/option: no normalizer reads them yet"
        ),
    ]
    assert summary == "5 frames, 3 frames skipped"


def test_a_bad_instrument_list_is_told_and_a_good_one_still_counts(rec: Command, tmp_path: Path) -> None:
    complaints, _ = import_with(
        rec, tmp_path, bybit.reply("<html>busy</html>", "linear"), bybit.reply(bybit.instruments("option"), "option")
    )
    assert [complaint.split(": ")[1] for complaint in complaints] == ["read an instrument list"] * 2
    assert "no normalizer reads category 'option' yet" in complaints[1]


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.zst", "x.0", "x.zip", "x.gz"])
def test_a_capture_with_nothing_in_it(rec: Command, tmp_path: Path, name: str) -> None:
    capture = tmp_path / name
    capture.touch()
    said = rec("import", capture, "--out", tmp_path / "out")
    assert said.status == 1
    (complaint,) = said.complaints
    assert str(capture) in complaint
    assert not (tmp_path / "out").exists()


def test_a_capture_of_bad_frames_only_is_a_failure(rec: Command, tmp_path: Path) -> None:
    rows = bybit.preamble() + bybit.received(bybit.LINEAR, *["bad"] * 9)
    said = rec("import", bybit.write_capture(tmp_path / "x.jsonl", rows), "--out", tmp_path / "out")
    assert said.status == 1
    assert said.complaints[-1] == f"import {tmp_path / 'x.jsonl'}: nothing was imported: of 9 frames 9 were skipped"
    assert said.out == ""


def test_a_capture_that_is_cut_off_gives_what_it_has(rec: Command, tmp_path: Path) -> None:
    whole = short_capture(tmp_path / "x.jsonl.zst").read_bytes()
    second = bybit.write_capture(tmp_path / "y.jsonl.zst", bybit.received(bybit.LINEAR, "x" * 999)).read_bytes()
    torn = tmp_path / "torn.jsonl.zst"
    torn.write_bytes(whole + second[: len(second) // 2])
    said = rec("import", torn, "--out", tmp_path)
    assert said.status == 1
    (complaint,) = said.complaints
    assert complaint.startswith(f"read the capture {torn}: it ends within its compressed data")
    assert len(events_of(tmp_path / LINEAR_BTC)) == 47
    assert LINEAR_BTC in said.out


@pytest.mark.parametrize("capture", ["nothing.jsonl", "."])
def test_a_capture_that_can_not_be_opened(rec: Command, tmp_path: Path, capture: str) -> None:
    said = rec("import", tmp_path / capture, "--out", tmp_path / "out")
    assert said.status == 1
    (complaint,) = said.complaints
    assert complaint.startswith("read the capture ")


# -- disks -----------------------------------------------------------------------------------------------

LIMITED = """
import resource, sys
from ttxt_core.cli.rec import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sys.exit(main())
"""


def test_a_disk_that_takes_no_more_is_one_message_and_the_files_are_whole(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    capture = short_capture(tmp_path / "x.jsonl")
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, "import", str(capture), "--out", str(tmp_path), "--chunk-events", "10"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    (complaint,) = run.stderr.splitlines()
    assert "EFBIG" in complaint
    assert "what was written before is whole" in complaint
    assert "Traceback" not in run.stderr
    for name in (LINEAR_BTC, SPOT_BTC):
        with RecordingReader(tmp_path / name) as reader:
            assert reader.damage == []
            assert 0 < reader.size <= 1_500


def test_a_folder_that_can_not_be_made_is_one_message(rec: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = rec("import", short_capture(tmp_path / "x.jsonl"), "--out", tmp_path / "file" / "out")
    assert said.status == 1
    (complaint,) = said.complaints
    assert complaint.startswith(f"make the folder {tmp_path / 'file' / 'out'}: ")


def test_a_folder_that_may_not_be_written_is_one_message(
    rec: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    def refuse(*_: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    capture = short_capture(tmp_path / "x.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)  # who runs the tests may be allowed everything
        said = rec("import", capture, "--out", tmp_path)
    assert said.status == 1
    (complaint,) = said.complaints
    assert complaint.startswith(f"open {tmp_path / LINEAR_BTC} for writing: Read-only file system (EROFS)")
