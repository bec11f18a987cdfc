"""Orders that take: what the book gives them, what stays gone, and how the rest ends."""

from decimal import Decimal

import pytest

from tests.simulation_desk import ASKS, BIDS, LINEAR, SPEC, Desk
from ttxt_core.events import BookState, QuantityUnit, Side, TimeInForce

D = Decimal
IOC = {"time_in_force": TimeInForce.IOC}
FOK = {"time_in_force": TimeInForce.FOK}


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.book()
    return desk


def test_a_market_order_walks_the_book(desk):
    order = desk.buy("4")
    assert desk.fills(order) == [("100.1", "2.000", False), ("100.2", "2.000", False)]
    assert desk.last(order).average_price == D("100.15")
    assert desk.states(order) == ["new", "filled"]


def test_a_market_order_ends_with_the_visible_depth(desk):
    order = desk.sell("20")
    assert desk.filled(order) == 12
    assert desk.last(order).state.value == "expired"
    assert desk.last(order).reason == "the visible depth is used up"


def test_the_reports_come_in_a_venues_order(desk):
    desk.buy("4")
    assert desk.names() == [
        "OrderAck",
        "OrderUpdate",
        "Fill",
        "Fill",
        "OrderUpdate",
        "PositionUpdate",
        "Wallet",
    ]


def test_reports_are_stamped_with_market_time_and_a_rising_sequence(desk):
    desk.pass_ms(3_321)
    desk.buy("4")
    headers = [event.header for event in desk.news]
    assert {h.key for h in headers[:-1]} == {LINEAR}
    assert (headers[-1].venue, headers[-1].pair) == (LINEAR.venue, "")
    assert {(h.venue_time_ns, h.receive_time_ns) for h in headers} == {(4_321_000_000, 4_321_000_000)}
    assert {h.source.value for h in headers} == {"simulator"}
    numbers = [event.header.sequence for event in desk.out]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_limit_that_crosses_takes_to_its_price_and_rests_with_the_remainder(desk):
    order = desk.buy("4", "100.1")
    assert desk.fills(order) == [("100.1", "2.000", False)]
    assert desk.last(order).state.value == "partially_filled"
    desk.trade(100.1, 1.0, Side.SELL)
    assert desk.fills(order)[1:] == [("100.1", "1.000", True)]


def test_what_we_took_stays_gone_until_the_feed_changes_that_level(desk):
    desk.buy("1.5")
    second = desk.buy("1")
    assert desk.fills(second) == [("100.1", "0.500", False), ("100.2", "0.500", False)]
    desk.delta(asks=[(100.2, 9.0)])
    third = desk.buy("1")
    assert desk.fills(third) == [("100.2", "1.000", False)]
    desk.delta(asks=[(100.1, 3.0)])
    fourth = desk.buy("4")
    assert desk.fills(fourth) == [("100.1", "3.000", False), ("100.2", "1.000", False)]


def test_a_snapshot_that_repeats_a_level_does_not_give_back_what_we_took(desk):
    desk.buy("2")
    desk.book(BIDS, ASKS)
    assert desk.fills(desk.buy("1")) == [("100.2", "1.000", False)]


def test_a_snapshot_with_another_size_does(desk):
    desk.buy("2")
    desk.book(BIDS, [(100.1, 2.5), *ASKS[1:]])
    assert desk.fills(desk.buy("1")) == [("100.1", "1.000", False)]


def test_taken_levels_do_not_fill_our_own_remainder_again(desk):
    order = desk.buy("10", "100.2")
    assert desk.filled(order) == 5
    for _ in range(3):
        desk.delta(bids=[(99.0, 1.0)])
    assert desk.filled(order) == 5


def test_we_queue_behind_what_our_own_sale_left_of_a_level(desk):
    desk.sell("4")
    order = desk.buy("1", "100.0")
    desk.trade(100.0, 1.5, Side.SELL)
    assert desk.fills(order) == [("100.0", "0.500", True)]


def test_immediate_or_cancel_expires_with_what_it_could_not_take(desk):
    order = desk.buy("4", "100.1", **IOC)
    assert desk.filled(order) == 2
    assert (desk.last(order).state.value, desk.last(order).filled_quantity) == ("expired", 2)
    desk.trade(99.0, 9.0, Side.SELL)
    assert desk.filled(order) == 2


def test_immediate_or_cancel_away_from_the_book_expires_unfilled(desk):
    order = desk.sell("1", "100.1", **IOC)
    assert (desk.fills(order), desk.states(order)) == ([], ["new", "expired"])


def test_fill_or_kill_takes_all_or_nothing(desk):
    killed = desk.buy("5.001", "100.2", **FOK)
    assert (desk.fills(killed), desk.states(killed)) == ([], ["new", "expired"])
    filled = desk.buy("5", "100.2", **FOK)
    assert (desk.filled(filled), desk.states(filled)) == (5, ["new", "filled"])


def test_fill_or_kill_is_judged_by_what_we_left_of_the_book(desk):
    desk.buy("1")
    killed = desk.buy("5", "100.2", **FOK)
    assert desk.states(killed) == ["new", "expired"]


def test_post_only_that_would_take_is_refused_and_takes_nothing(desk):
    order = desk.buy("1", "100.1", post_only=True)
    assert desk.refusal(order) == "post-only would take the book at 100.1"
    assert (desk.fills(), desk.states(order)) == ([], [])


def test_post_only_beside_the_book_rests(desk):
    order = desk.buy("1", "100.0", post_only=True)
    assert desk.states(order) == ["new"]
    assert desk.last(order).post_only


def test_post_only_is_judged_by_what_we_left_of_the_book(desk):
    desk.buy("2")
    order = desk.buy("1", "100.1", post_only=True)
    assert desk.states(order) == ["new"]


def test_post_only_does_not_meet_an_own_order_either(desk):
    desk.delta(asks=[(100.1, 0.0)])
    desk.sell("1", "100.1", post_only=True)
    assert desk.refusal(desk.buy("1", "100.1", post_only=True)) == "post-only would take an own order at 100.1"


def test_own_orders_never_match_the_standing_one_is_cancelled(desk):
    resting = desk.sell("1", "100.2")
    taker = desk.buy("6", "100.2")
    assert desk.last(resting).state.value == "canceled"
    assert desk.last(resting).reason == "own order sim-1-2 came to its price"
    assert desk.fills(resting) == []
    assert desk.filled(taker) == 5


def test_an_own_order_that_the_taker_does_not_reach_stays(desk):
    behind_the_queue, beyond = desk.sell("1", "100.1"), desk.sell("1", "100.2")
    desk.buy("2")
    assert desk.states(behind_the_queue) == desk.states(beyond) == ["new"]


def test_an_order_that_comes_to_rest_on_an_own_price_cancels_it(desk):
    desk.delta(asks=[(100.1, 0.0), (100.2, 0.0)])
    resting = desk.sell("1", "100.1")
    desk.buy("1", "100.2")
    assert desk.last(resting).state.value == "canceled"


def test_a_quantity_in_quote_currency_buys_what_it_pays_for(desk):
    order = desk.buy("300.6", quantity_unit=QuantityUnit.QUOTE)
    assert desk.fills(order) == [("100.1", "2.000", False), ("100.2", "1.001", False)]
    limit = desk.buy("250", "99.9", quantity_unit=QuantityUnit.QUOTE)
    assert desk.last(limit).quantity == D("2.502")


def test_a_market_order_against_an_empty_side_is_refused(desk):
    desk.book(BIDS, [])
    assert desk.refusal(desk.buy("1")) == "no liquidity: the other side of the book is empty"


@pytest.mark.parametrize("state", [BookState.STALE, BookState.GAP, BookState.SYNCING])
def test_takers_are_refused_while_the_book_is_not_valid_and_passive_orders_rest(desk, state):
    desk.status(state)
    assert f"the book is {state}" in desk.refusal(desk.buy("1"))
    assert f"the book is {state}" in desk.refusal(desk.buy("1", "99.0", **IOC))
    if state is not BookState.SYNCING:  # then the last book is forgotten, and nothing can be known to cross
        assert f"the book is {state}" in desk.refusal(desk.buy("1", "100.1"))
    assert desk.states(desk.buy("1", "99.0", post_only=True)) == ["new"]
    assert desk.states(desk.sell("1", "103.0")) == ["new"]


def test_an_order_placed_in_a_gap_learns_its_queue_from_the_next_snapshot(desk):
    desk.status(BookState.GAP)
    order = desk.buy("1", "100.0")
    desk.book()
    desk.trade(100.0, 5.5, Side.SELL)
    assert desk.fills(order) == [("100.0", "0.500", True)]


def test_a_book_that_came_before_its_instrument_is_not_lost():
    desk = Desk()
    desk.key = desk.key._replace(pair="ETH/USDT")
    desk.book()
    desk.send(SPEC)
    assert desk.filled(desk.buy("1")) == 1
