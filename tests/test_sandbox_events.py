"""What happens to accounts and connections of the Bybit sandbox by itself: funding, liquidation, idle cuts."""

from decimal import Decimal

import pytest
from aiohttp import WSMsgType

from tests.connector_support import running as connected
from tests.sandbox_client import Row, running
from tests.test_sandbox_exits import BTC, MARKET, enter, position, tell, trade_at
from ttxt_core.events import Fill, FillKind, Side
from ttxt_core.sandbox.bybit.sandbox import BybitSandboxSettings

D = Decimal


async def test_funding_is_paid_by_the_long_and_told_as_an_execution() -> None:
    async with running(funding_interval_s=0.05) as client:
        stream = await client.private("order", "execution", "execution.fast", "wallet")
        await enter(client, stream)
        told = await stream.until(
            lambda frame: frame.get("topic") == "execution" and frame["data"][0]["execType"] == "Funding"
        )
        row = told["data"][0]
        assert (row["orderType"], row["orderQty"], row["execQty"], row["side"]) == ("UNKNOWN", "0", "0.02", "Buy")
        assert D(row["execFee"]) == D(row["execValue"]) * D(row["feeRate"])
        state = client.sandbox.state(1)
        paid = sum(D(each["execFee"]) for each in state["executions"])
        assert D(state["balances"]["USDT"]["total"]) == D(100_000) - paid
        by_type = {}
        for kind in ("Trade", "Funding"):
            listed = await client.get("/v5/execution/list", category="linear", execType=kind)
            by_type[kind] = {each["execType"] for each in listed["result"]["list"]}
        assert by_type == {"Trade": {"Trade"}, "Funding": {"Funding"}}
        fast = [frame for frame in stream.frames if frame.get("topic") == "execution.fast"]
        assert len(fast) == 1


async def test_a_short_is_paid() -> None:
    async with running() as client:
        stream = await client.private("order")
        await enter(client, stream, side="Sell")
        tell(client, funding_rate=0.001, mark=65_000.0)
        before = client.sandbox.exchange.account.balances.total("USDT")
        client.sandbox.funding.settle()
        assert client.sandbox.exchange.account.balances.total("USDT") == before + D("0.02") * 65_000 * D("0.001")
        assert client.sandbox.exchange.account.position(client.sandbox.exchange.markets["linear", "BTCUSDT"].info.key)


async def test_a_connector_counts_funding_as_the_venue_does() -> None:
    async with connected(settings=BybitSandboxSettings(seed=7)) as desk:
        await desk.ready()
        name = desk.create(Side.BUY, "0.01")
        await desk.in_state(name, "filled")
        desk.sandbox.funding.settle()
        await desk.until(lambda: any(fill.kind is FillKind.FUNDING for fill in desk.of(Fill)), "the funding")

        def agrees() -> bool:
            ours = desk.manager.accounts.balance("bybit", "main", "USDT")
            return ours.total == desk.sandbox.exchange.account.balances.total("USDT")

        await desk.until(agrees, "the same balance")


async def test_a_position_is_taken_over_when_the_mark_comes_to_its_liquidation_price() -> None:
    async with running(balances={"USDT": D(1000)}) as client:
        stream, public = await client.private("order", "execution", "position"), await client.public()
        assert (await public.ask({"op": "subscribe", "args": ["allLiquidation.BTCUSDT"]}))["success"]
        await enter(client, stream, qty="0.1")
        assert (await client.create(qty="0.001"))["retCode"] == 0
        resting = await stream.order("New")
        held = await position(client)
        limit, bust, entry = D(held["liqPrice"]), D(held["bustPrice"]), D(held["avgPrice"])
        assert bust < limit < entry
        fees = D(client.sandbox.state(1)["positions"][0]["fees"])
        assert abs(bust - (entry - (1000 - fees) / D("0.1"))) < 1
        tell(client, mark=float(limit) + 1)
        assert (await position(client))["size"] == "0.1"
        tell(client, mark=float(limit))
        cancelled = await stream.order("Cancelled")
        assert (cancelled["orderId"], cancelled["cancelType"]) == (resting["orderId"], "CancelAllBeforeLiq")
        filled = await stream.order("Filled")
        assert (filled["createType"], filled["side"]) == ("CreateByTakeOver_PassThrough", "Sell")
        assert client.sandbox.state(1)["positions"] == []
        assert client.sandbox.state(1)["executions"][-1]["execType"] == "BustTrade"
        (row,) = (await public.topic("allLiquidation.BTCUSDT"))["data"]
        assert (row["S"], row["v"], D(row["p"])) == ("Buy", "0.1", bust)


async def test_exits_of_a_position_end_with_its_liquidation() -> None:
    async with running(balances={"USDT": D(1000)}) as client:
        stream = await client.private("order")
        await enter(client, stream, side="Sell", qty="0.1", stopLoss="90000", takeProfit="50000")
        tell(client, mark=float((await position(client))["liqPrice"]))
        ended = {(await stream.order("Deactivated"))["stopOrderType"] for _ in range(2)}
        assert ended == {"TakeProfit", "StopLoss"}
        assert client.sandbox.desk.journal.orders.open_orders() == []


async def test_a_connection_that_says_nothing_is_cut() -> None:
    async with running(idle_s=0.2) as client:
        socket = await client.login(client.sandbox.ws_private)
        message = await socket.socket.receive(30)
        assert message.type in {WSMsgType.CLOSED, WSMsgType.CLOSE, WSMsgType.ERROR, WSMsgType.CLOSING}


async def test_a_client_may_ask_for_a_longer_idle_time() -> None:
    async with running(idle_s=0.01) as client:
        socket = await client.http.ws_connect(f"{client.sandbox.ws_private}?max_active_time=1m")
        (connection,) = client.sandbox.server.connections
        assert connection.idle_s == 60.0
        await socket.send_json({"op": "ping"})
        assert (await socket.receive_json(timeout=30))["op"] == "pong"


@pytest.mark.parametrize("category", ["linear", "spot"])
async def test_the_price_band_is_streamed(category: str) -> None:
    async with running() as client:
        socket = await client.public(category)
        assert (await socket.ask({"op": "subscribe", "args": ["priceLimit.BTCUSDT"]}))["success"]
        frames = [await socket.topic("priceLimit.BTCUSDT") for _ in range(2)]
        assert frames[1]["ts"] - frames[0]["ts"] >= 300
        assert D(frames[0]["data"]["sellLmt"]) < D(frames[0]["data"]["buyLmt"])
        band = (await client.get("/v5/market/price-limit", category=category, symbol="BTCUSDT"))["result"]
        assert band.keys() > frames[0]["data"].keys()


@pytest.mark.parametrize(
    ("category", "topic", "is_known"),
    [
        ("linear", "allLiquidation.BTCUSDT", True),
        ("linear", "allLiquidation.NOUSDT", False),
        ("spot", "allLiquidation.BTCUSDT", False),
        ("linear", "liquidation.BTCUSDT", False),  # retired by the venue
        ("linear", "insurance.USDT", True),
        ("linear", "adlAlert.USDT", True),
        ("spot", "insurance.USDT", False),
        ("spot", "priceLimit.NOUSDT", False),
    ],
)
async def test_topics_are_known_where_the_venue_has_them(category: str, topic: str, *, is_known: bool) -> None:
    async with running() as client:
        socket = await client.public(category)
        assert (await socket.ask({"op": "subscribe", "args": [topic]}))["success"] is is_known


async def test_an_order_of_a_poor_account_is_not_taken() -> None:
    async with running(balances={"USDT": D(100)}) as client:
        assert (await client.create(**MARKET))["retCode"] == 110007
        rows: Row = await client.get("/v5/position/list", **BTC)
        assert rows["result"]["list"][0]["liqPrice"] == ""
        trade_at(client, 1.0)
        assert client.sandbox.state(1)["orders"] == []
