"""Own orders: edits, moves and cancels."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.simulation_desk import SPEC
from tests.trading_support import ACCOUNT, LINEAR, SPOT, D, Floor
from ttxt_core.events import (
    CancelOrder,
    Event,
    MessageHeader,
    OrderState,
    OrderType,
    OrderUpdate,
    Side,
    Source,
)
from ttxt_core.orders.router import cancel_command
from ttxt_tui.state.log import LogLevel

# -- edits ---------------------------------------------------------------------------------------------------


def test_an_edit_sends_only_what_changed_and_its_size_is_the_new_total() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    chosen = floor.desk.size
    assert floor.desk.edit(order.client_order_id).text == "amend BUY 1 @ 99.0 — Enter amends, Esc drops"
    assert floor.desk.send().text == "nothing was changed"
    floor.desk.step_size(2)
    assert floor.desk.size == chosen, "the edit's size is not the symbol's"
    assert floor.desk.send().level is LogLevel.OK
    floor.wait()
    assert [(a.price, a.quantity) for a in floor.amends] == [(None, D("1.2"))]
    assert (order.quantity, order.price, order.filled) == (D("1.2"), D("99.0"), 0)
    floor.desk.edit(order.client_order_id)
    assert "98.8" in floor.desk.move(-2).text
    floor.desk.send()
    floor.wait()
    assert [(a.price, a.quantity) for a in floor.amends[1:]] == [(D("98.8"), None)]
    assert len(floor.creates) == 1


def test_a_partial_fill_keeps_the_total_of_filled_and_remaining() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 1000, "2")
    floor.trade(100.0, 5.4, Side.SELL)
    assert order.filled == D("0.4")
    floor.desk.edit(order.client_order_id)
    line = floor.desk.pretrade()
    assert line is not None
    assert (line.quantity, line.label) == (D("1.6"), "amend BUY 2")
    floor.desk.select(order.client_order_id)
    floor.desk.back_out()
    floor.desk.move(-1)
    floor.trade(99.9, 0.1, Side.SELL)
    floor.wait(300)
    assert (order.price, order.quantity, order.filled, order.remaining) == (D("99.9"), D(2), D("0.5"), D("1.5"))
    floor.desk.edit(order.client_order_id)
    floor.desk.stager.resize(floor.desk.market, D("0.5"))
    assert "0.5 is filled already" in floor.desk.send().text


def test_an_edit_that_only_makes_an_entry_smaller_passes_disarmed() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.router.interlock("stale")
    floor.desk.edit(order.client_order_id)
    floor.desk.step_size(1)
    assert floor.desk.send().text.startswith("disarmed: A arms")
    floor.desk.step_size(-2)
    assert floor.desk.send().level is LogLevel.OK
    floor.wait()
    assert order.quantity == D("0.99")


def test_one_amend_is_in_flight_and_an_order_that_ended_is_not_edited() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    for _ in range(2):
        floor.desk.edit(order.client_order_id)
        floor.desk.step_size(1)
        said = floor.desk.send()
    assert said.text == "its last amend is not answered yet"
    assert len(floor.amends) == 1
    floor.desk.cancel_order(order.client_order_id)
    floor.wait()
    assert floor.desk.staged is None
    assert "the order that was being edited does not work any more" in floor.words
    assert floor.desk.edit(order.client_order_id).level is LogLevel.WARN
    assert floor.desk.edit("no such order").level is LogLevel.WARN


def test_an_edit_never_moves_past_the_touch() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.desk.edit(order.client_order_id)
    floor.desk.move(500)
    assert floor.desk.staged is not None
    assert floor.desk.staged.ticks == 1000
    floor.book([(99.0, 5.0)], [(99.5, 5.0)])
    assert "would take now" in floor.desk.send().text
    assert floor.amends == []


# -- moves ---------------------------------------------------------------------------------------------------


def test_twenty_presses_are_few_amends_and_the_last_target_wins() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.desk.select(order.client_order_id)
    for press in range(20):
        said = floor.desk.move(-1)
        assert floor.desk.ghosts == {order.client_order_id: 989 - press}
        floor.wait(30)
    assert said.text == "moves to 97.0 · loses queue"
    assert floor.amends == []
    floor.wait(300)
    assert [a.price for a in floor.amends] == [D("97.0")]
    assert (order.price, floor.desk.ghosts) == (D("97.0"), {})


def test_slow_presses_have_one_amend_in_flight_and_end_at_the_last_target() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.desk.select(order.client_order_id)
    for _ in range(8):
        floor.desk.move(-1)
        floor.wait(100)
    floor.wait(500)
    assert order.price == D("98.2")
    assert floor.desk.ghosts == {}
    assert len(floor.amends) <= 8


def test_while_an_amend_is_in_flight_the_next_waits_for_its_answer() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.desk.select(order.client_order_id)
    floor.desk.move(-1)
    floor.wait(90)
    assert len(floor.amends) == 1
    assert order.state is OrderState.PENDING_AMEND
    floor.desk.move(-1)
    floor.desk.move(-1)
    floor.wait(1_000, held=True)
    assert len(floor.amends) == 1
    floor.wait(200)
    assert [a.price for a in floor.amends] == [D("98.9"), D("98.7")]
    assert order.price == D("98.7")


@pytest.mark.parametrize("lag", [False, True])
def test_a_move_never_crosses_the_spread_also_when_the_market_comes_to_it(lag: bool) -> None:
    floor = Floor(lag=lag)
    order = floor.rest(Side.BUY, 990)
    floor.desk.select(order.client_order_id)
    floor.desk.move(1_000)
    assert floor.desk.ghosts == {order.client_order_id: 1000}
    floor.book([(99.5, 5.0)], [(99.7, 5.0)])
    floor.wait(300)
    assert [a.price for a in floor.amends] == [D("99.6")]
    assert order.state is OrderState.NEW
    floor.desk.cancel_order(order.client_order_id)
    sell = floor.rest(Side.SELL, 1010)
    floor.desk.select(sell.client_order_id)
    floor.desk.move(-1_000)
    floor.wait(300)
    assert sell.price == D("99.6")
    assert floor.fills == []


def test_a_refused_amend_leaves_no_ghost_and_says_so() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.desk.select(order.client_order_id)
    floor.desk.move(-1)
    floor.wait(90)
    assert len(floor.amends) == 1
    floor.market(replace(SPEC, min_price=D(99)))
    floor.wait(1_000)
    assert floor.desk.ghosts == {}
    assert order.price == D("99.0")
    assert any("not moved to 98.9" in text and "least price" in text for text in floor.words)
    assert len(floor.amends) == 1


def test_the_latest_target_is_sent_after_one_that_was_refused() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.desk.select(order.client_order_id)
    floor.desk.move(-1)
    floor.wait(90)
    floor.market(replace(SPEC, min_price=D(99)))
    floor.desk.move(4)
    floor.wait(1_000)
    assert (order.price, floor.desk.ghosts) == (D("99.3"), {})


def test_an_entry_is_not_moved_while_disarmed_but_an_exit_is() -> None:
    floor = Floor()
    floor.hold("1")
    entry = floor.rest(Side.BUY, 990)
    floor.desk.ticket(Side.SELL, 1010, D(1), reduce_only=True)
    floor.desk.send()
    floor.wait()
    target = floor.last
    floor.router.interlock("stale")
    floor.desk.select(entry.client_order_id)
    assert floor.desk.move(1).text.startswith("disarmed: A arms")
    assert floor.desk.ghosts == {}
    floor.desk.select(target.client_order_id)
    floor.desk.move(-2)
    floor.wait(300)
    assert target.price == D("100.8")


def test_disarming_while_a_move_waits_stops_it() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.desk.select(order.client_order_id)
    floor.desk.move(1)
    floor.router.interlock("stale")
    floor.wait(300)
    assert floor.amends == []
    assert floor.desk.ghosts == {}
    assert any("not moved: disarmed" in text for text in floor.words)
    floor.desk.arm()
    floor.desk.move(1)
    floor.behind_ns = 10**9
    floor.wait(300)
    assert floor.amends == []
    assert floor.words[-1] == "not moved: screen behind 1.0 s: no entries"


def test_esc_takes_a_move_back_and_a_cancel_ends_it() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.desk.select(order.client_order_id)
    floor.desk.move(1)
    assert floor.desk.back_out()
    floor.desk.move(1)
    floor.desk.cancel_order(order.client_order_id)
    assert floor.desk.ghosts == {}
    assert floor.desk.move(1).text == "that order can't be moved"
    floor.wait(300)
    assert floor.amends == []
    assert floor.desk.move(1).text == "no own order selected: Tab"


# -- selection and cancels -----------------------------------------------------------------------------------


def test_tab_goes_down_the_ladder_and_round() -> None:
    floor = Floor()
    assert floor.desk.select_next(1) is None
    low, high, middle = (floor.rest(Side.BUY, ticks) for ticks in (980, 995, 990))
    assert floor.desk.own_orders() == [high, middle, low]
    assert [floor.desk.select_next(1) for _ in range(4)] == [high, middle, low, high]
    assert floor.desk.select_next(-1) is low
    floor.desk.activate(SPOT)
    assert floor.desk.selected is None


def test_cancels_at_the_cursor_the_newest_and_by_symbol() -> None:
    floor = Floor()
    first, second, third = (floor.rest(Side.BUY, ticks) for ticks in (980, 990, 995))
    assert floor.desk.cancel_newest().text == "cancelling 1: BUY 1 BTC/USDT @ 99.5"
    assert floor.desk.cancel_newest().text == "cancelling 1: BUY 1 BTC/USDT @ 99.0"
    assert [c.client_order_id for c in floor.cancels] == [third.client_order_id, second.client_order_id]
    floor.desk.cancel_newest()
    assert floor.desk.cancel_newest().text == "all entries are being cancelled"
    floor.wait()
    assert floor.orders.working() == []
    assert floor.desk.cancel_newest().text == "no entry works here"
    fourth = floor.rest(Side.BUY, 980)
    assert floor.desk.cancel_aimed([]).text == "no own order at this price"
    assert floor.desk.cancel_aimed([fourth]).level is LogLevel.OK
    floor.wait()
    assert first.state is fourth.state is OrderState.CANCELED
    assert floor.desk.cancel_order(fourth.client_order_id).level is LogLevel.WARN


def test_cancels_by_symbol_and_everywhere_keep_the_stop_and_name_it() -> None:
    floor = Floor()
    floor.hold("0.75")
    floor.desk.protect(900)
    floor.wait()
    stop = floor.last
    for ticks in (980, 985, 990):
        floor.rest(Side.BUY, ticks)
    floor.desk.activate(SPOT)
    floor.rest(Side.BUY, 990)
    floor.desk.activate(LINEAR)
    assert floor.desk.cancel_symbol().text == "3 cancelled · 1 stop kept (LONG 0.75)"
    floor.wait()
    assert len(floor.orders.entries()) == 1
    assert floor.desk.cancel_everywhere().text == "1 cancelled · 1 stop kept (LONG 0.75 BTC/USDT)"
    floor.wait()
    assert floor.orders.working() == [stop]
    floor.rest(Side.BUY, 980)
    assert floor.desk.disarm().text == "DISARMED · 1 cancelled · 1 stop kept (LONG 0.75 BTC/USDT)"
    floor.wait()
    assert floor.orders.working() == [stop]
    assert floor.desk.cancel_order(stop.client_order_id).text == "cancelling 1: SELL stop 0.75 BTC/USDT @ 90.0"


def test_cancelling_several_says_how_many_and_which() -> None:
    floor = Floor()
    orders = [floor.rest(Side.BUY, ticks) for ticks in (970, 975, 980, 985)]
    two = floor.desk.cancel_aimed(orders[:2])
    assert two.text == "cancelling 2: BUY 1 BTC/USDT @ 97.0, BUY 1 BTC/USDT @ 97.5"
    assert floor.desk.cancel_aimed(orders).text.endswith("@ 97.5, BUY 1 BTC/USDT @ 98.0 and 1 more")
    floor.wait()
    assert floor.orders.working() == []


def test_cancels_pass_disarmed_stale_and_unselected() -> None:
    floor = Floor()
    orders = [floor.rest(Side.BUY, ticks) for ticks in (980, 985)]
    floor.router.interlock("stale")
    floor.wait(20_000)
    for order in orders:
        assert floor.desk.cancel_order(order.client_order_id).level is LogLevel.OK
    floor.wait()
    assert {order.state for order in orders} == {OrderState.CANCELED}


def test_a_cancel_without_an_executor_says_so() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 980)
    floor.router.detach(floor._lanes)
    said = floor.desk.cancel_order(order.client_order_id)
    assert said.level is LogLevel.ERROR
    assert "nothing executes orders" in said.text


def test_an_order_made_elsewhere_can_be_chosen_and_cancelled() -> None:
    floor = Floor()
    header = MessageHeader(*LINEAR, floor.clock.now_ns(), floor.clock.now_ns(), 1, Source.SIMULATOR)
    update = OrderUpdate(ACCOUNT, "", "ext-7", OrderState.NEW, Side.BUY, OrderType.LIMIT, D(1), D(0), price=D("98.0"))
    floor.orders.on_event(Event(header, update))
    order = floor.desk.select_next(1)
    assert order is not None
    assert floor.desk.selected == "ext-7"
    assert floor.desk.move(-1).level is LogLevel.INFO
    assert floor.desk.ghosts == {"ext-7": 979}
    floor.wait(150)
    assert [(a.client_order_id, a.order_id, a.price) for a in floor.amends] == [("", "ext-7", D("97.9"))]
    assert floor.desk.cancel_order("ext-7").level is LogLevel.OK
    assert [(c.client_order_id, c.order_id) for c in floor.cancels] == [("", "ext-7")]
    assert cancel_command(order, 1).data == CancelOrder(ACCOUNT, "", "ext-7")
