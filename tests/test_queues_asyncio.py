"""The queue inside one process: order, wake-ups, waiting publishers, closing, counters."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.market_events import ack, number_of, trade
from ttxt_core.errors import QueueClosedError, QueueError, QueueFullError
from ttxt_core.events import Event
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy, IQueue


def numbers(batch: list[Event[Any]]) -> list[int]:
    return [number_of(some) for some in batch]


def test_it_is_a_whole_queue() -> None:
    queue = AsyncioQueue(name="mine", capacity=7)
    assert isinstance(queue, IQueue)
    assert (queue.name, queue.capacity, queue.policy, len(queue)) == ("mine", 7, FullPolicy.BLOCK, 0)


def test_no_room_at_all_is_refused() -> None:
    with pytest.raises(QueueError, match="capacity is 0"):
        AsyncioQueue(capacity=0)


@given(st.lists(st.one_of(st.none(), st.integers(1, 5)), max_size=30), st.sampled_from(list(FullPolicy)))
def test_events_come_out_in_the_order_they_went_in(limits: list[int | None], policy: FullPolicy) -> None:
    queue = AsyncioQueue(capacity=100, policy=policy)
    taken: list[int] = []
    published = 0
    for limit in limits:
        for _ in range(3):
            queue.publish_nowait(trade(published) if published % 2 else ack(published))
            published += 1
        batch = queue.get_batch_nowait(limit)
        assert limit is None or len(batch) <= limit
        taken += numbers(batch)
    taken += numbers(queue.get_batch_nowait())
    assert taken == list(range(published))
    assert (queue.stats.published, queue.stats.delivered, queue.stats.dropped) == (published, published, 0)


@pytest.mark.parametrize("policy", [FullPolicy.BLOCK, FullPolicy.ERROR])
def test_full_is_an_error_for_who_can_not_wait(policy: FullPolicy) -> None:
    queue = AsyncioQueue(capacity=2, policy=policy, name="fills")
    queue.publish_nowait(trade(0))
    queue.publish_nowait(trade(1))
    with pytest.raises(QueueFullError, match="MarketTrades of bybit spot BTC/USDT to fills: 2 events wait"):
        queue.publish_nowait(trade(2))
    assert numbers(queue.get_batch_nowait()) == [0, 1]
    queue.publish_nowait(trade(3))
    assert queue.stats.published == 3


async def test_publish_under_error_does_not_wait() -> None:
    queue = AsyncioQueue(capacity=1, policy=FullPolicy.ERROR)
    await queue.publish(trade(0))
    with pytest.raises(QueueFullError):
        await queue.publish(trade(1))


async def test_one_wake_brings_the_whole_burst() -> None:
    queue = AsyncioQueue()
    consumer = asyncio.create_task(queue.get_batch())
    await asyncio.sleep(0)
    for number in range(50):
        queue.publish_nowait(trade(number))
    assert numbers(await consumer) == list(range(50))


async def test_a_waiting_publisher_goes_on_when_there_is_room() -> None:
    queue = AsyncioQueue(capacity=3)

    async def publish() -> None:
        for number in range(100):
            await queue.publish(trade(number))
        queue.close()

    publisher = asyncio.create_task(publish())
    taken = [number_of(some) async for some in queue]
    await publisher
    assert taken == list(range(100))
    assert queue.stats.highest == 3


async def test_several_waiting_publishers_all_get_in() -> None:
    queue = AsyncioQueue(capacity=1)
    publishers = [asyncio.create_task(queue.publish(trade(number))) for number in range(5)]
    taken: list[int] = []
    while len(taken) < 5:
        taken += numbers(await queue.get_batch())
    await asyncio.gather(*publishers)
    assert sorted(taken) == [0, 1, 2, 3, 4]


async def test_a_publisher_that_gives_up_leaves_no_trace() -> None:
    queue = AsyncioQueue(capacity=1)
    queue.publish_nowait(trade(0))
    publisher = asyncio.create_task(queue.publish(trade(1)))
    await asyncio.sleep(0)
    publisher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publisher
    assert numbers(queue.get_batch_nowait()) == [0]
    await queue.publish(trade(2))
    assert numbers(queue.get_batch_nowait()) == [2]


async def test_a_consumer_that_gives_up_loses_nothing() -> None:
    queue = AsyncioQueue()
    consumer = asyncio.create_task(queue.get_batch())
    await asyncio.sleep(0)
    queue.publish_nowait(trade(0))
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer
    assert numbers(await queue.get_batch()) == [0]


async def test_another_may_wait_after_a_consumer_gave_up() -> None:
    queue = AsyncioQueue()
    for _ in range(2):
        consumer = asyncio.create_task(queue.get_batch())
        await asyncio.sleep(0)
        consumer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await consumer
    consumer = asyncio.create_task(queue.get_batch())
    await asyncio.sleep(0)
    queue.publish_nowait(trade(0))
    assert numbers(await consumer) == [0]


async def test_a_second_waiting_consumer_is_refused() -> None:
    queue = AsyncioQueue(name="solo")
    consumer = asyncio.create_task(queue.get_batch())
    await asyncio.sleep(0)
    with pytest.raises(QueueError, match="solo: another consumer"):
        await queue.get_batch()
    queue.publish_nowait(trade(0))
    assert numbers(await consumer) == [0]


async def test_closing_lets_the_rest_out_then_ends() -> None:
    queue = AsyncioQueue(name="feed")
    queue.publish_nowait(trade(0))
    queue.close()
    queue.close()
    assert queue.is_closed
    with pytest.raises(QueueClosedError, match="feed: the queue is closed"):
        queue.publish_nowait(trade(1))
    assert numbers(await queue.get_batch()) == [0]
    with pytest.raises(QueueClosedError):
        await queue.get_batch()
    assert [some async for some in queue] == []


async def test_closing_wakes_both_ends() -> None:
    empty, full = AsyncioQueue(), AsyncioQueue(capacity=1)
    full.publish_nowait(trade(0))
    consumer = asyncio.create_task(empty.get_batch())
    publisher = asyncio.create_task(full.publish(trade(1)))
    await asyncio.sleep(0)
    empty.close()
    full.close()
    for task in (consumer, publisher):
        with pytest.raises(QueueClosedError):
            await task
    assert numbers(full.get_batch_nowait()) == [0]


@pytest.mark.parametrize("policy", [FullPolicy.DROP_OLDEST, FullPolicy.CONFLATE])
def test_closing_an_overflowing_queue_lets_the_rest_out(policy: FullPolicy) -> None:
    queue = AsyncioQueue(capacity=2, policy=policy)
    for number in range(4):
        queue.publish_nowait(trade(number))
    queue.close()
    with pytest.raises(QueueClosedError):
        queue.publish_nowait(trade(4))
    assert numbers(queue.get_batch_nowait()) == [1, 2, 3]
    with pytest.raises(QueueClosedError):
        queue.publish_nowait(trade(5))
