"""Exits in the Bybit sandbox: take-profits, stop-losses and trailing stops, of orders and of positions."""

from decimal import Decimal

import pytest

from tests.sandbox_client import Client, Row, Socket, running
from ttxt_core.events import Event, MarketTrade, MarketTrades, MessageHeader, Side, Ticker

D = Decimal
BTC: Row = {"category": "linear", "symbol": "BTCUSDT"}
MARKET: Row = {"orderType": "Market", "price": None, "qty": "0.02"}


def trade_at(client: Client, price: float, category: str = "linear") -> None:
    """Somebody trades a little at `price`."""
    header = MessageHeader("bybit", category, "BTC/USDT")
    trades = MarketTrades([MarketTrade(price, 0.001, Side.BUY, "1", 0)])
    client.sandbox.exchange.publish_nowait(Event(header, trades))


def tell(client: Client, **figures: float) -> None:
    client.sandbox.exchange.publish_nowait(Event(MessageHeader("bybit", "linear", "BTC/USDT"), Ticker(**figures)))


async def enter(client: Client, stream: Socket, **fields: object) -> Row:
    assert (await client.create(**(MARKET | {"orderLinkId": "entry"} | fields)))["retCode"] == 0
    return await stream.order("Filled")


async def children(client: Client, category: str = "linear") -> list[Row]:
    listed = await client.get("/v5/order/realtime", category=category, symbol="BTCUSDT")
    return [row for row in listed["result"]["list"] if row["stopOrderType"]]


async def position(client: Client) -> Row:
    rows = (await client.get("/v5/position/list", **BTC))["result"]["list"]
    return dict(rows[0])


async def test_attached_exits_are_orders_that_name_their_parent() -> None:
    async with running() as client:
        stream = await client.private("order")
        entry = await enter(client, stream, takeProfit="80000", stopLoss="50000", slTriggerBy="MarkPrice")
        assert (entry["takeProfit"], entry["stopLoss"], entry["tpslMode"]) == ("80000", "50000", "Full")
        made = {row["stopOrderType"]: row for row in await children(client)}
        profit, loss = made["TakeProfit"], made["StopLoss"]
        for row in (profit, loss):
            assert (row["parentOrderLinkId"], row["orderLinkId"], row["orderStatus"]) == ("entry", "", "Untriggered")
            assert (row["side"], row["qty"], row["tpslMode"]) == ("Sell", "0.02", "Full")
            assert row["reduceOnly"]
            assert row["closeOnTrigger"]
            assert row["createType"] == f"CreateBy{row['stopOrderType']}"
        assert (profit["triggerDirection"], profit["triggerBy"], profit["triggerPrice"]) == (1, "LastPrice", "80000")
        assert (loss["triggerDirection"], loss["triggerBy"], loss["triggerPrice"]) == (2, "MarkPrice", "50000")


async def test_exits_follow_the_size_of_the_position_and_the_last_entry() -> None:
    async with running() as client:
        stream = await client.private("order")
        await enter(client, stream, takeProfit="80000")
        await enter(client, stream, takeProfit="81000", orderLinkId="second")
        (row,) = await children(client)
        assert (row["qty"], row["triggerPrice"], row["parentOrderLinkId"]) == ("0.04", "81000", "second")
        await enter(client, stream, side="Sell", qty="0.01", orderLinkId="less")
        assert [row["qty"] for row in await children(client)] == ["0.03"]


async def test_a_stop_that_is_released_closes_the_position_and_ends_the_other() -> None:
    async with running() as client:
        stream = await client.private("order", "position")
        await enter(client, stream, takeProfit="80000", stopLoss="50000")
        trade_at(client, 49_999.0)
        assert (await stream.order("Triggered"))["stopOrderType"] == "StopLoss"
        filled = await stream.order("Filled")
        assert (filled["stopOrderType"], filled["cumExecQty"]) == ("StopLoss", "0.02")
        ended = await stream.order("Deactivated")
        assert (ended["stopOrderType"], ended["cancelType"]) == ("TakeProfit", "CancelByTpSlTsClear")
        assert client.sandbox.state(1)["positions"] == []
        told = [frame["data"][0] for frame in stream.frames if frame.get("topic") == "position"][-1]
        assert (told["takeProfit"], told["stopLoss"]) == ("0", "0")


async def test_exits_go_by_the_price_that_they_name() -> None:
    async with running() as client:
        stream = await client.private("order")
        await enter(client, stream, stopLoss="50000", slTriggerBy="MarkPrice")
        trade_at(client, 49_000.0)
        tell(client, index=49_000.0)
        assert [row["orderStatus"] for row in await children(client)] == ["Untriggered"]
        tell(client, mark=50_000.0)
        assert (await stream.order("Filled"))["stopOrderType"] == "StopLoss"


@pytest.mark.parametrize(
    "fields",
    [
        {"takeProfit": "60000"},
        {"stopLoss": "80000"},
        {"side": "Sell", "takeProfit": "80000"},
        {"takeProfit": "80000", "reduceOnly": True},
        {"takeProfit": "80000", "tpOrderType": "Limit", "tpLimitPrice": "80001"},
        {"takeProfit": "80000", "tpslMode": "Half"},
        {"takeProfit": "80000", "tpslMode": "Partial", "tpOrderType": "Limit"},
    ],
)
async def test_exits_that_can_not_be_are_refused(fields: Row) -> None:
    async with running() as client:
        assert (await client.create(**(MARKET | fields)))["retCode"] == 10001
        assert client.sandbox.state(1)["orders"] == []


async def test_a_position_is_given_exits_moved_and_taken_away() -> None:
    async with running() as client:
        path, stream = "/v5/position/trading-stop", await client.private("order", "position")
        assert (await client.post(path, **BTC, takeProfit="80000", tpslMode="Full"))["retCode"] == 10001
        await enter(client, stream)
        assert (await client.post(path, **BTC, takeProfit="80000", stopLoss="50000"))["retCode"] == 0
        assert (await client.post(path, **BTC, takeProfit="80000", stopLoss="50000"))["retCode"] == 34040
        assert (await client.post(path, **BTC, takeProfit="50000"))["retCode"] == 10001
        assert (await client.post(path, **BTC, takeProfit="81000", positionIdx=1))["retCode"] == 10001
        assert (await client.post(path, **BTC, takeProfit="81000"))["retCode"] == 0
        held = await position(client)
        assert (held["takeProfit"], held["stopLoss"]) == ("81000", "50000")
        before = {row["stopOrderType"]: row["orderId"] for row in await children(client)}
        assert (await client.post(path, **BTC, stopLoss="0"))["retCode"] == 0
        assert (await stream.order("Deactivated"))["orderId"] == before["StopLoss"]
        held = await position(client)
        assert (held["takeProfit"], held["stopLoss"]) == ("81000", "")


async def test_an_exit_is_amended_and_cancelled_as_the_order_that_it_is() -> None:
    async with running() as client:
        stream = await client.private("order")
        await enter(client, stream, takeProfit="80000")
        (row,) = await children(client)
        name = {**BTC, "orderId": row["orderId"]}
        assert (await client.post("/v5/order/amend", **name, qty="0.01"))["retCode"] == 10001
        changed = await client.post("/v5/order/amend", **name, triggerPrice="82000", triggerBy="IndexPrice")
        assert changed["retCode"] == 0
        assert (await position(client))["takeProfit"] == "82000"
        assert [row["triggerBy"] for row in await children(client)] == ["IndexPrice"]
        assert (await client.post("/v5/order/cancel", **name))["retCode"] == 0
        assert (await position(client))["takeProfit"] == ""


async def test_partial_exits_are_for_a_part_and_come_in_pairs() -> None:
    async with running() as client:
        path, stream = "/v5/position/trading-stop", await client.private("order")
        await enter(client, stream, qty="0.03")
        both = {"takeProfit": "80000", "stopLoss": "50000", "tpslMode": "Partial"}
        assert (await client.post(path, **BTC, **both, tpSize="0.01"))["retCode"] == 10001
        assert (await client.post(path, **BTC, **both, tpSize="1", slSize="1"))["retCode"] == 110058
        limit = {"tpOrderType": "Limit", "tpLimitPrice": "80010"}
        assert (await client.post(path, **BTC, **both, **limit, tpSize="0.01", slSize="0.01"))["retCode"] == 0
        made = {row["stopOrderType"]: row for row in await children(client)}
        assert (made["PartialTakeProfit"]["orderType"], made["PartialTakeProfit"]["price"]) == ("Limit", "80010")
        assert (made["PartialStopLoss"]["orderType"], made["PartialStopLoss"]["qty"]) == ("Market", "0.01")
        trade_at(client, 50_000.0)
        ended = await stream.order("Deactivated")
        assert ended["cancelType"] == "CancelByOCOTpCanceledBySlTriggered"
        assert (await stream.order("Filled"))["stopOrderType"] == "PartialStopLoss"
        assert client.sandbox.state(1)["positions"][0]["quantity"] == "0.02"


async def test_partial_exits_of_an_order_are_for_what_it_filled() -> None:
    async with running() as client:
        stream = await client.private("order")
        await enter(client, stream, qty="0.03", orderLinkId="before")
        await enter(client, stream, takeProfit="80000", tpslMode="Partial")
        (row,) = await children(client)
        assert (row["qty"], row["stopOrderType"], row["parentOrderLinkId"]) == ("0.02", "PartialTakeProfit", "entry")


async def test_a_trailing_stop_follows_the_best_price() -> None:
    async with running() as client:
        path, stream = "/v5/position/trading-stop", await client.private("order")
        await enter(client, stream)
        assert (await client.post(path, **BTC, trailingStop="500", activePrice="80000"))["retCode"] == 0
        assert (await position(client))["trailingStop"] == "500"
        trade_at(client, 79_000.0)
        trade_at(client, 70_000.0)  # not started yet
        assert [row["orderStatus"] for row in await children(client)] == ["Untriggered"]
        trade_at(client, 80_100.0)
        assert [row["triggerPrice"] for row in await children(client)] in (["79600"], [])
        trade_at(client, 79_600.0)
        filled = await stream.order("Filled")
        assert (filled["stopOrderType"], filled["createType"]) == ("TrailingStop", "CreateByTrailingStop")


async def test_spot_exits_come_when_the_entry_is_done_and_sell_what_came() -> None:
    async with running() as client:
        stream = await client.private("order")
        exits = {"takeProfit": "80000", "stopLoss": "50000", "slOrderType": "Limit", "slLimitPrice": "49900"}
        assert (await client.create("spot", **MARKET, **exits))["retCode"] == 10001
        assert (await client.create("spot", qty="0.02", price="67000", orderLinkId="entry", **exits))["retCode"] == 0
        await stream.order("Filled")
        made = sorted(await children(client, "spot"), key=lambda row: str(row["triggerPrice"]))
        assert [row["triggerPrice"] for row in made] == ["50000", "80000"]
        assert [row["orderType"] for row in made] == ["Limit", "Market"]
        for row in made:
            assert (row["stopOrderType"], row["side"], row["parentOrderLinkId"]) == ("tpslOrder", "Sell", "entry")
            assert row["qty"] == "0.01998"  # the fee was taken of what came
            assert not row["reduceOnly"]
        trade_at(client, 80_000.0, "spot")
        assert (await stream.order("Deactivated"))["cancelType"] == "CancelByOCOSlCanceledByTpTriggered"
        assert (await stream.order("Filled"))["stopOrderType"] == "tpslOrder"


@pytest.mark.parametrize(
    ("category", "fields"),
    [("linear", {"triggerDirection": 1, "triggerBy": "MarkPrice"}), ("spot", {"orderFilter": "StopOrder"})],
)
async def test_a_stop_limit_becomes_a_limit_order_under_its_own_id(category: str, fields: Row) -> None:
    async with running() as client:
        stream = await client.private("order")
        made = await client.create(category, triggerPrice="70000", price="60000", **fields)
        row = await stream.order("Untriggered")
        assert (row["orderType"], row["triggerPrice"], row["price"]) == ("Limit", "70000", "60000")
        if category == "linear":
            tell(client, mark=70_000.0)
        else:
            trade_at(client, 70_000.0, "spot")
        await stream.order("Triggered")
        resting = await stream.order("New")
        assert resting["orderId"] == made["result"]["orderId"] == row["orderId"]
        assert (resting["price"], resting["leavesQty"]) == ("60000", "0.01")


async def test_each_side_of_hedge_mode_has_exits_of_its_own() -> None:
    async with running(hedge_mode=True) as client:
        stream = await client.private("order")
        await enter(client, stream, positionIdx=1, stopLoss="50000")
        await enter(client, stream, positionIdx=2, side="Sell", stopLoss="80000", orderLinkId="short")
        rows = (await client.get("/v5/position/list", **BTC))["result"]["list"]
        assert [(row["positionIdx"], row["stopLoss"]) for row in rows] == [(1, "50000"), (2, "80000")]
        trade_at(client, 80_000.0)
        filled = await stream.order("Filled")
        assert (filled["positionIdx"], filled["side"]) == (2, "Buy")
        assert [row["index"] for row in client.sandbox.state(1)["positions"]] == [1]
