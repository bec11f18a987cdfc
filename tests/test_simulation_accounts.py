"""Ledgers: exact, conserving, and reported as they are."""

from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulation_desk import LINEAR, SPEC, SPOT, Desk
from ttxt_core.errors import ConfigError
from ttxt_core.events import PositionUpdate, Side, Wallet
from ttxt_core.simulation.accounts import Account, Balances, Position, initial_margin
from ttxt_core.simulation.simulator_settings import Latency, SimulatorSettings

D = Decimal
prices = st.integers(1, 10**9).map(lambda ticks: D(ticks).scaleb(-4))
quantities = st.integers(1, 10**9).map(lambda lots: D(lots).scaleb(-6))
fees = st.integers(-50, 100).map(lambda parts: D(parts).scaleb(-5))
executions = st.lists(st.tuples(st.sampled_from(Side), prices, quantities, fees), max_size=30)


def exact(value: Decimal) -> Fraction:
    return Fraction(value)


@given(executions, prices)
def test_a_linear_account_changes_only_by_fees_and_prices(fills, mark):
    account = Account({"USDT": D(1_000)})
    worth, paid, quantity = Fraction(1_000), Fraction(0), Fraction(0)
    for side, price, lots, rate in fills:
        settled = account.settle_linear(LINEAR, "USDT", side=side, price=price, quantity=lots, fee_rate=rate)
        signed = exact(lots) if side is Side.BUY else -exact(lots)
        assert exact(settled.fee) == exact(price) * exact(lots) * exact(rate)
        worth += signed * (exact(mark) - exact(price)) - exact(settled.fee)
        paid += exact(settled.fee)
        quantity += signed
    position = account.position(LINEAR)
    equity = exact(account.balances.total("USDT")) + exact(position.unrealised_pnl(mark))
    assert equity == worth
    assert exact(position.fees) == paid
    assert exact(position.quantity) == quantity
    wallet_change = exact(account.balances.total("USDT")) - 1_000
    assert wallet_change == exact(position.realised_pnl) - exact(position.fees)


@given(executions)
def test_a_position_has_an_entry_exactly_while_it_is_open_and_profit_is_size_times_distance(fills):
    position = Position()
    for side, price, quantity, _ in fills:
        position.apply(side, price, quantity, D(0))
        entry = position.entry_price
        assert (entry is None) == (position.quantity == 0)
        if entry is not None:
            mark = price + 1
            distance = exact(mark) - exact(entry)
            profit = exact(position.unrealised_pnl(mark))
            assert abs(profit - exact(position.quantity) * distance) <= Fraction(1, 10**6)


@given(executions, fees.filter(lambda rate: rate > 0))
def test_closing_at_the_break_even_price_pays_the_fees_of_the_open_position(fills, rate):
    account = Account({"USDT": D(0)})
    for side, price, quantity, _ in fills:
        account.settle_linear(LINEAR, "USDT", side=side, price=price, quantity=quantity, fee_rate=rate)
        position = account.position(LINEAR)
        break_even = position.break_even_price(rate)
        assert break_even is not None
        closing = {"side": side.opposite, "price": break_even, "quantity": quantity, "fee_rate": rate}
        account.settle_linear(LINEAR, "USDT", **closing)
        assert abs(account.balances.total("USDT")) < D("1e-6")


@given(executions)
def test_a_spot_account_exchanges_and_pays_fees_in_what_it_receives(fills):
    account = Account({"USDT": D(0), "BTC": D(0)})
    base, quote = Fraction(0), Fraction(0)
    for side, price, quantity, rate in fills:
        settled = account.settle_spot(SPEC, side=side, price=price, quantity=quantity, fee_rate=rate)
        value, keep = exact(price) * exact(quantity), 1 - exact(rate)
        base += exact(quantity) * keep if side is Side.BUY else -exact(quantity)
        quote += -value if side is Side.BUY else value * keep
        assert settled.fee_currency == ("BTC" if side is Side.BUY else "USDT")
        assert settled.realised_pnl is None
    assert exact(account.balances.total("BTC")) == base
    assert exact(account.balances.total("USDT")) == quote


@given(st.lists(st.tuples(st.sampled_from("abc"), quantities | st.just(D(0)))))
def test_a_hold_replaces_the_one_of_its_name(holds):
    balances, held = Balances({"USDT": D(10)}), {}
    for name, amount in holds:
        balances.hold("USDT", name, amount)
        held[name] = amount
        assert balances.held_for("USDT", name) == amount
    assert balances.held("USDT") == sum(held.values(), D(0))
    assert balances.free("USDT") + balances.held("USDT") == balances.total("USDT") == 10


def test_a_flip_realises_the_old_side_and_opens_the_new_at_the_price():
    position = Position()
    position.apply(Side.BUY, D(100), D(2), D("0.2"))
    assert position.apply(Side.SELL, D(110), D(5), D("0.5")) == 20
    assert (position.quantity, position.entry_price, position.realised_pnl) == (-3, 110, 20)
    assert position.unrealised_pnl(D(100)) == 30
    assert position.fees == D("0.7")
    # 0.3 of the last fee opened the short: (330 − 0.3) / (3 + 0.0003)
    assert position.break_even_price(D("0.0001")) == D("109.88901109889011099")


def test_margin_rounds_up():
    assert initial_margin(D(100), D(3)) == D("33.33333334")


# -- as the exchange reports it ----------------------------------------------------------------------------


def test_spot_buys_hold_quote_and_free_what_a_better_price_saves():
    desk = Desk(SPOT)
    desk.book()
    order = desk.buy("3", "100.2")  # 2 at 100.1, 1 at 100.2
    assert desk.balances()["USDT"] == (D(100_000) - D("300.4"),) * 2 + (0,)
    assert desk.balances()["BTC"][0] == 10 + D("2.994")
    assert desk.filled(order) == 3
    desk.buy("5", "99.0")
    assert desk.balances()["USDT"] == (D("99699.6"), D("99204.6"), 495)


def test_spot_sells_hold_base_and_a_partial_fill_holds_the_rest():
    desk = Desk(SPOT)
    desk.book()
    order = desk.sell("4", "100.1")
    assert desk.balances()["BTC"] == (10, 6, 4)
    desk.trade(100.2, 1.5, Side.BUY)
    assert desk.balances()["BTC"] == (D("8.5"), 6, D("2.5"))
    assert desk.balances()["USDT"][0] == 100_000 + D("150.15") * D("0.999")
    desk.amend(order, quantity="2")
    assert desk.balances()["BTC"] == (D("8.5"), 8, D("0.5"))
    desk.cancel(order)
    assert desk.balances()["BTC"] == (D("8.5"), D("8.5"), 0)


def test_maker_and_taker_fees():
    desk = Desk()
    desk.book()
    desk.buy("1")
    desk.sell("1", "101.0")
    desk.trade(102.0, 1.0, Side.BUY)
    taker, maker = [event.data for event in desk.out if type(event.data).__name__ == "Fill"]
    assert (taker.fee, taker.fee_currency) == (D("100.1") * D("0.0005"), "USDT")
    assert (maker.fee, maker.realised_pnl) == (D("101.0") * D("0.0002"), D("0.9"))
    assert desk.balances()["USDT"][0] == 100_000 + D("0.9") - taker.fee - maker.fee


def test_an_instruments_own_fees_come_first_and_a_rebate_is_negative():
    desk = Desk(spec=msgspec.structs.replace(SPEC, maker_fee=D("-0.0001"), taker_fee=D("0.0004")))
    desk.book()
    desk.buy("1", "100.0")
    desk.trade(99.0, 1.0, Side.SELL)
    assert desk.all(Wallet)[-1].balances[0].total == D("100000.01")


def test_a_position_is_reported_with_what_is_known_and_nothing_invented():
    desk = Desk(leverage=D(20))
    desk.book()
    desk.ticker(mark=100.43)
    desk.buy("2")
    position = desk.position()
    assert (position.quantity, position.entry_price, position.mark_price) == (2, D("100.1"), D("100.43"))
    assert position.unrealised_pnl == position.quantity * (D("100.43") - D("100.1"))
    assert (position.leverage, position.initial_margin) == (20, D("10.01"))
    assert position.fees == D("200.2") * D("0.0005")
    assert position.maintenance_margin is position.liquidation_price is position.margin_mode is None
    assert desk.balances()["USDT"][2] == D("10.01")


def test_the_mark_is_the_venues_else_the_last_trade_else_the_mid():
    desk = Desk()
    desk.book()
    desk.buy("1")
    assert desk.position().mark_price == D("100.05")
    desk.ms += 2_000
    desk.trade(100.3, 1.0, Side.BUY)
    assert desk.position().mark_price == D("100.3")
    desk.ms += 2_000
    desk.ticker(mark=100.21, last=100.5)
    assert desk.position().mark_price == D("100.21")


def test_a_moving_mark_reports_an_open_position_once_a_second():
    desk = Desk()
    desk.book()
    desk.buy("1")
    reports = len(desk.all(PositionUpdate))
    for step in range(25):
        desk.ms += 100
        desk.ticker(mark=100.0 + step / 100)
    assert len(desk.all(PositionUpdate)) == reports + 2
    desk.ms += 5_000
    desk.ticker(mark=100.24, last=1.0)  # the mark stands still; but it was not reported yet
    desk.ms += 5_000
    desk.ticker(last=2.0)
    assert len(desk.all(PositionUpdate)) == reports + 3
    desk.sell("1")
    reports = len(desk.all(PositionUpdate))
    desk.ms += 5_000
    desk.ticker(mark=99.0)
    assert len(desk.all(PositionUpdate)) == reports


def test_margin_is_held_for_what_orders_would_open_and_not_for_what_they_close():
    desk = Desk()
    desk.book()
    desk.buy("2")
    position_margin = D("20.02")
    assert desk.balances()["USDT"][2] == position_margin
    part = desk.sell("1", "102.0")
    assert desk.balances()["USDT"][2] == position_margin
    desk.cancel(part)
    closing = desk.sell("2", "102.0")
    assert desk.balances()["USDT"][2] == position_margin
    opening = desk.sell("1", "102.0")
    assert desk.balances()["USDT"][2] == position_margin + D("10.2")
    desk.cancel(closing)
    desk.cancel(opening)
    assert desk.balances()["USDT"][2] == position_margin
    desk.sell("2")
    assert desk.balances()["USDT"][2] == 0


def test_an_instruments_own_leverage_is_the_most():
    desk = Desk(spec=msgspec.structs.replace(SPEC, max_leverage=D(5)))
    assert desk.position().leverage == 5


def test_the_start_reports_all_balances_and_a_flat_position():
    desk = Desk()
    wallet, position = (event.data for event in desk.out)
    assert wallet.is_snapshot
    assert [(b.currency, b.total, b.free, b.held) for b in wallet.balances] == [
        ("BTC", 10, 10, 0),
        ("USDT", 100_000, 100_000, 0),
    ]
    assert (position.quantity, position.entry_price, position.unrealised_pnl) == (0, None, 0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SimulatorSettings(balances={"USDT": D(-1)}),
        lambda: SimulatorSettings(leverage=D(0)),
        lambda: Latency(cancel_ns=5),
        lambda: Latency(jitter_ns=-1),
    ],
)
def test_settings_that_can_not_be_are_refused(make):
    with pytest.raises(ConfigError):
        make()
