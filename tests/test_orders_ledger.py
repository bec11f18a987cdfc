"""The ledger: profit from fills and the market alone, equal to what double-entry gives."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.orders_support import LINEAR, SPOT, fill
from ttxt_core.events import FillKind, InstrumentKey, Side
from ttxt_core.orders.ledger import Ledger


class Market:
    def __init__(self) -> None:
        self.prices: dict[InstrumentKey, Decimal] = {}

    def price(self, key: InstrumentKey) -> Decimal | None:
        return self.prices.get(key)


@pytest.fixture
def market() -> Market:
    return Market()


def test_profit_is_realised_and_unrealised_after_fees(market: Market) -> None:
    ledger = Ledger(7, market.price)
    market.prices[LINEAR] = Decimal(100)
    ledger.on_fill(fill(quantity="2", price="100", fee="0.2"))
    assert ledger.profit() == {"USDT": Decimal("-0.2")}
    ledger.on_fill(fill(side=Side.SELL, quantity="1", price="110", fee="0.1", is_maker=True))
    market.prices[LINEAR] = Decimal(105)
    assert ledger.profit() == {"USDT": Decimal("14.7")}
    assert ledger.loss("USDT") == Decimal("-14.7")
    assert ledger.loss("EUR") == 0
    sheet = ledger.sheet(1, 99)
    assert (sheet.started_ns, sheet.ended_ns, sheet.fills, sheet.maker_fills) == (7, 99, 2, 1)
    assert sheet.fees == {"USDT": Decimal("0.3")}


def test_a_fee_in_base_leaves_less_to_sell_and_one_in_a_third_currency_is_only_counted(market: Market) -> None:
    market.prices[SPOT] = Decimal(100)
    ledger = Ledger(0, market.price)
    ledger.on_fill(fill(key=SPOT, fee="0.001", fee_currency="BTC"))
    assert ledger.profit() == {"USDT": Decimal("-0.1")}
    ledger.on_fill(fill(key=SPOT, side=Side.SELL, quantity="0.999", fee="3", fee_currency="MNT"))
    assert ledger.profit() == {"USDT": Decimal("-0.1")}
    assert ledger.fees == {"BTC": Decimal("0.001"), "MNT": Decimal(3)}


def test_funding_moves_cash_and_no_position(market: Market) -> None:
    ledger = Ledger(0, market.price)
    ledger.on_fill(fill(kind=FillKind.FUNDING, quantity="5", price="100", fee="1.5"))
    assert ledger.profit() == {"USDT": Decimal("-1.5")}
    assert ledger.fills == 0


def test_without_a_market_the_last_fill_is_the_price(market: Market) -> None:
    ledger = Ledger(0, market.price)
    ledger.on_fill(fill(quantity="1", price="100"))
    ledger.on_fill(fill(quantity="1", price="120"))
    assert ledger.profit() == {"USDT": Decimal(20)}


def test_drawdown_is_the_deepest_fall_from_a_high(market: Market) -> None:
    ledger = Ledger(0, market.price)
    market.prices[LINEAR] = Decimal(100)
    ledger.on_fill(fill(quantity="1", price="100"))
    for price in (150, 120, 160, 90, 200):
        market.prices[LINEAR] = Decimal(price)
        ledger.take_stock()
    assert ledger.sheet(1, 1).max_drawdown == {"USDT": Decimal(70)}


@given(
    st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 50), st.integers(1, 500), st.integers(-3, 9)), max_size=20)
)
def test_once_flat_profit_is_what_was_received_less_what_was_paid(trades: list[tuple[Side, int, int, int]]) -> None:
    ledger = Ledger(0, lambda _: Decimal(1))
    cash, held = 0, 0
    for side, quantity, price, fee in trades:
        ledger.on_fill(fill(side=side, quantity=str(quantity), price=str(price), fee=str(fee)))
        signed = quantity if side is Side.BUY else -quantity
        cash -= signed * price + fee
        held += signed
    if held:
        side = Side.SELL if held > 0 else Side.BUY
        ledger.on_fill(fill(side=side, quantity=str(abs(held)), price="77"))
        cash += held * 77
    assert ledger.profit().get("USDT", Decimal(0)) == cash
