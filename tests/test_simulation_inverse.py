"""Inverse contracts at the exchange simulator: quantities in dollars, money in the base currency."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.simulation_desk import VENUE, Desk
from ttxt_core.events import Fill, Instrument, InstrumentKey, OrderState, QuantityUnit, Side
from ttxt_core.simulation.accounts import INVERSE_COST_QUANTUM, Account
from ttxt_core.simulation.simulator_settings import FeeRates

D = Decimal
INVERSE = InstrumentKey(VENUE, "inverse", "BTC/USD:BTC")
SPEC = Instrument(
    symbol="BTCUSD",
    base="BTC",
    quote="USD",
    settle="BTC",
    tick_size=D("0.5"),
    lot_size=D(1),
    min_quantity=D(1),
    max_quantity=D(1_000_000),
    max_market_quantity=D(500_000),
    max_leverage=D(100),
)
FEES = {"inverse": FeeRates(D("0.0002"), D("0.0005"))}
BIDS = [(50_000.0, 10_000.0), (49_000.0, 10_000.0)]
ASKS = [(51_000.0, 10_000.0), (52_000.0, 10_000.0)]
QUANTUM = Fraction(INVERSE_COST_QUANTUM)

prices = st.integers(2, 400_000).map(lambda ticks: D(ticks) / 2)
quantities = st.integers(1, 10**7).map(D)
fees = st.integers(-50, 100).map(lambda parts: D(parts).scaleb(-5))
executions = st.lists(st.tuples(st.sampled_from(Side), prices, quantities, fees), max_size=30)


def desk(**changes: object) -> Desk:
    made = Desk(INVERSE, SPEC, **{"fees": FEES, "balances": {"BTC": D(1)}, "leverage": D(10), **changes})
    made.book(BIDS, ASKS)
    return made


@given(executions, prices)
def test_an_account_changes_only_by_fees_and_prices(fills, mark):
    account = Account({"BTC": D(1_000)})
    worth, quantity = Fraction(1_000), Fraction(0)
    for side, price, lots, rate in fills:
        account.settle_linear(INVERSE, "BTC", side=side, price=price, quantity=lots, fee_rate=rate)
        signed = Fraction(lots) if side is Side.BUY else -Fraction(lots)
        worth += signed / Fraction(price) - signed / Fraction(mark) - Fraction(lots) / Fraction(price) * Fraction(rate)
        quantity += signed
    held = account.position(INVERSE)
    equity = Fraction(account.balances.total("BTC")) + Fraction(held.unrealised_pnl(mark))
    assert abs(equity - worth) <= 3 * (len(fills) + 1) * QUANTUM
    assert Fraction(held.quantity) == quantity


@given(st.sampled_from(Side), prices, quantities, st.integers(0, 100).map(lambda parts: D(parts).scaleb(-5)))
def test_closing_at_the_break_even_price_pays_both_fees(side, price, quantity, fee_rate):
    account = Account({})
    account.settle_linear(INVERSE, "BTC", side=side, price=price, quantity=quantity, fee_rate=fee_rate)
    even = account.position(INVERSE).break_even_price(fee_rate)
    account.settle_linear(INVERSE, "BTC", side=side.opposite, price=even, quantity=quantity, fee_rate=fee_rate)
    assert abs(account.balances.total("BTC")) < D("1e-12") * max(1, quantity / price)


def test_a_buy_is_filled_in_dollars_and_settled_in_base_currency():
    made = desk()
    order = made.buy("15300", None)
    fills = made.all(Fill)
    assert [(fill.price, fill.quantity, fill.fee_currency) for fill in fills] == [
        (D(51_000), D(10_000), "BTC"),
        (D(52_000), D(5_300), "BTC"),
    ]
    assert round(fills[0].fee, 12) == round(D(10_000) / 51_000 * D("0.0005"), 12)
    last = made.last(order)
    in_base = D(10_000) / 51_000 + D(5_300) / 52_000
    assert last.state is OrderState.FILLED
    assert round(last.average_price, 8) == round(D(15_300) / in_base, 8)
    held = made.position()
    assert held.quantity == D(15_300)
    assert round(held.entry_price, 8) == round(D(15_300) / in_base, 8)
    assert 0 <= held.initial_margin - in_base / 10 < D("1e-8")


def test_a_rise_wins_base_currency_and_the_wallet_gets_it():
    made = desk()
    made.buy("10000", "51000")
    made.book([(60_000.0, 20_000.0)], [(60_001.0, 20_000.0)])
    won = D(10_000) / 51_000 - D(10_000) / 60_000
    made.sell("10000", None)
    assert made.position().quantity == 0
    paid = D("0.0005") * (D(10_000) / 51_000 + D(10_000) / 60_000)
    assert round(made.balances()["BTC"][0], 12) == round(1 + won - paid, 12)


def test_what_it_would_open_has_to_be_there_in_base_currency():
    made = desk(balances={"BTC": D("0.01")})
    # At ten times leverage 0.01 BTC carry 5,000 USD at 50,000; fees come on top.
    assert made.refusal(made.buy("5001", "50000")).startswith("insufficient balance: needs 0.010")
    made.buy("4900", "50000")
    assert made.balances()["BTC"][2] == D("0.00980000")


def test_a_quantity_in_quote_currency_is_no_other_unit():
    made = desk()
    refused = made.refusal(made.buy("100", None, quantity_unit=QuantityUnit.QUOTE))
    assert refused == "an inverse contract counts in quote currency in any case"
