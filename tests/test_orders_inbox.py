"""What a simulated executor reads: market events and commands, each in its moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.orders_support import cancel, create, snapshot
from ttxt_core.errors import QueueClosedError
from ttxt_core.events import Event
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.orders.executor_inbox import ExecutorInbox
from ttxt_core.queues.asyncio_queue import AsyncioQueue


class Ends:
    """An inbox, and what goes in on either side."""

    def __init__(self) -> None:
        self.market = AsyncioQueue()
        self.commands = CommandLanes("executor")
        self.inbox = ExecutorInbox(self.market, self.commands)

    def put(self, *events: Event[Any]) -> None:
        for event in events:
            (self.market if type(event.data).__name__ == "Orderbook" else self.commands).publish_nowait(event)


def named(batch: list[Event[Any]]) -> list[str]:
    return [
        f"book {e.header.receive_time_ns}" if not hasattr(e.data, "client_order_id") else e.data.client_order_id
        for e in batch
    ]


def test_a_command_stands_between_what_was_received_before_and_after_it_was_made() -> None:
    ends = Ends()
    ends.put(create("a", at=2), create("c", at=9), cancel("b", at=2), *(snapshot(at=at) for at in (1, 2, 3)))
    assert named(ends.inbox.get_batch_nowait()) == ["book 1", "book 2", "b", "a", "book 3", "c"]
    assert ends.inbox.get_batch_nowait() == []


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=15), st.none() | st.integers(1, 4))
def test_nothing_is_lost_and_neither_side_changes_its_order(wanted: list[tuple[bool, int]], limit: int | None) -> None:
    ends = Ends()
    times = sorted(at for is_market, at in wanted if is_market)
    ends.put(*(snapshot(at=at) for at in times))
    ends.put(*(create(str(number), at=at) for number, (is_market, at) in enumerate(wanted) if not is_market))
    taken: list[Event[Any]] = []
    while batch := ends.inbox.get_batch_nowait(limit):
        assert limit is None or len(batch) <= limit
        taken += batch
    assert len(taken) == len(wanted)
    assert [e.header.receive_time_ns for e in taken if type(e.data).__name__ == "Orderbook"] == times
    if limit is None:
        for place, event in enumerate(taken):
            if type(event.data).__name__ == "CreateOrder":
                before = [e for e in taken[:place] if type(e.data).__name__ == "Orderbook"]
                assert len(before) == sum(at <= event.header.receive_time_ns for at in times)


async def test_it_wakes_for_either_side_and_waits_again() -> None:
    ends = Ends()
    for late, expected in ((create("a"), ["a"]), (snapshot(at=4), ["book 4"]), (cancel("b"), ["b"])):
        waiting = asyncio.create_task(ends.inbox.get_batch())
        await asyncio.sleep(0.0)
        assert not waiting.done()
        ends.put(late)
        assert named(await waiting) == expected


async def test_a_wait_that_is_given_up_loses_nothing() -> None:
    ends = Ends()
    waiting = asyncio.create_task(ends.inbox.get_batch())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    ends.put(snapshot(at=4), create("a", at=5))
    assert named(await ends.inbox.get_batch()) == ["book 4", "a"]


async def test_it_ends_with_the_market_after_what_waits() -> None:
    ends = Ends()
    ends.put(snapshot(at=4), create("a", at=5))
    ends.market.close()
    assert named(await ends.inbox.get_batch()) == ["book 4", "a"]
    with pytest.raises(QueueClosedError):
        await ends.inbox.get_batch()
