"""Positions, balances and profit: one screen's figures agree with each other."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import ETH, Screen, holds, marked, named, quote, wallet
from tests.orders_support import LINEAR, SPOT, event, fill
from ttxt_core.events import MarginMode, ResetReason, Side, StreamReset
from ttxt_core.instruments import TradingPair
from ttxt_tui.state.account import DUST
from ttxt_tui.state.fill_profit import FillProfit
from ttxt_tui.state.profit import Profit, mark_price, spot_profit, unrealised
from ttxt_tui.state.tones import Tone

PRICES = st.decimals(Decimal("0.1"), Decimal(100_000), places=1)
SIZES = st.decimals(Decimal("0.001"), Decimal(50), places=3)


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def test_a_position_row_says_all_of_it() -> None:
    screen = Screen(LINEAR)
    screen.feed(
        marked(67986.0),
        holds(
            "0.75",
            "67210.4",
            leverage="10",
            margin_mode=MarginMode.CROSS,
            initial_margin="5040.78",
            liquidation_price="55112",
            realised_pnl="-12.5",
            fees="3",
        ),
    )
    (row,) = screen.store.account.positions()
    assert (row.symbol, row.is_long, row.size, row.entry, row.mark) == (
        "BTC/USDT perp",
        True,
        "0.750",
        "67,210.4",
        "67,986.0",
    )
    assert (row.profit, row.profit_tone, row.profit_share) == ("+581.70", Tone.UP, "+11.5%")
    assert (row.realised, row.realised_tone) == ("−12.50", Tone.DOWN)
    assert (row.liquidation, row.liquidation_distance, row.margin) == ("55,112.0", "−18.9%", "cross 10×")


@given(SIZES, PRICES, PRICES, st.booleans())
def test_profit_is_size_times_mark_less_entry(size: Decimal, entry: Decimal, mark: Decimal, is_long: bool) -> None:
    screen = Screen(LINEAR)
    screen.feed(marked(float(mark)), holds(str(size if is_long else -size), str(entry)))
    (row,) = screen.store.account.positions()
    shown = _number(row.size) * (1 if is_long else -1) * (_number(row.mark) - _number(row.entry))
    assert _number(row.profit) == pytest.approx(shown, abs=0.0051)
    assert screen.store.account.profits()[0].unrealised == pytest.approx(shown, abs=1e-6)


def test_what_is_not_known_is_left_empty() -> None:
    screen = Screen(LINEAR)
    screen.feed(holds("-1.5", "100"))
    (row,) = screen.store.account.positions()
    assert (row.is_long, row.mark, row.profit, row.profit_share) == (False, "", "", "")
    assert (row.liquidation, row.liquidation_distance, row.margin) == ("", "", "")


def test_a_flat_position_has_no_row_but_its_profit_counts() -> None:
    screen = Screen(LINEAR)
    screen.feed(holds("0", None, realised_pnl="40", fees="2.5"))
    assert screen.store.account.positions() == []
    (profit,) = screen.store.account.profit_rows()
    assert (profit.total, profit.realised, profit.unrealised, profit.fees) == ("+37.50", "+40.00", "0.00", "2.50")


def test_the_mark_is_the_markets_then_the_positions_then_the_best_known() -> None:
    screen = Screen(LINEAR)
    market = screen.store.market_of(LINEAR)
    position = holds("1", "100", mark_price="101").data
    assert mark_price(position, market) == 101.0
    assert mark_price(holds("1", "100").data, market) is None
    screen.feed(quote(99.0, 100.0))
    assert mark_price(holds("1", "100").data, market) == 99.5
    screen.feed(marked(102.5))
    assert mark_price(position, market) == 102.5
    assert unrealised(TradingPair.parse("BTC/USDT"), holds("0").data, 5.0) is None


# -- balances --------------------------------------------------------------------------------------------------


def test_balances_are_valued_in_the_quote() -> None:
    screen = Screen(SPOT)
    screen.feed(quote(65000.0, 65000.2, SPOT), wallet(USDT="1000.5", BTC="0.5201", XYZ="3"))
    usdt, btc, other = screen.store.account.balances()
    assert (usdt.total, usdt.value, usdt.value_currency) == ("1,000.50      ".strip() + " " * 6, "1,000.50", "USDT")
    assert (btc.total.strip(), btc.value) == ("0.520100", "33,806.55")
    assert (other.total.strip(), other.value) == ("3.00000000", "")


def test_a_remainder_too_small_to_sell_is_dust() -> None:
    screen = Screen()
    screen.feed(
        named(SPOT, min_quantity=Decimal("0.0001"), min_notional=Decimal(10)),
        quote(65000.0, 65000.2, SPOT),
        wallet(BTC="0.00012"),
    )
    assert screen.store.account.balances()[0].note == DUST
    screen.feed(wallet(BTC="0.001"))
    assert screen.store.account.balances()[0].note == ""
    screen.feed(wallet(BTC="0"))
    assert screen.store.account.balances()[0].note == ""


def test_what_trades_on_no_spot_market_is_no_dust() -> None:
    screen = Screen(ETH)
    screen.feed(wallet(ETH="0.00000001"))
    assert screen.store.account.balances()[0].note == ""


# -- the session's profit --------------------------------------------------------------------------------------


def test_profit_is_there_before_anything_happened() -> None:
    (row,) = Screen(LINEAR).store.account.profit_rows()
    assert (row.currency, row.total, row.total_tone) == ("USDT", "0.00", Tone.DIM)


def test_spot_profit_is_counted_at_average_cost() -> None:
    screen = Screen(SPOT)
    screen.feed(
        fill("a", "e1", "1", "100", key=SPOT, fee="0.1"),
        fill("a", "e2", "1", "110", key=SPOT, fee="0.1"),
        fill("b", "e3", "1.5", "120", key=SPOT, side=Side.SELL, fee="0.2"),
        quote(130.0, 130.2, SPOT),
    )
    (profit,) = screen.store.account.profits()
    assert profit.realised == 22.5
    assert profit.unrealised == pytest.approx(0.5 * (130.1 - 105))
    assert profit.fees == pytest.approx(0.4)
    assert profit.total == pytest.approx(22.5 + 12.55 - 0.4)


def test_a_fill_that_comes_twice_counts_once() -> None:
    screen = Screen(SPOT)
    screen.feed(*[fill("a", "e1", "1", "100", key=SPOT, fee="1")] * 2)
    assert screen.store.account.profits()[0].fees == 1.0


TRADES = st.lists(st.tuples(SIZES, PRICES, st.sampled_from(Side), st.sampled_from(["USDT", "BTC"])), max_size=12)


@given(TRADES, PRICES)
def test_spot_profit_is_the_cash_and_what_is_left_at_the_market(
    trades: list[tuple[Decimal, Decimal, Side, str]], price: Decimal
) -> None:
    spot, cash, held = FillProfit(), Decimal(0), Decimal(0)
    for number, (size, at, side, currency) in enumerate(trades):
        fee = size * at / 1000 if currency == "USDT" else size / 1000
        one = fill("a", str(number), str(size), str(at), key=SPOT, side=side, fee=str(fee), fee_currency=currency)
        spot.on_fill(one)
        signed = size if side is Side.BUY else -size
        cash -= signed * at + (fee if currency == "USDT" else 0)
        held += signed - (fee if currency == "BTC" else 0)
    screen = Screen(SPOT)
    screen.feed(quote(float(price), float(price), SPOT), marked(float(price), SPOT))
    market = screen.store.market_of(SPOT)
    assert market is not None
    valued = market.reference_price
    assert valued is not None
    total = sum(spot_profit(key, counted, basis, market).total for key, _, counted, basis in spot.spot())
    assert total == pytest.approx(float(cash) + float(held) * valued, abs=1e-3)


def test_a_seek_begins_a_new_attempt_at_nothing() -> None:
    screen = Screen(SPOT, LINEAR)
    screen.feed(fill("a", "e1", "1", "100", key=SPOT, fee="1"), holds("1", "100", realised_pnl="5"), wallet(USDT="5"))
    screen.feed(event(StreamReset(ResetReason.SEEK)))
    account = screen.store.account
    assert account.profits() == [Profit("USDT", 0.0, 0.0, 0.0)]
    assert account.positions() == []
    assert account.balances() == []


def test_the_version_changes_with_prices_positions_and_fills() -> None:
    screen = Screen(SPOT)
    account = screen.store.account
    seen = {account.version()}
    for one in (quote(1.0, 2.0, SPOT), holds("1", "5"), fill("a", "e1", key=SPOT), wallet(USDT="1")):
        screen.feed(one)
        seen.add(account.version())
    assert len(seen) == 5
