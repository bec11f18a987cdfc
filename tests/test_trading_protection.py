"""Protective stops and the last resort."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.simulation_desk import SPEC
from tests.trading_support import LINEAR, SPOT, D, Floor
from ttxt_core.events import BookState, OrderState, OrderType, Side, TriggerBy, TriggerDirection
from ttxt_tui.state.log import LogLevel


@pytest.mark.parametrize(
    ("held", "ticks", "side", "beyond"), [("1", 950, Side.SELL, 945), ("-1", 1050, Side.BUY, 1055)]
)
def test_a_stop_is_reduce_only_for_the_whole_position_and_closes_it(
    held: str, ticks: int, side: Side, beyond: int
) -> None:
    floor = Floor()
    floor.hold(held)
    said = floor.desk.protect(ticks)
    assert said.text == f"stop 1 at {ticks / 10:.1f}, reduce-only sent"
    stop = floor.creates[-1]
    assert (stop.order_type, stop.side, stop.quantity, stop.reduce_only) == (OrderType.STOP_MARKET, side, D(1), True)
    assert stop.trigger_price == D(ticks) / 10
    assert stop.trigger_by is TriggerBy.LAST
    assert stop.trigger_direction is (TriggerDirection.FALL if side is Side.SELL else TriggerDirection.RISE)
    floor.wait()
    assert floor.last.state is OrderState.UNTRIGGERED
    floor.trade(beyond / 10, 0.001, side)
    floor.wait()
    assert floor.position == 0
    assert floor.last.state is OrderState.FILLED


def test_it_watches_the_mark_where_there_is_one_and_belongs_on_its_side_of_it() -> None:
    floor = Floor()
    floor.hold("1")
    floor.ticker(mark=99.0, last=100.0)
    assert floor.desk.protect(990).text == "a stop of this position belongs below the mark price 99.0"
    assert floor.desk.protect(1_000).level is LogLevel.WARN
    assert floor.desk.protect(989).level is LogLevel.OK
    assert floor.creates[-1].trigger_by is TriggerBy.MARK
    floor.ticker(mark=98.8)
    floor.wait()
    assert floor.position == 0


def test_a_second_press_replaces_the_first_and_covers_what_is_held_by_then() -> None:
    floor = Floor()
    floor.hold("1")
    floor.desk.protect(950)
    floor.wait()
    stop = floor.last
    assert floor.desk.protect(950).text == "the stop is there already: 1 at 95.0, reduce-only"
    assert floor.desk.protect(960).text == "stop moves to 1 at 96.0, reduce-only"
    floor.wait()
    assert floor.orders.working() == [stop]
    assert (stop.trigger_price, stop.quantity) == (D("96.0"), D(1))
    floor.desk.ticket(Side.BUY, 1010, D("0.5"))
    floor.desk.send()
    floor.wait(60)
    assert floor.position == D("1.5")
    floor.desk.protect(970)
    floor.wait(200)
    assert floor.orders.working() == [stop]
    assert (stop.trigger_price, stop.quantity) == (D("97.0"), D("1.5"))


def test_hasty_presses_have_one_amend_in_flight_and_the_last_price_wins() -> None:
    floor = Floor()
    floor.hold("1")
    for ticks in range(940, 960):
        assert floor.desk.protect(ticks).level is LogLevel.OK
    floor.wait(300)
    assert sum(create.order_type is OrderType.STOP_MARKET for create in floor.creates) == 1
    assert [amend.trigger_price for amend in floor.amends] == [D("95.9")]
    (stop,) = floor.orders.working()
    assert stop.trigger_price == D("95.9")


def test_a_stop_grows_with_its_position_by_itself() -> None:
    floor = Floor()
    floor.hold("1")
    floor.desk.protect(950)
    floor.wait()
    stop = floor.last
    floor.desk.ticket(Side.BUY, 1010, D("0.5"))
    floor.desk.send()
    floor.wait(1_000)
    assert (stop.trigger_price, stop.quantity) == (D("95.0"), D("1.5"))
    assert "the position grew: stop becomes 1.5 at 95.0, reduce-only" in floor.words
    amends = len(floor.amends)
    floor.desk.ticket(Side.SELL, 990, D("0.5"))
    floor.desk.send()
    floor.wait(1_000)
    assert stop.quantity == D(1)
    assert len(floor.amends) == amends, "the venue cuts it by itself"


@pytest.mark.parametrize("lag", [False, True])
def test_a_stop_that_can_not_grow_says_so_once(lag: bool) -> None:
    floor = Floor(lag=lag)
    floor.hold("1")
    floor.desk.protect(950)
    floor.wait()
    floor.market(replace(SPEC, max_market_quantity=D(1)))
    floor.desk.ticket(Side.BUY, 1010, D("0.5"))
    floor.desk.send()
    floor.settle()
    assert len(floor.amends) == 1
    assert sum("the stop stays 1 at 95.0" in text and "maximum" in text for text in floor.words) == 1


def test_keys_move_a_stop_but_never_past_what_triggers_it() -> None:
    floor = Floor()
    floor.hold("1")
    floor.trade(100.0, 0.1, Side.BUY)
    floor.desk.protect(950)
    floor.wait()
    stop = floor.last
    floor.desk.select(stop.client_order_id)
    assert floor.desk.move(3).text == "moves to 95.3"
    floor.wait(300)
    assert stop.trigger_price == D("95.3")
    floor.desk.move(1_000)
    floor.wait(300)
    assert stop.trigger_price == D("99.9")
    assert floor.position == 1
    floor.wait(1_000)
    assert stop.trigger_price == D("99.9"), "nothing puts it back"


def test_a_stop_of_the_other_side_is_replaced() -> None:
    floor = Floor()
    floor.hold("1")
    floor.desk.ticket(Side.SELL, 990, D("0.5"))
    floor.desk.protect(950)
    floor.wait()
    stop = floor.last
    stop.side, stop.trigger_direction = (
        Side.BUY,
        TriggerDirection.RISE,
    )  # kept by the venue
    floor.desk.protect(950)
    assert floor.cancels[-1].client_order_id == stop.client_order_id
    assert floor.creates[-1].side is Side.SELL


def test_there_is_nothing_to_protect_flat_or_on_spot() -> None:
    floor = Floor()
    assert floor.desk.protect(950).text == "no position to protect"
    floor.desk.activate(SPOT)
    assert floor.desk.protect(950).text.startswith("spot has no position")
    assert floor.creates == []


def test_a_stop_passes_disarmed_and_stale_and_disarming_keeps_it() -> None:
    floor = Floor()
    floor.hold("1")
    floor.desk.disarm()
    floor.status(BookState.GAP)
    assert floor.desk.protect(950).level is LogLevel.OK
    floor.wait()
    stop = floor.last
    floor.desk.protect(960)
    floor.wait()
    floor.desk.disarm()
    floor.wait()
    assert (stop.state, stop.trigger_price) == (OrderState.UNTRIGGERED, D("96.0"))


def test_a_stop_that_the_venue_refuses_says_that_there_is_none() -> None:
    floor = Floor()
    floor.hold("1")
    floor.market(replace(SPEC, min_price=D(1), max_market_quantity=D("0.5")))
    floor.desk.protect(950)
    floor.wait(200)
    assert any(text.startswith("LONG 1 has no stop: ") for text in floor.words)


# -- the last resort -----------------------------------------------------------------------------------------


def test_panic_cancels_everything_and_closes_all_as_it_listed() -> None:
    floor = Floor()
    floor.hold("1")
    floor.desk.protect(950)
    floor.rest(Side.BUY, 980)
    floor.desk.activate(SPOT)
    floor.book(key=SPOT)
    floor.rest(Side.BUY, 970)
    floor.desk.stage(Side.BUY, 960)
    floor.desk.disarm()
    floor.wait(60)
    floor.router.arm()
    floor.rest(Side.BUY, 970)
    assert floor.desk.panic_listing() == [
        "cancel SELL stop 1 BTC/USDT @ 95.0",
        "cancel BUY 1 BTC/USDT @ 97.0",
        "close LONG 1 BTC/USDT",
    ]
    assert floor.desk.panic().text == "2 cancelled · closing 1"
    assert floor.desk.staged is None
    floor.settle()
    assert floor.orders.working() == []
    assert floor.desk.context.position(LINEAR) == 0
    assert floor.desk.context.position(SPOT) == D(10), "what is owned is no position"
    assert floor.desk.panic_listing() == []
    assert floor.desk.panic().text == "nothing works and all is flat"


def test_panic_passes_disarmed_and_stale_and_says_what_it_does_then() -> None:
    floor = Floor()
    floor.hold("-2")
    floor.desk.disarm()
    floor.wait(12_000)
    (line,) = floor.desk.panic_listing()
    assert line.startswith("close SHORT 2 BTC/USDT at market, at any price (STALE")
    floor.desk.panic()
    assert floor.creates[-1].order_type is OrderType.MARKET
    floor.wait(200)
    assert floor.position == 0
    assert len(floor.cancels) == 0


def test_panic_does_not_cancel_the_exit_that_is_closing() -> None:
    floor = Floor()
    floor.hold("1")
    before = len(floor.creates)
    floor.desk.flatten(D(1))
    floor.desk.panic()
    floor.settle()
    assert floor.position == 0
    assert floor.cancels == []
    assert len(floor.creates) == before + 1


def test_panic_sells_on_spot_what_this_session_bought_and_says_what_stays() -> None:
    floor = Floor(SPOT)
    floor.desk.ticket(Side.BUY, 1020, D("0.5"))
    floor.desk.send()
    floor.wait()
    floor.rest(Side.BUY, 970)
    floor.rest(Side.SELL, 1040)
    before = D(10)
    bought = floor.position - before
    assert D("0.49") < bought < D("0.5"), "the fee is taken of what is bought"
    sold = floor.markets[SPOT].info.round_quantity(bought)
    assert floor.desk.panic_listing()[2:] == [
        f"sell {sold.normalize():f} BTC/USDT spot, bought in this session",
        "stays: 10 BTC, there before this session",
    ]
    assert floor.desk.panic().text == "2 cancelled · closing 1 · 10 BTC from before stays"
    floor.settle()
    assert floor.orders.working() == []
    assert floor.position == before + bought - sold
    assert floor.desk.panic_listing() == []
    assert floor.desk.alerts == []
    assert "BTC/USDT: what was bought is sold, 10 BTC stays" in floor.words


def test_panic_sells_a_purchase_that_wins_the_race_and_nothing_that_was_there() -> None:
    floor = Floor(SPOT)
    floor.rest(Side.BUY, 980)
    floor.desk.panic()
    floor.book(bids=[(97.0, 5.0)], asks=[(98.0, 5.0)])  # filled before the cancel is there
    floor.settle()
    assert [fill.side for fill in floor.fills] == [Side.BUY, Side.SELL]
    assert 0 <= floor.position - 10 < D("0.01")


def test_panic_leaves_alone_what_was_there_and_what_is_left_of_a_sale() -> None:
    floor = Floor(SPOT)
    floor.desk.ticket(Side.SELL, 980, D(2))
    floor.desk.send()
    floor.wait()
    assert floor.position == 8
    assert floor.desk.panic_listing() == []
    assert floor.desk.panic().text == "nothing works and all is flat"
    assert floor.position == 8
