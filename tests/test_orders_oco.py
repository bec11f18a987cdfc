"""Pairs of exits of which one cancels the other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.orders_support import ACCOUNT, LINEAR, SECOND, SPOT, ack, event, fill, update
from ttxt_core.clock import ManualClock
from ttxt_core.events import (
    AckOutcome,
    AmendOrder,
    CancelOrder,
    Command,
    CreateOrder,
    Event,
    OrderNotice,
    OrderState,
    OrderType,
    QuantityUnit,
    ResetReason,
    Side,
    StreamReset,
    TriggerDirection,
)
from ttxt_core.orders.command_lanes import CommandLanes
from ttxt_core.orders.limits import RiskLimits
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.market_view import MarketView
from ttxt_core.orders.oco_keeper import OcoKeeper
from ttxt_core.orders.router import CommandRouter
from ttxt_core.queues.asyncio_queue import AsyncioQueue

D = Decimal


def leg(name: str, **changes: Any) -> CreateOrder:
    given: dict[str, Any] = {"order_type": OrderType.STOP_MARKET, "trigger_price": D(90), "reduce_only": True}
    if name == "target":
        given = {"order_type": OrderType.LIMIT, "price": D(110), "reduce_only": True}
    common = {"account": ACCOUNT, "client_order_id": name, "side": Side.SELL, "quantity": D(1)}
    return CreateOrder(**{**common, **given, **changes})


class Desk:
    """A keeper with everything it needs, and a venue that is the test."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.clock.advance_ns(100 * SECOND)
        self.orders = OrderManager(self.clock)
        self.told = AsyncioQueue()
        self.lanes = CommandLanes("venue")
        self.router = CommandRouter(
            clock=self.clock,
            orders=self.orders,
            market=MarketView(lambda _key: None),
            limits=RiskLimits(),
            events=self.told,
            session_loss=lambda _currency: D(0),
        )
        self.router.attach(LINEAR.venue, ACCOUNT, self.lanes)
        self.keeper = OcoKeeper(self.orders, self.router, self.told, clock=self.clock, wall=self.clock)
        self.at = 10

    def pair(self, **changes: Any) -> str | None:
        return self.keeper.send(LINEAR, leg("stop", **changes), leg("target", **changes))

    def hear(self, news: Event[Any]) -> None:
        self.orders.on_event(news)
        self.keeper.on_event(news)

    def state(self, name: str, state: OrderState, quantity: str = "1", filled: str = "0", **more: Any) -> None:
        self.at += 1
        self.hear(update(name, state, filled, quantity=quantity, side=Side.SELL, at=self.at, reduce_only=True, **more))

    def work(self) -> None:
        """Both legs are taken."""
        for name in ("stop", "target"):
            self.hear(ack(name))
        self.state("stop", OrderState.UNTRIGGERED)
        self.state("target", OrderState.NEW)
        self.sent()

    def sent(self) -> list[tuple[Any, ...]]:
        """What went out since this was asked last."""
        words: list[tuple[Any, ...]] = []
        for command in self.lanes.get_batch_nowait():
            data = command.data
            what = {AmendOrder: "amend", CancelOrder: "cancel", CreateOrder: "create"}[type(data)]
            more = (str(data.quantity),) if type(data) is AmendOrder else ()
            words.append((what, data.client_order_id, *more))
        return words

    def notices(self) -> list[str]:
        return [e.data.text for e in self.told.get_batch_nowait() if type(e.data) is OrderNotice]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def working(desk: Desk) -> Desk:
    assert desk.pair() is None
    desk.work()
    return desk


def test_the_stop_goes_first_and_each_leg_is_told_of_the_other(desk: Desk) -> None:
    assert desk.pair() is None
    assert desk.sent() == [("create", "stop"), ("create", "target")]
    stop, target = desk.orders.by_client_id("stop"), desk.orders.by_client_id("target")
    assert stop is not None
    assert target is not None
    assert (stop.linked_to, target.linked_to) == ("target", "stop")
    assert desk.keeper.is_local(stop)
    assert len(desk.keeper.pairs) == 1
    assert desk.orders.linked(stop) == [target]
    assert desk.orders.protective() == [stop, target]


@pytest.mark.parametrize(("one", "other"), [("stop", "target"), ("target", "stop")])
def test_a_leg_that_fills_takes_the_other_out(working: Desk, one: str, other: str) -> None:
    working.hear(fill(one, "x1", "1", side=Side.SELL))
    assert working.sent() == [("cancel", other)]
    working.state(one, OrderState.FILLED, filled="1")
    working.state(other, OrderState.CANCELED)
    assert working.sent() == []
    assert working.keeper.pairs == []
    assert working.notices() == [f"OCO: the {other} taken out, the {one} filled"]


def test_a_leg_that_fills_in_part_cuts_the_other_to_what_is_left(working: Desk) -> None:
    working.hear(fill("target", "x1", "0.4", side=Side.SELL))
    assert working.sent() == [("amend", "stop", "0.6")]
    working.hear(ack("stop", Command.AMEND))
    working.state("target", OrderState.PARTIALLY_FILLED, filled="0.4")
    assert working.sent() == [], "the amend was taken: its update is still to come"
    working.state("stop", OrderState.UNTRIGGERED, quantity="0.6")
    working.hear(fill("target", "x2", "0.6", side=Side.SELL))
    assert working.sent() == [("cancel", "stop")]


def test_what_the_venue_cut_by_itself_is_left_alone(working: Desk) -> None:
    working.state("stop", OrderState.UNTRIGGERED, quantity="0.6")
    working.hear(fill("target", "x1", "0.4", side=Side.SELL))
    assert working.sent() == []


def test_a_leg_that_is_cancelled_by_hand_leaves_the_other_which_is_told(working: Desk) -> None:
    working.state("target", OrderState.CANCELED, reason="cancelled on request")
    assert working.sent() == []
    assert working.notices() == ["the stop stands alone, its target is canceled: cancelled on request"]
    stop = working.orders.by_client_id("stop")
    assert stop is not None
    assert (stop.linked_to, working.keeper.pairs) == ("", [])
    working.hear(fill("target", "late", "0.3", side=Side.SELL))
    assert working.sent() == [("amend", "stop", "0.7")], "a fill that won the race still counts"


def test_a_leg_that_the_venue_refuses_leaves_the_other(desk: Desk) -> None:
    desk.pair()
    desk.sent()
    desk.hear(ack("target", outcome=AckOutcome.REJECTED, reason="no"))
    assert desk.sent() == []
    assert desk.notices() == ["the stop stands alone, its target is rejected: no"]


def test_nothing_is_sent_about_a_leg_whose_outcome_is_not_known(desk: Desk) -> None:
    desk.pair()
    desk.sent()
    for name in ("stop", "target"):
        desk.hear(ack(name, outcome=AckOutcome.UNKNOWN))
    desk.hear(fill("target", "x1", "1", side=Side.SELL))
    assert desk.sent() == []
    desk.state("stop", OrderState.UNTRIGGERED)
    assert desk.sent() == [("cancel", "stop")]


def test_a_cut_that_is_refused_is_told_and_tried_again_a_second_later(working: Desk) -> None:
    working.hear(fill("target", "x1", "1", side=Side.SELL))
    assert working.sent() == [("cancel", "stop")]
    working.hear(ack("stop", Command.CANCEL, AckOutcome.REJECTED, reason="too fast"))
    assert working.sent() == []
    assert "was refused and is tried again: too fast" in working.notices()[-1]
    working.keeper.look()
    assert working.sent() == []
    working.clock.advance_ns(SECOND)
    working.keeper.look()
    assert working.sent() == [("cancel", "stop")]


def test_a_leg_that_is_made_larger_by_hand_is_not_cut_back(working: Desk) -> None:
    working.state("stop", OrderState.UNTRIGGERED, quantity="3")
    assert working.sent() == []
    working.hear(fill("target", "x1", "1", side=Side.SELL))
    assert working.sent() == [("amend", "stop", "2")]


def test_a_target_that_is_refused_here_takes_the_stop_along(desk: Desk) -> None:
    desk.lanes = CommandLanes("venue", capacity=1)
    desk.router.attach(LINEAR.venue, ACCOUNT, desk.lanes)
    reason = desk.pair()
    assert reason is not None
    assert "1 commands wait" in reason
    assert desk.sent() == [("create", "stop"), ("cancel", "stop")]
    assert desk.keeper.pairs == []


def test_a_seek_forgets_the_pairs(working: Desk) -> None:
    working.hear(event(StreamReset(ResetReason.SEEK)))
    assert working.keeper.pairs == []


@pytest.mark.parametrize(
    ("stop", "target", "reason"),
    [
        ({"quantity": D(2)}, {}, "one quantity"),
        ({"side": Side.BUY}, {}, "one side"),
        ({"reduce_only": False}, {}, "reduce-only"),
        ({"client_order_id": "target"}, {}, "id of its own"),
        ({"quantity_unit": QuantityUnit.QUOTE}, {}, "base currency"),
        ({"trigger_price": None}, {}, "trigger price in the direction of a loss"),
        ({"trigger_direction": TriggerDirection.RISE}, {}, "direction of a loss"),
        ({}, {"order_type": OrderType.MARKET, "price": None}, "limit order or has a trigger price"),
        ({}, {"trigger_price": D(110)}, "direction of a profit"),
    ],
)
def test_what_can_not_be_a_pair_is_refused_and_nothing_goes_out(
    desk: Desk, stop: dict[str, Any], target: dict[str, Any], reason: str
) -> None:
    legs = [leg("stop", **stop), leg("target", **target)]
    refused = desk.keeper.send(LINEAR, *legs)
    assert refused is not None
    assert reason in refused
    assert desk.sent() == []


def test_on_spot_both_legs_wait_for_a_trigger(desk: Desk) -> None:
    refused = desk.keeper.send(SPOT, leg("stop"), leg("target"))
    assert refused is not None
    assert "holds what the stop would sell" in refused
    triggered = leg("target", trigger_price=D(110), trigger_direction=TriggerDirection.RISE)
    assert desk.keeper.send(SPOT, leg("stop"), triggered) is None
