"""Profit from fills, first in first out and at the average: exact, and the same in total once flat."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.orders_support import LINEAR, fill
from ttxt_core.events import Side
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.cost_basis import EXACT, CostBasis, CostMethod, Lot
from ttxt_core.orders.ledger import Ledger

D = Decimal
PAIR = TradingPair.parse("BTC/USDT")
INVERSE = TradingPair.parse("BTC/USD:BTC")

QUANTITIES = st.decimals("0.00000001", 100_000, places=8)
PRICES = st.decimals("0.0001", 1_000_000, places=4)
TRADES = st.lists(st.tuples(st.booleans(), QUANTITIES, PRICES), max_size=25)


def both(pair: TradingPair = PAIR) -> list[CostBasis]:
    return [CostBasis(pair, method) for method in CostMethod]


def signed(is_buy: bool, quantity: Decimal) -> Decimal:
    return quantity if is_buy else -quantity


def test_what_was_bought_first_is_sold_first() -> None:
    basis = CostBasis(PAIR, CostMethod.FIFO)
    assert basis.trade(D(1), D(100)) == 0
    basis.trade(D(2), D(130))
    assert basis.entry_price == D(120)
    assert basis.trade(D("-1.5"), D(140)) == 40 + 5
    assert basis.lots == (Lot(D("1.5"), D(195)),)
    assert (basis.realised, basis.entry_price) == (D(45), D(130))
    assert basis.unrealised(D(150)) == D(30)


def test_at_the_average_every_part_cost_the_same() -> None:
    basis = CostBasis(PAIR, CostMethod.AVERAGE)
    basis.trade(D(1), D(100))
    basis.trade(D(2), D(130))
    assert basis.trade(D("-1.5"), D(140)) == 30
    assert (basis.quantity, basis.entry_price, basis.unrealised(D(150))) == (D("1.5"), D(120), D(45))


@pytest.mark.parametrize("method", CostMethod)
def test_a_fill_through_zero_closes_and_opens(method: CostMethod) -> None:
    basis = CostBasis(PAIR, method)
    basis.trade(D(-2), D(100))
    assert basis.trade(D(5), D(90)) == 20
    assert (basis.quantity, basis.entry_price, basis.realised) == (D(3), D(90), D(20))
    assert basis.unrealised(D(100)) == 30


@pytest.mark.parametrize("method", CostMethod)
def test_a_part_of_what_does_not_divide_leaves_nothing_behind(method: CostMethod) -> None:
    basis = CostBasis(PAIR, method)
    basis.trade(D(1), D(100))
    basis.trade(D(2), D("33.33"))
    thirds = [basis.trade(D("-0.7"), D("7.77")) for _ in range(4)] + [basis.trade(D("-0.2"), D("7.77"))]
    assert sum(thirds) == D(3) * D("7.77") - D("166.66")
    assert basis.lots == ()
    assert (basis.entry_price, basis.unrealised(D(5))) == (None, D(0))


@given(TRADES, PRICES)
def test_once_flat_both_have_made_what_came_in_less_what_went_out(
    trades: list[tuple[bool, Decimal, Decimal]], last: Decimal
) -> None:
    fifo, average = both()
    cash = held = D(0)
    for is_buy, quantity, price in trades:
        amount = signed(is_buy, quantity)
        cash -= amount * price
        held += amount
        for basis in (fifo, average):
            basis.trade(amount, price)
            assert basis.quantity == held == sum(lot.quantity for lot in basis.lots)
            with localcontext(EXACT):
                assert basis.cost == sum(lot.cost for lot in basis.lots)
    for basis in (fifo, average):
        # Open or flat, what is realised and what is not come to the cash and the worth of what is left: to the digit.
        assert basis.realised + basis.unrealised(last) == cash + held * last
        basis.trade(-held, last)
        assert (basis.realised, basis.lots) == (cash + held * last, ())
    assert fifo.realised == average.realised


@given(TRADES, PRICES)
def test_the_ledger_has_made_the_same(trades: list[tuple[bool, Decimal, Decimal]], last: Decimal) -> None:
    ledger, bases = Ledger(0, lambda _: last), both()
    for number, (is_buy, quantity, price) in enumerate(trades):
        side = Side.BUY if is_buy else Side.SELL
        ledger.on_fill(fill("a", str(number), str(quantity), str(price), side=side, key=LINEAR))
        for basis in bases:
            basis.trade(signed(is_buy, quantity), price)
    profit = ledger.profit().get("USDT", D(0))
    assert [basis.realised + basis.unrealised(last) for basis in bases] == [profit, profit]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**6), PRICES), max_size=15), PRICES)
def test_inverse_contracts_agree_too(trades: list[tuple[bool, int, Decimal]], last: Decimal) -> None:
    fifo, average = both(INVERSE)
    for is_buy, quantity, price in trades:
        for basis in (fifo, average):
            basis.trade(signed(is_buy, D(quantity)), price)
    totals = [basis.realised + basis.unrealised(last) for basis in (fifo, average)]
    assert abs(totals[0] - totals[1]) <= D("1e-20")  # a quotient a fill


@given(TRADES)
def test_the_entry_lies_among_the_prices_paid(trades: list[tuple[bool, Decimal, Decimal]]) -> None:
    for basis in both():
        prices = []
        for is_buy, quantity, price in trades:
            basis.trade(signed(is_buy, quantity), price)
            prices.append(price)
            entry = basis.entry_price
            assert (entry is None) is (basis.quantity == 0)
            if entry is not None:
                assert min(prices) - D("1e-12") <= entry <= max(prices) + D("1e-12")
