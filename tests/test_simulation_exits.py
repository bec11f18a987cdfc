"""Stop-limit orders, take-profits, and the exits of positions."""

from decimal import Decimal

import pytest

from tests.simulation_desk import SPOT, Desk
from ttxt_core.events import (
    AmendOrder,
    BookState,
    CancelOrder,
    Command,
    OrderAck,
    OrderType,
    OrderUpdate,
    ProtectPosition,
    Side,
    TriggerBy,
    TriggerDirection,
)

D = Decimal
TWO_EXITS = {"take_profit": D("105"), "stop_loss": D("95")}


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.book()
    desk.ticker(last=100.0, mark=100.0, index=100.0)
    return desk


def exits(desk: Desk) -> list[OrderUpdate]:
    """The last update of each exit of the position that still works, oldest first."""
    last = {order.order_id: order for order in desk.all(OrderUpdate) if order.is_position_exit}
    return [order for order in last.values() if order.state.value == "untriggered"]


def terms(desk: Desk) -> list[tuple[str, str]]:
    return [(str(order.trigger_price), str(order.quantity)) for order in exits(desk)]


def protect(desk: Desk, **more: object) -> OrderAck:
    desk.send(ProtectPosition(desk.account, "p", **more))
    ack = desk.all(OrderAck)[-1]
    assert ack.command is Command.PROTECT
    return ack


# -- orders with a trigger and a limit ---------------------------------------------------------------------------


def test_a_stop_limit_waits_is_triggered_and_rests_at_its_limit(desk):
    order = desk.sell("1", "100.5", trigger_price=D("99.0"))
    assert desk.states(order) == ["untriggered"]
    desk.trade(99.0, 1.0, Side.SELL)
    assert desk.states(order) == ["untriggered", "triggered", "new"]
    desk.trade(100.6, 1.0, Side.BUY)
    assert desk.fills(order) == [("100.5", "1.000", True)]


def test_a_stop_limit_takes_no_more_than_its_limit_allows(desk):
    order = desk.buy("4", "100.2", trigger_price=D("101.0"))
    desk.ticker(last=101.0)
    assert desk.fills(order) == [("100.1", "2.000", False), ("100.2", "2.000", False)]
    assert desk.states(order)[:3] == ["untriggered", "triggered", "filled"]


def test_a_take_profit_limit_waits_for_the_other_way(desk):
    desk.buy("1")
    order = desk.sell("1", "102.0", trigger_price=D("102.0"), trigger_direction=TriggerDirection.RISE, reduce_only=True)
    desk.ticker(last=98.0)
    assert desk.states(order) == ["untriggered"]
    desk.ticker(last=102.0)
    assert desk.states(order) == ["untriggered", "triggered", "new"]


def test_both_prices_of_a_waiting_stop_limit_can_be_amended_and_it_goes_on_waiting(desk):
    order = desk.buy("1", "100.1", trigger_price=D("101.0"))
    desk.amend(order, "100.2", "2", trigger_price="102.0")
    assert desk.states(order) == ["untriggered", "untriggered"]
    last = desk.last(order)
    assert (last.price, last.quantity, last.trigger_price) == (D("100.2"), D(2), D("102.0"))
    desk.ticker(last=101.5)
    assert desk.states(order)[-1] == "untriggered"
    desk.ticker(last=102.0)
    assert desk.filled(order) == 2


def test_a_post_only_stop_limit_that_would_take_on_release_is_rejected(desk):
    order = desk.buy("1", "100.1", trigger_price=D("101.0"), post_only=True)
    desk.ticker(last=101.0)
    assert desk.states(order) == ["untriggered", "triggered", "rejected"]
    assert "post-only would take" in (desk.last(order).reason or "")


def test_a_spot_stop_limit_holds_nothing_until_it_is_released():
    desk = Desk(SPOT)
    desk.book()
    desk.ticker(last=100.0)
    order = desk.buy("1", "100.0", trigger_price=D("101.0"))
    assert desk.balances()["USDT"][2] == 0
    desk.ticker(last=101.0)
    assert desk.last(order).state.value == "new"
    assert desk.balances()["USDT"][2] == D("100.0")


def test_without_a_mark_price_the_last_stands_in_for_it():
    desk = Desk()
    desk.book()
    order = desk.stop(Side.BUY, "1", "101.0", trigger_by=TriggerBy.MARK)
    desk.trade(101.0, 1.0, Side.BUY)
    assert desk.states(order)[1:] == ["triggered", "filled"]


# -- exits attached to an entry ----------------------------------------------------------------------------------


def test_a_fill_brings_the_exits_after_the_entry_and_links_them_to_it(desk):
    entry = desk.buy("1", **TWO_EXITS)
    assert desk.names() == ["OrderAck", "OrderUpdate", "Fill", *["OrderUpdate"] * 3, "PositionUpdate", "Wallet"]
    assert (desk.last(entry).take_profit, desk.last(entry).stop_loss) == (D("105"), D("95"))
    profit, loss = exits(desk)
    for order in (profit, loss):
        assert (order.client_order_id, order.parent_client_order_id) == ("", entry)
        assert (order.side, order.quantity, order.reduce_only) == (Side.SELL, D(1), True)
    assert (profit.trigger_price, profit.trigger_direction) == (D("105"), TriggerDirection.RISE)
    assert (loss.trigger_price, loss.trigger_direction) == (D("95"), TriggerDirection.FALL)


def test_an_entry_without_a_fill_has_no_exits_yet_and_a_part_of_it_has_smaller_ones(desk):
    desk.buy("2", "100.0", **TWO_EXITS)
    assert exits(desk) == []
    desk.trade(99.9, 1.0, Side.SELL)
    assert terms(desk) == [("105.0", "1.000"), ("95.0", "1.000")]
    desk.trade(99.9, 1.0, Side.SELL)
    assert terms(desk) == [("105.0", "2.000"), ("95.0", "2.000")]


@pytest.mark.parametrize(("price", "left"), [(105.0, "95.0"), (95.0, "105.0")])
def test_one_exit_closes_the_position_and_the_other_goes_with_it(desk, price, left):
    desk.buy("1", **TWO_EXITS)
    desk.ticker(last=price)
    assert desk.position().quantity == 0
    assert exits(desk) == []
    other = next(o for o in reversed(desk.all(OrderUpdate)) if str(o.trigger_price) == left)
    assert other.state.value == "canceled"
    assert "no position left" in (other.reason or "")


def test_an_exit_that_the_book_fills_in_part_leaves_the_other_for_the_rest(desk):
    desk.buy("2", **TWO_EXITS)
    desk.book(bids=[(100.0, 1.5)])
    desk.ticker(last=95.0)
    assert desk.position().quantity == D("0.5")
    assert terms(desk) == [("105.0", "0.500")]


def test_exits_follow_the_position_and_those_of_a_later_entry_take_their_place(desk):
    desk.buy("1", **TWO_EXITS)
    second = desk.buy("1", take_profit=D("110"))
    assert terms(desk) == [("110.0", "2.000"), ("95.0", "2.000")]
    assert [order.parent_client_order_id == second for order in exits(desk)] == [True, False]
    desk.sell("1.5")
    assert terms(desk) == [("110.0", "0.500"), ("95.0", "0.500")]


def test_an_entry_that_only_reduces_brings_no_exits_and_one_that_reverses_brings_its_own(desk):
    desk.buy("1", **TWO_EXITS)
    desk.sell("0.5", take_profit=D("90"), stop_loss=D("110"))
    assert terms(desk) == [("105.0", "0.500"), ("95.0", "0.500")]
    desk.sell("1", take_profit=D("91"), stop_loss=D("111"))
    assert terms(desk) == [("91.0", "0.500"), ("111.0", "0.500")]
    assert {order.side for order in exits(desk)} == {Side.BUY}


def test_a_later_fill_does_not_put_back_an_exit_that_was_moved_or_removed(desk):
    desk.buy("2", "100.0", **TWO_EXITS)
    desk.trade(99.9, 1.0, Side.SELL)
    profit, loss = exits(desk)
    desk.send(AmendOrder(desk.account, "", trigger_price=D("97"), order_id=loss.order_id))
    desk.send(CancelOrder(desk.account, "", profit.order_id))
    desk.trade(99.9, 1.0, Side.SELL)
    assert terms(desk) == [("97.0", "2.000")]


def test_a_fill_after_the_exits_closed_the_position_brings_new_ones(desk):
    desk.buy("2", "99.8", **TWO_EXITS)
    desk.trade(99.7, 1.0, Side.SELL)
    desk.ticker(last=95.0)
    assert exits(desk) == []
    desk.ticker(last=100.0)
    desk.trade(99.7, 1.0, Side.SELL)
    assert terms(desk) == [("105.0", "1.000"), ("95.0", "1.000")]


def test_an_exit_on_a_book_that_is_not_valid_waits_released(desk):
    desk.buy("1", **TWO_EXITS)
    desk.status(BookState.STALE)
    desk.ticker(last=95.0)
    assert terms(desk) == [("105.0", "1.000")]
    desk.status(BookState.VALID)
    desk.book()
    assert desk.position().quantity == 0
    assert exits(desk) == []


# -- exits of a position that is open ----------------------------------------------------------------------------


def test_an_open_position_is_given_exits_which_are_moved_and_removed(desk):
    desk.sell("1")
    assert protect(desk, take_profit=D("90"), stop_loss=D("110"), stop_loss_by=TriggerBy.MARK).reason is None
    assert terms(desk) == [("90.0", "1.000"), ("110.0", "1.000")]
    assert [order.trigger_by for order in exits(desk)] == [TriggerBy.LAST, TriggerBy.MARK]
    protect(desk, stop_loss=D("108"), stop_loss_by=TriggerBy.MARK)
    assert terms(desk) == [("90.0", "1.000"), ("108.0", "1.000")]
    protect(desk, take_profit=D(0))
    assert terms(desk) == [("108.0", "1.000")]
    desk.ticker(mark=108.0)
    assert desk.position().quantity == 0


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, "the command names no exit"),
        ({"stop_loss": D("101")}, "the stop loss of a long belongs below 100.0, not at 101"),
        ({"take_profit": D("99")}, "the take-profit of a long belongs above 100.0, not at 99"),
        ({"take_profit": D("-1")}, "take-profit -1 is not above zero"),
        ({"take_profit": D("NaN")}, "take-profit NaN is not above zero"),
        ({"stop_loss": D("99.05")}, "count the price 99.05"),
    ],
)
def test_exits_that_can_not_be_are_refused_and_change_nothing(desk, more, reason):
    desk.buy("1")
    assert (protect(desk, **more).reason or "").startswith(reason)
    assert exits(desk) == []


@pytest.mark.parametrize("desk_of", [Desk, lambda: Desk(SPOT)])
def test_without_a_position_there_is_nothing_to_protect(desk_of):
    desk = desk_of()
    desk.book()
    assert protect(desk, stop_loss=D("90")).reason == "there is no position to protect"


def test_the_quantity_of_an_exit_is_not_for_the_asking(desk):
    desk.buy("1", **TWO_EXITS)
    (_, loss) = exits(desk)
    desk.send(AmendOrder(desk.account, "", quantity=D("0.5"), order_id=loss.order_id))
    assert desk.all(OrderAck)[-1].reason == "its quantity follows the position"


def test_a_resting_target_and_a_stop_share_the_position_too(desk):
    desk.buy("1")
    target = desk.sell("1", "101.0", reduce_only=True)
    stop = desk.order(Side.SELL, "1", order_type=OrderType.STOP_MARKET, trigger_price=D("95.0"), reduce_only=True)
    desk.trade(101.1, 0.4, Side.BUY)
    assert (desk.filled(target), desk.last(stop).quantity) == (D("0.4"), D("0.600"))
