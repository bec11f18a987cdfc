"""Bybit's private frames to standard events: states, kinds, empty texts, and rows that can't be read."""

from decimal import Decimal
from typing import Any

import pytest

from tests.bybit_account_rows import CLIENT_ID, MS, execution, frame, order, position, symbol_table, wallet
from ttxt_core.connectors.bybit.account_normalizer import BybitAccountNormalizer
from ttxt_core.errors import ProtocolError
from ttxt_core.events import (
    Balance,
    ConnectorError,
    Event,
    Fill,
    FillKind,
    InstrumentKey,
    OrderState,
    OrderType,
    OrderUpdate,
    PositionSide,
    Side,
    Source,
    TimeInForce,
    TriggerBy,
    TriggerDirection,
)

NOW = 1_700_000_000_500_000_000


def read(payload: bytes, category: str = "linear") -> list[Event[Any]]:
    return BybitAccountNormalizer(category, "main", symbol_table(category)).normalize_account(payload, NOW)


def one(topic: str, row: dict[str, Any], category: str = "linear") -> Any:
    (event,) = read(frame(topic, row), category)
    return event.data


def test_an_order() -> None:
    (event,) = read(frame("order", order()))
    assert event.header.key == InstrumentKey("bybit", "linear", "BTC/USDT")
    times = (event.header.venue_time_ns, event.header.receive_time_ns)
    assert (*times, event.header.source) == (1_700_000_000_449 * MS, NOW, Source.LIVE)
    assert event.data == OrderUpdate(
        account="main",
        client_order_id=CLIENT_ID,
        order_id="b1b7",
        state=OrderState.NEW,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=Decimal("0.010"),
        filled_quantity=Decimal(0),
        price=Decimal(50_000),
        created_time_ns=1_700_000_000_444 * MS,
    )


CHILD = {
    "orderLinkId": "",
    "side": "Sell",
    "orderType": "Market",
    "price": "0",
    "timeInForce": "IOC",
    "orderStatus": "Untriggered",
    "reduceOnly": True,
    "closeOnTrigger": True,
    "triggerPrice": "55000",
    "triggerBy": "LastPrice",
    "triggerDirection": 1,
}


@pytest.mark.parametrize("quantity", ["0.010", "0"])
@pytest.mark.parametrize(("kind", "mode", "is_exit"), [("TakeProfit", "Full", True), ("StopLoss", "", True)])
def test_what_the_venue_makes_of_attached_exits(kind: str, mode: str, is_exit: bool, quantity: str) -> None:
    links = {"parentOrderLinkId": CLIENT_ID, "stopOrderType": kind, "tpslMode": mode}
    data = one("order", order(**CHILD, **links, qty=quantity))
    assert (data.client_order_id, data.parent_client_order_id, data.is_position_exit) == ("", CLIENT_ID, is_exit)
    assert (data.order_type, data.state, data.reduce_only) == (OrderType.STOP_MARKET, OrderState.UNTRIGGERED, True)
    assert (data.trigger_price, data.quantity) == (Decimal(55_000), Decimal(quantity))


def test_partial_exits_and_stops_do_not_follow_the_position() -> None:
    for kind, mode in (("TakeProfit", "Partial"), ("PartialStopLoss", "Partial"), ("Stop", "")):
        assert not one("order", order(**CHILD, stopOrderType=kind, tpslMode=mode)).is_position_exit


def test_an_entry_tells_of_its_exits_until_it_has_none() -> None:
    data = one("order", order(takeProfit="55000", stopLoss="0"))
    assert (data.take_profit, data.stop_loss, data.is_position_exit) == (Decimal(55_000), None, False)


@pytest.mark.parametrize(
    ("changes", "is_exit"),
    [
        ({"side": "Sell", "stopOrderType": "tpslOrder", "triggerPrice": "9"}, True),
        ({"side": "Sell", "stopOrderType": "Stop", "triggerPrice": "9"}, True),
        ({"side": "Buy", "stopOrderType": "Stop", "triggerPrice": "9"}, False),
        ({"side": "Sell"}, False),
    ],
)
def test_a_sale_on_spot_that_waits_for_a_price_is_an_exit(changes: dict[str, Any], is_exit: bool) -> None:
    assert one("order", order(category="spot", **changes), "spot").reduce_only is is_exit


@pytest.mark.parametrize(
    ("status", "reject", "state"),
    [
        ("New", "", OrderState.NEW),
        ("PartiallyFilled", "", OrderState.PARTIALLY_FILLED),
        ("Untriggered", "", OrderState.UNTRIGGERED),
        ("Triggered", "", OrderState.TRIGGERED),
        ("Filled", "EC_OrigClOrdIDDoesNotExist", OrderState.FILLED),
        ("Cancelled", "EC_PerCancelRequest", OrderState.CANCELED),
        ("Cancelled", "EC_PostOnlyWillTakeLiquidity", OrderState.REJECTED),
        ("Cancelled", "EC_NoImmediateQtyToFill", OrderState.EXPIRED),
        ("Cancelled", "EC_CancelForNoFullFill", OrderState.EXPIRED),
        ("PartiallyFilledCanceled", "EC_NoEnoughQtyToFill", OrderState.EXPIRED),
        ("PartiallyFilledCanceled", "", OrderState.CANCELED),
        ("Rejected", "EC_ReachRiskPriceLimit", OrderState.REJECTED),
        ("Deactivated", "", OrderState.CANCELED),
    ],
)
def test_order_states(status: str, reject: str, state: OrderState) -> None:
    update = one("order", order(orderStatus=status, rejectReason=reject))
    assert update.state is state
    is_failure = bool(reject) and reject not in {"EC_PerCancelRequest", "EC_OrigClOrdIDDoesNotExist"}
    assert (update.reason is not None) == is_failure
    assert not is_failure or reject in update.reason


def test_why_the_venue_cancelled() -> None:
    dead_man = one("order", order(orderStatus="Cancelled", cancelType="CancelByDCP"))
    assert dead_man.reason == "cancelled by the dead-man switch"
    assert one("order", order(orderStatus="Cancelled", cancelType="CancelByUser")).reason is None


def test_fills_of_an_order_and_its_kinds() -> None:
    part = one("order", order(cumExecQty="0.004", avgPrice="49999.5", orderStatus="PartiallyFilled"))
    assert (part.filled_quantity, part.average_price) == (Decimal("0.004"), Decimal("49999.5"))
    market = one("order", order(orderType="Market", price="52000", timeInForce="IOC"))
    assert (market.order_type, market.price, market.time_in_force) == (OrderType.MARKET, None, TimeInForce.IOC)
    post_only = one("order", order(timeInForce="PostOnly"))
    assert (post_only.time_in_force, post_only.post_only) == (TimeInForce.GTC, True)
    stop = one(
        "order",
        order(orderType="Market", triggerPrice="49000", triggerBy="MarkPrice", triggerDirection=2, positionIdx=1),
    )
    assert (stop.order_type, stop.trigger_price, stop.position_side) == (
        OrderType.STOP_MARKET,
        Decimal(49_000),
        PositionSide.LONG,
    )
    assert (stop.trigger_by, stop.trigger_direction) == (TriggerBy.MARK, TriggerDirection.FALL)
    plain = one("order", order(triggerPrice="0.00", triggerBy="LastPrice", closeOnTrigger=True))
    assert (plain.trigger_price, plain.trigger_by, plain.reduce_only) == (None, None, True)


def test_an_order_for_a_value_has_a_quantity_only_at_its_end() -> None:
    by_value = {
        "category": "spot",
        "orderType": "Market",
        "marketUnit": "quoteCoin",
        "qty": "100",
        "cumExecQty": "0.002",
        "avgPrice": "49000",
    }
    assert read(frame("order", order(**by_value, orderStatus="PartiallyFilled")), "spot") == []
    update = one("order", order(**by_value, orderStatus="Filled"), "spot")
    assert (update.quantity, update.filled_quantity) == (Decimal("0.002"), Decimal("0.002"))


def test_an_execution() -> None:
    (event,) = read(frame("execution", execution()))
    assert event.header.venue_time_ns == 1_700_000_000_353 * MS
    assert event.data == Fill(
        account="main",
        client_order_id=CLIENT_ID,
        order_id="9aac",
        execution_id="x1",
        kind=FillKind.TRADE,
        side=Side.SELL,
        price=Decimal("50000.1"),
        quantity=Decimal("0.5"),
        fee=Decimal("13.75"),
        fee_currency="USDT",
        is_maker=False,
        realised_pnl=Decimal("0.05"),
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AdlTrade", FillKind.ADL),
        ("BustTrade", FillKind.LIQUIDATION),
        ("Funding", FillKind.FUNDING),
        ("Settle", FillKind.SETTLEMENT),
    ],
)
def test_not_every_execution_is_a_trade(name: str, kind: FillKind) -> None:
    assert one("execution", execution(execType=name)).kind is kind


def test_a_fee_without_a_currency_is_in_what_was_received() -> None:
    spot = {"category": "spot", "feeCurrency": ""}
    assert one("execution", execution(**spot, side="Buy"), "spot").fee_currency == "BTC"
    assert one("execution", execution(**spot, side="Sell"), "spot").fee_currency == "USDT"
    assert one("execution", execution(feeCurrency="")).fee_currency == "USDT"
    assert one("execution", execution(**spot), "spot").realised_pnl is None


def test_positions() -> None:
    held = one("position", position())
    assert (held.quantity, held.entry_price, held.liquidation_price) == (Decimal("0.01"), Decimal(50_000), None)
    assert (held.initial_margin, held.maintenance_margin) == (Decimal("50.3"), Decimal("2.8"))
    assert (held.leverage, held.margin_mode, held.realised_pnl) == (Decimal(10), None, None)
    short = one("position", position(side="Sell", positionIdx=2, entryPrice="", avgPrice="51000"))
    assert (short.quantity, short.position_side, short.entry_price) == (
        Decimal("-0.01"),
        PositionSide.SHORT,
        Decimal(51_000),
    )
    flat = one("position", position(side="", size="0", entryPrice="0", breakEvenPrice="0"))
    assert (flat.quantity, flat.entry_price, flat.break_even_price) == (Decimal(0), None, None)


def test_a_wallet() -> None:
    (event,) = read(frame("wallet", wallet()))
    assert event.header.pair == ""
    assert event.data.balances == [Balance("USDT", Decimal(9000), Decimal(8500), Decimal(500))]
    assert not event.data.is_snapshot


def test_what_is_of_another_category_is_left_out() -> None:
    rows = [order(category="spot", orderId="other"), order()]
    assert [event.data.order_id for event in read(frame("order", *rows))] == ["b1b7"]
    assert read(frame("position", position(category="inverse"))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"orderStatus": "Thinking"},
        {"side": "Both"},
        {"qty": ""},
        {"qty": "many"},
        {"price": "NaN"},
        {"timeInForce": "GTX"},
        {"positionIdx": 7},
        {"updatedTime": "soon"},
        {"symbol": "NOSUCH"},
    ],
)
def test_a_row_that_cant_be_read_is_told_and_its_neighbours_are_not_lost(changes: dict[str, Any]) -> None:
    bad, good = read(frame("order", order(**changes), order(orderId="good")))
    assert type(bad.data) is ConnectorError
    assert bad.data.kind == "protocol"
    assert good.data.order_id == "good"


@pytest.mark.parametrize(
    "payload", [b"{", b"{}", b"[]", b'{"topic":"order","data":{}}', b'{"topic":"greeks","data":[]}']
)
def test_a_frame_that_cant_be_read(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(payload)


def test_answers_are_silent_unless_they_refuse() -> None:
    assert read(b'{"success":true,"ret_msg":"","op":"subscribe","conn_id":"c"}') == []
    assert read(b'{"req_id":"p1","op":"pong","args":["1675418560633"],"conn_id":"c"}') == []
    (refused,) = read(b'{"success":false,"ret_msg":"error:handler not found","op":"subscribe","req_id":"s-1"}')
    assert (refused.data.asked, refused.data.answered) == ("subscribe s-1", "error:handler not found")
