"""Entry, realised and fees from fills, first in first out or at the average, and where the venue's word counts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import Screen, holds, marked, quote
from tests.orders_support import ACCOUNT, LINEAR, SPOT, ack, event, fill
from ttxt_core.events import FillKind, InstrumentKey, ResetReason, Side, StreamReset
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.cost_basis import CostMethod
from ttxt_tui.state.account import AccountState, PositionRow
from ttxt_tui.state.fill_profit import FillProfit
from ttxt_tui.state.profit import gain

D = Decimal
SELL = Side.SELL


def scaled_out(screen: Screen) -> AccountState:
    """One at 100 and one at 120, of which one was sold at 130."""
    screen.feed(
        fill("a", "1", "1", "100", fee="0.1"),
        fill("a", "2", "1", "120", fee="0.2"),
        fill("b", "3", "1", "130", side=SELL, fee="0.3"),
        holds("1", "110", realised_pnl="20", fees="0.6"),
        marked(140.0),
    )
    return screen.store.account


def told(row: PositionRow) -> tuple[str, str, str]:
    return row.entry, row.profit, row.realised


def test_the_choice_changes_entry_realised_and_unrealised_and_not_their_sum() -> None:
    account = scaled_out(Screen(LINEAR))
    assert [told(row) for row in account.positions()] == [("110.0", "+30.00", "+20.00")]
    before, totals = account.version(), [account.profits()[0].total]
    account.use_method(CostMethod.FIFO)
    assert account.version() != before
    assert [told(row) for row in account.positions()] == [("120.0", "+20.00", "+30.00")]
    totals.append(account.profits()[0].total)
    assert totals == [pytest.approx(49.4), pytest.approx(49.4)]
    assert [row.method for row in account.profit_rows()] == ["FIFO"]


def test_what_fills_do_not_account_for_is_as_the_venue_tells_it() -> None:
    screen = Screen(LINEAR)
    account = scaled_out(screen)
    account.use_method(CostMethod.FIFO)
    screen.feed(holds("1.5", "111", realised_pnl="7"))
    assert [told(row) for row in account.positions()] == [("111.0", "+43.50", "+7.00")]


def test_a_position_of_before_the_session_is_counted_from_its_entry() -> None:
    screen = Screen(LINEAR)
    screen.feed(holds("2", "100", realised_pnl="999"), ack("b"))
    screen.feed(fill("b", "1", "1", "105", side=SELL), holds("1", "100", realised_pnl="1004"), marked(110.0))
    assert [told(row) for row in screen.store.account.positions()] == [("100.0", "+10.00", "+1,004.00")]


def test_a_position_told_before_its_own_first_fill_is_not_counted_twice() -> None:
    screen = Screen(LINEAR)
    screen.feed(ack("a"), holds("1", "100"), fill("a", "1", "1", "100"), marked(101.0))
    assert screen.store.account.profits()[0].unrealised == 1
    (row,) = screen.store.account.positions()
    assert told(row) == ("100.0", "+1.00", "0.00")


def test_funding_is_paid_out_of_the_result() -> None:
    screen = Screen(LINEAR)
    screen.feed(fill("a", "1", "1", "100"), fill("", "2", "1", "100", kind=FillKind.FUNDING, fee="0.25"))
    screen.feed(holds("1", "100"), marked(100.0))
    profit = screen.store.account.profits()[0]
    assert (profit.fees, profit.total) == (0.25, -0.25)


def test_a_new_attempt_counts_from_nothing() -> None:
    screen = Screen(LINEAR)
    account = scaled_out(screen)
    screen.feed(event(StreamReset(ResetReason.SEEK)), fill("c", "9", "1", "90"), holds("1", "90"), marked(95.0))
    assert [told(row) for row in account.positions()] == [("90.0", "+5.00", "0.00")]


def test_what_was_bought_on_spot_is_a_position() -> None:
    screen = Screen(SPOT)
    screen.feed(quote(119.9, 120.1, SPOT), fill("a", "1", "0.5", "100", key=SPOT))
    screen.feed(fill("a", "2", "0.2", "110", key=SPOT, side=SELL))
    (row,) = screen.store.account.positions()
    assert (row.is_long, row.size, *told(row)) == (True, "0.300000", "100.0", "+6.00", "+2.00")
    assert (row.margin, row.liquidation) == ("spot", "")
    screen.feed(fill("a", "3", "0.2999996", "110", key=SPOT, side=SELL))
    (row,) = screen.store.account.positions()
    assert row.margin == "spot dust"
    screen.feed(fill("a", "4", "0.5", "110", key=SPOT, side=SELL))
    assert screen.store.account.positions() == [], "what was held before is no purchase of this session"


def test_inverse_contracts_make_base_currency() -> None:
    pair = TradingPair.parse("BTC/USD:BTC")
    assert gain(pair, D(100), 50_000, 55_000.0) == pytest.approx(100 / 50_000 - 100 / 55_000)
    key = InstrumentKey("practice", "inverse", "BTC/USD:BTC")
    profit = FillProfit()
    profit.on_fill(fill("a", "1", "100", "50000", key=key, fee="0.00001", fee_currency="BTC"))
    profit.on_fill(fill("a", "2", "100", "55000", key=key, side=SELL))
    basis = profit.basis(key, ACCOUNT)
    assert basis is not None
    assert float(basis.realised) == pytest.approx(100 / 50_000 - 100 / 55_000)
    assert basis.quantity == 0


PRICES = st.decimals(D("0.1"), D(100_000), places=1)
SIZES = st.decimals(D("0.001"), D(50), places=3)
TRADES = st.lists(st.tuples(SIZES, PRICES, st.sampled_from(Side)), min_size=1, max_size=12)


@given(TRADES, PRICES)
def test_both_methods_come_to_the_same_total(trades: list[tuple[Decimal, Decimal, Side]], price: Decimal) -> None:
    screen, held = Screen(LINEAR), D(0)
    for number, (size, at, side) in enumerate(trades):
        screen.feed(fill("a", str(number), str(size), str(at), side=side))
        held += size if side is Side.BUY else -size
    screen.feed(holds(str(held), "1"), marked(float(price)))
    account, totals = screen.store.account, []
    for method in CostMethod:
        account.use_method(method)
        totals.append(account.profits()[0].total)
    assert totals[0] == pytest.approx(totals[1], abs=1e-6)
