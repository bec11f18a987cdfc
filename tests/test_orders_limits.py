"""Limits: each stops what is over it, by name and value, and never what can't increase exposure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.orders_support import SPOT, amend, cancel, create, instrument
from ttxt_core.events import OrderType, QuantityUnit, Side
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.limits import SIMULATED_LIMITS, RiskContext, RiskLimits, can_increase_exposure, check
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import Exposure

ZERO = Decimal(0)
INFO = InstrumentInfo.from_event(instrument())
TIGHT = RiskLimits(
    max_order_quantity={"BTC/USDT": Decimal(1)},
    max_order_notional=Decimal(100),
    price_band=ZERO,
    max_position_notional=Decimal(100),
    max_leverage=Decimal(1),
    orders_per_second=0,
    daily_loss=ZERO,
    require_stop=True,
)


def context(position: str = "0", buys: str = "0", sells: str = "0", **known: Any) -> RiskContext:
    exposure = Exposure(Decimal(position), Decimal(buys), Decimal(sells))
    market = {"bid": Decimal("99.9"), "ask": Decimal(100), "instrument": INFO}
    return RiskContext(**{**market, "exposure": exposure, **known})


def breach_of(limits: RiskLimits, command: Any, known: RiskContext | None = None) -> str | None:
    breach = check(limits, command.data, known or context())
    return None if breach is None else breach.limit


@pytest.mark.parametrize(
    ("limits", "command", "known", "name"),
    [
        (RiskLimits(max_order_quantity={"BTC/USDT": Decimal(1)}), create(quantity="1.001"), {}, "max_order_quantity"),
        (RiskLimits(max_order_notional=Decimal(100)), create(quantity="1.001"), {}, "max_order_notional"),
        (RiskLimits(max_order_notional=Decimal(99)), create(price=None), {}, "max_order_notional"),
        (
            RiskLimits(max_order_notional=Decimal(99)),
            create(price=None, quantity="100", quantity_unit=QuantityUnit.QUOTE),
            {},
            "max_order_notional",
        ),
        (RiskLimits(price_band=Decimal("0.01")), create(price="101.1"), {}, "price_band"),
        (RiskLimits(price_band=Decimal("0.01")), create(side=Side.SELL, price="98.8"), {}, "price_band"),
        (RiskLimits(price_band=Decimal("0.01")), create(), {"ask": None}, "price_band"),
        (
            RiskLimits(max_position_notional=Decimal(500)),
            create(),
            {"position": "3", "buys": "2"},
            "max_position_notional",
        ),
        (
            RiskLimits(max_position_notional=Decimal(500)),
            create(side=Side.SELL),
            {"position": "-3", "sells": "2"},
            "max_position_notional",
        ),
        (RiskLimits(max_leverage=Decimal(2)), create(), {"position": "1", "equity": Decimal(99)}, "max_leverage"),
        (
            RiskLimits(min_liquidation_distance=Decimal("0.1")),
            create(),
            {"position": "1", "liquidation_distance": Decimal("0.09")},
            "min_liquidation_distance",
        ),
        (
            RiskLimits(min_liquidation_distance=Decimal("0.1")),
            create(side=Side.SELL),
            {"position": "-1", "liquidation_distance": Decimal("-0.01")},
            "min_liquidation_distance",
        ),
        (
            RiskLimits(max_leverage=Decimal(2)),
            create(),
            {"equity": Decimal(100), "other_notional": Decimal(101)},
            "max_leverage",
        ),
        (RiskLimits(max_leverage=Decimal(2)), create(), {"equity": ZERO}, "max_leverage"),
        (RiskLimits(orders_per_second=3), create(), {"entries_in_second": 3}, "orders_per_second"),
        (RiskLimits(daily_loss=Decimal(50)), create(), {"session_loss": Decimal(50)}, "daily_loss"),
        (RiskLimits(require_stop=True), create(), {}, "require_stop"),
        (RiskLimits(require_stop=True), create(stop_loss=Decimal(200)), {}, "require_stop"),
        (RiskLimits(require_stop=True), create(side=Side.SELL, stop_loss=Decimal(50)), {}, "require_stop"),
        (RiskLimits(require_stop=True), create(stop_loss=ZERO), {}, "stop_loss"),
        (RiskLimits(), create(stop_loss=Decimal("NaN")), {}, "stop_loss"),
        (RiskLimits(), create(take_profit=Decimal(-1)), {}, "take_profit"),
        (RiskLimits(), create(), {"has_unknown": True}, "unknown_order"),
        (RiskLimits(), create(price=None), {"ask": None}, "price"),
        (RiskLimits(), create(quantity="0"), {}, "quantity"),
        (RiskLimits(), create(quantity="NaN"), {}, "quantity"),
        (RiskLimits(), create(price="-1"), {}, "price"),
    ],
)
def test_a_limit_stops_what_is_over_it(limits: RiskLimits, command: Any, known: dict[str, Any], name: str) -> None:
    assert breach_of(limits, command, context(**known)) == name


@pytest.mark.parametrize(
    ("limits", "command", "known"),
    [
        (RiskLimits(), create(quantity="1000000"), {}),
        (RiskLimits(max_order_quantity={"ETH/USDT": Decimal(1)}), create(quantity="2"), {}),
        (RiskLimits(max_order_quantity={"BTC/USDT": Decimal(1)}), create(quantity="1"), {}),
        (RiskLimits(max_order_notional=Decimal(100)), create(), {}),
        (RiskLimits(price_band=Decimal("0.01")), create(price="101"), {}),
        (RiskLimits(price_band=Decimal("0.01")), create(price="1"), {}),
        (RiskLimits(price_band=Decimal("0.01")), create(side=Side.SELL, price="5000"), {}),
        (RiskLimits(max_position_notional=Decimal(500)), create(), {"position": "3", "buys": "1"}),
        (RiskLimits(max_position_notional=Decimal(100)), create(quantity="5"), {"position": "-4", "sells": "9"}),
        (RiskLimits(max_leverage=Decimal(2)), create(), {"position": "1", "equity": Decimal(100)}),
        (RiskLimits(orders_per_second=3), create(), {"entries_in_second": 2}),
        (RiskLimits(daily_loss=Decimal(50)), create(), {"session_loss": Decimal("49.99")}),
        (RiskLimits(require_stop=True), create(stop_loss=Decimal(90)), {}),
        (RiskLimits(require_stop=True), create(), {"has_stop": True}),
    ],
)
def test_what_keeps_to_the_limits_passes(limits: RiskLimits, command: Any, known: dict[str, Any]) -> None:
    assert breach_of(limits, command, context(**known)) is None


@given(
    st.sampled_from(Side),
    st.sampled_from(OrderType),
    st.decimals(min_value=-1000, max_value=1000, places=3),
    st.booleans(),
)
def test_cancels_and_exits_always_pass(side: Side, kind: OrderType, quantity: Decimal, close: bool) -> None:
    known = context("5", has_unknown=True, session_loss=Decimal(99), entries_in_second=99, bid=None, ask=None)
    exit_order = create(
        side=side,
        quantity=str(quantity),
        price=None,
        order_type=kind,
        reduce_only=not close,
        close_on_trigger=close,
    )
    assert breach_of(TIGHT, exit_order, known) is None
    assert breach_of(TIGHT, cancel(), known) is None


def working(**fields: Any) -> ManagedOrder:
    return ManagedOrder.from_command(create(quantity="2", **fields))


def test_an_amend_is_judged_by_the_order_that_it_makes() -> None:
    order = working()
    limits = RiskLimits(max_order_notional=Decimal(250), price_band=Decimal("0.05"), max_position_notional=Decimal(310))
    known = context(buys="2", order=order)
    assert breach_of(limits, amend(quantity="2.6"), known) == "max_order_notional"
    assert breach_of(limits, amend(price="106"), known) == "price_band"
    assert breach_of(limits, amend(quantity="2.5"), context("1", buys="2", order=order)) == "max_position_notional"
    assert breach_of(limits, amend(price="99"), context("1", buys="2", order=order)) is None
    assert breach_of(limits, amend(quantity="2.4"), known) is None


def test_an_amend_that_only_makes_an_order_smaller_always_passes() -> None:
    known = context(order=working(), has_unknown=True)
    assert breach_of(TIGHT, amend(quantity="1.9"), known) is None
    assert breach_of(TIGHT, amend(quantity="2.1"), known) == "unknown_order"
    assert breach_of(TIGHT, amend(price="99"), known) == "unknown_order"


def test_moving_a_protective_order_always_passes() -> None:
    stop = working(side=Side.SELL, reduce_only=True)
    assert not can_increase_exposure(amend(price="50").data, stop)
    assert breach_of(TIGHT, amend(price="50"), context(order=stop, has_unknown=True)) is None


def test_a_stop_entry_is_judged_at_its_trigger_and_has_no_price_band() -> None:
    stop = create(price=None, order_type=OrderType.STOP_MARKET, trigger_price=Decimal(120))
    assert breach_of(RiskLimits(price_band=Decimal("0.01")), stop) is None
    assert breach_of(RiskLimits(max_order_notional=Decimal(119)), stop) == "max_order_notional"


def test_spot_has_no_leverage() -> None:
    spot = InstrumentInfo.from_event(instrument(SPOT))
    known = context(instrument=spot, equity=ZERO)
    assert breach_of(RiskLimits(max_leverage=Decimal(1)), create(key=SPOT), known) is None


def test_a_breach_says_the_limit_its_value_and_what_was_tried() -> None:
    breach = check(RiskLimits(max_order_notional=Decimal(1_000_000)), create(quantity="12500").data, context())
    assert str(breach) == "max_order_notional is 1,000,000 USDT, this is 1,250,000.00 USDT"
    breach = check(RiskLimits(price_band=Decimal("0.05")), create(price="110").data, context())
    assert str(breach) == "price_band is 5.00%, this is 10.00% above the ask"


def test_the_simulated_sessions_limits_stop_a_slip_and_not_a_trade() -> None:
    known = context(equity=Decimal(1_000_000))
    assert breach_of(SIMULATED_LIMITS, create(quantity="100"), known) is None
    assert breach_of(SIMULATED_LIMITS, create(quantity="100", price="1000"), known) == "price_band"
    assert breach_of(SIMULATED_LIMITS, create(quantity="100000"), known) == "max_order_notional"


@pytest.mark.parametrize(
    ("side", "position", "distance"), [(Side.SELL, "1", "0.01"), (Side.BUY, "-1", "0.01"), (Side.BUY, "1", "0.1")]
)
def test_near_its_liquidation_a_position_may_still_become_smaller(side: Side, position: str, distance: str) -> None:
    limits = RiskLimits(min_liquidation_distance=Decimal("0.1"))
    known = context(position, liquidation_distance=Decimal(distance))
    assert breach_of(limits, create(side=side), known) is None
    assert breach_of(limits, create(side=side), context(position)) is None
