"""When the garbage collector works: in pauses, never while somebody types."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ttxt_tui import garbage
from ttxt_tui.garbage import collect_in_pauses


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was slept; no time passes."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await real(0)

    real = asyncio.sleep
    monkeypatch.setattr(garbage.asyncio, "sleep", sleep)
    return slept


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch, naps: list[float]) -> list[float]:
    """When it collected, in seconds since the start."""
    times: list[float] = []
    monkeypatch.setattr(gc, "collect", lambda: times.append(sum(naps)))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    return times


@asynccontextmanager
async def collecting(idle_s: Callable[[], float]) -> AsyncIterator[None]:
    task = asyncio.create_task(collect_in_pauses(idle_s))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if is_so():
            return
        await asyncio.tasks.sleep(0)
    raise AssertionError("it never came to that")


async def test_it_collects_once_it_has_settled_and_then_every_minute(collected: list[float], naps: list[float]) -> None:
    async with collecting(lambda: 100.0):
        await until(lambda: len(collected) >= 4)
        assert not gc.isenabled()
    assert collected[:4] == [3.0, 63.0, 123.0, 183.0]
    assert gc.isenabled()


async def test_it_waits_for_who_types_but_not_for_ever(collected: list[float], naps: list[float]) -> None:
    async with collecting(lambda: 10.0 if 100 < sum(naps) < 300 else 0.1):
        await until(lambda: len(collected) >= 5)
    settled, first, second, third, fourth = collected[:5]
    assert (settled, first) == (3.0, 101.0), "not at 63: keys were pressed until 100"
    assert (second, third) == (161.0, 221.0)
    assert fourth == 281.0
    async with collecting(lambda: 0.0):
        begin = len(collected)
        await until(lambda: len(collected) >= begin + 2)
    assert collected[begin + 1] - collected[begin] == garbage.LATEST_S
