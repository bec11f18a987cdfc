"""Staging: what Enter would send, until it does."""

from __future__ import annotations

from tests.simulation_desk import BIDS
from tests.trading_support import SPOT, D, Floor
from ttxt_core.events import BookState, OrderState, OrderType, Side, TimeInForce
from ttxt_core.orders.limits import RiskLimits
from ttxt_tui.state.log import LogLevel


def test_b_pins_its_price_and_enter_sends_it_once() -> None:
    floor = Floor()
    said = floor.desk.stage(Side.BUY, 998)
    assert said.text == floor.desk.prompt == "BUY 0.499 @ 99.8 — Enter sends, Esc drops"
    staged = floor.desk.staged
    assert staged is not None
    made_at_staging = staged.client_order_id
    assert made_at_staging
    floor.book([(100.5, 5.0)], [(100.6, 5.0)])
    floor.poll()
    assert staged.ticks == 998
    assert floor.desk.send().text == "BUY 0.499 @ 99.8 sent"
    assert floor.desk.staged is None
    assert floor.desk.send().text == "nothing staged: b or s at the cursor"
    assert [c.client_order_id for c in floor.creates] == [made_at_staging]
    floor.wait()
    assert (floor.last.state, floor.last.price) == (OrderState.NEW, D("99.8"))


def test_a_second_send_with_the_same_id_is_refused_here() -> None:
    floor = Floor()
    floor.desk.stage(Side.BUY, 998)
    staged = floor.desk.staged
    floor.desk.send()
    floor.desk.stager.staged = staged
    said = floor.desk.send()
    assert (said.text, said.level) == ("not sent: this client order id was already sent", LogLevel.ERROR)
    assert len(floor.creates) == 1


def test_join_and_take_follow_the_touch_until_they_are_sent() -> None:
    floor = Floor()
    floor.desk.join(Side.BUY)
    assert floor.desk.prompt.startswith("BUY 0.499 post-only @ 100.0")
    floor.book([(100.5, 5.0)], [(100.6, 5.0)])
    floor.desk.send()
    assert (floor.creates[-1].price, floor.creates[-1].post_only) == (D("100.5"), True)
    floor.desk.take(Side.SELL)
    assert floor.desk.prompt.startswith("SELL 0.499 down to 98.5")
    floor.book([(101.5, 5.0)], [(101.6, 5.0)])
    floor.poll()
    assert floor.desk.prompt.startswith("SELL 0.499 down to 99.5")
    floor.desk.send()
    create = floor.creates[-1]
    assert (create.price, create.time_in_force, create.order_type) == (D("99.5"), TimeInForce.IOC, OrderType.LIMIT)


def test_improve_goes_a_tick_inside_and_joins_where_the_spread_is_one_tick() -> None:
    floor = Floor()
    assert "joins" in floor.desk.improve(Side.BUY).text
    floor.book(BIDS, [(100.3, 5.0)])
    floor.poll()
    assert floor.desk.staged is not None
    assert (floor.desk.staged.ticks, floor.desk.staged.note) == (1001, "")
    floor.desk.improve(Side.SELL)
    assert floor.desk.staged.ticks == 1002
    floor.book(BIDS, [(100.1, 5.0)])
    floor.desk.send()
    floor.wait()
    assert (floor.last.price, floor.last.state) == (D("100.1"), OrderState.NEW)


def test_a_side_that_is_empty_has_nothing_to_join_and_nothing_to_take() -> None:
    floor = Floor()
    floor.desk.join(Side.BUY)
    floor.book([], [(100.1, 5.0)])
    for said in (floor.desk.send(), floor.desk.join(Side.BUY), floor.desk.take(Side.SELL)):
        assert said.text == "that side of the book is empty"
    assert floor.creates == []


def test_a_passive_order_that_would_take_by_now_wants_a_second_enter() -> None:
    floor = Floor()
    floor.desk.stage(Side.BUY, 1000)
    floor.book([(99.7, 5.0)], [(99.9, 1.0), (100.0, 5.0)])
    said = floor.desk.send()
    assert said.level is LogLevel.WARN
    assert said.text == "BUY 0.499 @ 100.0 — would take now: Enter again, Esc drops"
    assert floor.creates == []
    floor.book()
    floor.poll()
    floor.book([(99.7, 5.0)], [(99.9, 1.0), (100.0, 5.0)])
    assert floor.desk.send().level is LogLevel.WARN, "it rested in between: the first Enter is void"
    assert floor.desk.send().level is LogLevel.OK
    floor.wait()
    assert floor.position == D("0.499")


def test_one_that_was_staged_to_take_needs_no_second_enter_and_post_only_never_takes() -> None:
    floor = Floor()
    floor.desk.stage(Side.BUY, 1002)
    assert floor.desk.send().level is LogLevel.OK
    floor.desk.ticket(Side.BUY, 1002, D(1), post_only=True)
    for _ in range(3):
        assert "post-only would take now" in floor.desk.send().text
    assert len(floor.creates) == 1


def test_what_is_staged_expires_and_goes_with_its_symbol() -> None:
    floor = Floor()
    floor.desk.stage(Side.BUY, 998)
    floor.wait(9_000)
    floor.book()
    floor.wait(5_900)
    assert floor.desk.staged is not None
    floor.wait(100)
    assert floor.desk.staged is None
    assert "staged order expired" in floor.words
    floor.desk.stage(Side.BUY, 998)
    floor.desk.activate(SPOT)
    assert floor.desk.staged is None
    floor.book(key=SPOT)
    assert floor.desk.stage(Side.BUY, 998).level is LogLevel.INFO
    floor.desk.reset()
    assert floor.desk.staged is None
    floor.desk.stage(Side.BUY, 998)
    assert floor.desk.back_out()
    assert not floor.desk.back_out()
    assert floor.creates == []


def test_a_held_replay_does_not_stop_staged_orders_from_expiring() -> None:
    floor = Floor()
    floor.desk.stage(Side.BUY, 998)
    floor.wait(15_000, held=True)
    assert floor.desk.staged is None


def test_nothing_is_entered_disarmed_stale_or_by_a_screen_that_is_behind() -> None:
    floor = Floor()
    floor.desk.stage(Side.BUY, 998)
    floor.router.disarm("the trader is away")
    assert floor.desk.send().text == "disarmed: A arms (the trader is away)"
    assert floor.desk.stage(Side.BUY, 998).text.startswith("disarmed: A")
    floor.desk.arm()
    floor.behind_ns = 1_200_000_000
    assert floor.desk.send().text == "screen behind 1.2 s: no entries"
    floor.behind_ns = 0
    floor.status(BookState.GAP)
    assert floor.desk.send().text.startswith("GAP")
    assert floor.creates == []
    floor.book()
    assert floor.desk.send().level is LogLevel.OK


def test_the_interlock_wants_arming_by_hand_and_leaves_what_works() -> None:
    floor = Floor()
    order = floor.rest(Side.BUY, 990)
    floor.wait(11_000)
    assert not floor.router.is_armed
    assert floor.desk.arm().text.startswith("not armed: STALE")
    floor.book()
    assert floor.desk.stage(Side.BUY, 998).text.startswith("disarmed: A arms (STALE")
    assert order.state is OrderState.NEW
    assert floor.desk.arm().text == "ARMED"
    assert floor.desk.stage(Side.BUY, 998).level is LogLevel.INFO
    assert sum("DISARMED" in text for text in floor.words) == 1


def test_who_is_armed_and_stopped_again_between_two_looks_is_told() -> None:
    floor = Floor()
    floor.desk.disarm()
    floor.poll()
    assert floor.desk.arm().text == "ARMED"
    floor.router.interlock("the account is lost")
    floor.poll()
    assert "DISARMED: the account is lost; A arms again" in floor.words


def test_a_seek_is_no_stale_market() -> None:
    floor = Floor()
    floor.poll()
    floor.desk.reset()
    floor.status(BookState.SYNCING)
    floor.poll()
    assert floor.router.is_armed


def test_a_limit_stops_an_entry_with_its_name_and_is_shown_before() -> None:
    floor = Floor(limits=RiskLimits(max_order_notional=D(40)))
    floor.desk.stage(Side.BUY, 998)
    line = floor.desk.pretrade()
    assert line is not None
    assert line.breach == "max_order_notional is 40 USDT, this is 49.80 USDT"
    assert floor.desk.send().text == f"not sent: {line.breach}"
    assert floor.desk.staged is not None
    floor.desk.ticket(Side.BUY, 998, D("0.01"))
    assert "below the minimum 5" in floor.desk.send().text
    assert floor.creates == []


def test_the_size_of_what_is_staged_can_be_changed_and_is_the_symbols_then() -> None:
    floor = Floor()
    floor.desk.stage(Side.BUY, 998)
    assert "BUY 1.998" in floor.desk.preset(3).text
    assert "BUY 2.098" in floor.desk.step_size(1).text
    assert floor.desk.size is not None
    assert floor.desk.size.quantity == floor.desk.staged.quantity
    floor.desk.ticket(Side.SELL, 1010, D("0.3"))
    floor.desk.step_size(1)
    assert floor.desk.staged.quantity == D("0.31")
    assert floor.desk.size.quantity == D("2.098")


def test_reverse_is_staged_for_both_sides_and_follows_the_position() -> None:
    for held, after in (("1", "-1"), ("-1", "1")):
        floor = Floor()
        floor.hold(held)
        said = floor.desk.reverse()
        word = "short" if D(held) > 0 else "long"
        assert f"2 (reverses to {word} 1)" in said.text
        floor.desk.send()
        floor.wait()
        assert floor.position == D(after)
    floor = Floor()
    floor.hold("1")
    floor.desk.reverse()
    staged = floor.desk.staged
    floor.desk.stager.staged = None
    floor.desk.ticket(Side.SELL, 990, D("0.4"), reduce_only=True)
    floor.desk.send()
    floor.wait()
    floor.desk.stager.staged = staged
    assert floor.desk.send().text.startswith("SELL 1.2 (reverses to short 0.6)")
    assert floor.position == D("0.6")


def test_a_reversal_of_a_position_that_is_gone_is_dropped() -> None:
    floor = Floor()
    assert floor.desk.reverse().text == "no position to reverse"
    floor.hold("1")
    floor.desk.reverse()
    staged = floor.desk.staged
    floor.desk.flatten(D(1))
    floor.wait(200)
    floor.desk.stager.staged = staged
    assert floor.desk.send().text == "the position that was to be reversed is gone"
    assert floor.desk.staged is None
    assert floor.position == 0
    spot = Floor(SPOT)
    assert spot.desk.reverse().text == "no position to reverse"


def test_the_ticket_stages_what_it_says() -> None:
    floor = Floor()
    assert floor.desk.ticket(Side.BUY, 1001, D(1), order_type=OrderType.MARKET).text.startswith("BUY 1 MARKET — ")
    line = floor.desk.pretrade()
    assert line is not None
    assert (line.fills_now, line.average) == (D(1), 100.1)
    floor.desk.send()
    assert (floor.creates[-1].order_type, floor.creates[-1].price) == (OrderType.MARKET, None)
    floor.wait()
    floor.desk.ticket(Side.SELL, 1010, D(5), reduce_only=True, time_in_force=TimeInForce.FOK)
    assert floor.desk.prompt.startswith("SELL 5 (closes) FOK @ 101.0")
    line = floor.desk.pretrade()
    assert line is not None
    assert line.position_after == 0


def test_a_reduce_only_ticket_passes_disarmed() -> None:
    floor = Floor()
    floor.hold("1")
    floor.desk.disarm()
    floor.desk.ticket(Side.SELL, 1010, D(1), reduce_only=True)
    assert floor.desk.send().level is LogLevel.OK
    floor.wait()
    assert floor.last.state is OrderState.NEW
