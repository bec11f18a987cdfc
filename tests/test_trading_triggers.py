"""Orders that wait for a price: as they are staged, judged, sent, moved and released."""

from __future__ import annotations

import pytest

from tests.trading_support import SPOT, D, Floor
from ttxt_core.events import OrderState, OrderType, Side, TriggerBy, TriggerDirection
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.terms import Trigger

RISE, FALL = TriggerDirection.RISE, TriggerDirection.FALL
LAST = TriggerBy.LAST


def market_at(floor: Floor, price: float) -> None:
    """The last trade's price."""
    floor.trade(price, 0.1, Side.BUY)


def is_over(floor: Floor) -> bool:
    """No position, and nothing works."""
    return not floor.position and not floor.orders.working()


def wait_for(floor: Floor, trigger: Trigger, *, limit: int | None = None, held: str = "") -> ManagedOrder:
    """An order that waits; with a position it only reduces that."""
    side = Side.SELL if trigger.direction is FALL else Side.BUY
    if held:
        side = Side.SELL if D(held) > 0 else Side.BUY
    floor.desk.ticket(
        side,
        trigger.ticks if limit is None else limit,
        D(1),
        order_type=OrderType.STOP_MARKET if limit is None else OrderType.LIMIT,
        reduce_only=bool(held),
        trigger=trigger,
    )
    floor.desk.send()
    floor.wait()
    return floor.last


def test_a_stop_limit_is_staged_in_words_and_sent_as_it_was_shown() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    said = floor.desk.ticket(Side.SELL, 948, D(1), reduce_only=True, trigger=Trigger(950, LAST, FALL))
    assert said.text == "SELL 1 (closes) @ 94.8 when last ≤ 95.0 — Enter sends, Esc drops"
    pretrade = floor.desk.pretrade()
    assert pretrade is not None
    assert (pretrade.fills_now, pretrade.waits, pretrade.position_after) == (D(0), "when last ≤ 95.0", D(0))
    entry = floor.desk.context.entry_price(floor.key)
    assert entry is not None
    assert pretrade.stop is not None
    assert pretrade.target is None
    assert pretrade.stop == (D("95.0"), D("95.0") - entry)
    assert floor.desk.send().text == "SELL 1 (closes) @ 94.8 when last ≤ 95.0 sent"
    sent = floor.creates[-1]
    assert (sent.order_type, sent.price, sent.trigger_price) == (OrderType.LIMIT, D("94.8"), D("95.0"))
    assert (sent.trigger_by, sent.trigger_direction, sent.reduce_only) == (LAST, FALL, True)
    floor.wait()
    assert floor.last.state is OrderState.UNTRIGGERED


def test_a_breakout_waits_and_then_takes() -> None:
    floor = Floor()
    market_at(floor, 100.0)
    order = wait_for(floor, Trigger(1010, LAST, RISE))
    assert (order.state, order.side, floor.position) == (OrderState.UNTRIGGERED, Side.BUY, D(0))
    market_at(floor, 101.0)
    floor.wait()
    assert floor.position == 1


@pytest.mark.parametrize(
    ("ticks", "direction", "side"), [(1000, FALL, Side.SELL), (1001, FALL, Side.SELL), (1000, RISE, Side.BUY)]
)
def test_what_would_not_wait_is_not_sent(ticks: int, direction: TriggerDirection, side: Side) -> None:
    floor = Floor()
    market_at(floor, 100.0)
    trigger = Trigger(ticks, LAST, direction)
    floor.desk.ticket(side, ticks, D(1), order_type=OrderType.STOP_MARKET, trigger=trigger)
    pretrade = floor.desk.pretrade()
    assert pretrade is not None
    assert pretrade.breach == "it would not wait: last is 100.0"
    said = floor.desk.send()
    assert (said.text, said.level) == (pretrade.breach, LogLevel.WARN)
    assert floor.creates == []


def test_an_entry_that_waits_is_refused_disarmed_and_an_exit_is_not() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    floor.desk.disarm()
    entry = floor.desk.ticket(Side.BUY, 1010, D(1), order_type=OrderType.STOP_MARKET, trigger=Trigger(1010, LAST, RISE))
    assert entry.level is LogLevel.WARN
    assert floor.desk.staged is None
    assert wait_for(floor, Trigger(1050, LAST, RISE), held="1").state is OrderState.UNTRIGGERED


def test_keys_move_trigger_and_limit_together_and_never_past_the_market() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    order = wait_for(floor, Trigger(950, LAST, FALL), limit=948, held="1")
    floor.desk.select(order.name)
    assert floor.desk.move(5).text == "moves to 95.5"
    floor.wait(300)
    assert (order.trigger_price, order.price) == (D("95.5"), D("95.3"))
    floor.desk.move(1_000)
    floor.wait(300)
    assert (order.trigger_price, order.price) == (D("99.9"), D("99.7"))
    assert floor.position == 1


def test_keys_move_a_take_profit_on_its_own_side() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    order = wait_for(floor, Trigger(1050, LAST, RISE), held="1")
    assert order.is_take_profit
    floor.desk.select(order.name)
    floor.desk.move(-1_000)
    floor.wait(300)
    assert order.trigger_price == D("100.1")
    assert floor.position == 1


def test_an_order_that_waits_is_amended_in_both_prices_at_once() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    order = wait_for(floor, Trigger(950, LAST, FALL), limit=948, held="1")
    assert floor.desk.move_to(order.name, 960, 955).text == "that order waits for 96.0, then goes to 95.5"
    floor.wait()
    assert (order.trigger_price, order.price) == (D("96.0"), D("95.5"))
    assert floor.desk.move_to(order.name, None, 950).text == "that order goes to 95.0"
    floor.wait()
    assert (order.trigger_price, order.price) == (D("96.0"), D("95.0"))
    assert floor.desk.move_to(order.name, 1_010, 955).text == "it would not wait: 99.9 is the nearest"
    assert floor.desk.edit(order.name).text == "an order that waits is moved with K J or :amend"


def test_the_protective_stop_takes_a_limit_and_keeps_its_distance() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    assert floor.desk.protect(950, 952).text.startswith("a limit above its trigger may never fill")
    assert floor.desk.protect(950, 948).text == "stop 1 at 95.0 limit 94.8, reduce-only sent"
    floor.wait()
    stop = floor.last
    assert (stop.order_type, stop.price, stop.is_stop) == (OrderType.LIMIT, D("94.8"), True)
    assert floor.desk.protect(960).text == "stop moves to 1 at 96.0 limit 95.8, reduce-only"
    floor.wait()
    assert (stop.trigger_price, stop.price) == (D("96.0"), D("95.8"))
    assert floor.desk.protect(960, 950).text == "stop moves to 1 at 96.0 limit 95.0, reduce-only"
    floor.wait()
    assert (stop.trigger_price, stop.price) == (D("96.0"), D("95.0"))
    assert floor.orders.working() == [stop]
    floor.desk.ticket(Side.BUY, 1010, D("0.5"))
    floor.desk.send()
    floor.wait(1_000)
    assert (stop.quantity, stop.trigger_price, stop.price) == (D("1.5"), D("96.0"), D("95.0"))


def test_a_stop_at_market_does_not_become_one_with_a_limit() -> None:
    floor = Floor()
    floor.hold("1")
    floor.desk.protect(950)
    floor.wait()
    said = floor.desk.protect(950, 948)
    assert (said.level, "a stop at market stands there" in said.text) == (LogLevel.WARN, True)
    assert floor.amends == []


# -- targets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("held", "ticks", "price"), [("1", 1050, 105.5), ("-1", 950, 94.5)])
def test_a_target_closes_the_whole_position_and_moves(held: str, ticks: int, price: float) -> None:
    floor = Floor()
    floor.hold(held)
    market_at(floor, 100.0)
    floor.desk.disarm()
    away = 10 if D(held) > 0 else -10
    assert floor.desk.target(ticks - away).text.startswith(f"target {(ticks - away) / 10:.1f} of ")
    floor.wait()
    (target,) = floor.orders.working()
    assert (target.is_take_profit, target.is_position_exit, target.quantity) == (True, True, D(1))
    floor.desk.target(ticks)
    floor.wait()
    (target,) = floor.orders.working()
    assert target.trigger_price == D(ticks) / 10
    floor.trade(price, 0.1, Side.BUY)
    floor.wait()
    assert is_over(floor)


def test_a_target_on_the_wrong_side_or_of_nothing_is_refused() -> None:
    floor = Floor()
    assert floor.desk.target(1050).text == "no position to take a profit of"
    floor.hold("1")
    market_at(floor, 100.0)
    assert floor.desk.target(990).text == (
        "a target of this position belongs above the market: it would not wait: last is 100.0"
    )
    floor.desk.activate(SPOT)
    assert floor.desk.target(1050).text.startswith("spot has no position with a target")
    assert floor.orders.working() == []


def test_a_stop_that_stands_joins_the_target_and_is_never_missing() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    floor.desk.protect(950)
    floor.wait()
    stop = floor.last
    assert floor.desk.target(1050).text.endswith("sent, with its stop: one cancels the other")
    seen = []
    for _ in range(30):
        floor.wait(10)
        seen.append([order.trigger_price for order in floor.orders.working() if order.is_stop])
    assert all(seen), "there was a stop all the time"
    assert {price for prices in seen for price in prices} == {D("95.0")}
    assert stop.standing is OrderState.CANCELED
    assert sorted(order.is_stop for order in floor.orders.working()) == [False, True]
    market_at(floor, 105.0)
    floor.wait()
    assert is_over(floor), "one cancels the other"


def test_a_stop_put_beside_a_target_is_the_venues_too() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    floor.desk.target(1050)
    floor.wait()
    assert floor.desk.protect(950).text.endswith("beside the target: one cancels the other")
    floor.wait()
    assert [order.is_position_exit for order in floor.orders.working()] == [True, True]
    assert floor.desk.protect(960).text == "stop moves to 1 at 96.0, reduce-only"
    floor.wait(300)
    assert sorted(order.trigger_price or 0 for order in floor.orders.working()) == [D("96.0"), D("105.0")]
    market_at(floor, 96.0)
    floor.wait()
    assert is_over(floor)


def test_a_stop_whose_successor_does_not_come_stays() -> None:
    floor = Floor()
    floor.hold("1")
    market_at(floor, 100.0)
    floor.desk.protect(950)
    floor.wait()
    stop = floor.last
    floor.desk.target(1050)
    market_at(floor, 106.0)  # the target would be released at once: the venue refuses it
    floor.settle(7_000)
    assert stop.state is OrderState.UNTRIGGERED
    assert floor.cancels == []
