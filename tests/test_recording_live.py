"""A live recording holds what is said about the market, by types of others too, and plays it as it was."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.market_events import BTC, ack, wallet
from tests.recording_support import START_NS, instrument, market, own_events, read, with_source
from ttxt_core.clock import ManualClock, ReplayClock
from ttxt_core.events import Event, EventData, Source, UnknownEvent, register_event
from ttxt_core.events.registry import EventRegistry, registry
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.fanout import FanOut
from ttxt_core.recording.live_recording import LiveRecording
from ttxt_core.recording.pace import MAX_SPEED
from ttxt_core.recording.replayer import MarketDataReplayer


class Liquidation(EventData, frozen=True, tag="x-test-liquidation"):
    """An event type of somebody who uses the library."""

    price: float
    size: float
    note: str = ""


@pytest.fixture(autouse=True)
def own_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registered for these tests alone."""
    monkeypatch.setattr(registry, "_types", dict(registry._types))
    register_event(Liquidation, "x-test-liquidation")


async def recorded(folder: Path, events: list[Event[object]]) -> Path:
    """Publish `events` in a session that is recorded."""
    fan_out = FanOut()
    clock = ManualClock(START_NS)
    await fan_out.publish(instrument())
    recording = LiveRecording(fan_out, folder, clock=clock, errors=AsyncioQueue())
    running = asyncio.create_task(recording.run())
    for event in events:
        await fan_out.publish(event)
    recording.close()
    await running
    (path,) = recording.stats.files
    return path


def with_own(count: int = 40) -> list[Event[object]]:
    """A market with events of the own type between its own."""
    events: list[Event[object]] = []
    for event in market(count):
        events.append(event)
        events.append(Event(replace(event.header), Liquidation(99.5, 2.0, "long")))
    return events


async def test_events_of_others_types_are_recorded_and_played_as_the_same(tmp_path: Path) -> None:
    events = with_own()
    path = await recorded(tmp_path, events)
    assert read(path) == events
    queue = AsyncioQueue(capacity=1_000)
    replayer = MarketDataReplayer([path], queue, ReplayClock(), speed=MAX_SPEED, wall=ManualClock(START_NS))
    await replayer.run()
    replayer.stop()
    played = own_events(queue.get_batch_nowait(1_000))
    assert played == with_source(events, Source.REPLAY)
    assert sum(type(event.data) is Liquidation for event in played) == 40


async def test_orders_and_the_account_are_not_in_it(tmp_path: Path) -> None:
    events = market(10)
    path = await recorded(tmp_path, [*events[:5], ack(1), wallet(), *events[5:]])
    assert read(path) == events


async def test_a_type_that_is_only_registered_later_is_recorded_too(tmp_path: Path) -> None:
    class Later(EventData, frozen=True, tag="x-test-later"):
        value: int

    header = replace(market(1)[0].header, sequence=7)
    events: list[Event[object]] = [*market(3), Event(header, Later(5))]
    path = await recorded(tmp_path, events)
    (last,) = read(path)[3:]
    assert type(last.data) is UnknownEvent
    register_event(Later, "x-test-later")
    assert read(path)[3:] == events[3:]


async def test_who_does_not_know_the_type_keeps_it_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await recorded(tmp_path, with_own(5))
    known = {tag: cls for tag, cls in registry.types.items() if cls is not Liquidation}
    without = EventRegistry()
    without._types = known
    monkeypatch.setattr("ttxt_core.recording.codec.registry", without)
    kinds = [type(event.data) for event in read(path)]
    assert kinds.count(UnknownEvent) == 5
    assert {event.header.key for event in read(path)} == {BTC}
