"""The Orders pane's model: rows in a stable order, and a selection that is an order and not a line."""

from decimal import Decimal
from typing import Any

import pytest

from tests.account_support import DOGE, ETH, Screen, quote
from tests.orders_support import LINEAR, SECOND, SPOT, ack, amend, cancel, create, event, fill, update
from ttxt_core.events import (
    AckOutcome,
    Command,
    FillKind,
    OrderState,
    OrderType,
    QuantityUnit,
    ResetReason,
    Side,
    StreamReset,
    TimeInForce,
    TriggerDirection,
)
from ttxt_tui.state.order_rows import FillRow, OrderRow
from ttxt_tui.state.orders import OrdersTab
from ttxt_tui.state.tones import Tone


def _working(screen: Screen, height: int = 20, now: int = 0) -> list[OrderRow]:
    return [row for row in screen.store.orders.rows(height, now) if isinstance(row, OrderRow)]


def _place(screen: Screen, *ids: str) -> None:
    for name in ids:
        screen.send(create(name))
        screen.feed(ack(name), update(name))


def _end(screen: Screen, id: str, state: OrderState = OrderState.CANCELED) -> None:
    screen.feed(update(id, state, at=9))


def test_a_row_says_all_of_an_order() -> None:
    screen = Screen(LINEAR)
    screen.feed(quote(100.3, 100.4))
    screen.send(create("a", quantity="1.5", price="100", at=2 * SECOND, post_only=True))
    screen.feed(
        ack("a"),
        update("a", OrderState.PARTIALLY_FILLED, "0.5", quantity="1.5", average_price=None, post_only=True, at=3),
    )
    (row,) = _working(screen, now=50 * SECOND)
    assert (row.id, row.symbol, row.short_symbol, row.side) == ("a", "BTC/USDT perp", "BTC perp", Side.BUY)
    assert (row.kind, row.price, row.quantity, row.filled) == ("POST", "100.0", "1.500", "0.500")
    assert row.share == pytest.approx(1 / 3)
    assert (row.state, row.tone, row.age, row.distance) == (OrderState.PARTIALLY_FILLED, Tone.OWN, "48s", "3t")


def test_the_state_follows_what_is_on_its_way() -> None:
    screen = Screen(LINEAR)
    screen.send(create("a"))
    states = [_working(screen)[0].state]
    screen.feed(ack("a"), update("a"))
    states.append(_working(screen)[0].state)
    screen.manager.register(amend("a", price="99"))
    states.append(_working(screen)[0].state)
    screen.manager.register(cancel("a"))
    states.append(_working(screen)[0].state)
    screen.feed(ack("a", Command.CANCEL, AckOutcome.UNKNOWN))
    states.append(_working(screen)[0].state)
    assert [state.value for state in states] == ["pending_new", "new", "pending_amend", "pending_cancel", "unknown"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "LIMIT"),
        ({"post_only": True}, "POST"),
        ({"time_in_force": TimeInForce.IOC}, "IOC"),
        ({"time_in_force": TimeInForce.FOK}, "FOK"),
        ({"order_type": OrderType.MARKET}, "MARKET"),
        ({"price": None, "order_type": OrderType.STOP_MARKET}, "STOP"),
        ({"trigger_price": Decimal(101)}, "STOP-L"),
        ({"trigger_price": Decimal(99), "trigger_direction": TriggerDirection.FALL}, "TP-L"),
        ({"price": None, "order_type": OrderType.STOP_MARKET, "trigger_direction": TriggerDirection.FALL}, "TP"),
    ],
)
def test_every_kind_has_its_word(fields: dict[str, Any], kind: str) -> None:
    screen = Screen(LINEAR)
    screen.send(create("a", **fields))
    assert _working(screen)[0].kind == kind


def test_flags_say_what_a_trader_must_know() -> None:
    screen = Screen(LINEAR)
    screen.send(create("a", reduce_only=True))
    screen.feed(ack("a"), update("a", reduce_only=True), update("", order_id="elsewhere"))
    screen.manager.register(amend("a", price="99"))
    own, external = _working(screen)
    assert own.flags == ("R", "loses queue")
    assert external.flags == ("ext",)
    screen.feed(update("", order_id="kept", reduce_only=True, is_position_exit=True))
    assert _working(screen)[-1].flags == ("R", "POS")
    assert external.id == "elsewhere"
    own_order = screen.manager.by_client_id("a")
    assert own_order is not None
    own_order.linked_to = "b"
    screen.feed(update("other"))
    assert _working(screen)[0].flags == ("R", "LOCAL", "loses queue")


def test_a_stop_limit_shows_its_trigger_until_it_is_released_and_its_limit_then() -> None:
    screen = Screen(LINEAR)
    screen.feed(quote(100.0, 100.5))
    screen.send(create("a", price="102", trigger_price=Decimal(101)))
    screen.feed(ack("a"), update("a", OrderState.UNTRIGGERED, price="102", trigger_price=Decimal(101)))
    waiting = _working(screen)[0]
    assert (waiting.kind, waiting.price, waiting.terms) == ("STOP-L", "101.0", "limit 102.0")
    screen.feed(update("a", OrderState.NEW, price="102", trigger_price=Decimal(101), at=2))
    released = _working(screen)[0]
    assert (released.kind, released.price, released.terms) == ("LIMIT", "102.0", "")


def test_a_smaller_size_keeps_the_queue_and_a_larger_one_loses_it() -> None:
    screen = Screen(LINEAR)
    _place(screen, "a")
    screen.manager.register(amend("a", quantity="0.5"))
    assert _working(screen)[0].flags == ()
    screen.manager.register(amend("a", quantity="2"))
    assert _working(screen)[0].flags == ("loses queue",)


def test_the_distance_is_counted_from_the_own_side() -> None:
    screen = Screen(LINEAR)
    screen.feed(quote(100.0, 100.5))
    for name, side, price in (("a", Side.BUY, "99.9"), ("b", Side.SELL, "100.4"), ("c", Side.BUY, "50")):
        screen.send(create(name, side, price=price))
    screen.send(create("s", Side.SELL, price=None, order_type=OrderType.STOP_MARKET, trigger_price=None))
    assert [row.distance for row in _working(screen)] == ["1t", "−1t", "500t", ""]
    screen.feed(quote(500.0, 500.5))
    assert _working(screen)[2].distance == "9,000.0bp"


def test_figures_have_the_instruments_precision_and_line_up() -> None:
    screen = Screen(LINEAR, SPOT, DOGE)
    screen.send(create("a", quantity="0.25", price="65110.2"))
    screen.send(create("b", quantity="0.0125", price="65100", key=SPOT))
    screen.send(create("c", quantity="25000", price="0.07051", key=DOGE))
    rows = _working(screen)
    assert [row.price for row in rows] == ["65,110.2    ", "65,100.0    ", "     0.07051"]
    assert [row.quantity for row in rows] == ["     0.250   ", "     0.012500", "25,000       "]


def test_an_order_in_quote_currency_says_so() -> None:
    screen = Screen(LINEAR)
    screen.send(create("a", quantity="500", price=None, quantity_unit=QuantityUnit.QUOTE))
    (row,) = _working(screen)
    assert (row.price, row.quantity, row.share) == ("market", "500$", 0.0)


def test_an_order_of_an_unknown_instrument_is_shown_as_it_is() -> None:
    screen = Screen(LINEAR)
    screen.send(create("a", price="3.25", key=ETH))
    (row,) = _working(screen)
    assert (row.symbol, row.price, row.quantity, row.distance) == ("ETH/USDT perp", "3.25", "1", "")


def test_age_and_distance_go_on_without_news_of_the_order() -> None:
    screen = Screen(LINEAR)
    screen.feed(quote(100.0, 100.5))
    screen.send(create("a", price="99.9", at=SECOND))
    shown = []
    for now, bid in ((2, 100.0), (3, 100.0), (9, 100.2)):
        screen.feed(quote(bid, 100.5))
        (row,) = _working(screen, now=now * SECOND)
        shown.append((row.age, row.distance))
    assert shown == [("1s", "1t"), ("2s", "1t"), ("8s", "3t")]


# -- the selection ---------------------------------------------------------------------------------------------


def test_the_selection_is_an_order_whatever_comes_and_goes() -> None:
    screen = Screen(LINEAR)
    orders = screen.store.orders
    _place(screen, "a", "b", "c")
    orders.select("b")
    _end(screen, "a")
    _place(screen, "d")
    rows = _working(screen)
    assert [row.id for row in rows] == ["b", "c", "d"]
    assert [row.selected for row in rows] == [True, False, False]
    assert orders.selected == "b"


def test_an_order_that_ended_is_not_replaced_by_its_neighbour() -> None:
    screen = Screen(LINEAR)
    orders = screen.store.orders
    _place(screen, "a", "b", "c")
    orders.select("b")
    _end(screen, "b")
    assert orders.selected is None
    assert orders.selected_order is None
    assert not any(row.selected for row in _working(screen))


def test_moving_goes_through_the_rows_and_stops_at_the_ends() -> None:
    screen = Screen(LINEAR)
    orders = screen.store.orders
    assert orders.move(1) is None
    _place(screen, "a", "b", "c")
    assert [orders.move(step) for step in (1, 1, 1, 1, -1)] == ["a", "b", "c", "c", "b"]
    orders.select(None)
    assert orders.move(-1) == "c"


def test_a_long_list_shows_the_newest_or_the_selected_one_and_scrolls_no_more_than_needed() -> None:
    screen = Screen(LINEAR)
    orders = screen.store.orders
    _place(screen, *"abcdefgh")
    assert [row.id for row in _working(screen, 3)] == ["f", "g", "h"]
    assert orders.range_text(3) == "6-8 of 8"
    orders.select("e")
    assert [row.id for row in _working(screen, 3)] == ["e", "f", "g"]
    orders.select("g")
    assert [row.id for row in _working(screen, 3)] == ["e", "f", "g"]
    orders.select("h")
    assert [row.id for row in _working(screen, 3)] == ["f", "g", "h"]
    assert orders.range_text(20) == ""


# -- fills and history -----------------------------------------------------------------------------------------


def test_fills_come_newest_first_with_fee_and_maker() -> None:
    screen = Screen(LINEAR)
    orders = screen.store.orders
    screen.send(create("a"))
    screen.feed(fill("a", "e1", "0.4", fee="0.02", is_maker=True, at=SECOND), fill("a", "e2", "0.6", at=2 * SECOND))
    screen.feed(fill("a", "e3", "1", kind=FillKind.FUNDING, fee="-0.5", at=3 * SECOND))
    orders.show(OrdersTab.FILLS)
    rows = [row for row in orders.rows(10, 0) if isinstance(row, FillRow)]
    assert [(row.time, row.quantity, row.fee, row.note) for row in rows] == [
        ("00:00:03.000", "1.000", "−0.5000", "funding"),
        ("00:00:02.000", "0.600", " 0.0000", "taker"),
        ("00:00:01.000", "0.400", " 0.0200", "maker"),
    ]


def test_history_says_why_an_order_ended() -> None:
    screen = Screen(LINEAR)
    orders = screen.store.orders
    _place(screen, "a", "b")
    screen.feed(update("a", OrderState.REJECTED, at=3, reason="post-only would take"))
    screen.feed(update("b", OrderState.FILLED, "1", at=4))
    orders.show(OrdersTab.HISTORY)
    rows = [row for row in orders.rows(10, 0) if isinstance(row, OrderRow)]
    assert [(row.id, row.state.value, row.reason, row.share) for row in rows] == [
        ("b", "filled", "", 1.0),
        ("a", "rejected", "post-only would take", 0.0),
    ]
    assert orders.counts() == {OrdersTab.WORKING: 0, OrdersTab.FILLS: 0, OrdersTab.HISTORY: 2}


def test_older_rows_are_scrolled_to_and_the_end_holds() -> None:
    screen = Screen(LINEAR)
    orders = screen.store.orders
    screen.send(create("a", quantity="9"))
    for number in range(6):
        screen.feed(fill("a", f"e{number}", f"0.{number + 1}"))
    assert orders.show_next() is OrdersTab.FILLS
    orders.move(2)
    assert [row.quantity for row in orders.rows(2, 0)] == ["0.400", "0.300"]
    assert orders.range_text(2) == "3-4 of 6"
    orders.move(50)
    assert [row.quantity for row in orders.rows(2, 0)] == ["0.200", "0.100"]
    assert orders.show_next(-1) is OrdersTab.WORKING


def test_the_version_changes_with_whatever_a_row_shows() -> None:
    screen = Screen(LINEAR)
    orders = screen.store.orders
    _place(screen, "a")
    seen = {orders.version(0)}
    screen.feed(quote(100.0, 100.5))
    seen.add(orders.version(0))
    seen.add(orders.version(SECOND))
    orders.select("a")
    seen.add(orders.version(SECOND))
    screen.feed(update("a", OrderState.PARTIALLY_FILLED, "0.1", at=5))
    seen.add(orders.version(SECOND))
    assert len(seen) == 5
    orders.show(OrdersTab.HISTORY)
    assert orders.version(SECOND) == orders.version(9 * SECOND)


def test_a_reset_of_the_session_leaves_nothing() -> None:
    screen = Screen(LINEAR)
    _place(screen, "a")
    screen.store.orders.select("a")
    screen.feed(event(StreamReset(ResetReason.SEEK)))
    assert _working(screen) == []
    assert screen.store.orders.selected is None
