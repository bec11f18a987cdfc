"""The frame clock: its pace, its order, and that it asks nobody while the terminal is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS, ManualClock
from ttxt_tui.frame import BLURRED_RATE, MAX_QUEUED_WRITES, FrameClock


class Pane:
    """Notes when it is asked to paint."""

    def __init__(self, name: str, seen: list[str], *, paints: bool = True) -> None:
        self.name = name
        self.seen = seen
        self.paints = paints

    def flush(self) -> bool:
        self.seen.append(self.name)
        return self.paints


class Terminal:
    """How many writes wait for it."""

    waiting = 0

    def queued(self) -> int:
        return self.waiting


def frame_clock(panes: list[Pane], clock: ManualClock | None = None) -> tuple[FrameClock, Terminal]:
    terminal = Terminal()
    return FrameClock(lambda: panes, terminal.queued, clock or ManualClock()), terminal


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Callable[[ManualClock], list[float]]:
    """Makes sleeping move a manual clock, and notes for how long."""

    def on(clock: ManualClock) -> list[float]:
        naps: list[float] = []
        really_sleep = asyncio.sleep

        async def sleep(seconds: float) -> None:
            naps.append(seconds)
            clock.advance_ns(round(seconds * NANOSECONDS))
            await really_sleep(0)

        monkeypatch.setattr("ttxt_tui.frame.asyncio.sleep", sleep)
        return naps

    return on


async def run_frames(clock: FrameClock, frames: int) -> None:
    """Let `clock` run for so many frames."""
    task = asyncio.create_task(clock.run())
    while clock.stats.frames < frames:
        await asyncio.get_running_loop().create_task(_turn())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _turn() -> None:
    """One turn of the loop."""


@pytest.mark.parametrize(("blurred", "rate"), [(False, 20.0), (True, BLURRED_RATE)])
async def test_frames_come_at_the_rate(
    slept: Callable[[ManualClock], list[float]], *, blurred: bool, rate: float
) -> None:
    clock = ManualClock()
    frames, _ = frame_clock([], clock)
    frames.blurred = blurred
    naps = slept(clock)
    began: list[int] = []
    frames.before_frame = began.append
    await run_frames(frames, 11)
    steps = {after - before for before, after in pairwise(began)}
    assert steps == {round(NANOSECONDS / rate)}
    assert set(naps) == {1 / rate}


async def test_what_painting_took_comes_off_the_pause(slept: Callable[[ManualClock], list[float]]) -> None:
    clock = ManualClock()

    class Slow(Pane):
        def flush(self) -> bool:
            clock.advance_ns(20 * MILLISECOND_NS)
            return super().flush()

    frames, _ = frame_clock([Slow("slow", [], paints=False)], clock)
    naps = slept(clock)
    await run_frames(frames, 3)
    assert naps[:2] == [0.03, 0.03]


async def test_a_frame_that_takes_too_long_is_not_caught_up_with(slept: Callable[[ManualClock], list[float]]) -> None:
    clock = ManualClock()
    taken = [200, 1, 1]

    class Stuck(Pane):
        def flush(self) -> bool:
            clock.advance_ns(taken.pop(0) * MILLISECOND_NS if taken else 0)
            return super().flush()

    frames, _ = frame_clock([Stuck("stuck", [], paints=False)], clock)
    naps = slept(clock)
    await run_frames(frames, 3)
    assert naps[:2] == [0.0, 0.049], "one late frame, then the usual pace: no burst"


async def test_panes_are_asked_in_order_and_the_loop_has_its_turn_after_each_that_painted() -> None:
    seen: list[str] = []
    panes = [Pane("one", seen), Pane("idle", seen, paints=False), Pane("two", seen)]
    frames, _ = frame_clock(panes)
    other_done = asyncio.Event()

    async def other() -> None:
        for _ in range(3):
            seen.append("·")
            await asyncio.sleep(0)
        other_done.set()

    task = asyncio.create_task(other())
    await frames.frame()
    await other_done.wait()
    await task
    assert seen == ["one", "·", "idle", "two", "·", "·"]
    assert (frames.stats.frames, frames.stats.painted, frames.stats.skipped) == (1, 1, 0)


async def test_a_frame_in_which_nothing_changed_is_not_counted_as_painted() -> None:
    frames, _ = frame_clock([Pane("idle", [], paints=False)])
    await frames.frame()
    assert (frames.stats.frames, frames.stats.painted) == (1, 0)


async def test_nobody_is_asked_while_the_terminal_is_behind() -> None:
    seen: list[str] = []
    frames, terminal = frame_clock([Pane("one", seen), Pane("two", seen)])
    times: list[int] = []
    frames.before_frame = times.append
    terminal.waiting = MAX_QUEUED_WRITES + 1
    await frames.frame()
    assert seen == []
    assert frames.stats.skipped == 1
    assert times == [0], "time-outs are looked at all the same"
    terminal.waiting = MAX_QUEUED_WRITES
    await frames.frame()
    assert seen == ["one", "two"]


async def test_a_frame_stops_where_the_terminal_falls_behind() -> None:
    seen: list[str] = []
    terminal_of: list[Terminal] = []

    class Heavy(Pane):
        def flush(self) -> bool:
            terminal_of[0].waiting = MAX_QUEUED_WRITES + 1
            return super().flush()

    frames, terminal = frame_clock([Heavy("heavy", seen), Pane("after", seen)])
    terminal_of.append(terminal)
    await frames.frame()
    assert seen == ["heavy"]
    assert (frames.stats.painted, frames.stats.skipped) == (1, 1)


def test_what_a_key_touched_is_painted_at_once_but_not_on_a_terminal_that_is_behind() -> None:
    seen: list[str] = []
    ladder = Pane("ladder", seen)
    frames, terminal = frame_clock([])
    frames.flush_now(ladder, Pane("prompt", seen))
    assert seen == ["ladder", "prompt"]
    terminal.waiting = MAX_QUEUED_WRITES + 1
    frames.flush_now(ladder)
    assert seen == ["ladder", "prompt"]


def test_how_long_the_terminal_has_been_behind() -> None:
    clock = ManualClock()
    frames, terminal = frame_clock([], clock)
    assert frames.can_paint()
    assert frames.behind_ns == 0
    terminal.waiting = 1
    assert frames.can_paint(), "one write on its way is no delay"
    clock.advance_ns(700 * MILLISECOND_NS)
    terminal.waiting = MAX_QUEUED_WRITES + 1
    assert not frames.can_paint()
    assert frames.behind_ns == 700 * MILLISECOND_NS
    terminal.waiting = 0
    assert frames.behind_ns == 0
    terminal.waiting = 2
    frames.can_paint()
    clock.advance_ns(MILLISECOND_NS)
    assert frames.behind_ns == MILLISECOND_NS, "counted anew after it had caught up"
