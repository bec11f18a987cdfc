"""Positions, exits, triggers, fees and hedge mode of the sandbox, by clients that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Queue
from typing import Any

import pytest

from tests.third_party_support import Row, ccxt_exchange, pointed_pybit, pybit_session, serve, wait_for

pytestmark = [
    pytest.mark.filterwarnings("default"),  # what other packages' code warns of is theirs
    pytest.mark.timeout(120),
]

BTC: Row = {"category": "linear", "symbol": "BTCUSDT"}
ETH: Row = {"category": "linear", "symbol": "ETHUSDT"}
SOL: Row = {"category": "linear", "symbol": "SOLUSDT"}


@pytest.fixture(scope="module")
def served() -> Iterator[Row]:
    with serve("--seed", "4") as line:
        yield line


@pytest.fixture
def pybit(served: Row, monkeypatch: pytest.MonkeyPatch) -> Any:
    return pointed_pybit(served, monkeypatch)


@pytest.fixture
def session(pybit: Any, served: Row) -> Any:
    return pybit_session(pybit, served)


def exits_of(session: Any, name: Row) -> dict[str, Row]:
    rows = session.get_open_orders(**name)["result"]["list"]
    return {row["stopOrderType"]: row for row in rows if row["stopOrderType"]}


# -- pybit ------------------------------------------------------------------------------------------------


def test_pybit_asks_what_the_key_and_the_account_are(session: Any) -> None:
    key = session.get_api_key_information()["result"]
    assert (key["readOnly"], key["uta"], key["ips"]) == (0, 1, ["*"])
    assert session.get_account_info()["result"]["marginMode"] == "REGULAR_MARGIN"
    (fees,) = session.get_fee_rates(**BTC)["result"]["list"]
    assert float(fees["takerFeeRate"]) > float(fees["makerFeeRate"]) > 0
    assert session.get_price_limit(**BTC)["result"]["symbol"] == "BTCUSDT"


def test_pybit_gives_a_position_exits(pybit: Any, served: Row, session: Any) -> None:
    told: Queue[Row] = Queue()
    private = pybit.WebSocket(
        channel_type="private", api_key=served["api_key"], api_secret=served["api_secret"], testnet=False
    )
    try:
        private.position_stream(callback=told.put)
        private.order_stream(callback=told.put)
        session.place_order(**BTC, side="Buy", orderType="Market", qty="0.03", takeProfit="80000", stopLoss="50000")
        wait_for(told, "fill", lambda m: m["topic"] == "order" and m["data"][0]["orderStatus"] == "Filled")
        assert {name: row["triggerPrice"] for name, row in exits_of(session, BTC).items()} == {
            "TakeProfit": "80000",
            "StopLoss": "50000",
        }
        session.set_trading_stop(**BTC, tpslMode="Full", takeProfit="81000", stopLoss="0", positionIdx=0)
        wait_for(told, "position", lambda m: m["topic"] == "position" and m["data"][0]["takeProfit"] == "81000")
        (row,) = session.get_positions(**BTC)["result"]["list"]
        assert (row["takeProfit"], row["stopLoss"], row["size"]) == ("81000", "", "0.03")
        session.amend_order(**BTC, orderId=exits_of(session, BTC)["TakeProfit"]["orderId"], triggerPrice="82000")
        assert exits_of(session, BTC)["TakeProfit"]["triggerPrice"] == "82000"
        with pytest.raises(Exception, match="34040"):
            session.set_trading_stop(**BTC, tpslMode="Full", takeProfit="82000", positionIdx=0)
    finally:
        private.exit()
    session.place_order(**BTC, side="Sell", orderType="Market", qty="0.03", reduceOnly=True)


def test_pybit_changes_leverage_and_position_mode(session: Any) -> None:
    session.set_leverage(**SOL, buyLeverage="7", sellLeverage="7")
    assert session.get_positions(**SOL)["result"]["list"][0]["leverage"] == "7"
    with pytest.raises(Exception, match="110043"):
        session.set_leverage(**SOL, buyLeverage="7", sellLeverage="7")
    session.switch_position_mode(**SOL, mode=3)
    rows = session.get_positions(**SOL)["result"]["list"]
    assert [(row["positionIdx"], row["leverage"]) for row in rows] == [(1, "7"), (2, "7")]
    session.place_order(**SOL, side="Sell", orderType="Market", qty="1", positionIdx=2)
    with pytest.raises(Exception, match="110024"):
        session.switch_position_mode(**SOL, mode=0)
    session.place_order(**SOL, side="Buy", orderType="Market", qty="1", positionIdx=2)
    session.switch_position_mode(**SOL, mode=0)


def test_pybit_sends_trigger_orders_by_every_price(session: Any) -> None:
    for number, by in enumerate(("LastPrice", "MarkPrice", "IndexPrice")):
        session.place_order(
            **ETH,
            side="Sell",
            orderType="Limit" if number else "Market",
            qty="0.1",
            price="1500",
            triggerPrice="1600",
            triggerDirection=2,
            triggerBy=by,
        )
    rows = session.get_open_orders(**ETH, orderFilter="StopOrder")["result"]["list"]
    assert {(row["triggerBy"], row["orderType"], row["orderStatus"]) for row in rows} == {
        ("LastPrice", "Market", "Untriggered"),
        ("MarkPrice", "Limit", "Untriggered"),
        ("IndexPrice", "Limit", "Untriggered"),
    }
    ended = session.cancel_all_orders(**ETH, orderFilter="StopOrder")["result"]["list"]
    assert len(ended) == 3


# -- ccxt -------------------------------------------------------------------------------------------------


async def test_ccxt_trades_positions_exits_triggers_and_hedges(served: Row) -> None:
    async with ccxt_exchange(served) as exchange:
        symbol = "ETH/USDT:USDT"
        fee = await exchange.fetch_trading_fee(symbol)
        assert (fee["maker"], fee["taker"]) == (0.0002, 0.00055)
        await exchange.set_leverage(4, symbol)
        assert (await exchange.fetch_leverage(symbol))["longLeverage"] == 4
        exits = {"takeProfit": {"triggerPrice": 9000}, "stopLoss": {"triggerPrice": 500}}
        await exchange.create_order(symbol, "market", "buy", 0.5, None, exits)
        (held,) = await exchange.fetch_positions([symbol])
        assert (held["side"], held["contracts"], held["leverage"], held["hedged"]) == ("long", 0.5, 4, False)
        assert (held["takeProfitPrice"], held["stopLossPrice"]) == (9000, 500)
        made = await exchange.fetch_open_orders(symbol, params={"trigger": True})
        assert {order["triggerPrice"] for order in made} == {9000, 500}
        await exchange.create_order(symbol, "market", "sell", 0.5, None, {"reduceOnly": True})
        assert await exchange.fetch_open_orders(symbol, params={"trigger": True}) == []
        stop = {"triggerPrice": 500, "triggerDirection": "descending"}
        trigger = await exchange.create_order(symbol, "limit", "sell", 0.1, 490, stop)
        (waiting,) = await exchange.fetch_open_orders(symbol, params={"trigger": True})
        assert (waiting["id"], waiting["price"], waiting["triggerPrice"]) == (trigger["id"], 490, 500)
        await exchange.cancel_order(trigger["id"], symbol)
        await exchange.set_position_mode(True, symbol)
        await exchange.create_order(symbol, "market", "buy", 0.2, None, {"hedged": True})
        await exchange.create_order(symbol, "market", "sell", 0.3, None, {"hedged": True})
        sides = {held["side"]: held["contracts"] for held in await exchange.fetch_positions([symbol])}
        assert sides == {"long": 0.2, "short": 0.3}
