"""Commands to Bybit's bodies, on spot and linear, and back again through the order that the venue would tell of."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bybit_account_rows import CLIENT_ID, order, symbol_table
from ttxt_core.connectors.bybit.account_messages import OrderRow
from ttxt_core.connectors.bybit.account_normalizer import BybitAccountNormalizer
from ttxt_core.connectors.bybit.denormalizer import BybitDenormalizer
from ttxt_core.errors import InstrumentError, OrderError
from ttxt_core.events import (
    AmendOrder,
    CancelOrder,
    CreateOrder,
    Event,
    EventData,
    MessageHeader,
    OrderType,
    PositionSide,
    ProtectPosition,
    QuantityUnit,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerDirection,
)
from ttxt_core.web.requests import Priority

NOW_MS = 1_700_000_000_000


def denormalizer(category: str = "linear", *, is_untriggered: bool = False) -> BybitDenormalizer:
    return BybitDenormalizer(category, symbol_table(category), lambda _name, _order_id: is_untriggered)


def event(data: EventData, pair: str = "BTC/USDT", category: str = "linear") -> Event[Any]:
    return Event(MessageHeader("bybit", category, pair), data)


def create(**changes: Any) -> CreateOrder:
    fields: dict[str, Any] = {
        "account": "main",
        "client_order_id": CLIENT_ID,
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "quantity": Decimal("0.010"),
        "price": Decimal(50_000),
    }
    return CreateOrder(**(fields | changes))


def body(data: EventData, category: str = "linear", **changes: Any) -> dict[str, Any]:
    written = denormalizer(category, **changes).body([event(data, category=category)])
    assert written.pop("category") == category
    assert written.pop("symbol") == "BTCUSDT"
    return written


PLAIN = {"side": "Buy", "orderType": "Limit", "qty": "0.010", "orderLinkId": CLIENT_ID}
MARKET = {"order_type": OrderType.MARKET, "price": None}


def test_a_limit_order() -> None:
    assert body(create()) == PLAIN | {"price": "50000", "timeInForce": "GTC", "positionIdx": 0}
    assert body(create(), "spot") == PLAIN | {"price": "50000", "timeInForce": "GTC"}
    assert body(create(post_only=True))["timeInForce"] == "PostOnly"
    assert body(create(time_in_force=TimeInForce.FOK))["timeInForce"] == "FOK"
    assert body(create(position_side=PositionSide.SHORT))["positionIdx"] == 2
    reducing = body(create(reduce_only=True, close_on_trigger=True))
    assert (reducing["reduceOnly"], reducing["closeOnTrigger"]) == (True, True)
    closing = body(create(close_on_trigger=True))  # counted as an exit here, so it must be one there
    assert (closing["reduceOnly"], closing["closeOnTrigger"]) == (True, True)


def test_a_market_order_says_its_unit_on_spot() -> None:
    assert body(create(**MARKET)) == PLAIN | {"orderType": "Market", "positionIdx": 0}
    assert body(create(**MARKET), "spot") == PLAIN | {"orderType": "Market", "marketUnit": "baseCoin"}
    by_value = create(**MARKET, quantity_unit=QuantityUnit.QUOTE, quantity=Decimal(100))
    assert body(by_value, "spot")["marketUnit"] == "quoteCoin"


def test_trigger_orders() -> None:
    stop = create(order_type=OrderType.STOP_MARKET, price=None, trigger_price=Decimal("49000.5"), side=Side.SELL)
    written = body(stop)
    assert (written["orderType"], written["triggerPrice"]) == ("Market", "49000.5")
    assert (written["triggerBy"], written["triggerDirection"]) == ("LastPrice", 2)  # a sale limits a loss when it falls
    limit = body(
        create(trigger_price=Decimal(51_000), trigger_by=TriggerBy.MARK, trigger_direction=TriggerDirection.FALL)
    )
    assert (limit["orderType"], limit["triggerBy"], limit["triggerDirection"]) == ("Limit", "MarkPrice", 2)
    on_spot = body(stop, "spot")
    assert on_spot["orderFilter"] == "StopOrder"
    assert not {"triggerBy", "triggerDirection", "positionIdx", "reduceOnly"} & on_spot.keys()


def test_attached_exits() -> None:
    written = body(create(take_profit=Decimal("55000.0"), stop_loss=Decimal("1E+4")))
    assert (written["takeProfit"], written["stopLoss"]) == ("55000.0", "10000")
    assert written["tpslMode"] == "Full"
    assert not {"tpTriggerBy", "slTriggerBy"} & written.keys()
    by = body(create(stop_loss=Decimal(9), stop_loss_by=TriggerBy.MARK, take_profit_by=TriggerBy.INDEX))
    assert by["slTriggerBy"] == "MarkPrice"
    assert not {"takeProfit", "tpTriggerBy"} & by.keys()
    assert "tpslMode" not in body(create(stop_loss=Decimal(9)), "spot")


def test_a_position_is_given_its_exits_over_rest_and_without_an_order() -> None:
    command = ProtectPosition("main", CLIENT_ID, take_profit=Decimal(0), stop_loss=Decimal("9.5"))
    request = denormalizer().command_over_rest([event(command)])
    assert (request.path, request.priority, request.may_repeat) == (
        "/v5/position/trading-stop",
        Priority.CANCEL,
        False,
    )
    assert orjson.loads(request.body) == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "tpslMode": "Full",
        "positionIdx": 0,
        "takeProfit": "0",
        "stopLoss": "9.5",
    }
    assert denormalizer().command_limits([event(command)]) == ("/v5/position/trading-stop",)
    with pytest.raises(OrderError, match="spot has no positions"):
        denormalizer("spot").command_over_rest([event(command)])
    with pytest.raises(OrderError, match="names no exit"):
        denormalizer().command_over_rest([event(ProtectPosition("main", CLIENT_ID))])


def test_amends_and_cancels_name_the_venues_id_where_it_is_known() -> None:
    amend = AmendOrder("main", CLIENT_ID, price=Decimal("1e2"), quantity=Decimal("0.5"))
    assert body(amend) == {"orderLinkId": CLIENT_ID, "price": "100", "qty": "0.5"}
    assert body(CancelOrder("main", CLIENT_ID, "b1b7")) == {"orderId": "b1b7"}
    assert body(CancelOrder("main", CLIENT_ID), "spot") == {"orderLinkId": CLIENT_ID}
    waiting = body(CancelOrder("main", CLIENT_ID), "spot", is_untriggered=True)
    assert waiting == {"orderLinkId": CLIENT_ID, "orderFilter": "StopOrder"}
    attached = body(CancelOrder("main", "", "b1b7"), "spot", is_untriggered=True)
    assert attached == {"orderId": "b1b7", "orderFilter": "tpslOrder"}


@pytest.mark.parametrize("name", ["", CLIENT_ID])
def test_a_waiting_order_of_spot_is_looked_for_among_both_kinds_once(name: str) -> None:
    writer, cancel = denormalizer("spot", is_untriggered=True), event(CancelOrder("main", name, "b1b7"))
    first = writer.body([cancel])["orderFilter"]
    assert writer.retries(cancel)
    assert {first, writer.body([cancel])["orderFilter"]} == {"StopOrder", "tpslOrder"}
    assert not writer.retries(cancel)
    assert not writer.retries(event(AmendOrder("main", name, price=Decimal(1), order_id="b1b7")))
    assert not denormalizer("linear", is_untriggered=True).retries(cancel)
    assert not denormalizer("spot").retries(cancel)


def test_a_batch_is_one_request_and_counts_each_command() -> None:
    commands = [event(CancelOrder("main", name)) for name in ("a", "b")]
    request = denormalizer().command_over_rest(commands)
    assert (request.method, request.path, request.weight) == ("POST", "/v5/order/cancel-batch", 2)
    assert (request.priority, request.is_signed, request.may_repeat) == (Priority.CANCEL, True, False)
    assert orjson.loads(request.body) == {
        "category": "linear",
        "request": [{"symbol": "BTCUSDT", "orderLinkId": name} for name in ("a", "b")],
    }


def test_the_trade_socket_carries_the_same_body() -> None:
    commands = [event(create())]
    message = denormalizer().command_over_ws(commands, "r-1", NOW_MS)
    assert message.request_id == "r-1"
    assert message.payload == {
        "reqId": "r-1",
        "header": {"X-BAPI-TIMESTAMP": "1700000000000", "X-BAPI-RECV-WINDOW": "5000"},
        "op": "order.create",
        "args": [denormalizer().body(commands)],
    }


def test_cancel_all_leaves_nothing_out() -> None:
    bodies = [orjson.loads(request.body) for request in denormalizer("spot").cancel_all(None)]
    assert bodies == [{"category": "spot", "orderFilter": kind} for kind in ("Order", "StopOrder", "tpslOrder")]
    assert [orjson.loads(r.body) for r in denormalizer().cancel_all(None)] == [
        {"category": "linear", "settleCoin": "USDT"}
    ]
    assert [orjson.loads(r.body) for r in denormalizer().cancel_all("ETH/USDT")] == [
        {"category": "linear", "symbol": "ETHUSDT"}
    ]


@pytest.mark.parametrize(
    ("category", "changes", "reason"),
    [
        ("linear", {"price": None}, "needs a price"),
        ("linear", {"order_type": OrderType.MARKET}, "takes no price"),
        ("linear", {"order_type": OrderType.STOP_MARKET, "price": None}, "needs a trigger price"),
        ("linear", {**MARKET, "trigger_price": Decimal(1)}, "send a stop order"),
        ("linear", {"post_only": True, "time_in_force": TimeInForce.IOC}, "post-only"),
        ("linear", {**MARKET, "quantity_unit": QuantityUnit.QUOTE}, "quote currency"),
        ("spot", {"quantity_unit": QuantityUnit.QUOTE}, "quote currency"),
        ("spot", {"position_side": PositionSide.LONG}, "position sides"),
        ("spot", {"reduce_only": True}, "reduces nothing"),
        ("spot", {"trigger_price": Decimal(1), "trigger_by": TriggerBy.MARK}, "last price"),
        ("spot", {"stop_loss": Decimal(1), "stop_loss_by": TriggerBy.INDEX}, "last price"),
        ("spot", {**MARKET, "stop_loss": Decimal(1)}, "only a limit order carries exits"),
        ("linear", {"reduce_only": True, "stop_loss": Decimal(1)}, "no exits of its own"),
    ],
)
def test_orders_that_the_venue_has_not_are_refused_before_they_leave(
    category: str, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(OrderError, match=reason):
        body(create(**changes), category)


@pytest.mark.parametrize("bad", [Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_does_not_leave(bad: Decimal) -> None:
    with pytest.raises(OrderError, match="finite"):
        body(create(quantity=bad))


def test_an_empty_amend_and_an_unknown_pair_are_refused() -> None:
    with pytest.raises(OrderError, match="changes nothing"):
        body(AmendOrder("main", CLIENT_ID))
    with pytest.raises(InstrumentError, match="DOGE"):
        denormalizer().body([event(create(), "DOGE/USDT")])


@given(
    quantity=st.decimals("1e-12", "1e12", allow_nan=False),
    price=st.decimals("1e-12", "1e12", allow_nan=False),
    side=st.sampled_from(Side),
    time_in_force=st.sampled_from(TimeInForce),
    post_only=st.booleans(),
    position_side=st.sampled_from(PositionSide),
    reduce_only=st.booleans(),
    trigger=st.none() | st.decimals("1e-8", "1e8", allow_nan=False),
)
def test_what_is_written_is_what_the_venue_would_tell_of(  # noqa: PLR0917
    quantity: Decimal,
    price: Decimal,
    side: Side,
    time_in_force: TimeInForce,
    post_only: bool,
    position_side: PositionSide,
    reduce_only: bool,
    trigger: Decimal | None,
) -> None:
    command = create(
        quantity=quantity,
        price=price,
        side=side,
        time_in_force=TimeInForce.GTC if post_only else time_in_force,
        post_only=post_only,
        position_side=position_side,
        reduce_only=reduce_only,
        trigger_price=trigger,
    )
    written = denormalizer().body([event(command)])
    for name in ("qty", "price", "triggerPrice"):
        assert "E" not in written.get(name, "").upper()
    told = {name: value for name, value in written.items() if name in order()}
    row = OrderRow(**{_snake(name): value for name, value in order(**told).items() if _snake(name) in _FIELDS})
    (back,) = BybitAccountNormalizer("linear", "main", symbol_table("linear")).orders([row], 1)
    update = back.data
    for name in ("client_order_id", "side", "quantity", "price", "time_in_force", "post_only", "reduce_only"):
        assert getattr(update, name) == getattr(command, name), name
    assert (update.position_side, update.trigger_price) == (position_side, trigger)


_FIELDS = OrderRow.__struct_fields__


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
