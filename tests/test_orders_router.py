"""The router: one way for every command, an answer for every refusal, cancels never behind creates."""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.orders_support import (
    ACCOUNT,
    LINEAR,
    SECOND,
    SPOT,
    ack,
    amend,
    cancel,
    create,
    event,
    instrument,
    position,
    snapshot,
    update,
)
from ttxt_core.clock import ManualClock
from ttxt_core.errors import OrderError, QueueClosedError, QueueFullError
from ttxt_core.events import (
    AckOutcome,
    BookState,
    BookStatus,
    Event,
    OrderAck,
    OrderState,
    OrderType,
    PositionUpdate,
    ResetReason,
    Side,
    Source,
    StreamReset,
)
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.market_view import MarketView
from ttxt_core.orders.router import CommandRouter, new_client_order_id
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.queues.fanout import FanOut


class Desk:
    """A router with everything around it, and the executor's end in the test's hands."""

    def __init__(self, limits: RiskLimits | None = None, *, capacity: int = 50) -> None:
        self.clock = ManualClock(SECOND)
        self.orders = OrderManager(self.clock)
        self.feed = FanOut()
        self.market = MarketView(self.feed.book)
        self.lanes = CommandLanes("executor", capacity=capacity)
        self.answers = AsyncioQueue()
        self.refusals: list[Event[OrderAck]] = []
        self.lost = Decimal(0)
        self.router = CommandRouter(
            clock=self.clock,
            orders=self.orders,
            market=self.market,
            limits=limits or RiskLimits(),
            events=self.answers,
            session_loss=lambda _: self.lost,
        )
        self.router.attach("practice", ACCOUNT, self.lanes)
        self.router.arm()
        for key in (LINEAR, SPOT):
            self.hear(instrument(key))
            self.hear(snapshot(key=key, at=SECOND))

    def hear(self, news: Event[Any]) -> None:
        self.market.on_event(news)
        self.feed.publish_nowait(news)

    def send(self, command: Event[Any]) -> None:
        self.router.publish_nowait(command)
        for answer in self.answers.get_batch_nowait():
            self.orders.on_event(answer)
            self.refusals.append(answer)

    @property
    def sent(self) -> list[str]:
        return [f"{type(c.data).__name__} {c.data.client_order_id}" for c in self.lanes.get_batch_nowait()]

    def reasons(self) -> list[str]:
        reasons = [str(answer.data.reason) for answer in self.refusals]
        assert all(answer.data.outcome is AckOutcome.REJECTED for answer in self.refusals)
        assert all(answer.header.source is Source.CLIENT for answer in self.refusals)
        self.refusals.clear()
        return reasons


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_command_is_pending_when_it_reaches_the_executor(desk: Desk) -> None:
    desk.send(create())
    order = desk.orders.by_client_id("a")
    assert order is not None
    assert order.state is OrderState.PENDING_NEW
    assert desk.sent == ["CreateOrder a"]
    assert desk.reasons() == []


async def test_waiting_to_publish_is_the_same_way(desk: Desk) -> None:
    await desk.router.publish(create())
    assert desk.sent == ["CreateOrder a"]


def test_a_second_send_is_refused_and_leaves_the_first_alone(desk: Desk) -> None:
    desk.send(create())
    desk.orders.on_event(ack())
    desk.send(create())
    assert desk.sent == ["CreateOrder a"]
    assert desk.reasons() == ["this client order id was already sent"]
    assert [order.state for order in desk.orders.working()] == [OrderState.NEW]


def test_without_an_executor_there_is_an_answer(desk: Desk) -> None:
    desk.router.detach(desk.lanes)
    desk.send(create())
    desk.send(cancel())
    assert desk.reasons() == ["nothing executes orders of account 'practice' at practice linear"] * 2
    assert desk.orders.working() == []


def test_a_breach_is_answered_with_the_limit_and_never_reaches_the_executor() -> None:
    desk = Desk(RiskLimits(max_order_notional=Decimal(99)))
    desk.send(create())
    assert desk.reasons() == ["max_order_notional is 99 USDT, this is 100.00 USDT"]
    assert desk.sent == []
    assert not desk.orders.was_sent("a")
    desk.router.limits = RiskLimits()
    desk.send(create())
    assert desk.sent == ["CreateOrder a"]


def test_disarmed_stops_entries_cancels_them_and_keeps_protective_orders(desk: Desk) -> None:
    stop = create("stop", Side.SELL, price=None, order_type=OrderType.STOP_MARKET, reduce_only=True)
    for command in (create("a"), create("b", key=SPOT), stop):
        desk.send(command)
        desk.orders.on_event(ack(command.data.client_order_id))
    assert len(desk.sent) == 3
    assert desk.router.disarm("a pressed") == (2, 1, 0)
    assert desk.sent == ["CancelOrder a", "CancelOrder b"]
    desk.send(create("c"))
    desk.send(amend("a", price="99"))
    assert desk.reasons() == ["disarmed: a pressed"] * 2
    desk.send(create("exit", Side.SELL, reduce_only=True))
    desk.send(amend("stop", trigger_price="90"))
    desk.send(cancel("stop"))
    assert desk.sent == ["CancelOrder stop", "CreateOrder exit", "AmendOrder stop"]
    desk.router.arm()
    desk.send(create("c"))
    assert desk.sent == ["CreateOrder c"]


def test_entries_of_one_instrument_are_cancelled_alone(desk: Desk) -> None:
    desk.send(create("a"))
    desk.send(create("b", key=SPOT))
    assert desk.sent == ["CreateOrder a", "CreateOrder b"]
    assert desk.router.cancel_entries(SPOT) == (1, 0, 0)
    assert desk.sent == ["CancelOrder b"]


@pytest.mark.parametrize("state", [BookState.GAP, BookState.STALE])
def test_a_book_that_is_not_valid_stops_entries_and_no_exit(desk: Desk, state: BookState) -> None:
    desk.hear(event(BookStatus(state, "checksum"), at=SECOND))
    desk.send(create("a"))
    desk.send(create("exit", reduce_only=True))
    assert desk.reasons() == [f"stale market: the book of BTC/USDT is {state}: checksum"]
    assert desk.sent == ["CreateOrder exit"]


def test_after_a_reset_and_before_a_snapshot_there_is_no_market(desk: Desk) -> None:
    desk.hear(event(StreamReset(ResetReason.SEEK)))
    desk.send(create("a"))
    assert desk.reasons() == ["stale market: the book of BTC/USDT is syncing: stream reset: seek"]


def test_old_data_stop_entries() -> None:
    desk = Desk(RiskLimits(max_data_age_ns=2 * SECOND))
    desk.clock.advance_ns(2 * SECOND)
    desk.send(create("a"))
    desk.clock.advance_ns(SECOND // 2)
    desk.send(create("b"))
    assert desk.reasons() == ["stale market: nothing heard of BTC/USDT for 2.5 s"]
    assert desk.sent == ["CreateOrder a"]


def test_an_unknown_instrument_and_a_book_off_its_grid_are_refused_in_words(desk: Desk) -> None:
    other = LINEAR._replace(pair="ETH/USDT")
    desk.send(create("a", key=other))
    desk.hear(snapshot(100.05, 100.12, at=SECOND))
    desk.send(create("b"))
    first, second = desk.reasons()
    assert first == "no instrument practice linear ETH/USDT in this session"
    assert "not a multiple of 0.1" in second


def test_while_an_order_is_unknown_its_instrument_takes_no_entry(desk: Desk) -> None:
    desk.send(create("a"))
    desk.orders.on_event(ack("a", outcome=AckOutcome.UNKNOWN))
    desk.send(create("b"))
    desk.send(create("c", key=SPOT))
    desk.send(create("exit", reduce_only=True))
    assert desk.sent == ["CreateOrder a", "CreateOrder c", "CreateOrder exit"]
    assert desk.reasons() == ["unknown_order is unsettled on BTC/USDT, this is an entry there"]


def test_exits_and_cancels_use_none_of_the_entries_rate() -> None:
    desk = Desk(RiskLimits(orders_per_second=2))
    for number in range(5):
        desk.send(create(f"exit{number}", reduce_only=True))
        desk.send(cancel(f"exit{number}"))
    for client_id in "abc":
        desk.send(create(client_id))
    assert desk.reasons() == ["orders_per_second is 2, this is number 3"]
    desk.clock.advance_ns(SECOND)
    desk.send(create("d"))
    assert desk.reasons() == []
    desk.clock.set_ns(SECOND // 2)
    desk.hear(snapshot(at=SECOND // 2))
    desk.send(create("e"))
    assert desk.reasons() == []


def test_the_daily_loss_stops_entries() -> None:
    desk = Desk(RiskLimits(daily_loss=Decimal(100)))
    desk.lost = Decimal(120)
    desk.send(create())
    assert desk.reasons() == ["daily_loss is 100 USDT, this is an entry after losing 120.00 USDT"]


def test_leverage_counts_the_other_positions_of_the_account() -> None:
    desk = Desk(RiskLimits(max_leverage=Decimal(2)))
    other = LINEAR._replace(pair="ETH/USDT")
    desk.hear(instrument(other))
    desk.orders.on_event(position("-2", key=other, mark_price="50", unrealised_pnl="200"))
    desk.send(create("a", quantity="2.9"))
    assert desk.reasons() == []
    desk.send(create("b", quantity="0.1"))
    assert desk.reasons() == ["max_leverage is 2×, this is 2.00×"]


def test_an_amend_of_an_order_that_is_not_there_is_refused(desk: Desk) -> None:
    desk.send(amend("a", price="99"))
    desk.send(create("b"))
    desk.orders.on_event(update("b", OrderState.FILLED, "1"))
    desk.send(amend("b", price="99"))
    assert desk.reasons() == ["the order to amend is not known", "the order to amend is filled"]


def test_an_executor_that_stopped_refuses_for_certain(desk: Desk) -> None:
    desk.lanes.close()
    desk.send(create())
    desk.send(cancel())
    assert desk.reasons() == ["the executor has stopped"] * 2
    assert desk.orders.working() == []


def test_a_lane_without_room_refuses_what_was_not_sent_and_keeps_room_for_cancels() -> None:
    desk = Desk(capacity=4)
    for number in range(5):
        desk.send(create(str(number)))
    assert "the executor does not keep up; nothing was sent" in desk.reasons()[0]
    assert desk.orders.by_client_id("4") is None
    desk.send(cancel("0"))
    assert desk.reasons() == []
    assert desk.sent[:2] == ["CreateOrder 0", "CancelOrder 0"]
    desk.send(create("4"))
    assert desk.sent == ["CreateOrder 4"]


def test_a_paused_executor_loses_what_waited_and_takes_the_same_command_again_later(desk: Desk) -> None:
    desk.send(create("old"))
    desk.lanes.pause("the replay has moved")
    desk.send(create("a"))
    assert "the replay has moved" in desk.reasons()[0]
    desk.lanes.resume()
    desk.send(create("a"))
    assert desk.sent == ["CreateOrder a"]


def test_what_is_no_command_is_an_error(desk: Desk) -> None:
    with pytest.raises(OrderError, match="route a OrderAck"):
        desk.router.publish_nowait(ack())


def test_client_order_ids_are_32_hex_characters_from_the_given_randomness() -> None:
    ids = [new_client_order_id(random) for random in (Random(1), Random(1), Random(2))]
    assert ids[0] == ids[1] != ids[2]
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)


# -- the lanes --------------------------------------------------------------------------------------------------


def test_cancels_come_out_first_but_never_before_their_own_create() -> None:
    lanes = CommandLanes("executor")
    for command in (create("a"), cancel("old"), amend("old", price="9"), create("b"), cancel("a"), cancel("older")):
        lanes.publish_nowait(command)
    taken = [(type(c.data).__name__[:6], c.data.client_order_id) for c in lanes.get_batch_nowait()]
    assert taken == [
        *(("Cancel", "old"), ("Cancel", "older"), ("Create", "a"), ("Cancel", "a")),
        *(("AmendO", "old"), ("Create", "b")),
    ]


@given(st.lists(st.tuples(st.sampled_from(["create", "cancel"]), st.integers(0, 5)), max_size=20), st.integers(1, 4))
def test_taking_a_few_at_a_time_loses_nothing_and_keeps_the_order_of_each_lane(
    wanted: list[tuple[str, int]], limit: int
) -> None:
    lanes = CommandLanes("executor")
    for kind, number in wanted:
        lanes.publish_nowait(create(str(number)) if kind == "create" else cancel(str(number)))
    taken: list[tuple[str, int]] = []
    while batch := lanes.get_batch_nowait(limit):
        assert len(batch) <= limit
        taken += [(type(c.data).__name__[:6].lower(), int(c.data.client_order_id)) for c in batch]
    assert sorted(taken) == sorted(wanted)
    creates = [command for command in wanted if command[0] == "create"]
    assert [command for command in taken if command[0] == "create"] == creates
    for number in {number for kind, number in wanted if kind == "create"}:
        if ("cancel", number) in taken:
            first_create = taken.index(("create", number))
            assert taken.index(("cancel", number)) > first_create
    assert lanes.stats.delivered == lanes.stats.published == len(wanted)


async def test_lanes_are_bounded_and_end_when_closed() -> None:
    lanes = CommandLanes("executor", capacity=1)
    await lanes.publish(create("a"))
    with pytest.raises(QueueFullError, match="nothing was sent"):
        lanes.publish_nowait(create("b"))
    lanes.publish_nowait(cancel("c"))
    lanes.close()
    assert len(await lanes.get_batch()) == 2
    with pytest.raises(QueueClosedError):
        await lanes.get_batch()


def test_arming_is_refused_for_as_long_as_there_is_a_reason() -> None:
    desk, reasons = Desk(), ["not reconciled"]
    router = CommandRouter(
        clock=desk.clock,
        orders=desk.orders,
        market=desk.market,
        limits=RiskLimits(),
        events=desk.answers,
        session_loss=lambda _: desk.lost,
        refuse_arming=lambda: reasons[0] if reasons else None,
    )
    assert router.arm() == "not reconciled"
    assert (router.is_armed, router.disarmed_because) == (False, "not armed yet")
    reasons.clear()
    assert router.arm() is None
    assert router.is_armed
    reasons.append("later")
    assert router.arm() is None  # it is armed: what stops that is an interlock, not a question
    router.interlock("later")
    assert router.arm() == "later"


@pytest.mark.parametrize(("quantity", "liquidation", "side"), [("1", "95", Side.BUY), ("-1", "105", Side.SELL)])
def test_the_distance_to_liquidation_is_the_positions(quantity: str, liquidation: str, side: Side) -> None:
    desk = Desk(RiskLimits(min_liquidation_distance=Decimal("0.1")))
    assert desk.router.refusal(create(side=side)) is None
    update = PositionUpdate(ACCOUNT, Decimal(quantity), liquidation_price=Decimal(liquidation))
    desk.orders.on_event(Event(create().header, update))
    reason = desk.router.refusal(create(side=side))
    assert reason is not None
    assert reason.startswith("min_liquidation_distance is 10.00%, this is more of a position ")
    other = Side.SELL if side is Side.BUY else Side.BUY
    assert desk.router.refusal(create(side=other)) is None
