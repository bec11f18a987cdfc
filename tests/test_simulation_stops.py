"""Stop-market and reduce-only orders."""

from decimal import Decimal

import pytest

from tests.simulation_desk import SPOT, Desk
from ttxt_core.events import BookState, Side, TriggerBy, TriggerDirection

D = Decimal


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.book()
    desk.ticker(last=100.0, mark=100.0, index=100.0)
    return desk


def test_a_stop_waits_is_triggered_and_takes_the_market(desk):
    stop = desk.stop(Side.SELL, "1", "99.0")
    assert desk.states(stop) == ["untriggered"]
    desk.trade(99.1, 1.0, Side.SELL)
    assert desk.states(stop) == ["untriggered"]
    desk.trade(99.0, 1.0, Side.SELL)
    assert desk.states(stop) == ["untriggered", "triggered", "filled"]
    assert desk.fills(stop) == [("100.0", "1.000", False)]
    assert desk.names() == ["OrderUpdate", "Fill", "OrderUpdate", "PositionUpdate", "Wallet"]


@pytest.mark.parametrize("by", list(TriggerBy))
def test_each_reference_price_triggers_its_own_stops(desk, by):
    stop = desk.stop(Side.BUY, "1", "101.0", trigger_by=by)
    for other in set(TriggerBy) - {by}:
        desk.ticker(**{other.value: 101.5})
    assert desk.states(stop) == ["untriggered"]
    desk.ticker(**{by.value: 101.0})
    assert desk.states(stop)[1:] == ["triggered", "filled"]


@pytest.mark.parametrize(
    ("side", "direction", "trigger", "idle"),
    [
        (Side.BUY, None, 101.0, (95.0, 100.9)),
        (Side.SELL, None, 99.0, (105.0, 99.1)),
        (Side.BUY, TriggerDirection.FALL, 99.0, (105.0, 99.1)),
        (Side.SELL, TriggerDirection.RISE, 101.0, (95.0, 100.9)),
    ],
)
def test_a_stop_goes_by_its_direction_and_without_one_limits_a_loss(desk, side, direction, trigger, idle):
    stop = desk.stop(side, "1", str(trigger), trigger_direction=direction)
    for price in idle:
        desk.ticker(last=price)
    assert desk.states(stop) == ["untriggered"]
    desk.ticker(last=trigger)
    assert desk.states(stop) == ["untriggered", "triggered", "filled"]


def test_a_stop_whose_price_is_already_reached_is_released_at_once(desk):
    stop = desk.stop(Side.SELL, "1", "100.5")
    assert desk.states(stop) == ["untriggered", "triggered", "filled"]


def test_block_trades_trigger_nothing(desk):
    stop = desk.stop(Side.SELL, "1", "99.0")
    desk.trade(90.0, 100.0, Side.SELL, is_block=True)
    assert desk.states(stop) == ["untriggered"]


def test_a_triggered_stop_waits_for_a_valid_book(desk):
    stop = desk.stop(Side.SELL, "1", "99.0")
    desk.status(BookState.STALE)
    desk.trade(98.0, 1.0, Side.SELL)
    assert desk.states(stop) == ["untriggered", "triggered"]
    desk.status(BookState.VALID)
    assert desk.states(stop)[2:] == ["filled"]


def test_a_triggered_stop_that_waits_can_be_cancelled(desk):
    stop = desk.stop(Side.SELL, "1", "99.0")
    desk.status(BookState.STALE)
    desk.trade(98.0, 1.0, Side.SELL)
    desk.cancel(stop)
    desk.status(BookState.VALID)
    assert desk.states(stop) == ["untriggered", "triggered", "canceled"]


def test_a_stop_that_finds_no_liquidity_ends_with_the_reason(desk):
    stop = desk.stop(Side.SELL, "1", "99.0")
    desk.book([], [(100.1, 1.0)])
    desk.trade(98.0, 1.0, Side.SELL)
    assert desk.last(stop).state.value == "rejected"
    assert desk.last(stop).reason == "no liquidity: the other side of the book is empty"


def test_a_stop_holds_no_money_until_it_is_released():
    desk = Desk(SPOT, balances={"USDT": D(150)})
    desk.book()
    stop = desk.stop(Side.BUY, "1", "101.0")
    assert desk.balances()["USDT"] == (150, 150, 0)
    resting = desk.buy("1", "99.0")
    desk.trade(101.0, 1.0, Side.BUY)
    assert desk.last(stop).state.value == "rejected"
    assert desk.last(stop).reason.startswith("insufficient balance")
    assert desk.last(resting).state.value == "new"


def test_the_trigger_of_a_waiting_stop_can_be_amended(desk):
    stop = desk.stop(Side.SELL, "1", "99.0")
    desk.amend(stop, trigger_price="98.0", quantity="2")
    desk.trade(98.5, 1.0, Side.SELL)
    assert desk.states(stop) == ["untriggered", "untriggered"]
    assert (desk.last(stop).trigger_price, desk.last(stop).quantity) == (D("98.0"), 2)
    desk.trade(98.0, 1.0, Side.SELL)
    assert desk.filled(stop) == 2


def test_a_trigger_amended_to_where_the_price_is_releases_the_stop(desk):
    stop = desk.stop(Side.SELL, "1", "99.0")
    desk.amend(stop, trigger_price="100.5")
    assert desk.states(stop)[-1] == "filled"


def test_a_stop_takes_no_limit_price_and_a_trigger_must_lie_on_the_grid(desk):
    stop = desk.stop(Side.SELL, "1", "99.0")
    desk.amend(stop, price="99.0")
    assert desk.refusal(stop) == "a stop_market order takes no price"
    assert "not a multiple of 0.1" in desk.refusal(desk.stop(Side.SELL, "1", "99.05"))


# -- reduce-only -------------------------------------------------------------------------------------------


def test_a_reduce_only_order_is_cut_to_the_position_and_never_flips_it(desk):
    desk.buy("2")
    order = desk.sell("5", reduce_only=True)
    assert desk.last(order).quantity == 2
    assert desk.filled(order) == 2
    assert desk.position().quantity == 0


def test_a_reduce_only_order_on_the_positions_own_side_is_refused(desk):
    desk.buy("2")
    assert desk.refusal(desk.buy("1", "99.0", reduce_only=True)) == "reduce-only: there is no position to reduce"


def test_standing_reduce_only_orders_shrink_with_the_position(desk):
    desk.buy("4")
    target, stop = desk.sell("4", "103.0", reduce_only=True), desk.stop(Side.SELL, "4", "98.0", reduce_only=True)
    desk.sell("1")
    for order in (target, stop):
        assert desk.last(order).quantity == 3
        assert desk.last(order).reason == "reduce-only: cut to the position"
    desk.amend(target, quantity="4")
    assert desk.last(target).quantity == 3


def test_standing_reduce_only_orders_are_cancelled_with_the_position(desk):
    desk.buy("4")
    target, stop = desk.sell("4", "103.0", reduce_only=True), desk.stop(Side.SELL, "4", "98.0", reduce_only=True)
    desk.sell("4")
    for order in (target, stop):
        assert desk.last(order).state.value == "canceled"
        assert desk.last(order).reason == "reduce-only: there is no position left to reduce"


def test_a_reversal_cancels_reduce_only_orders_of_the_old_side(desk):
    desk.buy("2")
    target = desk.sell("2", "103.0", reduce_only=True)
    desk.sell("3")
    assert desk.position().quantity == -1
    assert desk.last(target).state.value == "canceled"


def test_one_trade_through_several_reduce_only_orders_never_flips(desk):
    desk.buy("4")
    near, far = desk.sell("3", "103.0", reduce_only=True), desk.sell("3", "103.1", reduce_only=True)
    desk.trade(104.0, 50.0, Side.BUY)
    assert (desk.filled(near), desk.filled(far)) == (3, 1)
    assert desk.last(far).state.value == "filled"
    assert desk.position().quantity == 0


@pytest.mark.parametrize("by", ["trade", "book"])
def test_what_ends_the_position_ends_the_other_reduce_only_orders_before_they_fill(desk, by):
    desk.buy("3")
    near, far = desk.sell("3", "103.0", reduce_only=True), desk.sell("3", "103.1", reduce_only=True)
    if by == "trade":
        desk.trade(104.0, 50.0, Side.BUY)
    else:
        desk.delta(bids=[(104.0, 50.0)], asks=[(100.1, 0.0), (100.2, 0.0), (100.3, 0.0), (104.1, 1.0)])
    assert (desk.filled(near), desk.filled(far)) == (3, 0)
    assert desk.last(far).state.value == "canceled"


def test_a_reduce_only_order_needs_no_margin_beside_other_closing_orders():
    desk = Desk(balances={"USDT": D(30)})
    desk.book()
    desk.buy("2")
    desk.sell("2", "103.0")
    assert desk.states(desk.sell("2", "103.1", reduce_only=True)) == ["new"]


def test_a_partial_fill_of_a_reduce_only_order_leaves_the_rest_working(desk):
    desk.buy("4")
    target = desk.sell("4", "103.0", reduce_only=True)
    desk.trade(104.0, 1.0, Side.BUY)
    assert desk.last(target).state.value == "partially_filled"
    assert (desk.last(target).quantity, desk.last(target).filled_quantity) == (4, 1)


def test_a_reduce_only_order_may_be_below_the_least_notional_and_needs_no_margin():
    desk = Desk(balances={"USDT": D("10.2")})
    desk.book()
    desk.buy("1")
    assert desk.balances()["USDT"][1] < 1
    assert desk.states(desk.sell("0.01", "103.0", reduce_only=True)) == ["new"]
    assert desk.filled(desk.sell("1", reduce_only=True)) == 1


def test_close_on_trigger_is_reduce_only(desk):
    desk.buy("2")
    stop = desk.stop(Side.SELL, "9", "99.0", close_on_trigger=True)
    assert desk.last(stop).quantity == 2
    assert desk.last(stop).reduce_only


def test_a_spot_reduce_only_sell_is_cut_to_what_is_free():
    desk = Desk(SPOT, balances={"USDT": D(1_000), "BTC": D("1.0015")})
    desk.book()
    desk.sell("0.5", "103.0")
    order = desk.sell("9", reduce_only=True)
    assert desk.filled(order) == D("0.501")
    assert desk.refusal(desk.sell("9", reduce_only=True)) == "reduce-only: nothing is free to sell"
    assert desk.refusal(desk.buy("1", reduce_only=True)) == "reduce-only: there is no position to reduce"


def test_a_spot_reduce_only_stop_is_cut_to_what_is_free_when_it_is_released():
    desk = Desk(SPOT, balances={"USDT": D(1_000), "BTC": D(2)})
    desk.book()
    stop = desk.stop(Side.SELL, "2", "99.0", reduce_only=True)
    desk.sell("1.5", "103.0")
    desk.trade(98.0, 1.0, Side.SELL)
    assert (desk.filled(stop), desk.last(stop).state.value) == (D("0.5"), "filled")


def test_a_spot_reduce_only_stop_can_not_be_resized_while_nothing_is_free():
    desk = Desk(SPOT, balances={"USDT": D(1_000), "BTC": D(2)})
    desk.book()
    stop = desk.stop(Side.SELL, "2", "99.0", reduce_only=True)
    desk.sell("2", "103.0")
    desk.amend(stop, quantity="1")
    assert desk.refusal(stop) == "reduce-only: there is nothing more to reduce"
    desk.amend(stop, trigger_price="98.0")
    assert (desk.last(stop).state.value, desk.last(stop).quantity) == ("untriggered", 2)
