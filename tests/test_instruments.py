"""Instruments: exact steps, rounding that never makes an order more aggressive, plain text."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.market_events import BTC, BTC_LINEAR, ETH, event
from ttxt_core.errors import InstrumentError
from ttxt_core.events import Instrument, Side
from ttxt_core.instruments import InstrumentBook, InstrumentInfo, TradingPair, UnknownInstrumentError

STEPS = st.builds(
    lambda digits, exponent: Decimal(f"{Decimal(digits).scaleb(exponent):f}"),
    st.sampled_from([1, 2, 5, 25, 125]),
    st.integers(-8, 4),
)
TICKS = st.integers(1, 10**9)


def made(tick: str | Decimal = "0.1", lot: str | Decimal = "0.001", **limits: Decimal) -> InstrumentInfo:
    return InstrumentInfo(BTC, Instrument("BTCUSDT", "BTC", "USDT", "USDT", Decimal(tick), Decimal(lot), **limits))


@given(step=STEPS, count=TICKS)
def test_floats_count_as_the_steps_they_are(step: Decimal, count: int) -> None:
    info = made(step, step)
    for exact in (info.price(count), info.quantity(count)):
        assert exact == step * count
        venue_text = f"{exact:f}"
        assert info.to_ticks(float(venue_text)) == info.to_lots(float(venue_text)) == count
        assert info.to_ticks(exact) == info.to_lots(exact) == count
    assert info.float_price(count) == info.float_size(count) == float(step * count)
    assert info.to_ticks(info.float_price(count)) == count


@given(step=STEPS, count=st.integers(0, 10**6), off=st.floats(2e-6, 1 - 2e-6))
def test_what_is_off_the_grid_is_an_error(step: Decimal, count: int, off: float) -> None:
    info = made(step, step)
    value = float(step) * (count + off)
    with pytest.raises(InstrumentError, match=f"not a multiple of {step}"):
        info.to_ticks(value)
    with pytest.raises(InstrumentError, match=f"not a multiple of {step}"):
        info.to_lots(value)
    with pytest.raises(InstrumentError):
        info.to_ticks(step * count + step / 3)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_not_finite_is_an_error(value: float | Decimal) -> None:
    with pytest.raises(InstrumentError, match="not a finite number"):
        made().to_ticks(value)
    with pytest.raises(InstrumentError, match="not a finite number"):
        made().to_lots(value)


@given(step=STEPS, price=st.decimals("0.00000001", 1_000_000, places=10), side=st.sampled_from([*Side, None]))
def test_rounding_never_makes_an_order_more_aggressive(step: Decimal, price: Decimal, side: Side | None) -> None:
    info = made(step, step)
    rounded = info.round_price(price, side)
    assert rounded % step == 0
    assert abs(rounded - price) < step
    if side is Side.BUY:
        assert rounded <= price
    elif side is Side.SELL:
        assert rounded >= price
    else:
        assert abs(rounded - price) * 2 <= step
    assert info.round_price(rounded, side) == rounded
    quantity = info.round_quantity(price)
    assert quantity % step == 0
    assert 0 <= price - quantity < step


@given(step=STEPS, count=st.integers(0, 10**6))
def test_text_has_the_steps_decimals_and_reads_back(step: Decimal, count: int) -> None:
    info = made(step, step)
    exact = step * count
    decimals = max(0, -int(step.as_tuple().exponent))
    for text in (
        info.format_price(exact),
        info.format_price(float(exact)),
        info.format_quantity(exact),
        info.format_quantity(float(exact)),
    ):
        assert Decimal(text) == exact
        assert "e" not in text.lower()
        assert len(text.partition(".")[2]) == decimals
    grouped = info.format_price(exact, group=True)
    assert grouped.replace(",", "") == info.format_price(exact)


@pytest.mark.parametrize(
    ("tick", "value", "text", "grouped"),
    [
        ("0.00000001", "0.00000001", "0.00000001", "0.00000001"),
        ("0.00000001", "1000000", "1000000.00000000", "1,000,000.00000000"),
        ("0.10", "65114.2", "65114.20", "65,114.20"),
        ("0.5", "1000000", "1000000.0", "1,000,000.0"),
        ("1", "1000000", "1000000", "1,000,000"),
        ("10", "1E+6", "1000000", "1,000,000"),
        ("0.00025", "0.0005", "0.00050", "0.00050"),
    ],
)
def test_text_of_known_prices(tick: str, value: str, text: str, grouped: str) -> None:
    info = made(tick, tick)
    assert info.format_price(Decimal(value)) == info.format_quantity(float(value)) == text
    assert info.format_price(float(value), group=True) == grouped
    assert info.format_quantity(Decimal(value), group=True) == grouped


@pytest.mark.parametrize("bad", ["0", "-0.1", "NaN", "Infinity"])
def test_a_step_that_can_not_be_is_refused(bad: str) -> None:
    with pytest.raises(InstrumentError, match="tick size is"):
        made(tick=bad)
    with pytest.raises(InstrumentError, match="lot size is"):
        made(lot=bad)


LIMITS = {
    "min_quantity": Decimal("0.01"),
    "max_quantity": Decimal(10),
    "max_market_quantity": Decimal(5),
    "min_notional": Decimal(5),
    "min_price": Decimal(10),
    "max_price": Decimal(1000),
}


@pytest.mark.parametrize(
    ("quantity", "price", "options", "why"),
    [
        ("1", "100", {}, None),
        ("0", "100", {}, "not above zero"),
        ("NaN", "100", {}, "not above zero"),
        ("0.0105", "100", {}, "not a multiple of the lot 0.001"),
        ("0.009", "100", {}, "below the minimum 0.01"),
        ("10.001", "100", {}, "over the maximum 10"),
        ("6", "100", {}, None),
        ("6", "100", {"is_market": True}, "over the maximum 5"),
        ("1", None, {"is_market": True}, None),
        ("1", "-1", {}, "price -1 is not above zero"),
        ("1", "100.05", {}, "not a multiple of the tick 0.1"),
        ("1", "100.05", {"is_market": True}, None),
        ("1", "9.9", {}, "below the least price 10"),
        ("1", "1000.1", {}, "over the greatest price 1000"),
        ("0.049", "100", {}, "notional 4.900 USDT is below the minimum 5"),
        ("0.049", "100", {"reduce_only": True}, None),
        ("0.05", "100", {}, None),
    ],
)
def test_orders_that_the_venue_would_refuse(
    quantity: str, price: str | None, options: dict[str, bool], why: str | None
) -> None:
    said = made(**LIMITS).check_order(Decimal(quantity), None if price is None else Decimal(price), **options)
    assert (said is None) is (why is None)
    assert why is None or why in str(said)


def test_an_instrument_without_limits_takes_any_whole_lots() -> None:
    assert made().check_order(Decimal("0.001"), Decimal("0.1")) is None
    assert made().check_order(Decimal(10**9), Decimal(10**9)) is None


def test_the_instruments_of_a_session() -> None:
    known = InstrumentBook()
    with pytest.raises(UnknownInstrumentError, match="known: none"):
        known[BTC]
    first = known.update(event(made("0.1").spec, BTC))
    linear = known.update(event(made("0.5").spec, BTC_LINEAR))
    assert (known[BTC], known[BTC_LINEAR]) == (first, linear)
    assert (first.tick_size, linear.tick_size, linear.lot_size) == (
        Decimal("0.1"),
        Decimal("0.5"),
        Decimal("0.001"),
    )
    assert known.update(event(made("0.01").spec, BTC)) is known[BTC]
    assert known[BTC].price_decimals == 2
    assert list(known) == [BTC, BTC_LINEAR]
    assert len(known) == 2
    assert ETH not in known
    with pytest.raises(UnknownInstrumentError, match="bybit spot ETH/USDT: it is not known here"):
        known[ETH]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("BTC/USDT", ("BTC", "USDT", "USDT", "")),
        (" btc/usdt ", ("BTC", "USDT", "USDT", "")),
        ("BTC/USD:BTC", ("BTC", "USD", "BTC", "")),
        ("BTC/USDT:USDT", ("BTC", "USDT", "USDT", "")),
        ("BTC/USDT:USDT-20261225", ("BTC", "USDT", "USDT", "20261225")),
    ],
)
def test_pairs(text: str, pair: tuple[str, str, str, str]) -> None:
    parsed = TradingPair.parse(text)
    assert parsed == pair
    assert TradingPair.parse(str(parsed)) == parsed


NO_PAIRS = ["", "BTC", "BTC/", "/USDT", "BTC/USDT/X", "BTC/USD:", ":BTC", "BTCUSDT", "BTC/USDT:USDT-2026"]


@pytest.mark.parametrize("text", NO_PAIRS)
def test_what_is_no_pair(text: str) -> None:
    with pytest.raises(InstrumentError, match="not BASE/QUOTE"):
        TradingPair.parse(text)
