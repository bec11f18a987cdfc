"""Sizes and typed expressions: presets, steps, quantities and prices."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.simulation_desk import SPEC
from tests.trading_support import LINEAR, SPOT, D, Floor
from ttxt_core.events import OrderType, Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.limits import RiskLimits
from ttxt_tui.config.settings import Sizes
from ttxt_tui.trading.expressions import ExpressionError, parse_price, parse_quantity
from ttxt_tui.trading.sizes import SizeBook, fraction_of, smallest, step_of, stepped
from ttxt_tui.trading.touch import Touch

INFO = InstrumentInfo(LINEAR, SPEC)
TOUCH = Touch(1000, 1003)
NOTIONAL = [D(n) for n in (1, 100, 250, 500, 1000)]


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("2.", "2"),
        ("0.0019", "0.001"),
        ("500$", "5"),
        ("500 $", "5"),
        ("1,500$", "15"),
        ("1,000,000$", "10000"),
        ("25%", "2.5"),
        ("max", "10"),
        (" MAX ", "10"),
    ],
)
def test_quantities_are_read_and_rounded_down_to_the_lot(text: str, quantity: str) -> None:
    assert parse_quantity(text, INFO, D(100), free=D(1000)) == D(quantity)


@pytest.mark.parametrize(
    "text", ["", "0", "0.0001", "-1", "0,5", "1,50", "1,0000", "0,500", "1e3", "nan", "5 btc", "101%", "9" * 40, "١"]
)
def test_what_is_no_quantity_is_refused_and_a_decimal_comma_is_never_dropped(text: str) -> None:
    with pytest.raises(ExpressionError, match="read the quantity"):
        parse_quantity(text, INFO, D(100), free=D(1000))


@pytest.mark.parametrize(
    ("text", "buy", "sell"),
    [
        ("101.5", 1015, 1015),
        ("67,985.1", 679851, 679851),
        ("101.57", 1015, 1016),
        ("bid", 1000, 1000),
        ("ask+2t", 1005, 1005),
        ("bid - 2t", 998, 998),
        ("mid", 1001, 1002),
        ("mid+1t", 1002, 1003),
        ("last", 1001, 1001),
        ("-0.5%", 996, 997),
        ("+1%", 1011, 1012),
    ],
)
def test_prices_are_read_and_never_rounded_to_more_aggressive(text: str, buy: int, sell: int) -> None:
    assert parse_price(text, INFO, Side.BUY, TOUCH, D("100.1")) == buy
    assert parse_price(text, INFO, Side.SELL, TOUCH, D("100.1")) == sell


@pytest.mark.parametrize(
    "text", ["", "0", "0.04", "-1", "101,5", "bid+", "bid+1", "0.5%", "-100%", "inf", "1_0", "7" * 30]
)
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="read the price"):
        parse_price(text, INFO, Side.BUY, TOUCH, D("100.1"))


@pytest.mark.parametrize("text", ["ask", "mid", "-0.5%", "last"])
def test_a_price_that_is_not_there_is_named(text: str) -> None:
    with pytest.raises(ExpressionError, match="there is no"):
        parse_price(text, INFO, Side.BUY, Touch(1000, None), None)


@given(st.text(alphabet="0123456789.,$%+-tbidaskmxle nf_", max_size=24), st.sampled_from(Side))
def test_whatever_is_typed_is_read_or_refused_with_words(text: str, side: Side) -> None:
    with suppress(ExpressionError):
        quantity = parse_quantity(text, INFO, D("99.7"), D(12345))
        assert quantity > 0
        assert quantity % INFO.lot_size == 0
    with suppress(ExpressionError):
        assert parse_price(text, INFO, side, TOUCH, D("100.1")) >= 1


def test_the_smallest_order_reaches_the_minimum_notional() -> None:
    assert smallest(INFO, D(100)) == D("0.05")
    assert smallest(INFO, D(99)) == D("0.051")
    assert smallest(INFO, D(99)) * 99 >= 5
    assert smallest(INFO, D(100_000)) == D("0.001")


@given(st.integers(1, 10**9))
def test_the_smallest_order_is_taken_and_a_lot_less_is_not(ticks: int) -> None:
    price = INFO.price(ticks)
    least = smallest(INFO, price)
    taken = INFO.check_order(least, price)
    assert taken is None or "over the maximum" in taken
    assert INFO.check_order(least - INFO.lot_size, price) is not None


def test_presets_are_in_quote_and_at_least_the_smallest_order() -> None:
    book = SizeBook(Sizes(notional=NOTIONAL), first_preset=2)
    assert book.preset(3, INFO, D(100)) == D("2.5")
    assert book.preset(1, INFO, D(100)) == D("0.05")
    own = SizeBook(Sizes(by_pair={"BTC/USDT": [D(n) for n in ("0.0004", "0.1", "0.2", "0.5", "1")]}), first_preset=1)
    assert own.preset(2, INFO, D(100)) == D("0.1")
    assert own.preset(1, INFO, D(100)) == D("0.05")


def test_a_size_belongs_to_its_symbol_and_may_start_empty() -> None:
    floor = Floor(first_preset=None)
    assert floor.desk.size is None
    assert floor.desk.stage(Side.BUY, 990).text == "no size: 1–5"
    assert floor.desk.step_size(1).text == "no size: 1–5"
    floor.desk.preset(3)
    assert floor.desk.size is not None
    assert (floor.desk.size.quantity, floor.desk.size.preset) == (D("1.998"), 3)
    floor.desk.activate(SPOT)
    assert floor.desk.size is None
    floor.desk.activate(LINEAR)
    assert floor.desk.size.preset == 3


def test_plus_and_minus_step_by_a_tenth_of_the_leading_decade_and_take_each_other_back() -> None:
    assert step_of(D("0.25"), INFO) == D("0.01")
    assert step_of(D(3), INFO) == D("0.1")
    assert step_of(D("0.002"), INFO) == D("0.001")
    assert stepped(D(1), 1, INFO) == D("1.1")
    assert stepped(D(1), -1, INFO) == D("0.99")
    assert stepped(D("0.98"), 3, INFO) == D("1.1")
    assert stepped(D("0.001"), -5, INFO) == D("0.001")


@given(st.integers(1, 10**7), st.integers(1, 30))
@example(991, 1)
def test_steps_keep_to_the_lot_and_go_back(lots: int, steps: int) -> None:
    quantity = INFO.quantity(lots)
    up = stepped(quantity, steps, INFO)
    assert up > quantity
    assert up % INFO.lot_size == 0
    assert INFO.lot_size <= stepped(quantity, -steps, INFO) <= quantity
    assert stepped(stepped(quantity, 1, INFO), -1, INFO) in (quantity, quantity - quantity % step_of(quantity, INFO))


@given(st.integers(1, 10**6), st.sampled_from([D("0.25"), D("0.5"), D("0.75"), D(1)]))
def test_a_fraction_is_whole_lots_and_never_more(lots: int, fraction: D) -> None:
    quantity = INFO.quantity(lots)
    part = fraction_of(quantity, fraction, INFO)
    assert part % INFO.lot_size == 0
    assert part <= quantity * fraction < part + INFO.lot_size


def test_max_is_what_the_venue_takes() -> None:
    floor = Floor(limits=RiskLimits())
    context = floor.desk.context
    price = D("100.1")
    free = context.spendable(LINEAR, Side.BUY, price)
    assert D(990_000) < free < D(1_000_000), "ten times the balance, less the fee of it"
    quantity = parse_quantity("max", INFO, price, free)
    assert quantity > 9_000
    floor.book([(100.0, 5.0)], [(100.1, 20_000.0)])
    floor.market(SPEC_WITHOUT_MAXIMUM)
    floor.desk.ticket(Side.BUY, 1001, quantity, order_type=OrderType.LIMIT)
    floor.desk.send()
    floor.wait()
    assert floor.position == quantity
    assert context.spendable(SPOT, Side.SELL, price) == D("1001.0"), "on spot a sale is of what is owned"
    assert context.spendable(SPOT, Side.BUY, price) < D(100_000)


SPEC_WITHOUT_MAXIMUM = replace(SPEC, max_quantity=None, max_market_quantity=None)
