"""Resting orders: who fills them, when, and behind which queue."""

from decimal import Decimal

import pytest

from tests.simulation_desk import ASKS, BIDS, Desk
from ttxt_core.events import BookState, Orderbook, Side

D = Decimal


@pytest.fixture
def desk() -> Desk:
    """A linear desk with 5 displayed at 100.0 bid, 2 at 100.1 asked."""
    desk = Desk()
    desk.book()
    return desk


def test_a_trade_through_our_price_fills_us_first_up_to_its_size(desk):
    order = desk.buy("3", "100.0")
    desk.trade(99.9, 1.25, Side.SELL)
    assert desk.fills(order) == [("100.0", "1.250", True)]
    desk.trade(99.9, 10.0, Side.SELL)
    assert desk.fills(order)[1:] == [("100.0", "1.750", True)]
    assert desk.states(order) == ["new", "partially_filled", "filled"]


def test_a_trade_through_fills_a_sell_too(desk):
    order = desk.sell("1", "100.1")
    desk.trade(100.2, 0.4, Side.BUY)
    assert desk.fills(order) == [("100.1", "0.400", True)]


def test_a_trade_at_our_price_fills_us_only_after_the_queue_ahead(desk):
    order = desk.buy("2", "100.0")
    desk.trade(100.0, 4.0, Side.SELL)
    assert desk.fills(order) == []
    desk.trade(100.0, 1.5, Side.SELL)
    assert desk.fills(order) == [("100.0", "0.500", True)]
    desk.trade(100.0, 9.0, Side.SELL)
    assert desk.filled(order) == 2


def test_what_is_displayed_after_us_stands_behind_us(desk):
    order = desk.buy("1", "100.0")
    desk.delta(bids=[(100.0, 50.0)])
    desk.trade(100.0, 6.0, Side.SELL)
    assert desk.filled(order) == 1


def test_the_queue_ahead_is_capped_by_what_is_displayed_later(desk):
    order = desk.buy("1", "100.0")
    desk.delta(bids=[(100.0, 0.5)])
    desk.delta(bids=[(100.0, 20.0)])
    desk.trade(100.0, 1.0, Side.SELL)
    assert desk.fills(order) == [("100.0", "0.500", True)]


def test_a_snapshot_caps_the_queue_too(desk):
    order = desk.buy("1", "100.0")
    desk.book([(100.0, 0.25), *BIDS[1:]], ASKS)
    desk.trade(100.0, 1.0, Side.SELL)
    assert desk.fills(order) == [("100.0", "0.750", True)]


def test_a_level_that_vanished_leaves_no_queue(desk):
    order = desk.buy("1", "100.0")
    desk.delta(bids=[(100.0, 0.0)])
    desk.trade(100.0, 0.3, Side.SELL)
    assert desk.fills(order) == [("100.0", "0.300", True)]


def test_a_trade_through_ends_the_queue_ahead(desk):
    order = desk.buy("2", "100.0")
    desk.trade(99.9, 0.5, Side.SELL)
    desk.trade(100.0, 0.5, Side.SELL)
    assert desk.filled(order) == 1


def test_a_trade_whose_aggressor_is_on_our_side_does_not_fill_us(desk):
    buy = desk.buy("1", "100.0")
    desk.trade(100.0, 50.0, Side.BUY)
    desk.trade(99.9, 50.0, Side.BUY)
    assert desk.fills(buy) == []


def test_a_trade_behind_our_price_does_not_fill_us(desk):
    order = desk.buy("1", "99.9")
    desk.trade(100.0, 500.0, Side.SELL)
    assert desk.fills(order) == []


def test_block_trades_fill_nothing(desk):
    order = desk.buy("1", "100.0")
    desk.trade(99.0, 500.0, Side.SELL, is_block=True)
    assert desk.fills(order) == []


def test_an_own_order_in_an_empty_row_has_no_queue(desk):
    desk.delta(asks=[(100.1, 0.0)])
    order = desk.buy("1", "100.1")
    desk.trade(100.1, 0.2, Side.SELL)
    assert desk.fills(order) == [("100.1", "0.200", True)]


def test_own_orders_at_one_price_share_a_trade_in_the_order_they_came(desk):
    first, second = desk.buy("1", "100.0"), desk.buy("1", "100.0")
    desk.trade(100.0, 6.5, Side.SELL)
    assert (desk.filled(first), desk.filled(second)) == (1, D("0.5"))


def test_the_better_own_price_is_served_before_and_a_trade_is_spent_once(desk):
    worse, better = desk.buy("1", "99.9"), desk.buy("1", "100.0")
    desk.trade(99.8, 1.5, Side.SELL)
    assert (desk.filled(better), desk.filled(worse)) == (1, D("0.5"))


def test_a_book_that_crosses_our_price_fills_us_as_maker_at_our_price(desk):
    order = desk.buy("1", "100.0")
    desk.delta(bids=[(100.0, 0.0)], asks=[(100.0, 3.0)])
    assert desk.fills(order) == [("100.0", "1.000", True)]


def test_a_book_far_beyond_our_price_still_fills_at_our_price(desk):
    order = desk.sell("1", "100.1")
    desk.delta(bids=[(101.0, 3.0)], asks=[(100.1, 0.0), (100.2, 0.0), (100.3, 0.0), (101.1, 1.0)])
    assert desk.fills(order) == [("100.1", "1.000", True)]


def test_a_crossing_book_fills_us_up_to_its_size_and_each_level_once(desk):
    order = desk.buy("5", "100.0")
    desk.delta(bids=[(100.0, 0.0), (99.9, 0.0)], asks=[(100.0, 1.0), (99.9, 2.0)])
    assert desk.filled(order) == 3
    desk.delta(bids=[(99.7, 1.0)])
    assert desk.filled(order) == 3
    desk.delta(asks=[(99.9, 1.5)])
    assert desk.filled(order) == D("4.5")


def test_nothing_fills_while_the_book_is_not_valid(desk):
    order = desk.buy("1", "100.0")
    desk.status(BookState.STALE)
    desk.trade(99.0, 50.0, Side.SELL)
    desk.delta(bids=[(100.0, 0.0)], asks=[(100.0, 9.0)])
    assert desk.fills(order) == []
    desk.book([(98.0, 1.0)], [(99.5, 0.75)])
    assert desk.fills(order) == [("100.0", "0.750", True)]


def test_a_book_that_crossed_while_it_was_stale_fills_us_as_soon_as_it_is_valid(desk):
    order = desk.buy("1", "100.0")
    desk.status(BookState.STALE)
    desk.delta(bids=[(100.0, 0.0)], asks=[(100.0, 9.0)])
    desk.status(BookState.VALID)
    assert desk.filled(order) == 1


def test_a_gap_holds_fills_until_the_next_snapshot(desk):
    order = desk.buy("1", "100.0")
    desk.status(BookState.GAP)
    desk.status(BookState.VALID)
    desk.trade(99.0, 50.0, Side.SELL)
    assert desk.fills(order) == []
    desk.book()
    desk.trade(99.0, 50.0, Side.SELL)
    assert desk.filled(order) == 1


def test_a_broken_sequence_is_a_gap_without_being_told(desk):
    order = desk.buy("1", "100.0")
    desk.send(Orderbook([(99.0, 1.0)], [], False, 90, 80))
    desk.trade(99.0, 50.0, Side.SELL)
    assert desk.fills(order) == []


def test_beyond_the_depth_of_the_stream_the_queue_is_unknown_not_empty(desk):
    desk.book(BIDS, ASKS, depth=3)
    order = desk.buy("1", "99.5")
    desk.trade(99.5, 50.0, Side.SELL)
    assert desk.fills(order) == []
    desk.delta(bids=[(100.0, 0.0), (99.9, 0.0), (99.5, 7.0)])
    desk.trade(99.5, 7.5, Side.SELL)
    assert desk.fills(order) == [("99.5", "0.500", True)]


def test_a_level_that_leaves_the_depth_keeps_our_place_in_it(desk):
    desk.book(BIDS, ASKS, depth=3)
    order = desk.buy("1", "99.8")
    desk.delta(bids=[(100.05, 1.0)])  # pushes 99.8 out of the three levels
    desk.delta(bids=[(100.05, 0.0), (99.8, 30.0)])
    desk.trade(99.8, 4.5, Side.SELL)
    assert desk.fills(order) == [("99.8", "0.500", True)]


def test_a_price_that_comes_into_reach_without_a_level_has_no_queue(desk):
    desk.book(BIDS, ASKS, depth=3)
    seen = desk.buy("1", "99.8")
    desk.delta(bids=[(100.05, 1.0)])
    unseen = desk.buy("1", "99.8")
    desk.delta(bids=[(100.05, 0.0)])  # two levels are left of three: below them there is nothing
    desk.trade(99.8, 1.5, Side.SELL)
    assert (desk.filled(seen), desk.filled(unseen)) == (1, D("0.5"))


def test_a_feed_off_the_instruments_grid_is_reported_once_and_fills_nothing(desk):
    order = desk.buy("1", "100.0")
    desk.trade(99.9333, 5.0, Side.SELL)
    assert desk.names() == ["ConnectorError"]
    assert "not a multiple of 0.1" in desk.news[0].data.answered
    desk.trade(99.9, 5.0, Side.SELL)
    assert desk.fills(order) == []
    desk.book()
    desk.trade(99.9, 5.0, Side.SELL)
    assert desk.filled(order) == 1
