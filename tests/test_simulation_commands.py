"""Commands that are refused, amends and cancels."""

from decimal import Decimal

import msgspec
import pytest

from tests.simulation_desk import LINEAR, SPEC, SPOT, Desk
from ttxt_core.events import (
    AckOutcome,
    CancelOrder,
    Command,
    OrderAck,
    OrderType,
    OrderUpdate,
    PositionSide,
    Side,
    TimeInForce,
    TriggerBy,
)

D = Decimal


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.book()
    return desk


@pytest.mark.parametrize(
    ("quantity", "price", "more", "reason"),
    [
        ("1", "100.05", {}, "price 100.05 is not a multiple of the tick 0.1"),
        ("1.0005", "99.0", {}, "quantity 1.0005 is not a multiple of the lot 0.001"),
        ("0", "99.0", {}, "quantity 0 is not above zero"),
        ("-1", "99.0", {}, "quantity -1 is not above zero"),
        ("NaN", "99.0", {}, "quantity NaN is not above zero"),
        ("1", "NaN", {}, "price NaN is not above zero"),
        ("101", "99.0", {}, "quantity 101 is over the maximum 100"),
        ("51", None, {}, "quantity 51 is over the maximum 50"),
        ("0.05", "99.0", {}, "notional 4.950 USDT is below the minimum 5"),
        ("0.01", None, {}, "notional 1.001 USDT is below the minimum 5"),
        ("1", None, {"order_type": OrderType.LIMIT}, "a limit order needs a price"),
        ("1", "99.0", {"order_type": OrderType.MARKET}, "a market order takes no price"),
        ("1", None, {"order_type": OrderType.STOP_MARKET}, "a stop order needs a trigger price"),
        ("1", None, {"trigger_price": D("98")}, "a market order has no trigger: send a stop order"),
        ("1", "99.0", {"trigger_price": D("-1")}, "trigger -1 is not above zero"),
        ("1", "99.0", {"trigger_by": TriggerBy.LAST}, "there is no trigger price"),
        ("1", "99.0", {"post_only": True, "time_in_force": TimeInForce.IOC}, "only a resting limit order can be"),
        ("1", None, {"post_only": True}, "only a resting limit order can be post-only"),
        ("1", "99.0", {"position_side": PositionSide.LONG}, "one net position is kept here"),
        ("1", "99.0", {"stop_loss": D("99.5")}, "the stop loss of a long belongs below 99.0, not at 99.5"),
        ("1", "99.0", {"take_profit": D("98.5")}, "the take-profit of a long belongs above 99.0, not at 98.5"),
        ("1", "99.0", {"take_profit": D("101.55")}, "count the price 101.55 of"),
        ("1", "99.0", {"stop_loss": D("90"), "reduce_only": True}, "an exit has no exits of its own"),
        ("1", "99.0", {"stop_loss": D("90"), "stop_loss_by": TriggerBy.INDEX}, "no index price is known here"),
        ("1", "99.0", {"account": "other"}, "account other is not simulated: it is simulator"),
        ("1", "99.0", {"client_order_id": ""}, "there is no client order id"),
        ("1", "99.0", {"reduce_only": True}, "reduce-only: there is no position to reduce"),
    ],
)
def test_an_order_that_can_not_be_is_refused_with_its_reason(desk, quantity, price, more, reason):
    order = desk.buy(quantity, price, **more)
    assert desk.refusal(order).startswith(reason)
    assert desk.names() == ["OrderAck"]


def test_an_unknown_instrument_is_refused(desk):
    desk.key = LINEAR._replace(pair="XYZ/USDT")
    assert desk.refusal(desk.buy("1", "99.0")) == "unknown instrument testex linear XYZ/USDT"


def test_an_order_for_another_venue_is_refused(desk):
    desk.key = LINEAR._replace(venue="elsewhere")
    assert "do not go to the simulator of testex" in desk.refusal(desk.buy("1", "99.0"))


def test_a_category_that_is_not_simulated_is_refused(desk):
    desk.key = LINEAR._replace(category="option")
    desk.send(SPEC)
    assert desk.refusal(desk.buy("1", "99.0")) == "category option is not simulated"


def test_an_instrument_that_does_not_trade_is_refused(desk):
    desk.send(msgspec.structs.replace(SPEC, status="prelaunch"))
    assert desk.refusal(desk.buy("1", "99.0")) == "testex linear BTC/USDT is not trading: prelaunch"


def test_an_instrument_without_a_tick_is_reported_and_does_not_replace_a_good_one(desk):
    desk.send(msgspec.structs.replace(SPEC, tick_size=D(0)))
    assert "tick size is 0" in desk.news[0].data.answered
    assert desk.states(desk.buy("1", "99.0")) == ["new"]


def test_new_steps_cancel_the_orders_that_were_made_for_the_old(desk):
    order = desk.buy("1", "99.9")
    desk.send(msgspec.structs.replace(SPEC, tick_size=D("0.5")))
    assert desk.last(order).reason == "the instrument's steps changed"
    assert "it is not a multiple of 0.5" in desk.refusal(desk.buy("1", "99.5"))  # the old book is on the old grid
    desk.book([(100.0, 1.0)], [(100.5, 1.0)])
    assert desk.states(desk.buy("1", "99.5")) == ["new"]


def test_after_new_steps_the_market_is_watched_anew(desk):
    desk.buy("1", "99.0")
    desk.delta(bids=[(98.0, 1.0)])
    desk.send(msgspec.structs.replace(SPEC, tick_size=D("0.05")))
    order = desk.buy("1", "100.0")
    desk.trade(99.95, 1.0, Side.SELL)
    assert desk.filled(order) == 1


def test_a_client_order_id_is_used_once(desk):
    order = desk.buy("1", "99.0")
    assert desk.refusal(desk.buy("1", "99.0", client_order_id=order)) == "duplicate client order id"
    desk.cancel(order)
    assert desk.refusal(desk.buy("1", "99.0", client_order_id=order)) == "duplicate client order id"
    assert len(desk.all(OrderUpdate, order)) == 2


def test_more_than_the_balance_is_refused():
    desk = Desk(balances={"USDT": D(1_000)})
    desk.book()
    assert desk.refusal(desk.buy("100", "101.0")).startswith("insufficient balance: needs ")
    assert desk.states(desk.buy("90", "99.0")) == ["new"]
    assert desk.refusal(desk.sell("90", "101.0")).startswith("insufficient balance: needs ")


def test_spot_refuses_to_sell_or_spend_what_is_not_there():
    desk = Desk(SPOT, balances={"USDT": D(500), "BTC": D(1)})
    desk.book()
    assert desk.refusal(desk.buy("5.001", "100.0")).startswith("insufficient balance: needs 500.1")
    assert desk.refusal(desk.buy("5")).startswith("insufficient balance: needs 500.8")
    assert desk.states(desk.buy("5", "100.0")) == ["new"]
    assert desk.refusal(desk.sell("1.001", "101.0")) == "insufficient balance: needs 1.001 BTC, 1 is free"


# -- cancel ------------------------------------------------------------------------------------------------


def test_a_cancel_is_acknowledged_and_ends_the_order(desk):
    order = desk.buy("1", "99.0")
    ack, update, wallet = desk.cancel(order)
    assert (ack.command, ack.outcome, ack.order_id) == (Command.CANCEL, AckOutcome.ACCEPTED, "sim-1-1")
    assert (update.state.value, update.reason) == ("canceled", "cancelled on request")
    assert wallet.balances[0].held == 0


def test_a_cancel_by_our_order_id_finds_the_order(desk):
    order = desk.buy("1", "99.0")
    desk.send(CancelOrder("simulator", "", "sim-1-1"))
    assert desk.last(order).state.value == "canceled"


def test_a_cancel_of_what_is_not_working_is_refused_with_what_became_of_it(desk):
    filled, cancelled = desk.buy("1"), desk.buy("1", "99.0")
    desk.cancel(cancelled)
    for order, reason in (
        (filled, "the order is already filled"),
        (cancelled, "the order is already canceled"),
        ("f" * 32, "unknown order"),
    ):
        desk.cancel(order)
        assert desk.refusal(order) == reason
        assert desk.names() == ["OrderAck"]
        assert desk.news[0].data.command is Command.CANCEL


def test_a_cancel_must_name_the_instrument_of_the_order(desk):
    order = desk.buy("1", "99.0")
    desk.key = SPOT
    desk.send(SPEC)
    desk.cancel(order)
    assert desk.refusal(order) == "unknown order"


# -- amend -------------------------------------------------------------------------------------------------


def test_a_smaller_quantity_keeps_the_queue(desk):
    order = desk.buy("2", "100.0")
    desk.trade(100.0, 4.0, Side.SELL)
    desk.amend(order, quantity="1.5")
    desk.trade(100.0, 2.0, Side.SELL)
    assert desk.fills(order) == [("100.0", "1.000", True)]


def test_a_larger_quantity_loses_the_queue(desk):
    order = desk.buy("2", "100.0")
    desk.trade(100.0, 4.0, Side.SELL)
    desk.amend(order, quantity="2.5")
    desk.trade(100.0, 5.0, Side.SELL)
    assert desk.fills(order) == []
    desk.trade(100.0, 0.25, Side.SELL)
    assert desk.filled(order) == D("0.25")


def test_another_price_loses_the_queue_and_coming_back_does_not_restore_it(desk):
    order = desk.buy("2", "100.0")
    desk.trade(100.0, 5.0, Side.SELL)
    desk.amend(order, price="99.9")
    desk.amend(order, price="100.0")
    desk.trade(100.0, 5.0, Side.SELL)
    assert desk.fills(order) == []


def test_a_larger_order_goes_behind_own_orders_at_its_price(desk):
    first, second = desk.buy("1", "100.0"), desk.buy("1", "100.0")
    desk.amend(first, quantity="2")
    desk.trade(100.0, 6.0, Side.SELL)
    assert (desk.filled(first), desk.filled(second)) == (0, 1)


def test_an_amend_to_the_same_values_keeps_the_queue(desk):
    order = desk.buy("1", "100.0")
    desk.trade(100.0, 5.0, Side.SELL)
    desk.amend(order, price="100.0", quantity="1")
    desk.trade(100.0, 1.0, Side.SELL)
    assert desk.filled(order) == 1


def test_an_amend_is_acknowledged_and_shows_the_new_values(desk):
    order = desk.buy("2", "99.0")
    ack, update, *_ = desk.amend(order, price="99.5", quantity="3")
    assert (ack.command, ack.outcome) == (Command.AMEND, AckOutcome.ACCEPTED)
    assert (update.state.value, update.price, update.quantity) == ("new", D("99.5"), D(3))


def test_an_amend_into_the_book_takes(desk):
    order = desk.buy("3", "99.0")
    desk.amend(order, price="100.1")
    assert desk.fills(order) == [("100.1", "2.000", False)]
    assert desk.states(order) == ["new", "new", "partially_filled"]


def test_an_amend_that_would_make_a_post_only_order_take_is_refused_and_changes_nothing(desk):
    order = desk.buy("1", "100.0", post_only=True)
    desk.trade(100.0, 5.0, Side.SELL)
    desk.amend(order, price="100.1")
    assert desk.refusal(order) == "post-only would take the book at 100.1"
    desk.trade(100.0, 1.0, Side.SELL)
    assert desk.fills(order) == [("100.0", "1.000", True)]


def test_the_filled_part_can_not_be_amended_away(desk):
    order = desk.buy("2", "100.0")
    desk.trade(99.9, 1.5, Side.SELL)
    for quantity in ("1.4", "1.5"):
        desk.amend(order, quantity=quantity)
        assert desk.refusal(order) == f"quantity {quantity} is not above the 1.500 that is already filled"
    desk.amend(order, quantity="1.6")
    assert desk.last(order).state.value == "partially_filled"
    desk.trade(99.9, 1.5, Side.SELL)
    assert (desk.last(order).state.value, desk.filled(order)) == ("filled", D("1.6"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "the amend changes nothing"),
        ({"price": "99.05"}, "price 99.05 is not a multiple of the tick 0.1"),
        ({"quantity": "0.0015"}, "quantity 0.0015 is not a multiple of the lot 0.001"),
        ({"quantity": "0.01"}, "notional 0.990 USDT is below the minimum 5"),
        ({"trigger_price": "99.0"}, "there is no trigger left to change"),
    ],
)
def test_an_amend_that_can_not_be_is_refused_with_its_reason(desk, change, reason):
    order = desk.buy("1", "99.0")
    desk.amend(order, **change)
    assert desk.refusal(order) == reason
    assert desk.states(order) == ["new"]


def test_an_amend_beyond_the_balance_is_refused_and_one_within_it_counts_only_the_difference():
    desk = Desk(SPOT, balances={"USDT": D(500)})
    desk.book()
    order = desk.buy("4", "99.0")
    desk.amend(order, quantity="5.1")
    assert desk.refusal(order).startswith("insufficient balance: needs 108.9000 USDT")
    desk.amend(order, quantity="5", price="100.0")
    assert desk.balances()["USDT"] == (500, 0, 500)


def test_an_amend_of_what_is_not_working_is_refused(desk):
    order = desk.buy("1")
    desk.amend(order, price="99.0")
    assert desk.refusal(order) == "the order is already filled"
    desk.amend("f" * 32, price="99.0")
    assert desk.refusal("f" * 32) == "unknown order"


def test_every_refusal_names_the_command_that_it_answers(desk):
    desk.amend("e" * 32, price="1")
    desk.cancel("e" * 32)
    desk.buy("1", "1.05", client_order_id="e" * 32)
    commands = [ack.command for ack in desk.all(OrderAck, "e" * 32)]
    assert commands == [Command.AMEND, Command.CANCEL, Command.CREATE]


def test_an_index_trigger_needs_an_index(desk):
    order = desk.stop(Side.SELL, "1", "99.0", trigger_by=TriggerBy.INDEX)
    assert desk.refusal(order) == "no index price is known here"
