"""The workstation in a real pty of 200 × 60: what painting, keys and starting cost.

Also `python -m benchmarks.screen --minutes 10`: whether its memory is flat. The terminal is this process; the
workstation is another one, watched by `watched_workstation`, and its practice market a third.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import linear_regression, median
from typing import IO

import orjson
from msgspec import convert

from benchmarks.measure import Benchmark, Effort, Result, percentile
from benchmarks.pty_session import PtySession
from benchmarks.watched_workstation import Report, key_mark

_REPOSITORY = Path(__file__).resolve().parent.parent
_RATES = (1_000, 5_000)
_SLOW = 50_000
_FULL_PAINTS = 12
_PRICE = re.compile(rb"\d,\d{3}\.\d")
_BOOK_PRICES = 20
"""So many prices on screen are a ladder; the other panes together show fewer."""
_START_PATIENCE_S = 20.0
_ROUNDS = 1_667
"""Of three keys each: 5,000 keys, in some two minutes."""
_TYPING = (0.016, 0.031)
"""Seconds between two keys: as fast as no paste is."""
_BREATH_EVERY, _BREATH_S = 30, 0.15
"""Keys, and a pause. Two that come late come together, are taken for a paste, and so is all that follows at once."""
_KEY_MARK = re.compile(re.escape(key_mark(0)).replace(b"0", rb"(\d+)"))
_SETTLED_SHARE = 0.2
"""The part of a long run that is left out of the memory's slope."""


def frames(effort: Effort) -> list[Result]:
    """CPU time and bytes of a frame at 1,000 events a second, and of painting everything anew."""
    report = _watched(_seconds(effort), "--rate", "1000", "--full", str(_FULL_PAINTS))
    panes = sorted(report.pane_cpu.items(), key=lambda pane: -sum(pane[1]))
    return [
        Result("frame, steady", _ms(report.frame_cpu), "ms CPU", 5.0, note=f"{len(report.frame_cpu)} frames"),
        Result("  longest pane of a frame", _ms(report.stretch), "ms CPU", 3.0, note=f"p99 {_ms(report.stretch, 99)}"),
        *(
            Result(f"  {name}", _ms(costs), "ms CPU", note=f"painted in {len(costs) / report.frames:.0%} of frames")
            for name, costs in panes
        ),
        Result("frame, everything anew", _ms(report.full_cpu), "ms CPU", 10.0, note="every row of every pane"),
        Result("bytes of a frame", median(report.frame_bytes), "B", 16_384, note=f"most {max(report.frame_bytes):,}"),
    ]


def sessions(effort: Effort) -> list[Result]:
    """CPU share of a whole session, and the rates that it reached."""
    results = []
    for rate in _RATES:
        report = _watched(_seconds(effort), "--rate", str(rate))
        share = report.cpu / report.seconds / 1e7
        market = report.market_cpu / report.seconds / 1e7
        reached = f"reached {report.events / report.seconds:,.0f} events/s, {report.painted / report.seconds:.1f} fps"
        name = f"session, {rate:,} events/s asked"
        results += [
            Result(name, share, "% core", 35.0 if rate == _RATES[0] else None, note=reached),
            Result("  the practice market's process", market, "% core"),
        ]
    return results


def lag(effort: Effort) -> list[Result]:
    """How late the event loop is, on a terminal that keeps up and on one that drains 50 KB/s."""
    results = []
    for name, speed in (("event-loop lag, p99", None), (f"  terminal of {_SLOW // 1000} KB/s", _SLOW)):
        report = _watched(_seconds(effort), "--rate", "1000", "--lag", bytes_a_second=speed)
        note = f"p50 {_ms(report.lag, 50)}, {report.painted / report.seconds:.1f} fps, skipped {report.skipped}"
        results.append(Result(name, _ms(report.lag, 99), "ms", 20.0, note=note))
    return results


def keys_painted(effort: Effort) -> list[Result]:
    """From a cursor key typed to the ladder's cells on the terminal, at 1,000 events a second."""
    count = _keys(effort)

    def type_keys(terminal: PtySession) -> list[int]:
        return [_type(terminal, b"jk"[number // 6 % 2 :][:1], 0.02, 0.09) for number in range(count)]

    with _terminal(3_600, "--rate", "1000", keeps=True) as (terminal, _):
        typed = type_keys(terminal)
        time.sleep(0.5)
    shown = _marks(terminal)
    delays = [shown[number] - typed_ns for number, typed_ns in enumerate(typed) if number in shown]
    note = f"{len(delays)} of {count} keys"
    return [
        Result("key → painted, p50", _ms(delays, 50), "ms", note=note),
        Result("key → painted, p99", _ms(delays, 99), "ms", 50.0, note=note),
    ]


def keys_sent(effort: Effort) -> list[Result]:
    """From a key typed to its order or cancel sent, at 5,000 events a second."""
    rounds = _ROUNDS if effort.runs > 3 else 100
    # Stage at the bid or at the ask, send, cancel: what is filled on the way comes to no position over the limits.
    keys = [key for number in range(rounds) for key in (b"qp"[number % 2 :][:1], b"\r", b"c")]
    seconds = len(keys) * (sum(_TYPING) / 2 + 0.001 + _BREATH_S / _BREATH_EVERY) + 3
    with _terminal(seconds, "--rate", "5000") as (terminal, answers):
        typed = []
        for number, key in enumerate(keys):
            if number % _BREATH_EVERY == 0:
                time.sleep(_BREATH_S)
            typed.append(_type(terminal, key, *_TYPING))
        report = _report(answers)
    sent = [
        (key, typed_ns, read_ns, sent_ns)
        for key, typed_ns, (read_ns, _, sent_ns) in zip(keys, typed, report.keys, strict=False)
        if sent_ns
    ]
    results = []
    for name, wanted in (("key → order", b"\r"), ("key → cancel", b"c")):
        typed_to = [sent_ns - typed_ns for key, typed_ns, _, sent_ns in sent if key == wanted]
        read_to = [sent_ns - read_ns for key, _, read_ns, sent_ns in sent if key == wanted]
        note = f"p50 {_ms(typed_to, 50)}; from the bytes read {_ms(read_to, 50)}, p99 {_ms(read_to, 99)}"
        note = f"{len(typed_to):,} of {len(keys):,} keys, {note}; {report.events / report.seconds:,.0f} events/s"
        results.append(Result(f"{name}, p99", _ms(typed_to, 99), "ms", 5.0, note=note))
    return results


def cold_start(effort: Effort) -> list[Result]:
    """From starting the program to a ladder with prices on the terminal; byte code is compiled beforehand."""
    with tempfile.TemporaryDirectory() as home:
        _first_book(Path(home))
        taken = [_first_book(Path(home)) for _ in range(effort.runs)]
    wall, cpu = median(wall for wall, _ in taken), median(cpu for _, cpu in taken)
    return [Result("cold start to the first book", wall, "s", 1.0, note=f"{cpu:.2f} s CPU")]


def memory(effort: Effort) -> list[Result]:
    """Whether memory is flat; four minutes, or as long as `python -m benchmarks.screen --minutes` says."""
    return _memory(240 if effort.runs > 3 else 20)


BENCHMARKS: list[Benchmark] = [frames, sessions, lag, keys_painted, keys_sent, cold_start, memory]


def main() -> int:
    """A long run for the slope of the memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screen", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    for result in _memory(parser.parse_args().minutes * 60):
        print(f"{result.name}: {result.value:.2f} {result.unit} (≤ {result.target}); {result.note}")
    return 0


# -- running a workstation --------------------------------------------------------------------------------------


@contextmanager
def _terminal(
    seconds: float, *arguments: str, keeps: bool = False, bytes_a_second: int | None = None
) -> Iterator[tuple[PtySession, IO[str]]]:
    """A watched workstation after its warm-up, and where its report will come."""
    report, end = os.pipe()
    watched = (sys.executable, "-m", "benchmarks.watched_workstation", "--report", str(end), "--seconds", str(seconds))
    with tempfile.TemporaryDirectory() as home, os.fdopen(report) as answers:
        terminal = PtySession(
            (*watched, *arguments),
            home=Path(home),
            folder=_REPOSITORY,
            keeps=keeps,
            bytes_a_second=bytes_a_second,
            pass_fds=(end,),
        )
        os.close(end)
        with terminal:
            if answers.readline() != "ready\n":
                raise RuntimeError("the workstation did not start")
            yield terminal, answers


def _watched(seconds: float, *arguments: str, bytes_a_second: int | None = None) -> Report:
    with _terminal(seconds, *arguments, bytes_a_second=bytes_a_second) as (_, answers):
        return _report(answers)


def _report(answers: IO[str]) -> Report:
    return convert(orjson.loads(answers.readline()), Report)


def _type(terminal: PtySession, key: bytes, least_s: float, most_s: float) -> int:
    """Type one key; the pause before it is random, so that keys come at any point of a frame."""
    time.sleep(random.uniform(least_s, most_s))
    return terminal.type(key)


def _marks(terminal: PtySession) -> dict[int, int]:
    """Key → when the terminal had what it did to the ladder."""
    found: dict[int, int] = {}
    rest = b""
    for time_ns, data in terminal.chunks:
        rest += data
        for mark in _KEY_MARK.finditer(rest):
            found.setdefault(int(mark[1]), time_ns)
        rest = rest[-32:]
    return found


def _first_book(home: Path) -> tuple[float, float]:
    """Wall time and CPU time of one start, seconds."""
    command = (sys.executable, "-m", "ttxt_tui", "--seed", "7", "--rate", "1000")
    with PtySession(command, home=home, folder=_REPOSITORY, keeps=True) as terminal:
        written, seen = b"", 0
        while time.monotonic_ns() - terminal.started_ns < _START_PATIENCE_S * 1e9:
            time.sleep(0.002)
            for time_ns, data in terminal.chunks[seen:]:
                written, seen = written + data, seen + 1
                if len(_PRICE.findall(written)) >= _BOOK_PRICES:
                    return (time_ns - terminal.started_ns) / 1e9, terminal.cpu_seconds()
    raise RuntimeError("no book was painted")


def _memory(seconds: float) -> list[Result]:
    samples = _watched(seconds, "--rate", "1000", "--memory").rss
    settled = samples[int(len(samples) * _SETTLED_SHARE) :]
    slope = linear_regression([at for at, _ in settled], [size for _, size in settled]).slope * 60
    note = f"{seconds / 60:.1f} min; {samples[0][1]:.1f} MB at first, {samples[-1][1]:.1f} MB at last"
    return [Result("memory, slope", slope, "MB/min", 0.2, note=note)]


def _seconds(effort: Effort) -> float:
    return 20 if effort.runs > 3 else 6


def _keys(effort: Effort) -> int:
    return 1_000 if effort.runs > 3 else 100


def _ms(times_ns: list[int], percent: int = 50) -> float:
    """A percentile in milliseconds, to hundredths; the median when not said otherwise."""
    return round(percentile(times_ns, percent) / 1e6, 2) if times_ns else float("nan")


if __name__ == "__main__":
    sys.exit(main())
