"""Clients: the right method for each event, and errors that stop nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from tests.market_events import ack, delta, event, header, number_of, snapshot, trade
from ttxt_core.client import BaseClient, Handler, IEventHandler
from ttxt_core.events import (
    Event,
    EventData,
    EventLike,
    MarketTrades,
    Orderbook,
    UnknownEvent,
    register_event,
)
from ttxt_core.queues.asyncio_queue import AsyncioQueue


class Signal(EventData, frozen=True, tag="test-signal"):
    """An event type of a user's own."""

    strength: float


register_event(Signal, "test-signal")


class Recorder(BaseClient):
    """Notes what it is called with, and fails on trade 13."""

    def __init__(self, queue: AsyncioQueue) -> None:
        super().__init__(queue)
        self.calls: list[tuple[str, Event[Any]]] = []

    async def on_orderbook(self, event: Event[Orderbook]) -> None:
        self.calls.append(("orderbook", event))

    async def on_market_trades(self, event: Event[MarketTrades]) -> None:
        if number_of(event) == 13:
            raise ValueError("thirteen")
        await asyncio.sleep(0)
        self.calls.append(("trades", event))


class Strategy(Recorder):
    """Handles its own event type too."""

    def handlers(self) -> Mapping[type, Handler]:
        return {**super().handlers(), Signal: self.on_signal}

    async def on_signal(self, event: Event[Signal]) -> None:
        self.calls.append(("signal", event))


async def run(client: Recorder, events: list[Event[Any]]) -> list[tuple[str, Event[Any]]]:
    queue = client.consumer
    assert isinstance(queue, AsyncioQueue)
    for some in events:
        queue.publish_nowait(some)
    queue.close()
    await client.run()
    return client.calls


def test_there_is_a_method_for_every_built_in_event() -> None:
    def called(name: str) -> Handler:
        async def method(self: IEventHandler, event: Event[Any]) -> None:
            raise AssertionError(name)

        return method  # type: ignore[return-value]

    names = [name for name in vars(IEventHandler) if name.startswith("on_")]
    everything = type("Everything", (IEventHandler,), {name: called(name) for name in names})()
    handlers = everything.handlers()
    assert set(handlers) == set(get_args(EventLike))
    for kind, method in handlers.items():
        words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)
        with pytest.raises(AssertionError, match=f"^on{words}$"):
            asyncio.run(method(event(snapshot().data)))


def test_methods_that_are_not_overridden_are_not_called() -> None:
    assert set(Recorder(AsyncioQueue()).handlers()) == {Orderbook, MarketTrades}
    assert IEventHandler().handlers() == {}


async def test_each_event_goes_to_its_method_in_order() -> None:
    events = [snapshot(1), trade(1), ack(2), delta(2), event(Signal(0.5)), trade(3)]
    calls = await run(Recorder(AsyncioQueue()), events)
    assert calls == [
        ("orderbook", events[0]),
        ("trades", events[1]),
        ("orderbook", events[3]),
        ("trades", events[5]),
    ]


async def test_an_event_type_of_ones_own() -> None:
    signal = event(Signal(0.5))
    assert await run(Strategy(AsyncioQueue()), [signal, snapshot(1), event(Signal(1.0))]) == [
        ("signal", signal),
        ("orderbook", snapshot(1)),
        ("signal", event(Signal(1.0))),
    ]


async def test_a_method_of_a_base_class_counts() -> None:
    class Unknowns(Recorder):
        async def on_unknown_event(self, event: Event[UnknownEvent]) -> None:
            self.calls.append((event.data.tag, event))

    class Derived(Unknowns):
        pass

    unknown = Event(header(), UnknownEvent("zz", b"\x91\xa2zz"))
    assert await run(Derived(AsyncioQueue()), [unknown, trade(1)]) == [("zz", unknown), ("trades", trade(1))]


async def test_a_method_that_raises_stops_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        calls = await run(Recorder(AsyncioQueue()), [trade(12), trade(13), trade(14), snapshot(1)])
    assert [name for name, _ in calls] == ["trades", "trades", "orderbook"]
    (record,) = caplog.records
    assert record.getMessage() == (
        "Recorder could not handle MarketTrades of bybit spot BTC/USDT: ValueError('thirteen')"
    )
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)


async def test_errors_can_be_reported_elsewhere_and_may_end_the_run() -> None:
    class Strict(Recorder):
        async def on_error(self, event: Event[Any], error: Exception) -> None:
            self.calls.append(("error", event))
            raise error

    client = Strict(AsyncioQueue())
    with pytest.raises(ValueError, match="thirteen"):
        await run(client, [trade(12), trade(13), trade(14)])
    assert [name for name, _ in client.calls] == ["trades", "error"]


async def test_cancelling_ends_a_run_that_waits() -> None:
    client = Recorder(AsyncioQueue())
    task = asyncio.create_task(client.run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
