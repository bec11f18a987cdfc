"""Flattening: what is closed, how often it is tried, and what stays on screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.simulation_desk import SPEC
from tests.trading_support import ACCOUNT, SPOT, D, Floor
from ttxt_core.events import AckOutcome, BookState, Command, OrderState, OrderType, Side, TimeInForce
from ttxt_core.orders.managed_order import InFlight
from ttxt_tui.state.log import LogLevel

THIN = [(100.0, 0.3)]


@pytest.mark.parametrize("lag", [False, True])
@pytest.mark.parametrize("held", ["1", "-1"])
def test_all_of_a_position_is_closed_by_one_capped_reduce_only_ioc(held: str, lag: bool) -> None:
    floor = Floor(lag=lag)
    floor.hold(held)
    entry = floor.rest(Side.BUY, 980)
    before = len(floor.creates)
    word = "LONG" if D(held) > 0 else "SHORT"
    assert floor.desk.flatten_prompt().text == f"close {word} 1 BTC/USDT: 1–4 for 25–100 %, Enter all"
    assert floor.desk.flatten(D(1)).text == f"1 cancelled, closing {word} 1 BTC/USDT"
    floor.wait(200)
    (exit_order,) = floor.creates[before:]
    cap = D("98.0") if D(held) > 0 else D("102.1")
    assert (exit_order.quantity, exit_order.price) == (D(1), cap)
    assert (exit_order.reduce_only, exit_order.time_in_force) == (True, TimeInForce.IOC)
    assert (floor.position, entry.state) == (0, OrderState.CANCELED)
    assert floor.said[-1].text == "FLAT on BTC/USDT"
    assert floor.desk.alerts == []


@pytest.mark.parametrize("lag", [False, True])
@pytest.mark.parametrize(("fraction", "left"), [("0.25", "0.753"), ("0.5", "0.502"), ("0.75", "0.251"), ("1", "0")])
def test_fractions_are_of_the_position_and_are_not_closed_twice(fraction: str, left: str, lag: bool) -> None:
    floor = Floor(lag=lag)
    floor.hold("1.003")
    before = len(floor.creates)
    floor.desk.flatten(D(fraction))
    floor.settle()
    assert floor.position == D(left)
    assert len(floor.creates) == before + 1
    assert floor.desk.alerts == []


def test_a_part_that_is_less_than_a_lot_says_so_and_is_not_called_flat() -> None:
    floor = Floor()
    floor.hold("0.05")
    floor.desk.ticket(Side.SELL, 990, D("0.048"), reduce_only=True)
    floor.desk.send()
    floor.wait()
    assert floor.desk.flatten(D("0.25")).text == "25% of 0.002 is less than an order can be: Enter for all"
    floor.desk.flatten(D(1))
    floor.wait()
    assert floor.position == 0
    assert floor.desk.flatten(D(1)).text == "BTC/USDT is flat: nothing to close"
    assert floor.desk.flatten_prompt().level is LogLevel.WARN


def test_what_is_left_is_repriced_three_times_in_three_seconds_and_then_stays_on_screen() -> None:
    floor = Floor()
    floor.hold("1")
    before = len(floor.creates)
    floor.book(THIN)
    floor.desk.flatten(D(1))
    floor.settle()
    assert floor.position == D("0.7")
    assert len(floor.creates) == before + 4
    assert all(create.reduce_only for create in floor.creates[before:])
    quantities = [create.quantity for create in floor.creates[before:]]
    assert quantities == [D(1), D("0.7"), D("0.7"), D("0.7")], "what is left, by the venue's position"
    (alert,) = floor.desk.alerts
    assert alert.startswith("STILL LONG 0.7 BTC/USDT: ")
    floor.settle()
    assert floor.desk.alerts == [alert]
    assert len(floor.creates) == before + 4
    floor.book()
    floor.desk.flatten(D(1))
    floor.wait(200)
    assert floor.desk.alerts == []
    assert floor.position == 0


def test_a_market_that_runs_is_followed_at_once() -> None:
    floor = Floor()
    floor.hold("1")
    before = len(floor.creates)
    floor.desk.flatten(D(1))
    floor.book([(97.0, 5.0)], [(97.1, 5.0)])
    floor.wait(200)
    assert [create.price for create in floor.creates[before:]] == [D("98.0"), D("95.0")]
    assert floor.position == 0


def test_an_alert_goes_when_the_position_does() -> None:
    floor = Floor()
    floor.hold("1")
    floor.book(THIN)
    floor.desk.flatten(D(1))
    floor.settle()
    assert floor.desk.alerts
    floor.book()
    floor.desk.ticket(Side.SELL, 990, D("0.7"), reduce_only=True)
    floor.desk.send()
    floor.wait(200)
    assert floor.desk.alerts == []
    assert floor.said[-1].text == "FLAT on BTC/USDT"


def test_an_alert_of_a_part_names_the_position_and_ends_when_it_is_made_larger() -> None:
    floor = Floor()
    floor.hold("1")
    floor.book(THIN)
    floor.desk.flatten(D("0.5"))
    floor.settle()
    (alert,) = floor.desk.alerts
    assert alert.startswith("STILL LONG 0.7 BTC/USDT, 0.2 of it to close: ")
    floor.book()
    floor.desk.take(Side.BUY)
    floor.desk.send()
    floor.wait(200)
    assert floor.desk.alerts == []


def test_a_fill_that_wins_against_its_cancel_is_closed_too() -> None:
    floor = Floor()
    floor.hold("1")
    entry = floor.rest(Side.BUY, 1000)
    floor.desk.flatten(D(1))
    floor.trade(100.0, 5.5, Side.SELL)
    assert entry.filled == D("0.5")
    floor.settle()
    assert floor.position == 0
    floor.hold("1")
    sell = floor.rest(Side.SELL, 1001)
    floor.desk.flatten(D(1))
    floor.trade(100.1, 3.5, Side.BUY)
    assert sell.filled
    floor.settle()
    assert floor.position == 0, "also when it turned the position around"


def test_nothing_is_entered_while_a_position_is_being_closed() -> None:
    floor = Floor()
    floor.hold("1")
    floor.desk.stage(Side.BUY, 990)
    floor.desk.flatten(D(1))
    assert floor.desk.staged is None
    assert floor.desk.stage(Side.BUY, 990).text == "BTC/USDT is being closed"
    floor.wait(200)
    assert floor.desk.stage(Side.BUY, 990).level is LogLevel.INFO


@pytest.mark.parametrize("hinder", ["disarmed", "loss", "behind"])
def test_exits_always_pass(hinder: str) -> None:
    floor = Floor()
    floor.hold("1")
    if hinder == "disarmed":
        floor.desk.disarm()
    elif hinder == "loss":
        floor.router.limits = replace(floor.router.limits, daily_loss=D("0.01"), max_order_notional=D(1))
    else:
        floor.behind_ns = 10**10
    assert floor.desk.stage(Side.BUY, 990).level is LogLevel.WARN or floor.desk.send().level is LogLevel.ERROR
    floor.desk.flatten(D(1))
    floor.wait(200)
    assert floor.position == 0


def age(floor: Floor) -> None:
    floor.wait(11_000)


def gap(floor: Floor) -> None:
    floor.status(BookState.GAP)


def emptied(floor: Floor) -> None:
    floor.book([], [(100.1, 2.0)])


@pytest.mark.parametrize(("spoil", "word"), [(age, "STALE"), (gap, "GAP"), (emptied, "no bid")])
def test_on_a_book_that_cant_be_trusted_an_exit_asks_once_and_goes_at_market(
    spoil: Callable[[Floor], None], word: str
) -> None:
    floor = Floor()
    floor.hold("1")
    before = len(floor.creates)
    spoil(floor)
    said = floor.desk.flatten(D(1))
    assert said.text.startswith(word)
    assert said.text.endswith("again closes at market, at any price")
    assert floor.desk.asks_at_market
    assert len(floor.creates) == before
    floor.desk.flatten(D(1))
    assert not floor.desk.asks_at_market
    exit_order = floor.creates[-1]
    assert (exit_order.order_type, exit_order.reduce_only, exit_order.price) == (OrderType.MARKET, True, None)
    floor.settle()
    if word == "STALE":
        assert floor.position == 0
    else:
        assert floor.desk.alerts[0].startswith("STILL LONG 1 BTC/USDT: n")


def test_the_question_is_of_one_symbol_and_expires_and_is_taken_back() -> None:
    floor = Floor()
    floor.hold("1")
    floor.status(BookState.GAP)
    floor.desk.flatten(D(1))
    floor.desk.activate(SPOT)
    assert not floor.desk.asks_at_market
    floor.desk.activate(floor.key)
    floor.desk.flatten(D(1))
    assert floor.desk.back_out()
    assert not floor.desk.asks_at_market
    floor.desk.flatten(D(1))
    floor.wait(15_100)
    assert not floor.desk.asks_at_market
    assert len(floor.creates) == 1


def test_a_book_that_fails_between_two_tries_is_not_taken_at_market_unasked() -> None:
    floor = Floor()
    floor.hold("1")
    before = len(floor.creates)
    floor.book(THIN)
    floor.desk.flatten(D(1))
    floor.wait(60)
    floor.status(BookState.GAP)
    floor.settle()
    assert [create.order_type for create in floor.creates[before:]] == [OrderType.LIMIT]
    assert floor.desk.alerts[0].startswith("STILL LONG 0.7 BTC/USDT")


def test_a_book_that_comes_back_in_time_is_closed_on() -> None:
    floor = Floor()
    floor.hold("1")
    floor.book(THIN)
    floor.desk.flatten(D(1))
    floor.wait(60)
    floor.status(BookState.GAP)
    floor.wait(500)
    floor.book()
    floor.wait(1_000)
    assert floor.position == 0


def test_an_unknown_exit_is_settled_before_the_next_try() -> None:
    floor = Floor()
    floor.hold("1")
    before = len(floor.creates)
    floor.desk.flatten(D(1))
    floor.last.in_flight[Command.CREATE] = InFlight(floor.clock.now_ns(), AckOutcome.UNKNOWN)
    floor._lanes.pause("the wire is cut")
    floor.poll()
    assert floor.last.state is OrderState.UNKNOWN
    assert floor.desk.alerts == ["STILL LONG 1 BTC/USDT: the outcome of an exit is not known"]
    for _ in range(5):
        floor.desk.flatten(D(1))
        floor.poll()
    assert len(floor.creates) == before + 1
    floor._lanes.resume()
    floor.settle()
    assert floor.position == 0
    assert len(floor.creates) == before + 1


def test_a_second_press_waits_for_the_exit_that_is_under_way() -> None:
    floor = Floor(lag=True)
    floor.hold("1")
    before = len(floor.creates)
    floor.desk.flatten(D("0.25"))
    floor.desk.flatten(D("0.25"))
    floor.settle()
    assert [create.quantity for create in floor.creates[before:]] == [D("0.25"), D("0.187")]
    assert floor.position == D("0.563")


def test_a_held_replay_is_not_late() -> None:
    floor = Floor()
    floor.hold("1")
    before = len(floor.creates)
    floor.desk.flatten(D(1))
    floor.wait(5_000, held=True)
    assert floor.desk.alerts == []
    floor.wait(200)
    assert floor.position == 0
    assert len(floor.creates) == before + 1


def test_a_position_over_the_largest_order_is_closed_in_parts() -> None:
    floor = Floor()
    floor.hold("4")
    before = len(floor.creates)
    floor.market(replace(SPEC, max_quantity=D("1.5")))
    floor.desk.flatten(D(1))
    floor.settle()
    assert [create.quantity for create in floor.creates[before:]] == [D("1.5"), D("1.5"), D(1)]
    assert floor.position == 0


def test_an_exit_that_can_not_be_sent_stays_on_screen_with_the_reason() -> None:
    floor = Floor()
    floor.hold("1")
    floor.router.detach(floor._lanes)
    said = floor.desk.flatten(D(1))
    assert said.level is LogLevel.ERROR
    assert floor.desk.alerts == [said.text]
    assert said.text.startswith("STILL LONG 1 BTC/USDT: nothing executes orders")


def test_spot_sells_the_free_base_after_its_own_sells_are_cancelled() -> None:
    floor = Floor(SPOT)
    entry = floor.rest(Side.SELL, 1010, "6")
    floor.book([(100.0, 50.0)], [(100.1, 2.0)])
    assert floor.desk.context.free_base(SPOT) == D(4)
    before = len(floor.creates)
    floor.desk.flatten(D(1))
    assert len(floor.creates) == before, "the cancel is on its way"
    floor.wait(200)
    (exit_order,) = floor.creates[before:]
    assert (exit_order.side, exit_order.quantity, exit_order.reduce_only) == (Side.SELL, D(10), True)
    assert entry.state is OrderState.CANCELED
    assert floor.orders.accounts.balance("practice", ACCOUNT, "BTC").total == 0
    assert floor.said[-1].text == "FLAT on BTC/USDT"


def test_spot_that_an_exit_holds_is_left_and_said_and_a_remainder_is_dust() -> None:
    floor = Floor(SPOT)
    floor.desk.ticket(Side.SELL, 1010, D(3), reduce_only=True)
    floor.desk.send()
    floor.wait()
    floor.book([(100.0, 50.0)], [(100.1, 2.0)])
    floor.desk.flatten(D(1))
    floor.settle()
    assert floor.creates[-1].quantity == D(7)
    assert floor.desk.alerts == ["STILL LONG 3 BTC/USDT: orders hold the rest"]
    floor.desk.cancel_order(floor.orders.protective()[0].client_order_id)
    floor.wait()
    floor.desk.flatten(D(1))
    floor.wait(200)
    assert floor.desk.alerts == []
    floor.market(replace(SPEC, min_quantity=D("0.01")))
    floor.desk.ticket(Side.BUY, 1001, D("0.06"))
    floor.desk.send()
    floor.wait()
    floor.market(replace(SPEC, min_quantity=D("0.1")))
    assert floor.desk.flatten(D(1)).text == "0.059 BTC is dust: less than the smallest order"
