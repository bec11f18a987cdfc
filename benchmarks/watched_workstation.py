"""`python -m benchmarks.watched_workstation`: the workstation in this terminal, watched from outside.

Owns the wrappers around it: the product has no hook for measuring. Says `ready` on the report's descriptor when the
warm-up is over, and its figures, one JSON object, at the end. Times are of the clock that every process shares.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from msgspec import Struct, field
from textual import events

from ttxt_core.events import Event, Source
from ttxt_core.session import practice
from ttxt_core.simulation.practice_process import PracticeProcess
from ttxt_core.simulation.simulator_settings import SimulatorSettings
from ttxt_tui.app import Workstation
from ttxt_tui.config.settings import Settings
from ttxt_tui.panes.live import LivePane
from ttxt_tui.theme.loader import load_theme
from ttxt_tui.theme.palette import Palette

_LAG_PROBE_S = 0.005
_RSS_EVERY_S = 1.0
_FULL_S = 0.4
"""Within this time everything has been painted anew."""
_THEME = "ttxt-dark"


class Report(Struct):
    """What was seen after the warm-up. Times in ns.

    Attributes:
        seconds: how long. cpu: of the process. market_cpu: of the one that makes the market.
        frames, painted, skipped: by the frame clock.
        frame_cpu: of each frame that painted. stretch: the longest time one pane held the loop in such a frame.
        pane_cpu: pane → each flush that painted. frame_bytes: written in and since the frame before.
        full_cpu, full_stretch: each time that everything was painted anew: all of it, and the longest part at once.
        events: published by the market. lag: how late the loop came to a waiting task.
        keys: of each key, when its bytes were read, when it was handled, when a command was sent (0: none).
        rss: of (time, MB).
    """

    seconds: float = 0.0
    cpu: int = 0
    market_cpu: int = 0
    frames: int = 0
    painted: int = 0
    skipped: int = 0
    frame_cpu: list[int] = field(default_factory=list)
    stretch: list[int] = field(default_factory=list)
    pane_cpu: dict[str, list[int]] = field(default_factory=dict)
    frame_bytes: list[int] = field(default_factory=list)
    full_cpu: list[int] = field(default_factory=list)
    full_stretch: list[int] = field(default_factory=list)
    events: int = 0
    lag: list[int] = field(default_factory=list)
    keys: list[tuple[int, int, int]] = field(default_factory=list)
    rss: list[tuple[float, float]] = field(default_factory=list)


def key_mark(number: int) -> bytes:
    """What is written right after the ladder was painted for key `number`: an OSC that terminals pass over."""
    return b"\x1b]7777;%d\x07" % number


class Watch:
    """Puts itself around an app's painting, keys and commands."""

    def __init__(self, app: Workstation) -> None:
        self.report = Report()
        self._app = app
        self._frame_cpu = 0
        self._frame_stretch = 0
        self._frame_painted = False
        self._bytes = 0
        self._unpainted: list[int] = []
        self._is_full = False
        self._full = [0]
        self._sent_ns = 0
        self._start_cpu = self._start_market_cpu = 0
        market = app.session.practice_market
        self._market_pid = market.pid if isinstance(market, PracticeProcess) else os.getpid()
        self._start_ns = 0

    def install(self) -> None:
        """Wrap everything; the app must be mounted."""
        app = self._app
        app.frames.frame = self._around_frame(app.frames.frame)  # type: ignore[method-assign]
        for pane in app.desk_screen.query(LivePane):  # type: ignore[type-abstract]
            pane.flush = self._around_flush(pane, pane.flush)  # type: ignore[method-assign]
        screen = app.desk_screen
        screen._compositor_refresh = self._around_paint(screen._compositor_refresh)  # type: ignore[method-assign]
        driver = app._driver
        assert driver is not None
        driver.write = self._around_write(driver.write)  # type: ignore[method-assign, assignment]
        app._take_key = self._around_key(app._take_key)  # type: ignore[method-assign, assignment]
        router = app.session.commands
        router.send = self._around_send(router.send)  # type: ignore[method-assign, assignment]
        events = app.session.events
        events.publish = self._around_publish(events.publish)  # type: ignore[method-assign, assignment]

    def begin(self) -> None:
        """Forget the warm-up."""
        self.report = Report()
        self._bytes = 0
        stats = self._app.frames.stats
        stats.frames = stats.painted = stats.skipped = 0
        self._start_ns, self._start_cpu = time.monotonic_ns(), time.process_time_ns()
        self._start_market_cpu = cpu_ns(self._market_pid)

    def end(self) -> Report:
        """The figures since `begin`."""
        report, stats = self.report, self._app.frames.stats
        report.seconds = (time.monotonic_ns() - self._start_ns) / 1e9
        report.cpu = time.process_time_ns() - self._start_cpu
        report.market_cpu = cpu_ns(self._market_pid) - self._start_market_cpu
        report.frames, report.painted, report.skipped = stats.frames, stats.painted, stats.skipped
        return report

    async def paint_all(self, times: int) -> None:
        """Paint everything anew, as after a change of size: every row of every pane, in styles that are known."""
        palettes = [Palette(load_theme(_THEME)) for _ in range(2)]
        for number in range(times):
            self._is_full = True
            self._full = [0]
            self._app.desk_screen.use_palette(palettes[number % 2])
            await asyncio.sleep(_FULL_S)
            self._is_full = False
            self.report.full_cpu.append(sum(self._full))
            self.report.full_stretch.append(max(self._full))

    async def watch_lag(self) -> None:
        """How late the loop comes to a task that waits; until cancelled."""
        while True:
            before = time.monotonic_ns()
            await asyncio.sleep(_LAG_PROBE_S)
            self.report.lag.append(max(time.monotonic_ns() - before - int(_LAG_PROBE_S * 1e9), 0))

    async def watch_rss(self) -> None:
        """Resident memory; until cancelled."""
        while True:
            self.report.rss.append((time.monotonic(), _rss_mb()))
            await asyncio.sleep(_RSS_EVERY_S)

    # -- around what the workstation does --------------------------------------------------------------------

    def _around_frame(self, frame: Callable[[], Any]) -> Callable[[], Any]:
        async def watched() -> None:
            self._frame_cpu = self._frame_stretch = 0
            self._frame_painted = False
            await frame()
            report = self.report
            if self._frame_painted and not self._is_full:
                report.frame_cpu.append(self._frame_cpu)
                report.stretch.append(self._frame_stretch)
                report.frame_bytes.append(self._bytes)
            self._bytes = 0

        return watched

    def _around_flush(self, pane: LivePane[Any], flush: Callable[[], bool]) -> Callable[[], bool]:
        name = pane.id or ""

        def watched() -> bool:
            before = time.thread_time_ns()
            painted = flush()
            taken = time.thread_time_ns() - before
            self._frame_cpu += taken
            self._frame_stretch = max(self._frame_stretch, taken)
            if painted:
                self._frame_painted = True
                if not self._is_full:
                    self.report.pane_cpu.setdefault(name, []).append(taken)
                if name == "ladder" and self._unpainted:
                    assert self._app._driver is not None
                    self._app._driver.write("".join(key_mark(number).decode() for number in self._unpainted))
                    self._unpainted.clear()
            return painted

        return watched

    def _around_paint(self, paint: Callable[[], None]) -> Callable[[], None]:
        """Around what Textual paints: everything, after a change of size or theme."""

        def watched() -> None:
            before = time.thread_time_ns()
            paint()
            self._full.append(time.thread_time_ns() - before)

        return watched

    def _around_write(self, write: Callable[[str], None]) -> Callable[[str], None]:
        def watched(text: str) -> None:
            self._bytes += len(text.encode())
            write(text)

        return watched

    def _around_key(self, take: Callable[[events.Key], bool]) -> Callable[[events.Key], bool]:
        def watched(event: events.Key) -> bool:
            self._sent_ns = 0
            self._unpainted.append(len(self.report.keys))
            handled_ns = time.monotonic_ns()
            try:
                return take(event)
            finally:
                self.report.keys.append((int(event.time * 1e9), handled_ns, self._sent_ns))

        return watched

    def _around_send(self, send: Callable[[Event[Any]], str | None]) -> Callable[[Event[Any]], str | None]:
        def watched(event: Event[Any]) -> str | None:
            refused = send(event)
            if refused is None:
                self._sent_ns = time.monotonic_ns()
            return refused

        return watched

    def _around_publish(self, publish: Callable[[Event[Any]], Any]) -> Callable[[Event[Any]], Any]:
        def watched(event: Event[Any]) -> Any:
            self.report.events += event.header.source is Source.PRACTICE
            return publish(event)

        return watched


def cpu_ns(pid: int) -> int:
    """CPU time of a process so far, in the system's ticks (10 ms); 0 where the system has no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.is_file():
        return 0
    after_name = stat.read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def _rss_mb() -> float:
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


async def _watch(app: Workstation, watch: Watch, arguments: argparse.Namespace) -> None:
    while app.workspace.market is None or app.workspace.market.book.mid is None:
        await asyncio.sleep(0.05)
    if not arguments.memory:
        watch.install()
    await asyncio.sleep(arguments.warm_up)
    others = [asyncio.create_task(watch.watch_rss())]
    if arguments.lag:
        others.append(asyncio.create_task(watch.watch_lag()))
    watch.begin()
    os.write(arguments.report, b"ready\n")
    await watch.paint_all(arguments.full)
    await asyncio.sleep(arguments.seconds)
    report = watch.end()
    for task in others:
        task.cancel()
    os.write(arguments.report, orjson.dumps(report_as_dict(report)) + b"\n")
    app.exit()


def report_as_dict(report: Report) -> dict[str, Any]:
    """All of `report`."""
    return {name: getattr(report, name) for name in report.__struct_fields__}


def main() -> int:
    """Run as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=int, required=True, help="descriptor that the figures are written to")
    parser.add_argument("--rate", type=float, default=1_000.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=5.0)
    parser.add_argument("--full", type=int, default=0, help="how often to paint everything anew")
    parser.add_argument("--lag", action="store_true", help="watch how late the loop is; costs a little itself")
    parser.add_argument("--memory", action="store_true", help="watch memory alone: the other figures take some")
    parser.add_argument("--profile", type=Path, help="write a profile of the time after the warm-up")
    arguments = parser.parse_args()
    session = practice(seed=7, rate=arguments.rate, simulator=SimulatorSettings(seed=7), own_process=True)
    app = Workstation(session, Settings(), load_theme(_THEME))
    watch = Watch(app)
    tasks: list[asyncio.Task[None]] = []

    def begin() -> None:
        tasks.append(asyncio.get_running_loop().create_task(_watch(app, watch, arguments)))

    app.call_later(begin)
    if arguments.profile:
        import cProfile

        profile = cProfile.Profile()
        profile.runcall(app.run)
        profile.dump_stats(arguments.profile)
    else:
        app.run()
    gc.unfreeze()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
