"""``ttxt-rec`` as a program: usage, errors, pipes and terminals."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from tests import bybit_frames as bybit
from tests import recording_support as recordings
from tests.rec_support import Command, rec_command
from ttxt_core.cli.console import printable
from ttxt_core.cli.progress import Progress
from ttxt_core.clock import ManualClock
from ttxt_core.recording.times import parse_time

__all__ = ["rec_command"]
PROGRAM = [sys.executable, "-m", "ttxt_core.cli.rec"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(name="path", scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recordings.write(tmp_path_factory.mktemp("command") / "x.bin", recordings.market(3_000))


def test_version(rec: Command) -> None:
    from importlib.metadata import version

    assert rec("--version").out == f"ttxt-rec {version('ttxt-tui')}\n"


def test_help_names_every_command(rec: Command) -> None:
    said = rec("--help")
    assert said.status == 0
    for command in ("import", "info", "verify", "export", "cut"):
        assert command in said.out
        assert rec(command, "--help").status == 0


@pytest.mark.parametrize("form", ["2026-08-09T21:27:05.5", "21:27:05.5", "+12.5s", "1786310825500000000"])
def test_the_times_that_the_help_names_are_read(rec: Command, form: str) -> None:
    assert form in rec("cut", "--help").out or form.isdigit()
    assert parse_time(form, recordings.START_NS, recordings.START_NS + 10**12) > recordings.START_NS


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("import", "x"),
        ("import", "x", "--out", "y", "--chunk-events", "0"),
        ("import", "x", "--out", "y", "--chunk-events", "many"),
        ("import", "x", "--out", "y", "--pairs", "BTCUSDT"),
        ("import", "x", "--out", "y", "--category", "option"),
        ("import", "x", "--out", "y", "--infer-steps"),
        ("info",),
        ("export", "x"),
        ("export", "x", "--format", "xml"),
        ("cut", "x"),
    ],
)
def test_misuse_is_status_2_and_a_usage(rec: Command, arguments: tuple[str, ...]) -> None:
    said = rec(*arguments)
    assert said.status == 2
    assert said.err.startswith("usage: ttxt-rec")
    assert said.out == ""


def test_errors_are_one_line_and_status_1(tmp_path: Path) -> None:
    done = run("info", tmp_path / "none.bin")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"ttxt-rec: open {tmp_path / 'none.bin'}: No such file or directory (ENOENT)\n"


def test_a_name_with_a_line_end_stays_one_line(tmp_path: Path) -> None:
    done = run("verify", tmp_path / "a\nb\x1b[1m")
    assert len(done.stderr.splitlines()) == 1
    assert "a\\nb\\x1b[1m" in done.stderr


def test_through_a_program_from_capture_to_csv(tmp_path: Path) -> None:
    rows = bybit.preamble("spot") + bybit.received(bybit.SPOT, bybit.snapshot(), bybit.book(101, [("100.0", "0")]))
    capture = bybit.write_capture(tmp_path / "x.jsonl.zst", rows)
    done = run("import", capture, "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    done = run("export", tmp_path / "BYBIT_BTC_USDT.bin", "--format", "csv", "--types", "Orderbook")
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 1 + 10 + 1, "")
    assert done.stdout.splitlines()[-1].endswith(",false,101,100,200,bid,100.0,0.0")


@pytest.mark.parametrize("style", ["csv", "jsonl"])
def test_a_reader_that_has_enough_ends_it_quietly(path: Path, style: str) -> None:
    with subprocess.Popen(
        [*PROGRAM, "export", str(path), "--format", style], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline()
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait() == 0


def test_a_full_disk_under_the_output_is_one_line(path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("w") as output:
        done = subprocess.run(
            [*PROGRAM, "export", str(path), "--format", "csv"],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "ttxt-rec: write the output: No space left on device\n")


# -- progress --------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_over_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, terminal = ManualClock(), Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress("reading x", 200, clock=clock) as progress:
        progress.update(1)  # too soon to be worth it
        clock.advance_ns(200_000_000)
        progress.update(50)
        progress.update(51)
        clock.advance_ns(200_000_000)
        progress.update(500)
        progress.complain("something")
        progress.complain("else")
        clock.advance_ns(200_000_000)
        progress.update(120)
    erase = "\r\x1b[K"
    assert terminal.getvalue() == (
        f"{erase}reading x   25%{erase}reading x  100%{erase}ttxt-rec: something\nttxt-rec: else\n"
        f"{erase}reading x   60%{erase}"
    )


def test_progress_of_unknown_length_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, terminal = ManualClock(), Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress("reading x", 0, clock=clock) as progress:
        clock.advance_ns(200_000_000)
        progress.update(12_345)
    assert "reading x  12,345" in terminal.getvalue()


def test_progress_is_silent_where_stderr_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, output = ManualClock(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    with Progress("reading x", 10, clock=clock) as progress:
        clock.advance_ns(10**9)
        progress.update(5)
    assert output.getvalue() == ""


def test_what_a_terminal_would_act_on_is_spelled_out() -> None:
    assert printable("plain ½ text") == "plain ½ text"
    assert printable("a\nb\x1b[31m\x9b\u202e\ud800") == "a\\nb\\x1b[31m\\x9b\\u202e\\ud800"
