"""The account of the Bybit sandbox: what its keys may, its terms, and hedge mode."""

from decimal import Decimal

import pytest

from tests.sandbox_client import LIMIT, Row, command, now_ms, running
from ttxt_core.events import Event, MarketTrade, MarketTrades, MessageHeader, Side
from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings

D = Decimal
BTC: Row = {"category": "linear", "symbol": "BTCUSDT"}


@pytest.mark.parametrize(
    ("name", "reads", "spot", "linear"),
    [
        ("main", 0, 0, 0),
        ("second", 0, 0, 0),
        ("read_only", 0, 10005, 10005),
        ("no_trade", 0, 10005, 10005),
        ("withdraw", 0, 0, 0),
        ("bound", 10010, 10010, 10010),
        ("expired", 33004, 33004, 33004),
    ],
)
async def test_what_each_key_may(name: str, reads: int, spot: int, linear: int) -> None:
    async with running() as client:
        client.key = client.sandbox.keys[name]
        assert (await client.get("/v5/account/info"))["retCode"] == reads
        assert (await client.create("spot"))["retCode"] == spot
        assert (await client.create())["retCode"] == linear
        made = client.sandbox.state(1)["orders"]
        assert len(made) == (2 if not spot else 0)


async def test_a_key_tells_what_it_may_and_is_told_otherwise_while_it_is_used() -> None:
    async with running(uid=77, key_days=3.5) as client:
        told = (await client.get("/v5/user/query-api"))["result"]
        assert (told["userID"], told["readOnly"], told["ips"], told["deadlineDay"]) == (77, 0, ["*"], 3)
        assert told["permissions"]["Spot"] == ["SpotTrade"]
        assert told["permissions"]["Wallet"] == []
        key = client.key
        key.trades, key.may_withdraw, key.is_read_only = ("linear",), True, True
        key.ips, key.expires_ms = ("127.0.0.1",), 0
        client.sandbox.terms.uid = 78
        told = (await client.get("/v5/user/query-api"))["result"]
        assert (told["userID"], told["readOnly"], told["ips"]) == (78, 1, ["127.0.0.1"])
        assert told["permissions"]["Spot"] == []
        assert told["permissions"]["ContractTrade"] == ["Order", "Position"]
        assert "Withdraw" in told["permissions"]["Wallet"]
        key.is_read_only = False
        assert (await client.create("spot"))["retCode"] == 10005
        trade = await client.trade()
        assert (await trade.ask(command("a", "create", **LIMIT | {"category": "spot"})))["retCode"] == 10005
        assert (await trade.ask(command("b", "create", **LIMIT)))["retCode"] == 0
        key.expires_ms = now_ms() - 1
        assert (await client.get("/v5/user/query-api"))["retCode"] == 33004


async def test_sockets_refuse_a_key_that_is_bound_elsewhere() -> None:
    async with running() as client:
        client.key = client.sandbox.keys["bound"]
        for address in (client.sandbox.ws_private, client.sandbox.ws_trade):
            socket = await client.http.ws_connect(address)
            await socket.send_json(client.login_command())
            assert (await socket.receive_json())["retCode"] == 10010


async def test_an_account_without_the_dead_man_switch_may_not_follow_its_topic() -> None:
    async with running(dead_man_offered=False) as client:
        socket = await client.http.ws_connect(client.sandbox.ws_private)
        await socket.send_json(client.login_command())
        await socket.receive_json()
        for topics, is_taken in ((["dcp.future"], False), (["order", "dcp.spot"], False), (["order"], True)):
            await socket.send_json({"op": "subscribe", "args": topics, "req_id": "r"})
            answer = await socket.receive_json()
            assert (answer["success"], answer["req_id"]) == (is_taken, "r")


async def test_the_terms_of_the_account() -> None:
    async with running(margin_mode="ISOLATED_MARGIN", dead_man_offered=False) as client:
        info = (await client.get("/v5/account/info"))["result"]
        assert (info["marginMode"], info["dcpStatus"], info["unifiedMarginStatus"]) == ("ISOLATED_MARGIN", "OFF", 5)
        refused = await client.post("/v5/order/disconnected-cancel-all", product="DERIVATIVES", timeWindow=10)
        assert refused["retCode"] == 10005
        assert (await client.get("/v5/account/query-dcp-info"))["result"] == {"dcpInfos": []}
        (fees,) = (await client.get("/v5/account/fee-rate", **BTC))["result"]["list"]
        assert (fees["makerFeeRate"], fees["takerFeeRate"]) == ("0.0002", "0.00055")


def test_a_key_never_shows_its_secret() -> None:
    sandbox = BybitSandbox(BybitSandboxSettings(api_secret="told-to-nobody"))
    assert "told-to-nobody" not in repr(sandbox.keys) + str(sandbox.keys["main"])


# -- hedge mode -----------------------------------------------------------------------------------------------


async def test_hedge_mode_keeps_long_and_short_apart() -> None:
    async with running() as client:
        stream = await client.private("order", "position", "execution")
        assert (await client.create(positionIdx=1))["retCode"] == 10001
        assert (await client.post("/v5/position/switch-mode", **BTC, mode=3))["retCode"] == 0
        assert (await client.post("/v5/position/switch-mode", **BTC, mode=3))["retCode"] == 110025
        flat = (await client.get("/v5/position/list", **BTC))["result"]["list"]
        assert [(row["positionIdx"], row["side"], row["size"]) for row in flat] == [(1, "Buy", "0"), (2, "Sell", "0")]
        assert (await client.create())["retCode"] == 10001
        market: Row = {"orderType": "Market", "price": None}
        await client.create(**market, qty="0.03", positionIdx=1)
        await stream.order("Filled")
        await client.create(**market, qty="0.02", side="Sell", positionIdx=2)
        await stream.order("Filled")
        held = (await client.get("/v5/position/list", category="linear", settleCoin="USDT"))["result"]["list"]
        assert [(row["positionIdx"], row["side"], row["size"]) for row in held] == [
            (1, "Buy", "0.03"),
            (2, "Sell", "0.02"),
        ]
        assert (await client.create(**market, qty="0.01", side="Sell", positionIdx=1))["retCode"] == 0
        closing = await stream.order("Filled")
        assert (closing["reduceOnly"], closing["positionIdx"]) == (True, 1)
        (told,) = [row for row in client.sandbox.state(1)["positions"] if row["index"] == 1]
        assert told["quantity"] == "0.02"
        # A closing order never turns the position round.
        assert (await client.create(**market, qty="1", side="Buy", positionIdx=2))["retCode"] == 0
        await stream.order("Filled")
        assert [row["index"] for row in client.sandbox.state(1)["positions"]] == [1]
        assert (await client.create(**market, side="Buy", positionIdx=2))["retCode"] == 110017


async def test_money_is_counted_over_both_sides() -> None:
    async with running(hedge_mode=True) as client:
        stream = await client.private("order", "wallet")
        market: Row = {"orderType": "Market", "price": None, "qty": "0.05"}
        for index, side in ((1, "Buy"), (2, "Sell")):
            assert (await client.create(**market, side=side, positionIdx=index))["retCode"] == 0
            await stream.order("Filled")
        state = client.sandbox.state(1)
        fees = sum(D(row["execFee"]) for row in state["executions"])
        assert D(state["balances"]["USDT"]["total"]) == D(100_000) - fees
        wallet = (await client.get("/v5/account/wallet-balance", accountType="UNIFIED", coin="USDT"))["result"]["list"]
        margin = D(wallet[0]["coin"][0]["totalPositionIM"])
        cost = sum(D(row["entry_price"]) * abs(D(row["quantity"])) for row in state["positions"])
        assert abs(margin - cost / 10) < D("0.0001")
        assert D(wallet[0]["coin"][0]["totalOrderIM"]) == 0


async def test_the_mode_changes_only_where_nothing_is_held_or_ordered() -> None:
    async with running() as client:
        await client.create()
        assert (await client.post("/v5/position/switch-mode", **BTC, mode=3))["retCode"] == 110028
        await client.create(orderType="Market", price=None)
        assert (await client.post("/v5/position/switch-mode", **BTC, mode=3))["retCode"] == 110024
        all_of_them = {"category": "linear", "coin": "USDT", "mode": 3}
        assert (await client.post("/v5/position/switch-mode", **all_of_them))["retCode"] == 0
        sides = {}
        for symbol in ("BTCUSDT", "ETHUSDT"):
            rows = await client.get("/v5/position/list", category="linear", symbol=symbol)
            sides[symbol] = [row["positionIdx"] for row in rows["result"]["list"]]
        assert sides == {"BTCUSDT": [0], "ETHUSDT": [1, 2]}


async def test_resting_orders_of_a_side_fill_and_leverage_is_of_both() -> None:
    async with running(hedge_mode=True) as client:
        stream = await client.private("order", "position")
        changed = await client.post("/v5/position/set-leverage", **BTC, buyLeverage="5", sellLeverage="5")
        assert changed["retCode"] == 0
        rows = [(await stream.topic("position"))["data"][0] for _ in range(2)]
        assert [(row["positionIdx"], row["leverage"]) for row in rows] == [(1, "5"), (2, "5")]
        assert (await client.create(qty="0.001", positionIdx=1))["retCode"] == 0
        await stream.order("New")
        trades = MarketTrades([MarketTrade(59_999.0, 1.0, Side.SELL, "1", 0)])
        client.sandbox.exchange.publish_nowait(Event(MessageHeader("bybit", "linear", "BTC/USDT"), trades))
        filled = await stream.order("Filled")
        assert (filled["positionIdx"], filled["avgPrice"]) == (1, "60000")
