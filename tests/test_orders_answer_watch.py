"""Commands without an answer: when their outcome is said to be unknown, and when it is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orders_support import ACCOUNT, LINEAR, create, event
from tests.session_support import PAIRS, START_NS, Trader, turn
from ttxt_core.clock import NANOSECONDS, ManualClock
from ttxt_core.errors import ConfigError
from ttxt_core.events import AckOutcome, Command, OrderAck, OrderState, Side, Source
from ttxt_core.orders.answer_watch import AnswerWatch
from ttxt_core.orders.manager import OrderManager
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.session import practice


class Desk:
    """Orders, a watch, and both clocks, which go on together unless told otherwise."""

    def __init__(self, within_s: float = 3.0) -> None:
        self.clock, self.wall = ManualClock(START_NS), ManualClock(5)
        self.orders, self.told = OrderManager(self.clock), AsyncioQueue()
        self.watch = AnswerWatch(self.orders, self.told, clock=self.clock, wall=self.wall, answer_within_s=within_s)

    def send(self, name: str) -> None:
        self.orders.register(create(name, at=self.clock.now_ns()))

    def pass_seconds(self, count: int, market_ns: int = NANOSECONDS) -> list[str]:
        """So many looks; the client order ids of what was called late."""
        late = []
        for _ in range(count):
            self.clock.advance_ns(market_ns)
            late += [order.client_order_id for order in self.watch.look()]
        return late

    def acks(self) -> list[Any]:
        return self.told.get_batch_nowait()


def test_a_command_without_an_answer_is_unknown_after_the_time_and_told_once() -> None:
    desk = Desk()
    desk.pass_seconds(10)
    desk.send("a")
    assert desk.pass_seconds(2) == []
    assert desk.orders.by_client_id("a").state is OrderState.PENDING_NEW  # type: ignore[union-attr]
    assert desk.pass_seconds(2) == ["a"]
    assert desk.pass_seconds(20) == []
    assert desk.orders.by_client_id("a").state is OrderState.UNKNOWN  # type: ignore[union-attr]
    (ack,) = desk.acks()
    assert ack.header.source is Source.CLIENT
    assert ack.header.key == LINEAR
    assert ack.data == OrderAck(ACCOUNT, "a", Command.CREATE, AckOutcome.UNKNOWN, None, "no answer within 3 s")


def test_what_was_answered_in_time_is_left_alone_and_a_late_answer_settles_it() -> None:
    desk = Desk()
    desk.pass_seconds(10)
    desk.send("a")
    desk.send("b")
    answer = OrderAck(ACCOUNT, "a", Command.CREATE, AckOutcome.ACCEPTED, "1")
    desk.pass_seconds(1)
    desk.orders.on_event(event(answer, at=desk.clock.now_ns()))
    assert desk.pass_seconds(9) == ["b"]
    answer = OrderAck(ACCOUNT, "b", Command.CREATE, AckOutcome.ACCEPTED, "2")
    desk.orders.on_event(event(answer, at=desk.clock.now_ns()))
    assert [order.state for order in desk.orders.working()] == [OrderState.NEW, OrderState.NEW]


def test_nothing_is_late_while_the_market_s_time_stands_still() -> None:
    desk = Desk()
    desk.send("a")
    assert desk.pass_seconds(60, market_ns=0) == []
    assert desk.pass_seconds(4) == ["a"]


def test_nothing_is_late_only_because_the_market_s_time_runs_fast_or_jumps() -> None:
    desk = Desk()
    desk.pass_seconds(10)
    desk.send("a")
    assert desk.pass_seconds(2, market_ns=1_000 * NANOSECONDS) == [], "a replay at a thousand times"
    desk.clock.advance_ns(-2_000 * NANOSECONDS)
    assert desk.pass_seconds(1) == []
    desk = Desk()
    desk.pass_seconds(10)
    desk.send("a")
    assert desk.pass_seconds(1, market_ns=3_600 * NANOSECONDS) == [], "the machine was asleep for an hour"


def test_a_time_must_be_above_zero() -> None:
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="above 0"):
            Desk(wrong)


async def test_the_simulator_always_answers_in_time() -> None:
    clock = ManualClock(START_NS)
    session = practice(PAIRS, clock=clock, wall=clock, rate=200, history=5, answer_within_s=1)
    async with session:
        trader = Trader(session, clock)
        await trader.wait(0.3)
        told = session.events.subscribe("test", accepts=frozenset({OrderAck}))
        for at in range(12):
            order = trader.order(Side.BUY, "0.01", trader.touch(Side.BUY, 5 + at))
            await trader.wait(0.4)
            assert order is not None
            trader.amend(order, price=trader.touch(Side.BUY, 9 + at))
            await trader.wait(0.1)
            trader.cancel(order)
        await trader.wait(1.5)
        assert session.orders.unknown() == []
        outcomes = [ack.data.outcome for ack in told.get_batch_nowait()]
        assert len(outcomes) == 36
        assert AckOutcome.UNKNOWN not in outcomes


async def test_a_session_says_that_an_answer_did_not_come() -> None:
    clock = ManualClock(START_NS)
    session = practice(PAIRS, clock=clock, wall=clock, rate=200, history=5, answer_within_s=1)
    async with session:
        trader = Trader(session, clock)
        await trader.wait(0.3)
        told = session.events.subscribe("test", accepts=frozenset({OrderAck}))
        session.orders.register(create("lost", at=clock.now_ns()))  # it never comes to an executor
        await trader.wait(3.2)
        await turn()
        assert [ack.data.reason for ack in told.get_batch_nowait()] == ["no answer within 1 s"]
        assert [order.client_order_id for order in session.orders.unknown()] == ["lost"]
