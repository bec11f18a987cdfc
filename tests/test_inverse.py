"""Inverse contracts: quantities in dollars, profit in the base currency. Amounts, limits, ledger, Bybit's frames."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import bybit_frames as bybit
from tests.bybit_account_rows import CLIENT_ID, execution, frame, order, position
from tests.orders_support import create, fill
from ttxt_core.connectors.bybit.account_normalizer import BybitAccountNormalizer
from ttxt_core.connectors.bybit.connector import BybitConnector
from ttxt_core.connectors.bybit.denormalizer import BybitDenormalizer
from ttxt_core.connectors.bybit.limits import rate_limits
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.connectors.config import parse_config
from ttxt_core.connectors.registry import connect
from ttxt_core.connectors.symbols import SymbolTable
from ttxt_core.errors import OrderError
from ttxt_core.events import (
    CancelOrder,
    CreateOrder,
    Event,
    Fill,
    Instrument,
    InstrumentKey,
    Kline,
    MarketTrades,
    MessageHeader,
    Orderbook,
    OrderType,
    OrderUpdate,
    PositionUpdate,
    QuantityUnit,
    Side,
    Ticker,
)
from ttxt_core.instruments import InstrumentInfo, TradingPair
from ttxt_core.orders.day_loss import DayLedger
from ttxt_core.orders.ledger import Ledger
from ttxt_core.orders.limits import RiskContext, RiskLimits, check
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import Exposure
from ttxt_core.queues.asyncio_queue import AsyncioQueue

KEY = InstrumentKey("bybit", "inverse", "BTC/USD:BTC")
PAIR = TradingPair.parse(KEY.pair)
PRICES = st.decimals(Decimal(1), Decimal(200_000), places=1)
QUANTITIES = st.integers(1, 5_000_000).map(Decimal)


def listed(*rows: dict[str, Any]) -> list[Event[Any]]:
    return BybitNormalizer("inverse").instruments(bybit.instruments("inverse", *rows).encode(), 1)


def btc() -> Event[Instrument]:
    (event,) = listed(bybit.INVERSE_BTC)
    return event


def info() -> InstrumentInfo:
    return InstrumentInfo.from_event(btc())


def symbols() -> SymbolTable:
    table = SymbolTable("bybit", "inverse")
    table.add(btc())
    return table


# -- amounts ---------------------------------------------------------------------------------------------


def test_quantities_are_dollars_and_worth_the_same_at_every_price() -> None:
    inverse = info()
    assert (inverse.is_inverse, inverse.quantity_currency) == (True, "USD")
    assert {inverse.notional(Decimal(100), price) for price in (Decimal(1), Decimal(50_000))} == {Decimal(100)}
    assert inverse.settled(Decimal(100), Decimal(50_000)) == Decimal("0.002")
    assert inverse.quantity_worth(Decimal("99.9"), Decimal(50_000)) == Decimal(99)
    assert inverse.check_order(Decimal(1), Decimal(60_000)) is None
    assert inverse.check_order(Decimal("1.5"), Decimal(60_000)) == "quantity 1.5 is not a multiple of the lot 1"


def test_other_contracts_and_spot_are_sized_in_base_currency() -> None:
    for category in ("spot", "linear"):
        (first, _) = BybitNormalizer(category).instruments(bybit.instruments(category).encode(), 1)
        other = InstrumentInfo.from_event(first)
        assert (other.is_inverse, other.quantity_currency) == (False, "BTC")
        assert other.quantity_worth(Decimal(150), Decimal(100)) == Decimal("1.5")
        assert other.notional(Decimal(2), Decimal(100)) == other.settled(Decimal(2), Decimal(100)) == Decimal(200)


@given(QUANTITIES, PRICES)
def test_an_average_price_takes_back_what_the_quantity_cost(quantity: Decimal, price: Decimal) -> None:
    for pair in (PAIR, TradingPair.parse("BTC/USDT")):
        again = pair.average_price(quantity, pair.cost(quantity, price))
        assert abs(again - price) < Decimal("1e-18")


# -- the ledger ------------------------------------------------------------------------------------------


def filled(side: Side, quantity: Decimal, price: Decimal, fee: str = "0", **fields: Any) -> Event[Fill]:
    name = f"{side}{quantity}{price}"
    return fill(
        name, side=side, quantity=str(quantity), price=str(price), fee=fee, fee_currency="BTC", key=KEY, **fields
    )


@given(QUANTITIES, PRICES, PRICES)
def test_profit_is_what_the_venue_would_pay_valued_in_dollars(quantity: Decimal, entry: Decimal, mark: Decimal) -> None:
    ledger = Ledger(0, lambda _: mark)
    ledger.on_fill(filled(Side.BUY, quantity, entry))
    in_base = quantity / entry - quantity / mark  # Bybit, "P&L calculations (inverse contracts)"
    assert abs(ledger.profit()["USD"] - in_base * mark) < Decimal("1e-12")
    ledger.on_fill(filled(Side.SELL, quantity, mark))
    assert abs(ledger.profit()["USD"] - in_base * mark) < Decimal("1e-12")


def test_a_short_wins_when_the_price_falls_and_the_fee_is_in_base_currency() -> None:
    ledger = Ledger(0, lambda _: Decimal(40_000))
    ledger.on_fill(filled(Side.SELL, Decimal(10_000), Decimal(50_000), "0.00011"))
    # 10,000 / 40,000 − 10,000 / 50,000 − 0.00011 = 0.04989 BTC, at 40,000.
    assert ledger.profit() == {"USD": Decimal("1995.60")}
    assert ledger.loss("USD") == Decimal("-1995.60")
    assert ledger.fees == {"BTC": Decimal("0.00011")}


def test_a_position_of_before_the_day_wins_and_loses_from_the_price_it_was_found_at() -> None:
    mark = Decimal(50_000)
    ledger = DayLedger(0, lambda _: mark)
    ledger.square(KEY, Decimal(-1_000), mark)
    assert ledger.profit() == {"USD": Decimal(0)}
    mark = Decimal(40_000)
    assert ledger.profit() == {"USD": Decimal(200)}  # 0.025 − 0.02 BTC


def test_an_orders_average_price_is_that_of_the_base_currency_it_exchanged() -> None:
    tracked = ManagedOrder.from_command(create(key=KEY, quantity="200", price="50000"))
    for number, price in enumerate(("40000", "50000")):
        tracked.apply_fill(fill(execution=f"e{number}", quantity="100", price=price, key=KEY).data)
    assert tracked.average_price is not None
    assert round(tracked.average_price, 6) == Decimal("44444.444444")  # 200 / (100/40000 + 100/50000)


# -- limits ----------------------------------------------------------------------------------------------


def breach(limits: RiskLimits, quantity: str, **known: Any) -> str | None:
    context = RiskContext(
        instrument=info(),
        bid=Decimal(50_000),
        ask=Decimal("50000.1"),
        exposure=Exposure(Decimal(0), Decimal(0), Decimal(0)),
        **known,
    )
    found = check(limits, create(key=KEY, quantity=quantity, price="50000").data, context)
    return None if found is None else str(found)


def test_limits_count_dollars_and_leverage_the_base_currency() -> None:
    assert breach(RiskLimits(max_order_notional=Decimal(100)), "100") is None
    assert breach(RiskLimits(max_order_notional=Decimal(100)), "101") == (
        "max_order_notional is 100 USD, this is 101.00 USD"
    )
    assert breach(RiskLimits(max_order_quantity={KEY.pair: Decimal(100)}), "101") == (
        "max_order_quantity is 100 USD, this is 101 USD"
    )
    assert breach(RiskLimits(max_position_notional=Decimal(100)), "101") == (
        "max_position_notional is 100 USD, this is 101.00 USD"
    )
    # 5,000 USD at 50,000 are 0.1 BTC: twice an equity of 0.05 BTC, three times with 0.05 BTC elsewhere.
    assert breach(RiskLimits(max_leverage=Decimal(2)), "5000", equity=Decimal("0.05")) is None
    elsewhere = {"equity": Decimal("0.05"), "other_notional": Decimal("0.05")}
    assert breach(RiskLimits(max_leverage=Decimal(2)), "5000", **elsewhere) == "max_leverage is 2×, this is 3.00×"


# -- Bybit -----------------------------------------------------------------------------------------------


def test_instruments_are_read_perpetual_and_dated() -> None:
    perpetual, dated = listed(bybit.INVERSE_BTC, bybit.INVERSE_DATED)
    assert perpetual.header.key == KEY
    assert dated.header.pair == "BTC/USD:BTC-20261225"
    assert (perpetual.data.settle, perpetual.data.lot_size, perpetual.data.max_market_quantity) == (
        "BTC",
        Decimal(1),
        Decimal(5_000_000),
    )


@pytest.mark.parametrize("name", ["http_get_instruments_inverse.json", "http_get_instruments_inverse_symbol_type.json"])
def test_instrument_lists_of_others_are_read(shared_data: Path, name: str) -> None:
    payload = (shared_data / "messages" / "nautilus-bybit" / name).read_bytes()
    (event,) = BybitNormalizer("inverse").instruments(payload, 1)
    assert InstrumentInfo.from_event(event).is_inverse
    assert event.header.pair == f"{event.data.base}/USD:{event.data.base}"


def test_market_frames_are_read() -> None:
    normalizer = BybitNormalizer("inverse")
    normalizer.instruments(bybit.instruments("inverse", bybit.INVERSE_BTC).encode(), 1)
    frames = [
        bybit.snapshot(symbol="BTCUSD"),
        bybit.trades("Buy", symbol="BTCUSD"),
        bybit.kline(True, symbol="BTCUSD"),
        json.dumps(
            {
                "topic": "tickers.BTCUSD",
                "type": "snapshot",
                "ts": 1,
                "data": {"symbol": "BTCUSD", "markPrice": "50000.33", "openInterest": "460000000"},
            }
        ),
    ]
    events = [event for text in frames for event in normalizer.normalize(text.encode(), 2)]
    assert {event.header.key for event in events} == {KEY}
    assert [type(event.data) for event in events] == [Orderbook, MarketTrades, Kline, Ticker]
    assert (events[-1].data.mark, events[-1].data.open_interest) == (50_000.33, 460_000_000.0)


def test_the_account_is_read() -> None:
    normalizer = BybitAccountNormalizer("inverse", "main", symbols())

    def one(topic: str, row: dict[str, Any]) -> Any:
        own, other = row | {"category": "inverse", "symbol": "BTCUSD"}, row | {"category": "linear"}
        (event,) = normalizer.normalize_account(frame(topic, own, other), 1)
        assert event.header.key == KEY
        return event.data

    update: OrderUpdate = one("order", order(qty="100"))
    assert (update.client_order_id, update.quantity) == (CLIENT_ID, Decimal(100))
    done: Fill = one("execution", execution(execQty="100", execPrice="50000", execFee="0.0000011", feeCurrency=""))
    assert (done.quantity, done.fee, done.fee_currency) == (Decimal(100), Decimal("0.0000011"), "BTC")
    held: PositionUpdate = one("position", position(side="Sell", size="100", unrealisedPnl="-0.00001"))
    assert (held.quantity, held.unrealised_pnl) == (Decimal(-100), Decimal("-0.00001"))


def test_commands_are_written() -> None:
    writer = BybitDenormalizer("inverse", symbols(), lambda _name, _order_id: False)

    def body(command: CreateOrder | CancelOrder) -> dict[str, Any]:
        return writer.body([Event(MessageHeader(*KEY), command)])

    limit = CreateOrder("main", CLIENT_ID, Side.BUY, OrderType.LIMIT, Decimal(100), Decimal(50_000), reduce_only=True)
    assert body(limit) == {
        "category": "inverse",
        "symbol": "BTCUSD",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "100",
        "price": "50000",
        "timeInForce": "GTC",
        "orderLinkId": CLIENT_ID,
        "positionIdx": 0,
        "reduceOnly": True,
    }
    assert body(CancelOrder("main", CLIENT_ID)) == {
        "category": "inverse",
        "symbol": "BTCUSD",
        "orderLinkId": CLIENT_ID,
    }
    (request,) = writer.cancel_all(None)
    assert json.loads(request.body or b"") == {"category": "inverse", "settleCoin": "BTC"}
    in_quote = CreateOrder(
        "main", CLIENT_ID, Side.BUY, OrderType.MARKET, Decimal(100), quantity_unit=QuantityUnit.QUOTE
    )
    with pytest.raises(OrderError, match="only a spot market order counts in quote currency"):
        body(in_quote)


def test_a_connector_is_made_with_its_topics_and_limits() -> None:
    document = {
        "venue": "bybit",
        "category": "inverse",
        "pairs": [KEY.pair],
        "dead_man_switch_s": 10,
        "streams": {"book": 200},
    }
    connector = connect(parse_config(document), AsyncioQueue())
    assert isinstance(connector, BybitConnector)
    connector.symbols.add(btc())
    assert connector.addresses().ws_public == "wss://stream.bybit.com/v5/public/inverse"
    assert connector.topic_names(Orderbook, KEY.pair) == ["orderbook.200.BTCUSD"]
    assert "position" in connector.account_topics()
    assert b'"dcp.future"' in connector.dead_man_request().encode()
    limits = {limit.key: limit.count for limit in rate_limits("inverse")}
    assert (limits["/v5/order/create"], limits["/v5/order/cancel-all"]) == (10, 10)
