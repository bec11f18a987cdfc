"""Clocks: the system's, and those that are told the time."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS, Clock, ManualClock, ReplayClock, SystemClock


async def sleeping(clock: Clock, when_ns: int, woken: list[int]) -> None:
    await clock.sleep_until(when_ns)
    woken.append(when_ns)


async def test_the_system_clock_is_the_machines() -> None:
    clock: Clock = SystemClock()
    before = time.time_ns()
    assert before <= clock.now_ns() <= time.time_ns()
    assert clock.monotonic_ns() <= clock.monotonic_ns()
    await clock.sleep_until(clock.now_ns() + MILLISECOND_NS)
    assert clock.now_ns() >= before + MILLISECOND_NS
    await clock.sleep_until(0)


async def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock(5 * NANOSECONDS)
    assert clock.now_ns() == clock.monotonic_ns() == 5 * NANOSECONDS
    clock.advance_ns(7)
    assert clock.now_ns() == 5 * NANOSECONDS + 7
    clock.set_ns(3)
    assert clock.now_ns() == 3


async def test_sleepers_wake_when_their_time_has_come_in_its_order() -> None:
    clock = ManualClock()
    woken: list[int] = []
    tasks = [asyncio.create_task(sleeping(clock, when, woken)) for when in (30, 10, 20, 10, 40)]
    await asyncio.sleep(0)
    clock.set_ns(9)
    await asyncio.sleep(0)
    assert woken == []
    clock.set_ns(30)
    await asyncio.sleep(0)
    assert woken == [10, 10, 20, 30]
    clock.set_ns(5)
    clock.set_ns(40)
    await asyncio.gather(*tasks)
    assert woken == [10, 10, 20, 30, 40]


async def test_sleeping_until_a_time_that_has_passed_lets_others_run() -> None:
    clock = ReplayClock(100)
    woken: list[int] = []
    other = asyncio.create_task(sleeping(clock, 50, woken))
    await clock.sleep_until(100)
    await other
    assert woken == [50]


async def test_a_sleeper_that_was_cancelled_wakes_nobody() -> None:
    clock = ManualClock()
    woken: list[int] = []
    cancelled, other = (asyncio.create_task(sleeping(clock, 10, woken)) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    clock.set_ns(10)
    await other
    assert woken == [10]


@given(st.lists(st.integers(0, 1000), max_size=20), st.lists(st.integers(0, 200), max_size=20))
def test_sleepers_wake_in_order_however_time_moves(times: list[int], moves: list[int]) -> None:
    async def run() -> list[int]:
        clock = ManualClock()
        woken: list[int] = []
        tasks = [asyncio.create_task(sleeping(clock, when, woken)) for when in times]
        await asyncio.sleep(0)
        for move in moves:
            clock.advance_ns(move)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert sorted(woken) == sorted(when for when in times if when <= clock.now_ns())
        clock.advance_ns(1000)
        await asyncio.gather(*tasks)
        return woken

    woken = asyncio.run(run())
    assert woken == sorted(times)
