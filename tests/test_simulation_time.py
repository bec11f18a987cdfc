"""Latency, races, quiet markets, attempts, and the actor on its queues."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.simulation_desk import ASKS, BIDS, LINEAR, MS, SPEC, Desk, settings
from ttxt_core.clock import ManualClock
from ttxt_core.events import (
    CancelOrder,
    CreateOrder,
    Event,
    Fill,
    MessageHeader,
    Orderbook,
    OrderType,
    PositionUpdate,
    ResetReason,
    Side,
    StreamReset,
    Wallet,
)
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.simulation.exchange_simulator import ExchangeSimulator
from ttxt_core.simulation.simulator_settings import Latency

D = Decimal
EXACT_LATENCY = Latency(place_ns=50 * MS, amend_ns=30 * MS, cancel_ns=20 * MS, jitter_ns=0)


@pytest.fixture
def desk() -> Desk:
    desk = Desk(latency=EXACT_LATENCY)
    desk.book()
    return desk


def test_a_command_takes_effect_when_market_time_passes_its_arrival(desk):
    order = desk.buy("1", "99.0")
    assert desk.news == []
    desk.ms += 49
    desk.trade(100.1, 1.0, Side.BUY)
    assert desk.news == []
    desk.ms += 1
    desk.trade(100.1, 1.0, Side.BUY)
    assert desk.states(order) == ["new"]
    assert {event.header.receive_time_ns for event in desk.news} == {1_050 * MS}


def test_a_quiet_market_is_moved_by_the_clock(desk):
    order = desk.buy("1", "99.0")
    assert desk.simulator.next_due_ns == 1_050 * MS
    desk.pass_ms(200)
    assert desk.states(order) == ["new"]
    assert {event.header.receive_time_ns for event in desk.news} == {1_050 * MS}
    assert desk.simulator.next_due_ns is None


def test_an_order_meets_the_book_of_its_arrival_not_of_its_sending(desk):
    order = desk.buy("1", "100.1", post_only=True)
    desk.ms += 10
    desk.delta(asks=[(100.1, 0.0)])
    desk.pass_ms(100)
    assert desk.states(order) == ["new"]
    late = desk.buy("1", "100.1", post_only=True)
    desk.ms += 10
    desk.delta(asks=[(100.1, 5.0)])
    desk.pass_ms(100)
    assert desk.states(late) == []
    assert desk.refusal(late).startswith("post-only would take")


def test_a_fill_wins_against_a_cancel_that_is_under_way(desk):
    order = desk.buy("1", "100.0")
    desk.pass_ms(50)
    desk.cancel(order)
    desk.ms += 19
    desk.trade(99.9, 5.0, Side.SELL)
    assert desk.states(order) == ["new", "filled"]
    desk.pass_ms(1)
    assert desk.refusal(order) == "the order is already filled"


def test_a_cancel_that_arrived_wins_against_a_later_trade(desk):
    order = desk.buy("1", "100.0")
    desk.pass_ms(50)
    desk.cancel(order)
    desk.ms += 20
    desk.trade(99.9, 5.0, Side.SELL)
    assert desk.states(order) == ["new", "canceled"]


def test_a_partial_fill_before_an_amend_counts_against_the_new_total(desk):
    order = desk.buy("3", "100.0")
    desk.pass_ms(50)
    desk.amend(order, quantity="2")
    desk.ms += 10
    desk.trade(99.9, 1.0, Side.SELL)
    desk.pass_ms(50)
    assert (desk.last(order).quantity, desk.last(order).filled_quantity) == (2, 1)


def test_a_quick_cancel_never_overtakes_its_own_order(desk):
    order = desk.buy("1", "99.0")
    desk.ms += 1
    desk.cancel(order)  # 20 ms would bring it there before the order
    desk.pass_ms(100)
    assert desk.states(order) == ["new", "canceled"]


def test_commands_on_other_orders_do_overtake(desk):
    first = desk.buy("1", "99.0")
    desk.pass_ms(50)
    slow = desk.buy("1", "98.0")
    desk.cancel(first)
    desk.pass_ms(100)
    acks = [event.data.client_order_id for event in desk.news if type(event.data).__name__ == "OrderAck"]
    assert acks == [first, slow]


def test_jitter_stays_within_its_bounds_and_comes_from_the_seed():
    def arrivals(seed: int) -> list[int]:
        desk = Desk(latency=Latency(), seed=seed)
        times = []
        for _ in range(200):
            desk.buy("1", "99.0")
            times.append(desk.simulator.next_due_ns - desk.ms * MS)
            desk.pass_ms(1_000)
        return times

    one = arrivals(1)
    assert all(40 * MS <= time <= 60 * MS for time in one)
    assert max(one) - min(one) > 15 * MS
    assert arrivals(1) == one
    assert arrivals(2) != one


def test_time_never_runs_backwards(desk):
    desk.ms = 2_000
    desk.trade(100.1, 1.0, Side.BUY)
    desk.ms = 1_500
    order = desk.buy("1", "99.0")
    assert desk.simulator.next_due_ns == 2_050 * MS
    desk.pass_ms(600)
    assert desk.states(order) == ["new"]
    desk.ms = 1_700
    desk.trade(98.0, 1.0, Side.SELL)
    assert desk.states(order) == ["new", "filled"]
    assert {event.header.receive_time_ns for event in desk.news} == {2_100 * MS}


# -- attempts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [ResetReason.SEEK, ResetReason.SESSION])
def test_a_seek_begins_a_new_attempt_as_at_the_start(desk, reason):
    desk.buy("2")
    resting = desk.buy("1", "99.0")
    desk.pass_ms(100)
    under_way = desk.buy("1", "98.0")
    desk.ms = 10  # a seek goes back
    wallet, position = desk.send(StreamReset(reason), LINEAR._replace(category="", pair=""))
    assert isinstance(wallet, Wallet)
    assert wallet.is_snapshot
    assert {(b.currency, b.total, b.free, b.held) for b in wallet.balances} == {
        ("USDT", 100_000, 100_000, 0),
        ("BTC", 10, 10, 0),
    }
    assert isinstance(position, PositionUpdate)
    assert (position.quantity, position.realised_pnl, position.fees) == (0, 0, 0)
    assert {event.header.receive_time_ns for event in desk.news} == {10 * MS}
    desk.pass_ms(100)
    assert desk.states(under_way) == []
    desk.cancel(resting)
    desk.pass_ms(100)
    assert desk.refusal(resting) == "unknown order"
    assert desk.simulator.attempt == 2


def test_after_a_seek_the_book_is_unknown_but_the_instrument_is_not(desk):
    desk.send(StreamReset(ResetReason.SEEK))
    order = desk.buy("1")
    desk.pass_ms(100)
    assert "the book is syncing" in desk.refusal(order)
    desk.book()
    order = desk.buy("1")
    desk.pass_ms(100)
    assert desk.filled(order) == 1


def test_ids_of_attempts_differ_and_latencies_repeat():
    desk = Desk(latency=Latency())
    desk.book()
    due, ids = [], []
    for attempt in (1, 2):
        desk.ms = 5_000
        order = desk.buy("1", client_order_id=f"{attempt:032x}")
        due.append(desk.simulator.next_due_ns)
        desk.pass_ms(100)
        ids += [fill.execution_id for fill in desk.all(Fill, order)]
        desk.ms = 4_000
        desk.send(StreamReset(ResetReason.SEEK))
        desk.book()
    assert due[0] == due[1]
    assert len(set(ids)) == 2


def test_a_reconnect_voids_the_book_and_keeps_orders_and_money(desk):
    order = desk.buy("1", "100.0")
    desk.pass_ms(50)
    held = desk.balances()["USDT"]
    assert desk.send(StreamReset(ResetReason.RECONNECT), LINEAR._replace(category="", pair="")) == []
    desk.trade(99.0, 5.0, Side.SELL)
    assert desk.fills(order) == []
    assert desk.balances()["USDT"] == held
    desk.book(BIDS, ASKS)
    desk.trade(99.0, 5.0, Side.SELL)
    assert desk.filled(order) == 1


def test_a_reconnect_of_another_venue_or_category_is_not_ours(desk):
    order = desk.buy("1", "100.0")
    desk.pass_ms(50)
    desk.send(StreamReset(ResetReason.RECONNECT), LINEAR._replace(category="spot", pair=""))
    desk.send(StreamReset(ResetReason.RECONNECT), LINEAR._replace(venue="elsewhere"))
    desk.trade(99.0, 5.0, Side.SELL)
    assert desk.filled(order) == 1


def test_events_of_other_venues_and_own_reports_are_left_alone(desk):
    other = LINEAR._replace(venue="elsewhere")
    assert desk.send(SPEC, other) == []
    assert desk.send(Orderbook(BIDS, ASKS, True, 1), other) == []
    desk.buy("1")
    for event in desk.pass_ms(100):
        assert desk.send(event) == []


# -- the actor ---------------------------------------------------------------------------------------------


def header(time_ns: int) -> MessageHeader:
    return MessageHeader(*LINEAR, time_ns, time_ns)


def limit_buy(time_ns: int, number: int = 1) -> Event[CreateOrder]:
    command = CreateOrder("simulator", f"{number:032x}", Side.BUY, OrderType.LIMIT, D(1), D("99.0"))
    return Event(header(time_ns), command)


class Running:
    """The simulator as a task between two queues."""

    def __init__(self) -> None:
        self.clock = ManualClock(1_000 * MS)
        self.inward, self.outward = AsyncioQueue(), AsyncioQueue()
        given = settings(latency=EXACT_LATENCY)
        simulator = ExchangeSimulator(self.inward, self.outward, self.clock, LINEAR.venue, given)
        self.task = asyncio.create_task(simulator.run())
        for data in (SPEC, Orderbook(BIDS, ASKS, True, 1)):
            self.inward.publish_nowait(Event(header(1_000 * MS), data))

    async def names(self) -> list[str]:
        for _ in range(10):
            await asyncio.sleep(0)
        return [type(event.data).__name__ for event in self.outward.get_batch_nowait()]


async def test_the_actor_reports_its_start_and_answers_commands_when_the_clock_gets_there():
    running = Running()
    assert await running.names() == ["Wallet", "PositionUpdate"]
    running.inward.publish_nowait(limit_buy(1_000 * MS))
    assert await running.names() == []
    running.clock.advance_ns(49 * MS)
    assert await running.names() == []
    running.clock.advance_ns(1 * MS)
    assert await running.names() == ["OrderAck", "OrderUpdate", "Wallet"]
    running.inward.publish_nowait(Event(header(1_060 * MS), CancelOrder("simulator", f"{1:032x}")))
    assert await running.names() == []
    running.clock.advance_ns(100 * MS)
    assert await running.names() == ["OrderAck", "OrderUpdate", "Wallet"]
    running.inward.close()
    await asyncio.wait_for(running.task, 60)


async def test_events_that_wait_go_before_commands_that_the_clock_made_due():
    running = Running()
    await running.names()
    running.inward.publish_nowait(limit_buy(1_000 * MS))
    await running.names()
    running.clock.advance_ns(60 * MS)
    running.inward.publish_nowait(Event(header(1_020 * MS), Orderbook([], [(98.0, 1.0)], True, 2)))
    assert await running.names() == [
        "OrderAck",
        "OrderUpdate",
        "Fill",
        "OrderUpdate",
        "PositionUpdate",
        "Wallet",
    ]
    running.task.cancel()


async def test_the_actor_ends_with_its_queue_and_leaves_no_task_behind():
    running = Running()
    await running.names()
    running.inward.publish_nowait(limit_buy(1_000 * MS))
    await running.names()
    running.inward.close()
    await asyncio.wait_for(running.task, 60)
    await asyncio.sleep(0)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert others == set()


async def test_a_cancelled_actor_leaves_no_task_behind():
    running = Running()
    await running.names()
    running.inward.publish_nowait(limit_buy(1_000 * MS))
    await running.names()
    running.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running.task
    await asyncio.sleep(0)
    assert asyncio.all_tasks() - {asyncio.current_task()} == set()


def test_one_seed_and_input_give_one_output():
    def outputs() -> list[Any]:
        desk = Desk(latency=Latency(), seed=7)
        desk.book()
        for step in range(30):
            desk.ms += 17
            desk.buy("1", f"{99 + step / 10:.1f}")
            desk.trade(100.0, 1.0, Side.SELL)
        return desk.out

    assert outputs() == outputs()
