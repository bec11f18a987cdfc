"""The lanes of commands to one executor: what goes at once, what goes together, and that nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.orders_support import cancel, create
from ttxt_core.errors import QueueClosedError, QueueError
from ttxt_core.events import Event
from ttxt_core.orders.command_lanes import CommandLanes


def names(batch: list[Event[Any]]) -> list[str]:
    return [
        f"{type(event.data).__name__.removesuffix('Order').lower()} {event.data.client_order_id}" for event in batch
    ]


@asynccontextmanager
async def executing(lanes: CommandLanes) -> AsyncIterator[list[list[str]]]:
    """An executor of `lanes`, and what it was given, by groups."""
    given: list[list[str]] = []

    async def run() -> None:
        with suppress(QueueClosedError):
            while True:
                given.append(names(await lanes.get_batch()))

    lanes.serve_at_once(lambda batch: given.append(names(batch)))
    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    try:
        yield given
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_command_that_comes_to_a_waiting_executor_goes_in_the_callers_turn() -> None:
    lanes = CommandLanes("executor")
    async with executing(lanes) as given:
        lanes.publish_nowait(create("a"))
        assert given == [["create a"]]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        lanes.publish_nowait(cancel("a"))
        assert given == [["create a"], ["cancel a"]]
    assert (lanes.stats.published, lanes.stats.delivered) == (2, 2)


async def test_the_rest_of_a_turn_goes_together_with_cancels_first() -> None:
    lanes = CommandLanes("executor")
    async with executing(lanes) as given:
        for event in (create("a"), create("b"), cancel("old"), create("c"), cancel("c")):
            lanes.publish_nowait(event)
        assert given == [["create a"]]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert given[1:] == [["cancel old", "create b", "create c", "cancel c"]]


async def test_an_executor_that_is_busy_or_gone_is_handed_nothing() -> None:
    lanes = CommandLanes("executor")
    handed: list[Any] = []
    lanes.serve_at_once(handed.append)
    lanes.publish_nowait(create("before"))
    waiting = asyncio.create_task(lanes.get_batch())
    assert names(await waiting) == ["create before"]
    lanes.publish_nowait(create("busy"))
    lanes.get_batch_nowait()
    waiting = asyncio.create_task(lanes.get_batch())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    lanes.publish_nowait(create("gone"))
    assert handed == []
    assert names(lanes.get_batch_nowait()) == ["create gone"]


@pytest.mark.parametrize("state", ["closed", "paused"])
async def test_what_may_not_go_does_not_go_at_once_either(state: str) -> None:
    lanes = CommandLanes("executor")
    async with executing(lanes) as given:
        lanes.close() if state == "closed" else lanes.pause("it begins anew")
        with pytest.raises(QueueError, match="nothing was sent"):
            lanes.publish_nowait(create("a"))
        assert given == []


@given(st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=6), max_size=8))
def test_every_command_comes_out_once(turns: list[list[tuple[bool, int]]]) -> None:
    async def run() -> tuple[list[str], list[str]]:
        lanes = CommandLanes("executor")
        put: list[str] = []
        async with executing(lanes) as given:
            for turn in turns:
                for is_cancel, number in turn:
                    event = cancel(str(number)) if is_cancel else create(str(number))
                    lanes.publish_nowait(event)
                    put += names([event])
                await asyncio.sleep(0)
            for _ in range(3):
                await asyncio.sleep(0)
        return put, [name for batch in given for name in batch]

    put, taken = asyncio.run(run())
    assert sorted(taken) == sorted(put)
    assert [name for name in taken if "create" in name] == [name for name in put if "create" in name], "in their order"
