"""Rate limits hold over any period, whoever waits goes by priority, and nobody waits without need."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.clock import NANOSECONDS, ManualClock
from ttxt_core.errors import ConfigError
from ttxt_core.web.requests import Priority
from ttxt_core.web.throttle import RateLimit, Throttler

SECOND = NANOSECONDS


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


async def advance(clock: ManualClock, to_ns: int) -> None:
    """Move the clock through every moment for which someone waits, up to `to_ns`."""
    await settle()
    while (due := [when for when, sleeper in clock._sleepers if not sleeper.done() and when <= to_ns]) and due:
        clock.set_ns(max(min(due), clock.now_ns()))
        await settle()
    clock.set_ns(to_ns)
    await settle()


@st.composite
def limits(draw: st.DrawFn) -> RateLimit:
    count = draw(st.integers(1, 20))
    return RateLimit("k", count, draw(st.sampled_from([0.5, 1.0, 5.0])), draw(st.integers(1, count)))


@given(limit=limits(), data=st.data())
def test_no_period_ever_takes_more_than_the_limit(limit: RateLimit, data: st.DataObject) -> None:
    requests = data.draw(
        st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(1, limit.count)), min_size=1, max_size=30)
    )
    passed: list[tuple[int, int]] = []

    async def run() -> None:
        clock = ManualClock()
        throttler = Throttler([limit], clock)

        async def ask(weight: int) -> None:
            await throttler.acquire(["k"], weight=weight)
            passed.append((clock.now_ns(), weight))

        tasks = []
        for gap_ns, weight in requests:
            await advance(clock, clock.now_ns() + gap_ns // 10)
            tasks.append(asyncio.create_task(ask(weight)))
        await advance(clock, clock.now_ns() + 10_000 * SECOND)
        assert all(task.done() for task in tasks)
        assert throttler.waiting == 0

    asyncio.run(run())
    period_ns = round(limit.per_s * SECOND)
    for start, _ in passed:
        taken = sum(weight for when, weight in passed if start <= when < start + period_ns)
        assert taken <= limit.count


@given(limit=limits(), number=st.integers(2, 60))
def test_those_who_wait_are_served_as_fast_as_the_limit_allows(limit: RateLimit, number: int) -> None:
    passed: list[int] = []

    async def run() -> None:
        clock = ManualClock()
        throttler = Throttler([limit], clock)

        async def ask() -> None:
            await throttler.acquire(["k"])
            passed.append(clock.now_ns())

        tasks = [asyncio.create_task(ask()) for _ in range(number)]
        await advance(clock, 10_000 * SECOND)
        assert all(task.done() for task in tasks)

    asyncio.run(run())
    assert limit.burst is not None
    interval_ns = -(-round(limit.per_s * SECOND) // (limit.count - limit.burst + 1))
    assert passed[: limit.burst] == [0] * min(limit.burst, number)
    assert all(after - before == interval_ns for before, after in pairwise(passed[limit.burst - 1 :]))


async def test_cancels_go_first_and_equals_go_by_arrival() -> None:
    clock, order = ManualClock(), []
    throttler = Throttler([RateLimit("all", 1, 1.0), RateLimit("orders", 100, 1.0, 100)], clock)
    await throttler.acquire(["all"])

    async def ask(name: str, priority: Priority, *keys: str) -> None:
        await throttler.acquire(keys, priority=priority)
        order.append(name)

    asked = [
        ("history", Priority.HISTORY, "all"),
        ("create 1", Priority.CREATE, "all", "orders"),
        ("query", Priority.QUERY, "all"),
        ("create 2", Priority.CREATE, "orders", "all"),
        ("amend", Priority.AMEND, "all", "orders"),
        ("cancel", Priority.CANCEL, "all", "orders"),
    ]
    tasks = []
    for name, priority, *keys in asked:
        tasks.append(asyncio.create_task(ask(name, priority, *keys)))
        await settle()
    await advance(clock, 100 * SECOND)
    assert order == ["cancel", "create 1", "create 2", "amend", "query", "history"]
    assert all(task.done() for task in tasks)


async def test_a_limit_that_is_full_does_not_hold_up_another() -> None:
    clock = ManualClock()
    throttler = Throttler([RateLimit("full", 1, 60.0), RateLimit("free", 5, 1.0)], clock)
    await throttler.acquire(["full"])
    waiting = asyncio.create_task(throttler.acquire(["full"], priority=Priority.CANCEL))
    await settle()
    await asyncio.wait_for(throttler.acquire(["free"], priority=Priority.HISTORY), 60)
    assert not waiting.done()
    await advance(clock, 61 * SECOND)
    assert waiting.done()


async def test_nobody_passes_one_who_waits_for_two_limits() -> None:
    clock = ManualClock()
    throttler = Throttler([RateLimit("slow", 1, 10.0), RateLimit("busy", 1, 1.0)], clock)
    await throttler.acquire(["slow", "busy"])
    first = asyncio.create_task(throttler.acquire(["slow", "busy"], priority=Priority.CREATE))
    await settle()
    later = asyncio.create_task(throttler.acquire(["busy"], priority=Priority.QUERY))
    await advance(clock, 9 * SECOND)
    assert not later.done()  # else a stream of queries could keep the order from ever being sent
    await advance(clock, 10 * SECOND)
    assert first.done()
    await advance(clock, 12 * SECOND)
    assert later.done()


async def test_who_waits_behind_another_keeps_its_claim_on_its_other_limits() -> None:
    clock = ManualClock()
    throttler = Throttler([RateLimit("slow", 1, 10.0), RateLimit("busy", 1, 1.0)], clock)
    await throttler.acquire(["slow"])
    wanted = ((["slow"], Priority.CANCEL), (["slow", "busy"], Priority.CREATE), (["busy"], Priority.QUERY))
    tasks = []
    for keys, priority in wanted:
        tasks.append(asyncio.create_task(throttler.acquire(keys, priority=priority)))
        await settle()
    await advance(clock, 5 * SECOND)
    assert [task.done() for task in tasks] == [False, False, False]
    await advance(clock, 30 * SECOND)
    assert all(task.done() for task in tasks)


async def test_headers_tighten_and_never_loosen() -> None:
    clock = ManualClock()
    throttler = Throttler([RateLimit("k", 10, 1.0, 5)], clock)
    throttler.correct("k", 9)
    assert throttler.delay_ns(["k"]) == 0
    throttler.correct("k", 0)
    delay = throttler.delay_ns(["k"])
    assert delay == -(-SECOND // 6)
    throttler.correct("k", 10)
    assert throttler.delay_ns(["k"]) == delay


async def test_a_hold_stops_what_waits_too_and_ends() -> None:
    clock = ManualClock()
    throttler = Throttler([RateLimit("k", 1, 1.0)], clock)
    await throttler.acquire(["k"])
    waiting = asyncio.create_task(throttler.acquire(["k"]))
    await settle()
    throttler.hold(["k"], 30.0)
    await advance(clock, 29 * SECOND)
    assert not waiting.done()
    assert throttler.delay_ns(["k"]) == SECOND
    await advance(clock, 30 * SECOND)
    assert waiting.done()


async def test_who_gives_up_waiting_is_not_counted_and_leaves_nothing_behind() -> None:
    clock = ManualClock()
    throttler = Throttler([RateLimit("k", 1, 1.0)], clock)
    await throttler.acquire(["k"])
    before = len(asyncio.all_tasks())
    waiting = [asyncio.create_task(throttler.acquire(["k"])) for _ in range(10)]
    await settle()
    for task in waiting[:9]:
        task.cancel()
    await advance(clock, SECOND)
    assert waiting[9].done()
    assert not waiting[9].cancelled()
    last = asyncio.create_task(throttler.acquire(["k"]))
    await settle()
    last.cancel()
    await settle()
    assert throttler.waiting == 0
    assert len(asyncio.all_tasks()) == before


async def test_calls_and_weights_are_counted_apart() -> None:
    clock = ManualClock()
    throttler = Throttler([RateLimit("weight", 100, 1.0, 100), RateLimit("calls", 2, 1.0, 2, counts_calls=True)], clock)
    await throttler.acquire(["weight", "calls"], weight=60)
    assert throttler.delay_ns(["weight"], weight=41) > 0
    assert throttler.delay_ns(["weight"], weight=40) == 0
    assert throttler.delay_ns(["calls"], weight=60) == 0
    await throttler.acquire(["calls"])
    assert throttler.delay_ns(["calls"]) > 0


async def test_what_could_never_pass_is_refused_at_once() -> None:
    throttler = Throttler([RateLimit("k", 5, 1.0)], ManualClock())
    with pytest.raises(ConfigError, match="6 asked, 5 allowed"):
        await throttler.acquire(["k"], weight=6)
    with pytest.raises(ConfigError, match=r"none of this name.*known: k"):
        await throttler.acquire(["other"])
    for wrong in (RateLimit("w", 0, 1.0), RateLimit("w", 5, 0.0), RateLimit("w", 5, 1.0, 6), RateLimit("w", 5, 1.0, 0)):
        with pytest.raises(ConfigError, match="rate limit w"):
            Throttler([wrong], ManualClock())
