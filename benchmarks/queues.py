"""Queues: what it costs to hand an event on."""

from __future__ import annotations

import asyncio
from typing import Any

from benchmarks.measure import Benchmark, Effort, Result, cpu_us, cpu_us_awaiting, take_turns
from benchmarks.traffic import traffic
from ttxt_core.events import Event
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.base import FullPolicy
from ttxt_core.queues.fanout import FanOut

_BATCH = 20
"""Events that wait when a consumer comes: some 4 ms of a busy market."""
_CONSUMERS = 3


def queue(effort: Effort) -> list[Result]:
    """One queue: events handed in by 20 and taken out together, without and with waiting."""
    events = traffic().events()
    taken = take_turns(
        {
            "publish_nowait": lambda: _direct(events),
            "publish": lambda: asyncio.run(_awaited(events)),
            "asyncio.Queue": lambda: asyncio.run(_plain_queue(events)),
        },
        effort.runs,
    )
    ours = taken["publish_nowait"].median
    plain = taken["asyncio.Queue"].median
    return [
        Result("queue: publish_nowait and drain", ours, "µs CPU", note=f"an event, batches of {_BATCH}"),
        Result("queue: await publish and get_batch", taken["publish"].median, "µs CPU", note="likewise"),
        Result("  plain: asyncio.Queue", plain, "µs CPU", note=f"{plain / ours:.1f}× ours; one by one"),
    ]


def fan_out(effort: Effort) -> list[Result]:
    """One event to three mailboxes, each drained by 20, without and with the kept books."""
    now = traffic()
    events = now.events()
    taken = take_turns(
        {
            "no books": lambda: _fan_out(events, keeps_books=False),
            "books": lambda: _fan_out(events, keeps_books=True),
            "await": lambda: asyncio.run(_fan_out_awaited(events)),
        },
        effort.runs,
    )
    return [
        Result("fan-out of 3: publish_nowait and drain", taken["no books"].median, "µs CPU", note="an event"),
        Result("fan-out of 3: await publish and drain", taken["await"].median, "µs CPU", note="an event"),
        Result("fan-out of 3, books kept", taken["books"].median, "µs CPU", note=f"an event, {now.origin}"),
    ]


BENCHMARKS: list[Benchmark] = [queue, fan_out]


def _batches(events: list[Event[Any]]) -> list[list[Event[Any]]]:
    return [events[start : start + _BATCH] for start in range(0, len(events), _BATCH)]


def _direct(events: list[Event[Any]]) -> float:
    line = AsyncioQueue()
    batches = _batches(events)

    def run() -> None:
        for batch in batches:
            for event in batch:
                line.publish_nowait(event)
            line.get_batch_nowait()

    return cpu_us(run, len(events))


async def _awaited(events: list[Event[Any]]) -> float:
    line = AsyncioQueue()
    batches = _batches(events)

    async def run() -> None:
        for batch in batches:
            for event in batch:
                await line.publish(event)
            await line.get_batch()

    return await cpu_us_awaiting(run(), len(events))


async def _plain_queue(events: list[Event[Any]]) -> float:
    line: asyncio.Queue[Event[Any]] = asyncio.Queue()
    batches = _batches(events)

    async def run() -> None:
        for batch in batches:
            for event in batch:
                await line.put(event)
            for _ in batch:
                await line.get()

    return await cpu_us_awaiting(run(), len(events))


def _fan_out(events: list[Event[Any]], *, keeps_books: bool) -> float:
    fan = FanOut(keeps_books=keeps_books)
    mailboxes = [fan.subscribe(str(number)) for number in range(_CONSUMERS)]
    batches = _batches(events)

    def run() -> None:
        for batch in batches:
            for event in batch:
                fan.publish_nowait(event)
            for mailbox in mailboxes:
                mailbox.get_batch_nowait()

    return cpu_us(run, len(events))


async def _fan_out_awaited(events: list[Event[Any]]) -> float:
    """As a session has it: one consumer is waited for, the others conflate."""
    fan = FanOut(keeps_books=False)
    policies = [FullPolicy.BLOCK, *[FullPolicy.CONFLATE] * (_CONSUMERS - 1)]
    mailboxes = [fan.subscribe(str(number), policy=policy) for number, policy in enumerate(policies)]
    batches = _batches(events)

    async def run() -> None:
        for batch in batches:
            for event in batch:
                await fan.publish(event)
            for mailbox in mailboxes:
                mailbox.get_batch_nowait()

    return await cpu_us_awaiting(run(), len(events))
